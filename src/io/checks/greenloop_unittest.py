"""Runs unittest tests and reports each to a file. Finds what `python -m unittest` finds, test folders, and loose files
that hold test cases besides."""

import argparse
import fnmatch
import importlib.util
import inspect
import os
import re
import sys
import time
import types
import unittest

from greenloop_report import Report, exception_line, in_example, out_of_time, outcome_of, place, unlike

__unittest = True

DEPTH_MAX = 32
TEST_FOLDER = re.compile(r"(tests?|testing)([_-].*)?$|.*[_-]tests?$", re.IGNORECASE)
TEST_CASE = re.compile(rb"^def load_tests\(|^class \w+\([^)]*TestCase[^)]*\):(?s:.*?)^\s+(?:async )?def test", re.MULTILINE)
FILE_NAME = re.compile(r"[^\d\W]\w*\.py$")
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "build", "dist", "target"}
FIXTURE_FOLDERS = {"fixtures", "__fixtures__", "testdata", "test_data"}
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "Pipfile", "requirements.txt")
# What doctest prints: the source of each example that failed and what it gave.
EXAMPLE = re.compile(
    r'^File ".+", line \d+, in .+\nFailed example:\n([\s\S]*?\n)(?=^(?:Exception raised:|Expected(?::| nothing))$)', re.MULTILINE
)
RAISED = re.compile(r"    Traceback .*\n(?:     .*\n)*    (.+(?:\n    .+)*)")
GAVE = re.compile(r"Expected(?::\n([\s\S]*?)| nothing\n)^Got(?::\n([\s\S]*)| nothing)", re.MULTILINE)
FRAME = re.compile(r'^      File "(.+)", line (\d+), in (.+)$', re.MULTILINE)
INDENT = re.compile(r"^    ", re.MULTILINE)
_clock = time.perf_counter


class Finder:
    """Test files below a folder, each with the dotted name it is imported by."""

    def __init__(self, top, patterns):
        self.top = top
        self.patterns = patterns
        self.files = {}
        self.claimed = {}

    def walk(self, folder, is_test_folder, depth=0):
        takes = is_test_folder or folder == self.top or is_package(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_file() and self.matches(entry.name) and (takes or has_tests(entry.path)):
                self.files[self.name_of(entry.path)] = entry.path
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and depth < DEPTH_MAX and not is_foreign(entry):
                self.walk(entry.path, is_test_folder or bool(TEST_FOLDER.match(entry.name)), depth + 1)

    def matches(self, name):
        return bool(FILE_NAME.match(name)) and any(fnmatch.fnmatch(name, p) for p in self.patterns)

    def name_of(self, path):
        """Relative to the folder that holds the outermost package; test folders count as packages."""
        base = os.path.dirname(path)
        while base != self.top and is_package(base):
            base = os.path.dirname(base)
        on_path(base)
        if base != self.top and not is_below_test_folder(self.top, base):
            outermost = parts_below(base, path)[0]
            if self.claimed.setdefault(outermost, base) == base:
                return ".".join(parts_below(base, path))
        parts = parts_below(self.top, path)
        adopt_folders(self.top, base)
        return ".".join(parts)


def has_tests(path):
    """Whether a file says so itself: others in a folder that is no package may be programs, which run when loaded."""
    with open(path, "rb") as file:
        return bool(TEST_CASE.search(file.read()))


def is_package(folder):
    return os.path.isfile(os.path.join(folder, "__init__.py"))


def is_below_test_folder(top, folder):
    return any(TEST_FOLDER.match(part) for part in os.path.relpath(folder, top).split(os.sep))


def is_foreign(entry):
    """Whether a folder holds another project, data of tests, installed packages or build outputs."""
    if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS or entry.name.endswith(".egg-info"):
        return True
    if entry.name in FIXTURE_FOLDERS or os.path.isfile(os.path.join(entry.path, "pyvenv.cfg")):
        return True
    own = any(os.path.isfile(os.path.join(entry.path, name)) for name in PROJECT_FILES)
    return own and not TEST_FOLDER.match(entry.name)


def parts_below(base, path):
    """The dotted parts of a file's module name; a dot inside a folder's name would split it."""
    relative = os.path.relpath(path, base)[: -len(".py")]
    return [part.replace(".", "_") for part in relative.split(os.sep)]


def on_path(folder):
    if folder not in sys.path:
        sys.path.insert(1, folder)


def adopt_folders(top, folder):
    """Makes folders without `__init__.py` packages, ahead of installed packages of the same name."""
    name, at = "", top
    for part in os.path.relpath(folder, top).split(os.sep):
        if part == os.curdir:
            return
        at = os.path.join(at, part)
        parent, name = name, (name + "." if name else "") + part.replace(".", "_")
        if is_package(at):
            continue
        module = sys.modules.get(name)
        if module is None or not hasattr(module, "__path__"):
            module = types.ModuleType(name)
            module.__path__ = installed_paths(name)
            sys.modules[name] = module
            if parent in sys.modules:
                setattr(sys.modules[parent], part.replace(".", "_"), module)
        if at not in list(module.__path__):
            module.__path__ = [at] + list(module.__path__)


def installed_paths(name):
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, AttributeError, ValueError):
        return []
    return list(spec.submodule_search_locations or []) if spec else []


