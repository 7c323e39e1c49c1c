"""Tries patches in forked children of a process that has loaded the tests and never runs one."""

import gc
import threading
import time

from .budget import Budget
from .edits import FRESH, INVALID, SAME, Editor, project_modules
from .frameworks import MISSING, PASSED, RED
from .guard import Guard
from .pool import Pool, Task

CHUNK_MAX = 64
CHUNK_S = 0.25
BROKEN_MAX = 3
SCREEN_CPU_S = 0.02
BASE_CPU_S = 5.0
CONFIRM_CPU_S = 0.3
RELOAD_CPU_S = 0.5
CONFIRM_TOTAL_S = 20.0
# Tests of which it is not known what they run: those that take this part of what they may tell nothing by taking longer;
# after so many that tell nothing at all no others are asked, and none once they have taken this long.
SLOW_SHARE = 0.25
UNFIT_MAX = 8
UNSEEN_TOTAL_S = 4.0
HUNG_CPU_S = 0.05
SILENCE_S = 2.0
# A test waits that leaves the processor to others most of the time; so many at once for each core.
WAITING_WALL_S = 0.02
WAITING_SHARE = 0.25
WAITING_PER_CORE = 3
EXTRA_MAX = 4
# Patches that are slow get one part in so many of the time, once this has passed.
WAIT_PARTS = 4
WAIT_AFTER_S = 3.0
WAIT_CHUNK = 4
# So many ways in which a test is red are told of.
STOPS_MAX = 1000

# Verdicts as the other side reads them.
STILL_RED, PLAUSIBLE = {"is": "still-red"}, {"is": "plausible"}
NOT_VALID, LATE = {"is": "invalid"}, {"is": "late"}
# Verdicts between ourselves.
CLEARED, RED_ALONE, UNTOLD = {"is": "cleared"}, {"is": "red-alone"}, {"is": "untold"}
GREEN, SLOW = "green", "slow"


def breaks(name):
    """The verdict on a patch with which this test is red, which passed."""
    return {"is": "breaks", "by": name}


class Runner:
    """Runs single tests with or without a patch in force, and cleans up after each."""

    def __init__(self, framework, guard):
        self.framework, self.guard = framework, guard
        self.budget = Budget()
        framework.enter_child()

    def run(self, name, seconds, actions=()):
        """The outcome (`SLOW` when it took more than `seconds`), the signature of its error, and the time it took."""
        if not self.framework.has(name):
            return MISSING, "", 0.0
        applied = []
        try:
            for action in actions:
                applied.append(action)
                action.apply()
            ran, cpu = self.budget.run(seconds, lambda: self.framework.run(name))
        except Exception as error:
            ran, cpu = (RED, "0 %r" % error), 0.0
        finally:
            for action in reversed(applied):
                action.undo()
            if self.guard:
                self.guard.restore()
        outcome, error = ran or (SLOW, "")
        return outcome, error, cpu


class Baseline(Task):
    """The screening test without a patch, twice: how it fails, whether always alike, and how long it takes. One that takes
    all memory is like one without end."""

    silence_s = 10.0

    def __init__(self, search):
        self.search = search
        self.fact = (SLOW, "", False, 0.0, 0.0)

    def work(self, send):
        name, runner = self.search.screen, self.search.runner()
        started = time.monotonic()
        outcome, error, cpu = runner.run(name, BASE_CPU_S)
        wall = time.monotonic() - started
        fills_memory = "MemoryError" in error and cpu > HUNG_CPU_S
        if outcome != SLOW and not fills_memory:
            send([outcome, error, error == runner.run(name, BASE_CPU_S)[1], cpu, wall])

    def heard(self, value):
        self.fact = value


