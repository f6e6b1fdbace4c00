"""A mail server on loopback that keeps what it takes; a web server that keeps what it is told."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from connectors.sdk.serve import LOOPBACK

USER, PASSWORD = "retour", "Sesame#1"


class MailServer:
    """What arrived, and how it behaves.

    Attributes:
        mails: In the order they came.
        port: On loopback.
        encrypted: For each mail whether the connection was.
        signed_in: For each mail whether somebody had signed in.
        refuses: Recipients it does not take.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.signed_in: list[bool] = []
        self.refuses: set[str] = set()
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return "550 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.encrypted.append(
            session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
        )
        self.signed_in.append(session.authenticated)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """Mails to one recipient."""
        return [mail for mail in self.mails if mail["To"] == address]

    @property
    def subjects(self) -> list[str]:
        """Of all mails, sorted."""
        return sorted(str(mail["Subject"]) for mail in self.mails)

    @property
    def settings(self) -> dict[str, Any]:
        """As a profile names it, without encryption."""
        return {
            "server": LOOPBACK,
            "port": self.port,
            "encryption": "none",
            "sender": "Retour <retour@example.org>",
        }


def words(mail: EmailMessage) -> str:
    """The text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@contextmanager
def a_mail_server(
    *, port: int = 0, tls: ssl.SSLContext | None = None, start_tls: ssl.SSLContext | None = None
) -> Iterator[MailServer]:
    """Serve mail while the context lasts.

    Args:
        port: 0 for any free one.
        tls: Encrypts from the first byte.
        start_tls: Encrypts when it is asked to, and insists on it; who sends has to sign in.
    """
    kept = MailServer()

    def is_welcome(server, session, envelope, mechanism, data):
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=right, handled=right)

    options: dict[str, Any] = {"hostname": "localhost"}
    if start_tls is not None:
        options |= {
            "tls_context": start_tls,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": is_welcome,
        }

    class Served(Controller):
        def factory(self):
            return SMTP(self.handler, enable_SMTPUTF8=True, **options)

    server = Served(kept, hostname=LOOPBACK, port=port or _free_port(), ssl_context=tls)
    server.start()
    kept.port = server.port
    try:
        yield kept
    finally:
        server.stop()


def _free_port() -> int:
    import socket

    with socket.create_server((LOOPBACK, 0)) as door:
        return int(door.getsockname()[1])


@contextmanager
def a_webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address of a web server, and what it was told."""
    told: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            told.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/hook", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
