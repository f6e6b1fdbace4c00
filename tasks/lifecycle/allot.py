"""Allotting names: free in every target at once, reserved over the whole plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, Final

import numpy as np

from connectors.model.change import Change, Verb
from connectors.model.manifest import ADDRESS
from connectors.model.receipt import Note
from connectors.model.values import Clear, Pending
from tasks.lifecycle.columns import Column
from tasks.lifecycle.mapping import call, fill_template
from tasks.lifecycle.naming import SHOWN, NameOptions, Names, NoName, candidates
from tasks.lifecycle.order import parse_template, paths_of
from tasks.lifecycle.people import column_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.taken import Taken, plain_address
from tasks.lifecycle.world import NAMES

LOOKS: Final = (4, 16, 64)
"""Candidates per person that are looked up together; the later ones only where none is free."""


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

    def column(self, part: str, persons: Iterable[str]) -> Column:
        """A part of the names of these persons; None where they have none."""
        names = [self.names.get(person) for person in persons]
        column = np.full(len(names), None, dtype=object)
        for place, one in enumerate(names):
            column[place] = (getattr(one, part) or None) if one is not None else None
        return column


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


def reads_chosen_names(mapping: FieldMapping) -> bool:
    """Whether it is made from those of them that are chosen once; the others follow HR."""
    chosen = {f"{NAMES}{part}" for part in FROZEN_NAMES}
    return mapping.kind == "call" or not chosen.isdisjoint(paths_of(mapping))


def shown_parts(policies: Mapping[str, TargetPolicy]) -> list[str]:
    """Parts of a name that follow HR and that fields of a profile read; a function may read any."""
    fields = [one for policy in policies.values() for one in policy.fields]
    if any(one.kind == "call" for one in fields):
        return list(SHOWN)
    paths = {path for one in fields for path in paths_of(one)}
    return [part for part in SHOWN if NAMES + part in paths]


def allot(
    persons: Iterable[str],
    takers: Mapping[str, frozenset[str]],
    *,
    policies: Mapping[str, TargetPolicy],
    facts: Callable[[str], Mapping[str, Any]],
    taken: Taken,
    options: NameOptions,
) -> Allotment:
    """Give each person the best candidate whose values are free in every target they are new in.

    That is the first free one. Somebody who has one of them already, in HR, in a target or by an
    earlier reservation, keeps it, so that addresses stay in step.

    Args:
        persons: In the order in which they choose: who starts first chooses first.
        takers: Target -> persons who get an account there, or new names for the one they have.
        policies: By target.
        facts: Known facts of a person by path.
        taken: Names in use; what is allotted is reserved in it.
        options: Which generators.
    """
    choices = [_Choice(person, takers, policies, facts(person), options) for person in persons]
    taken.look_up_persons([choice.person for choice in choices])
    short = [choice for choice in choices if choice.reason_to_wait(taken) is None]
    for most in LOOKS:
        taken.look_up(claim for choice in short for claim in choice.claims(most))
        short = [choice for choice in short if not choice.any_free(taken, most)]
    names: dict[str, Names] = {}
    refused: set[str] = set()
    notes: list[Note] = []
    for choice in choices:
        person = choice.person
        try:
            found, claims = choice.best(taken)
        except NoName as error:
            refused.add(person)
            code = "waiting" if isinstance(error, NotNow) else "no_name"
            notes += [
                Note(target=target, person=person, code=code, reason=str(error))
                for target, some in takers.items()
                if person in some
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


class NotNow(NoName):
    """Nobody knows which names are free: a target that may hold them could not be read."""

    def __init__(self, target: str) -> None:
        """Say which."""
        super().__init__(
            f"{target} could not be read, so nobody knows which names are in use there; no new "
            "name is chosen until it can be read"
        )


class _Choice:
    """What one person can choose from: candidates, each with what it would use up."""

    def __init__(
        self,
        person: str,
        takers: Mapping[str, frozenset[str]],
        policies: Mapping[str, TargetPolicy],
        known: Mapping[str, Any],
        options: NameOptions,
    ) -> None:
        """Find the fields that matter; nothing is tried yet."""
        self.person = person
        mapped = [
            (policy, mapping)
            for name, policy in policies.items()
            if person in takers.get(name, ())
            for mapping in policy.mapped("create")
        ]
        self._unique = [(policy, mapping) for policy, mapping in mapped if mapping.unique]
        self._named = any(reads_names(mapping) for _, mapping in mapped)
        self._chosen = any(reads_chosen_names(mapping) for _, mapping in mapped)
        self._known = known
        self._tried: list[tuple[Names | None, Claims]] = []
        self._left: Iterator[Names | None] = iter((None,))
        self._unnamed: NoName | None = None
        if self._named:
            try:
                self._left = candidates(_person(known), options)
            except NoName as error:
                self._left, self._unnamed = iter(()), error

    def claims(self, most: int) -> Iterator[tuple[str, str]]:
        """What the first candidates would use."""
        for _, claims in islice(self._each(), most):
            yield from claims

    def any_free(self, taken: Taken, most: int) -> bool:
        """Whether one of the first candidates is free as yet."""
        return any(
            all(taken.is_free(space, value, self.person) for space, value in claims)
            for _, claims in islice(self._each(), most)
        )

    def reason_to_wait(self, taken: Taken) -> str | None:
        """The unseen target for which somebody waits to whom we gave no name yet, None for none.

        Whoever got a name from us keeps it: it was free when we gave it.
        """
        target = self._blind_for(taken)
        return target if target is not None and not taken.was_given_any(self.person) else None

    def _blind_for(self, taken: Taken) -> str | None:
        """An unseen target that may hold what this person would take, or names of this person."""
        blind = taken.blind
        if not blind:
            return None
        shared = blind.shared_by(self.person) if self._chosen else None
        spaces = (space for _, claims in islice(self._each(), 1) for space, _ in claims)
        return shared or next((blind.spaces[one] for one in spaces if one in blind.spaces), None)

    def best(self, taken: Taken) -> tuple[Names | None, Claims]:
        """The candidate of which most is this person's already, else the first free one.

        Raises:
            NoName: Nothing is free, or HR has no name.
            NotNow: Nobody can tell what is free.
        """
        if self._unnamed is not None:
            raise self._unnamed
        unseen = self.reason_to_wait(taken)
        if unseen is not None:
            raise NotNow(unseen)
        blind = self._blind_for(taken)
        keeps = taken.holds_any(self.person)
        found: tuple[Names | None, Claims] | None = None
        most = 0
        for place, (names, claims) in enumerate(self._each()):
            if place in LOOKS:  # others took what was free at first
                taken.look_up(self.claims(4 * place))
            if not all(taken.is_free(space, value, self.person) for space, value in claims):
                continue
            own = sum(taken.holds(space, value, self.person) for space, value in claims)
            if blind is not None and not any(taken.is_given(*one, self.person) for one in claims):
                continue
            if found is None or own > most:
                found, most = (names, claims), own
            if not keeps or most == len(claims):
                break
        if found is None:
            raise NoName(self._said(taken)) if blind is None else NotNow(blind)
        return found

    def _said(self, taken: Taken) -> str:
        if self._named:
            tried = len(self._tried)
            return f"no free name after {tried} tries; give this person a name by hand"
        claims = self._tried[0][1]
        used = next(
            value for space, value in claims if not taken.is_free(space, value, self.person)
        )
        return f"{used} is in use already, and HR gives this person no other"

    def _each(self) -> Iterator[tuple[Names | None, Claims]]:
        """Candidates with their claims; what was tried once is remembered."""
        for place in count():  # pragma: no branch - without end
            if place == len(self._tried) and not self._try_another():
                return
            yield self._tried[place]

    def _try_another(self) -> bool:
        for names in self._left:
            claims = [
                claim
                for policy, mapping in self._unique
                for claim in _claims(policy, mapping, self._known, names)
            ]
            self._tried.append((names, claims))
            return True
        return False


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
    return [(space, plain_address(one)) for one in plain]


def claims_of(policy: TargetPolicy, change: Change) -> Claims:
    """What a planned change takes for its person: names that we choose and the account lacks.

    What comes from an upstream account was claimed there.

    Args:
        policy: Of the target of the change.
        change: Any change.
    """
    if change.verb not in {Verb.CREATE, Verb.UPDATE, Verb.ENABLE}:
        return []
    chosen = {
        mapping.name: space_of(policy, mapping.name)
        for mapping in policy.mapped("create")
        if mapping.unique and (change.verb is Verb.CREATE or reads_names(mapping))
    }
    upstream = {need.field for need in change.needs}
    return [
        (chosen[name], plain_address(one))
        for name, value in change.after.items()
        if name in chosen and name not in upstream and not isinstance(value, Clear | Pending)
        for one in map(str, _several(value))
        if one not in _several(change.before.get(name))
    ]


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _value_of(mapping: FieldMapping, known: Mapping[str, Any], names: Names | None) -> Any:
    """The value of a field for one person who tries a name; the same that `mapping` gives later."""

    def fact(path: str) -> Any:
        column = column_of(path)
        chosen = _chosen(names, column)
        return chosen or known.get(column)

    match mapping.kind:
        case "value":
            return mapping.argument
        case "from":
            return fact(mapping.argument)
        case "template":
            parts = parse_template(mapping.argument)
            paths = [part.path for part in parts if part.path is not None]
            return fill_template(parts, [fact(path) for path in paths])
        case "call":  # pragma: no branch - there is no other
            chosen = {f"{NAMES}{part}": getattr(names, part, None) for part in NAME_PARTS}
            return call(mapping, {**known, **{path: it for path, it in chosen.items() if it}})


def _chosen(names: Names | None, column: str) -> Any:
    """What a name that is tried says of a column; nothing where it is about something else."""
    part = column.removeprefix(NAMES)
    return getattr(names, part) if names and part in NAME_PARTS and part != column else None


NAME_PARTS = (
    "local_part",
    "upn_local_part",
    "proxy_addresses",
    "login",
    "mail_nickname",
    "common_name",
    "display_name",
    "surname",
    "initials",
    "domain",
)
"""What `names.…` offers to a mapping."""
FROZEN_NAMES = (
    "local_part",
    "upn_local_part",
    "proxy_addresses",
    "login",
    "mail_nickname",
    "common_name",
)
"""Parts that are chosen once, at create; an update never sees them."""
