"""Mail: made of a text, and handed to the SMTP server that the profile names."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from config.notify import MailSpec
from config.paths import at_home
from connectors.model.addresses import on_the_wire
from connectors.model.errors import RetourError


class Unsent(Exception):
    """A message could not be sent; says why, without anything secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBox:
    """Where mail leaves.

    Attributes:
        host: SMTP server.
        port: Its port.
        encryption: How the connection is encrypted.
        ca_file: Authorities to trust instead of the machine's own, None for those.
        verify: Whether the certificate is checked.
        user: Who signs in; None for nobody.
        password: Gives the password when it is needed.
        sender: Whom mail is from.
        reply_to: Where answers go, "" for the sender.
        timeout: Seconds for each answer of the server.
    """

    host: str
    port: int
    encryption: Literal["starttls", "tls", "none"]
    ca_file: Path | None
    verify: bool
    user: str | None
    password: Callable[[], str] | None = field(repr=False)
    sender: str
    reply_to: str
    timeout: int

    def with_password(self, password: Callable[[], str]) -> "MailBox":
        """The same, with somebody to ask for the password."""
        return self if self.user is None else replace(self, password=password)

    @property
    def domain(self) -> str:
        """What stands behind the @ of the sender, and of every Message-ID."""
        return on_the_wire(parseaddr(self.sender)[1]).rpartition("@")[2]


def mailbox_of(spec: MailSpec, folder: Path) -> MailBox:
    """Where mail leaves, by the profile; the password stays a reference.

    Args:
        spec: Of the profile.
        folder: Where the profile stands.
    """
    host, port = spec.at
    ca_file = None if spec.ca_file is None else (folder / at_home(spec.ca_file)).absolute()
    return MailBox(
        host=host,
        port=port,
        encryption=spec.encryption,
        ca_file=ca_file,
        verify=spec.verify,
        user=spec.user,
        password=None,
        sender=spec.sender,
        reply_to=spec.reply_to or "",
        timeout=spec.timeout_seconds,
    )


def compose(
    box: MailBox, to: str, *, key: str, subject: str, text: str, html: str | None
) -> EmailMessage:
    """A mail of its parts; no part of it can become a header.

    Args:
        box: Where it leaves: knows the sender.
        to: One address.
        key: What the Message-ID is made of: sent again, it is the same mail.
        subject: One line.
        text: The text.
        html: The same as HTML, None without.
    """
    mail = EmailMessage(policy=SMTP)
    name, address = parseaddr(box.sender)
    local, _, domain = on_the_wire(address).rpartition("@")
    mail["From"] = Address(name, local, domain)
    local, _, domain = on_the_wire(to).rpartition("@")
    mail["To"] = Address("", local, domain)
    if box.reply_to:
        mail["Reply-To"] = on_the_wire(box.reply_to)
    mail["Subject"] = subject
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = f"<{key}@{box.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # no answer from whoever is on holiday (RFC 3834)
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


class Postman:
    """A connection to the server, opened for the first mail and kept for the others.

    Use as a context. When the server cannot be reached once, no further mail tries.

    Args:
        box: Where mail leaves.
    """

    def __init__(self, box: MailBox) -> None:
        """Nothing is opened yet."""
        self._box = box
        self._server: smtplib.SMTP | None = None
        self._down = ""

    def __enter__(self) -> Self:
        """Wait for the first mail."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say goodbye."""
        self._hang_up()

    def send(self, mail: EmailMessage) -> None:
        """Hand one mail over.

        Raises:
            Unsent: The server did not take it.
        """
        if self._down:
            raise Unsent(self._down)
        fresh = self._server is None
        try:
            self._connected().send_message(mail)
        except smtplib.SMTPServerDisconnected:
            self._hang_up()
            if fresh:
                raise self._is_down("closed the connection") from None
            self.send(mail)  # it was idle for too long, or takes only so many at a time
        except smtplib.SMTPException as error:
            self._reset()
            raise Unsent(_said(error)) from None
        except (OSError, ValueError) as error:
            self._hang_up()
            raise self._is_down(_said(error)) from None

    def greet(self) -> None:
        """Connect, sign in where that is wanted, and send nothing.

        Raises:
            Unsent: The server cannot be reached, or does not let us in.
        """
        self._connected().noop()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._connect()
            except RetourError as error:
                self._hang_up()
                raise self._is_down(" ".join(str(error).split())) from None
            except (smtplib.SMTPException, OSError) as error:
                self._hang_up()
                raise self._is_down(_said(error)) from None
        return self._server

    def _connect(self) -> smtplib.SMTP:
        box, ourselves = self._box, self._box.domain  # no question to a DNS that may not answer
        if box.encryption == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                box.host, box.port, ourselves, timeout=box.timeout, context=self._trust()
            )
        else:
            server = smtplib.SMTP(box.host, box.port, ourselves, timeout=box.timeout)
        self._server = server
        if box.encryption == "starttls":
            server.starttls(context=self._trust())
        if box.user is not None and box.password is not None:
            server.login(box.user, box.password())
        return server

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(
            cafile=None if self._box.ca_file is None else str(self._box.ca_file)
        )
        if not self._box.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _is_down(self, why: str) -> Unsent:
        self._down = f"the mail server {self._box.host}:{self._box.port}: {why}"
        return Unsent(self._down)

    def _reset(self) -> None:
        try:
            if self._server is not None:
                self._server.rset()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _said(error: Exception) -> str:
    """What a server said, in a line; never what was sent to it."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return "did not take user and password"
        case smtplib.SMTPRecipientsRefused():
            [(code, said), *_] = error.recipients.values()
            return f"refused the recipient ({code} {_decoded(said)})"
        case smtplib.SMTPResponseException():
            return f"answered {error.smtp_code} {_decoded(error.smtp_error)}"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case smtplib.SMTPNotSupportedError():
            return f"cannot do what is needed ({error})"
        case OSError():
            return error.strerror or str(error) or type(error).__name__
        case _:
            return type(error).__name__


def _decoded(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
