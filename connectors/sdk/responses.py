"""What a response means: the one table from HTTP statuses to errors."""

import email.utils
from datetime import UTC
from typing import Any, Final

import httpx

from connectors.model.errors import (
    AlreadyExists,
    ConnectorError,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unavailable,
)
from connectors.sdk.calls import Reply
from connectors.sdk.clock import now

BODY_IN_MESSAGE: Final = 300
"""Characters of a response body that a message may quote."""

SAID_BYTES: Final = 4_000
"""How far a body is looked at for what a message may quote."""

LONGEST_ASKED_SECONDS: Final = 31 * 86_400.0
"""A system that asks for more patience than a month is taken to ask for a month."""

NOT_JSON: Final = (ValueError, RecursionError)
"""What decoding raises for what is no JSON, and for JSON that is nested without end."""


class NotSent(Unavailable):
    """The request did not reach the system: repeating it is safe."""


class Busy(Unavailable):
    """503: the system refused to start on the request."""


def classify(response: httpx.Response) -> ConnectorError | None:  # noqa: PLR0911 - it is a table
    """What a response means by its status alone, None for success."""
    status = response.status_code
    if status < httpx.codes.BAD_REQUEST:
        return _misdirected(response)
    said = _said(response)
    text = f"HTTP {status}{': ' + said if said else ''}"
    match status:
        case 401:
            return Unauthorized(text, code="401", hint="Check the credentials in the settings.")
        case 403:
            return Forbidden(text, code="403", hint="Check the rights that were granted.")
        case 404 | 410:
            return NotFound(text, code=str(status))
        case 409:
            return AlreadyExists(text, code="409")
        case 408 | 504:
            return TimedOut(text, code=str(status))
        case 429:
            return RateLimited(text, code="429", retry_after_seconds=retry_after_seconds(response))
        case 503:
            busy = Busy(text, code="503")
            busy.retry_after_seconds = retry_after_seconds(response)
            return busy
        case _ if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Unavailable(text, code=str(status))
    return Invalid(text, code=str(status))


def _said(response: httpx.Response) -> str:
    """The beginning of a body; of a web page only that it is one, for it may repeat the address."""
    # Not response.text: a charset such as "hex", which is no text encoding, breaks that.
    text = " ".join(response.content[:SAID_BYTES].decode("utf-8", "replace").split())
    return "a web page" if text.startswith("<") else text[:BODY_IN_MESSAGE]


def _misdirected(response: httpx.Response) -> Misconfigured | None:
    """Redirects are not followed: a write that is sent elsewhere is not a write that is done."""
    if not response.is_redirect:
        return None
    where = response.headers.get("Location", "").partition("?")[0][:BODY_IN_MESSAGE]
    message = f"HTTP {response.status_code}: sent on to {where or 'nowhere'}"
    hint = "Check the address in the settings."
    return Misconfigured(message, code=str(response.status_code), hint=hint)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """The Retry-After header in seconds, whether it was given as a number or as a date."""
    given = response.headers.get("Retry-After")
    if given is None:
        return None
    seconds = given.strip()
    if seconds.isascii() and seconds.isdigit():
        return min(float(seconds), LONGEST_ASKED_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(given)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(0.0, (aware - now()).total_seconds()), LONGEST_ASKED_SECONDS)
    except (ValueError, TypeError, OverflowError):  # no date, or one that no calendar holds
        return None


def decoded(response: httpx.Response) -> Any:
    """The JSON of a body, None when it is empty or something else."""
    try:
        return response.json() if response.content else None
    except NOT_JSON:
        return None


def reply_of(response: httpx.Response) -> Reply:
    """The answer that a successful response is.

    Raises:
        Unavailable: There is a body and it is not JSON: a proxy or a sign-in page answered. What
            became of a write nobody knows.
    """
    try:
        body = response.json() if response.content else None
    except NOT_JSON as error:
        hint = "Check the address in the settings, and what stands between."
        message = f"HTTP {response.status_code} with {_said(response)[:40]!r} instead of JSON"
        raise Unavailable(message, hint=hint) from error
    return Reply(response.status_code, body, response.headers)
