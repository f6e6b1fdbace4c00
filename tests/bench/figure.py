"""What a benchmark has measured."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure.

    Attributes:
        name: What was measured, in a few words.
        value: How much.
        unit: Of what: `s`, `MB`, `persons/s`, `x` (a ratio).
        goal: What it should be at most (or at least, with `higher`); None for a bare fact.
        higher: Whether more is better.
        than: What it is compared with, in words.
        rounds: How often it was measured; the value is the median.
        low: The least of the rounds.
        high: The most of them.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    higher: bool = False
    than: str = ""
    rounds: int = 1
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool:
        """Whether the goal is met; a bare fact has none to miss."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.higher else self.value <= self.goal

    def to_json(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {**asdict(self), "met": self.met}
