"""Runs each test once in a child of its own and notes which project lines it ran."""

import ast
import sys
import time

from .budget import Budget
from .edits import project_modules, project_path
from .frameworks import MISSING
from .pool import Pool, Task

CPU_S = 5.0
# So many targets are observed whatever time it takes.
TARGETS_MIN = 8
SILENCE_S = 8.0


class Lines:
    """Collects `(code, line)` of project files, by the cheapest means this Python has."""

    TOOL = 3

    def __init__(self):
        self.seen = set()
        self._own = {}

    def _is_own(self, code):
        filename = code.co_filename
        if filename not in self._own:
            self._own[filename] = project_path(filename) is not None
        return self._own[filename]

    def start(self):
        if sys.version_info >= (3, 12):
            self._start_monitoring()
        else:
            sys.settrace(self._call)

    def stop(self):
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(self.TOOL, 0)
            sys.monitoring.free_tool_id(self.TOOL)
        else:
            sys.settrace(None)

    def _start_monitoring(self):
        monitoring = sys.monitoring
        monitoring.use_tool_id(self.TOOL, "greenloop")
        monitoring.register_callback(self.TOOL, monitoring.events.LINE, self._line)
        monitoring.set_events(self.TOOL, monitoring.events.LINE)

    def _line(self, code, line):
        if self._is_own(code):
            self.seen.add((code, line))
        return sys.monitoring.DISABLE

    def _call(self, frame, _event, _arg):
        return self._local if self._is_own(frame.f_code) else None

    def _local(self, frame, event, _arg):
        if event == "line":
            self.seen.add((frame.f_code, frame.f_lineno))
        return self._local


class LoadTime:
    """Lines that ran while modules were loaded and that a test depends on all the same: headers of the functions it
    ran, and assignments to the names those functions read."""

    def __init__(self):
        self.headers = {}
        self.assignments = {}
        for module in project_modules():
            path = project_path(module.__file__)
            try:
                with open(module.__file__, "rb") as file:
                    self._scan(path, ast.parse(file.read()))
            except (OSError, SyntaxError, ValueError):
                continue

    def _scan(self, path, tree):
        waiting = list(tree.body)
        while waiting:
            node = waiting.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno] + [part.lineno for part in node.decorator_list])
                self.headers[path, first] = range(first, max(node.body[0].lineno, node.lineno + 1))
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
                lines = range(node.lineno, node.end_lineno + 1)
                for part in ast.walk(node):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        self.assignments.setdefault(part.id, []).append((path, lines))
            else:
                waiting += ast.iter_child_nodes(node)

    def lines(self, codes):
        """Of the functions that ran: `(path, lines)` of headers and assignments."""
        names = set()
        for code, path in codes:
            names.update(code.co_names)
            if (path, code.co_firstlineno) in self.headers:
                yield path, self.headers[path, code.co_firstlineno]
        for name in names:
            yield from self.assignments.get(name, ())


class Observation(Task):
    """One test under observation."""

    silence_s = SILENCE_S

    def __init__(self, observer, name):
        self.observer, self.name = observer, name
        self.fact = {"id": name, "outcome": "hung", "cpu": CPU_S, "lines": {}}

    def work(self, send):
        observer, lines = self.observer, Lines()
        budget = Budget()
        observer.framework.enter_child()
        lines.start()
        ran, cpu = budget.run(CPU_S, lambda: observer.framework.run(self.name))
        lines.stop()
        outcome, error = ran or ("hung", "")
        send({"id": self.name, "outcome": outcome, "error": error, "cpu": cpu, "lines": observer.by_path(lines.seen)})

    def heard(self, value):
        self.fact = value

    def ended(self, complete):
        self.observer.emit(dict(self.fact, t="test"))


class Observer:
    def __init__(self, spec, framework, emit):
        self.spec, self.framework, self.emit = spec, framework, emit

    def run(self):
        spec = self.spec
        self.load_time = LoadTime()
        started, targets = [], self.targets()
        others = spec["failing"][spec["targets"] :]
        passing = [name for name in spec["passing"] if self.framework.has(name)]

        def next_task():
            for name in targets:
                if self.framework.has(name):
                    return Observation(self, name)
                self.emit({"t": "test", "id": name, "outcome": MISSING, "cpu": CPU_S, "lines": {}})
            started.append(time.monotonic())
            spent = started[-1] - started[0]
            # Other red tests may hang, and the sample of passing ones tells more.
            if others and spent < spec["seconds"] / 4:
                return Observation(self, others.pop(0))
            if passing and spent < spec["seconds"]:
                return Observation(self, passing.pop(0))
            return None

        Pool(spec["workers"], spec["memory"]).run(next_task)

    def targets(self):
        """The first, then the others while there is time: where many are red, some tell as much as all."""
        begun = time.monotonic()
        for place, name in enumerate(self.spec["failing"][: self.spec["targets"]]):
            if place < TARGETS_MIN or time.monotonic() - begun < self.spec["seconds"]:
                yield name

    def by_path(self, seen):
        found, codes, paths = {}, set(), {}
        for code, line in seen:
            filename = code.co_filename
            if filename not in paths:
                paths[filename] = project_path(filename)
            found.setdefault(paths[filename], set()).add(line)
            codes.add((code, paths[filename]))
        for path, lines in self.load_time.lines(codes):
            found.setdefault(path, set()).update(lines)
        wanted = set(self.spec["sources"])
        return {path: sorted(lines) for path, lines in found.items() if path in wanted}
