"""What becomes of the messages of a run: sent and noted, or only listed.

Like the writer's seat, which it belongs to: a preview pretends, a live run sends.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from connectors.ledger.ledger import Ledger
from connectors.ledger.messages import WORTH_TELLING, Heard, Message, Told
from tasks.mailing import MailBox
from tasks.sending import send_due

WOULD_SEND, SENT, FAILED_TO_SEND, HELD = "would_send", "sent", "failed", "held"
KEPT_FROM: Final = "HR was not read, or excludes the person"


@dataclass(slots=True)
class Letters:
    """What a run has to tell, before anything of it is written down.

    Attributes:
        kept: Messages of earlier runs, as the ledger has them.
        made: New ones.
        drop: Keys of those that are told otherwise, or not at all any more.
        told: Incident -> what is noted about having told it.
        over: Incidents that are over.
        heard: What the journal said; None where it was not asked.
    """

    kept: Sequence[Message] = ()
    made: list[Message] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    over: Sequence[str] = ()
    heard: Heard | None = None


class Posted(NamedTuple):
    """What became of a message."""

    message: Message
    outcome: str
    detail: str = ""


class Outbox(Protocol):
    """What differs between a preview and a live run, for whoever tells people."""

    def hear(self, at: datetime) -> Heard | None:
        """What was carried out and nobody was told; None where only this run is told about."""
        ...

    def post(
        self, letters: Letters, at: datetime, kept_from: Callable[[str], bool]
    ) -> Iterator[Posted]:
        """See to it that messages arrive.

        Args:
            letters: All of them.
            at: The present moment.
            kept_from: Whether nothing may be told about a person now.
        """
        ...


class PreviewOutbox:
    """Lists what would be sent; nothing is noted."""

    def hear(self, at: datetime) -> Heard | None:
        """Nothing: what a preview tells of is what it recorded."""
        del at
        return None

    def post(
        self, letters: Letters, at: datetime, kept_from: Callable[[str], bool]
    ) -> Iterator[Posted]:
        """What would be sent."""
        del at, kept_from
        for message in (*letters.kept, *letters.made):
            if message.state == "due":
                yield Posted(message, WOULD_SEND)


class LiveOutbox:
    """Writes messages down, then sends what is due.

    Args:
        ledger: Holds them.
        profile: Name of the profile.
        run: Id of the run.
        mailbox: Where mail leaves; asked when there is something to send.
    """

    def __init__(
        self, ledger: Ledger, *, profile: str, run: str, mailbox: Callable[[], MailBox | None]
    ) -> None:
        """Keep the parts."""
        self._ledger, self._profile, self._run = ledger, profile, run
        self._mailbox = mailbox

    def hear(self, at: datetime) -> Heard | None:
        """What the journal says since it was last asked."""
        return self._ledger.hear(self._profile, self._run, at)

    def post(
        self, letters: Letters, at: datetime, kept_from: Callable[[str], bool]
    ) -> Iterator[Posted]:
        """Note everything, then send."""
        old = [one for one in letters.kept if one.state == "due" and at - one.made > WORTH_TELLING]
        for message in old:
            detail = f"given up after {WORTH_TELLING.days} days: {message.error}"
            yield Posted(message, FAILED_TO_SEND, detail)
        self._ledger.keep_messages(
            self._profile,
            letters.made,
            heard=letters.heard,
            told=letters.told,
            over=letters.over,
            drop=[*letters.drop, *(one.key for one in old)],
        )
        due: list[Message] = []
        for message in self._ledger.messages(self._profile, "due"):
            if message.person and kept_from(message.person):
                yield Posted(message, HELD, KEPT_FROM)
            else:
                due.append(message)
        for message, error in send_due(self._ledger, self._profile, due, self._mailbox()):
            yield Posted(message, FAILED_TO_SEND if error else SENT, error)
