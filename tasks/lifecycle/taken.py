"""Names in use, and who uses them: held in columns, looked up in bulk for those who choose."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model.texts import as_texts

_MAIL: Final = "smtp:"


class Holders(Protocol):
    """Who stands behind the native ids of one reading."""

    def persons(self, refs: Sequence[str]) -> Sequence[str | None]:
        """The person of each, None for anybody or anything else."""
        ...

    def refs(self, persons: Sequence[str]) -> Sequence[str]:
        """The native ids of these persons; those without one are left out."""
        ...


class Themselves:
    """Holders that are noted by the id of the person."""

    def persons(self, refs: Sequence[str]) -> Sequence[str | None]:
        """The same."""
        return refs

    def refs(self, persons: Sequence[str]) -> Sequence[str]:
        """The same."""
        return persons


def plain_address(value: str) -> str:
    """A value without the prefix that tells a mail address in proxyAddresses."""
    return value[len(_MAIL) :] if value[: len(_MAIL)].lower() == _MAIL else value


@lru_cache(maxsize=100_000)
def key_of(value: str) -> str:
    """The form in which names are compared: without case and without `smtp:`."""
    return plain_address(value).casefold()


@dataclass(frozen=True, slots=True)
class Blind:
    """Where nobody can tell which names are in use, because a target could not be read.

    Attributes:
        spaces: Name space -> such a target that takes part in it.
        sharing: Such a target that is given the names we choose -> who is due an account there. A
            name that is chosen for one of them elsewhere is meant to be the same there.
    """

    spaces: Mapping[str, str] = field(default_factory=dict)
    sharing: Mapping[str, Container[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is not known."""
        return bool(self.spaces or self.sharing)

    def shared_by(self, person: str) -> str | None:
        """Such a target in which somebody has, or is to get, the same names."""
        return next((target for target, some in self.sharing.items() if person in some), None)


@dataclass(frozen=True, slots=True)
class _Column:
    """Values of one space as somebody read them, and the native ids of their holders."""

    values: Any
    refs: Any
    holders: Holders
    given: bool

    def rows(self, keys: Iterable[str]) -> Iterable[tuple[str, str | None]]:
        """Value and person, where the value is one of these."""
        return self._where(pc.is_in(self.values, pa.array(sorted(keys), self.values.type)))

    def of(self, persons: Sequence[str]) -> list[str]:
        """Values of these persons."""
        refs = pa.array(self.holders.refs(persons), self.refs.type)
        values: list[str] = self.values.filter(pc.is_in(self.refs, refs)).to_pylist()
        return values

    def _where(self, found: Any) -> Iterable[tuple[str, str | None]]:
        values = self.values.filter(found).to_pylist()
        if not values:  # as for most new names, and whose they are is the dear part
            return ()
        return zip(values, self.holders.persons(self.refs.filter(found).to_pylist()), strict=True)


