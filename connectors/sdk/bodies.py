"""The body of an answer, as long as it has an end."""

import time
from collections.abc import Iterable, Iterator
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
        sent = streamed.stream
        if "Content-Encoding" not in streamed.headers and isinstance(sent, httpx.SyncByteStream):
            streamed.stream = _Bounded(sent, reads=reads)
            streamed.read()
            return streamed
        body = b"".join(_bounded(streamed.iter_bytes(), reads=reads))
    finally:
        streamed.close()
    headers = [one for one in streamed.headers.raw if one[0].lower() not in OF_THE_WIRE]
    return httpx.Response(
        streamed.status_code, headers=headers, content=body, request=streamed.request
    )


class _Bounded(httpx.SyncByteStream):
    """A body that comes as it is, bounded."""

    def __init__(self, stream: httpx.SyncByteStream, *, reads: bool) -> None:
        self._stream, self._reads = stream, reads

    def __iter__(self) -> Iterator[bytes]:
        return _bounded(self._stream, reads=self._reads)

    def close(self) -> None:
        self._stream.close()


def _bounded(pieces: Iterable[bytes], *, reads: bool) -> Iterator[bytes]:
    size, until = 0, time.monotonic() + BODY_SECONDS
    for piece in pieces:
        size += len(piece)
        if size > MAX_BODY_BYTES:
            message = f"the answer is larger than {MAX_BODY_BYTES // 1_000_000} MB"
            hint = "Ask for less at once, or look what stands between."
            raise (Fatal if reads else Unavailable)(message, hint=hint)
        if time.monotonic() > until:
            message = f"the answer did not end within {BODY_SECONDS:.0f} seconds"
            raise TimedOut(message)
        yield piece
