"""What patches that pass do where no test looks: the calls that tests make of the patched functions, and those calls with
one value in them changed."""

import copy
import datetime
import itertools
import numbers
import re
import sys
import time
import types
import zlib

from .budget import Budget
from .edits import Editor, Rebind, Swap, project_modules
from .guard import Guard
from .pool import Pool, Task
from .search import Runner

TESTS_MAX = 40
TEST_CPU_S = 0.5
CALLS_MAX = 24
COPIES_MAX = 400
INPUTS_MAX = 60
LEAVES_MAX = 40
DEPTH_MAX = 4
ITEMS_MAX = 50
CALL_CPU_S = 0.05
TOTAL_CPU_S = 1.5
SHOWN_MAX = 160
TEXTS_MAX = 8
WORDS_MAX = 3
# Letters or digits.
WORD = re.compile(r"[^\W\d_]+|\d{1,18}")


class Behaviour(Task):
    """One child that notes calls and then makes them under every patch."""

    silence_s = 10.0

    def __init__(self, spec, framework, facts, emit):
        self.spec, self.framework, self.facts, self.emit = spec, framework, facts, emit

    def run(self):
        editor = Editor(self.spec["root"], self.spec["sources"])
        self.patches = [editor.actions(patch) for patch in self.spec["patches"]]
        if not all(isinstance(actions, list) for actions in self.patches):
            return
        self.functions = _patched(editor, itertools.chain.from_iterable(self.patches))
        self.guard = Guard(project_modules())
        Pool(1, self.spec["memory"]).run_one(self)

    def heard(self, value):
        self.emit(value)

    def work(self, send):
        runner = Runner(self.framework, self.guard)
        calls = self._calls(runner)
        until = time.process_time() + TOTAL_CPU_S
        for function, args in itertools.islice(_inputs(calls), CALLS_MAX + INPUTS_MAX):
            gives = [self._gives(runner.budget, actions, function, args) for actions in self.patches]
            # What comes out otherwise a second time tells nothing.
            if gives[0] == self._gives(runner.budget, self.patches[0], function, args):
                send({"t": "response", "call": _cut(_call(function, args)), "gives": gives})
            if time.process_time() > until:
                break

    def _calls(self, runner):
        """Calls of the patched functions that tests make, under the first patch."""
        noted = _Notes()
        _under(self.patches[0], lambda: noted.watch(self.functions))
        names = self.spec["failing"] + self.facts.passing(
            self.spec["passing"], [action.lines for actions in self.patches for action in actions]
        )
        for name in names[:TESTS_MAX]:
            sys.setprofile(noted)
            try:
                runner.run(name, TEST_CPU_S, self.patches[0])
            finally:
                sys.setprofile(None)
        return noted.calls

    def _gives(self, budget, actions, function, args):
        """What one patch makes of a call, in words; it leaves nothing behind."""

        def call():
            values, named = copy.deepcopy(args)
            own = values + list(named.values())
            before = [show(value) for value in own]
            try:
                said = "gives " + show(_finished(function(*values, **named)))
            except Exception as error:
                said = "raises " + type(error).__name__
            after = [show(value) for value in own]
            left = [now for now, known in zip(after, before) if now != known]
            return said if not left else "%s and leaves %s" % (said, ", ".join(left))

        try:
            said, _ = budget.run(CALL_CPU_S, lambda: _under(actions, call))
        except Exception as error:
            said = "raises " + type(error).__name__
        self.guard.restore()
        return "does not end" if said is None else _cut(said)


class _Notes:
    """A profiler that keeps copies of the arguments of some functions."""

    def __init__(self):
        self.functions, self.calls, self.n_copies = {}, {}, 0

    def watch(self, functions):
        self.functions = {function.__code__: function for function in functions}

    def __call__(self, frame, event, _value):
        function = self.functions.get(frame.f_code) if event == "call" else None
        if function is None or self.n_copies >= COPIES_MAX:
            return
        known = self.calls.setdefault(function, {})
        if len(known) >= CALLS_MAX:
            return
        self.n_copies += 1
        try:
            args = copy.deepcopy(_arguments(frame))
            known.setdefault(show(args), args)
        except Exception:
            pass


