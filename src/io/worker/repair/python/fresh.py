"""Tries patches that only show at load time: each in a child that loads the patched files from the start."""

import importlib
import importlib.machinery
import os
import sys
import sysconfig

from .edits import project_modules
from .frameworks import PASSED
from .pool import Pool, Task
from .search import CONFIRM_CPU_S, NOT_VALID, STILL_RED, Runner, judge
from .units import Source, compile_text, splice

SILENCE_S = 10.0
GREEN = {"is": "green"}


def own_files():
    """Files of the project that this process has loaded."""
    return [module.__file__ for module in project_modules()]


def standard_modules():
    """Modules of the standard library that this process has loaded, in their order."""
    folder = sysconfig.get_path("stdlib") + os.sep
    files = [(name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())]
    return [name for name, file in files if file.startswith(folder) and "site-packages" not in file]


def prepare(files, modules):
    """Does once what every fresh process would do again: loads standard modules, compiles the project's files."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            continue
    codes = {}
    for filename in files:
        try:
            with open(filename, "rb") as file:
                codes[os.path.realpath(filename)] = compile_text(file.read(), filename, 0)
        except (OSError, SyntaxError, ValueError):
            continue
    override(codes)


def override(codes):
    """Makes imports run `codes` (by real path) instead of what the files hold."""
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code

    def get_code(self, fullname):
        return codes.get(os.path.realpath(self.path)) or plain(self, fullname)

    loader.get_code = get_code


class FreshTry(Task):
    """One patch in a process that has loaded nothing of the project: screened first, judged when it gets that far."""

    silence_s = SILENCE_S

    def __init__(self, search, index, names):
        self.search, self.index, self.names = search, index, names
        self.verdict = STILL_RED

    def work(self, send):
        search = self.search
        codes = search.codes(self.index)
        if codes is None:
            return send(NOT_VALID)
        override(codes)

        def run():
            runner = Runner(search.framework, None)
            if self.names is None:
                green = runner.run(search.failing[0], search.confirm_cpu_s(search.failing[0]))[0] == PASSED
                send(GREEN if green else STILL_RED)
            else:
                send(judge(search, runner, (), self.names, send))

        names = search.failing[:1] if self.names is None else search.failing + self.names
        search.framework.load(names, run, only=True)

    def heard(self, value):
        if value and not isinstance(value, str):
            self.verdict = value

    def ended(self, complete):
        if self.verdict == GREEN:
            self.search.confirms.append((self.index, self.search.relevant(self.index)))
        else:
            self.search.emit({"t": "verdicts", "verdicts": [[self.index, self.verdict]]})


class FreshSearch:
    def __init__(self, spec, framework, facts, emit, indices, is_unwanted):
        self.spec, self.framework, self.facts, self.emit = spec, framework, facts, emit
        self.is_unwanted = is_unwanted
        self.failing, self.waiting, self.confirms = spec["failing"], list(indices), []
        self.sources = {}

    def run(self):
        Pool(self.spec["workers"], self.spec["memory"]).run(self._next_task)

    def _next_task(self):
        if self.is_unwanted():
            return None
        if self.confirms:
            return FreshTry(self, *self.confirms.pop(0))
        return FreshTry(self, self.waiting.pop(0), None) if self.waiting else None

    def confirm_cpu_s(self, name):
        return max(2 * CONFIRM_CPU_S, 10 * min(self.facts.cpu(name), 1.0))

    def codes(self, index):
        """The patched files, compiled; `None` when one cannot be."""
        codes = {}
        for path, edits in self.spec["patches"][index]:
            filename = os.path.join(self.spec["root"], path)
            try:
                codes[os.path.realpath(filename)] = compile_text(splice(self._source(path).data, edits), filename, 0)
            except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
                return None
        return codes

    def relevant(self, index):
        patch = self.spec["patches"][index]
        ranges = [(path,) + self._source(path).span(edits) for path, edits in patch]
        return self.facts.passing(self.spec["passing"], ranges)

    def _source(self, path):
        if path not in self.sources:
            filename = os.path.join(self.spec["root"], path)
            with open(filename, "rb") as file:
                self.sources[path] = Source(filename, file.read())
        return self.sources[path]
