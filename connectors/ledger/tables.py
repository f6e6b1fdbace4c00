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
)
from sqlalchemy.types import TypeDecorator

SCHEMA: Final = "0003"
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
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key

metadata = MetaData(naming_convention=NAMES)

runs = Table(
    "runs",
    metadata,
    Column("run", String, primary_key=True),
    Column("profile", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("started", Instant, nullable=False),
    Column("finished", Instant),
    Column("exit", Integer),
    Column("digest", String),
    Column("refused", Text),
    Column("report", LargeBinary),  # JSON, zlib
    Column("approved", Boolean, nullable=False, server_default=false()),  # its limits were lifted
    Index(None, "profile", "started"),
)

plans = Table(
    "plans",
    metadata,
    Column("digest", String, primary_key=True),
    Column("profile", String, nullable=False),
    Column("saved", Instant, nullable=False),
    Column("content", LargeBinary, nullable=False),  # Plan.to_bytes, zlib
)

locks = Table(
    "locks",
    metadata,
    Column("profile", String, primary_key=True),
    Column("token", String, nullable=False),  # tells two holders with the same run id apart
    Column("run", String, nullable=False),
    Column("host", String, nullable=False),
    Column("machine", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("heartbeat", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=True),
    Column("profile", String, nullable=False),
    Column("run", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("taken_at", Instant, nullable=False),
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
    Column("profile", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("since", Date, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("profile", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("ref", String, nullable=False),
    Column("how", String, nullable=False),
    Column("since", Instant, nullable=False),
    UniqueConstraint("profile", "target", "ref"),
)

# No foreign key to links: what a target has already done is noted, whatever else is known.
grants = Table(
    "grants",
    metadata,
    Column("profile", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("permission", String, primary_key=True),
    Column("since", Instant, nullable=False),
)

# Names we gave: they are not given to anybody else, whatever became of the account.
names = Table(
    "names",
    metadata,
    Column("profile", String, primary_key=True),
    Column("space", String, primary_key=True),  # such as "address" or "active_directory:login"
    Column("value", String, primary_key=True),  # casefolded
    Column("person", String, nullable=False),
    Column("since", Instant, nullable=False),
    Index(None, "profile", "person"),
)

# What HR called somebody when we made or took over their first account, as a hash: another one says
# that the name has changed since.
called = Table(
    "called",
    metadata,
    Column("profile", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("since", Instant, nullable=False),
)

# Issues of a reconciliation that somebody has looked at and does not want to see for a while.
ignored = Table(
    "ignored",
    metadata,
    Column("profile", String, primary_key=True),
    Column("issue", String, primary_key=True),
    Column("until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=True),
    Column("run", String, ForeignKey(runs.c.run), nullable=False),
    Column("profile", String, nullable=False),
    Column("change", String, nullable=False),  # its id
    Column("target", String, nullable=False),
    Column("person", String, nullable=False),
    Column("content", Text, nullable=False),  # the change, JSON
    Column("announced", Instant),
    Column("outcome", String),
    Column("settled", Instant),
    Column("settled_by", String),
    Column("receipt", Text),  # JSON
    UniqueConstraint("run", "change"),
    Index(None, "profile", "outcome"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Serial, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("run", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("person", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("because", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "profile", "sequence"),
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
)