def _arguments(frame):
    """What a frame that begins was called with: positional and by name."""
    code, values = frame.f_code, frame.f_locals
    names, n_plain = code.co_varnames, code.co_argcount
    n_named = n_plain + code.co_kwonlyargcount
    args = [values[name] for name in names[:n_plain]]
    kwargs = {name: values[name] for name in names[n_plain:n_named]}
    if code.co_flags & 0x04:
        args += values[names[n_named]]
        n_named += 1
    if code.co_flags & 0x08:
        kwargs.update(values[names[n_named]])
    return args, kwargs


def _patched(editor, actions):
    """The functions that patches change, or that read a name which they change."""
    functions = {}
    for action in actions:
        if isinstance(action, Swap):
            found = [alive[0] for alive, _ in action.codes[:1]] or [function for function, _, _ in action.defaults[:1]]
        elif isinstance(action, Rebind):
            alive = itertools.chain.from_iterable(editor.functions.values())
            found = [function for function in alive if set(action.names) & set(function.__code__.co_names)]
        else:
            found = []
        functions.update((id(function), function) for function in found)
    return list(functions.values())


def _under(actions, work):
    applied = []
    try:
        for action in actions:
            applied.append(action)
            action.apply()
        return work()
    finally:
        for action in reversed(applied):
            action.undo()


def _finished(value):
    """What a generator or a coroutine comes to."""
    if isinstance(value, types.CoroutineType):
        import asyncio

        return asyncio.run(value)
    if isinstance(value, (types.GeneratorType, map, filter, zip)):
        return list(itertools.islice(value, ITEMS_MAX))
    return value


def _inputs(calls):
    """The calls as they are, then changed ones, from one call after the other."""
    noted = [(function, args) for function, known in calls.items() for args in known.values()]
    yield from noted[:CALLS_MAX]
    words = _words(args for _, args in noted[:CALLS_MAX])
    changed = [_changed(function, args, words) for function, args in noted]
    seen = {_call(function, args) for function, args in noted}
    while changed:
        for one in list(changed):
            function, args = next(one, (None, None))
            if function is None:
                changed.remove(one)
                continue
            said = _call(function, args)
            if said not in seen:
                seen.add(said)
                yield function, args


def _words(values):
    """The words of the first texts in some values, each once."""
    found = {}
    for value in values:
        leaves = (_at(value, path) for path in itertools.islice(_leaves(value, ()), TEXTS_MAX))
        texts = (text for text in leaves if isinstance(text, str))
        words = itertools.chain.from_iterable(map(WORD.findall, texts))
        found.update((word, None) for word in words if not word.isdecimal())
    return list(found)


def _changed(function, args, words):
    for path in itertools.islice(_leaves(args, ()), LEAVES_MAX):
        for value in _variants(_at(args, path), words):
            try:
                yield function, _with(args, path, value)
            except Exception:
                continue


def _leaves(value, path):
    """Where values stand that can be changed, outermost first."""
    if len(path) > DEPTH_MAX:
        return
    if len(path) > 1 and _variants(value):
        yield path
    if isinstance(value, dict):
        parts = value
    elif isinstance(value, (list, tuple)):
        parts = range(len(value))
    else:
        parts = vars(value) if _is_plain(value) else ()
    for part in list(parts):
        yield from _leaves(_part(value, part), path + (part,))


def _part(value, part):
    return value[part] if isinstance(value, (dict, list, tuple)) else getattr(value, part)


def _at(value, path):
    for part in path:
        value = _part(value, part)
    return value


def _with(value, path, new):
    """A copy with another value at one place."""
    if not path:
        return new
    part, inner = path[0], _with(_part(value, path[0]), path[1:], new)
    if isinstance(value, tuple):
        parts = list(value)
        parts[part] = inner
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    other = copy.copy(value)
    if isinstance(value, (dict, list)):
        other[part] = inner
    else:
        object.__setattr__(other, part, inner)
    return other


def _is_plain(value):
    """Whether a value is an object whose members are its own."""
    return not isinstance(value, (type, types.FunctionType, types.ModuleType)) and hasattr(value, "__dict__")


