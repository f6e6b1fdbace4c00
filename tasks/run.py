"""A run, and what its steps hand to each other. Plain classes: Prefect leaves them alone."""

import json
import math
import pickle
import secrets
import zlib
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from connectors.model.change import Change
from connectors.model.errors import (
    ConfigError,
    ConnectorError,
    Misconfigured,
    RetourError,
    RunRefused,
    StalePlan,
    UnsafePlan,
)
from connectors.model.plan import Plan
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.clock import now
from tasks.lifecycle.scope import Scope
from tasks.ticket import Ticket

MOST_SHARDS: Final = 250
"""Of a plan, so that a run stays below 300 tasks however many people there are."""
Packed = tuple[Any, tuple[Any, ...]]
"""How pickle makes an object again: by calling the first with the others."""


class Run:
    """What was asked for.

    Attributes:
        id: Names the run in ledger, report and log.
        profile: Name or file, as given.
        dry_run: Whether this is a preview.
        as_of: The day to decide for.
        scope: Persons and targets that may be changed.
        approve: Digest of a previewed plan, None without.
        started: UTC.
        rules: Files and folders of rules instead of those of the profile; empty for its own.
        only_tells: Whether it writes to no target, and only tells people.
        ticket: Lets steps work for it; None until it has its lock.
    """

    __slots__ = (
        "approve", "as_of", "dry_run", "id", "only_tells", "profile", "rules", "scope", "started",
        "ticket",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - what can be asked for
        self,
        *,
        run_id: str,
        profile: str,
        dry_run: bool,
        as_of: date,
        scope: Scope,
        approve: str | None,
        started: datetime,
        rules: tuple[str, ...] = (),
        only_tells: bool = False,
    ) -> None:
        """Keep the parameters."""
        self.id, self.profile, self.dry_run, self.as_of = run_id, profile, dry_run, as_of
        self.scope, self.approve, self.started = scope, approve, started
        self.rules, self.only_tells = rules, only_tells
        self.ticket: Ticket | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What a step in another process gets: whom a run may change is decided by then."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "scope"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Undo `__getstate__`, but for the scope."""
        for name, value in state.items():
            setattr(self, name, value)

    @property
    def writes(self) -> bool:
        """Whether it writes to targets."""
        return not (self.dry_run or self.only_tells)

    @property
    def mode(self) -> Literal["preview", "live"]:
        """What people call it."""
        return "preview" if self.dry_run else "live"

    def __repr__(self) -> str:
        """Readable in Prefect's log."""
        return f"Run({self.id}, {self.mode})"


def new_run(given: Mapping[str, Any], zone: ZoneInfo, *, goes_on: str | None = None) -> Run:
    """A run that begins now.

    Args:
        given: Parameters of the flow.
        zone: Time zone of the profile: its day is today, unless another one was asked for.
        goes_on: Id of the run that it is, if that one only waited until now.
    """
    started = now()
    local = started.astimezone(zone)
    return Run(
        run_id=goes_on or f"{local:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        profile=str(given["profile"]),
        dry_run=given["dry_run"],
        as_of=given["as_of"] if given["as_of"] is not None else local.date(),
        scope=scope_of(given),
        approve=given["approve"],
        started=started,
        rules=tuple(given.get("rules") or ()),
    )


def scope_of(given: Mapping[str, Any]) -> Scope:
    """What a run may change, from the parameters of its flow; a backfill has more of them."""
    return Scope(
        persons=frozenset(given["persons"]),
        targets=frozenset(given["targets"]),
        departments=frozenset(given.get("departments") or ()),
        hired_since=_day(given.get("hired_since")),
        fields=frozenset(given.get("fields") or ()),
        again=bool(given.get("again")),
        done=frozenset(given.get("done") or ()),
    )


def _day(given: date | str | None) -> date | None:
    """A day, which is text where it was kept as JSON."""
    return date.fromisoformat(given) if isinstance(given, str) else given


