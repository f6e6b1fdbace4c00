"""A run without Prefect: the same steps, one after the other, or side by side as in the flow."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

from connectors.ledger.records import AuditLine, RunRecord
from connectors.model.plan import Plan
from connectors.model.receipt import Receipt
from connectors.sdk.clock import now
from tasks.apply import apply_shard
from tasks.attempt import Attempt
from tasks.collect import Reading, import_people, read_accounts, readings_of, unseen_among
from tasks.decide import Verdict, plan_changes
from tasks.lifecycle.guard_objection import Objection
from tasks.lifecycle.scope import Scope
from tasks.run import Ending, Receipts, Run, Shard, shards_of
from tasks.setup import forget, open_site
from tasks.task_runner import MOST_TASKS_AT_ONCE

_NUMBERS = count(1)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class InTurn(Executor):
    """Does what is submitted at once, in the thread that submits it."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Do it. What ends a process ends this one, too."""
        done: Future[_T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            done.set_exception(error)
        return done


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to.

    Attributes:
        plan: What was decided.
        objections: What stood against it; then nothing was executed.
        receipts: By id of the change.
        audit: Lines that the run added to the audit trail.
    """

    plan: Plan
    objections: tuple[Objection, ...]
    receipts: dict[str, Receipt]
    audit: tuple[AuditLine, ...]


def a_run(profile: Path, *, live: bool, as_of: date) -> Run:
    """A run of a profile that has not begun."""
    return Run(
        run_id=f"plain-{next(_NUMBERS)}",
        profile=str(profile),
        dry_run=not live,
        as_of=as_of,
        scope=Scope(),
        approve=None,
        started=now(),
    )


def decide(run: Run) -> Verdict:
    """Begin a run, read everything, and plan."""
    site = open_site(run)
    site.ledger.start_run(
        RunRecord(
            run=run.id, profile=site.name, mode=run.mode, as_of=run.as_of, started=run.started
        )
    )
    return plan_changes.fn(run, import_people.fn(run), read_all(run))


def read_all(run: Run) -> list[Reading]:
    """What every target holds, as far as they can be read."""
    return readings_of(run, _reads(run, InTurn()))


def _reads(run: Run, pool: Executor) -> dict[str, Callable[[], Any]]:
    targets = open_site(run).policies
    return {one: pool.submit(read_accounts.fn, run, one).result for one in targets}


def run_plainly(profile: Path, *, live: bool, as_of: date) -> Done:
    """Import, read, plan, and execute shard by shard, as the flow does it."""
    run = a_run(profile, live=live, as_of=as_of)
    try:
        verdict, site = decide(run), open_site(run)
        answers: dict[tuple[str, int], Receipts] = {}
        if not verdict.objections:
            site.seat.accept(verdict.people, as_of)
            answers = _apply(run, verdict.plan)
        return Done(
            verdict.plan,
            verdict.objections,
            {one.change: one for answer in answers.values() for one in answer.receipts},
            tuple(site.ledger.audit(run=run.id)),
        )
    finally:
        forget(run)


def _apply(run: Run, plan: Plan, pool: Executor | None = None) -> dict[tuple[str, int], Receipts]:
    """Execute a plan shard by shard, each behind those that the flow puts it behind."""
    pool, site = pool or InTurn(), open_site(run)
    futures: dict[tuple[str, int], Future[Receipts]] = {}

    def answers(targets: Iterable[str], number: int) -> list[Receipts]:
        keys = [(target, number) for target in targets]
        return [futures[key].result() for key in keys if key in futures]

    def carry_out(shard: Shard) -> Receipts:
        upstream = answers(plan.section(shard.target).depends_on, shard.number)
        lane = answers(site.lane_before(shard.target), shard.number)
        return apply_shard.fn(run, shard, upstream, lane)

    for shard in shards_of(plan, site.shard_size):
        futures[shard.target, shard.number] = pool.submit(carry_out, shard)
    return {key: future.result() for key, future in futures.items()}


def attempt_plainly(
    profile: Path, *, live: bool, as_of: date, approve: str | None = None, at_once: bool = False
) -> Ending:
    """A run to its end, with its exit code and its report, as `retour provision` gives them.

    Args:
        profile: Path of its file.
        live: Whether it writes.
        as_of: The day.
        approve: Digest of a plan.
        at_once: Whether what does not build on each other is done on as many threads as the flow
            takes; otherwise one after the other, and every run does the same in the same order.
    """
    attempt = Attempt(
        profile=str(profile),
        dry_run=not live,
        as_of=as_of,
        persons=[],
        targets=[],
        approve=approve,
    )
    pool = ThreadPoolExecutor(MOST_TASKS_AT_ONCE) if at_once else InTurn()
    # Artifacts go to Prefect, and there is none.
    with patch("tasks.attempt.publish"), attempt, pool:
        run = attempt.ready()
        imported = pool.submit(import_people.fn, run)
        reads = _reads(run, pool)
        people, readings = imported.result(), readings_of(run, reads)
        attempt.unseen = unseen_among(readings)
        plan = attempt.judge(plan_changes.fn(run, people, readings))
        attempt.receipts = list(_apply(run, plan, pool).values())
    assert attempt.ending is not None
    return attempt.ending
