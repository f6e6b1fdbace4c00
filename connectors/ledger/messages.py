"""Messages to people: an outbox, what was told already, and what of the journal is still to tell.

A message is written down before it is sent, and noted as gone after. Who dies in between sends it
again, under the same Message-ID: at least once, and twice only then. What it said is forgotten when
it has left.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, func, or_, select, update

from connectors.ledger.store import Store, require_sound
from connectors.ledger.tables import heard as heard_table
from connectors.ledger.tables import incidents as incidents_table
from connectors.ledger.tables import journal as journal_table
from connectors.ledger.tables import messages as messages_table
from connectors.model.change import Change, change_from_json
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.clock import now

CLAIM: Final = timedelta(minutes=10)
"""After so long whoever was sending a message is taken for dead, and another one sends it."""
WORTH_TELLING: Final = timedelta(days=14)
"""What is older is not told any more: messages were switched off meanwhile, or cannot be sent."""
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody is to be told.

    Attributes:
        key: Names it, in the Message-ID too; the same thing to the same recipient has the same key.
        run: Id of the run that wanted it.
        occasion: What it is about.
        person: `external_id` of whom it is about, "" for nobody.
        recipient: An address, the name of a Prefect block, or "" while that is not decided.
        state: `held` (until all that belongs to it is done), `due` or `sent`.
        content: What it says, or what it will be made from; empty when it has left.
        made: Since when, with offset.
        tries: How often sending it failed.
        error: Why, the last time.
    """

    key: str
    run: str
    occasion: str
    person: str
    recipient: str
    state: str
    content: Mapping[str, Any]
    made: datetime
    tries: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An incident that was told.

    Attributes:
        occasion: What it belongs to.
        digest: Of what was told.
        told: When, with offset.
    """

    occasion: str
    digest: str
    told: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the journal says and nobody was told.

    Attributes:
        settled: Changes that were carried out, in order, each as it was handed to the writer.
        sequence: Last row of the journal that was looked at.
        open: Rows up to there that are not answered yet.
    """

    settled: Sequence[tuple[Change, Receipt]]
    sequence: int
    open: tuple[int, ...]


