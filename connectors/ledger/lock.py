"""One run at a time per profile, across machines, and no lock that outlives its holder for long.

Not even a process that was declared dead, and is not, may write beside its successor: it asks
`Lock.check` before each batch and learns that the lock is no longer its own.

The steps of a run may work in several processes, on several machines. Then nobody concludes from
the end of one of them that the run is over: the lease decides, and whoever writes has stopped when
half of it is gone without a sign of life, which leaves the other half to what was on its way.
"""

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, Update, delete, func, select, update

from connectors.ledger.process import Process, is_gone, this_process
from connectors.ledger.store import Store
from connectors.ledger.tables import locks as locks_table
from connectors.model.errors import RunRefused, Unreachable
from connectors.sdk.clock import now

LEASE_SECONDS: Final = 60.0
HEARTBEAT_SECONDS: Final = 10.0
SEVERAL: Final = "several processes"
"""In place of the machine, where the steps of a run work in several processes."""


class Standing(NamedTuple):
    """How a run stands that holds its lock.

    Attributes:
        halted: Whether it is to stop.
        stopped: Target -> why it was given up.
    """

    halted: bool
    stopped: Mapping[str, str]


class Lock:
    """A lock that is held.

    Attributes:
        profile: The profile that nobody else may run.
        token: Proves who holds it; a text, so that a step on another machine can ask
            `Ledger.check_lock(profile, token)`.
        taken_from: The run whose lock was taken over because its process is gone, None otherwise.
    """

    __slots__ = ("_locks", "profile", "taken_from", "token")

    def __init__(self, locks: "Locks", profile: str, token: str, taken_from: str | None) -> None:
        """Made by `Ledger.lock`."""
        self._locks, self.profile, self.token, self.taken_from = locks, profile, token, taken_from

    def check(self) -> None:
        """Make sure that it is still ours: before each batch of writes.

        Raises:
            RunRefused: It was taken over: we gave no sign of life for longer than the lease.
        """
        self._locks.check_lock(self.profile, self.token)


