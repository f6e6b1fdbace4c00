"""Guards of the source: is this import one to act upon?"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.model.people import INVALID, People
from tasks.lifecycle.guard_difference import Difference, FieldChange
from tasks.lifecycle.guard_objection import Objection, in_words, plural, some_of
from tasks.lifecycle.policy import Limit

_KEY: Final = "source.limits."
_APPROVE: Final = "If HR means it: look at the plan and approve it, or change"
_FEW: Final = 5
"""So many may lose the last value of a field without a word, in a large company."""
_MOST_FIELDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """How much an import may differ from the last accepted one.

    Attributes:
        removed: Persons who are gone, of those known.
        added: Persons who are new, of those known.
        blocked: Persons left out for a missing field, of those read.
        changed: Persons of whom anything changed, of those known.
        attribute: Persons of whom one field changed, of those in both imports; for each field.
        emptied: Persons who lost the value of one field, of those in both imports; for each field.
    """

    removed: Limit = field(default_factory=Limit)
    added: Limit = field(default_factory=Limit)
    blocked: Limit = field(default_factory=Limit)
    changed: Limit = field(default_factory=Limit)
    attribute: Limit = field(default_factory=Limit)
    emptied: Limit = field(default_factory=Limit)


def review_source(
    people: People,
    known: People | None,
    limits: SourceLimits,
    difference: Difference | None = None,
) -> list[Objection]:
    """What speaks against an import.

    Args:
        people: The import.
        known: The last accepted import, None before the first.
        limits: From the profile.
        difference: Between the two, where somebody has made it already.
    """
    if not len(people):
        return [_broken("the source holds no persons at all; nothing is concluded from that")]
    if people.contracts.empty:
        return [_broken("the source holds persons but no contract; the import is broken")]
    if silent := [name for name, count in people.sources.items() if not count]:
        held = "no persons at all; nothing is concluded from that"
        return [_broken(f"the source {name} holds {held}") for name in silent]
    present = frozenset(people.persons["external_id"])
    invalid = frozenset(people.blocked.loc[people.blocked["code"] == INVALID, "external_id"])
    read = len(present | invalid)
    objections = [
        *_over(
            "blocked",
            invalid,
            limits.blocked,
            of=read,
            said="cannot be imported, because a required field is missing or wrong",
            what="read",
            look="the notes of the plan say which field.",
        )
    ]
    if known is None or not len(known):
        return objections
    before = frozenset(known.persons["external_id"])
    difference = difference or Difference(people, known)
    objections += _over(
        "removed",
        before - present - invalid,
        limits.removed,
        of=len(before),
        said="have gone from the source",
        look="is the export complete?",
    )
    objections += _over(
        "added",
        present - before,
        limits.added,
        of=len(before),
        said="are new in the source",
        look="is it the export of this company?",
    )
    objections += _over(
        "changed",
        difference.changed,
        limits.changed,
        of=len(before),
        said="changed in the source",
        look="have columns moved?",
    )
    objections += _other_keys(people, known)
    objections += _fields(difference, limits)
    return objections


def _broken(reason: str) -> Objection:
    return Objection(reason=reason, code="empty_source", structural=True, figure=0)


def _over(
    code: str,
    persons: Collection[str],
    limit: Limit,
    *,
    of: int,
    said: str,
    look: str,
    what: str = "known",
) -> Iterator[Objection]:
    """The objection to so many persons, if they are too many."""
    if not persons or limit.allows(len(persons), of=of):
        return
    yield Objection(
        reason=(
            f"source: {plural(len(persons), 'person')} {said}, "
            f"{in_words(limit, of=of, what=what)}: {some_of(persons)}; {look} "
            f"{_APPROVE} {_KEY}{code}"
        ),
        code=code,
        figure=len(persons),
        of=of,
        limit=str(limit),
        key=f"{_KEY}{code}",
        persons=tuple(sorted(persons)),
    )


def _fields(difference: Difference, limits: SourceLimits) -> Iterator[Objection]:
    """What speaks against single fields: emptied ones first, then those with other values."""
    of = difference.both
    emptied = [one for one in difference.fields if _too_empty(one, limits.emptied, of=of)]
    told = {one.path for one in emptied}
    other = [
        one
        for one in difference.fields
        if one.changed
        and one.path not in told
        and not limits.attribute.allows(len(one.changed), of=of)
    ]
    for change, more in _first(emptied):
        yield _field(
            change,
            "emptied",
            change.emptied,
            limits.emptied,
            of=of,
            said=f"is empty now for {len(change.emptied)} of {plural(change.had, 'person')} who had"
            " it",
            look="missing is not the same as empty: does the source still give it?",
            more=more,
        )
    for change, more in _first(other):
        yield _field(
            change,
            "attribute",
            change.changed,
            limits.attribute,
            of=of,
            said=f"has another value for {plural(len(change.changed), 'person')}",
            look="has a column moved?",
            more=more,
        )


def _too_empty(change: FieldChange, limit: Limit, *, of: int) -> bool:
    """Whether too many lost the value of a field.

    A field that only some have would never come near a share of everybody. So one that nobody has
    any more is too much as well; unless a handful had it, to whom that just happens.
    """
    lost = len(change.emptied)
    if lost and not limit.allows(lost, of=of):
        return True
    return limit.share is not None and lost == change.had and lost > _FEW


def _first(fields: Sequence[FieldChange]) -> Iterator[tuple[FieldChange, int]]:
    """The fields to tell about, and how many more there are behind the last of them."""
    shown = fields[:_MOST_FIELDS]
    for change in shown:
        yield change, len(fields) - len(shown) if change is shown[-1] else 0


def _field(  # noqa: PLR0913 - the parts of one sentence
    change: FieldChange,
    code: str,
    persons: tuple[str, ...],
    limit: Limit,
    *,
    of: int,
    said: str,
    look: str,
    more: int,
) -> Objection:
    others = f" (and so it is with {plural(more, 'more field', 'more fields')})" if more else ""
    return Objection(
        reason=(
            f"source: {change.path} {said}{others}, "
            f"{in_words(limit, of=of, what='in both imports')}: {some_of(persons)}; {look} "
            f"{_APPROVE} {_KEY}{code}"
        ),
        code=code,
        field=change.path,
        figure=len(persons),
        of=of,
        limit=str(limit),
        key=f"{_KEY}{code}",
        persons=persons,
    )


def _other_keys(people: People, known: People) -> list[Objection]:
    """What speaks against an import that calls the same persons or contracts by other names.

    Contracts under other names are new contracts with the same content: whoever has read that plan
    may approve it. Persons under other names are strangers: everybody would leave, and accounts
    would be made a second time. No plan says "the same person", so none can be approved.
    """
    objections: list[Objection] = []
    of_further = sorted(noun for noun in people.keys if " of " in noun)
    for noun in ("person", "contract", *of_further):
        then, now = known.keys.get(noun), people.keys.get(noun)
        if not then or not now or then == now:
            continue
        structural = noun == "person"
        way_out = (
            "bring the accounts' correlating values in line and begin with a fresh ledger"
            if structural
            else "read the plan and approve its digest"
        )
        objections.append(
            Objection(
                reason=f"the key of a {noun} is now made from {now}; in the last accepted import it"
                f" was {then}: put the settings of the source back, or {way_out}",
                code="keys",
                structural=structural,
            )
        )
    return objections
