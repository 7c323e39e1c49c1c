"""Forked children, each with one piece of work, a memory cap and a limit on how long it may stay silent."""

import json
import os
import select
import signal
import time

try:
    import resource
except ImportError:
    resource = None

try:
    import ctypes

    prctl = getattr(ctypes.CDLL(None), "prctl", None)
except (ImportError, OSError, TypeError):
    prctl = None

_PR_SET_PDEATHSIG = 1
# Descriptors of this process that no child is to have.
PRIVATE = set()
# What each child gets, however many there are.
_MEMORY_MIN_BYTES = 320 << 20


class Task:
    """One piece of work for one child. Subclasses fill in what runs where."""

    silence_s = 10.0

    def work(self, send):
        """In the child: does the work; `send(value)` reaches `heard` in the parent."""

    def heard(self, value):
        """In the parent: a value the child sent."""

    def ended(self, complete):
        """In the parent: the child is gone; `complete` says whether it finished its work."""


class _Child:
    def __init__(self, task, pid, pipe):
        self.task, self.pid, self.pipe = task, pid, pipe
        self.rest = b""
        self.complete = False
        self.heard_at = time.monotonic()

    def silent_at(self):
        return self.heard_at + self.task.silence_s

    def read(self):
        """Hands on what the child wrote; False once it is done."""
        data = os.read(self.pipe, 65536)
        self.heard_at = time.monotonic()
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            value = json.loads(line.decode())
            if value is None:
                self.complete = True
            else:
                self.task.heard(value)
        return bool(data) and not self.complete

    def end(self):
        os.close(self.pipe)
        kill(self.pid)
        os.waitpid(self.pid, 0)
        self.task.ended(self.complete)


class Pool:
    # What says with its end that no work is wanted any more, in processes that have such a thing.
    leash = None

    def __init__(self, n_workers, memory_bytes):
        """The children share `memory_bytes`; 0 is no limit."""
        self.n_workers = max(1, n_workers)
        self.memory_bytes = max(memory_bytes // self.n_workers, _MEMORY_MIN_BYTES) if memory_bytes else 0
        self.children = {}

    def run(self, next_task):
        """Works until `next_task()` has no task left while no child is running."""
        while True:
            while len(self.children) < self.n_workers:
                task = next_task()
                if task is None:
                    break
                child = self._start(task)
                self.children[child.pipe] = child
            if not self.children:
                return
            self._wait()

    def run_one(self, task):
        tasks = [task]
        self.run(lambda: tasks.pop() if tasks else None)

    def _wait(self):
        patience = min(child.silent_at() for child in self.children.values()) - time.monotonic()
        pipes = list(self.children) + ([] if self.leash is None else [self.leash])
        ready, _, _ = select.select(pipes, [], [], max(0.0, patience))
        if self.leash in ready:
            for child in self.children.values():
                kill(child.pid)
            os._exit(1)
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.pipe in ready:
                alive = child.read()
            else:
                alive = child.silent_at() > now
            if not alive:
                del self.children[child.pipe]
                child.end()

    def _start(self, task):
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(read_end)
                self._confine()
                _work(task, write_end)
                status = 0
            finally:
                os._exit(status)
        os.close(write_end)
        return _Child(task, pid, read_end)

    def _confine(self):
        stand_alone()
        for pipe in PRIVATE.union(self.children):
            os.close(pipe)
        PRIVATE.clear()
        self.children = {}
        if resource and self.memory_bytes:
            limit_memory(self.memory_bytes)


def kill(process):
    """Ends a process and its group."""
    for end in (os.killpg, os.kill):
        try:
            end(process, signal.SIGKILL)
        except OSError:
            pass


def stand_alone():
    """Makes this process the first of a group of its own, so that a signal a test sends to its group does not reach the
    others, and has it end with its parent."""
    os.setpgid(0, 0)
    end_with_parent()


def end_with_parent():
    """Asks Linux to end this process when its parent ends; elsewhere its next report fails and ends it."""
    if prctl:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit_memory(extra_bytes):
    """Lets this process take `extra_bytes` of memory on top of what it has."""
    try:
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[5]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = used + extra_bytes
        if hard == resource.RLIM_INFINITY or limit < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    except (OSError, ValueError):
        pass


def sender(pipe):
    """What writes values to a pipe, each as a line."""

    def send(value, before=b""):
        data = before + json.dumps(value).encode() + b"\n"
        while data:
            data = data[os.write(pipe, data) :]

    return send


def _work(task, pipe):
    send = sender(pipe)
    task.work(send)
    send(None)
