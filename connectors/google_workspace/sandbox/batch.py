"""Batches: many requests in one body of type multipart/mixed, answered one by one.

Source: Directory API guide, "Batching requests": at most 1,000 parts; each part is a request of
type application/http; they are answered in their order with `Content-ID: <response-...>`; each
counts as a request of its own towards every quota.
"""

import email.parser
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from connectors.google_workspace.sandbox.refusals import Refusal
from connectors.sdk.serve import Answer

MOST_PARTS: Final = 1000
BOUNDARY: Final = "batch_retour_sandbox_5a4d0b0c"
_REASONS: Final = {200: "OK", 204: "No Content"}


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch."""

    content_id: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """The requests in a batch.

    Raises:
        Refusal: 400, it cannot be read or has too many.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "surrogateescape")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts:
        raise Refusal(400, "badRequest", "Failed to parse batch request: no parts.")
    if len(parts) > MOST_PARTS:
        raise Refusal(
            400, "badRequest", "The batch request could not be processed: too many parts."
        )
    return [_part(one) for one in parts]


def _part(message: email.message.Message) -> Part:
    raw = message.get_payload(decode=True)
    if message.get_content_type() != "application/http" or not isinstance(raw, bytes):
        raise Refusal(400, "badRequest", "Failed to parse batch request: not application/http.")
    line, _, rest = raw.lstrip(b"\r\n").partition(b"\n")
    words = line.decode("utf-8", "replace").split()
    if len(words) not in {2, 3}:
        raise Refusal(400, "badRequest", "Failed to parse batch request: no request line.")
    head, body = _cut(rest)
    address = urlsplit(words[1])
    return Part(
        content_id=str(message.get("Content-ID", "")).strip("<> "),
        method=words[0].upper(),
        path=address.path,
        query=address.query,
        headers=head,
        body=body,
    )


def _cut(rest: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body of an inner request, whichever line ends it uses."""
    if rest.startswith((b"\n", b"\r\n")):
        return {}, rest.lstrip(b"\r\n")
    places = [(rest.find(end), len(end)) for end in (b"\r\n\r\n", b"\n\n") if end in rest]
    at, length = min(places, default=(len(rest), 0))
    headers: dict[str, str] = {}
    for line in rest[:at].decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return headers, rest[at + length :].rstrip(b"\r\n")


def answered(parts: list[Part], answer: Callable[[Part], Answer]) -> Answer:
    """The answers to all parts, in their order."""
    pieces = []
    for part in parts:
        one = answer(part)
        head = [f"HTTP/1.1 {one.status} {_REASONS.get(one.status, 'Error')}"]
        head += [f"{name}: {value}" for name, value in one.headers.items()]
        head.append(f"Content-Length: {len(one.body)}")
        named = f"Content-ID: <response-{part.content_id}>\r\n" if part.content_id else ""
        outer = f"--{BOUNDARY}\r\nContent-Type: application/http\r\n{named}\r\n"
        pieces.append((outer + "\r\n".join(head) + "\r\n\r\n").encode() + one.body + b"\r\n")
    headers = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
    return Answer(200, b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode(), headers)
