"""Errors to order, by the reason that Google gives for them (G8)."""

from collections.abc import Mapping
from typing import Final

from connectors.google_workspace.sandbox.refusals import SLOW_DOWN, Refusal, slow_down
from connectors.sdk.sandbox_http import Faults

_REASONS: Final = {
    "forbidden": (403, "Not Authorized to access this resource/api"),
    "insufficientPermissions": (403, "Request had insufficient authentication scopes."),
    "dailyLimitExceeded": (403, "Daily Limit Exceeded"),
    "authError": (401, "Invalid Credentials"),
    "notFound": (404, "Resource Not Found: userKey"),
    "duplicate": (409, "Entity already exists."),
    "conflict": (409, "Conflicting requests."),
    "conditionNotMet": (412, "User is deleted."),
    "invalid": (400, "Invalid Input: something"),
    "internalError": (500, "Internal Error"),
}
_BY_STATUS: Final = {
    400: "invalid",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "conflict",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
    503: "backendError",
}


def refusal_for(reason: str) -> Refusal:
    """The error with that reason, as Google words it."""
    if reason in SLOW_DOWN:
        return slow_down(reason)
    code, message = _REASONS[reason]
    return Refusal(code, reason, message)


def google_faults() -> Faults:
    """Faults whose errors look as Google's do; ask for others by `order_reason`."""

    def render(status: int) -> tuple[bytes, Mapping[str, str]]:
        answer = refusal_for(_BY_STATUS.get(status, "internalError")).answer()
        return answer.body, answer.headers

    return Faults(render=render)


def order_reason(
    faults: Faults,
    reason: str,
    *,
    only: str = "*",
    count: int = 1,
    skip: int = 0,
    retry_after: int | None = None,
) -> None:
    """Let the next requests be refused with a reason.

    Args:
        faults: Where to order it.
        reason: One of Google's, such as `quotaExceeded`.
        only: Method and path, as in `Faults.next`; paths begin as in `/users/123`.
        count: For how many requests.
        skip: So many of them go well first.
        retry_after: Seconds to ask for.
    """
    answer = refusal_for(reason).answer()
    faults.next(
        status=answer.status,
        body=answer.body,
        only=only,
        count=count,
        skip=skip,
        retry_after=retry_after,
    )
