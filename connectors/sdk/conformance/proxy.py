"""A proxy for TCP that breaks things: between a connector and its system, or a client and anything.

    with FaultProxy(host, port) as proxy:
        settings["base_url"] = proxy.in_front_of(settings["base_url"])
        proxy.weather = Weather(cut_answer_after=20)

One request of many, counted as they come over all connections, meets weather of its own:

    proxy.meets = {7: Weather(answer=429, told={"Retry-After": "1"})}.get

What httpx makes of it: refuse is `ConnectError` or what a reset is, a reset `ReadError` (or the end
of the stream, `RemoteProtocolError`, when it was met while sending), a cut answer
`RemoteProtocolError`, a black hole `ReadTimeout`. After a cut answer the request was carried out;
after a reset nobody knows.
"""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from connectors.sdk.serve import LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What the proxy does to each connection from now on.

    Attributes:
        refuse: Reset it as soon as it is there.
        reset_after: Reset both sides after so many bytes of the requests.
        cut_answer_after: Pass so many bytes of the answers and close.
        hold: Take everything and pass nothing on.
        hold_answers: Pass the requests on and keep the answers.
        latency_seconds: Wait before passing each piece on, each way.
        answer: Answer HTTP requests with this status, and pass nothing on.
        told: Headers of that answer.
    """

    refuse: bool = False
    reset_after: int | None = None
    cut_answer_after: int | None = None
    hold: bool = False
    hold_answers: bool = False
    latency_seconds: float = 0.0
    answer: int | None = None
    told: Mapping[str, str] = field(default_factory=dict)


CALM = Weather()
_REQUEST: Final = re.compile(rb"[A-Z]+ \S+ HTTP/1\.1\r\n")
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class FaultProxy:
    """Listens on loopback and passes on to one address, through the weather of the moment.

    Args:
        host: Where to pass on to.
        port: Its port.

    Attributes:
        weather: May be set at any time; a connection that is open feels it at the next piece.
        connections: How many have been accepted.
        requests: How many HTTP requests have come.
        meets: The weather that a request of that number, from 0, meets instead; None for that of
            the moment. It lasts until the next request on its connection.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port."""
        self.weather = CALM
        self.connections, self.requests = 0, 0
        self.meets: Callable[[int], Weather | None] = lambda _: None
        self._there = (host, port)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, LOOPBACK, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def in_front_of(self, url: str) -> str:
        """The same address, by way of the proxy."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{LOOPBACK}:{self.port}"))

    def close(self) -> None:
        """Stop, and end every connection."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def _stop(self) -> None:
        self._server.close()
        await asyncio.sleep(0)  # whoever was let in just now has begun
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.CancelledError):
            _reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather.refuse:
            _reset(writer)
            return
        there_reader, there_writer = await asyncio.open_connection(*self._there)
        met: list[Weather | None] = [None]
        ways = [
            asyncio.ensure_future(self._pass_requests(reader, there_writer, writer, met)),
            asyncio.ensure_future(self._pass_answers(there_reader, writer, met)),
        ]
        broken = True
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            broken = any(way.done() and way.result() for way in ways)
        finally:
            for way in ways:
                way.cancel()
            try:
                await asyncio.gather(*ways, return_exceptions=True)
            finally:  # also when the proxy is stopped meanwhile
                for side in (writer, there_writer):
                    _reset(side) if broken else side.close()

    async def _pass_requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        met: list[Weather | None],
    ) -> bool:
        """Pass on until the end; True when the connection is to be reset.

        Args:
            reader: Where requests come from.
            writer: Where they go.
            back: Where they come from, for an answer of our own.
            met: Takes the weather of the request that is passed on now.
        """
        passed = left = 0
        while piece := await _read(reader):
            begins = _REQUEST.match(piece) is not None
            if begins:
                met[0], self.requests = self.meets(self.requests), self.requests + 1
                passed = 0 if met[0] else passed
            weather = met[0] or self.weather
            if weather.refuse:
                return True
            if weather.hold:
                continue
            if weather.answer is not None:
                # Not before the whole request is here: the next one may come in one piece with what
                # is left of this one, and would not be seen to begin.
                left = _left_of(piece) if begins else left - len(piece)
                if left == 0:
                    back.write(_answer(weather))
                    await back.drain()
                continue
            await asyncio.sleep(weather.latency_seconds)
            if weather.reset_after is not None and passed + len(piece) >= weather.reset_after:
                writer.write(piece[: max(0, weather.reset_after - passed)])
                await writer.drain()
                return True
            passed += len(piece)
            writer.write(piece)
            await writer.drain()
        return False

    async def _pass_answers(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        met: list[Weather | None],
    ) -> bool:
        """Pass on until the end, or until the answer is cut."""
        passed = 0
        while piece := await _read(reader):
            weather = met[0] or self.weather
            if weather.hold or weather.hold_answers:
                continue
            await asyncio.sleep(weather.latency_seconds)
            limit = weather.cut_answer_after
            if limit is not None and passed + len(piece) >= limit:
                writer.write(piece[: max(0, limit - passed)])
                await writer.drain()
                return False
            passed += len(piece)
            writer.write(piece)
            await writer.drain()
        return False


def _left_of(piece: bytes) -> int:
    """Bytes of a request's body that come after the piece that it begins with."""
    head, _, body = piece.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return int(length[1]) - len(body) if length else 0


def _answer(weather: Weather) -> bytes:
    """An answer of our own, without a body."""
    lines = [f"HTTP/1.1 {weather.answer} Weather", "Content-Length: 0"]
    lines += [f"{name}: {value}" for name, value in weather.told.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST instead of FIN."""
    sock: socket.socket | None = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
