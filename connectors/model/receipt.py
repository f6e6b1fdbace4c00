"""Receipts: what became of a change. Notes: why nothing was done."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.model.values import Attributes, decode_value, encode_value


class Outcome(StrEnum):
    """What became of one change."""

    RECORDED = "recorded"
    """A preview: nothing was sent."""
    DONE = "done"
    ALREADY = "already"
    """The target was in the wanted state; a success."""
    FAILED = "failed"
    SET_ASIDE = "set_aside"
    """Not tried, because something it depends on failed."""
    IN_DOUBT = "in_doubt"
    """Sent, the answer was lost and reading back did not settle it."""

    @property
    def succeeded(self) -> bool:
        """Whether what depends on the change may go on."""
        return self in {Outcome.RECORDED, Outcome.DONE, Outcome.ALREADY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one change.

    Attributes:
        change: Id of the change.
        target: Target it was meant for.
        person: `external_id` of the person.
        verb: The verb of the change, as text.
        outcome: See `Outcome`.
        ref: Native id of the account, where there is one.
        produced: What the account holds after a write, read back from the target: at least the
            attributes that the manifest lists under `produces`. In a preview the planned values.
        detail: A sentence for the audit trail. Holds no secret.
        at: When, with offset.
    """

    change: str
    target: str
    person: str
    verb: str
    outcome: Outcome
    at: datetime
    ref: str | None = None
    produced: Attributes = field(default_factory=dict)
    detail: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The receipt as JSON; times are ISO 8601 with offset."""
        return {
            "change": self.change,
            "target": self.target,
            "person": self.person,
            "verb": self.verb,
            "outcome": self.outcome.value,
            "at": self.at.isoformat(),
            "ref": self.ref,
            "produced": {name: encode_value(value) for name, value in self.produced.items()},
            "detail": self.detail,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Receipt":
        """Undo `to_json`."""
        return cls(
            change=content["change"],
            target=content["target"],
            person=content["person"],
            verb=content["verb"],
            outcome=Outcome(content["outcome"]),
            at=datetime.fromisoformat(content["at"]),
            ref=content["ref"],
            produced={name: decode_value(value) for name, value in content["produced"].items()},
            detail=content["detail"],
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """Why nothing was done for a person, an account or a target.

    Attributes:
        target: Target the silence concerns; "" for the source or the whole run.
        person: `external_id`, "" when no one person is meant.
        reason: A sentence for an administrator.
        ref: Native id of an account, where one is meant.
        code: What kind of silence it is, such as `unmanaged`, `ambiguous`, `waiting`, for counting.
    """

    target: str
    person: str
    reason: str
    ref: str = ""
    code: str = ""

    def to_json(self) -> dict[str, Any]:
        """The note as JSON; what is not known is null."""
        return {
            "target": self.target or None,
            "person": self.person or None,
            "ref": self.ref or None,
            "code": self.code or None,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Note":
        """Undo `to_json`."""
        return cls(**{name: content[name] or "" for name in cls.__slots__})
