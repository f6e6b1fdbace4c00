"""What Google's errors mean: by the reason in the body, not by the status, which says too little.

403 is "slow down" as often as "you may not"; 409 is a value in use or two writers at once; 412 is a
deleted user in one API and a licence that is held already in the other.

Source: Directory API, "Limits and quotas" and "Handle errors"; AIP-193 for the newer form.
"""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from connectors.model.errors import (
    AlreadyExists,
    Conflict,
    ConnectorError,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
)
from connectors.sdk.http import retry_after_seconds
from connectors.sdk.responses import BODY_IN_MESSAGE, decoded

SLOW_DOWN: Final = frozenset(
    {
        "userRateLimitExceeded",
        "rateLimitExceeded",
        "quotaExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    }
)
FOR_TODAY: Final = frozenset({"dailyLimitExceeded"})
DAY_SECONDS: Final = 86_400.0
TOO_NARROW: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
CONFLICTS: Final = frozenset({"conflict", "ABORTED", "aborted"})
UNKNOWN_UNIT: Final = "INVALID_OU_ID"


def reason_of(body: Any) -> str:
    """Google's reason for an error, "" where it gives none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return ""
    for one in (*_objects(error.get("errors")), *_objects(error.get("details"))):
        if isinstance(one.get("reason"), str):
            return str(one["reason"])
    return str(error.get("status") or "")


def message_of(body: Any) -> str:
    """Google's sentence about an error."""
    error = body.get("error") if isinstance(body, Mapping) else None
    said = error.get("message") if isinstance(error, Mapping) else None
    return " ".join(str(said or "").split())[:BODY_IN_MESSAGE]


def directory_error(response: httpx.Response) -> ConnectorError | None:
    """What an answer of the Directory API means, None where its status says it all."""
    return _error(response, licensing=False)


def licensing_error(response: httpx.Response) -> ConnectorError | None:
    """The same for the Enterprise License Manager API."""
    return _error(response, licensing=True)


def _error(response: httpx.Response, *, licensing: bool) -> ConnectorError | None:  # noqa: PLR0911 - it is a table
    status = response.status_code
    if status < 400 or status >= 500 or status == 401:
        return None
    body = decoded(response)
    reason, said = reason_of(body), message_of(body)
    if not reason and status not in {412, 429}:
        return None
    text, code = said or f"HTTP {status}", f"{status} {reason}".strip()
    if reason in FOR_TODAY:
        return RateLimited(text, code=code, retry_after_seconds=DAY_SECONDS)
    if status == 429 or (status == 403 and reason in SLOW_DOWN):
        return RateLimited(text, code=code, retry_after_seconds=retry_after_seconds(response))
    match status:
        case 403:
            hint = (
                "Delegate the scopes that the README names to the service account."
                if reason in TOO_NARROW
                else "Check the role of the administrator in the setting subject."
            )
            return Forbidden(text, code=code, hint=hint)
        case 404:
            return NotFound(text, code=code)
        case 409:
            return (Conflict if reason in CONFLICTS else AlreadyExists)(text, code=code)
        case 412:
            return (AlreadyExists if licensing else NotFound)(text, code=code)
        case _:
            pass
    hint = "That organisational unit does not exist." if UNKNOWN_UNIT in said else ""
    return Invalid(text, code=code, hint=hint)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