class Taken:
    """Names in use, by space (such as `address` or `active_directory:login`), ignoring case.

    Args:
        spaces: Space -> value -> the person who holds it, None for anybody or anything else.
        blind: What is not known of them: a name there is free for whoever we gave it to, and for
            nobody else.

    Attributes:
        blind: As given.
    """

    __slots__ = ("_columns", "_given", "_held", "_looked_up", "_spaces", "blind")

    def __init__(
        self,
        spaces: Mapping[str, Mapping[str, str | None]] | None = None,
        *,
        blind: Blind | None = None,
    ) -> None:
        """Note what is held already."""
        self.blind = blind or Blind()
        self._given: dict[str | None, set[tuple[str, str]]] = {}
        self._spaces: dict[str, dict[str, str | None]] = {}
        self._held: dict[str, set[tuple[str, str]]] = {}
        self._columns: dict[str, list[_Column]] = {}
        self._looked_up: dict[str, set[str]] = {}
        for space, held in (spaces or {}).items():
            for value, holder in held.items():
                self.hold(space, value, holder)

    def hold(self, space: str, value: str, holder: str | None) -> None:
        """Note a name that is in use; held by two, it is free for neither of them.

        A person who stands among several holders does not own the name: the other one would
        collide with it.
        """
        held = self._spaces.setdefault(space, {})
        key = key_of(value)
        owner = held.get(key, holder)
        held[key] = holder if owner == holder else None
        if held[key] is not None:
            self._held.setdefault(held[key], set()).add((space, key))  # type: ignore[arg-type]
        elif owner is not None:
            self._held.get(owner, set()).discard((space, key))

    def hold_column(
        self,
        space: str,
        values: "pd.Series[str]",
        refs: "pd.Series[str]",
        holders: Holders | None = None,
        *,
        given: bool = False,
    ) -> None:
        """Note many names at once; they are looked at when somebody asks for one of them.

        Args:
            space: The name space.
            values: As they were read, whatever their case; missing ones are skipped.
            refs: Native id of who holds each, aligned to the values.
            holders: Who that is; left out, refs are ids of persons.
            given: Whether it is we who gave them these names.
        """
        there = (values.notna() & (values != "")).to_numpy(dtype=bool)
        texts = _folded(values[there]), as_texts(refs[there])
        column = _Column(*texts, holders or Themselves(), given)
        self._columns.setdefault(space, []).append(column)
        self._take_in(space, column, self._looked_up.get(space, ()))

    def look_up(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Fetch these names out of the columns in one go; asking for one at a time is slower.

        Args:
            wanted: (space, value) pairs.
        """
        missing: dict[str, set[str]] = {}
        for space, value in wanted:
            key = key_of(value)
            if space in self._columns and key not in self._looked_up.get(space, ()):
                missing.setdefault(space, set()).add(key)
        for space, keys in missing.items():
            for column in self._columns[space]:
                self._take_in(space, column, keys)
            self._looked_up.setdefault(space, set()).update(keys)

    def look_up_persons(self, persons: Sequence[str]) -> None:
        """Fetch what these persons hold."""
        for space, columns in self._columns.items():
            self.look_up([(space, value) for column in columns for value in column.of(persons)])

    def _take_in(self, space: str, column: _Column, keys: Iterable[str]) -> None:
        for value, person in column.rows(keys):
            self.hold(space, value, person)
            if column.given:
                self._given.setdefault(person, set()).add((space, key_of(value)))

    def held_in(self, spaces: Container[str], person: str) -> set[tuple[str, str]]:
        """What was looked up in these spaces and is theirs alone: space and key of each name."""
        return {one for one in self._held.get(person, ()) if one[0] in spaces}

    def holds(self, space: str, value: str, person: str) -> bool:
        """Whether the name is theirs alone."""
        return (space, key_of(value)) in self._held.get(person, ())

    def was_given_any(self, person: str) -> bool:
        """Whether we gave somebody any of what was looked up."""
        return bool(self._given.get(person))

    def is_given(self, space: str, value: str, person: str) -> bool:
        """Whether we gave somebody the name, and nobody else is known to hold it."""
        given = self._given.get(person, ())
        return (space, key_of(value)) in given and self.holds(space, value, person)

    def is_free(self, space: str, value: str, person: str) -> bool:
        """Whether nobody else holds the name; what cannot be known is not free."""
        key = key_of(value)
        if space in self._columns and key not in self._looked_up.get(space, ()):
            self.look_up([(space, value)])
        held = self._spaces.get(space, {})
        if space in self.blind.spaces:
            return self.is_given(space, value, person)
        return key not in held or held[key] == person

    def reserve(self, space: str, value: str, person: str) -> None:
        """Give a name to a person; giving it twice to the same one changes nothing.

        Raises:
            ValueError: Somebody else holds it.
        """
        if not self.is_free(space, value, person):
            message = f"{value!r} in {space} is not free for {person}"
            raise ValueError(message)
        self.hold(space, value, person)


def _folded(column: "pd.Series[str]") -> Any:
    """Values as `key_of` gives them; the few that are not ASCII one by one."""
    texts = as_texts(column)
    plain = pc.string_is_ascii(texts)
    if pc.all(plain).as_py():
        folded = pc.utf8_lower(texts)
    else:
        folded = pa.array([text.casefold() for text in texts.to_pylist()], texts.type)
    mail = pc.starts_with(folded, _MAIL)
    if pc.any(mail).as_py():
        folded = pc.if_else(mail, pc.utf8_slice_codeunits(folded, len(_MAIL)), folded)
    return folded
