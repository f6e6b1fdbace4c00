"""Allotting names: free in every target at once, reserved over the whole plan."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.model.manifest import ADDRESS
from connectors.model.receipt import Note
from tasks.lifecycle.mapping import NAMES, call, fill_template
from tasks.lifecycle.naming import NameOptions, Names, NoName, Taken, candidates
from tasks.lifecycle.order import parse_template, paths_of
from tasks.lifecycle.people import column_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy


@dataclass(frozen=True, slots=True)
class Allotment:
    """Names of persons who get an account somewhere.

    Attributes:
        names: Person -> names; not of persons whose accounts take none of them.
        refused: Persons for whom there is none; they get no account.
        notes: Why they are refused, and what was odd about a name.
    """

    names: Mapping[str, Names] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()


def space_of(policy: TargetPolicy, attribute: str) -> str:
    """Name space a value must be unique in: addresses over all targets, others within one.

    An attribute that only the profile calls unique has a space of its own.
    """
    known = policy.manifest.attribute(attribute)
    if known is None or known.unique_in is None:
        return f"{policy.name}.{attribute}"
    return ADDRESS if known.unique_in == ADDRESS else f"{policy.name}:{known.unique_in}"


def reads_names(mapping: FieldMapping) -> bool:
    """Whether a field is made from the names we choose; a customer's function may look at them."""
    return mapping.kind == "call" or any(path.startswith(NAMES) for path in paths_of(mapping))


def allot(
    persons: Iterable[str],
    creates: Mapping[str, frozenset[str]],
    *,
    policies: Mapping[str, TargetPolicy],
    facts: Callable[[str], Mapping[str, Any]],
    taken: Taken,
    options: NameOptions,
) -> Allotment:
    """Give each person the first candidate whose values are free in every target they are new in.

    Args:
        persons: In the order in which they choose: who starts first chooses first.
        creates: Target -> persons who get an account there.
        policies: By target.
        facts: Known facts of a person by path.
        taken: Names in use; what is allotted is reserved in it.
        options: Which generators.
    """
    names: dict[str, Names] = {}
    refused: set[str] = set()
    notes: list[Note] = []
    for person in persons:
        known = facts(person)
        mapped = [
            (policy, mapping)
            for policy in policies.values()
            if person in creates[policy.name]
            for mapping in policy.mapped("create")
        ]
        unique = [(policy, mapping) for policy, mapping in mapped if mapping.unique]
        named = any(reads_names(mapping) for _, mapping in mapped)
        try:
            found, claims = _first_free(person, known, unique, taken, options if named else None)
        except NoName as error:
            refused.add(person)
            notes += [
                Note(target=target, person=person, code="no_name", reason=str(error))
                for target, new in creates.items()
                if person in new
            ]
            continue
        for space, value in claims:
            taken.reserve(space, value, person)
        if found is not None:
            names[person] = found
            notes += [
                Note(target="", person=person, code="name", reason=sentence)
                for sentence in found.warnings
            ]
    return Allotment(names=names, refused=frozenset(refused), notes=tuple(notes))


Claims = list[tuple[str, str]]
"""(space, value) pairs that new accounts would use."""


def _first_free(
    person: str,
    known: Mapping[str, Any],
    unique: list[tuple[TargetPolicy, FieldMapping]],
    taken: Taken,
    options: NameOptions | None,
) -> tuple[Names | None, Claims]:
    """The first candidate of which everything is free; without options nothing is chosen."""
    tried, claims = 0, list[tuple[str, str]]()
    for candidate in candidates(_person(known), options) if options is not None else (None,):
        tried += 1
        claims = [
            claim
            for policy, mapping in unique
            for claim in _claims(policy, mapping, known, candidate)
        ]
        if all(taken.is_free(space, value, person) for space, value in claims):
            return candidate, claims
    if options is None:
        used = next(value for space, value in claims if not taken.is_free(space, value, person))
        message = f"{used} is in use already, and HR gives this person no other"
    else:
        message = f"no free name after {tried} tries; give this person a name by hand"
    raise NoName(message)


def _person(known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        path.removeprefix("person."): value
        for path, value in known.items()
        if path.startswith("person.")
    }


def _claims(
    policy: TargetPolicy, mapping: FieldMapping, known: Mapping[str, Any], names: Names | None
) -> Claims:
    """What the field of a new account would use up."""
    space = space_of(policy, mapping.name)
    value = _value_of(mapping, known, names)
    if value is None or value == "":
        return []
    plain = [str(one) for one in (value if isinstance(value, tuple) else (value,))]
    return [(space, one[5:] if one[:5].lower() == "smtp:" else one) for one in plain]


def _value_of(mapping: FieldMapping, known: Mapping[str, Any], names: Names | None) -> Any:
    """The value of a field for one person who tries a name; the same that `mapping` gives later."""
    chosen = (
        {} if names is None else {f"{NAMES}{part}": getattr(names, part) for part in NAME_PARTS}
    )
    facts = {**known, **{path: value for path, value in chosen.items() if value}}

    match mapping.kind:
        case "value":
            return mapping.argument
        case "from":
            return facts.get(column_of(mapping.argument))
        case "template":
            parts = parse_template(mapping.argument)
            paths = [part.path for part in parts if part.path is not None]
            return fill_template(parts, [facts.get(column_of(path)) for path in paths])
        case "call":
            return call(mapping, facts)


NAME_PARTS = (
    "local_part",
    "login",
    "mail_nickname",
    "common_name",
    "display_name",
    "surname",
    "initials",
    "domain",
)
"""What `names.…` offers to a mapping."""
FROZEN_NAMES = ("local_part", "login", "mail_nickname", "common_name")
"""Parts that are chosen once, at create; an update never sees them."""
