"""From what there is to tell to messages with words in them, each for one recipient."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from connectors.ledger.messages import Message
from connectors.model.private import VEIL
from tasks.compile_notify import ACCOUNTS, Bulletin, Notify
from tasks.letters import day_in, nested, one_line
from tasks.lifecycle.incidents import Incident
from tasks.lifecycle.people import column_of
from tasks.lifecycle.recipients import Acquaintance, Recipient, recipients
from tasks.lifecycle.tidings import Tiding

MAIL: Final = "mail"
PRIVATE: Final = "person.personal_email"
_WORDS: Final = {"en": ("yes", "no"), "nl": ("ja", "nee")}


class Teller:
    """Makes messages, for one run.

    Args:
        notify: Who is told what.
        profile: Name of the profile.
        run: Id of the run.
        day: The day it decided for.
        at: When messages are made, with offset.
    """

    def __init__(self, notify: Notify, *, profile: str, run: str, day: date, at: datetime) -> None:
        """Keep the parts."""
        self._notify, self._run, self._at = notify, run, at
        self._day = day_in(notify.language)
        self._common = {"profile": profile, "run": run, "day": self._day(day)}

    def of_person(
        self, bulletin: Bulletin, tiding: Tiding, whom: Acquaintance
    ) -> tuple[list[Message], list[str]]:
        """Messages of one kind about a person; and why somebody who should get one does not.

        Raises:
            ConfigError: The text cannot be made of what is known.
        """
        said = self._said_of(bulletin, tiding, whom)
        words = bulletin.letters[tiding.occasion].write(said)
        if bulletin.block is not None:
            to, silences = [Recipient(bulletin.block, bulletin.block)], list[str]()
        else:
            to, silences = recipients(
                bulletin.to, bulletin.otherwise, whom, new_mail=str(said["mail"])
            )
        why = ", ".join(tiding.because)
        messages = [
            self._message(bulletin, tiding.occasion, one, words, why, tiding.changes, tiding.person)
            for one in to
        ]
        return messages, silences

    def of_incidents(
        self,
        bulletin: Bulletin,
        occasion: str,
        incidents: Sequence[Incident],
        *,
        repeated: int = 0,
        **about: Any,
    ) -> list[Message]:
        """Messages of one kind about what went wrong.

        Args:
            bulletin: What kind.
            occasion: `failed`, `refused` or `waiting`.
            incidents: What nobody was told yet.
            repeated: How many more there are that were told before.
            about: What else there is to say: `waits`, `since`, `until`, `digest`.

        Raises:
            ConfigError: The text cannot be made of this.
        """
        said = {
            **self._common,
            "occasion": occasion,
            "incidents": [
                {"text": one_line(one.text), "target": one.target, "person": one.person}
                for one in incidents
            ],
            "repeated": repeated,
            **dict.fromkeys(("since", "until", "digest"), ""),
            "waits": False,
            **about,
        }
        words = bulletin.letters[occasion].write(said)
        named = bulletin.to if bulletin.block is None else (bulletin.block,)
        why = f"{len(incidents)} new, {repeated} told before"
        parts = [part for one in incidents for part in (one.name, one.digest)]
        return [
            self._message(bulletin, occasion, Recipient(one, one), words, why, (self._run, *parts))
            for one in dict.fromkeys(named)
        ]

    def _message(
        self,
        bulletin: Bulletin,
        occasion: str,
        to: Recipient,
        words: Mapping[str, str | None],
        why: str,
        parts: Iterable[str],
        person: str = "",
    ) -> Message:
        return Message(
            key=key_of(occasion, person, to.address, str(bulletin.number), *parts),
            run=self._run,
            occasion=occasion,
            person=person,
            recipient=to.address,
            state="due",
            content={
                **words,
                "by": MAIL if bulletin.block is None else "block",
                "to": VEIL if to.named == PRIVATE else to.address,
                "why": why,
            },
            made=self._at,
        )

    def _said_of(self, bulletin: Bulletin, tiding: Tiding, whom: Acquaintance) -> dict[str, Any]:
        """Everything a text about a person may name."""
        # Not in the order in which they were made: which name is told must not hang on that.
        accounts = [self._account(tiding, target) for target in self._in_order(tiding.accounts)]
        user_name = next(filter(None, (one["user_name"] for one in accounts)), "")
        mail = next(filter(None, (one["mail"] for one in accounts)), whom.mail)
        facts = {path: _clean(value) for path, value in whom.facts.items()}
        name = one_line(self._name(tiding, whom))
        said = {
            **self._common,
            "occasion": tiding.occasion,
            "person": nested({"person.external_id": whom.person, **facts}, "person")
            | {"name": name},
            "contract": nested(facts, "contract"),
            "manager": {
                "id": whom.manager,
                "name": one_line(whom.manager_name),
                "mail": whom.manager_mail,
            },
            "accounts": accounts,
            "differences": [
                {
                    "target": one.target,
                    "title": self._title(one.target),
                    "field": one.field,
                    "before": one_line(one.before),
                    "after": one_line(one.after),
                }
                for one in tiding.differences
            ],
            "user_name": user_name,
            "mail": mail,
            "start_date": facts.get("contract.start_date", ""),
            "because": list(tiding.because),
            "password": bulletin.password,
            "password_link": bulletin.password_link.format(
                person=quote(whom.person, safe=""),
                user_name=quote(user_name, safe=""),
                run=quote(self._run, safe=""),
            ),
        }
        own = {"person.name": name, "user_name": user_name, "mail": mail}
        rows = [
            (heading, self._value(own.get(path, self._field(path, tiding, facts))))
            for heading, path in bulletin.fields.items()
        ]
        return said | {"rows": [(heading, value) for heading, value in rows if value]}

    def _account(self, tiding: Tiding, target: str) -> dict[str, Any]:
        held = {name: one_line(value) for name, value in tiding.accounts[target].items()}
        names = self._notify.accounts.get(target)
        login, mails = (names.login, names.mail) if names is not None else ((), ())
        return {
            "target": target,
            "title": self._title(target),
            "user_name": next((held[name] for name in login if held.get(name)), ""),
            "mail": next((held[name] for name in mails if held.get(name)), ""),
            "how": tiding.how.get(target, ""),
            "attributes": held,
        }

    def _in_order(self, targets: Iterable[str]) -> list[str]:
        """Targets as the profile names them, and then those that it does not name any more."""
        known = list(self._notify.accounts)
        return sorted(targets, key=lambda one: known.index(one) if one in known else len(known))

    def _name(self, tiding: Tiding, whom: Acquaintance) -> str:
        """As HR shows it, else as an account does, else put together."""
        several = self._in_order(tiding.accounts)
        shown = [tiding.accounts[target].get("displayName", "") for target in several]
        told = str(whom.facts.get("person.display_name", ""))
        return told or next(filter(None, shown), whom.name)

    def _title(self, target: str) -> str:
        names = self._notify.accounts.get(target)
        return names.title if names is not None else target

    @staticmethod
    def _field(path: str, tiding: Tiding, facts: Mapping[str, Any]) -> Any:
        if path.startswith(ACCOUNTS):
            target, _, attribute = path.removeprefix(ACCOUNTS).partition(".")
            return one_line(tiding.accounts.get(target, {}).get(attribute, ""))
        return facts.get(column_of(path), "")

    def _value(self, value: Any) -> str:
        if isinstance(value, bool):
            return _WORDS[self._notify.language][not value]
        if isinstance(value, float):
            return f"{value:g}"
        return str(self._day(value))


def key_of(*parts: str) -> str:
    """A name for what these parts make."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def held_back(
    tiding: Tiding, run: str, at: datetime, *, for_whom: str = "", key: str = ""
) -> Message:
    """A tiding that is not told yet.

    Args:
        tiding: What there is to tell.
        run: Id of the run that wanted to.
        at: When.
        for_whom: The bulletin that waits for an address; "" for all of them.
        key: Of one that was held already, to replace it.
    """
    return Message(
        key=key or key_of("held", tiding.occasion, tiding.person, for_whom, *tiding.changes),
        run=run,
        occasion=tiding.occasion,
        person=tiding.person,
        recipient=for_whom,
        state="held",
        content=tiding.to_json(),
        made=at,
    )


def name_of(bulletin: Bulletin) -> str:
    """What tells a kind of message from the others of a profile."""
    return bulletin.block or ",".join(bulletin.to)


def _clean(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value
