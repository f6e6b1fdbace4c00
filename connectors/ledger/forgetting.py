"""Forgetting one person: what the ledger holds about them goes, and the audit trail still holds.

That something was done stays; about whom, and what, does not.
"""

import json
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from connectors.ledger.audit import Audit
from connectors.ledger.audit_chain import ERASE, new_token, told_of
from connectors.ledger.memory import people_of, snapshot_row
from connectors.ledger.scrub import Scrub, words_in
from connectors.ledger.tables import (
    absences,
    approvals,
    audit,
    called,
    grants,
    ignored,
    incidents,
    journal,
    links,
    messages,
    names,
    plans,
    readings,
    runs,
    snapshots,
)
from connectors.model.people import People
from connectors.model.private import ERASED
from connectors.model.receipt import Outcome

WHOSE: Final = {
    "links": links,
    "grants": grants,
    "names": names,
    "called": called,
    "messages": messages,
}
"""Tables with rows of one person and nothing else, beside `absences`."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What the ledger holds about somebody.

    Attributes:
        found: Place -> how many entries of it are, or were, about them.
        accounts: Target -> native id of the account that is theirs as far as we know.
        in_doubt: How many writes there are of which nobody knows the outcome.
        in_hr: Whether the last accepted import has them.
    """

    found: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    in_doubt: int = 0
    in_hr: bool = False


