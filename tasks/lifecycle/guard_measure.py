"""Measures: what every guard counted, beside what it allows; also of guards that say nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tasks.lifecycle.guard_objection import Code, Objection
from tasks.lifecycle.policy import Limit

HOLDS: Final = "holds"
TRIPPED: Final = "tripped"
LIFTED: Final = "lifted"
"""Over its limit, and a person has approved exactly this plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What one guard counted.

    Attributes:
        code: Which guard; see `Code`.
        figure: How many there are.
        limit: As the profile writes it, or in words.
        most: How many pass; None where any number does.
        over: Whether there are more than that.
        objection: What the guard says then. None also where another guard says the same already.
        target: Name of the target, "" for the source.
        verb: Verb of the changes it counted, "" where it counted none.
        field: Path of the field it looked at, or "".
        of: Of how many; None where that does not matter.
        what: What those are: `managed`, `granted`, `known`, or "".
        key: Where the limit is set in the profile, or "".
        structural: Whether no approval lifts it.
    """

    code: Code
    figure: int
    limit: str
    most: int | None
    over: bool
    objection: Objection | None = None
    target: str = ""
    verb: str = ""
    field: str = ""
    of: int | None = None
    what: str = ""
    key: str = ""
    structural: bool = False

    def state(self, *, approved: bool) -> str:
        """`holds`, `tripped`, or `lifted` by an approval of exactly this plan."""
        if not self.over:
            return HOLDS
        return LIFTED if approved and not self.structural else TRIPPED

    def to_json(self, *, approved: bool) -> dict[str, Any]:
        """For the report; nobody is named."""
        return {
            "code": self.code,
            "target": self.target,
            "verb": self.verb,
            "field": self.field,
            "figure": self.figure,
            "of": self.of,
            "what": self.what,
            "limit": self.limit,
            "most": self.most,
            "key": self.key,
            "state": self.state(approved=approved),
        }


def none_allowed(
    code: Code, figure: int, *, objection: Objection | None = None, structural: bool = True
) -> Measure:
    """What must not be at all: one is over already."""
    return Measure(
        code=code,
        figure=figure,
        limit="0",
        most=0,
        over=figure > 0,
        objection=objection,
        target=objection.target if objection else "",
        verb=objection.verb if objection else "",
        structural=structural,
    )


def against(  # noqa: PLR0913 - the parts of a measure
    limit: Limit,
    figure: int,
    *,
    of: int,
    code: Code,
    what: str,
    key: str,
    target: str = "",
    verb: str = "",
    field: str = "",
    objection: Objection | None = None,
) -> Measure:
    """What is held against a limit of the profile; with an objection it is over."""
    return Measure(
        code=code,
        figure=figure,
        limit=str(limit),
        most=limit.most(of=of),
        over=objection is not None or not limit.allows(figure, of=of),
        objection=objection,
        target=target,
        verb=verb,
        field=field,
        of=of,
        what=what,
        key=key,
    )


def told(measures: Iterable[Measure]) -> list[Objection]:
    """What the guards say that measured this."""
    return [one.objection for one in measures if one.objection is not None]
