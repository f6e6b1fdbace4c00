"""Names that were given away, and what HR called the people who got them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import pandas as pd
from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, update

from connectors.ledger.many import insert_rows
from connectors.ledger.store import Store
from connectors.ledger.tables import audit_head
from connectors.ledger.tables import called as called_table
from connectors.ledger.tables import links as links_table
from connectors.ledger.tables import names as names_table
from connectors.model.manifest import ADDRESS
from connectors.sdk.clock import now

AT_ONCE: Final = 300
"""Names per query; both databases take so many values in one."""

_held = links_table.alias("held")
_LET_GO = (
    update(names_table)
    .where(
        names_table.c.profile == bindparam("of"),
        names_table.c.person == bindparam("who"),
        ~select(_held.c.person)
        .where(_held.c.profile == bindparam("of"), _held.c.person == bindparam("who"))
        .exists(),
    )
    .values(since=bindparam("when"))
)


class Name(NamedTuple):
    """A name that somebody is given.

    Attributes:
        space: Name space, such as `address` or `active_directory:login`.
        value: The name, whatever its case.
        person: Who gets it.
    """

    space: str
    value: str
    person: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Names that are reserved in the transaction that announces what gives them away.

    Attributes:
        names: Of any number of persons.
        refused: Told those that somebody else holds, when the transaction is over.
        unused_since: As in `GivenNames.names`.
    """

    names: Sequence[Name]
    refused: Callable[[Sequence[Name]], None]
    unused_since: datetime | None = None

    def of(self, person: str) -> "Claimed":
        """Those of one person."""
        return replace(self, names=[name for name in self.names if name.person == person])

    def reserve(self, connection: Connection, profile: str) -> list[Name]:
        """Reserve them; returns those that are refused."""
        if not self.names:
            return []
        return reserve(connection, profile, self.names, now(), self.unused_since)


class GivenNames(Store):
    """The part of the ledger that knows names.

    A name belongs to the person it was given to, also when the account never came to be or is gone:
    mail to a leaver must not reach a namesake. Addresses are one space for all profiles of a
    ledger, other names are a profile's own; the same HR id in two profiles is the same person.
    """

    def names(self, profile: str, *, unused_since: datetime | None = None) -> pd.DataFrame:
        """What was given away and may not be given to anybody else.

        Args:
            profile: Name of the profile; addresses of other profiles are there too.
            unused_since: Leave out names of people who have no account of ours and lost their last
                one before this instant; None leaves out nothing.

        Returns:
            Columns `space`, `value` (casefolded), `person` (str), in no order; a name may stand
            there twice, for two profiles. RangeIndex.
        """
        table = names_table
        statement = select(table.c.space, table.c.value, table.c.person).where(
            or_(table.c.profile == profile, table.c.space == ADDRESS)
        )
        if unused_since is not None:
            statement = statement.where(~_is_unused(unused_since))
        return self._texts(statement)

    def release_names(self, profile: str, person: str) -> int:
        """Give a person's names free; returns how many there were."""
        statement = delete(names_table).where(
            names_table.c.profile == profile, names_table.c.person == person
        )
        with self._writing() as connection:
            return connection.execute(statement).rowcount

    def called(self, profile: str) -> dict[str, str]:
        """What HR called people when they got the names they have: person -> fingerprint."""
        statement = select(called_table.c.person, called_table.c.name)
        noted = self._texts(statement.where(called_table.c.profile == profile))
        return dict(zip(noted["person"].tolist(), noted["name"].tolist(), strict=True))

    def note_called(self, profile: str, names: Mapping[str, str], at: datetime) -> None:
        """Note what HR calls people, over what was noted before.

        Args:
            profile: Name of the profile.
            names: Person -> fingerprint.
            at: When, with offset.
        """
        rows = [
            {"profile": profile, "person": person, "name": name, "since": at}
            for person, name in sorted(names.items())
        ]
        if rows:
            with self._writing() as connection:
                connection.execute(self._upsert(called_table), rows)


