"""A pytest plugin that reports each test to a file. Loaded by `-p`."""

import pytest

from greenloop_report import (
    Report, exception_line, failed_example, in_example, is_asked, out_of_time, outcome_of, place, unlike,
)

# Of so many failures pytest shows all source lines in its output. Those it looks up anew for each frame, which takes
# longer than most tests; nothing is read from them here.
FULL_TRACES_MAX = 16

_RANK = {"passed": 0, "skipped": 1, "failed": 2, "errored": 3, "timed-out": 4}


class Plugin:
    def __init__(self):
        self.report = Report()
        self.report.withdraw()
        self.cases = {}
        self.ran_out = False
        self.announced = 0
        self.failed = 0
        only = self.report.more["only"]
        self.only = None if only is None else {name[:-9] if name.endswith(" (import)") else name for name in only}

    def is_wanted(self, name):
        return self.only is None or any(name == one or name.startswith((one + "::", one + "/")) for one in self.only)

    def wants_below(self, path):
        """Whether a file or folder, relative to the root folder, can hold a wanted test."""
        return self.only is None or path == "." or any(
            (one + "/").startswith(path + "/") or one.startswith(path + "::") or path.startswith(one + "/")
            for one in self.only
        )

    def told(self, error, own):
        said = exception_line(error)
        message, frames = self.report.told(error, said)
        return message, frames, place(frames, own)

    def told_example(self, failed, own):
        """Of an example in documentation that failed: what it gave, and where it stands."""
        source, frames, raised = failed.example.source, [], getattr(failed, "exc_info", None)
        if raised:
            message, frames, _ = self.told(raised[1], own)
            message += "\n\n" + in_example(source)
        else:
            message = unlike(source, failed.example.want, failed.got)
        path, first = self.report.project_path(failed.test.filename), failed.test.lineno
        at = [path, first + failed.example.lineno + 1] if path and first is not None else None
        return message, frames, at or place(frames, own)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_collection_modifyitems(self, config, items):
        yield
        left_out = [item for item in items if not self.is_wanted(item.nodeid)]
        if left_out:
            items[:] = [item for item in items if self.is_wanted(item.nodeid)]
            config.hook.pytest_deselected(items=left_out)

    def pytest_ignore_collect(self, collection_path, config):
        try:
            path = collection_path.relative_to(config.rootpath).as_posix()
        except ValueError:
            return None
        return None if self.wants_below(path) else True

    def pytest_collection_finish(self, session):
        self.announced += len(session.items)
        self.report.line("announced", count=self.announced)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector):
        outcome = yield
        report = outcome.get_result()
        if report.passed:
            return
        name = report.nodeid or "."
        if name.endswith("/__init__.py"):
            name = name[: -len("/__init__.py")]
        call = getattr(report, "call", None)
        error = call.excinfo.value if call and call.excinfo else None
        self.announced += 1
        if report.skipped:
            self.report.case(name + " (import)", "skipped", skip_reason(report))
            return
        if error is None:
            self.report.case(name + " (import)", "errored", str(report.longrepr))
            return
        if isinstance(error, collector.CollectError) and error.__cause__ is not None:
            error = error.__cause__
        message, frames, at = self.told(error, None)
        at = at or self.starts(collector)
        self.report.case(name + " (import)", "errored", message, at, frames)

    def starts(self, node):
        path = self.report.project_path(str(getattr(node, "path", "")))
        line = getattr(node, "location", None)
        return [path, (line[1] or 0) + 1 if line else 1] if path else None

    def pytest_runtest_logstart(self, nodeid, location):
        self.report.start(nodeid)
        self.cases.pop(nodeid, None)

    # Each phase catches what is raised in it, and nothing does between them.
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self):
        yield from self.limited(False)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self):
        yield from self.limited(True)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self):
        yield from self.limited(False)

    def limited(self, is_test):
        self.report.limit.begin(is_test)
        yield
        self.ran_out = self.report.limit.rest()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        style = getattr(item.config.option, "tbstyle", None)
        if self.failed >= FULL_TRACES_MAX and style in ("auto", "long", "short"):
            item.config.option.tbstyle = "native"
        outcome = yield
        report = outcome.get_result()
        self.failed += report.failed
        report.greenloop_start = self.starts(item)
        if self.ran_out and report.passed and report.when == "call":
            # It caught the end of its time.
            report.outcome, report.longrepr = "failed", out_of_time(self.report.limit)
            report.greenloop_told = "timed-out", report.longrepr, [], None
        if report.failed and call.excinfo is not None:
            error = call.excinfo.value
            own = self.report.project_path(str(item.path))
            example = failed_example(error)
            is_wrong = example is not None and not hasattr(example, "exc_info")
            is_assertion = is_wrong or isinstance(error, (AssertionError, pytest.fail.Exception))
            kind = "failed" if is_assertion and report.when == "call" else "errored"
            kind = "timed-out" if self.ran_out else outcome_of(error, kind)
            told = self.told(error, own) if example is None else self.told_example(example, own)
            report.greenloop_told = (kind,) + told

    def pytest_runtest_logreport(self, report):
        if report.outcome == "rerun":
            self.cases.pop(report.nodeid, None)
            return
        case = self.cases.setdefault(report.nodeid, {"outcome": "passed", "seconds": 0.0, "at": None})
        case["seconds"] += report.duration
        case["at"] = case["at"] or getattr(report, "greenloop_start", None)
        outcome, message, frames, at = self.verdict(report)
        if _RANK[outcome] > _RANK[case["outcome"]]:
            case.update(outcome=outcome, message=message, frames=frames, at=at or case["at"])
        if report.when == "teardown":
            self.report.case(report.nodeid, **self.cases.pop(report.nodeid))

    def verdict(self, report):
        if report.passed:
            return "passed", "", [], None
        if report.skipped:
            expected = getattr(report, "wasxfail", None)
            said = skip_reason(report) if expected is None else "expected failure: " + str(expected)
            return "skipped", said, [], None
        if hasattr(report, "greenloop_told"):
            outcome, message, frames, at = report.greenloop_told
            return outcome, message, frames, at
        return "failed", str(report.longrepr), [], None

    def pytest_internalerror(self, excrepr):
        self.report.line("problem", message=str(getattr(excrepr, "reprcrash", None) or excrepr)[:4000], at=None)

    def pytest_sessionfinish(self, session, exitstatus):
        if int(exitstatus) in (0, 1, 5):
            self.report.line("end", count=self.report.written)


def skip_reason(report):
    """Skips carry (file, line, reason)."""
    longrepr = report.longrepr
    said = longrepr[2] if isinstance(longrepr, tuple) and len(longrepr) == 3 else str(longrepr or "")
    return said[len("Skipped: "):] if said.startswith("Skipped: ") else said


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config, args):
    """Sees to it that every test runs, in this process, and that a broken conftest is told with its line. The first
    pytest that is to run tests reports them, whatever else a command asks of pytest before or after."""
    asked = early_config.known_args_namespace
    only_tells = any(getattr(asked, name, False) for name in ("version", "help", "collectonly", "markers"))
    if only_tells or not is_asked():
        yield
        return
    plugin = Plugin()
    early_config.pluginmanager.register(plugin, "greenloop")
    args += ["--continue-on-collection-errors", "--maxfail=0"]
    if early_config.pluginmanager.hasplugin("xdist"):
        args += ["-n0"]
    if early_config.pluginmanager.hasplugin("_cov"):
        args += ["--no-cov"]
    outcome = yield
    if outcome.excinfo:
        error = outcome.excinfo[1]
        error = error.__cause__ or error
        message, _, at = plugin.told(error, None)
        plugin.report.line("problem", message=message, at=at)
