"""Two ways to do the same thing, in turn, some rounds: the median of their ratios and its spread.

Both ways of a round meet the same machine, so a ratio says more than seconds do; the median forgets
a round in which something else was busy.
"""

from collections.abc import Callable
from statistics import median
from typing import Final

from tests.bench.figure import Figure

ROUNDS: Final = 5


def ratios(
    ours: Callable[[int], float], bare: Callable[[int], float], *, rounds: int = ROUNDS
) -> list[float]:
    """Seconds of ours to seconds of the other, a round each; who begins changes every round."""
    found = []
    for place in range(rounds):
        if place % 2:
            theirs = bare(place)
            found.append(ours(place) / theirs)
        else:
            mine = ours(place)
            found.append(mine / bare(place))
    return found


def of_rounds(
    name: str, values: list[float], *, unit: str, goal: float | None, higher: bool, than: str = ""
) -> Figure:
    """The figure of some rounds: their median, with the least and the most."""
    return Figure(
        name=name,
        value=median(values),
        unit=unit,
        goal=goal,
        higher=higher,
        than=than,
        rounds=len(values),
        low=min(values),
        high=max(values),
    )
