"""From what a profile says about messages to what a run works with; mistakes are told here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from config.loader import LoadedProfile
from config.notify import ABOUT_PEOPLE, MessageSpec
from config.paths import at_home
from config.several import raise_all
from connectors.model.errors import ConfigError
from connectors.model.manifest import ADDRESS, LOGIN, Manifest
from connectors.model.private import is_private
from tasks.letters import Letter, packaged, read_letter, sample_of_facts
from tasks.lifecycle.people import known_path
from tasks.mailing import MailBox, mailbox_of

ACCOUNTS: Final = "accounts."
HEADINGS: Final = {
    "en": ("Name", "User name", "Mail address", "First day"),
    "nl": ("Naam", "Gebruikersnaam", "Mailadres", "Eerste dag"),
}
OWN_FIELDS: Final = ("person.name", "user_name", "mail", "contract.start_date")
MADE: Final = frozenset({"person.name", "user_name", "mail"})
"""What a field may be besides facts of HR and attributes of accounts."""
_MAILS: Final = ("mail", "primaryEmail", "email", "emails.work")
"""Attributes that are the address of an account, the likelier first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """One kind of message: on what, to whom, with which words.

    Attributes:
        number: Its place in the profile.
        on: Occasions.
        to: Recipients of mail.
        block: A Prefect notification block, None for mail.
        otherwise: Address for when no other is known.
        letters: Its text per occasion.
        fields: Heading -> path of what is told of a new account.
        password: What is said of the initial password.
        password_link: Where it can be fetched, "" for nowhere.
    """

    number: int
    on: tuple[str, ...]
    to: tuple[str, ...]
    block: str | None
    otherwise: str | None
    letters: Mapping[str, Letter]
    fields: Mapping[str, str]
    password: str
    password_link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who is told what, compiled.

    Attributes:
        language: Of texts and days.
        bulletins: The messages.
        mail: Where mail leaves, without the password; None where none does.
        password_letter: The text around an initial password.
        waiting: Since when somebody must be waited for to be told of it.
        again_after: When an incident is told again.
        accounts: Targets that hold accounts, with title, attribute of the user name, of the mail.
    """

    language: str
    bulletins: tuple[Bulletin, ...]
    mail: MailBox | None = field(repr=False)
    password_letter: Letter
    waiting: timedelta
    again_after: timedelta
    accounts: Mapping[str, "AccountNames"]

    def on(self, occasion: str) -> list[Bulletin]:
        """The messages for an occasion."""
        return [one for one in self.bulletins if occasion in one.on]


@dataclass(frozen=True, slots=True)
class AccountNames:
    """What the attributes of an account mean to people.

    Attributes:
        title: What the target is called.
        login: The attributes that may be the user name, the likelier first.
        mail: The same of the address.
    """

    title: str
    login: tuple[str, ...]
    mail: tuple[str, ...]


def compile_notify(loaded: LoadedProfile, manifests: Mapping[str, Manifest]) -> Notify | None:
    """Who is told what, None where nobody is.

    Args:
        loaded: The profile.
        manifests: By target.

    Raises:
        ConfigError: A text or a field cannot be filled in; with file, line and key.
    """
    spec = loaded.profile.notify
    if spec is None:
        return None
    language, folder = spec.language, loaded.path.parent
    problems: list[ConfigError] = []
    bulletins: list[Bulletin] = []
    for number, message in enumerate(spec.tell):
        key = f"notify.tell[{number}]"
        fields = message.fields
        if fields is None:
            fields = dict(zip(HEADINGS[language], OWN_FIELDS, strict=True))
        problems += [
            loaded.locate(ConfigError(said, key=f"{key}.fields.{heading}"))
            for heading, path in fields.items()
            if (said := _mistake(path, manifests))
        ]
        try:
            letters: dict[str, Letter] = {
                on: _letter(message, on, language, folder, key) for on in message.on
            }
        except ConfigError as error:
            problems.append(loaded.locate(error))
            continue
        bulletins.append(
            Bulletin(
                number=number,
                on=message.on,
                to=message.to,
                block=message.block,
                otherwise=message.otherwise,
                letters=letters,
                fields=fields,
                password=message.password,
                password_link=message.password_link or "",
            )
        )
    raise_all(problems)
    return Notify(
        language=language,
        bulletins=tuple(bulletins),
        mail=None if spec.mail is None else mailbox_of(spec.mail, folder),
        password_letter=read_letter(
            packaged(language, "password"), language, {"password": "x"}, key="notify.language"
        ),
        waiting=timedelta(hours=spec.waiting_hours),
        again_after=timedelta(days=spec.again_after_days),
        accounts={
            name: _names(manifest)
            for name, manifest in manifests.items()
            if not manifest.write_back
        },
    )


def _letter(message: MessageSpec, on: str, language: str, folder: Path, key: str) -> Letter:
    if message.template is None:
        path = packaged(language, on)
    else:
        path = (folder / at_home(message.template)).absolute()
    return read_letter(path, language, sample(on), key=f"{key}.template")


def sample(occasion: str) -> dict[str, Any]:
    """Whatever a text for an occasion may name, with made-up values."""
    common: dict[str, Any] = {"profile": "x", "run": "x", "day": "x", "occasion": occasion}
    if occasion not in ABOUT_PEOPLE:
        incident = {"text": "x", "target": "x", "person": "x"}
        return common | {
            "incidents": [incident],
            "repeated": 1,
            "waits": True,
            "since": "x",
            "until": "x",
            "digest": "x",
        }
    account = dict.fromkeys(("target", "title", "user_name", "mail", "how"), "x")
    return common | {
        "person": sample_of_facts("person") | {"name": "x"},
        "contract": sample_of_facts("contract"),
        "manager": {"id": "x", "name": "x", "mail": "x"},
        "accounts": [account | {"attributes": {}}],
        "differences": [dict.fromkeys(("target", "title", "field", "before", "after"), "x")],
        "rows": [("x", "x")],
        "user_name": "x",
        "mail": "x",
        "start_date": date(2026, 1, 31),
        "because": ["x"],
        "password": "none",
        "password_link": "x",
    }


def _mistake(path: str, manifests: Mapping[str, Manifest]) -> str:
    """What is wrong with the path of a field, "" for nothing."""
    if is_private(path):
        return "is somebody's private life, which no message tells"
    if path in MADE:
        return ""
    if path.startswith(ACCOUNTS):
        target, _, attribute = path.removeprefix(ACCOUNTS).partition(".")
        manifest = manifests.get(target)
        known = manifest.attribute(attribute) if manifest is not None and attribute else None
        if known is None:
            return f"there is no {path!r}; write accounts.TARGET.ATTRIBUTE"
        return "is somebody's private life, which no message tells" if known.private else ""
    if not known_path(path):
        return f"there is no {path!r}; it may be user_name, mail, or what HR or an account knows"
    return ""


def _names(manifest: Manifest) -> AccountNames:
    unique = {one.name: one.unique_in for one in manifest.attributes}
    addresses = [name for name, space in unique.items() if space == ADDRESS]
    logins = [name for name, space in unique.items() if space == LOGIN]
    principals = [name for name in addresses if "principal" in name.casefold()]
    mails = [name for name in _MAILS if name in unique]
    return AccountNames(manifest.title, (*logins, *principals, *mails), tuple(mails))
