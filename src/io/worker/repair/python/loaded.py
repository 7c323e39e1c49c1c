"""A process that loads the tests once, and forks a child for each piece of work on them."""

import json
import os
import select
import time

from .fresh import own_files, standard_modules
from .pool import PRIVATE, Pool, kill, sender, stand_alone

LOAD_SILENCE_S = 30.0
WORK_SILENCE_S = 180.0
# How often it is looked for what no pipe tells.
LOOK_S = 0.01
# How long a process may take to end by itself.
END_S = 0.1
STOP = "stop"


class Loaded:
    """As seen from outside. `work(order, send)` is what the children do."""

    def __init__(self, framework, names, work):
        self.framework, self.names, self.work = framework, names, work
        self.process = None
        self.files, self.modules = [], []

    def run(self, order, heard, is_unwanted):
        """Has a child do the work that `order`, one line, names."""
        silence_s = WORK_SILENCE_S
        if self.process is not None and not self._tell(order):
            self.end()
        if self.process is None:
            silence_s = LOAD_SILENCE_S
            self._start()
            self._tell(order)
        is_told, heard_at = False, time.monotonic()
        while True:
            line = self.answers.next(LOOK_S)
            if line is None or time.monotonic() - heard_at > silence_s:
                return self.end()
            if line:
                heard_at = time.monotonic()
                value = _value(line)
                kind = value.get("t")
                if kind == "loaded":
                    self.files, self.modules = value["files"], value["modules"]
                    silence_s = WORK_SILENCE_S
                elif kind == "done":
                    return None
                elif value:
                    heard(value)
            # While it loads it does not listen.
            if not is_told and is_unwanted():
                is_told = True
                self._tell(STOP)

    def end(self):
        """Ends the process, if there is one; the next work begins with loading."""
        if self.process is None:
            return
        PRIVATE.difference_update((self.orders, self.answers.pipe))
        os.close(self.orders)
        _end(self.process)
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
        PRIVATE.update((self.orders, answers))
        self.process = os.fork()
        if self.process == 0:
            try:
                stand_alone()
                for pipe in PRIVATE:
                    os.close(pipe)
                PRIVATE.clear()
                PRIVATE.update((orders, answer))
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
                    self._have_done(order, orders, send)
                    # What a child was about to say when it was stopped is no part of this.
                    send({"t": "done"}, before=b"\n")

        self.framework.load(self.names, then)

    def _have_done(self, order, orders, send):
        leash, hold = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(hold)
                os.close(orders.pipe)
                PRIVATE.discard(orders.pipe)
                PRIVATE.add(leash)
                stand_alone()
                Pool.leash = leash
                self.work(order, send)
            finally:
                os._exit(0)
        os.close(leash)
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if orders.next(LOOK_S) != "":
                os.close(hold)
                return _end(child)
        return os.close(hold)


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
        return line.decode(errors="replace")


def _value(line):
    """What a line says; nothing where something else wrote it."""
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _end(process):
    """Waits a moment for a process that was told to end and can see to what it started, then ends it."""
    until = time.monotonic() + END_S
    while time.monotonic() < until:
        if os.waitpid(process, os.WNOHANG)[0] != 0:
            return
        time.sleep(LOOK_S)
    kill(process)
    os.waitpid(process, 0)