class Locks(Store):
    """The part of the ledger that lets one run at a time through."""

    @contextmanager
    def lock(
        self,
        profile: str,
        run: str,
        *,
        shared: bool = False,
        lease_seconds: float = LEASE_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> Iterator[Lock]:
        """Hold the profile for a run.

        A lock left behind is taken over: at once when its process ran on this machine and is gone
        (also when its number now belongs to another process), otherwise when its lease is over.

        Args:
            profile: Name of the profile.
            run: Id of the run.
            shared: Whether steps of the run work in other processes too, which may outlive this
                one: it is only taken over when its lease is over.
            lease_seconds: How long the lock outlives the last sign of life.
            heartbeat_seconds: How often a thread gives one.

        Raises:
            RunRefused: Another run holds it. The message says which, where, since when, and what
                to do.
        """
        token = secrets.token_hex(16)
        lease = timedelta(seconds=lease_seconds)
        lock = Lock(self, profile, token, self._take(profile, run, token, lease, shared=shared))
        ended = threading.Event()
        heart = threading.Thread(
            target=self._beat,
            args=(profile, token, lease, heartbeat_seconds, ended),
            name=f"lock of {profile}",
            daemon=True,
        )
        heart.start()
        try:
            yield lock
        finally:
            ended.set()
            heart.join()
            with suppress(Unreachable):  # then it ends with its lease
                self._release(profile, token)

    def check_lock(self, profile: str, token: str) -> None:
        """`Lock.check` for somebody who only has the token.

        Raises:
            RunRefused: The lock is no longer that of the token.
        """
        self.standing(profile, token)

    def standing(self, profile: str, token: str) -> Standing:
        """How the run of the token stands.

        Raises:
            RunRefused: The lock is no longer that of the token; or, when the steps of the run work
                in several processes, the one that leads them has given no sign of life in time.
        """
        with self._reading() as connection:
            holder = connection.execute(_holder_of(profile)).one_or_none()
            instant = _now(connection)
        if holder is None or holder.token != token:
            taken = f"run {holder.run} took it over" if holder else "it is gone"
            message = (
                f"the lock on profile {profile!r} was lost: this run gave no sign of life in time, "
                f"and {taken}. It stops before its next write."
            )
            raise RunRefused(message)
        if holder.machine == SEVERAL and holder.heartbeat + _lease(holder) / 2 < instant:
            silent = round((instant - holder.heartbeat).total_seconds())
            message = (
                f"process {holder.pid} on {holder.host}, which leads run {holder.run}, gave no "
                f"sign of life for {silent} s. The run stops before its next write."
            )
            raise RunRefused(message)
        return Standing(bool(holder.halted), json.loads(holder.stopped))

    def halt(self, profile: str, token: str) -> None:
        """Have every step of the run stop, wherever it works; each finds out within a second."""
        with self._writing() as connection:
            connection.execute(_of(profile, token).values(halted=True))

    def give_up(self, profile: str, token: str, target: str, reason: str) -> None:
        """Have every step of the run leave a target alone; the first reason stands."""
        with self._writing() as connection:
            holder = connection.execute(_holder_of(profile).with_for_update()).one_or_none()
            if holder is not None and holder.token == token:
                stopped = {target: reason, **json.loads(holder.stopped)}
                connection.execute(_of(profile, token).values(stopped=json.dumps(stopped)))

    def _take(
        self, profile: str, run: str, token: str, lease: timedelta, *, shared: bool = False
    ) -> str | None:
        process = this_process()
        if shared:
            process = replace(process, machine=SEVERAL)
        while True:
            with self._writing() as connection:
                instant = _now(connection)
                mine = _row(run, token, process, instant, lease)
                if self._take_free(connection, profile, mine):
                    return None
                holder = connection.execute(_holder_of(profile).with_for_update()).one_or_none()
                if holder is None:  # released between the two statements: try again
                    continue
                if holder.expires <= instant or is_gone(_process(holder)):
                    connection.execute(
                        update(locks_table).where(locks_table.c.profile == profile).values(mine)
                    )
                    return str(holder.run)
                if holder.heartbeat > instant + _lease(holder):
                    # The clock was set back since. Whoever lives gives a sign of it by the new one
                    # within a lease; whoever does not would hold the profile until the old hour.
                    seen = {"heartbeat": instant, "expires": instant + _lease(holder)}
                    connection.execute(_of(profile, holder.token).values(seen))
                    holder = connection.execute(_holder_of(profile)).one()
            raise RunRefused(_refusal(holder, instant))

    def _take_free(self, connection: Connection, profile: str, mine: dict[str, Any]) -> bool:
        # Of two at the same moment one waits for the other's commit here, and then inserts nothing.
        statement = self._insert(locks_table).on_conflict_do_nothing()
        statement = statement.execution_options(preserve_rowcount=True)
        return connection.execute(statement, {"profile": profile, **mine}).rowcount == 1

    def _beat(
        self,
        profile: str,
        token: str,
        lease: timedelta,
        seconds: float,
        ended: threading.Event,
    ) -> None:
        while not ended.wait(seconds):
            # A ledger that is away for a moment is no reason to stop: the next beat may get
            # through, and if none does, `check` says so.
            with suppress(Unreachable), self._writing() as connection:
                instant = _now(connection)
                beat = _of(profile, token).values(heartbeat=instant, expires=instant + lease)
                if connection.execute(beat).rowcount == 0:
                    return

    def _release(self, profile: str, token: str) -> None:
        with self._writing() as connection:
            connection.execute(
                delete(locks_table).where(
                    locks_table.c.profile == profile, locks_table.c.token == token
                )
            )


def _holder_of(profile: str) -> Select[Any]:
    return select(locks_table).where(locks_table.c.profile == profile)


def _of(profile: str, token: str) -> Update:
    return update(locks_table).where(locks_table.c.profile == profile, locks_table.c.token == token)


def _lease(holder: Row[Any]) -> timedelta:
    lease: timedelta = holder.expires - holder.heartbeat
    return lease


def _now(connection: Connection) -> datetime:
    # Leases are compared across machines whose clocks differ: the database's clock counts for all.
    if connection.dialect.name == "postgresql":
        instant: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return instant
    return now()


def _row(
    run: str, token: str, process: Process, instant: datetime, lease: timedelta
) -> dict[str, Any]:
    parts = asdict(process)
    return {
        "run": run,
        "token": token,
        "process_started": parts.pop("started"),
        **parts,
        "since": instant,
        "heartbeat": instant,
        "expires": instant + lease,
        "halted": False,
        "stopped": "{}",
    }


def _process(holder: Row[Any]) -> Process:
    return Process(holder.host, holder.machine, holder.pid, holder.process_started)


def _refusal(holder: Row[Any], instant: datetime) -> str:
    silent = max(0, round((instant - holder.heartbeat).total_seconds()))
    left = max(1, round((holder.expires - instant).total_seconds()))
    free = (
        f"and with it the processes that worked for it, the lock is free in {left} s."
        if holder.machine == SEVERAL
        else f"the lock is free at once on that machine, and elsewhere in {left} s."
    )
    return (
        f"profile {holder.profile!r} is being run already: run {holder.run}, since "
        f"{holder.since:%Y-%m-%d %H:%M:%S} UTC, process {holder.pid} on {holder.host}, last sign "
        f"of life {silent} s ago. Wait until it is done, or end that process. If it is gone, {free}"
    )
