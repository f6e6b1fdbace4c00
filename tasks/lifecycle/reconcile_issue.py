"""Issues: where targets, ledger and rules do not agree, and what can be done about it."""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final

from connectors.model.change import Change
from connectors.model.values import Value, encode_value


class Kind(StrEnum):
    """What does not agree. The order is the order of a report."""

    UNMANAGED = "unmanaged"
    """An account that nobody is linked to: of nobody in HR, of somebody who is due none, or of
    somebody who is due one and gets this."""
    MISSING = "missing"
    """Somebody is due an account and has none, or the one we knew is gone."""
    WRONGLY_ENABLED = "wrongly_enabled"
    """No access is due, and the account is enabled."""
    WRONGLY_DISABLED = "wrongly_disabled"
    """Access is due, and the account is disabled."""
    EXPIRED = "expired"
    """The account of a leaver whose days are over: it is to be deleted, or its record cleared."""
    MISPLACED = "misplaced"
    """The account stands in another of our containers than the one of its state."""
    SEVERAL = "several"
    """More than one account carries the number of one person."""
    CONTESTED = "contested"
    """More than one person claims one account."""
    PERMISSION_UNMANAGED = "permission_unmanaged"
    """Held by an account of ours, and not by our grant."""
    PERMISSION_UNDUE = "permission_undue"
    """Granted by us, held, and due by no rule any more."""
    PERMISSION_GONE = "permission_gone"
    """Granted by us, and not held any more."""
    PERMISSION_MISSING = "permission_missing"
    """Due, neither held nor ever granted."""
    DRIFTED = "drifted"
    """A field of an account of ours holds something else than it should."""
    DANGLING = "dangling"
    """A link of somebody HR does not know, to an account that is not there, or to one that carries
    another number."""
    RELEASED = "released"
    """Given by a rule that is retired: it stays, and the ledger lets go of it."""
    WAITING = "waiting"
    """Something waits for an account or a value upstream."""


class Asked(IntEnum):
    """How precisely a fix has to be asked for."""

    BY_TYPE = 0
    """By the type of the issue, so for all of that type at once."""
    BY_ISSUE = 1
    """By the id of the issue."""
    BY_NAME = 2
    """By the id of the issue and the name of the fix, `ISSUE:delete`."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Something that can be done about an issue.

    Attributes:
        name: As it is asked for.
        what: What it does, in a sentence.
        asked: How precisely it has to be asked for.
    """

    name: str
    what: str
    asked: Asked = Asked.BY_TYPE


APPLY: Final = Fix("apply", "do now what the next run would do")
TAKE_OVER: Final = Fix(
    "take_over",
    "link it to the person; the next run treats it as the account of somebody who is due none",
)
DISABLE: Final = Fix("disable", "disable it", Asked.BY_ISSUE)
DELETE: Final = Fix("delete", "delete it", Asked.BY_NAME)
REVOKE: Final = Fix("revoke", "take it away", Asked.BY_ISSUE)
ADOPT: Final = Fix(
    "adopt",
    "make it ours: kept while a rule gives it, and taken away by the first run without one",
    Asked.BY_NAME,
)
FORGET: Final = Fix("unlink", "forget the link; there is nothing in the target")
UNLINK: Final = Fix("unlink", "forget the link, and leave the account as it is", Asked.BY_ISSUE)

FIXES: Final = tuple(
    dict.fromkeys(fix.name for fix in (APPLY, TAKE_OVER, DISABLE, DELETE, REVOKE, ADOPT, UNLINK))
)
"""Names that can be asked for."""

ID_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing that does not agree.

    Attributes:
        kind: What it is.
        target: Where.
        person: `external_id`, "" where nobody is meant.
        ref: Native id of the account, "" without one.
        subject: What about it: a field, the native id of a permission, a number.
        label: A name of the account for people to read.
        detail: What was found, in a sentence. Private values are veiled.
        held: Of a drifted field: what the account holds, None for nothing.
        wanted: Of a drifted field: what it should hold.
        changes: What the next run does about it by itself; nothing where that is empty.
        fixes: What can be asked for, the usual one first.
        advice: What a person can do where nothing can be asked for.
        id: Hash of kind, target, whose it is and subject: the same in every run.
    """

    kind: Kind
    target: str
    person: str = ""
    ref: str = ""
    subject: str = ""
    label: str = ""
    detail: str = ""
    held: Value | None = None
    wanted: Value | None = None
    changes: tuple[Change, ...] = ()
    fixes: tuple[Fix, ...] = ()
    advice: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Name it by what it is about, not by what was found."""
        # An unmanaged account stays the same one when HR learns whose it is.
        whose = self.ref if self.kind is Kind.UNMANAGED else self.person or self.ref
        content = "\0".join((self.kind.value, self.target, whose, self.subject))
        name = hashlib.sha256(content.encode()).hexdigest()[:ID_LENGTH]
        object.__setattr__(self, "id", name)

    @property
    def next_run(self) -> str:
        """What the next run does about it by itself, as verbs; "" for nothing."""
        return ", ".join(dict.fromkeys(change.verb.value for change in self.changes))

    @property
    def order(self) -> tuple[int, str, str, str, str]:
        """By kind, then by whose it is."""
        return (_PLACE[self.kind], self.target, self.person, self.ref, self.subject)

    def fix(self, name: str = "") -> Fix | None:
        """The fix of that name, or without a name the usual one; None where there is none."""
        for fix in self.fixes:
            if fix.name == name or (not name and fix.asked is not Asked.BY_NAME):
                return fix
        return None

    def to_json(self) -> dict[str, Any]:
        """The issue as JSON; what is not known is null."""
        return {
            "id": self.id,
            "type": self.kind.value,
            "target": self.target,
            "person": self.person or None,
            "ref": self.ref or None,
            "subject": self.subject or None,
            "label": self.label or None,
            "detail": self.detail,
            "held": None if self.held is None else encode_value(self.held),
            "wanted": None if self.wanted is None else encode_value(self.wanted),
            "next_run": self.next_run or None,
            "fixes": [
                {"fix": fix.name, "what": fix.what, "asked": fix.asked.name.lower()}
                for fix in self.fixes
            ],
            "advice": self.advice or None,
        }


_PLACE: Final = {kind: place for place, kind in enumerate(Kind)}
