"""Bringing a database to the schema that this code knows, once, however many processes open it."""

import sqlite3
import threading
import time
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError

from connectors.ledger.engine import BUSY_TIMEOUT_SECONDS, READING, address
from connectors.ledger.tables import SCHEMA, VERSION_TABLE
from connectors.model.errors import ConfigError

MIGRATIONS: Final = "connectors.ledger:migrations"
ADVISORY_LOCK: Final = 0x5E70_0001
"""Any number that no other program on the same PostgreSQL takes."""

_one_at_a_time = threading.Lock()  # alembic keeps its context in a module


def bring_up_to_date(engine: Engine) -> None:
    """Create or migrate the tables, unless they are as they should be.

    The whole of it is one transaction under a lock of the database: who comes second waits, looks
    again and finds nothing left to do; who dies half-way leaves nothing behind.

    Raises:
        ConfigError: A newer Retour made this ledger. Nothing was changed.
    """
    if engine.dialect.name == "sqlite":
        _keep_a_write_ahead_log(engine)
    with engine.connect().execution_options(**{READING: True}) as connection:
        if _found(connection) == SCHEMA:
            return
    with _one_at_a_time, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        found = _found(connection)
        if found is not None and found > SCHEMA:
            message = (
                f"the ledger {address(engine)} was made by a newer Retour (schema {found}, this "
                f"one knows {SCHEMA}): update Retour, or take another ledger"
            )
            raise ConfigError(message)
        if found != SCHEMA:
            _migrate(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command  # a fifth of a second, which only a first opening is worth
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return found


def _keep_a_write_ahead_log(engine: Engine) -> None:
    # Kept in the file, so it is set once. Two first openers can collide here, and SQLite then says
    # "locked" without waiting: its busy timeout does not cover the change of this mode.
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            raw = engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            finally:
                raw.close()
        except sqlite3.Error as error:
            if "locked" in str(error) and time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            raise DatabaseError("PRAGMA journal_mode = WAL", None, error) from error
        return