def reserve(
    connection: Connection,
    profile: str,
    names: Collection[Name],
    at: datetime,
    unused_since: datetime | None,
) -> list[Name]:
    """Give names away, each to the first who asks; what is refused is not given to anybody.

    All names of a person are given, or none of them. Giving a person a name that is theirs already
    changes nothing.

    Args:
        connection: A transaction, which holds SQLite from its beginning.
        profile: Name of the profile.
        names: Of any number of persons.
        at: When, with offset.
        unused_since: As in `GivenNames.names`: what is left out there is given to whoever asks.

    Returns:
        The names that somebody else holds, as they were asked for.
    """
    wanted = [name._replace(value=name.value.casefold()) for name in names]
    holders = _holders(connection, profile, wanted)
    if set(wanted) <= _own(holders, profile):
        return []  # as after every reservation but the first
    if connection.dialect.name == "postgresql":
        # One at a time, as on SQLite: what is not there yet cannot be locked.
        connection.execute(select(audit_head.c.chain).with_for_update())
        holders = _holders(connection, profile, wanted)
    if unused_since is not None and holders:
        for space, values in _by_space(wanted):
            unused = delete(names_table).where(
                names_table.c.space == space,
                names_table.c.value.in_(values),
                _is_unused(unused_since),
            )
            ours = names_table.c.profile == profile
            connection.execute(unused if space == ADDRESS else unused.where(ours))
        holders = _holders(connection, profile, wanted)
    given, refused = _first_come(wanted, holders)
    rows = [
        {"profile": profile, "space": space, "value": value, "person": person, "since": at}
        for space, value, person in sorted(given - _own(holders, profile))
    ]
    insert_rows(connection, names_table, rows)
    return [name for name, key in zip(names, wanted, strict=True) if key in refused]


def let_go(connection: Connection, profile: str, person: str, at: datetime) -> None:
    """Note that somebody lost an account: from their last one on, the days of reuse count."""
    connection.execute(_LET_GO, {"of": profile, "who": person, "when": at})


class _Holder(NamedTuple):
    """A row of the table."""

    profile: str
    space: str
    value: str
    person: str


def _is_unused(since: datetime) -> ColumnElement[bool]:
    """Whether a name's person has no account, and lost the last one before an instant."""
    link = links_table.alias("link")
    linked = select(link.c.person).where(
        link.c.profile == names_table.c.profile, link.c.person == names_table.c.person
    )
    return (names_table.c.since < since) & ~linked.exists()


def _by_space(names: Sequence[Name]) -> Iterator[tuple[str, list[str]]]:
    """Values by space, as many as a query takes."""
    spaces: dict[str, dict[str, None]] = {}
    for name in names:
        spaces.setdefault(name.space, {})[name.value] = None
    for space, values in spaces.items():
        every = list(values)
        for start in range(0, len(every), AT_ONCE):
            yield space, every[start : start + AT_ONCE]


_ASKED: Final = select(*(names_table.c[column] for column in _Holder._fields)).where(
    names_table.c.space == bindparam("in"),
    names_table.c.value.in_(bindparam("names", expanding=True)),
)
_ASKED_HERE: Final = _ASKED.where(names_table.c.profile == bindparam("of"))


def _holders(connection: Connection, profile: str, names: Sequence[Name]) -> list[_Holder]:
    """Every row that speaks about one of these names."""
    found: list[_Holder] = []
    for space, values in _by_space(names):
        asked: dict[str, Any] = {"in": space, "names": values}
        if space == ADDRESS:
            rows = connection.execute(_ASKED, asked)
        else:
            rows = connection.execute(_ASKED_HERE, asked | {"of": profile})
        found += (_Holder(*row) for row in rows)
    return found


def _own(holders: Sequence[_Holder], profile: str) -> set[Name]:
    """What is noted in this profile already."""
    return {Name(*holder[1:]) for holder in holders if holder.profile == profile}


def _first_come(wanted: Sequence[Name], holders: Sequence[_Holder]) -> tuple[set[Name], set[Name]]:
    """Who gets all they ask for, and what somebody else holds."""
    taken: dict[tuple[str, str], set[str]] = {}
    for holder in holders:
        taken.setdefault((holder.space, holder.value), set()).add(holder.person)
    asked: dict[str, list[Name]] = {}
    for name in wanted:
        asked.setdefault(name.person, []).append(name)
    given: set[Name] = set()
    refused: set[Name] = set()
    for person, names in asked.items():
        lost = [name for name in names if taken.get((name.space, name.value), set()) - {person}]
        refused.update(lost)
        if not lost:
            given.update(names)
            for name in names:
                taken.setdefault((name.space, name.value), set()).add(person)
    return given, refused
