"""Names: candidates for one person, in order.

A candidate is a whole set of names. The next one advances local part, login and common name
together, so one number belongs to one person everywhere. Whoever allots names asks for candidates
only for a person who gets an account: an account that exists keeps its names.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

import pandas as pd

from connectors.model.errors import RetourError
from tasks.lifecycle.name_columns import NameColumns
from tasks.lifecycle.name_forms import (
    COMMON_NAME_LIMIT,
    COMMON_NAMES,
    DISPLAY_FORMS,
    DISPLAY_LIMIT,
    SURNAME_FORMS,
    SURNAME_LIMIT,
    CommonName,
    fill_form,
    form_values,
    parse_form,
)
from tasks.lifecycle.name_parts import NameParts, format_initials
from tasks.lifecycle.naming_options import (
    ADDRESS_LIMIT,
    INITIALS_NAMES,
    LOCAL_PART_LIMIT,
    LOGIN_LIMIT,
    LOGIN_OPTIONS,
    MAIL_OPTIONS,
    Option,
    generate,
)


class NoName(RetourError):
    """There is no usable name for this person; the message says why. They get no account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameOptions:
    """Which generators a site uses.

    Attributes:
        domain: Of addresses and user principal names, without the @.
        mail: Local part of mail address, of user principal name as well when there is no `upn`.
        upn: Local part of the user principal name where it differs from the mail address.
        login: sAMAccountName.
        display: Form of the display name.
        surname: Form of the surname.
        common_name: Common name.
        initials: 1 with dots, 2 without.
        rename: Whether a person whose name changes in HR gets new names.
        tries: Most candidates for one person.
    """

    domain: str
    mail: Option = MAIL_OPTIONS[4]
    upn: Option | None = None
    login: Option = LOGIN_OPTIONS[5]
    display: str = DISPLAY_FORMS[1]
    surname: str = SURNAME_FORMS[1]
    common_name: CommonName = COMMON_NAMES[1]
    initials: int = 1
    rename: bool = False
    tries: int = 100

    def __post_init__(self) -> None:
        """Refuse what does not exist.

        Raises:
            ValueError: A form that is none, no domain, or fewer than one try.
        """
        parse_form(self.display)
        parse_form(self.surname)
        if self.initials not in INITIALS_NAMES.values():
            message = f"names.initials is {self.initials}; it is 1 or 2"
            raise ValueError(message)
        if self.tries < 1:
            message = f"names.tries is {self.tries}; at least one is needed"
            raise ValueError(message)
        if not self.domain or "@" in self.domain or self.address_room < 1:
            message = f"names.domain {self.domain!r} is not a domain such as example.org"
            raise ValueError(message)

    @property
    def address_room(self) -> int:
        """Characters before the @ that domain and field leave."""
        return min(LOCAL_PART_LIMIT, ADDRESS_LIMIT - 1 - len(self.domain))


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """One candidate: every name of one person, made to fit together.

    Attributes:
        local_part: Before the @ of the mail address, at most 64 characters.
        upn_local_part: Before the @ of the user principal name; the same, unless a site has another
            generator for it.
        login: At most 20 characters. Like the local parts only `0-9 a-z . - _`, with a letter or
            digit at both ends and no two dots in a row.
        common_name: At most 64 characters.
        display_name: At most 256 characters, in the person's own script.
        surname: At most 64 characters, in the person's own script; may be empty.
        initials: At most 6 characters; may be empty.
        mail_nickname: The local part again (Exchange).
        domain: As in the options.
        iteration: 0 for the first candidate.
        warnings: What HR did not know or did not say clearly, in sentences.
    """

    local_part: str
    upn_local_part: str
    login: str
    common_name: str
    display_name: str
    surname: str
    initials: str
    mail_nickname: str
    domain: str
    iteration: int
    warnings: tuple[str, ...]

    @property
    def proxy_addresses(self) -> tuple[str, ...]:
        """The addresses of a new mailbox: the mail address, as the primary one."""
        return (f"SMTP:{self.local_part}@{self.domain}",)


def candidates(person: Mapping[str, Any], options: NameOptions) -> Iterator[Names]:
    """Names for one person, best first; all differ in local part, login and common name.

    Args:
        person: Column to value, as in `People.persons` (`nick_name`) or in `people.person_facts`
            (`person.nick_name`). Missing values of any kind are unknown.
        options: Which generators, and how many tries.

    Returns:
        At most `options.tries` candidates.

    Raises:
        NoName: HR has no name, or none with a letter or digit that can be written in Latin. Raised
            at the call, not at the first candidate.
    """
    parts = NameParts.of(person)
    if not (parts.first or parts.leading.name):
        message = "HR has no name for this person"
        raise NoName(message)
    found = _candidates(parts, options)
    first = next(found, None)
    if first is None:
        message = "nothing of this person's name can be written in Latin letters; name them by hand"
        raise NoName(message)
    return islice(chain([first], found), options.tries)


def _candidates(parts: NameParts, options: NameOptions) -> Iterator[Names]:
    values = form_values(parts)
    mails = generate(options.mail, parts, limit=options.address_room)
    upns = generate(options.upn or options.mail, parts, limit=options.address_room)
    logins = generate(options.login, parts, limit=LOGIN_LIMIT)
    shown = _shown(options.display, values)
    named = _shown(options.common_name.form, values)
    for iteration, common_name in enumerate(  # pragma: no branch - without end
        options.common_name.generate(named)
    ):
        # Without end, or empty for a name without a Latin letter.
        local_part, upn, login = next(mails, None), next(upns, None), next(logins, None)
        if local_part is None or upn is None or login is None:
            return
        yield Names(
            local_part=local_part,
            upn_local_part=upn,
            login=login,
            common_name=common_name,
            display_name=shown,
            surname=fill_form(options.surname, values, limit=SURNAME_LIMIT),
            initials=format_initials(parts.letters, options.initials),
            mail_nickname=local_part,
            domain=options.domain,
            iteration=iteration,
            warnings=parts.warnings,
        )


def _shown(form: str, values: Mapping[str, str]) -> str:
    """A name to read, which must not be empty: a form may ask for what HR does not know."""
    text = fill_form(form, values, limit=DISPLAY_LIMIT)
    return text or fill_form(DISPLAY_FORMS[1], values, limit=DISPLAY_LIMIT)


SHOWN: Final = ("display_name", "surname", "initials", "common_name")
"""Parts of a name that people read, and that follow HR."""


def display_frame(
    facts: pd.DataFrame, options: NameOptions, parts: Collection[str] = SHOWN
) -> pd.DataFrame:
    """The names that people read, for everybody at once: what an existing account should show.

    Args:
        facts: As `people.person_facts` gives it.
        options: Which generators.
        parts: Those of `SHOWN` that are wanted.

    Returns:
        Index as in `facts`; a column (str) per part, as in the first candidate. NA where HR has no
        such name.
    """
    columns = NameColumns(facts)

    def shown(form: str, limit: int) -> "pd.Series[str]":
        texts = columns.fill(form, limit=limit)
        if form != DISPLAY_FORMS[1] and texts.isna().any():
            texts = texts.fillna(columns.fill(DISPLAY_FORMS[1], limit=limit))
        return texts

    made = {
        "display_name": lambda: shown(options.display, DISPLAY_LIMIT),
        "surname": lambda: columns.fill(options.surname, limit=SURNAME_LIMIT),
        "initials": lambda: columns.initials(options.initials),
        "common_name": lambda: shown(options.common_name.form, COMMON_NAME_LIMIT),
    }
    return pd.DataFrame({part: made[part]() for part in parts}, index=facts.index)
