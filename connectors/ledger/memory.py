"""What HR said last: the accepted snapshots, and who of those we know is missing since when."""

import io
import json
import zlib
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import bindparam, delete, select

from connectors.ledger.store import Store
from connectors.ledger.tables import absences as absences_table
from connectors.ledger.tables import snapshots as snapshots_table
from connectors.model.people import People

KEPT_SNAPSHOTS: Final = 2
"""Per profile: the accepted one, and the one before it for a look back."""
FRAMES: Final = ("persons", "contracts", "departments", "blocked")

_BACK = delete(absences_table).where(
    absences_table.c.profile == bindparam("of"), absences_table.c.person == bindparam("who")
)


class Memory(Store):
    """The part of the ledger that remembers people."""

    def accept_snapshot(self, profile: str, run: str, people: People) -> None:
        """Keep an import that passed the guards; the next one is measured against it.

        Of older ones only the last stays: personal data is not kept for its own sake.
        """
        content = {"profile": profile, "run": run, **snapshot_row(people)}
        older = (
            select(snapshots_table.c.sequence)
            .where(snapshots_table.c.profile == profile)
            .order_by(snapshots_table.c.sequence.desc())
            .offset(KEPT_SNAPSHOTS - 1)
        )
        with self._writing() as connection:
            sequences = list(connection.scalars(older))
            connection.execute(
                delete(snapshots_table).where(snapshots_table.c.sequence.in_(sequences))
            )
            connection.execute(snapshots_table.insert(), content)

    def snapshot(self, profile: str) -> People | None:
        """The import accepted last, equal to what was accepted; None when there is none."""
        row = self._latest(profile, "taken_at", "keys", *FRAMES)
        if row is None:
            return None
        return people_of(row)

    def snapshot_ids(self, profile: str) -> list[str] | None:
        """`external_id` of everybody in that import, sorted; cheap. None when there is none."""
        row = self._latest(profile, "ids")
        return None if row is None else list(json.loads(zlib.decompress(row["ids"])))

    def _latest(self, profile: str, *columns: str) -> dict[str, Any] | None:
        statement = (
            select(*(snapshots_table.c[name] for name in columns))
            .where(snapshots_table.c.profile == profile)
            .order_by(snapshots_table.c.sequence.desc())
            .limit(1)
        )
        with self._reading() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else dict(row._mapping)

    def note_absences(
        self, profile: str, *, present: Collection[str], known: Collection[str], day: date
    ) -> None:
        """Keep book of who is missing: from this day, or from the earlier one that is noted.

        Args:
            profile: Name of the profile.
            present: `external_id` of everybody in the import.
            known: `external_id` of everybody with an account of ours (a link).
            day: The day the import speaks for.
        """
        missing = set(known) - set(present)
        with self._writing() as connection:
            statement = select(absences_table.c.person).where(absences_table.c.profile == profile)
            noted = set(connection.scalars(statement))
            back = [{"of": profile, "who": person} for person in sorted(noted - missing)]
            gone = [
                {"profile": profile, "person": person, "since": day}
                for person in sorted(missing - noted)
            ]
            if back:
                connection.execute(_BACK, back)
            if gone:
                connection.execute(absences_table.insert(), gone)

    def absences(self, profile: str) -> dict[str, date]:
        """Who of those we know is missing from the import, and since which day, by person."""
        statement = select(absences_table.c.person, absences_table.c.since)
        with self._reading() as connection:
            rows = connection.execute(statement.where(absences_table.c.profile == profile))
            return dict(sorted((row.person, row.since) for row in rows))


def snapshot_row(people: People) -> dict[str, Any]:
    """An import as the columns of `snapshots` that are about people."""
    ids = json.dumps(people.persons["external_id"].tolist(), ensure_ascii=False)
    return {
        "digest": people.digest,
        "taken_at": people.taken_at,
        "ids": zlib.compress(ids.encode()),
        "keys": json.dumps(people.keys, ensure_ascii=False, sort_keys=True),
        **{name: _to_parquet(getattr(people, name)) for name in FRAMES},
    }


def people_of(row: Mapping[str, Any]) -> People:
    """Undo `snapshot_row`."""
    persons, contracts, departments, blocked = (_from_parquet(row[name]) for name in FRAMES)
    return People(
        persons=persons,
        contracts=contracts,
        departments=departments,
        blocked=blocked,
        taken_at=row["taken_at"],
        keys=json.loads(row["keys"]),
    )


def _to_parquet(frame: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink, compression="zstd")
    return sink.getvalue()


def _from_parquet(content: bytes) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
    return frame
