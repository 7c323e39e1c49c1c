"""Ends a piece of work after so much processor time, which unlike the clock does not depend on the machine's load."""

import signal
import time


class OutOfBudget(BaseException):
    """Not an `Exception`, so that `except Exception` in the project does not swallow it."""


class Budget:
    """At most one per process: it owns the virtual-time alarm."""

    REPEAT_S = 0.02

    def __init__(self):
        self.armed = False
        self.spent = False
        signal.signal(signal.SIGVTALRM, self._ring)

    def _ring(self, _signal, _frame):
        if self.armed:
            self.spent = True
            raise OutOfBudget()

    def run(self, seconds, work):
        """What `work()` returns, and the seconds it took; `None` when it took more than `seconds`."""
        self.spent = False
        started = time.process_time()
        value = None
        try:
            try:
                self.armed = True
                # Rings again and again, for code that swallows even this exception.
                signal.setitimer(signal.ITIMER_VIRTUAL, seconds, self.REPEAT_S)
                value = work()
            finally:
                self.armed = False
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except OutOfBudget:
            self.armed = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return (None if self.spent else value), time.process_time() - started
