"""Planning: 20,000 persons in three targets, with nothing to do and with 1,000 movers."""

import gc
import pickle
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from connectors.model.accounts import Accounts
from connectors.model.people import People
from connectors.model.plan import Plan
from connectors.sdk.invent import invent
from tasks.lifecycle.conditions import All, Test
from tasks.lifecycle.inputs import Inputs, Memory
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.rule import Grant, Rule, Window
from tests.bench.figure import Figure
from tests.tasks.lifecycle.landscape import Landscape
from tests.tasks.lifecycle.site import OPTIONS, POLICIES

PERSONS: Final = 20_000
MOVERS: Final = 1_000
DAY: Final = date(2026, 11, 23)
SECONDS: Final = 5.0
MEGABYTES: Final = 150.0
ROUNDS: Final = 3


def measure() -> Iterator[Figure]:
    """Plan a first load, execute it on a model, then plan without and with movers."""
    people = invent(PERSONS, 1, DAY)
    rules = _rules(people)
    landscape = Landscape(POLICIES)
    for place, name in enumerate(sorted({n for r in rules for n in _of_ad(r).permissions})):
        landscape.targets["ad"].groups[f"g-{place}"] = name
    for person in people.persons["external_id"]:
        landscape.targets["hr"].accounts[person] = {"person": person}
        landscape.targets["hr"].attributes[person] = {"number": person, "BcCo": f"9{person}"}

    first = _inputs(people, rules, landscape)
    plan, seconds, _ = _plan(first)
    yield Figure(name=f"first load, {len(plan):,} changes", value=seconds, unit="s")
    landscape.apply(plan)
    accounts, memory = landscape.read(), landscape.memory()

    for what, import_, goal in (
        (f"{PERSONS:,} persons, 3 targets, nothing to do", people, 0),
        (f"{PERSONS:,} persons, 3 targets, {MOVERS:,} movers", _moved(people), None),
    ):
        changes, seconds, processor, megabytes = _apart(
            pickle.dumps((import_, rules, accounts, memory))
        )
        assert goal is None or changes == goal, "a plan that was executed plans the same again"
        yield Figure(name=f"{what}: {changes:,} changes", value=seconds, unit="s", goal=SECONDS)
        yield Figure(name="… processor time", value=processor, unit="s")
        yield Figure(name="… memory beyond the input", value=megabytes, unit="MB", goal=MEGABYTES)
        yield Figure(name="… persons per second", value=PERSONS / processor, unit="persons/s")


def _apart(pickled: bytes) -> tuple[int, float, float, float]:
    """Changes, seconds, processor seconds and megabytes of a planning, in a fresh process."""
    with tempfile.NamedTemporaryFile() as file, get_context("spawn").Pool(1) as pool:
        file.write(pickled)
        file.flush()
        return pool.apply(_plan_file, (file.name,))


def _plan_file(path: str) -> tuple[int, float, float, float]:
    with Path(path).open("rb") as file:
        people, rules, accounts, memory = pickle.load(file)  # noqa: S301 - our own
    inputs = _of(people, rules, accounts, memory)
    gc.collect()
    before = _peak(anew=True)
    plan, seconds, processor = _plan(inputs)
    megabytes = _peak() - before
    for _ in range(ROUNDS - 1):
        _, again, busy = _plan(inputs)
        seconds, processor = min(seconds, again), min(processor, busy)
    return len(plan), seconds, processor, megabytes


def _plan(inputs: Inputs) -> tuple[Plan, float, float]:
    start, busy = time.perf_counter(), time.process_time()
    plan = make_plan(inputs)
    return plan, time.perf_counter() - start, time.process_time() - busy


def _peak(*, anew: bool = False) -> float:
    """Highest memory use of this process so far, in MB; `anew` counts from now on (Linux only)."""
    if not Path("/proc/self/clear_refs").exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if anew:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _rules(people: People) -> tuple[Rule, ...]:
    departments = sorted(people.departments["external_id"])
    everybody = [
        ("staff", Window(-7, 0), {"ad": Grant(account=True, permissions=("All",))}),
        ("access", Window(), {"ad": Grant(access=True)}),
        ("app", Window(), {"app": Grant(account=True, access=True)}),
    ]
    return (
        *(Rule(name, "", All(), window, grant) for name, window, grant in everybody),
        *(
            Rule(
                f"dept-{key.lower()}",
                "",
                Test("contract.department.id", "equals", key),
                Window(),
                {"ad": Grant(permissions=(f"G-{key}",))},
            )
            for key in departments
        ),
    )


def _of_ad(rule: Rule) -> Grant:
    return rule.grant.get("ad", Grant())


def _moved(people: People) -> People:
    """The same people, a thousand of them in the next department."""
    contracts = people.contracts.copy()
    chosen = contracts.drop_duplicates("person_id").index[:: PERSONS // MOVERS]
    keys = sorted(people.departments["external_id"])
    following = dict(zip(keys, keys[1:] + keys[:1], strict=True))
    contracts.loc[chosen, "department_id"] = contracts.loc[chosen, "department_id"].map(following)
    contracts.loc[chosen, "department_name"] = None
    return People(
        persons=people.persons,
        contracts=contracts,
        departments=people.departments,
        taken_at=people.taken_at,
    )


def _inputs(people: People, rules: tuple[Rule, ...], landscape: Landscape) -> Inputs:
    return _of(people, rules, landscape.read(), landscape.memory())


def _of(
    people: People, rules: tuple[Rule, ...], accounts: dict[str, Accounts], memory: Memory
) -> Inputs:
    return Inputs(
        profile="bench",
        as_of=DAY,
        people=people,
        rules=rules,
        policies=POLICIES,
        accounts=accounts,
        memory=memory,
        options=OPTIONS,
    )