class Chunk(Task):
    """Patches one after the other in one child against the screening test, and then a look whether it still behaves."""

    def __init__(self, search, items, cpu_s):
        self.search, self.items, self.cpu_s = search, items, cpu_s
        self.results, self.healthy = [], True
        self.silence_s = SILENCE_S + 10 * cpu_s + 5 * search.base_wall_s

    def work(self, send):
        search = self.search
        runner = search.runner()
        n_threads = threading.active_count()
        for _, actions in self.items:
            outcome, error, _ = runner.run(search.screen, self.cpu_s, actions)
            send([outcome, "" if search.is_expected(error) else error])
            if threading.active_count() > n_threads:
                break
        if len(self.items) > 1:
            send(search.is_healthy(runner))

    def heard(self, value):
        if isinstance(value, bool):
            self.healthy = value
        else:
            self.results.append(value)

    def ended(self, complete):
        search = self.search
        if not self.healthy:
            search.redo(self.items, self.cpu_s)
            return
        if not complete and len(self.results) < len(self.items):
            # It died or hung, or the machine is busy: it gets a second chance with more patience.
            self.results.append([SLOW, ""])
        done = len(self.results)
        if self.items[done:]:
            self.put_back(self.items[done:])
        search.screened(self.items[:done], self.results, self.cpu_s)


    def put_back(self, items):
        self.search.waiting.append((items, self.cpu_s))


class Wait(Chunk):
    """The same with patience, for patches that were too slow without. What it may take counts from the start."""

    def __init__(self, search, items):
        super().__init__(search, items, search.patience_s())
        self.started, self.reserved_s = time.monotonic(), len(items) * self.cpu_s / search.spec["workers"]
        search.waited_s += self.reserved_s

    def ended(self, complete):
        took_s = (time.monotonic() - self.started) / self.search.spec["workers"]
        self.search.waited_s += took_s - self.reserved_s
        super().ended(complete)

    def put_back(self, items):
        self.search.slow[:0] = items


class Fit(Task):
    """A passing test that was not observed, without a patch, and how long it takes: one that is red when it runs like this,
    dies or never ends tells nothing of patches."""

    silence_s = SILENCE_S

    def __init__(self, search, name):
        self.search, self.name, self.cpu = search, name, None

    def work(self, send):
        outcome, _, cpu = self.search.runner().run(self.name, self.search.confirm_cpu_s(self.name))
        send(cpu if outcome == PASSED else None)

    def heard(self, value):
        self.cpu = value

    def ended(self, complete):
        self.search.looked_at(self.name, self.cpu)


class Confirm(Task):
    """One patch in a child of its own against all failing tests and the passing ones it may break. A passing test that
    is red after others ran is asked again alone, because what those left may be why."""

    ALONE_MAX = 3

    def __init__(self, search, index, actions, cleared=(), passed=(), alone=None):
        self.search, self.index, self.actions = search, index, actions
        # Tests that passed alone, and those that passed before one that tells nothing.
        self.cleared, self.passed, self.alone = list(cleared), list(passed), alone
        self.verdict, self.current = STILL_RED, None
        self.silence_s = SILENCE_S + search.confirm_silence_s

    def work(self, send):
        search, runner = self.search, self.search.runner()
        if self.alone:
            outcome = runner.run(self.alone, search.confirm_cpu_s(self.alone), self.actions)[0]
            send(RED_ALONE if search.facts.is_red(self.alone, outcome) else CLEARED)
        else:
            known = set(self.cleared + self.passed)
            passing = [name for name in search.relevant(self.actions) if name not in known]
            verdict = judge(search, runner, self.actions, passing, send)
            send(UNTOLD if search.waits_for_load(verdict) else verdict)

    def heard(self, value):
        if isinstance(value, str):
            if self.current:
                self.passed.append(self.current)
            self.current = value
        elif value:
            self.verdict = value

    def ended(self, complete):
        # A process that dies says no more than which test it was at.
        if self.alone and not complete:
            self.verdict = RED_ALONE
        broken = self.verdict.get("by") or (None if complete else self.current)
        if broken and not self.search.tells(broken):
            self._again(None)
        elif self.verdict == CLEARED:
            self.cleared.append(self.alone)
            self._again(None)
        elif self.verdict == RED_ALONE:
            self.search.settle(self.index, breaks(self.alone))
        elif broken and len(self.cleared) < self.ALONE_MAX:
            self._again(broken)
        else:
            self.search.settle(self.index, breaks(broken) if broken else self.verdict)

    def _again(self, alone):
        self.search.confirms.append((self.index, self.actions, self.cleared, self.passed, alone))


