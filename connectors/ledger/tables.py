"""The tables of the ledger. `migrations` makes exactly these; a test compares the two.

Instants are text, ISO 8601 in UTC with microseconds: they sort as they are and come back the same
from SQLite and PostgreSQL, and the hash of an audit line needs a form that never changes.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

SCHEMA: Final = "0010"
"""The newest migration: the schema that this code reads and writes."""
VERSION_TABLE: Final = "ledger_version"
"""Where alembic notes the schema. Prefect uses its usual name, and may share the database."""

NAMES: Final = {
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "uq": "%(table_name)s_unique_%(column_0_N_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_of_%(referred_table_name)s",
    "pk": "%(table_name)s_key",
}


class Instant(TypeDecorator[datetime]):
    """A point in time, stored as `2026-11-23T09:30:00.000000+00:00`; never without an offset."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write in UTC."""
        return None if value is None else stamp(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read with offset."""
        return None if value is None else datetime.fromisoformat(value)


def stamp(instant: datetime) -> str:
    """The text form of an instant.

    Raises:
        ValueError: It has no offset, so nobody knows which instant is meant.
    """
    if instant.tzinfo is None:
        message = f"{instant.isoformat()} has no offset"
        raise ValueError(message)
    there = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return there.isoformat(timespec="microseconds")


Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key

metadata = MetaData(naming_convention=NAMES)


def keys(*names: str) -> list[Column[str]]:
    """Texts that together tell the rows of a table apart."""
    return [Column(name, String, primary_key=True) for name in names]


def texts(*names: str) -> list[Column[str]]:
    """Texts that every row has."""
    return [Column(name, String, nullable=False) for name in names]


def instants(*names: str) -> list[Column[datetime]]:
    """Instants that every row has."""
    return [Column(name, Instant, nullable=False) for name in names]


runs = Table(
    "runs",
    metadata,
    *keys("run"),
    *texts("profile", "mode"),
    Column("as_of", Date, nullable=False),
    *instants("started"),
    Column("finished", Instant),
    Column("exit", Integer),
    Column("digest", String),
    Column("refused", Text),
    Column("report", LargeBinary),  # JSON, zlib
    Column("approved", Boolean, nullable=False, server_default=false()),  # its limits were lifted
    Column("flow", String, nullable=False, server_default="provision"),
    Column("parameters", Text),  # what the flow was given, JSON
    Index(None, "profile", "started"),
)

plans = Table(
    "plans",
    metadata,
    *keys("digest"),
    *texts("profile"),
    *instants("saved"),
    Column("content", LargeBinary, nullable=False),  # Plan.to_bytes, zlib
)

approvals = Table(
    "approvals",
    metadata,
    *keys("run"),
    *texts("profile", "digest"),
    Column("reasons", Text, nullable=False),
    *texts("flow"),
    Column("parameters", Text, nullable=False),  # JSON
    Column("flow_run", String),  # id in Prefect
    *instants("asked", "until"),
    Column("answer", String),
    *texts("by"),
    Column("note", Text, nullable=False),
    Column("answered", Instant),
    Index(None, "flow_run"),
    Index(None, "profile", "answer"),
)

locks = Table(
    "locks",
    metadata,
    *keys("profile"),
    *texts("token", "run", "host", "machine"),  # tokens tell holders of one run id apart
    Column("pid", Integer, nullable=False),
    *texts("process_started"),
    *instants("since", "heartbeat", "expires"),
    # What steps of the run on other machines have to know, for as long as it goes on.
    Column("halted", Boolean, nullable=False, server_default=false()),
    Column("stopped", Text, nullable=False, server_default="{}"),  # target -> why, JSON
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=True),
    *texts("profile", "run", "digest"),
    *instants("taken_at"),
    Column("ids", LargeBinary, nullable=False),  # JSON, zlib
    Column("persons", LargeBinary, nullable=False),  # Parquet, as are the next three
    Column("contracts", LargeBinary, nullable=False),
    Column("departments", LargeBinary, nullable=False),
    Column("blocked", LargeBinary, nullable=False),
    Column("keys", Text, nullable=False, server_default="{}"),  # JSON
    Index(None, "profile", "sequence"),
)

absences = Table(
    "absences",
    metadata,
    *keys("profile", "person"),
    Column("since", Date, nullable=False),
)

links = Table(
    "links",
    metadata,
    *keys("profile", "target", "person"),
    *texts("ref", "how"),
    *instants("since"),
    UniqueConstraint("profile", "target", "ref"),
    Index(None, "profile", "person"),  # has somebody any account of ours?
)

# No foreign key to links: what a target has already done is noted, whatever else is known.
grants = Table(
    "grants",
    metadata,
    *keys("profile", "target", "person", "permission"),
    *instants("since"),
)

# Names we gave: they are not given to anybody else, whatever became of the account. A space is such
# as "address" or "active_directory:login", a value is casefolded.
names = Table(
    "names",
    metadata,
    *keys("profile", "space", "value"),
    *texts("person"),
    *instants("since"),
    Index(None, "profile", "person"),
    Index(None, "space", "value"),  # addresses are asked for whatever their profile
)

# What HR called somebody when we made or took over their first account, as a hash: another one says
# that the name has changed since.
called = Table(
    "called",
    metadata,
    *keys("profile", "person"),
    *texts("name"),
    *instants("since"),
)

# Issues of a reconciliation that somebody has looked at and does not want to see for a while.
ignored = Table(
    "ignored",
    metadata,
    *keys("profile", "issue"),
    Column("until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    *instants("since"),
)

# What the reader of a target wants back, to read only what has changed since.
readings = Table(
    "readings",
    metadata,
    *keys("profile", "target"),
    *texts("digest"),  # of the settings it was made under
    Column("content", LargeBinary, nullable=False),  # the connector's own, zlib
    *instants("at"),
    *instants("whole_at"),  # when everything was read last
)

journal = Table(
    "journal",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=True),
    Column("run", String, ForeignKey(runs.c.run), nullable=False),
    *texts("profile", "change", "target", "person"),  # the change: its id
    Column("content", Text, nullable=False),  # the change itself, JSON
    Column("announced", Instant),
    Column("outcome", String),
    Column("settled", Instant),
    Column("settled_by", String),
    Column("receipt", Text),  # JSON
    Column("verb", String),  # of the change; not in lines of before it was a column
    UniqueConstraint("run", "change"),
    Index(None, "profile", "outcome"),
    Index(None, "profile", "person", "sequence"),
)

# What somebody is to be told: `held` until all that belongs to it is done, `due` until it has left,
# and `sent`. What it says is forgotten once it has left.
messages = Table(
    "messages",
    metadata,
    *keys("profile", "key"),
    *texts("run", "occasion", "person", "recipient", "state"),
    Column("content", Text, nullable=False),  # JSON; empty when it has left
    *instants("made"),
    Column("claimed", Instant),  # somebody is sending it since
    Column("left", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Index(None, "profile", "state"),
)

# What went wrong and was told, so that it is not told again every night.
incidents = Table(
    "incidents",
    metadata,
    *keys("profile", "incident"),
    *texts("occasion", "digest"),
    *instants("told"),
)

# How far the journal was read for messages.
heard = Table(
    "heard",
    metadata,
    *keys("profile"),
    Column("sequence", BigInteger, nullable=False),
    Column("open", Text, nullable=False),  # rows before that were not answered yet, JSON
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=False),
    *instants("at"),
    *texts("run", "profile", "action", "target", "person", "ref", "outcome"),
    Column("because", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),  # how it is hashed
    Column("salt", String(32)),  # gone when the content was erased
    Column("digest", String(64)),
    Column("erased", Instant),
    Column("change", String, nullable=False, server_default=""),  # its id in the journal
    Index(None, "profile", "sequence"),
    Index(None, "profile", "person"),
    Index(None, "run"),
)

# One row, made by the first migration. Who adds a line holds it until commit, so all lines form one
# chain; and it still knows the last line after somebody cut off the end.
audit_head = Table(
    "audit_head",
    metadata,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Serial, nullable=False),
    Column("hash", String(64), nullable=False),
    # The last line that was cut off at the beginning.
    Column("cut_sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("cut_hash", String(64), nullable=False, server_default="0" * 64),
)
