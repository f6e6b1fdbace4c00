"""What receipts mean for links and grants: drawn in memory, and written down as differences.

A statement per receipt costs more than a quick write. So what is known of everybody concerned is
read at once, every receipt draws its consequences there, and what came out different is written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Delete, Table, bindparam, delete, or_, select

from connectors.ledger.many import insert_rows
from connectors.ledger.names import let_go
from connectors.ledger.tables import grants as grants_table
from connectors.ledger.tables import links as links_table
from connectors.model.change import Change, Verb
from connectors.model.receipt import Outcome, Receipt

How = Literal["created", "correlated"]


class Link(NamedTuple):
    """An account that is somebody's.

    Attributes:
        ref: Native id.
        how: `created` or `correlated`.
        since: When it became theirs.
    """

    ref: str
    how: str
    since: datetime


Links = dict[str, Link]
"""By person."""
Grants = dict[str, dict[str, datetime]]
"""By person, then by native id of the permission: since when."""


def keep_books(
    connection: Connection, profile: str, settled: Sequence[tuple[Change, Receipt]]
) -> None:
    """Draw the consequences of receipts, in their order.

    Args:
        connection: A transaction.
        profile: Name of the profile.
        settled: Changes with what became of them; only what succeeded has consequences.
    """
    succeeded = [
        (change, receipt)
        for change, receipt in settled
        if receipt.outcome in {Outcome.DONE, Outcome.ALREADY}
    ]
    for target in sorted({change.target for change, _ in succeeded}):
        of_target = [pair for pair in succeeded if pair[0].target == target]
        book = _Book(connection, profile, target, of_target)
        for change, receipt in of_target:
            book.draw(change, receipt)
        book.write()


class _Book:
    """Links and grants of those whom some receipts of a target concern.

    Args:
        connection: A transaction.
        profile: Name of the profile.
        target: Name of the target.
        settled: The receipts that will be drawn.
    """

    def __init__(
        self,
        connection: Connection,
        profile: str,
        target: str,
        settled: Sequence[tuple[Change, Receipt]],
    ) -> None:
        """Read what is known."""
        self._connection, self._profile, self._target = connection, profile, target
        persons = {change.person for change, _ in settled}
        refs = {receipt.ref for _, receipt in settled if receipt.ref is not None}
        asked = {"of": profile, "at": target}
        held = connection.execute(_LINKS, asked | {"who": sorted(persons), "what": sorted(refs)})
        self._links: Links = {row.person: Link(row.ref, row.how, row.since) for row in held}
        concerned = sorted({*persons, *self._links})
        self._grants: Grants = {}
        for row in connection.execute(_GRANTS, asked | {"who": concerned}):
            self._grants.setdefault(row.person, {})[row.permission] = row.since
        self._owners = {link.ref: person for person, link in self._links.items()}
        self._links_before = dict(self._links)
        self._grants_before = {person: dict(some) for person, some in self._grants.items()}
        self._left: dict[str, datetime] = {}

    def draw(self, change: Change, receipt: Receipt) -> None:
        """What one receipt means."""
        match change.verb:
            case Verb.CREATE | Verb.RESTORE:
                self._link(change.person, receipt, how="created")
            case Verb.CORRELATE:
                self._link(change.person, receipt, how="correlated")
            case Verb.GRANT:
                granted = self._grants.setdefault(change.person, {})
                granted.setdefault(_permission(change), receipt.at)
            case Verb.REVOKE:
                self._grants.get(change.person, {}).pop(_permission(change), None)
            case Verb.DELETE | Verb.UNMANAGE:
                self._forget(change, receipt)
            case Verb.UPDATE | Verb.MOVE | Verb.ENABLE | Verb.DISABLE:
                self._follow(change.person, receipt)

    def write(self) -> None:
        """Write down what is different from what was read."""
        # An account whose id changed goes and comes: by then another one may have its old id.
        gone = self._links_before.items() - self._links.items()
        come = self._links.items() - self._links_before.items()
        before, now = _pairs(self._grants_before), _pairs(self._grants)
        self._remove(_FORGET_LINK, [{"who": who} for who, _ in gone])
        self._remove(_FORGET_GRANT, [{"who": who, "what": it} for who, it in before.keys() - now])
        self._add(links_table, [{"person": who, **link._asdict()} for who, link in sorted(come)])
        granted = sorted(now.keys() - before.keys())
        self._add(
            grants_table,
            [{"person": who, "permission": it, "since": now[who, it]} for who, it in granted],
        )
        for person, at in self._left.items():
            let_go(self._connection, self._profile, person, at)

    def _link(self, person: str, receipt: Receipt, *, how: How) -> None:
        if receipt.ref is None:  # the audit line says so
            return
        held = self._links.get(person)
        if held is not None and held.ref == receipt.ref:
            return
        if held is not None:  # what we granted was granted to that other account
            self._grants.pop(person, None)
        self._take(person, Link(receipt.ref, how, receipt.at))

    def _forget(self, change: Change, receipt: Receipt) -> None:
        """An account with all we granted to it, or the one grant that the change names."""
        if "permission" in change.before:
            self._grants.get(change.person, {}).pop(_permission(change), None)
            return
        self._grants.pop(change.person, None)
        self._lose(change.person)
        self._left[change.person] = receipt.at

    def _follow(self, person: str, receipt: Receipt) -> None:
        # A renamed account can get another id (AFAS: the user code). It is the same account.
        held = self._links.get(person)
        if receipt.ref is not None and held is not None and held.ref != receipt.ref:
            self._take(person, held._replace(ref=receipt.ref))

    def _take(self, person: str, link: Link) -> None:
        """One account, one person: whoever had it before has it no longer.

        What we granted to it goes along: the next plan takes back what its new owner is not due.
        Forgotten, it would stay for ever.
        """
        other = self._owners.get(link.ref)
        if other is not None and other != person:
            self._lose(other)
            granted = self._grants.setdefault(person, {})
            for permission, since in self._grants.pop(other, {}).items():
                granted.setdefault(permission, since)
        self._lose(person)
        self._links[person], self._owners[link.ref] = link, person

    def _lose(self, person: str) -> None:
        link = self._links.pop(person, None)
        if link is not None:
            del self._owners[link.ref]

    def _remove(self, statement: Delete, rows: Sequence[dict[str, str]]) -> None:
        if rows:
            place = {"of": self._profile, "at": self._target}
            self._connection.execute(statement, [place | row for row in rows])

    def _add(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        place = {"profile": self._profile, "target": self._target}
        insert_rows(self._connection, table, [place | row for row in rows])


def _pairs(grants: Grants) -> dict[tuple[str, str], datetime]:
    return {
        (person, permission): since
        for person, some in grants.items()
        for permission, since in some.items()
    }


def _of_target(table: Table) -> ColumnElement[bool]:
    return (table.c.profile == bindparam("of")) & (table.c.target == bindparam("at"))


_WHO: Final[Any] = bindparam("who", expanding=True)
_LINKS: Final = select(
    links_table.c.person, links_table.c.ref, links_table.c.how, links_table.c.since
).where(
    _of_target(links_table),
    or_(
        links_table.c.person.in_(_WHO),
        links_table.c.ref.in_(bindparam("what", expanding=True)),
    ),
)
_GRANTS: Final = select(
    grants_table.c.person, grants_table.c.permission, grants_table.c.since
).where(_of_target(grants_table), grants_table.c.person.in_(_WHO))
_FORGET_LINK: Final = delete(links_table).where(
    _of_target(links_table), links_table.c.person == bindparam("who")
)
_FORGET_GRANT: Final = delete(grants_table).where(
    _of_target(grants_table),
    grants_table.c.person == bindparam("who"),
    grants_table.c.permission == bindparam("what"),
)


def _permission(change: Change) -> str:
    return str({**change.before, **change.after}["permission"])
