"""Whose account is whose, and what we granted: kept from receipts, and from nothing else."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Connection, FromClause, Table, bindparam, delete, or_, select, update

from connectors.ledger.names import let_go
from connectors.ledger.store import Store
from connectors.ledger.tables import grants as grants_table
from connectors.ledger.tables import links as links_table
from connectors.model.change import Change, Verb
from connectors.model.receipt import Outcome, Receipt

SECONDS: Final = len("2026-11-23T09:30:00")
FRACTION: Final = len(".000000")
"""How an instant is stored: see `tables.stamp`."""

How = Literal["created", "correlated"]


class Links(Store):
    """The part of the ledger that knows links and grants."""

    def links(self, profile: str) -> pd.DataFrame:
        """Which account belongs to whom.

        Returns:
            Columns `target`, `person`, `ref` (native id), `how` (`created` or `correlated`),
            `since` (ISO 8601, UTC), all str. Sorted by and unique in `target`, `person`; also
            unique in `target`, `ref`. RangeIndex.
        """
        return self._frame(links_table, profile, by=["target", "person"])

    def grants(self, profile: str) -> pd.DataFrame:
        """What we granted, and may therefore take back.

        Returns:
            Columns `target`, `person`, `permission` (native id), `since` (ISO 8601, UTC), all str.
            Sorted by and unique in the first three. RangeIndex.
        """
        return self._frame(grants_table, profile, by=["target", "person", "permission"])

    def _frame(self, table: Table, profile: str, *, by: list[str]) -> pd.DataFrame:
        columns = [column for column in table.columns if column.name != "profile"]
        statement = select(*columns).where(table.c.profile == profile)
        frame = self._texts(statement, by=[table.c[name] for name in by])
        # As it is stored, less the microseconds: nothing here is worth half a million dates.
        since = frame["since"].str
        return frame.assign(since=since.slice(0, SECONDS) + since.slice(SECONDS + FRACTION))

    def _keep_books(
        self, connection: Connection, profile: str, settled: Sequence[tuple[Change, Receipt]]
    ) -> None:
        """Draw the consequences of receipts, in their order."""
        for change, receipt in settled:
            if receipt.outcome not in {Outcome.DONE, Outcome.ALREADY}:
                continue
            key = {"of": profile, "at": change.target, "who": change.person}
            match change.verb:
                case Verb.CREATE | Verb.RESTORE:
                    self._link(connection, key, receipt, how="created")
                case Verb.CORRELATE:
                    self._link(connection, key, receipt, how="correlated")
                case Verb.GRANT:
                    permission = {"what": _permission(change)}
                    if connection.scalar(_GRANTED, key | permission) is None:
                        granted = {"permission": permission["what"], "since": receipt.at}
                        connection.execute(grants_table.insert(), _row(key) | granted)
                case Verb.REVOKE:
                    connection.execute(_FORGET_GRANT, key | {"what": _permission(change)})
                case Verb.DELETE | Verb.UNMANAGE:
                    self._forget(connection, key, change, receipt)
                case Verb.UPDATE | Verb.MOVE | Verb.ENABLE | Verb.DISABLE:
                    self._follow(connection, key, receipt)

    def _link(
        self, connection: Connection, key: dict[str, str], receipt: Receipt, *, how: How
    ) -> None:
        if receipt.ref is None:  # the audit line says so
            return
        held, others = self._holders(connection, key, receipt.ref)
        if held == receipt.ref:
            return
        if held is not None:  # what we granted was granted to that other account
            connection.execute(_FORGET_GRANTS, key)
            connection.execute(_FORGET_LINK, key)
        self._hand_over(connection, key, others)
        linked = _row(key) | {"ref": receipt.ref, "how": how, "since": receipt.at}
        connection.execute(links_table.insert(), linked)

    def _forget(
        self, connection: Connection, key: dict[str, str], change: Change, receipt: Receipt
    ) -> None:
        """An account with all we granted to it, or the one grant that the change names."""
        if "permission" in change.before:
            connection.execute(_FORGET_GRANT, key | {"what": _permission(change)})
            return
        connection.execute(_FORGET_GRANTS, key)
        connection.execute(_FORGET_LINK, key)
        let_go(connection, key["of"], change.person, receipt.at)

    def _follow(self, connection: Connection, key: dict[str, str], receipt: Receipt) -> None:
        # A renamed account can get another id (AFAS: the user code). It is the same account.
        if receipt.ref is None:
            return
        held, others = self._holders(connection, key, receipt.ref)
        if held is not None and held != receipt.ref:
            self._hand_over(connection, key, others)
            connection.execute(_FOLLOW, key | {"to": receipt.ref})

    def _holders(
        self, connection: Connection, key: dict[str, str], ref: str
    ) -> tuple[str | None, list[str]]:
        """The account this person holds, and the other persons (one at most) who hold that one."""
        held: str | None = None
        others: list[str] = []
        for link in connection.execute(_HOLDERS, key | {"to": ref}):
            if link.person == key["who"]:
                held = link.ref
            else:
                others.append(link.person)
        return held, others

    def _hand_over(
        self, connection: Connection, key: dict[str, str], previous: Sequence[str]
    ) -> None:
        # One account, one person. What we granted to it goes along: the next plan takes back what
        # its new owner is not due. Forgotten, it would stay for ever.
        for person in previous:
            connection.execute(_HAND_GRANTS_OVER, key | {"previous": person})
            connection.execute(_FORGET_GRANTS, key | {"who": person})
            connection.execute(_FORGET_LINK, key | {"who": person})


def _row(key: dict[str, str]) -> dict[str, Any]:
    return {"profile": key["of"], "target": key["at"], "person": key["who"]}


def _permission(change: Change) -> str:
    return str({**change.before, **change.after}["permission"])


def _of_person(table: FromClause) -> Any:
    return (
        (table.c.profile == bindparam("of"))
        & (table.c.target == bindparam("at"))
        & (table.c.person == bindparam("who"))
    )


_HOLDERS = select(links_table.c.person, links_table.c.ref).where(
    links_table.c.profile == bindparam("of"),
    links_table.c.target == bindparam("at"),
    or_(links_table.c.person == bindparam("who"), links_table.c.ref == bindparam("to")),
)
_FOLLOW = update(links_table).where(_of_person(links_table)).values(ref=bindparam("to"))
_FORGET_LINK = delete(links_table).where(_of_person(links_table))
_FORGET_GRANTS = delete(grants_table).where(_of_person(grants_table))
_GRANTED = select(grants_table.c.since).where(
    _of_person(grants_table), grants_table.c.permission == bindparam("what")
)
_FORGET_GRANT = _FORGET_GRANTS.where(grants_table.c.permission == bindparam("what"))
_has_it = grants_table.alias("has_it")
_HAND_GRANTS_OVER = (
    update(grants_table)
    .where(
        grants_table.c.profile == bindparam("of"),
        grants_table.c.target == bindparam("at"),
        grants_table.c.person == bindparam("previous"),
        grants_table.c.permission.not_in(select(_has_it.c.permission).where(_of_person(_has_it))),
    )
    .values(person=bindparam("who"))
)
