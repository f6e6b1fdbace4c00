"""What Graph refuses, and in which words.

Texts marked (seen) stand in public issues with a real reply; the others are of the same kind.
"""

from typing import Any, Final

from connectors.sdk.serve import Answer

BAD_REQUEST: Final = "Request_BadRequest"
SYNCED: Final = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or "
    "objects currently undergoing migration."
)
"""(seen) Source: several vendors' support pages about Graph and Entra Connect."""


class Problem(Exception):
    """A request that is answered with an error.

    Args:
        status: HTTP status.
        code: `error.code`.
        message: `error.message`.
        details: `error.details`: (code, target) pairs.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: tuple[tuple[str, str], ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        """Keep the parts."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = details, headers or {}

    def body(self, *, request_id: str, date: str) -> dict[str, Any]:
        """The body as Graph writes it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [
                {"code": code, "message": self.message, "target": target}
                for code, target in self.details
            ]
        error["innerError"] = {
            "date": date,
            "request-id": request_id,
            "client-request-id": request_id,
        }
        return {"error": error}


def bad_request(message: str, *details: tuple[str, str]) -> Problem:
    """400 with Graph's usual code."""
    return Problem(400, BAD_REQUEST, message, details=details)


def not_found(what: str) -> Problem:
    """404 for an object that is not there, or not yet. (seen)."""
    message = (
        f"Resource '{what}' does not exist or one of its queried reference-property objects are "
        "not present."
    )
    return Problem(404, "Request_ResourceNotFound", message)


def in_use(target: str) -> Problem:
    """A value that somebody else holds. (seen), for proxyAddresses with both details."""
    message = f"Another object with the same value for property {target} already exists."
    codes = ["ObjectConflict"] + ["ConflictingObjects"] * (target == "proxyAddresses")
    return bad_request(message, *((code, target) for code in codes))


def denied() -> Problem:
    """The token lacks a right, or the object is out of its reach. (seen)."""
    return Problem(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


def unsupported_query(message: str) -> Problem:
    """A query that the directory does not answer, or only as an advanced one."""
    return Problem(400, "Request_UnsupportedQuery", message)


def throttled(seconds: float | None) -> Problem:
    """429; without `Retry-After` where `seconds` is None."""
    headers = {} if seconds is None else {"Retry-After": f"{seconds:g}"}
    return Problem(429, "TooManyRequests", "Too many requests", headers=headers)


def unauthenticated(message: str) -> Problem:
    """401 for a token that does not count."""
    headers = {
        "WWW-Authenticate": 'Bearer authorization_uri="…", error="invalid_token"'.replace(
            "…", "https://login.microsoftonline.com/common/oauth2/authorize"
        )
    }
    return Problem(401, "InvalidAuthenticationToken", message, headers=headers)


DROPPED: Final = Answer(0, drop=True)
