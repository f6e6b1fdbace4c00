"""JSON batches: up to twenty requests in one call, each with an answer of its own (E13).

Source: Microsoft Graph, "Combine multiple HTTP requests using JSON batching".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.entra_id.sandbox.problems import BAD_REQUEST, Problem

MOST: Final = 20
FAILED_DEPENDENCY: Final = 424

Answered = tuple[int, Mapping[str, str], Any]
"""Status, headers and body of one part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One request of a batch."""

    id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    depends_on: tuple[str, ...]


def parts_of(content: Any) -> list[Part]:
    """The parts of a batch, in an order in which they can be carried out.

    Raises:
        Problem: The batch as a whole is refused.
    """
    requests = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(requests, list) or not requests:
        raise _malformed("Invalid batch payload format.")
    if len(requests) > MOST:
        raise _malformed(f"Number of batch requests steps exceeds the max value of {MOST}.")
    parts = [_part(one) for one in requests]
    ids = [part.id.casefold() for part in parts]
    if len(set(ids)) < len(ids):
        raise _malformed("Request id found in the batch is not unique.")
    known: set[str] = set()
    ordered: list[Part] = []
    while parts:
        ready = [p for p in parts if all(one.casefold() in known for one in p.depends_on)]
        if not ready:
            raise _malformed("dependsOn refers to a request that is not in the batch, or in turn.")
        ordered += ready
        known |= {part.id.casefold() for part in ready}
        parts = [part for part in parts if part not in ready]
    return ordered


def _part(given: Any) -> Part:
    if not isinstance(given, dict):
        raise _malformed("Invalid batch payload format.")
    key, method, url = given.get("id"), given.get("method"), given.get("url")
    headers = given.get("headers") or {}
    depends_on = given.get("dependsOn") or []
    if (
        not isinstance(key, str)
        or not key
        or not isinstance(method, str)
        or not isinstance(url, str)
        or not url
        or not isinstance(headers, dict)
        or not isinstance(depends_on, list)
        or not all(isinstance(one, str) for one in depends_on)
    ):
        raise _malformed("Invalid batch payload format.")
    folded = {str(name).lower(): str(value) for name, value in headers.items()}
    if given.get("body") is not None and "json" not in folded.get("content-type", ""):
        raise _malformed("Write request must contain content-type header declaration.")
    return Part(
        id=key,
        method=method.upper(),
        url=url,
        headers=folded,
        body=given.get("body"),
        depends_on=tuple(depends_on),
    )


def carry_out(parts: list[Part], answer: Callable[[Part], Answered]) -> dict[str, Any]:
    """Carry a batch out.

    Args:
        parts: In order.
        answer: Answers one part.

    Returns:
        The body: answers in another order than the requests, as Graph reserves to itself.
    """
    failed: set[str] = set()
    responses: list[dict[str, Any]] = []
    for part in parts:
        if failed.intersection(one.casefold() for one in part.depends_on):
            status, headers, body = _dependency_failed()
        else:
            status, headers, body = answer(part)
        if status >= 400:
            failed.add(part.id.casefold())
        response: dict[str, Any] = {"id": part.id, "status": status, "headers": dict(headers)}
        if body is not None:
            response["body"] = body
        responses.append(response)
    return {"responses": responses[::-1]}


def _dependency_failed() -> Answered:
    problem = Problem(FAILED_DEPENDENCY, "FailedDependency", "A request it depends on failed.")
    return FAILED_DEPENDENCY, {}, problem.body(request_id="", date="")


def _malformed(message: str) -> Problem:
    return Problem(400, BAD_REQUEST, message)
