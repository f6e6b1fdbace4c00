"""Step: execute a shard of the plan, behind the receipts of the targets it builds on."""

import platform
from contextlib import ExitStack
from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.connector import Writer
from connectors.model.errors import RetourError
from tasks.execute import execute, set_aside
from tasks.run import Receipts, Run, Shard
from tasks.site import Site
from tasks.visit import at_site


@task(name="apply", task_run_name="apply {shard.target} {shard.number}", cache_policy=NO_CACHE)
def apply_shard(
    run: Run, shard: Shard, upstream: list[Receipts], after: list[Receipts]
) -> Receipts:
    """Execute a shard, in whatever process the task runner has put it.

    Args:
        run: The run.
        shard: What to execute.
        upstream: Receipts of the shards whose values it uses.
        after: Receipts of shards that touch the same records: only waited for.
    """
    del after
    with ExitStack() as stack:
        try:
            site = stack.enter_context(at_site(run))
        except RetourError as error:  # it cannot be opened here: nothing was tried
            return set_aside(shard, f"on {platform.node()}: {error}")
        return _apply(site, shard, upstream)


def _apply(site: Site, shard: Shard, upstream: list[Receipts]) -> Receipts:
    stopped = site.why_not(shard.target)
    if stopped is not None:
        return set_aside(shard, stopped)

    def take() -> Writer:
        site.hold_lock()
        return site.seat.take(shard.target)

    with site.brake.writing():
        receipts = execute(shard, upstream, take, site.brake, partial(site.why_not, shard.target))
    if receipts.stopped is not None:
        site.give_up(shard.target, receipts.stopped)
    return receipts
