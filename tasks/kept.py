"""What a run keeps of its readings, so that the next one reads only what changed since.

A live run of everybody keeps what it read before it wrote, so that the next reading meets what was
written, too. A preview may use what is kept and leaves no trace.
"""

import hashlib
import json
from datetime import datetime, timedelta

from pydantic import BaseModel

from connectors.ledger.ledger import Ledger
from connectors.model.accounts import Accounts
from connectors.model.connector import Reader, ReadsChanges


class KeptReading:
    """The reading of one target that the ledger keeps.

    Args:
        ledger: Keeps it.
        profile: Name of the profile.
        target: Name of the target.
        digest: As `digest_of` gives it.
        whole_days: Days after which everything is read again, 0 for always.
        now: When this run began.
        keeps: Whether this run may keep what it reads.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        profile: str,
        target: str,
        digest: str,
        whole_days: int,
        now: datetime,
        keeps: bool,
    ) -> None:
        """Keep the parts; nothing is looked up yet."""
        self._ledger, self._profile, self._target = ledger, profile, target
        self._digest, self._keeps = digest, keeps and whole_days > 0
        self._since = now - timedelta(days=whole_days) if whole_days > 0 else None

    def read(self, reader: Reader) -> Accounts:
        """Every account of the target, by way of what is kept where the reader can do that.

        Raises:
            Fatal: The target could not be read.
        """
        if not isinstance(reader, ReadsChanges):
            return reader.read()
        kept = None
        if self._since is not None:
            kept = self._ledger.kept(
                self._profile, self._target, self._digest, whole_since=self._since
            )
        accounts, content = reader.read_since(kept)
        if self._keeps:
            self._ledger.keep(
                self._profile,
                self._target,
                self._digest,
                content,
                at=accounts.taken_at,
                whole=kept is None,
            )
        return accounts


def digest_of(connector: str, settings: BaseModel) -> str:
    """Changes with the connector and its settings; secrets have no part in it."""
    content = json.dumps([connector, settings.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
