"""What both Python runners share: one line of JSON per fact, and failures told in project lines."""

import json
import linecache
import os
import signal
import sys
import traceback
from threading import current_thread, main_thread

# Frames of a module with this name are left out of tracebacks by unittest.
__unittest = True

MESSAGE_CHARS_MAX = 6000
FRAMES_MAX = 64
TRACE_LINES_MAX = 12

# Bound now, because tests may replace them while they run.
_write, _getpid, _dumps = os.write, os.getpid, json.dumps
_ALARM, _CLOCK = getattr(signal, "SIGALRM", None), getattr(signal, "ITIMER_REAL", None)
_signal, _getsignal = signal.signal, signal.getsignal
_setitimer, _getitimer = getattr(signal, "setitimer", None), getattr(signal, "getitimer", None)
_realpath, _relpath, _isabs, _join = os.path.realpath, os.path.relpath, os.path.isabs, os.path.join
_START = os.getcwd()
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_OUTSIDE = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
_OUTSIDE_PREFIXES = tuple(
    {_realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix)}
)


class NoEnd(BaseException):
    """Raised inside a test that runs for too long. Code that catches `Exception` does not keep it."""


class Limit:
    """Ends each test that runs for more than `seconds`, where there is such a clock and nobody else uses it. Each end of
    time halves what the tests after it get, down to a quarter: what never ends in one seldom does in others. What is
    set up and cleared away for them gets the whole."""

    def __init__(self, seconds):
        self.seconds = self.whole = self.given = seconds
        self.is_set = self.is_over = False
        # The clock's own spelling of it, rounded to what it can count.
        self.repeats = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.rest)

    def begin(self, is_test=True):
        if _ALARM is None or current_thread() is not main_thread():
            return
        if _getsignal(_ALARM) == signal.SIG_DFL and _getitimer(_CLOCK)[0] == 0:
            _signal(_ALARM, self.end_test)
            # Again and again, as a test may catch everything.
            self.given = self.seconds if is_test else self.whole
            _setitimer(_CLOCK, self.given, self.whole)
            self.repeats = _getitimer(_CLOCK)[1]
            self.is_set = True

    def end_test(self, _signal, _frame):
        self.is_over = True
        raise NoEnd(out_of_time(self))

    def rest(self):
        """Whether time ran out: a test may catch the end of it and go on, as examples in docstrings do."""
        if not self.is_set:
            return False
        was_over, self.is_over = self.is_over, False
        if was_over:
            self.seconds = max(self.seconds / 2, self.whole / 4)
        # A test may have set the clock or the handler, and not the other. No `alarm` repeats.
        if _getitimer(_CLOCK)[1] == self.repeats:
            _setitimer(_CLOCK, 0)
        if _getsignal(_ALARM) == self.end_test:
            _signal(_ALARM, signal.SIG_DFL)
        self.is_set = False
        return was_over


def out_of_time(limit):
    return "did not end within %g s" % limit.given


def outcome_of(error, otherwise):
    """Of a test that failed with this, however deep the end of its time is wrapped."""
    seen, waiting = set(), [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, NoEnd):
            return "timed-out"
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return otherwise


def is_asked():
    """Whether a report is still wanted."""
    return os.path.exists(_join(_FOLDER, "greenloop.json"))


def _take_task():
    """The task beside this file. It goes, like the report's name, before any test runs: what is to write a report of
    its own has to know the file and the key, and finds neither."""
    path = _join(_FOLDER, "greenloop.json")
    with open(path, encoding="utf-8") as file:
        task = json.load(file)
    task["fd"] = os.open(task["report"], os.O_WRONLY | os.O_APPEND)
    for name in (path, task.pop("report")):
        try:
            os.unlink(name)
        except OSError:
            pass  # Some systems keep a file that is open.
    return task