def as_json(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a flow as they are kept; days become text."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(parameters), default=str))
    return plain


def refuse_live_rules(given: Mapping[str, Any]) -> None:
    """Other rules than the profile's are looked at, never run.

    Raises:
        ConfigError: They were to be run.
    """
    if given.get("rules") and not given["dry_run"]:
        message = "other rules are only previewed; put them into the profile to run them"
        raise ConfigError(message, key="rules")


class Shard:
    """The changes of some hundreds of persons in one target.

    Attributes:
        target: Name of the target.
        number: Counted over the whole plan: shard 3 holds the same persons in every target.
        changes: Ordered by person.
    """

    __slots__ = ("changes", "number", "target")

    def __init__(self, target: str, number: int, changes: tuple[Change, ...]) -> None:
        """Keep the parts."""
        self.target, self.number, self.changes = target, number, changes

    def __reduce__(self) -> Packed:
        """Small on its way to another process."""
        return _unpack, (type(self), _packed((self.target, self.number, self.changes)))

    def __repr__(self) -> str:
        """Counts only."""
        return f"Shard({self.target} {self.number}: {len(self.changes)} changes)"


def shards_of(plan: Plan, size: int, *, most: int = MOST_SHARDS) -> Iterator[Shard]:
    """Cut a plan into shards, targets in dependency order.

    Persons with changes are numbered through over all targets, so that a shard of a target needs
    the receipts of the shards with its own number only.

    Args:
        plan: The plan.
        size: Persons per shard; more of them where there would be too many shards.
        most: Shards over all targets: each is a task run, which costs the server of Prefect.
    """
    persons = sorted({change.person for change in plan.changes})
    touched = [section for section in plan.sections if section.changes]
    per_target = max(1, most // max(1, len(touched)))
    size = max(size, math.ceil(len(persons) / per_target))
    number = {person: place // size for place, person in enumerate(persons)}
    for section in touched:
        cut: dict[int, list[Change]] = {}
        for change in section.changes:
            cut.setdefault(number[change.person], []).append(change)
        for place in sorted(cut):
            yield Shard(section.target, place, tuple(cut[place]))


class Receipts:
    """What became of a shard.

    Attributes:
        target: Name of the target.
        number: Of the shard.
        receipts: One per change of the shard.
        stopped: Why the target was given up, None if it was not.
        unreachable: Whether it was given up because it refused us or did not answer.
    """

    __slots__ = ("number", "receipts", "stopped", "target", "unreachable")

    def __init__(
        self,
        target: str,
        number: int,
        receipts: tuple[Receipt, ...],
        *,
        stopped: str | None = None,
        unreachable: bool = False,
    ) -> None:
        """Keep the parts."""
        self.target, self.number, self.receipts = target, number, receipts
        self.stopped, self.unreachable = stopped, unreachable

    def __reduce__(self) -> Packed:
        """Small on its way to another process."""
        parts = (self.target, self.number, self.receipts)
        return _unpack, (type(self), _packed(parts), self.stopped, self.unreachable)

    def __repr__(self) -> str:
        """Counts only."""
        return f"Receipts({self.target} {self.number}: {len(self.receipts)})"


def _packed(parts: tuple[Any, ...]) -> bytes:
    return zlib.compress(pickle.dumps(parts, pickle.HIGHEST_PROTOCOL), level=1)


def _unpack(
    kind: type[Any],
    content: bytes,
    stopped: str | None = None,
    unreachable: bool = False,  # noqa: FBT001,FBT002 - as pickle calls it
) -> Any:
    """A shard, or the receipts of one, as another process of the run packed it."""
    parts = pickle.loads(zlib.decompress(content))  # noqa: S301 - inside a pickle that is trusted as much
    if kind is Receipts:
        return Receipts(*parts, stopped=stopped, unreachable=unreachable)
    return kind(*parts)


DONE, INCOMPLETE, USAGE, REFUSED, WAITING, STALE, UNREACHABLE = 0, 1, 2, 3, 4, 5, 6
"""Exit codes; the table is in the README."""
APPROVABLE = "; to run exactly this plan: --approve "
"""Stands between why a plan is refused and its digest, where an approval would lift that."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it: 128 and the number of the signal."""


class Ending:
    """How a run ended.

    Attributes:
        run: Id of the run.
        exit: Exit code.
        report: The report, as it is written with `--report`.
    """

    __slots__ = ("exit", "report", "run")

    def __init__(self, run: str, exit_code: int, report: dict[str, Any]) -> None:
        """Keep the parts."""
        self.run, self.exit, self.report = run, exit_code, report

    def __repr__(self) -> str:
        """Id and exit code."""
        return f"Ending({self.run}, exit {self.exit})"


def exit_code_of(error: RetourError) -> int:
    """The exit code of an error that ended a run before its first write.

    A system that answers, but not with what the settings promise, is a matter of the settings; so
    `retour check` says too.
    """
    match error:
        case ConfigError() | Misconfigured():
            return USAGE
        case UnsafePlan() | RunRefused():
            return REFUSED
        case StalePlan():
            return STALE
        case ConnectorError():
            return UNREACHABLE
        case _:
            return INCOMPLETE


def exit_code_of_receipts(receipts: list[Receipts], unseen: Collection[str] = ()) -> int:
    """The exit code of a run that executed its plan.

    Args:
        receipts: Of every shard.
        unseen: Targets that could not be read, so that nothing was planned in them.
    """
    if unseen or any(shard.unreachable for shard in receipts):
        return UNREACHABLE
    good = all(receipt.outcome.succeeded for shard in receipts for receipt in shard.receipts)
    return DONE if good else INCOMPLETE


__all__ = [
    "APPROVABLE",
    "DONE",
    "INCOMPLETE",
    "INTERRUPTED",
    "REFUSED",
    "STALE",
    "UNREACHABLE",
    "USAGE",
    "WAITING",
    "Ending",
    "Outcome",
    "Receipts",
    "Run",
    "Shard",
    "as_json",
    "exit_code_of",
    "exit_code_of_receipts",
    "new_run",
    "refuse_live_rules",
    "shards_of",
]
