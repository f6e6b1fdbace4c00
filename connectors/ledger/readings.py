"""What the reader of a target wants back next time, so that it reads only what changed since.

The bytes are the connector's own: a token, and the content that the changes are added to. Whatever
is in doubt (other settings, a row that cannot be read) is answered with None, which means: read
everything.
"""

import zlib
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from connectors.ledger.store import Store
from connectors.ledger.tables import readings as readings_table

MAX_BYTES: Final = 500_000_000
"""Compressed. More is not kept: SQLite and PostgreSQL both end at a thousand million."""
LEVEL: Final = 1
"""Of zlib: a third of the time for a fifth more bytes, of which only the last reading is kept."""


class KeptReadings(Store):
    """The part of the ledger that keeps one reading per target.

    Only a live run that reads a whole target keeps one: a preview leaves no trace, and a run for
    some people has not seen the rest. How it is used:

        kept = ledger.kept(profile, target, digest, whole_since=now() - timedelta(days=7))
        accounts, content = reader.read_since(kept)
        if live and everybody:
            ledger.keep(profile, target, digest, content, at=accounts.taken_at, whole=kept is None)
    """

    def kept(
        self, profile: str, target: str, digest: str, *, whole_since: datetime | None = None
    ) -> bytes | None:
        """What the reader of a target gave to `keep`, exactly; None when it has to read everything.

        Args:
            profile: Name of the profile.
            target: Name of the target.
            digest: Of everything that shapes the content: settings, fields, version of the
                connector. Another one than it was kept with gives None.
            whole_since: None as well where everything was read last before this instant (with
                offset): what a target fails to report is met again in this way.
        """
        table = readings_table
        statement = select(table.c.content).where(
            table.c.profile == profile, table.c.target == target, table.c.digest == digest
        )
        if whole_since is not None:
            statement = statement.where(table.c.whole_at >= whole_since)
        with self._reading() as connection:
            content = connection.scalar(statement)
        try:
            return None if content is None else zlib.decompress(content)
        except zlib.error:
            return None

    def keep(
        self,
        profile: str,
        target: str,
        digest: str,
        content: bytes | None,
        *,
        at: datetime,
        whole: bool,
    ) -> None:
        """Keep what a reader wants back, in place of what was kept of this target before.

        Args:
            profile: Name of the profile.
            target: Name of the target.
            digest: As in `kept`.
            content: The reader's bytes, without secrets; None forgets what was kept.
            at: When it was read, with offset.
            whole: Whether everything was read (`kept` gave None) and not only what had changed.
        """
        packed = None if content is None else zlib.compress(content, LEVEL)
        table = readings_table
        with self._writing() as connection:
            if packed is None or len(packed) > MAX_BYTES:
                connection.execute(
                    delete(table).where(table.c.profile == profile, table.c.target == target)
                )
                return
            row = {
                "profile": profile,
                "target": target,
                "digest": digest,
                "content": packed,
                "at": at,
                "whole_at": at,
            }
            connection.execute(self._upsert(table, keep=() if whole else ("whole_at",)), row)
