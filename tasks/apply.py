"""Step: execute a shard of the plan, behind the receipts of the targets it builds on."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.connector import Writer
from tasks.brake import HALTED
from tasks.execute import execute, set_aside
from tasks.run import Receipts, Run, Shard
from tasks.setup import site_of


@task(name="apply", task_run_name="apply {shard.target} {shard.number}", cache_policy=NO_CACHE)
def apply_shard(
    run: Run, shard: Shard, upstream: list[Receipts], after: list[Receipts]
) -> Receipts:
    """Execute a shard.

    Args:
        run: The run.
        shard: What to execute.
        upstream: Receipts of the shards whose values it uses.
        after: Receipts of shards that touch the same records: only waited for.
    """
    del after
    site = site_of(run)
    stopped = HALTED if site.brake.pulled else site.stopped.get(shard.target)
    if stopped is not None:
        return set_aside(shard, stopped)

    def take() -> Writer:
        site.hold_lock()
        return site.seat.take(shard.target)

    with site.brake.writing():
        receipts = execute(shard, upstream, take, site.brake)
    if receipts.stopped is not None:
        site.stopped.setdefault(shard.target, receipts.stopped)
    return receipts
