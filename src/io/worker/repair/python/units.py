"""Cuts a module's text into units that can be exchanged alone: outermost functions, and simple statements outside
functions."""

import __future__
import ast
import bisect
import types
import warnings

FUTURES = 0
for _name in __future__.all_feature_names:
    FUTURES |= getattr(__future__, _name).compiler_flag

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Unit:
    """A function with its decorators, or a statement, as whole lines of the text."""

    def __init__(self, source, node, classes):
        self.source, self.node, self.classes = source, node, classes
        self.is_function = isinstance(node, _FUNCTIONS)
        decorators = getattr(node, "decorator_list", [])
        self.first_line = min([node.lineno] + [decorator.lineno for decorator in decorators])
        self.start = source.starts[self.first_line - 1]
        self.end = source.starts[node.end_lineno]
        self.text = source.data[self.start : self.end]
        self._original = None

    def lines(self, path):
        """Where it stands: path, first and last line."""
        return path, self.first_line, self.node.end_lineno

    def holds(self, start, end):
        return self.start <= start and end <= self.end

    def edited(self, edits):
        """The unit's text after edits whose offsets count from the start of the module."""
        return splice(self.text, [(start - self.start, end - self.start, new) for start, end, new in edits])

    def wrapped(self, text):
        """A module of its own with the unit at its old lines, inside classes of the old names."""
        indent = text[: len(text) - len(text.lstrip(b" \t"))]
        headers = ["class %s:" % name for name in self.classes]
        if indent and not headers:
            headers = ["if 1:"]
        lines = [" " * depth + header for depth, header in enumerate(headers)]
        blank = "\n" * max(0, self.first_line - 1 - len(lines))
        return blank + "".join(line + "\n" for line in lines) + text.decode()

    def compiled(self, text):
        return compile_text(self.wrapped(text), self.source.filename, self.source.flags)

    def original(self):
        """The compiled unit before any edit."""
        if self._original is None:
            self._original = self.compiled(self.text)
        return self._original

    def statement(self, text):
        """The one statement in `text`, or `None` when there are more or fewer."""
        body = ast.parse(self.wrapped(text)).body
        while len(body) == 1 and (isinstance(body[0], ast.ClassDef) or _is_wrapper(body[0])):
            body = body[0].body
        return body[0] if len(body) == 1 else None


def _is_wrapper(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and node.test.value == 1


class Source:
    """A module's text and its units in order."""

    def __init__(self, filename, data):
        self.filename, self.data = filename, data
        self.starts = line_starts(data)
        self.flags = 0
        self.units = []
        try:
            self.tree = parse(data, filename)
            self.flags = compile_text(data, filename, 0).co_flags & FUTURES
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.tree = None
            return
        self._collect(self.tree.body, ())
        self._unit_starts = [unit.start for unit in self.units]

    def _collect(self, body, classes):
        for node in body:
            if isinstance(node, ast.ClassDef):
                self._collect(node.body, classes + (node.name,))
            elif isinstance(node, _FUNCTIONS) or not hasattr(node, "body"):
                self.units.append(Unit(self, node, classes))
            else:
                for inner in ("body", "handlers", "orelse", "finalbody"):
                    for part in getattr(node, inner, []):
                        self._collect(part.body if isinstance(part, ast.ExceptHandler) else [part], classes)

    def line_of(self, offset):
        """The line, counted from 1, that holds a byte."""
        return bisect.bisect_right(self.starts, offset)

    def span(self, edits):
        """The first and last line of the function around `edits`, else of the edits themselves."""
        start, end = edits[0][0], edits[-1][1]
        unit = self.unit_of(start, end) if self.tree else None
        if unit is not None and unit.is_function:
            return unit.first_line, unit.node.end_lineno
        return self.line_of(start), self.line_of(end)

    def unit_of(self, start, end):
        """The unit that holds these bytes, or `None`."""
        at = bisect.bisect_right(self._unit_starts, start) - 1 if self.units else -1
        for unit in self.units[max(at - 1, 0) : at + 1][::-1]:
            if unit.holds(start, end):
                return unit
        return None


def parse(data, filename):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data, filename)


def compile_text(text, filename, flags):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(text, filename, "exec", flags, dont_inherit=True)


def line_starts(data):
    """Byte offsets at which lines start, and the end of the text last."""
    starts = [0]
    for line in data.splitlines(True):
        starts.append(starts[-1] + len(line))
    return starts


def splice(data, edits):
    """`data` with the bytes of each `(start, end, text)` replaced; sorted and disjoint."""
    parts, done = [], 0
    for start, end, new in edits:
        parts += [data[done:start], new.encode()]
        done = end
    return b"".join(parts) + data[done:]


def nested(code):
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]


def find(code, name):
    """The first code object called `name`, outermost first."""
    level = nested(code)
    while level:
        for inner in level:
            if inner.co_name == name:
                return inner
        level = [deeper for inner in level for deeper in nested(inner)]
    return None


def meaning(code, without=None):
    """What a code object does, regardless of where it stands; `without` is left out of it."""
    consts = tuple(
        ("code", None if const is without else meaning(const, without))
        if isinstance(const, types.CodeType)
        else (type(const).__name__, repr(const))
        for const in code.co_consts
    )
    return (
        code.co_name,
        code.co_code,
        consts,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        getattr(code, "co_exceptiontable", b""),
    )
