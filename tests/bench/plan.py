"""Planning: 60 rules, 5 targets, 1.2 contracts each, a hundredth of the people changed.

Each size is planned in a process of its own. The memory is that of the whole process at its
highest, the import and the readings of every target among it. `--quick` leaves out the million.
"""

import itertools
import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import numpy as np

from connectors.model.plan import Plan
from tasks.lifecycle import plan as planner
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.plan import make_plan
from tests.bench.apart import apart, peak, tidy
from tests.bench.company import changed_company, company
from tests.bench.figure import Figure
from tests.bench.plan_in_pandas import differing

QUICK: Final = "RETOUR_BENCH_QUICK"
"""Set by `--quick`."""
CHANGED: Final = 0.01
WARM_UP: Final = 500
GROWTH: Final = 1.1


class Size(NamedTuple):
    """A size of the company, and what planning it may cost."""

    persons: int
    rounds: int
    seconds: float | None = None
    megabytes: float | None = None


SIZES: Final = (
    Size(20_000, rounds=3),
    Size(100_000, rounds=3, seconds=3.0, megabytes=800.0),
    Size(1_000_000, rounds=1, seconds=35.0, megabytes=5_000.0),
)
AGAINST_PANDAS: Final = 100_000


STEPS: Final = {
    "mapping": "person_facts",
    "rules": "Assignments",
    "screen": "may_differ",
    "desired state": "desire",
}
"""Steps of a plan, by the names that the planner calls them by; the rest is matching and diff."""
REST: Final = "matching and diff"


class Cost(NamedTuple):
    """What a piece of work took."""

    seconds: float
    processor: float
    megabytes: float


class Planned(NamedTuple):
    """What planning one company took."""

    input: float
    """Megabytes of the process before planning."""
    whole: Cost
    steps: dict[str, Cost]
    changes: int


def measure() -> Iterator[Figure]:
    """Plan companies of several sizes, and sketch one of them in pandas."""
    sizes = SIZES[:-1] if os.environ.get(QUICK) else SIZES
    found: dict[int, Planned] = {}
    seconds = apart(_settled, sizes[0].persons)
    yield Figure(name=f"{sizes[0].persons:,} people, nothing to do", value=seconds, unit="s")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/company"
            apart(_write, path, size.persons)
            planned = found[size.persons] = apart(_planned, path, size.rounds)
            yield from _figures(size, planned)
            if size.persons == AGAINST_PANDAS:
                yield from _against_pandas(planned, apart(_sketched, path))
    # Of processor time, which grows less with what else the machine does.
    spent = {persons: planned.whole.processor for persons, planned in found.items()}
    yield Figure(
        name=f"growth from {sizes[0].persons:,} to {sizes[-1].persons:,}: exponent",
        value=_slope(spent),
        unit="",
        goal=GROWTH,
    )
    for less, more in itertools.pairwise(spent) if len(spent) > 2 else ():
        step = _slope({size: spent[size] for size in (less, more)})
        yield Figure(name=f"… from {less:,} to {more:,}", value=step, unit="")


def _slope(spent: Mapping[int, float]) -> float:
    """Of the straight line through sizes and what they took, both as logarithms."""
    slope, _ = np.polyfit(np.log(list(spent)), np.log(list(spent.values())), 1)
    return float(slope)


def _figures(size: Size, planned: Planned) -> Iterator[Figure]:
    whole = planned.whole
    yield Figure(
        name=f"{size.persons:,} people, {planned.changes:,} changes",
        value=whole.seconds,
        unit="s",
        goal=size.seconds,
    )
    for step, cost in planned.steps.items():
        yield Figure(name=f"… {step}", value=cost.seconds, unit="s")
    yield Figure(name="… processor time", value=whole.processor, unit="s")
    yield Figure(name="… memory", value=whole.megabytes, unit="MB", goal=size.megabytes)
    yield Figure(name="… memory of the input alone", value=planned.input, unit="MB")
    for step, cost in planned.steps.items():
        yield Figure(
            name=f"… memory beyond it: {step}", value=cost.megabytes - planned.input, unit="MB"
        )


