"""Objections: what the guards say, as a sentence for people and as figures for programs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tasks.lifecycle.policy import Limit

MOST_PERSONS: Final = 100
"""Persons of one objection in a report; the figure counts them all, and the plan names them."""
_NAMED: Final = 5

Code = str
"""What kind of objection: `limit` (one run), `window` (several days), `losses`, `vanished`,
`removed`, `added`, `blocked`, `changed`, `attribute`, `emptied`, `keys`; and, which no approval
lifts, `empty_source`, `protected`, `unsupported`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One reason not to run.

    Attributes:
        reason: A sentence with the limit, the figures, the first people concerned and what to do.
        code: What kind of objection; see `Code`.
        structural: Whether no approval lifts it.
        target: Name of the target, "" for the source.
        verb: Verb of the changes it is about, "" where it is about none.
        field: Path of the field it is about, such as `contract.department.id`, or "".
        figure: How many there are.
        of: Of how many; None where that does not matter.
        limit: As the profile writes it, or "".
        key: Where the limit is set in the profile, or "".
        persons: Whom it concerns, sorted.
    """

    reason: str
    code: Code
    structural: bool = False
    target: str = ""
    verb: str = ""
    field: str = ""
    figure: int | None = None
    of: int | None = None
    limit: str = ""
    key: str = ""
    persons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "code": self.code,
            "structural": self.structural,
            "target": self.target,
            "verb": self.verb,
            "field": self.field,
            "figure": self.figure,
            "of": self.of,
            "limit": self.limit,
            "key": self.key,
            "persons": list(self.persons[:MOST_PERSONS]),
            "reason": self.reason,
        }


def some_of(persons: Iterable[str]) -> str:
    """The first of these persons, and how many more there are: `1, 2, 3, 4, 5 and 7 more`."""
    ordered = sorted(persons)
    shown = ", ".join(ordered[:_NAMED])
    more = len(ordered) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def in_words(limit: Limit, *, of: int, what: str) -> str:
    """What a limit allows: `10% of the 40 managed are allowed (4)`.

    Args:
        limit: The limit.
        of: What its share is of.
        what: What these are: `managed`, `granted`, `known`.
    """
    most = limit.most(of=of) or 0
    verb = "is" if most == 1 else "are"
    if limit.share is None:
        return f"{most or 'none'} {verb} allowed"
    if not of:
        return f"none is {what} yet, and {limit} of nothing allows {most or 'none'}"
    return f"{limit} of the {of} {what} {verb} allowed ({most})"


def plural(count: int, one: str, several: str = "") -> str:
    """`1 account`, `2 accounts`."""
    return f"{count} {one if count == 1 else several or one + 's'}"
