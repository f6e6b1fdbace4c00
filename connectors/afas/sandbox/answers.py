"""What AFAS's answers look like on the wire, and those that stand in for them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.afas.sandbox.faults import Kind
from connectors.afas.sandbox.refusals import Refusal, conflict, timed_out, unexpected
from connectors.sdk.serve import Answer

XML: Final = {"Content-Type": "application/xml"}
JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
NOT_FOUND: Final = Answer(404)
CLOSED: Final = Answer(0, drop=True)
HTML: Final = {"Content-Type": "text/html"}
INSTEAD: Final[Mapping[Kind | None, Answer]] = {
    "cut": CLOSED,
    "401": Answer(401),
    "403": Answer(403),
    "404": NOT_FOUND,
    "500": Answer(500, b"<html>Bad gateway</html>", HTML),
    "not_json": Answer(200, b"<html>Sign in</html>", HTML),
}
"""Fault -> the answer that stands in for AFAS's own."""
REFUSALS: Final[Mapping[Kind | None, Callable[[], Refusal]]] = {
    "conflict": conflict,
    "timeout": timed_out,
    "unexpected": unexpected,
}
"""Fault -> the functional error that AFAS answers with."""


def json_in(body: bytes) -> Any:
    """The JSON of a body, None when it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def dumped(content: Any) -> bytes:
    """JSON as bytes."""
    return json.dumps(content, ensure_ascii=False).encode()


def ok(content: Any) -> Answer:
    """A reading that worked."""
    return Answer(200, dumped(content), JSON)


def busy(seconds: int) -> Answer:
    """Maintenance (D3)."""
    text = "Service temporarily unavailable due to scheduled maintenance."
    content = {"error": {"code": "503", "message": text}, "retry_after": seconds}
    return Answer(503, dumped(content), {**JSON, "Retry-After": str(seconds)})
