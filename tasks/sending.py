"""Sending what is due: by mail, or by a notification block of Prefect."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import isawaitable
from typing import Any, Final

from connectors.ledger.ledger import Ledger
from connectors.ledger.messages import Message
from tasks.bulletins import MAIL
from tasks.mailing import MailBox, Postman, Unsent, compose

NO_MAIL: Final = "the profile does not say any more how mail leaves"


def send_due(
    ledger: Ledger,
    profile: str,
    messages: Iterable[Message],
    box: MailBox | None,
    *,
    by_block: Callable[[str, str, str], None] | None = None,
) -> Iterator[tuple[Message, str]]:
    """Send messages, each noted as gone before the next one.

    Args:
        ledger: Holds them; says whose turn it is to send which.
        profile: Whose they are.
        messages: Those that are due.
        box: Where mail leaves; None for nowhere.
        by_block: Sends subject and text by a Prefect block; None for Prefect's own way.

    Yields:
        Every message that was tried, with why it could not be sent; "" for one that has left.
    """
    notify_block = by_block or _by_block
    with Postman(box) if box is not None else _Nobody() as postman:
        for message in messages:
            if not ledger.claim(profile, message.key):
                continue  # another run has it in hand, or has sent it
            try:
                _send(message, postman, box, notify_block)
            except Unsent as error:
                ledger.note_unsent(profile, message.key, str(error))
                yield message, str(error)
            else:
                ledger.note_sent(profile, message.key)
                yield message, ""


def _send(
    message: Message,
    postman: "Postman | _Nobody",
    box: MailBox | None,
    by_block: Callable[[str, str, str], None],
) -> None:
    content = message.content
    if content["by"] != MAIL:
        by_block(message.recipient, content["subject"], content["text"])
        return
    if box is None or isinstance(postman, _Nobody):
        raise Unsent(NO_MAIL)
    try:
        mail = compose(
            box,
            message.recipient,
            key=message.key,
            subject=content["subject"],
            text=content["text"],
            html=content["html"],
        )
    except (UnicodeError, ValueError) as error:
        raise Unsent(f"the address {message.recipient} cannot be written to: {error}") from None
    postman.send(mail)


class _Nobody:
    """Who carries mail where none is configured."""

    def __enter__(self) -> "_Nobody":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _by_block(block: str, subject: str, text: str) -> None:
    """Tell it to a notification block of the Prefect server that is configured.

    Raises:
        Unsent: There is no such block, or it could not tell it.
    """
    from prefect.blocks import notifications  # noqa: F401 - so that Prefect knows their types
    from prefect.blocks.abstract import NotificationBlock
    from prefect.blocks.core import Block

    try:
        found: Any = Block.load(block)
    except Exception as error:  # noqa: BLE001 - of whatever is raised the text may quote the block
        raise Unsent(f"Prefect did not give the block {block} ({type(error).__name__})") from None
    if not isinstance(found, NotificationBlock):
        raise Unsent(f"the block {block} is none that notifies")
    try:
        with found.raise_on_failure():
            answer: Any = found.notify(body=text, subject=subject)
            if isawaitable(answer):  # one that knows no other way
                asyncio.run(_wait_for(answer))
    except Exception as error:  # noqa: BLE001 - as above
        raise Unsent(f"the block {block} could not tell it ({type(error).__name__})") from None


async def _wait_for(answer: Awaitable[None]) -> None:
    await answer