def judge(search, runner, actions, passing, send):
    """The verdict on a patch: the failing tests, then `passing` until one is red. Sends 0 after each of the former, and the
    name of each of the latter before it runs."""
    fixed = []
    for place, name in enumerate(search.failing):
        if runner.run(name, search.confirm_cpu_s(name), actions)[0] == PASSED:
            fixed.append(place)
        elif place == 0:
            return STILL_RED
        send(0)
    facts, until, until_unseen = search.facts, time.process_time() + CONFIRM_TOTAL_S, None
    for name in passing:
        if name not in facts.observed:
            until_unseen = until_unseen or time.process_time() + UNSEEN_TOTAL_S
        if time.process_time() > min(until, until_unseen or until):
            break
        send(name)
        outcome = runner.run(name, search.confirm_cpu_s(name), actions)[0]
        if facts.is_red(name, outcome):
            return breaks(name)
    return PLAUSIBLE if len(fixed) == len(search.failing) else {"is": "partial", "fixed": fixed}


class Facts:
    """What observing told about tests: whether they pass alone, how long they take, what they run."""

    def __init__(self, observed, targets):
        self.observed, self.targets = observed, set(targets)
        # For targets that were not observed, the most that a red test took.
        red = (fact["cpu"] for fact in observed.values() if fact["outcome"] == RED)
        self.red_cpu = max(red, default=0.0)
        # Passing tests that were not observed, by name: how long they take when they are run here, `None` for those that
        # do not pass.
        self.fit = {}

    def cpu(self, name):
        if name in self.observed:
            return self.observed[name]["cpu"]
        return self.red_cpu if name in self.targets else 0.0

    def is_red(self, name, outcome):
        """Whether what became of a passing test says that a patch breaks it."""
        is_slow = name not in self.observed and (self.fit.get(name) or 0.0) > SLOW_SHARE * CONFIRM_CPU_S
        return outcome != PASSED and not (outcome == SLOW and is_slow)

    def passing(self, names, ranges):
        """Those of `names` that are known or may be expected to run a line of `ranges`, fastest first, then those that
        were not observed."""
        asks_others = list(self.fit.values()).count(None) < UNFIT_MAX
        chosen = []
        for name in names:
            fact = self.observed.get(name)
            if fact is None:
                if self.fit.get(name) is not None or asks_others and name not in self.fit:
                    chosen.append(name)
            elif fact["outcome"] == PASSED and _touches(fact["lines"], ranges):
                chosen.append(name)
        return sorted(chosen, key=lambda name: (name not in self.observed, self.cpu(name)))


def _touches(lines, ranges):
    return any(first <= line <= last for path, first, last in ranges for line in lines.get(path, ()))


