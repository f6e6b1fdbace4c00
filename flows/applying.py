"""Executing a plan, shard by shard, in the order that its targets declare."""

from collections.abc import Sequence
from typing import Any, Final

from prefect.futures import PrefectFuture, wait

from connectors.model.plan import Plan
from connectors.model.receipt import Outcome
from tasks.apply import apply_shard
from tasks.execute import set_aside
from tasks.progress_artifact import showing_progress
from tasks.run import Receipts, Run, Shard, shards_of
from tasks.setup import site_of

MOST_TASKS_AT_ONCE: Final = 8


def apply_plan(run: Run, plan: Plan) -> Sequence[Receipts]:
    """Execute the plan shard by shard, each behind the shards it builds on."""
    site = site_of(run)
    futures: dict[tuple[str, int], PrefectFuture[Receipts]] = {}
    shards = {(shard.target, shard.number): shard for shard in shards_of(plan, site.shard_size)}
    with showing_progress(run, plan) as progress:
        for shard in shards.values():
            upstream = [(name, shard.number) for name in plan.section(shard.target).depends_on]
            lane = [(name, shard.number) for name in site.lane_before(shard.target)]
            future = apply_shard.submit(
                run,
                shard,
                upstream=_those(futures, upstream),
                after=_those(futures, lane),
            )
            futures[shard.target, shard.number] = future
            progress.watch(future, shard)
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
