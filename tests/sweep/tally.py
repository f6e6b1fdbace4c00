"""What a sweep came to."""

from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of one sweep, with the places behind them.

    Attributes:
        what: What was tried, such as "kills".
        tried: How often.
        unreached: At how many places more nothing was tried, because a run was over before.
        lost: Places after which something is not as after an undisturbed run.
        doubled: Places after which something was done a second time.
        untrue: Places after which a run did not say what was so, or took too long for it.
        exits: How often disturbed runs ended with each code; empty where none could end.
    """

    what: str
    tried: int = 0
    unreached: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    exits: dict[int, int] = field(default_factory=dict)

    def ended(self, code: int) -> None:
        """A disturbed run ended with that exit code."""
        self.exits[code] = self.exits.get(code, 0) + 1

    def require_nothing_wrong(self) -> None:
        """Fail, with every place, unless nothing was lost, doubled or untrue."""
        assert self.tried > self.unreached
        assert self.lost == []
        assert self.doubled == []
        assert self.untrue == []

    def __str__(self) -> str:
        """The counts."""
        counts = [f"{self.what} {self.tried}", f"lost {len(self.lost)}"]
        counts.append(f"doubled {len(self.doubled)}")
        if self.unreached:
            counts.append(f"not reached {self.unreached}")
        if self.exits:
            exits = dict(sorted(self.exits.items()))
            counts += [f"untrue {len(self.untrue)}", f"exits {exits}"]
        return ", ".join(counts)
