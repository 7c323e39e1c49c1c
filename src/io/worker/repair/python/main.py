"""Reads a specification, observes tests, searches among patches or compares what they do, and reports in JSON lines on standard output.

Three kinds of processes: this one, which loads nothing of the project; one that loads the tests and runs none; and
children of either, in which tests run."""

import json
import os
import sys

from .behave import Behaviour
from .edits import set_root
from .fresh import FreshSearch, own_files, prepare, standard_modules
from .frameworks import open_framework
from .observe import Observer
from .pool import Pool, Task
from .search import Facts, Search

LOAD_SILENCE_S = 30.0
WORK_SILENCE_S = 180.0
# Patches tried in fresh processes although the loaded one could not make them pass.
FRESH_MAX = 300


class Loaded(Task):
    """The process that loads the tests."""

    silence_s = LOAD_SILENCE_S

    def __init__(self, spec, framework, report, then):
        self.spec, self.framework, self.report, self.then = spec, framework, report, then
        self.files, self.modules = [], []

    def work(self, send):
        def then():
            send({"t": "loaded", "files": own_files(), "modules": standard_modules()})
            self.then(send)
            send(None)
            os._exit(0)

        self.framework.load(self.spec["failing"] + self.spec["passing"], then)

    def heard(self, value):
        if value["t"] == "loaded":
            self.silence_s = WORK_SILENCE_S
            self.files, self.modules = value["files"], value["modules"]
        else:
            self.report(value)


def observe(spec, framework, report, observed_path):
    observed = {}

    def keep(value):
        observed[value["id"]] = value
        report(value)

    Pool(1, 0).run_one(Loaded(spec, framework, keep, lambda send: Observer(spec, framework, send).run()))
    _write(observed_path, observed)


def search(spec, framework, report, facts, fit_path):
    """First where the tests are loaded; then, where there is patience for it, in fresh processes, patches that got no
    verdict there, which are all the rest when it died."""
    unsettled = dict.fromkeys(range(len(spec["patches"])))

    def keep(value):
        if value["t"] == "fit":
            facts.fit[value["name"]] = value["passes"]
            _write(fit_path, facts.fit)
            return
        for index, _ in value["verdicts"]:
            unsettled.pop(index, None)
        report(value)

    loaded = Loaded(spec, framework, keep, lambda send: Search(spec, framework, facts, send).run())
    Pool(1, 0).run_one(loaded)
    if unsettled and spec.get("patient", True):
        prepare(loaded.files, loaded.modules)
        was_of_use = len(unsettled) < len(spec["patches"])
        n_max = FRESH_MAX if was_of_use else len(unsettled)
        FreshSearch(spec, framework, facts, report, list(unsettled)[:n_max]).run()


def main(spec_path):
    with open(spec_path, encoding="utf-8") as file:
        spec = json.load(file)
    report = _take_stdout()
    set_root(spec["root"])
    observed_path, fit_path = (os.path.join(os.path.dirname(spec_path), name) for name in ("observed.json", "fit.json"))
    sys.argv = sys.argv[:1]
    framework = open_framework(spec)
    facts = Facts(_read_facts(observed_path))
    facts.fit = _read_facts(fit_path)
    if spec["mode"] == "observe":
        observe(spec, framework, report, observed_path)
    elif spec["mode"] == "behave":
        Pool(1, 0).run_one(Loaded(spec, framework, report, lambda send: Behaviour(spec, framework, facts, send).run()))
    else:
        search(spec, framework, report, facts, fit_path)
    report({"t": "end"})


def _take_stdout():
    """Keeps standard output for reports and gives the project an empty one."""
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)

    def report(value):
        data = json.dumps(value).encode() + b"\n"
        while data:
            data = data[os.write(out, data) :]

    return report


def _write(path, facts):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(facts, file)


def _read_facts(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        return {}
