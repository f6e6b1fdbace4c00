"""A second controller of the sandbox's domain: it holds what the first one held a while ago.

It counts its changes by itself, as every controller does, and takes no writes: what it refuses has
to go to the first one, as with a read-only controller.

Source: MS-ADTS 3.1.1.1.9 (each replica has an invocationId and USNs of its own).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connectors.active_directory.sandbox.domain import Domain
from connectors.active_directory.sandbox.faults import READS, Call
from connectors.active_directory.sandbox.objects import DirectoryError
from connectors.active_directory.sandbox.store import Store
from connectors.sdk.clock import now

REFERRAL = 10


class Replica(Domain):
    """A controller behind another one.

    Args:
        first: The controller that takes the writes.
        delay: Time between two replications.
        clock: Gives the time.
    """

    def __init__(
        self, first: Domain, *, delay: timedelta, clock: Callable[[], datetime] = now
    ) -> None:
        """Begin with what the first one holds now."""
        super().__init__(first.base_dn)
        self._first, self._delay, self._clock = first, delay, clock
        self._seen = 0
        self._pulled: datetime | None = None

    def _furnish(self) -> None:
        """Everything comes from the first one."""
        self._pull(self.store)

    def replicate(self) -> None:
        """Take over what has changed, now."""
        with self.store.locked():
            self._pull(self.store)

    def _pull(self, store: Store) -> None:
        self._pulled = self._clock()
        theirs = self._first.store
        with theirs.locked():
            fresh = [
                one.copy()
                for one in theirs.all()
                if not self._knows(store, one.guid, one.usn_changed)
            ]
            alike = [
                one.copy() for one in theirs.all() if self._knows(store, one.guid, one.usn_changed)
            ]
            gone = [one.guid for one in theirs.deleted() if store.get(one.guid) is not None]
            self._seen = theirs.usn
        for one in alike:  # references that came or went, which the object does not notice
            mine = store.get(one.guid)
            if mine is not None:
                one.usn_changed, one.usn_created = mine.usn_changed, mine.usn_created
        for one in fresh:
            mine = store.get(one.guid)
            one.usn_created = mine.usn_created if mine is not None else 0
        if fresh or gone or alike:
            store.commit(put=fresh, quiet=alike, remove=gone)

    def _knows(self, store: Store, guid: str, usn: int) -> bool:
        return usn <= self._seen and store.get(guid) is not None

    @contextmanager
    def _call(self, call: Call) -> Iterator[None]:
        if self._pulled is not None and self._clock() - self._pulled >= self._delay:
            self._pull(self.store)
        if call.operation not in READS:
            raise DirectoryError(REFERRAL, "202B", "RefErr: writes go to another controller")
        with super()._call(call):
            yield
