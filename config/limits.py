"""Limits: how much one run may change before a person has to look."""

import re
from typing import Annotated, Any, Final

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from config.defaults import SOURCE_LIMITS, TARGET_LIMITS, WINDOW_DAYS, WINDOW_TIMES
from config.spec import NO_BOOLEAN, Spec

UNLIMITED: Final = "unlimited"
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%")
_FORMS: Final = (
    "write a count such as 50, a share such as 10%, both as {count: 50, share: 10%}, or unlimited"
)


class Limit(Spec):
    """At most so many changes. With both parts, both must hold; with neither, anything goes."""

    count: Annotated[int, Field(ge=0), NO_BOOLEAN] | None = None
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
    attribute: Limit | None = None
    """Persons with another value in one field, such as the department: for each field by itself."""
    emptied: Limit | None = None
    """Persons without the value that one field had: for each field by itself. A field that is empty
    for everybody who had it counts as too many, however few they are."""

    def complete(self) -> dict[str, Limit]:
        """A limit for every kind of difference: the one given, else the default."""
        return _complete(self, SOURCE_LIMITS)


class WindowLimits(Spec):
    """How many changes of each verb the runs of several days may make together in one target.

    What a person approved does not count.
    """

    create: Limit | None = None
    """Accounts made."""
    update: Limit | None = None
    """Changes of attributes."""
    enable: Limit | None = None
    """Accounts that may sign in again, or for the first time."""
    disable: Limit | None = None
    """Accounts that may not sign in any more; left out, twice what one run may do."""
    move: Limit | None = None
    """Accounts put into another container."""
    grant: Limit | None = None
    """Memberships and permissions given."""
    revoke: Limit | None = None
    """Memberships and permissions taken away; left out, twice what one run may do."""
    delete: Limit | None = None
    """Accounts removed; left out, twice what one run may do."""


class TargetLimits(Spec):
    """How many changes of each verb one run may make in one target before it is refused."""

    correlate: Limit | None = None
    """Existing accounts taken over."""
    create: Limit | None = None
    """Accounts made."""
    restore: Limit | None = None
    """Deleted accounts brought back, when a run is undone."""
    update: Limit | None = None
    """Accounts of which attributes change."""
    enable: Limit | None = None
    """Accounts that may sign in again, or for the first time."""
    disable: Limit | None = None
    """Accounts that may not sign in any more."""
    move: Limit | None = None
    """Accounts put into another container."""
    grant: Limit | None = None
    """Memberships and permissions given; a share is of those granted now."""
    grant_permission: Limit | None = None
    """Of these, permissions that are no groups: roles, licences."""
    revoke: Limit | None = None
    """Memberships and permissions taken away; a share is of those granted now."""
    revoke_permission: Limit | None = None
    """Of these, permissions that are no groups: roles, licences."""
    delete: Limit | None = None
    """Accounts removed."""
    losses: Limit | None = None
    """Persons who keep their account and lose a membership or permission."""
    over_days: Annotated[int, Field(ge=1, le=366), NO_BOOLEAN] | None = None
    """Days that `cumulative` looks at, today included; 7 when left out."""
    cumulative: WindowLimits = WindowLimits()
    """How much the runs of these days may change together."""

    def complete(self, below: "TargetLimits | None" = None) -> dict[str, Limit]:
        """A limit for every verb: the one given here, else the one below, else the default."""
        return _complete(self, TARGET_LIMITS, below)

    def complete_window(self, below: "TargetLimits | None" = None) -> dict[str, Limit]:
        """The limits of the window: given here, else below, else some times what one run may do."""
        one_run = self.complete(below)
        return {
            verb: getattr(self.cumulative, verb)
            or (getattr(below.cumulative, verb) if below else None)
            or _times(one_run[verb], WINDOW_TIMES.get(verb))
            for verb in WindowLimits.model_fields
        }

    def days(self, below: "TargetLimits | None" = None) -> int:
        """How many days the window has."""
        return self.over_days or (below.over_days if below else None) or WINDOW_DAYS


def _times(limit: Limit, times: int | None) -> Limit:
    """So many times as much; no limit for None."""
    if times is None:
        return Limit()
    more: dict[str, float] = {}
    if limit.count is not None:
        more["count"] = limit.count * times
    if limit.share is not None:
        more["share"] = min(1.0, limit.share * times)
    return limit.model_copy(update=more)


def _complete(given: Spec, defaults: Any, below: Spec | None = None) -> dict[str, Limit]:
    return {
        name: getattr(given, name)
        or (getattr(below, name) if below else None)
        or Limit.model_validate(default)
        for name, default in defaults.items()
    }
