"""Works off specifications: observes tests, searches among patches or compares what they do, and reports in JSON lines on
standard output, each time with a last line that says so.

Three kinds of processes: this one, which loads nothing of the project; one that loads the tests and runs none; and
children of either, in which tests run."""

import json
import os
import sys
import time

from .behave import Behaviour
from .edits import set_root
from .fresh import FreshSearch, prepare
from .frameworks import open_framework
from .loaded import LOOK_S, Loaded
from .observe import Observer
from .pool import PRIVATE, sender
from .search import Facts, Search

# Patches tried in fresh processes although the loaded one could not make them pass.
FRESH_MAX = 300


class Orders:
    """Specifications in a folder, one after the other: `1.json` and so on. `1.stop` says that the first is not wanted any
    more, `end` that no other comes."""

    def __init__(self, folder):
        self.folder, self.n, self.parent = folder, 0, os.getppid()

    def __iter__(self):
        while True:
            self.n += 1
            path = self._path("%d.json" % self.n)
            while not os.path.exists(path):
                if os.path.exists(self._path("end")) or os.getppid() != self.parent:
                    return
                time.sleep(LOOK_S)
            yield path

    def is_unwanted(self):
        return os.path.exists(self._path("%d.stop" % self.n))

    def _path(self, name):
        return os.path.join(self.folder, name)


class Bench:
    """What stays from one specification to the next."""

    def __init__(self, spec, report, orders):
        set_root(spec["root"])
        self.framework = open_framework(spec)
        self.report, self.orders = report, orders
        self.observed_path, self.fit_path = (os.path.join(spec["scratch"], name) for name in ("observed.json", "fit.json"))
        self.loaded, self.is_prepared = None, False

    def facts(self, spec):
        facts = Facts(_read_facts(self.observed_path), spec["failing"])
        facts.fit = _read_facts(self.fit_path)
        return facts

    def work(self, order, send):
        """In a child of the process that has loaded the tests."""
        spec = _read(order)
        facts = self.facts(spec)
        if spec["mode"] == "observe":
            Observer(spec, self.framework, send).run()
        elif spec["mode"] == "behave":
            Behaviour(spec, self.framework, facts, send).run()
        else:
            Search(spec, self.framework, facts, send).run()

    def have_done(self, order, spec, heard):
        names = set(spec["failing"]).union(spec["passing"], spec.get("others", ()))
        if self.loaded is None or not self.loaded.names >= names:
            if self.loaded:
                self.loaded.end()
            self.loaded = Loaded(self.framework, names, self.work)
        self.loaded.run(order, heard, self.orders.is_unwanted)

    def observe(self, order, spec):
        observed = {}

        def keep(value):
            observed[value["id"]] = value
            self.report(value)

        self.have_done(order, spec, keep)
        _write(self.observed_path, observed)

    def search(self, order, spec):
        """First where the tests are loaded; then, where there is patience for it, in fresh processes, patches that got no
        verdict there, which are all the rest when it died."""
        facts = self.facts(spec)
        # What has no verdict; what mends all that could be loaded, first.
        promising, unsettled = [], dict.fromkeys(range(len(spec["patches"])))

        def keep(value):
            if value["t"] == "fit":
                facts.fit[value["name"]] = value["cpu"]
                _write(self.fit_path, facts.fit)
                return
            if value["t"] == "untold":
                promising.append(value["index"])
                return
            for index, _ in value.get("verdicts", ()):
                unsettled.pop(index, None)
            self.report(value)

        self.have_done(order, spec, keep)
        if unsettled and spec.get("patient", True) and not self.orders.is_unwanted():
            self.prepare()
            was_of_use = len(unsettled) < len(spec["patches"])
            n_max = FRESH_MAX if was_of_use else len(unsettled)
            indices = list(dict.fromkeys(promising + list(unsettled)))[:n_max]
            FreshSearch(spec, self.framework, facts, self.report, indices, self.orders.is_unwanted).run()

    def prepare(self):
        if self.loaded.files and not self.is_prepared:
            prepare(self.loaded.files, self.loaded.modules)
            self.is_prepared = True


def main(folder):
    report, orders = _take_stdout(), Orders(folder)
    sys.argv = sys.argv[:1]
    bench = None
    for order in orders:
        spec = _read(order)
        bench = bench or Bench(spec, report, orders)
        if spec["mode"] == "observe":
            bench.observe(order, spec)
        elif spec["mode"] == "behave":
            bench.have_done(order, spec, report)
        else:
            bench.search(order, spec)
        report({"t": "end", "of": orders.n})


def _take_stdout():
    """Keeps standard output for reports and gives the project an empty one."""
    out = os.dup(1)
    PRIVATE.add(out)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    return sender(out)


def _read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _write(path, facts):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(facts, file)


def _read_facts(path):
    try:
        return _read(path)
    except OSError:
        return {}
