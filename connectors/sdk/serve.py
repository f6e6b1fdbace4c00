"""Serving a sandbox over real HTTP on loopback."""

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
    """

    __slots__ = ("body", "drop", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        drop: bool = False,
    ) -> None:
        """Keep the parts."""
        self.status, self.body, self.headers, self.drop = status, body, headers or {}, drop


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
    """

    def __init__(self, application: Application, *, port: int = 0) -> None:
        """Start serving."""

        class Exchange(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per answer: without it Nagle costs 40 ms per call

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                reply = application.answer(
                    self.command,
                    parts.path,
                    parts.query,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                if reply.drop:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Stay quiet; sandboxes keep a call log of their own."""

        self._server = _Server((LOOPBACK, port), Exchange)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop and wait until the port is free."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up, or was killed, is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
