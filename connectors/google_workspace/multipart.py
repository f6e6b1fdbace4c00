"""A batch on the wire: calls put together as multipart/mixed, and the answers taken apart again.

Source: Directory API guide, "Batching requests". Answers are told apart by their Content-ID, for
their order is Google's own.
"""

import json
import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode

import httpx

from connectors.sdk.calls import Call

_ID: Final = "retour-"
_SAFE: Final = "/:@%+,'()*!$&;=~"


def batch_of(calls: Sequence[Call]) -> tuple[str, bytes]:
    """Content type and body of a batch."""
    boundary = f"batch_{secrets.token_hex(12)}"
    pieces: list[bytes] = []
    for place, call in enumerate(calls):
        query = f"?{_query(tuple(call.params.items()))}" if call.params else ""
        inner = [f"{call.method} {quote(call.path, safe=_SAFE)}{query} HTTP/1.1"]
        inner += [f"{name}: {value}" for name, value in call.headers.items()]
        body = b""
        if call.json is not None:
            body = json.dumps(call.json, ensure_ascii=False).encode()
            inner += ["Content-Type: application/json; charset=UTF-8"]
            inner += [f"Content-Length: {len(body)}"]
        outer = f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <{_ID}{place}>\r\n"
        pieces += [f"{outer}\r\n".encode(), "\r\n".join(inner).encode(), b"\r\n\r\n", body, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/mixed; boundary={boundary}", b"".join(pieces)


@lru_cache(maxsize=64)
def _query(params: tuple[tuple[str, str], ...]) -> str:
    """The query of a call: most calls of a batch have the same one."""
    return urlencode(params)


def answers_in(response: httpx.Response, count: int) -> list[httpx.Response | None]:
    """The answer to each call of a batch, None where there is none that can be read."""
    answers: list[httpx.Response | None] = [None] * count
    kind, _, parameters = response.headers.get("Content-Type", "").partition(";")
    boundary = next(
        (
            value.strip().strip('"')
            for name, _, value in (one.partition("=") for one in parameters.split(";"))
            if name.strip().lower() == "boundary"
        ),
        "",
    )
    if kind.strip().lower() != "multipart/mixed" or not boundary:
        return answers
    for piece in (b"\r\n" + response.content).split(f"\r\n--{boundary}".encode()):
        outer, _, inner = piece.lstrip(b"\r\n").partition(b"\r\n\r\n")
        place = _place(_headers(outer).get("content-id", ""))
        if place is not None and place < count:
            answers[place] = _response(inner)
    return answers


def _response(inner: bytes) -> httpx.Response | None:
    head, _, body = inner.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    words = line.split()
    if len(words) < 2 or not re.fullmatch(rb"[2-5][0-9]{2}", words[1]):
        return None
    kept = {
        name: value
        for name, value in _headers(rest).items()
        if name in {"content-type", "etag", "retry-after"}
    }
    return httpx.Response(int(words[1]), headers=kept, content=body)


def _headers(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def _place(content_id: str) -> int | None:
    place = content_id.strip("<>").rpartition(_ID)[2]
    return int(place) if place.isascii() and place.isdigit() and len(place) < 9 else None
