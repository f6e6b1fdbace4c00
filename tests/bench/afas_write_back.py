"""Writing back to AFAS: 1,000 changed persons at 50 ms per call, five calls at once.

AFAS is the sandbox, over HTTP and in a process of its own; the changes are those of the planner.
The ideal is a write-back that costs nothing but AFAS's own time: 1,000 x 50 ms / 5.
"""

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.ledger.records import RunRecord
from connectors.model.connector import Writer
from connectors.model.receipt import Outcome
from tasks.decide import plan_changes
from tasks.execute import execute
from tasks.lifecycle.scope import Scope
from tasks.run import Receipts, Run, Shard
from tasks.seat import Journaled
from tasks.setup import Site, forget, site_of
from tests.bench.figure import Figure
from tests.write_back import write_profile

PERSONS: Final = 2_400
CHANGED: Final = 1_000
CALL_SECONDS: Final = 0.05
AT_ONCE: Final = 5
PAGE: Final = 1_000
IDEAL_SECONDS: Final = CHANGED * CALL_SECONDS / AT_ONCE
MOST: Final = 1.15
DAY: Final = date(2026, 11, 23)

WRITE_BACK: Final = {"afas_employee": ("afas.employee", {"EmAd": "mail"})}

Ask = Callable[..., Any]


def measure() -> Iterator[Figure]:
    """Write back to everybody, then to a thousand again: bare, and with the journal around it."""
    with tempfile.TemporaryDirectory() as folder, _sandbox() as (settings, ask):
        os.environ["RETOUR_LEDGER_URL"] = f"sqlite:///{folder}/ledger.db"
        profile = write_profile(Path(folder), settings, WRITE_BACK)
        written_to = _Attempt(profile, "first load").write_all()
        for what, journaled in (("writer alone", False), ("with the journal", True)):
            ask("forget", written_to[:CHANGED])
            attempt = _Attempt(profile, what)
            ask("slow", CALL_SECONDS)
            ask("counts")
            seconds, busy = attempt.write_back(journaled=journaled)
            counts = _Counts(*ask("counts"))
            ask("slow", 0.0)
            assert counts.writes == CHANGED, counts
            assert counts.most_at_once <= AT_ONCE, counts
            yield Figure(name=f"{CHANGED:,} write-backs, {what}", value=seconds, unit="s")
            yield Figure(
                name="… beyond AFAS's own time",
                value=seconds / IDEAL_SECONDS,
                unit="x",
                goal=MOST,
                than=f"of {IDEAL_SECONDS:g} s",
            )
            yield Figure(name="… processor time of ours", value=busy, unit="s")
        attempt = _Attempt(profile, "nothing to do", before_reading=lambda: ask("counts"))
        attempt.write_all()
        counts = _Counts(*ask("counts"))
        yield Figure(
            name=f"{PERSONS:,} persons unchanged: reads of the target",
            value=counts.reads,
            unit="calls",
            goal=math.ceil(PERSONS / PAGE),
        )
        yield Figure(name="… writes", value=counts.writes, unit="calls", goal=0)


class _Attempt:
    """A live run without Prefect around it: everything is read and planned when it is made.

    Args:
        profile: File of the profile.
        name: Of the run.
        before_reading: Called before each target is read; the write-back is the last of them.
    """

    def __init__(
        self, profile: Path, name: str, *, before_reading: Callable[[], object] = lambda: None
    ) -> None:
        started = datetime.combine(DAY, datetime.min.time(), UTC)
        self._run = Run(
            run_id=name,
            profile=str(profile),
            dry_run=False,
            as_of=DAY,
            scope=Scope(),
            approve=None,
            started=started,
        )
        self._site: Site = site_of(self._run)
        self._site.ledger.start_run(
            RunRecord(run=name, profile=self._site.name, mode="live", as_of=DAY, started=started)
        )
        with closing(self._site.open_source()) as source:
            people = source.read(as_of=DAY)
        accounts = []
        for target in self._site.policies:
            with closing(self._site.open_reader(target)) as reader:
                before_reading()
                accounts.append(reader.read())
        self._plan = plan_changes.fn(self._run, people, accounts).plan

    def write_all(self) -> list[str]:
        """Write every target, as a run does; who was written in the last of them."""
        done: list[Receipts] = []
        for section in self._plan.sections:
            name = section.target
            shard = Shard(name, 0, section.changes)
            done.append(execute(shard, done, partial(self._site.seat.take, name)))
        _require_success(done)
        forget(self._run)
        return sorted({receipt.person for receipt in done[-1].receipts})

    def write_back(self, *, journaled: bool) -> tuple[float, float]:
        """Write the last target, the only one with changes; seconds and processor seconds."""
        *others, section = self._plan.sections
        assert not any(other.changes for other in others), "only the write-back has changes"
        assert len(section.changes) == CHANGED, len(section.changes)
        seat = self._site.seat

        def take() -> Writer:
            taken = seat.take(section.target)
            assert isinstance(taken, Journaled)
            return taken if journaled else taken._writer

        shard = Shard(section.target, 0, section.changes)
        begun, busy = time.perf_counter(), time.process_time()
        receipts = execute(shard, (), take)
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
        _require_success([receipts])
        forget(self._run)
        return seconds, busy


def _require_success(done: list[Receipts]) -> None:
    bad = [r for some in done for r in some.receipts if r.outcome is not Outcome.DONE]
    assert not bad, bad[:3]


class _Counts(NamedTuple):
    """Calls since the sandbox was last asked."""

    reads: int
    writes: int
    most_at_once: int


@contextmanager
def _sandbox() -> Iterator[tuple[dict[str, Any], Ask]]:
    """A sandbox in another process: the settings to reach it, and a way to order things there."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()

    def ask(*order: Any) -> Any:
        ours.send(order)
        return ours.recv()

    try:
        yield ours.recv(), ask
    finally:
        process.terminate()
        process.join()


def _serve(orders: Connection) -> None:
    from connectors.afas.sandbox.afas import Afas
    from connectors.afas.sandbox.serve import ServedAfas
    from connectors.sdk.invent import invent

    afas = Afas.from_people(invent(PERSONS, 1, DAY), today=DAY)
    with ServedAfas(afas) as served:
        orders.send(dict(served.settings))
        while True:
            what, *with_ = orders.recv()
            orders.send(_obey(afas, what, *with_))


def _obey(afas: Any, order: str, *given: Any) -> Any:
    """Carry out an order in the process of the sandbox."""
    with afas.lock:
        if order == "forget":
            for employee in given[0]:
                del afas.person_of(employee).fields["EmAd"]
            afas.records.touch()
            return None
        if order == "slow":
            afas.switches.write_seconds = given[0]
            return None
        writes = len(afas.writes)
        counts = len(afas.calls) - writes, writes, afas.counts["most_at_once"]
        afas.calls.clear()
        afas.counts["most_at_once"] = 0
        return counts
