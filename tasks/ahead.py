"""How far ahead of the writer a run writes down what it is about to do."""

import time
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Final

from connectors.model.change import Change
from connectors.sdk.portions import next_portion

SECONDS: Final = 0.25
"""What is written down together is begun within about so long: who stops a run waits no longer."""
GROWTH: Final = 4
"""From one to the next, while the writer is quick: a shard has a few portions, not a dozen."""
MOST_PERSONS: Final = 100
MOST_RECEIPTS: Final = 500


def portions(changes: Iterable[Change]) -> Iterator[list[list[Change]]]:
    """Changes by person, as many persons at a time as were begun in the last `SECONDS`.

    A transaction of the ledger costs as much as a quick write. For a slow target each person has
    one of their own; for a quick one, some persons share it.

    Args:
        changes: A person's next to each other. Pulled no further than the portion needs.

    Yields:
        Persons, each with all their changes.
    """
    persons = (list(group) for _, group in groupby(changes, key=lambda change: change.person))
    many = 1
    while some := list(islice(persons, many)):
        begun = time.monotonic()
        yield some
        took = time.monotonic() - begun
        many = next_portion(many, took, most=MOST_PERSONS, within_seconds=SECONDS, growth=GROWTH)


class Due:
    """When receipts that have come are written down: soon, and not each by itself."""

    def __init__(self) -> None:
        """Nothing was written down yet."""
        self._last = time.monotonic()

    def now(self, receipts: int) -> bool:
        """Whether it is time.

        Args:
            receipts: How many have come since.
        """
        return receipts >= MOST_RECEIPTS or time.monotonic() - self._last >= SECONDS

    def done(self) -> None:
        """They are written down."""
        self._last = time.monotonic()
