"""Whom a message about a person goes to, by what HR and the directories know of addresses. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.model.addresses import is_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """What is known of a person whom a message is about.

    Attributes:
        person: `external_id`.
        name: As people read it; the id where HR does not know the person.
        facts: Path -> value, those of `person_facts` that HR knows and that are not private.
        excluded: Whether HR excludes the person: nobody is told anything then.
        mail: Work address of the person, "" where there is none.
        personal_mail: Private address, "" where there is none.
        manager: HR id of the manager, "" where HR names none.
        manager_name: The manager's name.
        manager_mail: The manager's work address, "" where there is none.
    """

    person: str
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    excluded: bool = False
    mail: str = ""
    personal_mail: str = ""
    manager: str = ""
    manager_name: str = ""
    manager_mail: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets a message.

    Attributes:
        named: As the profile names them: an address, or such as `person.manager`.
        address: Where it goes.
    """

    named: str
    address: str


def recipients(
    to: Iterable[str], otherwise: str | None, whom: Acquaintance, *, new_mail: str = ""
) -> tuple[list[Recipient], list[str]]:
    """Who gets a message, and why somebody who should does not.

    Args:
        to: As the profile names them.
        otherwise: Address for those of whom no address is known.
        whom: Whom the message is about.
        new_mail: Address of the account that the message is about, which HR may not know yet.
    """
    found: dict[str, Recipient] = {}
    silences: list[str] = []
    for named in to:
        address, silence = _address(named, whom, new_mail)
        if silence and otherwise is not None:
            address, silence = otherwise, ""
        if silence:
            silences.append(silence)
        else:
            found.setdefault(address.casefold(), Recipient(named, address))
    return list(found.values()), silences


def _address(named: str, whom: Acquaintance, new_mail: str) -> tuple[str, str]:
    match named:
        case "person":
            return _known(new_mail or whom.mail, "the person has no work address")
        case "person.personal_email":
            return _known(whom.personal_mail, "HR knows no private address")
        case "person.manager" if not whom.manager:
            return "", "HR names no manager"
        case "person.manager":
            return _known(whom.manager_mail, f"the manager {whom.manager} has no work address")
        case _:
            return named, ""


def _known(address: str, silence: str) -> tuple[str, str]:
    if not address:
        return "", silence
    if not is_address(address):
        return "", "what stands there as an address is none"
    return address, ""
