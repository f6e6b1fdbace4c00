"""From a URL to a database: which ones are taken, and how their connections are set up."""

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from connectors.model.errors import ConfigError

DRIVERS: Final = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
OLDEST_SQLITE: Final = (3, 33)
"""Of August 2020: the first that changes many rows with one statement."""
BUSY_TIMEOUT_SECONDS: Final = 30
CONNECT_TIMEOUT_SECONDS: Final = 10
CACHE_KIB: Final = 16 * 1024
"""Of pages of a file, per connection, where they are needed."""
_WAYS_OUT: Final = {
    "locked": "Another process holds it, such as a backup or an editor: end that, then run again.",
    "full": "Make room on its disk, then run again.",
    "no space left": "Make room on its disk, then run again.",
    "disk i/o error": "Its disk is over a quota, or failing: look at it, then run again.",
    "readonly": "Whoever runs Retour has to be able to write the file and its folder.",
    "read-only": "Whoever runs Retour has to be able to write to it.",
    "unable to open": "Whoever runs Retour has to be able to write the file and its folder.",
    "malformed": "The file is damaged: put back a copy of it.",
}
"""What a database says -> what to do about it."""
READING: Final = "retour_reading"
"""Execution option of a connection that only reads."""


def engine_for(url: str) -> Engine:
    """An engine for the ledger of that URL. Opens nothing yet, but makes a file and its folder.

    Args:
        url: `sqlite:///path` (relative) or `sqlite:////path` (absolute), or
            `postgresql://user:password@host/database`.

    Raises:
        ConfigError: Not such a URL, or its file cannot be made. The message holds no password.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    # A row that is there already ends a pipeline: an answer to us, and a warning to psycopg.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    patience = _unless_said(parsed, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    return create_engine(
        parsed.update_query_dict(patience),
        hide_parameters=True,  # people are not for error messages
        pool_pre_ping=True,  # a server that was restarted between two steps is not the end of a run
    )


def address(engine: Engine) -> str:
    """Where the ledger is, for messages: no password, and no query, which may hold one too."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


def way_out(reason: str) -> str:
    """What an administrator does about what a database said; "" where that says it all."""
    said = reason.casefold()
    for word, sentence in _WAYS_OUT.items():
        if word in said:
            return sentence
    return ""


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The original names the URL, and with it the password.
        message = "the ledger's URL cannot be read; sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        raise ConfigError(message) from None
    driver = DRIVERS.get(parsed.drivername)
    if driver is None:
        message = f"the ledger cannot be kept in {parsed.drivername!r}; take sqlite or postgresql"
        raise ConfigError(message)
    return parsed.set(drivername=driver)


def _unless_said(url: URL, **seconds: int) -> dict[str, str]:
    return {name: str(value) for name, value in seconds.items() if name not in url.query}


def _sqlite_engine(url: URL) -> Engine:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        message = (
            f"the ledger needs SQLite {oldest}, and this Python has {sqlite3.sqlite_version}: take "
            "a newer Python or system, or PostgreSQL"
        )
        raise ConfigError(message)
    file = Path(url.database or ":memory:")
    if file.name == ":memory:" or str(file).startswith("file:"):
        message = "a ledger in memory forgets what it did; give it a file: sqlite:///FILE"
        raise ConfigError(message)
    try:
        # It knows people: nobody else on this machine may read what is made here.
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
        _close_to_others(file)
    except OSError as error:
        message = f"the ledger's file cannot be made: {error}"
        raise ConfigError(message) from error
    url = url.update_query_dict(_unless_said(url, timeout=BUSY_TIMEOUT_SECONDS))
    # The connection that wrote last knows the pages best; what another one wrote it reads again.
    engine = create_engine(url, hide_parameters=True, pool_use_lifo=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _close_to_others(file: Path) -> None:
    """Let nobody but its owner read a ledger that somebody copied or restored with wider rights."""
    for end in ("", "-wal", "-shm"):
        part = file.with_name(file.name + end)
        with suppress(OSError):  # not there; or somebody else's, who lets us in on purpose
            if part.stat().st_mode & 0o077:
                part.chmod(0o600)


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's own idea of when a transaction begins is switched off; `_begin_sqlite` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # An intent must survive a power cut, not just a crash: half a millisecond per commit.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Who is going to write takes the write lock first: a reader that turns writer half-way cannot
    # wait for its turn, SQLite refuses it at once.
    reading: Any = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
