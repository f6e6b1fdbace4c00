"""Executing a plan, shard by shard, in the order that its targets declare."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final, cast

from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import TaskRunner

from config.settings import read_settings
from connectors.model.plan import Plan
from connectors.model.receipt import Outcome
from tasks.apply import apply_shard
from tasks.execute import set_aside
from tasks.progress import tell
from tasks.progress_artifact import showing_progress
from tasks.run import Receipts, Run, Shard, shards_of
from tasks.setup import site_of
from tasks.task_runner import somebody_works, started

LOOK_SECONDS: Final = 20.0
LOOKS: Final = 3
"""So often nobody may be found who works on shards elsewhere: a process that died starts anew."""
NOBODY_LEFT: Final = "no process is left that works on it; the journal knows what was written"


class NobodyLeftError(Exception):
    """Nobody is left who could say what became of a shard."""


Key = tuple[str, int]
Futures = dict[Key, PrefectFuture[Receipts]]


def apply_plan(run: Run, plan: Plan) -> Sequence[Receipts]:
    """Execute the plan shard by shard, each behind the shards it builds on."""
    site = site_of(run)
    shards = {(shard.target, shard.number): shard for shard in shards_of(plan, site.shard_size)}
    if not shards:
        return []
    with started(read_settings()) as pool:
        try:
            return _carry_out(run, plan, shards, pool)
        except BaseException:
            site.halt()  # before the pool is left, which waits for whatever it has begun
            raise


def _carry_out(
    run: Run, plan: Plan, shards: Mapping[Key, Shard], pool: TaskRunner[Any]
) -> list[Receipts]:
    with showing_progress(run, plan) as progress:
        futures = _submit_all(run, plan, shards, pool)
        for key, future in futures.items():
            progress.watch(future, shards[key])
        ended = set()
        for key in _as_they_end(run, futures, pool):
            ended.add(key)
            if is_shared(run):  # nobody hears each person's answer
                tell().answered(key[0], len(shards[key].changes))
    if len(ended) < len(futures):
        site_of(run).halt()
    return [
        _answer(shard, partial(_result, run, futures[key], pool))
        if key in ended
        else set_aside(shard, NOBODY_LEFT, outcome=Outcome.IN_DOUBT)
        for key, shard in shards.items()
    ]


def _as_they_end(run: Run, futures: Futures, pool: TaskRunner[Any]) -> Iterator[Key]:
    """Keys of the shards, as they end; of those elsewhere only while somebody works on them."""
    if not is_shared(run):
        keys = {future: key for key, future in futures.items()}
        yield from (keys[future] for future in as_completed(list(futures.values())))
        return
    ended: SimpleQueue[Key] = SimpleQueue()
    for key, future in futures.items():
        future.add_done_callback(partial(lambda key, _: ended.put(key), key))
    left, alone = len(futures), 0
    while left and alone < LOOKS:
        try:
            yield ended.get(timeout=LOOK_SECONDS)
            left, alone = left - 1, 0
        except Empty:
            alone = 0 if somebody_works(pool) else alone + 1


def is_shared(run: Run) -> bool:
    """Whether its shards are executed in other processes."""
    return run.ticket is not None and run.ticket.shared


def _submit_all(
    run: Run, plan: Plan, shards: Mapping[Key, Shard], pool: TaskRunner[Any]
) -> Futures:
    site, futures = site_of(run), Futures()
    for key, shard in shards.items():
        upstream = [(name, shard.number) for name in plan.section(shard.target).depends_on]
        lane = [(name, shard.number) for name in site.lane_before(shard.target)]
        given = {
            "run": run,
            "shard": shard,
            "upstream": _those(futures, upstream),
            "after": _those(futures, lane),
        }
        futures[key] = pool.submit(apply_shard, given)
    return futures


def _answer(shard: Shard, ask: Callable[[], Receipts]) -> Receipts:
    """The receipts of a shard; a fault of ours in one shard hides nothing of the others."""
    try:
        return ask()
    except NobodyLeftError:
        return set_aside(shard, NOBODY_LEFT, outcome=Outcome.IN_DOUBT)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is reported per change
        reason = f"a fault in Retour ({type(error).__name__}); the journal knows what was written"
        return set_aside(shard, reason, outcome=Outcome.IN_DOUBT)


def _result(run: Run, future: PrefectFuture[Receipts], pool: TaskRunner[Any]) -> Receipts:
    """What a shard that has ended came to.

    Elsewhere it lies in the process that worked on it. When that dies with it, another one takes
    the shard anew and finds in the journal what was written.

    Raises:
        NobodyLeftError: There is no other one.
    """
    if not is_shared(run):
        return future.result()
    alone = 0
    while alone < LOOKS:
        try:
            found: Any = future.result(timeout=LOOK_SECONDS, raise_on_failure=False)
        except TimeoutError:  # ours; one of the shard itself is given, not raised
            alone = 0 if somebody_works(pool) else alone + 1
        else:
            if isinstance(found, BaseException):
                raise found
            return cast(Receipts, found)
    raise NobodyLeftError


def _those(futures: Futures, keys: list[Key]) -> Any:
    """The futures among these; Prefect hands the task their results."""
    return [futures[key] for key in keys if key in futures]
