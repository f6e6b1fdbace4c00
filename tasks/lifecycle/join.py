"""Several sources as one import: the first is HR, the further ones fill in and may add people.

A person of a further source is the one of the first that holds the same immutable key; nothing is
guessed from names or addresses, and who is matched twice is blocked. What the first source says
stands: a further one fills what is empty, and where it says something else that is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from connectors.model.errors import ConfigError
from connectors.model.people import BLOCKED_TEXT, INVALID, NO_CONTRACT, PERSON_FLAGS, People
from connectors.model.receipt import Note
from connectors.model.texts import TEXT_DTYPE, is_among, places_in
from tasks.lifecycle.guard_objection import plural

KEY: Final = "external_id"
QUOTED: Final = frozenset({"family_name", "given_name", "nick_name", "work_email", "display_name"})
"""Fields whose values a note may quote: others may be private."""
MOST_NOTES: Final = 20
"""Persons of whom each gets a note about one field of one source; of more, there is one in all."""
NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """A source beside the first one, and how it is joined.

    Attributes:
        name: Of the source; contracts get ids `NAME:ID`.
        people: What it holds.
        key: Its field that says who somebody is.
        matches: The field of the first source that holds the same.
        adds: Whether persons whom the first source does not know come in as persons of their own.
        owns: Fields of a person in which it counts more than the sources before it.
        takes: The only fields of a person that are taken from it; None for all.
    """

    name: str
    people: People
    key: str = KEY
    matches: str = KEY
    adds: bool = False
    owns: frozenset[str] = frozenset()
    takes: frozenset[str] | None = None

    def id(self, external_id: "pd.Series[str]") -> "pd.Series[str]":
        """Ids of this source in a space of their own."""
        return f"{self.name}:" + external_id


def join_people(first: People, others: Sequence[Further]) -> People:
    """One import of several.

    * A person whom both know keeps the id of the first source. Empty fields are filled; one that is
      filled is only replaced by a source that owns it. Marks (`excluded`, `blocked`) add up.
    * Contracts are appended under ids `NAME:ID`, those of added persons too.
    * An added person is called by the key, where there is one, and else `NAME:ID`.
    * A key that stands at several persons on either side: all of them are blocked.
    * Whom a further source holds but cannot read (blocked there as invalid), is blocked.
    * Departments of one id are one department; the first source that says something counts.

    Args:
        first: HR.
        others: The further sources, in order: an earlier one counts more.

    Returns:
        The import of everybody, with `sources` and `notes`. For no others, `first` itself.

    Raises:
        ConfigError: A key does not exist in the import, or a source would add a person under an id
            that another one has.
    """
    for further in others:
        first = _Join(first, further).people()
    return first


class _Join:
    """One further source beside what is there already.

    Attributes:
        match: Per person of the further source the position in the first, -1 for none.
        ids: Per person of the further source the id in the import, missing for who is not in it.
        unclear: Keys that stand at several persons on either side.
    """

    def __init__(self, first: People, further: Further) -> None:
        self.first, self.further, self.other = first, further, further.people
        self.here = _key_of(first, further.matches, "matches", further)
        self.there = _key_of(self.other, further.key, "key", further)
        twice = pd.concat([keys[keys.duplicated()] for keys in (self.here, self.there)]).dropna()
        self.unclear = twice[is_among(twice, self.there)].drop_duplicates()
        self.match = np.where(
            is_among(self.there, self.unclear), -1, places_in(self.there, self.here)
        )
        self.ids = self._ids()

    def _ids(self) -> "pd.Series[str]":
        ids = pd.Series(self.first.persons[KEY].array.take(self.match, allow_fill=True))
        if not self.further.adds:
            return ids
        own = self.further.id(self.other.persons[KEY])
        taken = own[self.there.isna() & is_among(own, self.first.persons[KEY])]
        if not taken.empty:
            message = f"two persons would be called {taken.iloc[0]}: give the source another name"
            raise ConfigError(message, key=f"sources.{self.further.name}")
        frozen = pd.concat([self.unclear, _invalid(self.first)])
        return ids.fillna(self.there.fillna(own)).mask(is_among(self.there, frozen))

    def people(self) -> People:
        """Both as one import."""
        first, other, further = self.first, self.other, self.further
        filled, notes = self._filled()
        added = other.persons.assign(**{KEY: self.ids})[(self.match < 0) & self.ids.notna()]
        persons = pd.concat([filled, added], ignore_index=True)
        contracts = pd.concat([first.contracts, self._contracts()], ignore_index=True)
        blocked = self._blocked(persons[KEY])
        invalid = blocked.loc[blocked["code"] == INVALID, KEY]
        departments, of_departments = self._departments()
        return People(
            persons=persons[~is_among(persons[KEY], invalid)],
            contracts=contracts[~is_among(contracts["person_id"], invalid)],
            departments=departments,
            blocked=blocked,
            taken_at=min(first.taken_at, other.taken_at),
            keys={
                **first.keys,
                f"person of {further.name}": f"{other.keys.get('person', KEY)}, "
                f"{further.key} is {further.matches}",
                f"contract of {further.name}": other.keys.get("contract", KEY),
            },
            sources={**first.sources, further.name: len(other)},
            notes=[*first.notes, *notes, *of_departments, *self._strangers()],
        )

    def _filled(self) -> tuple[pd.DataFrame, list[Note]]:
        """The persons there were, with what the further source says of them."""
        persons, further = self.first.persons, self.further
        rows = np.full(len(persons), -1, dtype=np.intp)
        matched = np.flatnonzero(self.match >= 0)
        rows[self.match[matched]] = matched
        fields = [
            name
            for name in self.other.persons.columns
            if name not in {KEY, further.matches}
            and (further.takes is None or name in further.takes)
        ]
        columns: dict[str, pd.Series[Any]] = {}
        notes: list[Note] = []
        for name in fields:
            said = self.other.persons[name]
            if name in PERSON_FLAGS:
                columns[name] = persons[name] | np.append(said.to_numpy(), [False])[rows]
                continue
            given = pd.Series(said.array.take(rows, allow_fill=True))
            held = _column(persons, name)
            columns[name], differs = _settled(held, given, owned=name in further.owns)
            notes += self._conflicts(name, persons[KEY][differs], held[differs], given[differs])
        return persons.assign(**columns), notes

    def _contracts(self) -> pd.DataFrame:
        """Their contracts, as contracts of the persons they are in the import."""
        theirs = self.other.contracts
        owner = self._renamed(theirs["person_id"])
        named = theirs["manager_id"]
        return theirs.assign(
            external_id=self.further.id(theirs[KEY]),
            person_id=owner,
            manager_id=self._renamed(named).fillna(named)
            if self._one_space
            else self._renamed(named),
        )[owner.notna()]

    @property
    def _one_space(self) -> bool:
        """Whether both sides call the same person by the same `external_id`."""
        return self.further.key == self.further.matches == KEY

    def _renamed(self, persons: "pd.Series[str]") -> "pd.Series[str]":
        """Ids of their persons as the import has them."""
        rows = places_in(persons, self.other.persons[KEY])
        return pd.Series(self.ids.array.take(rows, allow_fill=True), index=persons.index)

    def _departments(self) -> tuple[pd.DataFrame, list[Note]]:
        ours, theirs = self.first.departments, self.other.departments
        named = theirs["manager_id"]
        theirs = theirs.assign(
            manager_id=self._renamed(named).fillna(named)
            if self._one_space
            else self._renamed(named)
        )
        rows = places_in(ours[KEY], theirs[KEY])
        columns: dict[str, pd.Series[Any]] = {}
        notes: list[Note] = []
        for name in theirs.columns.drop(KEY):
            given = pd.Series(theirs[name].array.take(rows, allow_fill=True))
            held = _column(ours, name)
            columns[name], differs = _settled(held, given, owned=False)
            if differs.any():
                notes.append(
                    self._note(
                        f"{self.further.name} says another {name} of {_some(ours[KEY][differs])}"
                        " than the sources before it, which count",
                        code="conflict",
                    )
                )
        new = theirs[~is_among(theirs[KEY], ours[KEY])]
        return pd.concat([ours.assign(**columns), new], ignore_index=True), notes

    def _blocked(self, present: "pd.Series[str]") -> pd.DataFrame:
        """Who is left out: those of the first, those of the further source, and who is unclear.

        Whom one source knows without a contract and another one with some, is there.
        """
        ours, theirs = self.first.blocked, self.other.blocked
        ids = theirs[KEY] if self._one_space else self.further.id(theirs[KEY])
        known = is_among(ids, pd.concat([present, ours[KEY]]))
        invalid = theirs["code"] == INVALID
        told = (invalid & known) | (~known & self.further.adds)
        left_out = theirs.assign(
            external_id=ids, reason=f"{self.further.name}: " + theirs["reason"]
        )
        ours = ours[~((ours["code"] == NO_CONTRACT) & is_among(ours[KEY], present))]
        return pd.concat([ours, left_out[told], self._unclear()], ignore_index=True)

    def _unclear(self) -> pd.DataFrame:
        rows = [
            (who, INVALID, f"{self.further.name}: more than one person has the {what}; see {whom}")
            for key in self.unclear
            for what, whom, whose in [self._holders(key)]
            for who in whose
        ]
        return pd.DataFrame(rows, columns=list(BLOCKED_TEXT)).astype(TEXT_DTYPE)

    def _holders(self, key: str) -> tuple[str, str, list[str]]:
        """Words for a key of several persons, those who have it there, and whom that blocks."""
        here = self.first.persons.loc[self.here == key, KEY].tolist()
        there = self.other.persons.loc[self.there == key, KEY]
        blocks = here or ([key] if self.further.adds else [])
        return f"{self.further.key} {key}", _some(there), blocks

    def _conflicts(
        self,
        field: str,
        persons: "pd.Series[str]",
        held: "pd.Series[str]",
        given: "pd.Series[str]",
    ) -> list[Note]:
        """What is told of persons of whom both say something, and not the same."""
        name = self.further.name
        counts = f"{name} counts" if field in self.further.owns else "they count"
        said = f"{name} says another {field} than the sources before it"
        if len(persons) > MOST_NOTES:
            which = f"of {plural(len(persons), 'person')}, {_some(persons)}"
            return [self._note(f"{said} {which}; {counts}", code="conflict")]
        return [
            self._note(
                f"{said} ({new}, not {old}); {counts}" if field in QUOTED else f"{said}; {counts}",
                code="conflict",
                person=person,
            )
            for person, old, new in zip(persons, held, given, strict=True)
        ]

    def _strangers(self) -> list[Note]:
        """What is told of those whom nobody else knows, where none are added."""
        if self.further.adds:
            return []
        unmatched = (self.match < 0) & ~is_among(self.there, self.unclear)
        if self.further.matches == KEY:
            unmatched &= ~is_among(self.there, self.first.blocked[KEY])
        blocked = self.other.blocked
        unread = blocked.loc[blocked["code"] == INVALID, KEY]
        if self._one_space:
            unread = unread[:0]  # whoever of them is known is blocked under the same id
        found = {
            "whom the sources before it do not know; they are left out": self.other.persons.loc[
                unmatched, KEY
            ],
            "whose record cannot be read; what it says is not known": unread,
        }
        return [
            self._note(
                f"{self.further.name} holds {plural(len(whom), 'person')} {what}: {_some(whom)}",
                code="stranger",
            )
            for what, whom in found.items()
            if len(whom)
        ]

    @staticmethod
    def _note(reason: str, *, code: str, person: str = "") -> Note:
        return Note(target="", person=person, code=code, reason=reason)


def _key_of(people: People, field: str, option: str, further: Further) -> "pd.Series[str]":
    if field not in people.persons:
        where = f"{further.name} has" if option == "key" else "the sources before it have"
        message = f"{where} no {field}: nobody could be told from anybody else"
        raise ConfigError(message, key=f"sources.{further.name}.{option}")
    return people.persons[field]


def _settled(
    held: "pd.Series[Any]", given: "pd.Series[Any]", *, owned: bool
) -> "tuple[pd.Series[Any], pd.Series[bool]]":
    """What counts of two columns, and where both say something and not the same."""
    differs = held.notna() & given.notna() & (held != given)
    return (given.fillna(held) if owned else held.fillna(given)), differs


def _invalid(people: People) -> "pd.Series[str]":
    blocked = people.blocked
    return blocked.loc[blocked["code"] == INVALID, KEY]


def _column(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    if name in frame:
        return frame[name]
    return pd.Series(None, index=frame.index, dtype=TEXT_DTYPE)


def _some(texts: "pd.Series[str]") -> str:
    """The first few of several, in words."""
    named = ", ".join(texts.head(NAMED))
    return f"{named} and {len(texts) - NAMED} more" if len(texts) > NAMED else named
