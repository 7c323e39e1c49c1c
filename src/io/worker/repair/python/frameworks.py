"""Loads tests and runs them one by one, any number of times, in any order."""

import copy
import os
import pathlib
import re
import sys
import tempfile
import unittest
from importlib.util import find_spec

import greenloop_unittest as finder
from greenloop_report import failed_example

PASSED, RED, SKIPPED, MISSING = "passed", "red", "skipped", "missing"

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_IMPORT = " (import)"
_PLAIN = (type(None), bool, int, float, str, bytes)


def signature(error, path, function):
    """How a test failed, to tell whether it still fails in the same way: the line of its own function, which stands in the
    file at `path`, 0 where it is not known, and words."""
    line = _line(getattr(error, "__traceback__", None), path, function)
    error = getattr(failed_example(error), "exc_info", (None, error))[1]
    try:
        text = str(error)
    except Exception:
        text = ""
    # An example tells of what it raised at the end.
    text = text if len(text) <= 2000 else text[:1000] + text[-1000:]
    text = text.encode("utf-8", "replace").decode()
    return _ADDRESS.sub("0x", "%d %s: %s" % (line, type(error).__name__, text))


def _line(trace, path, function):
    """Where a function was, which is outermost of those of its name."""
    while trace:
        code = trace.tb_frame.f_code
        if code.co_filename == path and code.co_name == function:
            return trace.tb_lineno
        trace = trace.tb_next
    return 0


def _place(case):
    """The file and the name of a test's function."""
    module = sys.modules.get(type(case).__module__)
    return getattr(module, "__file__", None), getattr(case, "_testMethodName", None)


class Unittest:
    """Finds and names tests as the check does, with the check's own finder."""

    def __init__(self, spec):
        unittest.case.difflib = _NoDiff
        self.tests = {}
        self.broken = set()
        self.args = list(spec["args"])

    def load(self, names, then, only=False):
        """Loads the tests called `names` and calls `then`."""
        program, sys.argv = sys.argv, ["python -m unittest"] + self.args
        files = finder.find(finder.options())
        sys.argv = program
        self.broken = set()
        wanted = {name[: -len(_IMPORT)] if name.endswith(_IMPORT) else name for name in names}
        suite = finder.load(self, finder.choose(files, wanted))
        self.tests = {}
        for case in finder.flat(suite):
            name = finder.name_of(case)
            self.tests.setdefault(name, []).append(case)
        for name in names:
            if name.endswith(_IMPORT) and name not in self.broken:
                module = name[: -len(_IMPORT)] + "."
                self.tests[name] = [case for case in finder.flat(suite) if finder.name_of(case).startswith(module)]
        then()

    def told(self, error):
        """Part of the finder's report: nothing is told here."""
        return "", ()

    def project_path(self, _path):
        return None

    def case(self, name, outcome, *_details):
        self.broken.add(name)

    def enter_child(self):
        """Called in each child that is about to run tests."""

    def has(self, name):
        return bool(self.tests.get(name))

    def run(self, name):
        """The outcome of one run, and the signature of its first error."""
        result = _Result()
        suite = unittest.TestSuite()
        for case in self.tests[name]:
            suite.addTest(_again(case))
        suite.run(result)
        return (RED if result.error else SKIPPED if result.skips else PASSED), result.error


class _NoDiff:
    """Stands in for `difflib` in assertions, where rendering the difference costs more than most tests."""

    @staticmethod
    def ndiff(*_args):
        return ()

    unified_diff = ndiff


def _again(case):
    """A case to run once, as it was loaded: made anew by its name where that makes the same, else a copy."""
    try:
        made = type(case)(case._testMethodName)
        if _alike(vars(made), vars(case)):
            return made
    except Exception:
        pass
    if hasattr(case, "_dt_test"):
        case = copy.copy(case)
        case._dt_test = _example(case._dt_test)
        return case
    try:
        return copy.deepcopy(case)
    except Exception:
        return copy.copy(case)


def _alike(one, other):
    """Whether two instances hold the same, as far as can be told without asking what they hold."""
    return one.keys() == other.keys() and all(
        type(value) is type(other[name]) and (not isinstance(value, _PLAIN) or value == other[name])
        for name, value in one.items()
    )


