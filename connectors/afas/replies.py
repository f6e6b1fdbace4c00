"""What AFAS's replies mean. AFAS says nearly everything with HTTP 500, so the body decides.

The description of the REST services lists `application/xml` even for JSON and empty replies: bodies
are read by content, whatever the header says. `errorNumber` is too general to steer on; it and the
log reference go into the audit line.

Source of texts and numbers: AFASSoftware/OASContent, troubleshooting.md and get-connector.md;
Tools4everBV/HelloID-Conn-Prov-Target-AFAS-Profit-Users.
"""

import re
from codecs import BOM_UTF8
from typing import Any, Final

import httpx
import orjson

from connectors.model.errors import (
    BrokenSource,
    Conflict,
    ConnectorError,
    Fatal,
    Forbidden,
    Invalid,
    Misconfigured,
    RetourError,
    TimedOut,
    Unauthorized,
    Unavailable,
)
from connectors.sdk.http import BODY_IN_MESSAGE, Busy


class TooMuch(Fatal):
    """More than AFAS can put together in one reply: ask for fewer rows."""


CONFLICT: Final = re.compile(
    r"(changed|modified|updated) by another user|gewijzigd door een andere gebruiker", re.IGNORECASE
)
TOO_MUCH: Final = re.compile(
    r"out of (string space|memory)|maximum duration|maximale tijdsduur", re.IGNORECASE
)
NOT_GRANTED: Final = re.compile(
    r"not supported for this app|not authori[sz]ed|niet ondersteund|niet geautoriseerd",
    re.IGNORECASE,
)
BLOCKED: Final = re.compile(r"GetConnector.*(is blocked|geblokkeerd)", re.IGNORECASE)
FIELD_MISSING: Final = re.compile(
    r"Connector field '.*' not found|Connector-veld '.*' niet gevonden", re.IGNORECASE
)
LOCKED: Final = re.compile(r"\block(s|ed)?\b|vergrendeld", re.IGNORECASE)


def classify(response: httpx.Response) -> ConnectorError | None:
    """What a reply means; None leaves it to the table of status codes."""
    match response.status_code:
        case 401:
            return Unauthorized(
                "AFAS refused the token",
                code="401",
                hint="Check that it is complete, not expired, and made for this environment.",
            )
        case 403:
            return Forbidden(
                "AFAS refused this machine",
                code="403",
                hint="Check the IP addresses that the app connector allows.",
            )
        case 404:
            return Misconfigured(
                "AFAS does not know this address",
                code="404",
                hint="Check `base_url` and the names of the connectors.",
            )
        case 400 | 413:
            return Invalid(f"AFAS could not read the request: {_quoted(response)}", code="400")
        case 500:
            return _functional(response)
        case 503:
            return _busy(response)
        case _:
            return None


def decoded(response: httpx.Response) -> Any:
    """The JSON of a reply, whatever its content type.

    Raises:
        BrokenSource: It is cut off or not JSON.
    """
    try:
        return orjson.loads(response.content.removeprefix(BOM_UTF8))
    except ValueError as error:
        message = f"the reply is cut off or not JSON ({len(response.content)} bytes)"
        hint = "Run again; if it stays so, look what stands between here and AFAS (a proxy)."
        raise BrokenSource(message, hint=hint) from error


def _functional(response: httpx.Response) -> ConnectorError | None:
    """A 500 with AFAS's own error; None when something in front of AFAS answered."""
    said = _object(response)
    if "externalMessage" not in said and "errorNumber" not in said:
        return None
    text = str(said.get("externalMessage") or "AFAS gave no reason")[:BODY_IN_MESSAGE]
    number = said.get("errorNumber")
    parts = {
        "code": "" if number is None else str(number),
        "reference": str(said.get("profitLogReference") or ""),
    }
    reading = response.request.method == "GET"
    if CONFLICT.search(text):
        return Conflict(text, **parts)
    if TOO_MUCH.search(text):
        return TooMuch(text, **parts) if reading else TimedOut(text, **parts)
    if reading and LOCKED.search(text):
        return Unavailable(text, **parts)
    if NOT_GRANTED.search(text):
        return Misconfigured(text, hint="Add the connector to the app connector in AFAS.", **parts)
    if FIELD_MISSING.search(text):
        return Misconfigured(text, hint="Compare the settings with the GetConnector.", **parts)
    return _unread(text, parts) if reading else Invalid(text, **parts)


def _unread(text: str, parts: dict[str, str]) -> ConnectorError:
    """A reading that AFAS refuses, for a reason that is not in the settings."""
    if BLOCKED.search(text):
        hint = "AFAS or an administrator blocked it; ask AFAS support."
        return Forbidden(text, hint=hint, **parts)
    return BrokenSource(text, hint="AFAS's log may say more under this reference.", **parts)


def _busy(response: httpx.Response) -> Busy:
    said = _object(response)
    error = said.get("error")
    text = error.get("message") if isinstance(error, dict) else None
    busy = Busy(str(text or "AFAS is not available for now")[:BODY_IN_MESSAGE], code="503")
    asked = said.get("retry_after", response.headers.get("Retry-After"))
    if asked is not None and re.fullmatch("[0-9]{1,9}", str(asked)):
        busy.retry_after_seconds = float(asked)
    return busy


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        content = decoded(response)
    except RetourError:
        return {}
    return content if isinstance(content, dict) else {}


def _quoted(response: httpx.Response) -> str:
    said = response.content.decode("utf-8", "replace").strip()
    return said[:BODY_IN_MESSAGE] or "no reason given"