class Forgetting(Audit):
    """The part of the ledger that forgets."""

    def traces(self, profile: str, person: str) -> Traces:
        """What there is about somebody: what `forget` would take out. Nothing is changed."""
        return self._take_out(profile, person, at=None, by="")

    def forget(self, profile: str, person: str, *, at: datetime, by: str) -> Traces:
        """Take somebody out of everything, for good.

        Args:
            profile: Name of the profile.
            person: `external_id`.
            at: When, with offset.
            by: Who says so; goes into the audit trail, which does not say about whom.

        Returns:
            What there was.
        """
        gone = self._take_out(profile, person, at=at, by=by)
        self._wipe()
        return gone

    def _take_out(self, profile: str, person: str, *, at: datetime | None, by: str) -> Traces:
        """Do it; without an instant, look what that comes to and take it back."""
        with self._writing() as connection:
            state = Traces(
                accounts=dict(
                    connection.execute(
                        select(links.c.target, links.c.ref).where(_of(links, profile, person))
                    )
                    .tuples()
                    .all()
                ),
                in_doubt=_in_doubt(connection, profile, person),
                in_hr=self._is_in_hr(connection, profile, person),
            )
            eraser = _Eraser(connection, profile, person)
            eraser.run()
            found = {place: count for place, count in sorted(eraser.found.items()) if count}
            if at is None:
                connection.rollback()
            elif found:
                self._tell(connection, profile, eraser, at, by)
        return Traces(found, state.accounts, state.in_doubt, state.in_hr)

    def _tell(
        self, connection: Connection, profile: str, eraser: "_Eraser", at: datetime, by: str
    ) -> None:
        """Lines that tell of it: which lines say nothing any more, and not about whom."""
        numbers = eraser.erase_lines(at)
        told = {"at": at, "run": "", "profile": profile, "action": ERASE, "outcome": "done"}
        some = [f"lines {part}: erased" for part in told_of(numbers)] or ["no line was about them"]
        self._add_lines(connection, [told | {"because": f"by:{by}", "text": text} for text in some])

    def _is_in_hr(self, connection: Connection, profile: str, person: str) -> bool:
        statement = (
            select(snapshots.c.ids)
            .where(snapshots.c.profile == profile)
            .order_by(snapshots.c.sequence.desc())
            .limit(1)
        )
        ids = connection.scalar(statement)
        return ids is not None and person in json.loads(zlib.decompress(ids))

    def _wipe(self) -> None:
        """Write the file anew: SQLite leaves what was deleted where it stood."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._turn, self._answering():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.close()
            finally:
                raw.close()


class _Eraser:
    """One erasure, within one transaction.

    Attributes:
        found: Place -> how many entries were about the person.
    """

    def __init__(self, connection: Connection, profile: str, person: str) -> None:
        self._connection, self._profile, self._person = connection, profile, person
        self.found: Counter[str] = Counter()
        self._own = list(
            connection.execute(select(journal).where(_of(journal, profile, person))).all()
        )
        token = new_token()
        self._scrub = Scrub(person, self._words(), token)

    def _words(self) -> Iterator[str]:
        """What else points to nobody but this person."""
        for table, column in ((links, "ref"), (names, "value")):
            chosen = select(table.c[column]).where(_of(table, self._profile, self._person))
            yield from self._connection.scalars(chosen)
        for row in self._own:
            change = json.loads(row.content)
            produced = json.loads(row.receipt)["produced"] if row.receipt else {}
            yield from [change["ref"]] if change["ref"] else []
            yield from words_in([*change["before"].values(), *change["after"].values()])
            yield from words_in(produced.values())

    def run(self) -> None:
        """Everything but the lines of the audit trail, which are only counted."""
        self._journal()
        self._runs()
        self._plans()
        self._snapshots()
        self._approvals()
        for place, table in {**WHOSE, "absences": absences}.items():
            gone = self._execute(delete(table).where(_of(table, self._profile, self._person)))
            self.found[place] += gone
        self._execute(delete(readings).where(readings.c.profile == self._profile))
        self._texts(ignored, "reason", keys=("profile", "issue"), place="ignored")
        self._messages_of_others()
        self.found["audit"] = len(self._lines())
        self.found["audit_of_others"] = len(self._mentioning())

    def erase_lines(self, at: datetime) -> list[int]:
        """Take the content out of lines about the person, and of those that mention them."""
        own, others = self._lines(), self._mentioning()
        blank = {"person": self._scrub.token, "ref": ERASED, "because": ERASED}
        for numbers, values in ((own, blank), (others, {})):
            for number in numbers:
                gone = {"text": ERASED, "change": "", "salt": None, "erased": at, **values}
                self._execute(update(audit).where(audit.c.sequence == number).values(gone))
        return [*own, *others]

    # --- Places -----------------------------------------------------------------------------------

    def _journal(self) -> None:
        for row in self._own:
            new_id = secrets.token_hex(12)
            content = self._scrub.change(json.loads(row.content), new_id) | {"private": []}
            receipt = None
            if row.receipt is not None:
                receipt = json.dumps(self._scrub.receipt(json.loads(row.receipt), new_id))
            values = {
                "person": self._scrub.token,
                "change": new_id,
                "content": json.dumps(content, ensure_ascii=False),
                "receipt": receipt,
            }
            self._execute(update(journal).where(journal.c.sequence == row.sequence).values(values))
        self.found["journal"] = len(self._own)
        others = select(journal).where(
            journal.c.profile == self._profile,
            or_(self._mentions(journal.c.content), self._mentions(journal.c.receipt)),
        )
        for row in self._connection.execute(others).all():
            values = {
                name: None if text is None else self._json(text)
                for name, text in (("content", row.content), ("receipt", row.receipt))
            }
            if values != {"content": row.content, "receipt": row.receipt}:
                self.found["journal_of_others"] += 1
                self._execute(
                    update(journal).where(journal.c.sequence == row.sequence).values(values)
                )

    def _runs(self) -> None:
        statement = select(runs).where(runs.c.profile == self._profile)
        for row in self._connection.execute(statement).all():
            values: dict[str, Any] = {}
            if row.report is not None:
                report = json.loads(zlib.decompress(row.report))
                scrubbed = self._scrub.report(report)
                if scrubbed != report:
                    values["report"] = zlib.compress(
                        json.dumps(scrubbed, ensure_ascii=False).encode()
                    )
            if row.parameters is not None:
                values["parameters"] = self._json(row.parameters)
            if row.refused is not None:
                values["refused"] = self._scrub.text(row.refused)
            values = {name: new for name, new in values.items() if new != getattr(row, name)}
            if values:
                self.found["runs"] += 1
                self._execute(update(runs).where(runs.c.run == row.run).values(values))

    def _plans(self) -> None:
        """Plans that name them go as a whole: under a digest stands what it names, or nothing."""
        statement = select(plans.c.digest, plans.c.content).where(plans.c.profile == self._profile)
        for row in self._connection.execute(statement).all():
            plan = json.loads(zlib.decompress(row.content))
            if self._scrub.deep(plan) != plan:
                self.found["plans"] += 1
                self._execute(delete(plans).where(plans.c.digest == row.digest))

    def _snapshots(self) -> None:
        statement = select(snapshots).where(snapshots.c.profile == self._profile)
        for row in self._connection.execute(statement).all():
            people = people_of(dict(row._mapping))
            left = _without(people, self._person)
            if left is not None:
                self.found["snapshots"] += 1
                self._execute(
                    update(snapshots)
                    .where(snapshots.c.sequence == row.sequence)
                    .values(snapshot_row(left))
                )

    def _approvals(self) -> None:
        keys = ("run",)
        self._texts(approvals, "reasons", keys=keys, place="approvals")
        self._texts(approvals, "note", keys=keys, place="approvals")
        self._texts(approvals, "parameters", keys=keys, place="approvals", is_json=True)

    def _messages_of_others(self) -> None:
        """Those that are still to leave, and incidents that have somebody's id in their name."""
        keys = ("profile", "key")
        self._texts(messages, "content", keys=keys, place="messages_of_others", is_json=True)
        self._texts(messages, "error", keys=keys, place="messages_of_others")
        statement = select(incidents.c.incident).where(incidents.c.profile == self._profile)
        for name in self._connection.scalars(statement).all():
            if self._person in name.split(":"):
                self.found["incidents"] += 1
                mine = (incidents.c.profile == self._profile) & (incidents.c.incident == name)
                self._execute(delete(incidents).where(mine))

    def _texts(
        self, table: Table, name: str, *, keys: tuple[str, ...], place: str, is_json: bool = False
    ) -> None:
        statement = select(table).where(table.c.profile == self._profile)
        for row in self._connection.execute(statement).all():
            old = getattr(row, name)
            new = self._json(old) if is_json else self._scrub.text(old)
            if new != old:
                self.found[place] += 1
                these = [table.c[key] == getattr(row, key) for key in keys]
                self._execute(update(table).where(*these).values({name: new}))

    # --- Lines ------------------------------------------------------------------------------------

    def _lines(self) -> list[int]:
        chosen = select(audit.c.sequence).where(_of(audit, self._profile, self._person))
        return sorted(self._connection.scalars(chosen))

    def _mentioning(self) -> list[int]:
        """Lines about others that mention them, as a manager for example."""
        statement = select(audit.c.sequence, audit.c.text).where(
            audit.c.profile == self._profile,
            audit.c.person != self._person,
            audit.c.erased.is_(None),
            self._mentions(audit.c.text),
        )
        return sorted(
            row.sequence
            for row in self._connection.execute(statement)
            if self._scrub.text(row.text) != row.text
        )

    # --- Parts ------------------------------------------------------------------------------------

    def _mentions(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a text holds one of the words, as the database can tell: too often is no harm."""
        words = [self._person, *self._scrub.long]
        return or_(*(func.lower(column).contains(word.lower(), autoescape=True) for word in words))

    def _json(self, text: str) -> str:
        held = json.loads(text)
        scrubbed = self._scrub.deep(held)
        return text if scrubbed == held else json.dumps(scrubbed, ensure_ascii=False)

    def _execute(self, statement: Any) -> int:
        return int(self._connection.execute(statement).rowcount)


def _of(table: Table, profile: str, person: str) -> ColumnElement[bool]:
    return (table.c.profile == profile) & (table.c.person == person)


def _in_doubt(connection: Connection, profile: str, person: str) -> int:
    is_open = or_(journal.c.outcome.is_(None), journal.c.outcome == Outcome.IN_DOUBT.value)
    statement = select(func.count()).where(_of(journal, profile, person), is_open)
    return int(connection.scalar(statement) or 0)


def _without(people: People, person: str) -> People | None:
    """A snapshot without somebody; None where they are not in it."""
    persons = people.persons[people.persons["external_id"] != person]
    blocked = people.blocked[people.blocked["external_id"] != person]
    contracts = people.contracts[people.contracts["person_id"] != person]
    managed = [
        (frame, name)
        for frame in (contracts, people.departments)
        for name in frame.columns
        if name.endswith("manager_id") and (frame[name] == person).any()
    ]
    if (len(persons), len(blocked)) == (len(people.persons), len(people.blocked)) and not managed:
        return None
    contracts, departments = (
        frame.assign(**{n: frame[n].mask(frame[n] == person) for f, n in managed if f is frame})
        for frame in (contracts, people.departments)
    )
    return People(
        persons=persons.reset_index(drop=True),
        contracts=contracts.reset_index(drop=True),
        departments=departments.reset_index(drop=True),
        blocked=blocked.reset_index(drop=True),
        taken_at=people.taken_at,
        keys=people.keys,
    )
