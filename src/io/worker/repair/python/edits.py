"""Turns edits of source text into changes of the running program, and takes them back."""

import ast
import gc
import os
import sys
import types

from .units import Source, compile_text, find, meaning, nested, splice

INVALID = "invalid"
SAME = "same"
FRESH = "fresh"


class Swap:
    """New code for functions that are alive, with new defaults where the `def` line changed."""

    def __init__(self, key, lines):
        self.key, self.lines = key, lines
        self.codes = []
        self.defaults = []

    def apply(self):
        self._undo = [(function, function.__code__) for functions, _ in self.codes for function in functions]
        self._undo_defaults = [(function, function.__defaults__, function.__kwdefaults__) for function, _, _ in self.defaults]
        for functions, code in self.codes:
            for function in functions:
                function.__code__ = code
        for function, defaults, kwdefaults in self.defaults:
            function.__defaults__ = tuple(eval(default, function.__globals__) for default in defaults) or None
            function.__kwdefaults__ = {
                name: eval(default, function.__globals__) for name, default in kwdefaults
            } or None

    def undo(self):
        for function, code in self._undo:
            function.__code__ = code
        for function, defaults, kwdefaults in self._undo_defaults:
            function.__defaults__, function.__kwdefaults__ = defaults, kwdefaults


class Rebind:
    """A new value for a name of a module or a class."""

    def __init__(self, key, lines, owner, names, value, scope):
        self.key, self.lines = key, lines
        self.owner, self.names, self.value, self.scope = owner, names, value, scope

    def apply(self):
        self._undo = []
        module_dict, local = self.scope
        value = eval(self.value, module_dict, dict(local))
        for name in self.names:
            for owner in self._owners(name):
                self._undo.append((owner, name, vars(owner)[name]))
                setattr(owner, name, value)

    def _owners(self, name):
        """The owner, and for a module's name also the modules that imported it under that name."""
        if isinstance(self.owner, type):
            return [self.owner]
        old = vars(self.owner)[name]
        return [module for module in project_modules() if vars(module).get(name, self) is old]

    def undo(self):
        for owner, name, value in reversed(self._undo):
            setattr(owner, name, value)


class Reload:
    """A module's new text run in place of the old one, for changes outside functions. What other modules took over
    from it follows by identity; what they computed from it does not, so only a pass counts."""

    def __init__(self, module, lines, filename, text):
        self.module, self.lines, self.filename, self.text = module, lines, filename, text

    def apply(self):
        before = dict(vars(self.module))
        exec(compile_text(self.text, self.filename, 0), vars(self.module))
        now = vars(self.module)
        renewed = {id(value): name for name, value in before.items() if now.get(name) is not value}
        for module in project_modules():
            for name, value in list(vars(module).items()):
                if id(value) in renewed and not isinstance(value, _SHARED):
                    setattr(module, name, now.get(renewed[id(value)]))

    def undo(self):
        """Left to the guard, and to the end of the child that it is applied in."""


# Values that may be the same object without having come from the same place.
_SHARED = (bool, int, str, bytes, tuple, type(None))

_ROOT = None


def set_root(root):
    global _ROOT
    _ROOT = os.path.realpath(root) + os.sep


def project_path(filename):
    """The path of a project file below the root, or `None` for files that are not the project's own."""
    path = os.path.realpath(filename)
    if not path.startswith(_ROOT):
        return None
    path = path[len(_ROOT) :]
    return None if any(part in path for part in ("site-packages/", "dist-packages/")) else path


def project_modules():
    found = []
    for module in list(sys.modules.values()):
        filename = getattr(module, "__file__", None)
        if isinstance(module, types.ModuleType) and isinstance(filename, str) and _is_own(filename):
            found.append(module)
    return found


_OWN = {}


def _is_own(filename):
    if filename not in _OWN:
        _OWN[filename] = project_path(filename) is not None
    return _OWN[filename]


