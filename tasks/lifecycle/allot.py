"""Allotting names: free in every target at once, reserved over the whole plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, Final

import numpy as np

from connectors.model.receipt import Note
from tasks.lifecycle.claims import Claims, Uses
from tasks.lifecycle.columns import Column
from tasks.lifecycle.naming import SHOWN, NameOptions, Names, NoName, candidates
from tasks.lifecycle.order import paths_of
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.taken import Taken, key_of
from tasks.lifecycle.world import NAMES

LOOKS: Final = (2, 8, 32)
"""Candidates per person that are looked up together; the later ones only where none is free."""
_MORE: Final = 4
"""From one of them to the next."""


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
    uses = _UsesOf(takers, policies)
    choices = [_Choice(person, uses.of(person), facts(person), options) for person in persons]
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


class NotNow(NoName):
    """Nobody knows which names are free: a target that may hold them could not be read."""

    def __init__(self, target: str) -> None:
        """Say which."""
        super().__init__(
            f"{target} could not be read, so nobody knows which names are in use there; no new "
            "name is chosen until it can be read"
        )


class _UsesOf:
    """What the new accounts of a person use up; the same for all who take the same targets."""

    def __init__(
        self, takers: Mapping[str, frozenset[str]], policies: Mapping[str, TargetPolicy]
    ) -> None:
        self._takers, self._policies = takers, policies
        self._found: dict[tuple[str, ...], Uses] = {}

    def of(self, person: str) -> Uses:
        """Fields of the targets in which this person is new."""
        taken = tuple(name for name in self._policies if person in self._takers.get(name, ()))
        found = self._found.get(taken)
        if found is None:
            found = self._found[taken] = Uses({name: self._policies[name] for name in taken})
        return found


class _Choice:
    """What one person can choose from: candidates, each with what it would use up."""

    def __init__(
        self, person: str, uses: Uses, known: Mapping[str, Any], options: NameOptions
    ) -> None:
        """Nothing is tried yet."""
        self.person, self._uses = person, uses
        self._known = known
        self._tried: list[tuple[Names | None, Claims]] = []
        self._left: Iterator[Names | None] = iter((None,))
        self._unnamed: NoName | None = None
        self._made: dict[Any, list[str]] = {}
        if uses.named:
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
        shared = blind.shared_by(self.person) if self._uses.chosen else None
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
        keeps = taken.held_in(self._uses.spaces_of_names, self.person)
        found: tuple[Names | None, Claims] | None = None
        most = 0
        for place, (names, claims) in enumerate(self._each()):
            own = sum(taken.holds(space, value, self.person) for space, value in claims)
            if found is None or own > most:  # of no other one matters whether it is free
                if found is None and place in LOOKS:  # others took what was free at first
                    taken.look_up(self.claims(_MORE * place))
                if not all(taken.is_free(space, value, self.person) for space, value in claims):
                    continue
                given = blind is None or any(taken.is_given(*one, self.person) for one in claims)
                if not given:
                    continue
                found, most = (names, claims), own
            if most == len(claims) or keeps <= {(space, key_of(value)) for space, value in claims}:
                break  # no other one can be more of this person's
        if found is None:
            raise NoName(self._said(taken)) if blind is None else NotNow(blind)
        return found

    def _said(self, taken: Taken) -> str:
        if self._uses.named:
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
            made: dict[Any, list[str]] = {}
            claims = [
                claim
                for use in self._uses.fields
                for claim in use.claims(self._known, names, made if use.named else self._made)
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
