"""What an answer means, beyond its status (RFC 7644, section 3.12)."""

from collections.abc import Iterable
from typing import Any, Final

import httpx

from connectors.model.errors import (
    AlreadyExists,
    Conflict,
    ConnectorError,
    Invalid,
    Misconfigured,
    RateLimited,
)
from connectors.sdk.responses import Busy, NotSent, decoded

LONGEST: Final = 300
"""Characters of a detail that a message quotes."""
PATH_ERRORS: Final = frozenset(
    {"invalidPath", "invalidFilter", "invalidSyntax", "invalidValue", "noTarget", "400"}
)
"""Kinds of error with which a provider refuses a path that it does not understand."""
ABOUT_THE_RESOURCE: Final = frozenset({"mutability", "sensitive", "invalidValue", "uniqueness"})
"""Kinds of error with which a 403 is about this resource, and not about our rights."""


NOT_DONE: Final = (NotSent, RateLimited, Busy)
"""Errors of a write that surely did not happen, in spite of all attempts."""


class Outdated(Conflict):
    """412: the resource has changed since it was read."""


class VersionNeeded(Conflict):
    """428: the provider wants to know which version a write is about."""


class TooLarge(Invalid):
    """413: too much in one request."""


def classify(response: httpx.Response) -> ConnectorError | None:  # noqa: PLR0911 - it is a table
    """What the status table does not know of a provider's answer; None leaves it to the table."""
    status = response.status_code
    if status < httpx.codes.BAD_REQUEST:
        return None
    said = decoded(response)
    kind, detail = _parts(said)
    text = f"HTTP {status}{f': {detail}' if detail else ''}"
    code = kind or str(status)
    match status:
        case 404 | 410 if said is None and response.content.strip():
            hint = "Check base_url: it is the address in front of /Users."
            what = "a web page" if _is_page(response) else "something that is no JSON"
            return Misconfigured(f"HTTP {status} with {what}", code=code, hint=hint)
        case 403 if kind in ABOUT_THE_RESOURCE:
            return Invalid(text, code=code)
        case 409:
            return AlreadyExists(text, code=code)
        case 412:
            return Outdated(text, code=code)
        case 413:
            return TooLarge(text, code=code)
        case 428:
            return VersionNeeded(text, code=code)
        case 405 | 501:
            hint = (
                "Say in overrule what the provider cannot do, such as `overrule: {patch: false}`."
            )
            return Misconfigured(f"HTTP {status}: the provider does not do this", hint=hint)
        case _ if 400 <= status < 500 and status not in {401, 403, 404, 408, 410, 429}:
            return Invalid(text, code=code) if detail else None
    return None


def without(error: ConnectorError, passwords: Iterable[str]) -> ConnectorError:
    """The error, without passwords that the provider may have quoted."""
    for password in passwords:
        if password in f"{error.message}{error.reply_json}":
            error.message = error.message.replace(password, "***")
            error.args = (error.message,)
            error.reply_json = None
    return error


def _parts(said: Any) -> tuple[str, str]:
    """`scimType` and `detail` of an error, "" for what is not there."""
    if not isinstance(said, dict):
        return "", ""
    kind, detail = said.get("scimType"), said.get("detail")
    return (
        kind if isinstance(kind, str) else "",
        " ".join(detail.split())[:LONGEST] if isinstance(detail, str) else "",
    )


def _is_page(response: httpx.Response) -> bool:
    return response.content.lstrip()[:1] == b"<"
