"""What a refusal of Graph means; told by `code` and `details`, and by words only where it must be.

Source: Microsoft Graph error responses; the texts stand in public issues (pnp/pnpframework 140,
microsoftgraph/microsoft-graph-docs 1508, -docs-contrib 8421).
"""

from collections.abc import Callable, Collection
from typing import Any, Final

import httpx

from connectors.model.errors import (
    AlreadyExists,
    Conflict,
    ConnectorError,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
)
from connectors.sdk.responses import decoded

CONFLICTS: Final = frozenset({"ObjectConflict", "ConflictingObjects"})
PRESENT: Final = "added object references already exist"
UNSEEN: Final = "source resource objects"
MASTERED: Final = "on-premises mastered"
NOT_THE_LICENCE: Final = (
    "does not have a corresponding license",
    "inherited from a group membership",
)
GONE_STATES: Final = frozenset({"syncStateNotFound", "resyncRequired", "syncStateInvalid"})


class Present(AlreadyExists):
    """The account is a member of the group already."""


class NotSeen(NotFound):
    """What the request is about is not there, or was made a moment ago and is not seen yet."""


class NotHeld(Refused):
    """The account does not have the licence by itself."""


Meaning = Callable[[httpx.Response], ConnectorError | None]


def reading(response: httpx.Response) -> ConnectorError | None:
    """What an answer to a reading means, None for what the status alone says."""
    error = _error(response)
    if response.status_code == 403 and error:
        hint = "Grant the missing permission and the admin consent; retour check lists them."
        return Forbidden(_told(error), code=_code(error), hint=hint, reference=_reference(error))
    return _common(response, error)


def writing(missing: Callable[[], Collection[str]]) -> Meaning:
    """What an answer to the writer means.

    Args:
        missing: The permissions that the writer lacks. When it lacks none, a 403 is about the
            object: an administrator, a group that may be given a role.
    """

    def meaning(response: httpx.Response) -> ConnectorError | None:
        error = _error(response)
        if response.status_code != 403 or not error:
            return _common(response, error)
        parts = {"code": _code(error), "reference": _reference(error)}
        lacking = list(missing())
        if lacking:
            hint = f"Grant {', '.join(lacking)} to the app that writes."
            return Forbidden(_told(error), hint=hint, **parts)
        hint = "The rights are there: this object is out of reach, as administrators are."
        return Refused(_told(error), hint=hint, **parts)

    return meaning


def _common(response: httpx.Response, error: dict[str, Any]) -> ConnectorError | None:
    status, message = response.status_code, str(error.get("message") or "")
    parts = {"code": _code(error), "reference": _reference(error)}
    targets = _targets(error)
    if status == 409 and error:
        return Conflict(_told(error), hint="Somebody else changes the same account.", **parts)
    if status == 404 and error:
        return NotSeen(_told(error), **parts)
    if status != 400 or not error:
        return None
    if PRESENT in message:
        return Present(_told(error), **parts)
    if UNSEEN in message:
        return NotSeen(_told(error), **parts)
    if targets:
        names = " and ".join(targets)
        told = (
            f"the value of {names} is in use by another user, group or contact, or by a deleted one"
        )
        return AlreadyExists(told, **parts)
    if any(text in message for text in NOT_THE_LICENCE):
        return NotHeld(_told(error), **parts)
    hint = ""
    if MASTERED in message:
        hint = "It comes from Active Directory: change it there."
    return Invalid(_told(error), hint=hint, **parts)


def _targets(error: dict[str, Any]) -> list[str]:
    """The attributes whose values somebody else has."""
    details = error.get("details")
    found = [
        str(one.get("target"))
        for one in (details if isinstance(details, list) else [])
        if isinstance(one, dict) and one.get("code") in CONFLICTS and one.get("target")
    ]
    return list(dict.fromkeys(found))


def _error(response: httpx.Response) -> dict[str, Any]:
    if response.status_code < 400:
        return {}
    content = decoded(response)
    error = content.get("error") if isinstance(content, dict) else None
    return error if isinstance(error, dict) else {}


def _told(error: dict[str, Any]) -> str:
    details = error.get("details")
    about = [
        str(one["target"])
        for one in (details if isinstance(details, list) else [])
        if isinstance(one, dict) and one.get("target")
    ]
    message = str(error.get("message") or "refused without a reason")[:300]
    named = [name for name in dict.fromkeys(about) if name not in message]
    return f"{message.rstrip('.')} ({', '.join(named)})" if named else message


def _code(error: dict[str, Any]) -> str:
    return str(error.get("code") or "")


def _reference(error: dict[str, Any]) -> str:
    inner = error.get("innerError")
    return str(inner.get("request-id") or "") if isinstance(inner, dict) else ""
