"""Guards of the source: is this import one to act upon?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.model.people import INVALID, People
from tasks.lifecycle.guard_difference import Difference, FieldChange
from tasks.lifecycle.guard_measure import Measure, against, none_allowed, told
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
    return told(measure_source(people, known, limits, difference))


def measure_source(
    people: People,
    known: People | None,
    limits: SourceLimits,
    difference: Difference | None = None,
) -> Iterator[Measure]:
    """What an import holds, and how far it is from the last accepted one, held against limits.

    Of a broken one that is all; before the first accepted one nothing can be compared.
    """
    broken = list(_broken(people))
    yield from (_held(people, reason) for reason in broken or [""])
    if broken:
        return
    present = frozenset(people.persons["external_id"])
    invalid = frozenset(people.blocked.loc[people.blocked["code"] == INVALID, "external_id"])
    yield _persons(
        "blocked",
        invalid,
        limits.blocked,
        of=len(present | invalid),
        said="cannot be imported, because a required field is missing or wrong",
        what="read",
        look="the notes of the plan say which field.",
    )
    if known is None or not len(known):
        return
    before = frozenset(known.persons["external_id"])
    difference = difference or Difference(people, known)
    yield _persons(
        "removed",
        before - present - invalid,
        limits.removed,
        of=len(before),
        said="have gone from the source",
        look="is the export complete?",
    )
    yield _persons(
        "added",
        present - before,
        limits.added,
        of=len(before),
        said="are new in the source",
        look="is it the export of this company?",
    )
    yield _persons(
        "changed",
        difference.changed,
        limits.changed,
        of=len(before),
        said="changed in the source",
        look="have columns moved?",
    )
    yield from _other_keys(people, known)
    yield from _fields(difference, limits)


def _broken(people: People) -> Iterator[str]:
    """Why nothing can be concluded from an import."""
    nothing = "no persons at all; nothing is concluded from that"
    if not len(people):
        yield f"the source holds {nothing}"
    elif people.contracts.empty:
        yield "the source holds persons but no contract; the import is broken"
    else:
        silent = (name for name, count in people.sources.items() if not count)
        yield from (f"the source {name} holds {nothing}" for name in silent)


def _held(people: People, broken: str) -> Measure:
    """How many persons an import holds, and why it is broken, if it is."""
    code = "empty_source"
    return Measure(
        code=code,
        figure=len(people),
        limit="at least 1",
        most=None,
        over=bool(broken),
        structural=True,
        objection=Objection(reason=broken, code=code, structural=True, figure=0)
        if broken
        else None,
    )


def _persons(
    code: str,
    persons: Collection[str],
    limit: Limit,
    *,
    of: int,
    said: str,
    look: str,
    what: str = "known",
) -> Measure:
    """So many persons, and the objection to them if they are too many."""
    key, objection = f"{_KEY}{code}", None
    if not limit.allows(len(persons), of=of):
        objection = Objection(
            reason=(
                f"source: {plural(len(persons), 'person')} {said}, "
                f"{in_words(limit, of=of, what=what)}: {some_of(persons)}; {look} "
                f"{_APPROVE} {key}"
            ),
            code=code,
            figure=len(persons),
            of=of,
            limit=str(limit),
            key=key,
            persons=tuple(sorted(persons)),
        )
    return against(limit, len(persons), of=of, code=code, what=what, key=key, objection=objection)


def _fields(difference: Difference, limits: SourceLimits) -> Iterator[Measure]:
    """Single fields: emptied ones first, then those with other values.

    Where all of them keep to their limit, the one that is nearest to it stands for them.
    """
    of = difference.both
    emptied = [one for one in difference.fields if _too_empty(one, limits.emptied, of=of)]
    named = {one.path for one in emptied}
    other = [
        one
        for one in difference.fields
        if one.changed
        and one.path not in named
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
    if not emptied:
        lost = {one.path: len(one.emptied) for one in difference.fields}
        yield _nearest("emptied", lost, limits.emptied, of=of)
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
    if not other:
        changed = {one.path: len(one.changed) for one in difference.fields if one.path not in named}
        yield _nearest("attribute", changed, limits.attribute, of=of)


def _nearest(code: str, fields: Mapping[str, int], limit: Limit, *, of: int) -> Measure:
    """The field that most persons have changed, all of them being within the limit."""
    path = max(fields, key=lambda field: fields[field], default="")
    figure, key = fields.get(path, 0), f"{_KEY}{code}"
    field = path if figure else ""
    return against(limit, figure, of=of, code=code, what="in both", key=key, field=field)


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
) -> Measure:
    others = f" (and so it is with {plural(more, 'more field', 'more fields')})" if more else ""
    key = f"{_KEY}{code}"
    objection = Objection(
        reason=(
            f"source: {change.path} {said}{others}, "
            f"{in_words(limit, of=of, what='in both imports')}: {some_of(persons)}; {look} "
            f"{_APPROVE} {key}"
        ),
        code=code,
        field=change.path,
        figure=len(persons),
        of=of,
        limit=str(limit),
        key=key,
        persons=persons,
    )
    return against(
        limit,
        len(persons),
        of=of,
        code=code,
        what="in both",
        key=key,
        field=change.path,
        objection=objection,
    )


def _other_keys(people: People, known: People) -> Iterator[Measure]:
    """What speaks against an import that calls the same persons or contracts by other names.

    Contracts under other names are new contracts with the same content: whoever has read that plan
    may approve it. Persons under other names are strangers: everybody would leave, and accounts
    would be made a second time. No plan says "the same person", so none can be approved.
    """
    others = False
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
        others = True
        objection = Objection(
            reason=f"the key of a {noun} is now made from {now}; in the last accepted import it"
            f" was {then}: put the settings of the source back, or {way_out}",
            code="keys",
            structural=structural,
        )
        yield none_allowed("keys", 1, objection=objection, structural=structural)
    if not others:
        yield none_allowed("keys", 0)