class Search:
    def __init__(self, spec, framework, facts, emit):
        self.spec, self.framework, self.facts, self.emit = spec, framework, facts, emit
        self.n_workers = spec["workers"]
        self.failing = spec["failing"]
        self.screen = self.failing[0]
        self.patches = spec["patches"]
        self.chunk_max = CHUNK_MAX
        self.n_broken = 0
        self.next_patch = 0
        self.base_wall_s = 0.0
        self.started, self.waited_s, self.is_found = time.monotonic(), 0.0, False
        self.waiting, self.singles, self.confirms, self.slow = [], [], [], []
        self.key_of, self.aliases, self.verdict_of = {}, {}, {}
        # How the screening test was red, by the number under which it was told.
        self.stops = {}
        # Passing tests that were red under a patch and of which nothing is known; those that are being looked at.
        self.unknown, self.looking = [], set()

    def run(self):
        """Emits a verdict for every patch but those that only a fresh process can judge."""
        if not self.framework.has(self.screen):
            return
        self.editor = Editor(self.spec["root"], self.spec["sources"])
        self.guard = Guard(project_modules())
        gc.collect()
        gc.freeze()
        baseline = Baseline(self)
        n_workers, memory_bytes = self.spec["workers"], self.spec["memory"]
        Pool(n_workers, memory_bytes).run_one(baseline)
        self._use(*baseline.fact)
        # What is enough for the one is for the others.
        Pool(self.n_workers, memory_bytes * self.n_workers // n_workers).run(self._next_task)

    def runner(self):
        return Runner(self.framework, self.guard)

    def _use(self, outcome, error, stable, cpu, wall):
        if outcome == SLOW:
            cpu, wall = HUNG_CPU_S / 4, 0.0
        self.base_cpu_s, self.base_wall_s = cpu, wall
        if wall > WAITING_WALL_S and cpu < WAITING_SHARE * wall:
            self.n_workers = min(WAITING_PER_CORE * self.n_workers, self.n_workers + EXTRA_MAX)
        self.expected = None if outcome == SLOW else (outcome, error if stable else None)
        if outcome == RED and stable:
            self._red(error)
        self.screen_cpu_s = max(SCREEN_CPU_S, 4 * cpu)
        self.chunk_max = max(1, min(CHUNK_MAX, int(CHUNK_S / max(wall, 1e-4))))
        touched = [(path, line, line) for path, lines in self._lines(self.screen).items() for line in lines]
        known = [name for name in self.spec["passing"] if name in self.facts.observed and self.framework.has(name)]
        canaries = self.facts.passing(known, touched)
        self.canary = canaries[0] if canaries else None
        self.confirm_silence_s = 5 * wall + 10 * max(map(self.confirm_cpu_s, self.failing))

    def _lines(self, name):
        return self.facts.observed.get(name, {}).get("lines", {})

    def confirm_cpu_s(self, name):
        return max(CONFIRM_CPU_S, 10 * min(self.facts.cpu(name), 1.0))

    def is_expected(self, error):
        """Whether the screening test is red as without a patch, or nothing is known of how it is."""
        return not self.expected or self.expected[1] in (None, error)

    def is_healthy(self, runner):
        """Whether the child still does what it did before the first patch."""
        if self.expected:
            outcome, error, _ = runner.run(self.screen, self.confirm_cpu_s(self.screen))
            if outcome != self.expected[0] or not self.is_expected(error):
                return False
        if self.canary:
            return runner.run(self.canary, self.confirm_cpu_s(self.canary))[0] == PASSED
        return True

    def relevant(self, actions):
        names = [name for name in self.spec["passing"] if self.framework.has(name)]
        return self.facts.passing(names, [action.lines for action in actions])

    def tells(self, name):
        """Whether it says something of a patch that a passing test is red; what is not known is about to be."""
        if name in self.facts.observed:
            return True
        if name in self.facts.fit:
            return self.facts.fit[name] is not None
        if name not in self.looking and name not in self.unknown:
            self.unknown.append(name)
        return False

    def looked_at(self, name, cpu):
        self.facts.fit[name] = cpu
        self.looking.discard(name)
        self.emit({"t": "fit", "name": name, "cpu": cpu})

    def _next_task(self):
        if self.unknown:
            name = self.unknown.pop(0)
            self.looking.add(name)
            return Fit(self, name)
        if self.confirms and not self.looking:
            return Confirm(self, *self.confirms.pop(0))
        if self.singles:
            item, cpu_s = self.singles.pop(0)
            return Chunk(self, [item], cpu_s)
        if self.waiting:
            return Chunk(self, *self.waiting.pop(0))
        n_waits = self._n_waits() if self.slow else 0
        if n_waits > 0:
            return self._wait(n_waits)
        items = self._prepare()
        if items:
            return Chunk(self, items, self.screen_cpu_s)
        if self.singles:
            return self._next_task()
        if self.slow and self.spec.get("patient", True):
            return self._wait(WAIT_CHUNK)
        self._wait_no_more()
        return None

    def patience_s(self):
        return max(CONFIRM_CPU_S, 10 * self.base_cpu_s)

    def _n_waits(self):
        """How many of those that are slow there is time for now."""
        spent_s = time.monotonic() - self.started
        left_s = spent_s / WAIT_PARTS - self.waited_s if spent_s > WAIT_AFTER_S else 0.0
        return min(WAIT_CHUNK, int(left_s * self.spec["workers"] / self.patience_s()))

    def _wait(self, n):
        items, self.slow = self.slow[:n], self.slow[n:]
        return Wait(self, items)

    def _wait_no_more(self):
        settled = [one for index, _ in self.slow for one in self._settled(index, LATE)]
        self.slow = []
        if settled:
            self.emit({"t": "verdicts", "verdicts": settled})

    def _prepare(self):
        """The next patches worth running, compiled."""
        items, settled = [], []
        while len(items) < self.chunk_max and self.next_patch < len(self.patches):
            index = self.next_patch
            self.next_patch += 1
            actions = self.editor.actions(self.patches[index])
            if actions == FRESH:
                self._prepare_reload(index)
            elif actions in (INVALID, SAME):
                settled.append([index, NOT_VALID if actions == INVALID else STILL_RED])
            else:
                key = hash(tuple(action.key for action in actions))
                if key in self.verdict_of:
                    settled.append([index, self.verdict_of[key]])
                elif key in self.aliases:
                    self.aliases[key].append(index)
                else:
                    self.aliases[key] = [index]
                    self.key_of[index] = key
                    items.append((index, actions))
        if settled:
            self.emit({"t": "verdicts", "verdicts": settled})
        return items

    def _prepare_reload(self, index):
        actions = self.editor.reloads(self.patches[index])
        if actions:
            self.singles.append(((index, actions), self.screen_cpu_s + RELOAD_CPU_S))

    def redo(self, items, cpu_s):
        """A child went astray: its patches are tried again, each in a child of its own."""
        self.singles += [(item, cpu_s) for item in items]
        self.n_broken += 1
        if self.n_broken >= BROKEN_MAX:
            self.chunk_max = 1

    def screened(self, items, outcomes, cpu_s):
        settled = []
        for (index, actions), (outcome, error) in zip(items, outcomes):
            if outcome == PASSED:
                self.confirms.append((index, actions))
            elif index not in self.key_of:
                continue
            elif outcome == SLOW and cpu_s == self.screen_cpu_s:
                if self.is_found:
                    settled += self._settled(index, LATE)
                else:
                    self.slow.append((index, actions))
            else:
                settled += self._settled(index, self._red(error))
        if settled:
            self.emit({"t": "verdicts", "verdicts": settled})

    def _red(self, error):
        """The verdict on a patch with which the screening test is red with such an error, where that is another than without."""
        if not error or len(self.stops) == STOPS_MAX and error not in self.stops:
            return STILL_RED
        if error not in self.stops:
            self.stops[error] = len(self.stops)
            self.emit({"t": "stop", "at": self.stops[error], "text": error})
        return {"is": "still-red", "stop": self.stops[error]}

    def waits_for_load(self, verdict):
        """Whether a patch mends all that could be loaded: what could not shows in a fresh process."""
        left = set(range(len(self.failing))).difference(verdict.get("fixed", ()))
        return "fixed" in verdict and not any(self.framework.has(self.failing[place]) for place in left)

    def settle(self, index, verdict):
        if verdict == UNTOLD:
            # Of its like there may be others later.
            for alias in self.aliases.pop(self.key_of.pop(index, None), [index]):
                self.emit({"t": "untold", "index": alias})
        elif index in self.key_of:
            self.emit({"t": "verdicts", "verdicts": self._settled(index, verdict)})
        elif verdict["is"] not in ("still-red", "breaks"):
            # Of a reload only a pass is believed.
            self.emit({"t": "verdicts", "verdicts": [[index, verdict]]})
        if verdict == PLAUSIBLE and not self.spec.get("patient", True):
            # Only what is near is of interest now, and whether it was tried.
            self.is_found = True
            self._wait_no_more()

    def _settled(self, index, verdict):
        key = self.key_of.pop(index)
        self.verdict_of[key] = verdict
        return [[alias, verdict] for alias in self.aliases.pop(key)]
