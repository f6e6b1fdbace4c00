"""Transactions on the ledger's database: what the parts of the ledger have in common."""

import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

import pandas as pd
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    collate,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoResultFound,
    OperationalError,
)

from connectors.ledger.engine import READING, address, way_out
from connectors.model.errors import Unreachable
from connectors.sdk.understood import STUMBLES, place_of

AWAY: Final = (OperationalError, InterfaceError, InternalError)
"""Errors of a database that is not there, or not itself."""
UNREADABLE: Final = (*STUMBLES, zlib.error, NoResultFound)
"""What code raises over a value, or a missing row, that no Retour can have left there."""
_KINDS: Final[tuple[tuple[type[Any], type], ...]] = (
    (String, str), (Boolean, bool), (Integer, int), (LargeBinary, bytes),
)  # fmt: skip
"""Kind of a column -> what a value of it is."""
WITHOUT_IT: Final = "Nothing is written without it; the next run settles what is in doubt."


def require_sound(row: Row[Any], table: Table) -> None:
    """Make sure that a row holds what a row of that table can hold: SQLite takes anything.

    Raises:
        ValueError: A cell is empty that never is, or of another kind; which one, not what it holds.
    """
    for name, value in row._mapping.items():
        column = table.c.get(name)
        if column is not None and not _can_be(value, column):
            message = f"{table.name}.{name} is of another kind"
            raise ValueError(message)


def _can_be(value: object, column: Column[Any]) -> bool:
    if value is None:
        return bool(column.nullable)
    kinds = [kind for stored, kind in _KINDS if isinstance(column.type, stored)]
    return not kinds or isinstance(value, kinds[0])


class Store:
    """A database and how to talk to it. Safe to share between threads.

    Args:
        engine: From `engine_for`, its schema up to date.

    Attributes:
        private: Target -> fields whose values the audit trail leaves out.
    """

    def __init__(self, engine: Engine) -> None:
        """Make a second face of the engine for reading: a stable view on either database."""
        self._engine = engine
        self.private: Mapping[str, frozenset[str]] = {}
        options: dict[str, Any] = {READING: True}
        if engine.dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"  # as SQLite has it anyway
        self._reading_engine = engine.execution_options(**options)
        # SQLite has one writer at a time. Threads that queue here take turns; without it they would
        # poll the file, and an unlucky one could time out.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    @property
    def address(self) -> str:
        """Where the ledger is, for messages; without password."""
        return address(self._engine)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger throughout."""
        with (
            self._answering(),
            self._making_sense(),
            self._reading_engine.begin() as connection,
        ):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction: durable as a whole when the block ends, or not there at all."""
        with self._turn, self._answering(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            # Plain DatabaseError is a file that is damaged; the others are about what was asked.
            if not isinstance(error, AWAY) and type(error) is not DatabaseError:
                raise
            reason = str(error.orig).strip().partition("\n")[0]
            raise Unreachable(
                f"{self.address} does not answer: {reason}",
                system="ledger",
                hint=f"{way_out(reason)} {WITHOUT_IT}".lstrip(),
            ) from error

    @contextmanager
    def _making_sense(self) -> Iterator[None]:
        """What is read is what was written; what code stumbles over was changed by somebody else.

        Raises:
            Unreachable: It was. What stands there is not quoted: it may be about a person.
        """
        try:
            yield
        except UNREADABLE as error:
            kind, place = type(error).__name__, place_of(error)
            raise Unreachable(
                f"{self.address} holds something that Retour has not written ({kind} at {place})",
                system="ledger",
                hint=f"It is damaged, or was changed by hand: put back a copy of it. {WITHOUT_IT}",
            ) from None

    def _texts(self, statement: Select[Any], *, by: Sequence[Column[Any]] = ()) -> pd.DataFrame:
        """Rows of text as columns of type str; what is not text stands there as it is stored.

        Args:
            statement: A query that gives nothing but text, and no NULL.
            by: Columns to sort by, the way Python does: databases differ in the order of text.
        """
        plain = "C" if self._engine.dialect.name == "postgresql" else "BINARY"
        ordered = statement.order_by(*(collate(column, plain) for column in by))
        with self._reading() as connection:
            result = connection.execute(ordered)
            # Straight from the driver: for half a million rows that is a quarter of the time.
            rows = result.cursor.fetchall()
            return pd.DataFrame(rows, columns=list(result.keys()), dtype="str")

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An insert that can say what happens on a conflict: both databases spell it the same."""
        if self._engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def _upsert(
        self, table: Table, *, keep: Sequence[str] = ()
    ) -> postgresql.Insert | sqlite.Insert:
        """An insert that replaces the row of the same key, except the columns to keep."""
        statement = self._insert(table)
        keys = [column.name for column in table.primary_key]
        replaced = [column.name for column in table.columns if column.name not in {*keys, *keep}]
        if not replaced:
            return statement.on_conflict_do_nothing(index_elements=keys)
        return statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in replaced}
        )
