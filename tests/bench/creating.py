"""What benchmarks of creating share: a sandbox in another process, rounds in turn, the figures."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

from connectors.model.change import Change
from connectors.model.connector import Writer
from connectors.model.receipt import Outcome
from tests.bench.figure import Figure

PERSONS: Final = 1_000
CALL_SECONDS: Final = 0.05
AT_ONCE: Final = 4
SHARE: Final = 0.9
"""Of the speed of the bare loop."""

Ask = Callable[..., Any]


class Race(NamedTuple):
    """Seconds for as many persons as `PERSONS`."""

    ours: float
    bare: float


def in_turn(
    ask: Ask,
    ours: Callable[[str], float],
    bare: Callable[[str], float],
    *,
    rounds: int,
    persons: int,
) -> Race:
    """The best of some rounds, of the writer and of the bare loop one after the other.

    Args:
        ask: Empties the sandbox.
        ours: Creates accounts whose names hold the given mark, by the writer.
        bare: The same by a loop that does nothing else.
        rounds: How often.
        persons: How many are created; the seconds are those of `PERSONS`.
    """
    found = []
    for round_ in range(rounds):
        ask("empty")
        by_writer = ours(f"w{round_}")
        ask("empty")
        found.append((by_writer, bare(f"b{round_}")))
    scale = PERSONS / persons
    return Race(*(min(seconds) * scale for seconds in zip(*found, strict=True)))


def wrote(writer: Writer, changes: Iterable[Change]) -> float:
    """Seconds that a writer takes; all of it has to be done."""
    begun = time.perf_counter()
    receipts = list(writer.apply(iter(changes)))
    seconds = time.perf_counter() - begun
    bad = [receipt for receipt in receipts if receipt.outcome is not Outcome.DONE]
    assert not bad, bad[:3]
    return seconds


def figures(together: str, batched: Race, single: Race, *, times: float) -> Iterator[Figure]:
    """What two races came to.

    Args:
        together: How calls travelled together, such as `in batches of 20`.
        batched: So.
        single: One by one.
        times: Together is to be so many times as fast.
    """
    yield Figure(name=f"{PERSONS:,} creates {together}", value=batched.ours, unit="s")
    yield Figure(name="… one by one", value=single.ours, unit="s")
    yield Figure(
        name="… together is faster by",
        value=single.ours / batched.ours,
        unit="x",
        goal=times,
        higher=True,
    )
    for name, race in ((together, batched), ("one by one", single)):
        yield Figure(
            name=f"… share of the speed of a bare loop, {name}",
            value=race.bare / race.ours,
            unit="x",
            goal=SHARE,
            higher=True,
            than=f"of {PERSONS / race.bare:,.0f} creates/s",
        )


@contextmanager
def in_another_process(
    serve: Callable[[Connection], None],
) -> Iterator[tuple[dict[str, Any], Ask]]:
    """A sandbox that does not compete for our interpreter.

    Args:
        serve: Runs there: sends the settings to reach it, then obeys orders, an answer to each.

    Yields:
        The settings, and a way to order things there.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that its end is heard of

    def ask(*order: Any) -> Any:
        ours.send(order)
        return ours.recv()

    try:
        yield ours.recv(), ask
    finally:
        process.terminate()
        process.join()
