"""Errors as Google's APIs word them, and how they look on the wire."""

import json
from typing import Any, Final

from connectors.sdk.serve import Answer

JSON: Final = {"Content-Type": "application/json; charset=UTF-8"}


class Refusal(Exception):
    """A request that is answered with an error.

    Attributes:
        code: HTTP status.
        reason: Google's reason, which decides what a client may do about it.
        message: Google's sentence.
    """

    def __init__(self, code: int, reason: str, message: str, *, domain: str = "global") -> None:
        """Keep the parts."""
        super().__init__(message)
        self.code, self.reason, self.message, self.domain = code, reason, message, domain

    def answer(self) -> Answer:
        """The error on the wire: one shape for all codes."""
        one = {"domain": self.domain, "reason": self.reason, "message": self.message}
        body = {"error": {"code": self.code, "message": self.message, "errors": [one]}}
        headers = {**JSON, "WWW-Authenticate": "Bearer"} if self.code == 401 else JSON
        return Answer(self.code, dumped(body), headers)


def dumped(content: object) -> bytes:
    """JSON as it is sent."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def ok(content: object = None) -> Answer:
    """A success: 200 with what there is to say, 204 with nothing."""
    return Answer(204) if content is None else Answer(200, dumped(content), JSON)


def not_found(what: str) -> Refusal:
    """404: `userKey`, `groupKey`, `memberKey`, `orgunit`, ..."""
    return Refusal(404, "notFound", f"Resource Not Found: {what}")


def invalid(what: str) -> Refusal:
    """400: a value that is not accepted."""
    return Refusal(400, "invalid", f"Invalid Input: {what}")


def required(what: str) -> Refusal:
    """400: a value that is missing."""
    return Refusal(400, "required", f"Missing required field: {what}")


def duplicate(message: str = "Entity already exists.") -> Refusal:
    """409: a value in use."""
    return Refusal(409, "duplicate", message)


def conflict() -> Refusal:
    """409: another change of the same object is running."""
    return Refusal(409, "conflict", "Conflicting requests.")


def deleted() -> Refusal:
    """412: the user was deleted less than twenty days ago."""
    return Refusal(412, "conditionNotMet", "User is deleted.")


def forbidden() -> Refusal:
    """403: no right."""
    return Refusal(403, "forbidden", "Not Authorized to access this resource/api")


def too_narrow() -> Refusal:
    """403: the token was not made for this."""
    message = "Request had insufficient authentication scopes."
    return Refusal(403, "insufficientPermissions", message)


def unauthenticated() -> Refusal:
    """401: no token, or none that counts."""
    return Refusal(401, "authError", "Invalid Credentials")


SLOW_DOWN: Final = {
    "userRateLimitExceeded": (403, "usageLimits", "User Rate Limit Exceeded"),
    "quotaExceeded": (403, "usageLimits", "Quota exceeded for concurrent requests"),
    "rateLimitExceeded": (429, "usageLimits", "Rate Limit Exceeded"),
    "backendError": (503, "global", "Service unavailable. Please try again"),
}
"""Reason -> status, domain and message of the errors that mean: later."""


def slow_down(reason: str) -> Refusal:
    """403, 429 or 503 with one of the reasons of `SLOW_DOWN`."""
    code, domain, message = SLOW_DOWN[reason]
    return Refusal(code, reason, message, domain=domain)


def as_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty body is an empty one.

    Raises:
        Refusal: It is something else.
    """
    if not body.strip():
        return {}
    try:
        content = json.loads(body, parse_constant=_no_number)
        dumped(content)  # a lone surrogate can be read, and never be sent
    except (ValueError, RecursionError):
        raise Refusal(400, "parseError", "Parse Error") from None
    if not isinstance(content, dict):
        raise Refusal(400, "parseError", "This API does not accept such a body.")
    return content


def _no_number(name: str) -> object:
    message = f"{name} is no JSON"
    raise ValueError(message)