class Messages(Store):
    """The part of the ledger that knows who was told what."""

    def hear(self, profile: str, run: str, at: datetime) -> Heard:
        """What was carried out since the journal was last asked; the first time, by this run.

        Args:
            profile: Name of the profile.
            run: The run that asks.
            at: When; what is older than two weeks is passed over.
        """
        with self._reading() as connection:
            last = connection.execute(
                select(heard_table).where(heard_table.c.profile == profile)
            ).one_or_none()
            if last is None:
                before = select(func.max(journal_table.c.sequence)).where(
                    journal_table.c.run != run
                )
                sequence, open_ones = connection.scalar(before) or 0, []
            else:
                sequence, open_ones = last.sequence, json.loads(last.open)
            # By number alone: an index by profile would make SQLite read all that profile did.
            wanted = journal_table.c.sequence > sequence
            rows = connection.execute(
                select(journal_table).where(wanted).order_by(journal_table.c.sequence)
            ).all()
            for start in range(0, len(open_ones), AT_ONCE):
                some = journal_table.c.sequence.in_(open_ones[start : start + AT_ONCE])
                rows = [*connection.execute(select(journal_table).where(some)).all(), *rows]
        mine = [row for row in rows if row.profile == profile]
        unanswered = {None, Outcome.IN_DOUBT.value}
        return Heard(
            settled=[_settled(row) for row in mine if _is_news(row, at)],
            sequence=max([sequence, *(row.sequence for row in rows)]),
            open=tuple(sorted(row.sequence for row in mine if row.outcome in unanswered)),
        )

    def keep_messages(
        self,
        profile: str,
        messages: Iterable[Message],
        *,
        heard: Heard | None = None,
        told: Mapping[str, Told] | None = None,
        over: Collection[str] = (),
        drop: Collection[str] = (),
    ) -> None:
        """Write down what is to be sent, and what that settles, in one transaction.

        Args:
            profile: Name of the profile.
            messages: Those of a key that is there already are left as they are, unless held.
            heard: How far the journal was read.
            told: Incidents that these messages tell, by name.
            over: Incidents that are over.
            drop: Keys of messages to forget: what was held and is due now, and what is too old.
        """
        with self._writing() as connection:
            for key in drop:
                connection.execute(
                    delete(messages_table).where(
                        messages_table.c.profile == profile, messages_table.c.key == key
                    )
                )
            for message in messages:
                row = {
                    "profile": profile,
                    **{name: getattr(message, name) for name in Message.__slots__},
                    "content": json.dumps(message.content, ensure_ascii=False),
                }
                insert = self._insert(messages_table)
                connection.execute(
                    insert.on_conflict_do_update(
                        index_elements=["profile", "key"],
                        set_={"content": insert.excluded.content, "state": insert.excluded.state},
                        where=messages_table.c.state == "held",
                    ),
                    row,
                )
            for incident, what in (told or {}).items():
                connection.execute(
                    self._upsert(incidents_table),
                    {
                        "profile": profile,
                        "incident": incident,
                        "occasion": what.occasion,
                        "digest": what.digest,
                        "told": what.told,
                    },
                )
            for incident in over:
                connection.execute(
                    delete(incidents_table).where(
                        incidents_table.c.profile == profile,
                        incidents_table.c.incident == incident,
                    )
                )
            if heard is not None:
                connection.execute(
                    self._upsert(heard_table),
                    {
                        "profile": profile,
                        "sequence": heard.sequence,
                        "open": json.dumps(heard.open),
                    },
                )

    def messages(self, profile: str, *states: str) -> list[Message]:
        """Messages in one of these states, the oldest first."""
        statement = (
            select(messages_table)
            .where(messages_table.c.profile == profile, messages_table.c.state.in_(states))
            .order_by(messages_table.c.made, messages_table.c.key)
        )
        with self._reading() as connection:
            return [_message(row) for row in connection.execute(statement)]

    def claim(self, profile: str, key: str) -> bool:
        """Take a message to send it; whether nobody else has it in hand."""
        at = now()
        statement = (
            update(messages_table)
            .where(
                messages_table.c.profile == profile,
                messages_table.c.key == key,
                messages_table.c.state == "due",
                or_(messages_table.c.claimed.is_(None), messages_table.c.claimed < at - CLAIM),
            )
            .values(claimed=at)
        )
        with self._writing() as connection:
            return connection.execute(statement).rowcount == 1

    def note_sent(self, profile: str, key: str) -> None:
        """Note that a message has left, and forget what it said, and to whom."""
        statement = (
            update(messages_table)
            .where(messages_table.c.profile == profile, messages_table.c.key == key)
            .values(state="sent", left=now(), error="", content="{}", recipient="")
        )
        with self._writing() as connection:
            connection.execute(statement)

    def note_unsent(self, profile: str, key: str, error: str) -> None:
        """Note that a message could not be sent; it stays due."""
        statement = (
            update(messages_table)
            .where(messages_table.c.profile == profile, messages_table.c.key == key)
            .values(claimed=None, error=error, tries=messages_table.c.tries + 1)
        )
        with self._writing() as connection:
            connection.execute(statement)

    def told_incidents(self, profile: str) -> dict[str, Told]:
        """Incidents that were told and are not over, by name."""
        statement = select(incidents_table).where(incidents_table.c.profile == profile)
        with self._reading() as connection:
            return {
                row.incident: Told(occasion=row.occasion, digest=row.digest, told=row.told)
                for row in connection.execute(statement)
            }


def _is_news(row: Row[Any], at: datetime) -> bool:
    """Whether a row of the journal says that something was done, and not long ago."""
    when = row.announced or row.settled
    return row.outcome in {Outcome.DONE.value, Outcome.ALREADY.value} and (
        when is None or when > at - WORTH_TELLING
    )


def _settled(row: Row[Any]) -> tuple[Change, Receipt]:
    content = json.loads(row.content)
    return change_from_json(content, resolved=True), Receipt.from_json(json.loads(row.receipt))


def _message(row: Row[Any]) -> Message:
    require_sound(row, messages_table)
    fields = {name: getattr(row, name) for name in Message.__slots__}
    return Message(**{**fields, "content": json.loads(row.content)})
