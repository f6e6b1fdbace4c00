"""A sink of initial passwords that mails them: the password alone, to somebody else.

`mail:person.personal_email|desk@example.org` as `initial_passwords` of a target sends each password
to the first of these that has an address. The mail names neither user nor account, and whoever gets
the account data never gets it. It leaves before the password is set: what nobody was sent, nobody
could use. The password stands in that mail and nowhere else; the ledger has not even a message.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from connectors.model.addresses import is_address
from connectors.model.errors import ConfigError
from connectors.sdk.passwords import PasswordSink, offer_sink
from tasks.acquaintances import Acquaintances
from tasks.compile_notify import Notify
from tasks.lifecycle.recipients import recipients
from tasks.mailing import MailBox, Postman, Unsent, compose

KIND: Final = "mail"
FORM: Final = f"{KIND}:person.personal_email|ADDRESS (a mail with nothing but the password)"
PERSONAL: Final = ("person.personal_email", "person.manager")


@dataclass(frozen=True, slots=True)
class PasswordPost:
    """How a run mails passwords.

    Attributes:
        notify: Who is told what.
        box: Where mail leaves.
        known: Gives whom the run knows; None where it planned nothing in this process.
    """

    notify: Notify
    box: MailBox = field(repr=False)
    known: Callable[[], Acquaintances | None]


_POST: ContextVar[PasswordPost | None] = ContextVar("password_post", default=None)


@contextmanager
def posting(post: PasswordPost | None) -> Iterator[None]:
    """Let sinks that are opened meanwhile send their mail like this."""
    token = _POST.set(post)
    try:
        yield
    finally:
        _POST.reset(token)


class MailSink:
    """Mails each password to the first recipient that has an address.

    Args:
        rest: Recipients with a bar between them, the last one an address.

    Raises:
        ConfigError: Not such recipients, one who gets the account data, or no way for mail to
            leave.
    """

    def __init__(self, rest: str) -> None:
        """Check the recipients; nothing is sent yet."""
        self._to = tuple(part.strip() for part in rest.split("|"))
        wrong = [one for one in self._to if one not in PERSONAL and not is_address(one)]
        if wrong or not is_address(self._to[-1]):
            message = (
                f"{KIND}:{rest} should read {KIND}:ADDRESS, or such as "
                f"{KIND}:{PERSONAL[0]}|ADDRESS: the last one is for whoever has no address"
            )
            raise ConfigError(message)
        post = _POST.get()
        if post is None:
            message = f"{KIND}: needs to know how mail leaves: fill in notify.mail of the profile"
            raise ConfigError(message)
        told = {one for bulletin in post.notify.on("joined") for one in bulletin.to}
        told |= {one.otherwise for one in post.notify.on("joined") if one.otherwise is not None}
        both = sorted(told & set(self._to))
        if both:
            message = (
                f"{', '.join(both)} gets the account data already (notify.tell): the password goes"
                " to somebody else"
            )
            raise ConfigError(message)
        self._post = post

    def __repr__(self) -> str:
        """Name the recipients."""
        return f"MailSink({'|'.join(self._to)})"

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Send one password.

        Raises:
            OSError: The mail server did not take it, or nobody is known to send it to.
        """
        address = self._address(person)
        words = self._post.notify.password_letter.write({"password": password})
        try:
            mail = compose(
                self._post.box,
                address,
                key=secrets.token_hex(16),
                subject=str(words["subject"]),
                text=str(words["text"]),
                html=None,
            )
            with Postman(self._post.box) as postman:
                postman.send(mail)
        except (Unsent, ValueError):
            # Without a cause: a server may quote what it was sent.
            raise OSError(0, "the mail server did not take it") from None

    def _address(self, person: str) -> str:
        if self._to[0] not in PERSONAL:
            return self._to[0]
        known = self._post.known()
        if known is None:
            message = "addresses are known only where the run was planned: name a fixed one"
            raise OSError(0, message)
        for named in self._to:
            found, _ = recipients([named], None, known.of(person))
            if found:
                return found[0].address
        raise OSError(0, "nobody is known to send it to")  # the last one always is


def offer_mail() -> None:
    """Let a profile name this sink."""
    opens: type[PasswordSink] = MailSink
    offer_sink(KIND, opens, form=FORM)