def _variants(value, words=()):
    """Values of the same kind near one; the words take the place of those in texts."""
    if isinstance(value, bool):
        found = [not value]
    elif isinstance(value, int) and type(value) is int:
        found = [value + 1, value - 1, 0, -value, value * 2]
    elif isinstance(value, numbers.Number):
        found = [value + 1, value - 1, value * 0, -value]
    elif isinstance(value, (str, bytes)):
        found = [value[:-1], value + value[-1:], value[1:], value.swapcase(), value[:0]]
        if isinstance(value, str):
            found = _in_turn(_reworded(value, words), found)
    elif isinstance(value, (datetime.date, datetime.datetime)):
        found = [value + datetime.timedelta(days=n) for n in (1, -1, 31)]
    elif isinstance(value, datetime.timedelta):
        found = [value * 2, value * 0]
    elif type(value) in (list, tuple):
        found = [value[:-1], value + value[-1:], value[::-1], value[:0]]
    elif type(value) is dict:
        found = [dict(list(value.items())[:-1]), {}]
    elif type(value) in (set, frozenset):
        found = [value - {one} for one in sorted(value, key=show)[:2]] + [type(value)()]
    else:
        found = []
    return [one for place, one in enumerate(found) if one != value and one not in found[:place]]


def _reworded(text, words):
    """A text with the next of the words in the place of one of its own, or with a number one higher."""
    found, own = [], list(WORD.finditer(text))
    numbers = [one for one in own if one.group().isdecimal()]
    others = [one for one in own if not one.group().isdecimal()]
    for one in _in_turn(others[:WORDS_MAX], numbers[:WORDS_MAX]):
        word = one.group()
        if word.isdecimal():
            other = str(int(word) + 1).zfill(len(word))
        elif words:
            other = words[(words.index(word) + 1 if word in words else 0) % len(words)]
        else:
            continue
        found.append(text[: one.start()] + other + text[one.end() :])
    return found


def _in_turn(these, those):
    """One of these, one of those."""
    both = itertools.chain.from_iterable(itertools.zip_longest(these, those))
    return [one for one in both if one is not None]


def show(value, depth=0):
    """A value in words that are the same for equal values, wherever they lie in memory."""
    if isinstance(value, (type(None), bool, int, float, complex, str, bytes)):
        return repr(value)
    if depth > DEPTH_MAX:
        return "..."
    if isinstance(value, dict):
        parts = ["%s: %s" % (show(key, depth + 1), show(value[key], depth + 1)) for key in value]
        return _named(value, dict, "{%s}" % ", ".join(parts))
    if isinstance(value, (set, frozenset)):
        return _named(value, set, "{%s}" % ", ".join(sorted(show(part, depth + 1) for part in value)))
    if isinstance(value, (list, tuple)):
        parts = ", ".join(show(part, depth + 1) for part in value)
        if type(value) is tuple:
            return "(%s,)" % parts if len(value) == 1 else "(%s)" % parts
        return _named(value, list, "[%s]" % parts)
    if isinstance(value, (type, types.FunctionType, types.ModuleType)):
        return getattr(value, "__name__", "?")
    if _is_plain(value):
        parts = ["%s=%s" % (name, show(part, depth + 1)) for name, part in vars(value).items()]
        return "%s(%s)" % (type(value).__name__, ", ".join(parts))
    own = type(value).__repr__ is not object.__repr__
    return repr(value) if own else type(value).__name__


def _named(value, kind, text):
    return text if type(value) is kind else type(value).__name__ + text


def _call(function, args):
    """A call as one would write it."""
    values, named = args
    name = function.__qualname__.rpartition("<locals>.")[2]
    if values and function.__code__.co_varnames[:1] == ("self",):
        name = show(values[0]) + "." + function.__name__
        values = values[1:]
    parts = [show(value) for value in values] + ["%s=%s" % (key, show(value)) for key, value in named.items()]
    return "%s(%s)" % (name, ", ".join(parts))


def _cut(text):
    """A text that is short and still another one for another text."""
    if len(text) <= SHOWN_MAX:
        return text
    return "%s... (%08x)" % (text[:SHOWN_MAX], zlib.crc32(text.encode(errors="replace")))
