"""A process that loads the tests once, and forks a child for each piece of work on them."""

import json
import os
import select
import signal
import time

from .fresh import own_files, standard_modules
from .pool import end_with_parent, sender

LOAD_SILENCE_S = 30.0
WORK_SILENCE_S = 180.0
# How often it is looked for what no pipe tells.
LOOK_S = 0.01
STOP = "stop"


class Loaded:
    """As seen from outside. `work(order, send)` is what the children do."""

    def __init__(self, framework, names, work):
        self.framework, self.names, self.work = framework, names, work
        self.process = None
        self.files, self.modules = [], []

    def run(self, order, heard, is_unwanted):
        """Has a child do the work that `order`, one line, names; says whether it came to its end."""
        silence_s = WORK_SILENCE_S
        if self.process is None:
            silence_s = LOAD_SILENCE_S
            self._start()
        is_told = not self._tell(order)
        heard_at = time.monotonic()
        while self.process is not None:
            line = self.answers.next(LOOK_S)
            if line is None or time.monotonic() - heard_at > silence_s:
                break
            if line:
                heard_at = time.monotonic()
                value = _value(line)
                kind = value.get("t")
                if kind == "loaded":
                    self.files, self.modules = value["files"], value["modules"]
                    silence_s = WORK_SILENCE_S
                elif kind == "done":
                    return value["complete"]
                elif value:
                    heard(value)
            if not is_told and is_unwanted():
                is_told = True
                self._tell(STOP)
        self.end()
        return False

    def end(self):
        """Ends the process; the next work begins with loading."""
        if self.process is not None:
            _kill(self.process)
            os.waitpid(self.process, 0)
            os.close(self.orders)
            os.close(self.answers.pipe)
            self.process = None

    def _tell(self, line):
        try:
            os.write(self.orders, line.encode() + b"\n")
            return True
        except BrokenPipeError:
            return False

    def _start(self):
        orders, self.orders = os.pipe()
        answers, answer = os.pipe()
        self.answers = Lines(answers)
        self.process = os.fork()
        if self.process == 0:
            try:
                os.close(self.orders)
                os.close(answers)
                _stand_alone()
                self._load(Lines(orders), sender(answer))
            finally:
                os._exit(1)
        os.close(orders)
        os.close(answer)

    def _load(self, orders, send):
        """In the process: loads the tests and has all work done."""

        def then():
            send({"t": "loaded", "files": own_files(), "modules": standard_modules()})
            while True:
                order = orders.next()
                if order is None:
                    os._exit(0)
                # One that comes after the work has ended says nothing of the next.
                if order != STOP:
                    # What a child was about to say when it was stopped is no part of this.
                    send({"t": "done", "complete": self._have_done(order, orders, send)}, before=b"\n")

        self.framework.load(self.names, then)

    def _have_done(self, order, orders, send):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(orders.pipe)
                _stand_alone()
                self.work(order, send)
                status = 0
            finally:
                os._exit(status)
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status == 0
            if orders.next(LOOK_S) != "":
                _kill(child)


class Lines:
    """The lines that come out of a pipe."""

    def __init__(self, pipe):
        self.pipe, self.rest = pipe, b""

    def next(self, patience=None):
        """The next line; empty where none came within `patience` seconds, `None` after the last."""
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.pipe], [], [], patience)
            if not ready:
                return ""
            data = os.read(self.pipe, 65536)
            if not data:
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()


def _value(line):
    try:
        return json.loads(line) or {}
    except ValueError:
        return {}


def _stand_alone():
    # A group of its own, so that a signal a test sends to its group does not reach the others.
    os.setpgid(0, 0)
    end_with_parent()


def _kill(process):
    for kill in (os.killpg, os.kill):
        try:
            kill(process, signal.SIGKILL)
        except OSError:
            pass