def _example(example):
    """A copy of a documented example with names of its own: they go as it ends."""
    example = copy.copy(example)
    example.globs = dict(example.globs)
    return example


class _Result(unittest.TestResult):
    """Keeps only whether and how it failed; formatting tracebacks would cost more than most tests."""

    def __init__(self):
        super().__init__()
        self.error = ""
        self.skips = 0

    def _note(self, test, error):
        self.error = self.error or signature(error, *_place(test))

    def addError(self, test, err):
        self._note(test, err[1])

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._note(test, err[1])

    def addSkip(self, test, reason):
        self.skips += 1

    def addExpectedFailure(self, test, err):
        pass

    def addUnexpectedSuccess(self, test):
        self.error = self.error or "0 unexpected success"


class Pytest:
    def __init__(self, spec):
        import pytest
        import _pytest.runner

        self.pytest, self.runner = pytest, _pytest.runner
        self.args = list(spec["args"]) + ["-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir=.", "-s", "-q"]
        self.args += ["--continue-on-collection-errors", "--maxfail=0"]
        for module, switch in (("xdist", "-n0"), ("pytest_cov", "--no-cov")):
            if find_spec(module) is not None:
                self.args.append(switch)
        self.items = {}
        self.scratch = spec["scratch"]

    def load(self, names, then, only=False):
        """Collects as the check does (or, with `only`, just `names`), and calls `then` in place of the test loop."""
        called = []

        def loop(items):
            self.items = {item.nodeid: [item] for item in items}
            for name in names:
                if name.endswith(_IMPORT):
                    path = name[: -len(_IMPORT)]
                    self.items[name] = [item for item in items if item.nodeid.startswith((path + "::", path + "/"))]
            called.append(True)
            then()

        self.pytest.main(self.args + (_files(names) if only else []), plugins=[_take_over(self.pytest, loop)])
        if not called:
            then()

    def enter_child(self):
        """Gives this child a folder of its own for `tmp_path`."""
        for items in self.items.values():
            factory = getattr(items[0].config if items else None, "_tmp_path_factory", None)
            if hasattr(factory, "_given_basetemp"):
                folder = tempfile.mkdtemp(prefix="tests-", dir=self.scratch)
                factory._given_basetemp, factory._basetemp = None, pathlib.Path(folder)
            return

    def has(self, name):
        return bool(self.items.get(name))

    def run(self, name):
        """As for unittest; a whole file passes when each of its tests does."""
        results = [self._run(item) for item in self.items[name]]
        return next((result for result in results if result[0] != PASSED), results[0])

    def _run(self, item):
        if hasattr(item, "_initrequest"):
            item._initrequest()
        example = getattr(item, "dtest", None)
        if example is not None:
            item.dtest = _example(example)
        try:
            reports = self.runner.runtestprotocol(item, log=False, nextitem=None)
        finally:
            if example is not None:
                item.dtest = example
        failed = [report for report in reports if report.failed]
        if failed:
            return RED, str(failed[0].longrepr)
        called = any(report.when == "call" and report.passed for report in reports)
        return (PASSED if called else SKIPPED), ""


def _take_over(pytest, loop):
    """A plugin that calls `loop(items)` once all tests are collected, in place of running them."""

    class TakeOver:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session):
            loop(session.items)
            return True

        def pytest_runtest_makereport(self, item, call):
            """As pytest's own, but without the rendered traceback, which costs more than most tests."""
            error = call.excinfo and call.excinfo.value
            if error is None:
                outcome, longrepr = "passed", None
            elif isinstance(error, (pytest.skip.Exception, unittest.SkipTest)):
                outcome, longrepr = "skipped", ("", 0, "")
            else:
                outcome, longrepr = "failed", signature(error, str(item.fspath), getattr(item, "originalname", None))
            return pytest.TestReport(item.nodeid, item.location, {}, outcome, longrepr, call.when)

    return TakeOver()


def _files(names):
    """The files that hold tests, each once."""
    paths = {name[: -len(_IMPORT)] if name.endswith(_IMPORT) else name.partition("::")[0] for name in names}
    return sorted(paths)


def open_framework(spec):
    sys.dont_write_bytecode = True
    sys.path[0] = os.getcwd()
    return (Pytest if spec["framework"] == "pytest" else Unittest)(spec)