def _against_pandas(planned: Planned, sketch: Cost) -> Iterator[Figure]:
    yield Figure(name="… crude sketch in pandas", value=sketch.seconds, unit="s")
    yield Figure(name="… crude sketch, memory", value=sketch.megabytes, unit="MB")
    yield Figure(
        name="… planner to crude sketch",
        value=planned.whole.seconds / sketch.seconds,
        unit="x",
        than="crude sketch",
    )


def _write(path: str, persons: int) -> None:
    """Make a company, and keep it for others to plan: what making it took is not their memory."""
    made = changed_company(persons, CHANGED)
    with Path(path).open("wb") as file:
        pickle.dump((made.inputs, made.changed), file, protocol=5)


def _read(path: str) -> tuple[Inputs, frozenset[str]]:
    with Path(path).open("rb") as file:
        inputs, changed = pickle.load(file)  # noqa: S301 - our own
    return inputs, changed


def _settled(persons: int) -> float:
    """Plan a company of which nothing has changed."""
    inputs = company(persons)
    first, plan = _cost(lambda: make_plan(inputs))
    assert not len(plan), "where nothing changed there is nothing to do"
    return first.seconds


def _planned(path: str, rounds: int) -> Planned:
    """Plan one company in this process."""
    make_plan(changed_company(WARM_UP, CHANGED).inputs)
    inputs, changed = _read(path)
    tidy()
    before = peak(anew=True)
    plan, whole, steps = _steps(inputs)
    assert {change.person for change in plan.changes} == changed, "who changed is in the plan"
    for _ in range(rounds - 1):
        _, again, faster = _steps(inputs)
        whole = _better(whole, again)
        steps = {step: _better(steps[step], faster[step]) for step in steps}
    return Planned(before, whole, steps, len(plan))


def _steps(inputs: Inputs) -> tuple[Plan, Cost, dict[str, Cost]]:
    """A plan, what it took, and what each step of it did."""
    spent = dict.fromkeys(STEPS, Cost(0, 0, 0))
    outside = 0.0

    def measured(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal outside
            outside = max(outside, peak())
            peak(anew=True)
            begun, busy = time.perf_counter(), time.process_time()
            answer = work(*given, **named)
            seconds, processor, most = spent[step]
            spent[step] = Cost(
                seconds + time.perf_counter() - begun,
                processor + time.process_time() - busy,
                max(most, peak()),
            )
            peak(anew=True)
            return answer

        return call

    with ExitStack() as stack:
        for step, name in STEPS.items():
            work = measured(step, getattr(planner, name))
            stack.enter_context(patch.object(planner, name, work))
        whole, plan = _cost(lambda: make_plan(inputs))
    rest = Cost(
        whole.seconds - sum(cost.seconds for cost in spent.values()),
        whole.processor - sum(cost.processor for cost in spent.values()),
        max(outside, whole.megabytes),
    )
    steps = {**spent, REST: rest}
    most = max(cost.megabytes for cost in steps.values())
    return plan, Cost(whole.seconds, whole.processor, most), steps


def _sketched(path: str) -> Cost:
    """The same company with plain pandas, the better of two rounds."""
    inputs, changed = _read(path)
    first, found = _cost(lambda: differing(inputs))
    assert found == changed, "the sketch finds the same persons"
    again, _ = _cost(lambda: differing(inputs))
    return _better(first, again)


def _better(first: Cost, again: Cost) -> Cost:
    """The shorter time; the memory of the first round, before anything was kept for later."""
    return Cost(
        min(first.seconds, again.seconds), min(first.processor, again.processor), first.megabytes
    )


def _cost(work: Callable[[], Any]) -> tuple[Cost, Any]:
    tidy()
    peak(anew=True)
    begun, busy = time.perf_counter(), time.process_time()
    answer = work()
    seconds, processor = time.perf_counter() - begun, time.process_time() - busy
    return Cost(seconds, processor, peak()), answer
