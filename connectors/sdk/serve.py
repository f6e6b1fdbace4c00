"""Serving a sandbox over real HTTP on loopback."""

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

LOOPBACK: Final = "127.0.0.1"


class Answer:
    """A response of a sandbox.

    Attributes:
        status: HTTP status.
        body: Bytes to send.
        headers: Further headers; `Content-Length` is set by the server.
        drop: Close the connection instead of answering.
        cut_after: Close it after so many bytes of the body, all of which was announced.
    """

    __slots__ = ("body", "cut_after", "drop", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        drop: bool = False,
        cut_after: int | None = None,
    ) -> None:
        """Keep the parts."""
        self.status, self.body, self.headers = status, body, headers or {}
        self.drop, self.cut_after = drop, cut_after


class Application(Protocol):
    """What answers the requests of a sandbox; called from several threads."""

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """Answer one request.

        Args:
            method: Upper case.
            path: Without the query.
            query: Without the question mark, still encoded.
            headers: Names in lower case.
            body: The raw body.
        """
        ...


class HttpServer:
    """A loopback HTTP server around an application, on a thread of its own.

    Args:
        application: Answers the requests.
        port: 0 for any free port.
        tls: Serve over TLS, for clients that insist on it; see `loopback_tls`.
    """

    def __init__(
        self, application: Application, *, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        """Start serving."""

        class Exchange(_Exchange):
            served = application

        self._scheme = "http" if tls is None else "https"
        self._server = _Server((LOOPBACK, port), Exchange)
        if tls is not None:
            # The handshake is left to the thread of the connection: who never begins one must not
            # keep the others waiting.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"{self._scheme}://{LOOPBACK}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop and wait until the port is free."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Exchange(BaseHTTPRequestHandler):
    """One connection, request after request."""

    served: Application
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer: without it Nagle costs 40 ms per call
    disable_nagle_algorithm = True  # bodies beyond the buffer go out in several writes

    def _handle(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send(Answer(400))
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.served.answer(self.command, parts.path, parts.query, headers, body)
        if reply.drop:
            self.close_connection = True
        else:
            self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = (
        do_QUERY
    ) = _handle

    def _body(self) -> bytes | None:
        """The body, whole; None when nobody can tell where it ends."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length") or "0"
        return self.rfile.read(int(length)) if length.isdecimal() else None

    def _chunks(self) -> bytes | None:
        whole = b""
        while True:
            try:
                length = int(self.rfile.readline().partition(b";")[0], 16)
            except ValueError:
                return None
            whole += self.rfile.read(length)
            self.rfile.readline()
            if not length:
                return whole

    def _send(self, reply: Answer) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.cut_after is not None:
            self.close_connection = True
        self.wfile.write(reply.body[: reply.cut_after])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Stay quiet; sandboxes keep a call log of their own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up, was killed or did not trust us is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)