class Result(unittest.TextTestResult):
    """Prints what unittest prints and reports every test once."""

    def __init__(self, report, pending, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.report = report
        self.pending = pending
        self.current = None

    def startTest(self, test):
        super().startTest(test)
        self.report.start(name_of(test))
        self.current = {"outcome": None, "message": "", "at": None, "frames": []}
        self.n_subtests = 0
        self.started = _clock()
        self.report.limit.begin()

    def stopTest(self, test):
        if self.report.limit.rest() and self.current and self.current["outcome"] == "passed":
            # It caught the end of its time.
            self.current.update(outcome="timed-out", message=out_of_time(self.report.limit))
            self.failures.append((test, self.current["message"]))
        # A test that was interrupted has no outcome, and its end is not reported.
        if self.current is not None and self.current["outcome"] is not None:
            if self.n_subtests > 1:
                self.current["message"] += "\n\n%d subtests failed" % self.n_subtests
            self.emit(test, self.current, _clock() - self.started)
        self.current = None
        super().stopTest(test)

    def emit(self, test, told, seconds=0.0):
        self.pending.pop(id(test), None)
        told = dict(told, at=told["at"] or stands(self.report, test))
        self.report.case(name_of(test), seconds=seconds, **told)

    def note(self, outcome, message="", at=None, frames=()):
        """The first trouble of a test tells its message; skips do not hide failures."""
        if self.current["outcome"] in (None, "passed", "skipped"):
            self.current = {"outcome": outcome, "message": message, "at": at, "frames": list(frames)}

    def trouble(self, test, error, outcome, prefix=""):
        is_example = hasattr(test, "_dt_test") and isinstance(error, test.failureException)
        message, frames = is_example and told_example(self.report, str(error)) or self.report.told(error)
        outcome = "timed-out" if self.report.limit.is_over else outcome_of(error, outcome)
        told = (outcome, prefix + message, place(frames, own_file(self.report, test)), frames)
        if self.current is None:
            self.outside(test, *told)
        else:
            self.note(*told)

    def outside(self, holder, outcome, message, at=None, frames=()):
        """Trouble in a class or module fixture: its tests that did not run share it."""
        told = {"outcome": outcome, "message": message, "at": at, "frames": list(frames)}
        method, scope = re.match(r"(\w+)(?: \((.*)\))?", holder.id()).groups()
        waiting = [test for test in self.pending.values() if scope in (class_of(test), type(test).__module__)]
        if method.startswith("setUp"):
            for test in waiting:
                self.emit(test, told)
        else:
            self.report.case("%s (%s)" % (scope or "?", method), **told)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note("passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.trouble(test, err[1], "failed")

    def addError(self, test, err):
        super().addError(test, err)
        self.trouble(test, err[1], "errored")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.n_subtests += 1
            outcome = "failed" if issubclass(err[0], test.failureException) else "errored"
            self.trouble(test, err[1], outcome, subtest._subDescription() + ": ")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if self.current is None and id(test) in self.pending:
            # Some versions skip a test without starting it.
            self.emit(test, {"outcome": "skipped", "message": str(reason), "at": None, "frames": []})
        elif self.current is None:
            self.outside(test, "skipped", str(reason))
        else:
            self.note("skipped", str(reason))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.note("skipped", "expected failure: " + exception_line(err[1]))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note("failed", "unexpected success: it is marked as an expected failure but passes")


def told_example(report, text):
    """Message and frames of the first example that failed, one that raised something before others, from what doctest
    says of a docstring. None where it says it in other words."""
    parts = EXAMPLE.split(text)[1:]
    examples = list(zip(parts[::2], parts[1::2]))
    for source, rest in examples:
        # The last of those that led to one another.
        _, traceback, after = rest.rpartition("    Traceback (most recent call last):\n")
        raised = rest.startswith("Exception raised:") and RAISED.match(traceback + after)
        if raised:
            found = [(report.project_path(path), int(line), name) for path, line, name in FRAME.findall(traceback + after)]
            places, names = [[path, line] for path, line, _ in found if path], [name for path, _, name in found if path]
            said = INDENT.sub("", raised[1]).replace("greenloop_report.NoEnd: ", "")
            return "\n".join([said, "", *report.stack(places, names), in_example(source)]), places
    for source, rest in examples:
        gave = GAVE.match(rest.partition("\n" + "-" * 70)[0])
        if gave:
            return unlike(source, INDENT.sub("", gave[1] or ""), INDENT.sub("", gave[2] or "")), []
    return None


def name_of(test):
    name = test.id()
    hidden = "unittest.loader._FailedTest."
    return name[len(hidden):] if name.startswith(hidden) else name


def class_of(test):
    return "%s.%s" % (type(test).__module__, type(test).__qualname__)


def own_file(report, test):
    name = type(test).__module__
    if name == "unittest.suite":
        # A fixture's stand-in: `setUpClass (module.Class)`.
        name = test.id().partition("(")[2].rstrip(")")
        while name and name not in sys.modules:
            name = name.rpartition(".")[0]
    module = sys.modules.get(name)
    return report.project_path(getattr(module, "__file__", None) or "")


def stands(report, test):
    """Where a test's code begins."""
    method = getattr(test, getattr(test, "_testMethodName", "") or "", None)
    code = getattr(inspect.unwrap(method), "__code__", None) if method else None
    path = report.project_path(code.co_filename) if code else None
    if path:
        return [path, code.co_firstlineno]
    example = getattr(test, "_dt_test", None)
    path = report.project_path(example.filename) if example else None
    return [path, (example.lineno or 0) + 1] if path else None


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.BaseTestSuite):
            yield from flat(test)
        elif test is not None:
            yield test


def load(report, files):
    """The tests of the modules; a module that cannot be imported is reported as a red test of its own."""
    loader, suite, loaded_packages = unittest.TestLoader(), unittest.TestSuite(), {}
    for name, path in files.items():
        package = next((p for p in loaded_packages if name.startswith(p + ".")), None)
        if package:
            continue
        try:
            package = package_with_load_tests(name)
            module = importlib.import_module(package or name)
            if package:
                loaded_packages[package] = True
            else:
                refuse_stranger(module, path)
            suite.addTests(loader.loadTestsFromModule(module))
        except unittest.SkipTest as skip:
            report.case(name + " (import)", "skipped", str(skip))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            message, frames = report.told(error)
            at = place(frames, None) or [report.project_path(path), 1]
            report.case(name + " (import)", "errored", message, at, frames)
    return suite


def package_with_load_tests(name):
    """The outermost package above a module that chooses its tests itself."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        if hasattr(importlib.import_module(package), "load_tests"):
            return package
    return None


def refuse_stranger(module, path):
    found = getattr(module, "__file__", None)
    if found and os.path.realpath(found) != os.path.realpath(path):
        raise ImportError("module %r was found at %s instead of %s" % (module.__name__, found, path))


def is_wanted(test, wanted):
    parts = name_of(test).split(".")
    return any(".".join(parts[:end]) in wanted for end in range(1, len(parts) + 1))


def choose(files, wanted):
    """The files that can hold the wanted tests; all of them when a name points to no file."""
    chosen = {}
    for name in wanted:
        mine = {n: p for n, p in files.items() if (name + ".").startswith(n + ".") or n.startswith(name + ".")}
        if not mine:
            return files
        chosen.update(mine)
    return {name: path for name, path in files.items() if name in chosen}


def options():
    parser = argparse.ArgumentParser(prog="python -m unittest")
    parser.add_argument("-s", "--start-directory", default=".")
    parser.add_argument("-t", "--top-level-directory", default=".")
    parser.add_argument("-p", "--pattern", action="append")
    parser.add_argument("-v", "--verbose", action="store_const", const=2, default=1, dest="verbosity")
    parser.add_argument("-q", "--quiet", action="store_const", const=0, dest="verbosity")
    parser.add_argument("-b", "--buffer", action="store_true")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    if given.names[:1] == ["discover"]:
        del given.names[0]
    return given


def find(given):
    """Sets up `sys.path` as unittest would, with `src` for projects that keep their code there."""
    top = os.path.abspath(given.top_level_directory)
    sys.path[0] = top
    source = os.path.join(top, "src")
    if os.path.isdir(source) and not is_package(source):
        on_path(source)
    finder = Finder(top, given.pattern or ["test*.py", "*_test.py"])
    start = os.path.abspath(given.start_directory)
    finder.walk(start, start != top)
    return finder.files


def main():
    given = options()
    report = Report()
    sys.argv = ["python -m unittest"]
    files = find(given)
    wanted = set(given.names)
    if report.more["only"] is not None:
        wanted = {re.sub(r" \(\w+\)$", "", name) for name in report.more["only"]}
    suite = load(report, choose(files, wanted) if wanted else files)
    if wanted:
        suite = unittest.TestSuite(test for test in flat(suite) if is_wanted(test, wanted))
    n_import_errors = report.written
    pending = {id(test): test for test in flat(suite)}
    report.line("announced", count=n_import_errors + len(pending))

    def make(*args, **kwargs):
        return Result(report, pending, *args, **kwargs)

    runner = unittest.TextTestRunner(resultclass=make, verbosity=given.verbosity, buffer=given.buffer)
    result = runner.run(suite)
    report.line("end", count=report.written)
    sys.exit(0 if result.wasSuccessful() and not n_import_errors else 1)


if __name__ == "__main__":
    main()
