"""The body of an answer, as long as it has an end."""

import time
from collections.abc import Iterator
from typing import Final

import httpx

from connectors.model.errors import Fatal, TimedOut, Unavailable

MAX_BODY_BYTES: Final = 512_000_000
"""An answer is not larger: a page of AFAS, as large as it may be, is a tenth of it."""
BODY_SECONDS: Final = 900.0
"""An answer does not take longer; each piece of it has to come within the timeout besides."""
OF_THE_WIRE: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that say how a body was sent; they are not true of the body that was unpacked."""


def whole(streamed: httpx.Response, *, reads: bool) -> httpx.Response:
    """A response with its body, which is unpacked piece by piece.

    A megabyte of gzip can hold a gigabyte of nothing.

    Args:
        streamed: As the client gives it with `stream=True`; closed here.
        reads: Whether what was asked for cannot have changed anything.

    Raises:
        Fatal: It is larger than `MAX_BODY_BYTES`, after a question.
        Unavailable: The same after a write: what became of it nobody knows.
        TimedOut: It trickles in for longer than `BODY_SECONDS`.
        httpx.RequestError: It breaks off, or is not packed as it says.
    """
    try:
        body = b"".join(_pieces(streamed, reads=reads))
    finally:
        streamed.close()
    headers = [one for one in streamed.headers.raw if one[0].lower() not in OF_THE_WIRE]
    return httpx.Response(
        streamed.status_code, headers=headers, content=body, request=streamed.request
    )


def _pieces(streamed: httpx.Response, *, reads: bool) -> Iterator[bytes]:
    size, until = 0, time.monotonic() + BODY_SECONDS
    for piece in streamed.iter_bytes():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            message = f"the answer is larger than {MAX_BODY_BYTES // 1_000_000} MB"
            hint = "Ask for less at once, or look what stands between."
            raise (Fatal if reads else Unavailable)(message, hint=hint)
        if time.monotonic() > until:
            message = f"the answer did not end within {BODY_SECONDS:.0f} seconds"
            raise TimedOut(message)
        yield piece