class Report:
    """The report file. Only the process that opened it writes, so forked tests cannot add lines."""

    def __init__(self):
        task = _take_task()
        self.fd = task["fd"]
        self.key = task["key"]
        self.pid = _getpid()
        self.root = _realpath(task["root"])
        self.more = task["more"]
        self.limit = Limit(self.more["limit"])
        self.known = {}
        self.written = 0

    def line(self, event, **fields):
        if _getpid() != self.pid:
            return
        fields.update(event=event, key=self.key)
        data = (_dumps(fields) + "\n").encode("ascii")
        while data:
            data = data[_write(self.fd, data):]

    def withdraw(self):
        """Takes us out of what programs that tests start would see."""
        for name, value in self.more["given"]:
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        sys.path[:] = [folder for folder in sys.path if folder != _FOLDER]

    def start(self, name):
        self.line("start", name=clean(name))

    def case(self, name, outcome, message="", at=None, frames=(), seconds=0.0):
        self.written += 1
        self.line("case", name=clean(name), outcome=outcome, message=clip(message), at=at,
                  frames=list(frames), seconds=round(seconds, 6))

    def project_path(self, path):
        """The real path of a file of the project, None for any other file."""
        if path not in self.known:
            self.known[path] = self._project_path(path)
        return self.known[path]

    def _project_path(self, path):
        if not path or path.startswith("<"):
            return None
        real = _realpath(path if _isabs(path) else _join(_START, path))
        inside = real.startswith(self.root.rstrip(os.sep) + os.sep)
        foreign = any(part in real for part in _OUTSIDE) or any(
            real.startswith(prefix) and prefix.startswith(self.root) for prefix in _OUTSIDE_PREFIXES
        )
        return clean(real) if inside and not foreign else None

    def frames(self, error):
        """Project lines of an exception's stack as [path, line], outermost first."""
        places, names = [], []
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            path = self.project_path(code.co_filename)
            if path and "__unittest" not in step.tb_frame.f_globals:
                places.append([path, step.tb_lineno or code.co_firstlineno])
                names.append(code.co_name)
            step = step.tb_next
        if isinstance(error, SyntaxError) and self.project_path(error.filename):
            places.append([self.project_path(error.filename), error.lineno or 1])
            names.append("")
        if len(places) > FRAMES_MAX:
            places = places[: FRAMES_MAX // 4] + places[-FRAMES_MAX * 3 // 4:]
            names = names[: FRAMES_MAX // 4] + names[-FRAMES_MAX * 3 // 4:]
        return places, names

    def stack(self, places, names):
        """The innermost project lines of a stack, for people."""
        lines = []
        for (path, line), name in list(zip(places, names))[-TRACE_LINES_MAX:]:
            lines.append("  %s:%d%s" % (clean(_relpath(path, self.root)), line, name and " in " + name))
            source = linecache.getline(path, line).strip()
            if source:
                lines.append("    " + source)
        return lines

    def told(self, error, said=None):
        """Message and frames of an exception: what it said, then its project lines."""
        places, names = self.frames(error)
        lines = [clip(said or exception_line(error)), ""] + self.stack(places, names)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            lines.append("  after " + exception_line(cause))
        return "\n".join(lines).rstrip(), places


def exception_line(error):
    """`Type: message`; a syntax error's place is told apart."""
    if isinstance(error, NoEnd):
        return str(error)
    lines = traceback.format_exception_only(type(error), error)
    return (lines[-1] if isinstance(error, SyntaxError) else "".join(lines)).strip()


def failed_example(error):
    """The example in documentation of which an error tells, one that raised something before others; None of any other
    error. Told by name, as few tests need to load what they are of."""
    kind = type(error)
    is_list = (kind.__module__, kind.__name__) == ("_pytest.doctest", "MultipleDoctestFailures")
    failed = [one for one in (error.failures if is_list else [error]) if type(one).__module__ == "doctest"]
    failed.sort(key=lambda one: not hasattr(one, "exc_info"))
    return failed[0] if failed else None


def unlike(source, want, got):
    """Of an example in documentation that gave something else: told as an assertion is."""
    given, wanted = got.strip() or "nothing", want.strip() or "nothing"
    return "AssertionError: %s != %s\n\n%s" % (given, wanted, in_example(source))


def in_example(source):
    return "in the example\n    " + source.strip()


def place(places, own):
    """The innermost line in the file `own`, else the innermost line of all."""
    mine = [at for at in places if at[0] == own]
    return (mine or places or [None])[-1]


def clip(text):
    text = clean(text)
    if len(text) <= MESSAGE_CHARS_MAX:
        return text
    return text[:MESSAGE_CHARS_MAX] + "\n... %d characters more" % (len(text) - MESSAGE_CHARS_MAX)


def clean(text):
    """Text that every JSON reader takes: lone surrogates spelled out."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")
