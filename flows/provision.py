"""Import -> rules -> plan -> guards -> provisioning -> write-back.

Order is Prefect's: a shard of a target takes the receipts of the targets it depends on as input,
and the write-back to HR is a target like any other.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, wait
from prefect.task_runners import ThreadPoolTaskRunner

from connectors.model.plan import Plan
from connectors.model.receipt import Outcome
from tasks.apply import apply_shard
from tasks.attempt import Attempt
from tasks.collect import import_people, read_accounts
from tasks.decide import Verdict, plan_changes
from tasks.execute import set_aside
from tasks.report import show_plan
from tasks.run import Ending, Receipts, Run, Shard, shards_of
from tasks.setup import site_of

MOST_TASKS_AT_ONCE = 8


def _run_name() -> str:
    given = runtime.flow_run.parameters
    return f"{given.get('profile')} {'preview' if given.get('dry_run', True) else 'live'}"


@flow(
    name="provision",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_TASKS_AT_ONCE),  # type: ignore[arg-type]  # its own future type is narrower than the flow's
)
def provision(
    profile: str = "demo",
    dry_run: bool = True,
    as_of: date | None = None,
    persons: list[str] = [],  # noqa: B006 - Prefect reads the default into the form; never changed
    targets: list[str] = [],  # noqa: B006 - as above
    approve: str | None = None,
) -> State[Ending]:
    """Make the accounts agree with HR, and write back to HR what they produced.

    Args:
        profile: Name of a profile, or path of its file.
        dry_run: On: show what would be done, write nothing. Off: do it.
        as_of: The day to decide for; empty for today.
        persons: HR ids of the only persons that may be changed; empty for everybody.
        targets: The only targets that may be written; empty for all.
        approve: Digest of a previewed plan. Lifts the limits for exactly that plan.
    """
    attempt = Attempt(
        profile=profile,
        dry_run=dry_run,
        as_of=as_of,
        persons=persons,
        targets=targets,
        approve=approve,
    )
    with attempt:
        run = attempt.ready()
        plan = attempt.judge(_decide(run))
        attempt.receipts = _apply(run, plan)
    return attempt.state


def _decide(run: Run) -> Verdict:
    """Read everything, then decide everything."""
    people = import_people.submit(run)
    accounts = [read_accounts.submit(run, target) for target in site_of(run).policies]
    wait([people])
    wait(accounts)
    verdict = plan_changes(run, people.result(), [reading.result() for reading in accounts])
    show_plan(run, verdict.plan)
    return verdict


def _apply(run: Run, plan: Plan) -> Sequence[Receipts]:
    """Execute the plan shard by shard, each behind the shards it builds on."""
    site = site_of(run)
    futures: dict[tuple[str, int], PrefectFuture[Receipts]] = {}
    shards = {(shard.target, shard.number): shard for shard in shards_of(plan, site.shard_size)}
    for shard in shards.values():
        upstream = [(name, shard.number) for name in plan.section(shard.target).depends_on]
        lane = [(name, shard.number) for name in site.lane_before(shard.target)]
        futures[shard.target, shard.number] = apply_shard.submit(
            run,
            shard,
            upstream=_those(futures, upstream),
            after=_those(futures, lane),
        )
    wait(list(futures.values()))
    return [_answer(shards[key], future) for key, future in futures.items()]


def _answer(shard: Shard, future: PrefectFuture[Receipts]) -> Receipts:
    """The receipts of a shard; a fault of ours in one shard hides nothing of the others."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is reported per change
        reason = f"a fault in Retour ({type(error).__name__}); the journal knows what was written"
        return set_aside(shard, reason, outcome=Outcome.IN_DOUBT)


def _those(
    futures: dict[tuple[str, int], PrefectFuture[Receipts]], keys: list[tuple[str, int]]
) -> Any:
    """The futures among these; Prefect hands the task their results."""
    return [futures[key] for key in keys if key in futures]
