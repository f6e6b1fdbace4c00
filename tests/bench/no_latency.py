"""Writing to sandboxes that answer at once, against bare httpx loops with as many requests at once.

Without latency nothing hides what we do ourselves: journal, plan and Prefect aside, this is the
writer alone. The sandboxes work too, in a process of their own, and in both loops the same.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.bench import entra_id, google_workspace, scim
from tests.bench.creating import SHARE, Ask, Race, in_another_process
from tests.bench.figure import Figure
from tests.bench.rounds import ROUNDS, of_rounds

FEW: Final = 200
MANY: Final = 1_000


def measure() -> Iterator[Figure]:
    """A ratio for each protocol."""
    persons = FEW if "RETOUR_BENCH_QUICK" in os.environ else MANY
    for name, serve, race in (
        ("Entra ID, batches of 20", entra_id._serve, _of(entra_id._race, size=20)),
        ("Google, batches of 50", google_workspace._serve, _of(google_workspace._race, size=50)),
        ("SCIM, bulk", scim._serve, _of(scim._race, bulk=True)),
        ("SCIM, one by one", scim._serve, _of(scim._race, bulk=False)),
    ):
        with in_another_process(serve) as (settings, ask):
            ask("slow", 0.0)
            race(settings, ask, FEW)  # warm
            raced = [race(settings, ask, persons) for _ in range(ROUNDS)]
        yield of_rounds(
            f"{name}: share of the speed of a bare loop",
            [one.bare / one.ours for one in raced],
            unit="x",
            goal=SHARE,
            higher=True,
        )


def _of(race: Callable[..., Race], **how: Any) -> Callable[[dict[str, Any], Ask, int], Race]:
    return lambda settings, ask, persons: race(settings, ask, persons=persons, rounds=1, **how)
