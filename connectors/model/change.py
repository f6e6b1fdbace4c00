"""Changes: the writes that a plan intends, one small class per verb."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, Self, TypeVar

from connectors.model.values import Attributes, Pending, decode_value, encode_value


class Verb(StrEnum):
    """What a change does. The order is the order in which one person's changes are executed."""

    CORRELATE = "correlate"
    CREATE = "create"
    RESTORE = "restore"
    DISABLE = "disable"
    UPDATE = "update"
    MOVE = "move"
    ENABLE = "enable"
    GRANT = "grant"
    REVOKE = "revoke"
    DELETE = "delete"
    UNMANAGE = "unmanage"


OFFERED: Final = frozenset(Verb) - {Verb.UNMANAGE, Verb.RESTORE}
"""Verbs that a directory offers. Bringing back what was deleted, only some can; unmanaging is
between us and the ledger."""

HR_ID: Final = "hr_id"
"""Key in `Change.context`: the HR id that the account carried when it was read, "" for none. It
stands there when `before` was read too; without it nobody looked, and nothing can have moved."""


_C = TypeVar("_C", bound="Change")
_NAMING: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Need:
    """A field of a change whose value comes from an upstream account.

    Attributes:
        field: The field of this change.
        target: The upstream target.
        attribute: The attribute of the upstream account.
    """

    field: str
    target: str
    attribute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One intended write, whole enough to be executed without asking anybody anything.

    Attributes:
        target: Name of the target in the profile.
        person: `external_id` of the person.
        ref: Native id of the account; None when an earlier change of this person creates it.
        before: What the target holds now, for the fields in `after` only. An absent key means
            empty.
        after: What it shall hold. For grant and revoke: `permission` (native id) and `name`.
            For move: `container`. For enable and disable: `enabled`. For restore: the correlation
            attribute, and `container` where it is known.
        because: Rules, contracts or settings that say so, such as `rule:staff`, `contract:7`.
        needs: Fields of `after` that come from an upstream account. The value in `after` is what
            the plan expects (checked against the upstream receipt), or `Pending`.
        context: Values the writer needs and does not change, read with the account
            (for AFAS the person number). Named by the manifest; and `HR_ID`.
        id: Hash of all the above; equal in preview and live run.
    """

    verb: ClassVar[Verb]

    target: str
    person: str
    ref: str | None = None
    before: Attributes = field(default_factory=dict)
    after: Attributes = field(default_factory=dict)
    because: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the change by its content."""
        content = _NAMING.encode(self._content())
        object.__setattr__(self, "id", hashlib.sha256(content.encode()).hexdigest()[:24])

    def _content(self) -> dict[str, Any]:
        return {
            "verb": self.verb.value,
            "target": self.target,
            "person": self.person,
            "ref": self.ref,
            "before": {name: encode_value(value) for name, value in self.before.items()},
            "after": {name: encode_value(value) for name, value in self.after.items()},
            "because": list(self.because),
            "needs": [[need.field, need.target, need.attribute] for need in self.needs],
            "context": dict(self.context),
        }

    def to_json(self) -> dict[str, Any]:
        """Content and id as JSON."""
        return {"id": self.id, **self._content()}

    @property
    def pending(self) -> tuple[str, ...]:
        """Fields of `after` that are not known yet."""
        return tuple(name for name, value in self.after.items() if isinstance(value, Pending))

    def resolved(self, *, ref: str | None, after: Attributes) -> Self:
        """The same intention with native id and values filled in, under the planned id."""
        return self.under_its_id(ref=ref, after=after)

    def under_its_id(self, **values: Any) -> Self:
        """The same change with other values, under the id of this one; it is not named anew."""
        own = {name: getattr(self, name) for name in Change.__slots__}
        return _named(type(self), {**own, **values})


class CorrelateAccount(Change):
    """Take over an existing account. Writes nothing in the target; the ledger keeps the link."""

    __slots__ = ()
    verb = Verb.CORRELATE


class CreateAccount(Change):
    """Make an account, disabled; an enable follows when access is due."""

    __slots__ = ()
    verb = Verb.CREATE


class RestoreAccount(Change):
    """Bring a deleted account back, under its old id. Only taking a run back asks for that."""

    __slots__ = ()
    verb = Verb.RESTORE


class MoveAccount(Change):
    """Put an account into another container (OU, organisational unit path)."""

    __slots__ = ()
    verb = Verb.MOVE


class UpdateAccount(Change):
    """Change named attributes and no others."""

    __slots__ = ()
    verb = Verb.UPDATE


class EnableAccount(Change):
    """Let the person sign in."""

    __slots__ = ()
    verb = Verb.ENABLE


class DisableAccount(Change):
    """Stop the person from signing in."""

    __slots__ = ()
    verb = Verb.DISABLE


class DeleteAccount(Change):
    """Remove an account, or clear a record that is never removed (AFAS)."""

    __slots__ = ()
    verb = Verb.DELETE


class GrantPermission(Change):
    """Add an account to a group, role or licence."""

    __slots__ = ()
    verb = Verb.GRANT


class RevokePermission(Change):
    """Take an account out of a group, role or licence."""

    __slots__ = ()
    verb = Verb.REVOKE


class Unmanage(Change):
    """Forget an account, or with `permission` in `before` a grant, and leave the target as it is.

    Nothing is written in the target; the ledger lets go of the link, or of the grant.
    """

    __slots__ = ()
    verb = Verb.UNMANAGE


CHANGES: dict[Verb, type[Change]] = {
    kind.verb: kind
    for kind in (
        CorrelateAccount,
        CreateAccount,
        RestoreAccount,
        MoveAccount,
        UpdateAccount,
        EnableAccount,
        DisableAccount,
        DeleteAccount,
        GrantPermission,
        RevokePermission,
        Unmanage,
    )
}


def change_from_json(content: Mapping[str, Any], *, resolved: bool = False) -> Change:
    """Undo `Change.to_json`.

    Args:
        content: What `to_json` gave.
        resolved: Values were filled in after planning (`Change.resolved`), so the id names the
            planned content and is taken as it stands.

    Raises:
        ValueError: Verb or value unknown, or the id does not fit the content.
    """
    kind = CHANGES[Verb(content["verb"])]
    values = {
        "target": content["target"],
        "person": content["person"],
        "ref": content["ref"],
        "before": {name: decode_value(value) for name, value in content["before"].items()},
        "after": {name: decode_value(value) for name, value in content["after"].items()},
        "because": tuple(content["because"]),
        "needs": tuple(Need(*need) for need in content["needs"]),
        "context": dict(content["context"]),
    }
    if resolved:
        return _named(kind, {**values, "id": content["id"]})
    change = kind(**values)
    if change.id != content["id"]:
        message = f"change {content['id']} does not hold the content it was named for"
        raise ValueError(message)
    return change


def _named(kind: type[_C], values: Mapping[str, Any]) -> _C:
    """A change that has its name already: hashing is most of the work of making one."""
    change = object.__new__(kind)
    for name in Change.__slots__:
        object.__setattr__(change, name, values[name])
    return change