class Editor:
    """Knows the live program: which functions run which code, which module came from which file."""

    def __init__(self, root, paths):
        self.sources = {}
        self.modules = {}
        for module in project_modules():
            self.modules[project_path(module.__file__)] = module
        for path in paths:
            filename = os.path.join(root, path)
            with open(filename, "rb") as file:
                self.sources[path] = Source(filename, file.read())
        self.functions = _live_functions()
        self.import_time_names = set()
        for module in self.modules.values():
            self.import_time_names |= _import_time_names(module)

    def actions(self, patch):
        """What to do for a patch (`[[path, [[start, end, text], ...]], ...]`): a list of actions, or one of `INVALID`,
        `SAME` (it changes nothing that runs) and `FRESH` (modules must be loaded anew)."""
        actions, verdict = [], SAME
        for path, edits in patch:
            source = self.sources[path]
            if source.tree is None:
                return FRESH
            groups = _by_unit(source, edits)
            if groups is None:
                return FRESH if _compiles(source, edits) else INVALID
            for unit, unit_edits in groups:
                action = self._action(path, unit, unit_edits)
                if action == INVALID:
                    return INVALID
                if action == FRESH:
                    verdict = FRESH
                elif action != SAME:
                    actions.append(action)
        return verdict if verdict == FRESH or not actions else actions

    def reloads(self, patch):
        """Actions for a patch that is `FRESH`; `None` when it is in a module that is not loaded."""
        if any(path not in self.modules for path, _ in patch):
            return None
        actions = []
        for path, edits in patch:
            source = self.sources[path]
            text = splice(source.data, edits)
            actions.append(Reload(self.modules[path], (path,) + source.span(edits), source.filename, text))
        return actions

    def _action(self, path, unit, edits):
        try:
            text = unit.edited(edits)
            new = unit.compiled(text)
            if path not in self.modules:
                return FRESH
            if unit.is_function:
                return self._swap(path, unit, text, new)
            return self._rebind(path, unit, text, new)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return INVALID

    def _swap(self, path, unit, text, new):
        old = unit.original()
        name = unit.node.name
        old_code, new_code = find(old, name), find(new, name)
        if old_code is None or new_code is None:
            return FRESH
        swap = Swap((path, unit.start, meaning(new)), unit.lines(path))
        if meaning(old, old_code) != meaning(new, new_code):
            if not self._new_defaults(swap, unit, text, old_code):
                return FRESH
        if not self._pair(swap, unit, old_code, new_code):
            return FRESH
        return swap if swap.codes or swap.defaults else SAME

    def _new_defaults(self, swap, unit, text, old_code):
        """Whether the change around the function's body is one of defaults only; if so, takes them over."""
        node = unit.statement(text)
        if type(node) is not type(unit.node) or node.name != unit.node.name:
            return False
        if [ast.dump(part) for part in node.decorator_list] != [ast.dump(part) for part in unit.node.decorator_list]:
            return False
        defaults = [_expression(default, unit) for default in node.args.defaults]
        kwdefaults = [
            (arg.arg, _expression(default, unit))
            for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults)
            if default is not None
        ]
        for function in self._alive(unit, old_code):
            swap.defaults.append((function, defaults, kwdefaults))
        return True

    def _pair(self, swap, unit, old, new):
        """Pairs functions that run `old`, or code nested in it, with their new code."""
        if meaning(old) == meaning(new):
            return True
        alive = self._alive(unit, old)
        if any(len(function.__closure__ or ()) != len(new.co_freevars) for function in alive):
            return False
        if alive and old.co_freevars != new.co_freevars:
            return False
        if alive:
            swap.codes.append((alive, new))
        return all(self._pair(swap, unit, inner, other) for inner, other in _siblings(old, new)) and (
            bool(alive) or old is not find(unit.original(), unit.node.name)
        )

    def _alive(self, unit, code):
        alive = self.functions.get((os.path.realpath(unit.source.filename), code.co_firstlineno, code.co_name), [])
        exact = [function for function in alive if function.__code__ == code]
        return exact or alive

    def _rebind(self, path, unit, text, new):
        """A change of a plain assignment that nothing read while the modules were loaded."""
        if meaning(unit.original()) == meaning(new):
            return SAME
        node, before = unit.statement(text), unit.node
        names, before_names = _assigned(node), _assigned(before)
        if not names or names != before_names or self.import_time_names.intersection(names):
            return FRESH
        module = self.modules[path]
        owner = module
        for name in unit.classes:
            owner = vars(owner).get(name)
            if type(owner) is not type:
                return FRESH
        if any(name not in vars(owner) for name in names) or _is_decorated(unit):
            return FRESH
        local = vars(owner) if unit.classes else {}
        key = (path, unit.start, meaning(new))
        return Rebind(key, unit.lines(path), owner, names, _expression(node.value, unit), (vars(module), local))


def _live_functions():
    alive = {}
    for value in gc.get_objects():
        if type(value) is types.FunctionType and _is_own(value.__code__.co_filename):
            code = value.__code__
            key = (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)
            alive.setdefault(key, []).append(value)
    return alive


def _siblings(old, new):
    """Nested code objects of two versions that belong together: same name, same place among those of that name."""
    waiting = {}
    for code in nested(new):
        waiting.setdefault(code.co_name, []).append(code)
    for code in nested(old):
        others = waiting.get(code.co_name)
        if others:
            yield code, others.pop(0)


def _by_unit(source, edits):
    """The edits grouped by the unit that holds them; `None` when one is in no unit."""
    groups = []
    for edit in edits:
        unit = source.unit_of(edit[0], edit[1])
        if unit is None:
            return None
        if groups and groups[-1][0] is unit:
            groups[-1][1].append(edit)
        else:
            groups.append((unit, [edit]))
    return groups


def _compiles(source, edits):
    try:
        compile_text(splice(source.data, edits), source.filename, 0)
        return True
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False


def _expression(node, unit):
    return compile(ast.Expression(node), unit.source.filename, "eval", unit.source.flags, dont_inherit=True)


def _assigned(node):
    """The plain names a statement binds to one value."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    else:
        return []
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return names if len(names) == len(targets) else []


def _is_decorated(unit):
    """Whether a class around the unit has decorators, which may have read the unit's value."""

    def search(body, classes):
        for node in body:
            if isinstance(node, ast.ClassDef) and classes and node.name == classes[0]:
                return bool(node.decorator_list) or search(node.body, classes[1:])
        return bool(classes)

    return search(unit.source.tree.body, unit.classes)


def _import_time_names(module):
    """Names that the module's code reads while it is loaded: everything outside functions, and defaults."""
    try:
        with open(module.__file__, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return set()
    names, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += node.decorator_list + node.args.defaults + [part for part in node.args.kw_defaults if part]
        elif isinstance(node, ast.Lambda):
            waiting += node.args.defaults + [part for part in node.args.kw_defaults if part]
        else:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            waiting += ast.iter_child_nodes(node)
    return names
