"""Limits: how much one run may change before a person has to look."""

import re
from typing import Any, Final, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from config.defaults import SOURCE_LIMITS, TARGET_LIMITS
from config.spec import Spec

UNLIMITED: Final = "unlimited"
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%")
_FORMS: Final = (
    "write a count such as 50, a share such as 10%, both as {count: 50, share: 10%}, or unlimited"
)


class Limit(Spec):
    """At most so many changes. With both parts, both must hold; with neither, anything goes."""

    count: int | None = Field(default=None, ge=0)
    """At most so many."""
    share: float | None = Field(default=None, ge=0, le=1)
    """At most this part of what is managed now, 0 to 1; written as 10%."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        match given:
            case Limit():
                return given
            case bool() | float() | list() | None:
                raise ValueError(_FORMS)
            case int():
                return {"count": given}
            case str():
                return _from_text(given.strip())
            case {"share": share, **others}:
                return {**others, "share": _share(share)}
            case _:
                return given

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A count, a share or both, as they are written."""
        del core, handler
        count = {"type": "integer", "minimum": 0}
        share = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})?\s*%$"}
        both = {
            "type": "object",
            "properties": {"count": count, "share": share},
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {
            "anyOf": [count, share, {"const": UNLIMITED}, both],
            "description": "At most so many: a count, a share such as 10%, both, or unlimited.",
            "title": "Limit",
        }


def _from_text(text: str) -> dict[str, Any]:
    if text == UNLIMITED:
        return {}
    if text.isdecimal():
        return {"count": int(text)}
    return {"share": _share(text)}


def _share(given: Any) -> float:
    found = _PERCENT.fullmatch(given) if isinstance(given, str) else None
    if found is None or float(found[1]) > 100:
        raise ValueError(_FORMS)
    return float(found[1]) / 100


class SourceLimits(Spec):
    """How far an import may be from the last accepted one before it is refused."""

    removed: Limit | None = None
    """Persons who are not in the source any more."""
    added: Limit | None = None
    """Persons who were not in the source before."""
    blocked: Limit | None = None
    """Persons whom the import leaves out because something is missing."""
    changed: Limit | None = None
    """Persons of whom any field or contract changed."""

    def complete(self) -> dict[str, Limit]:
        """A limit for every kind of difference: the one given, else the default."""
        return _complete(self, SOURCE_LIMITS)


Verb = Literal[
    "correlate", "create", "update", "enable", "disable", "move", "grant", "revoke", "delete"
]


class TargetLimits(Spec):
    """How many changes of each verb one run may make in one target before it is refused."""

    correlate: Limit | None = None
    """Existing accounts taken over."""
    create: Limit | None = None
    """Accounts made."""
    update: Limit | None = None
    """Accounts of which attributes change."""
    enable: Limit | None = None
    """Accounts that may sign in again, or for the first time."""
    disable: Limit | None = None
    """Accounts that may not sign in any more."""
    move: Limit | None = None
    """Accounts put into another container."""
    grant: Limit | None = None
    """Memberships and permissions given."""
    revoke: Limit | None = None
    """Memberships and permissions taken away."""
    delete: Limit | None = None
    """Accounts removed."""

    def complete(self, below: "TargetLimits | None" = None) -> dict[str, Limit]:
        """A limit for every verb: the one given here, else the one below, else the default."""
        return _complete(self, TARGET_LIMITS, below)


def _complete(given: Spec, defaults: Any, below: Spec | None = None) -> dict[str, Limit]:
    return {
        name: getattr(given, name)
        or (getattr(below, name) if below else None)
        or Limit.model_validate(default)
        for name, default in defaults.items()
    }
