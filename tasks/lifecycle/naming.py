"""Names: candidates for one person, in order; and which names are in use.

A candidate is a whole set of names. The next one advances local part, login and common name
together, so one number belongs to one person everywhere. Whoever allots names asks for candidates
only for a person who gets an account: an account that exists keeps its names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

import pandas as pd

from connectors.model.errors import RetourError
from connectors.model.people import TEXT_DTYPE
from tasks.lifecycle.name_parts import NameParts, display_name, format_initials, surname
from tasks.lifecycle.naming_options import (
    ADDRESS_LIMIT,
    COMMON_NAME_SUFFIXES,
    LOCAL_PART_LIMIT,
    LOGIN_LIMIT,
    LOGIN_OPTIONS,
    MAIL_OPTIONS,
    generate,
    generate_common_names,
)

_DISPLAY_COLUMNS: Final = ("display_name", "surname", "initials", "common_name")
_CHOICES: Final = {
    "mail": len(MAIL_OPTIONS),
    "login": len(LOGIN_OPTIONS),
    "display": 3,
    "surname": 2,
    "common_name": len(COMMON_NAME_SUFFIXES),
    "initials": 2,
}


class NoName(RetourError):
    """There is no usable name for this person; the message says why. They get no account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameOptions:
    """Which generators a site uses, by the numbers of `naming_options` and `name_parts`.

    Attributes:
        domain: Of addresses and user principal names, without the @.
        mail: Local part of mail address and user principal name, 1 to 14.
        login: sAMAccountName, 1 to 8.
        display: Display name, 1 to 3.
        surname: Surname, 1 or 2.
        common_name: Common name, 1 to 3: the display name of that number.
        initials: Initials, 1 or 2.
        tries: Most candidates for one person.
    """

    domain: str
    mail: int = 4
    login: int = 5
    display: int = 1
    surname: int = 1
    common_name: int = 1
    initials: int = 1
    tries: int = 100

    def __post_init__(self) -> None:
        """Refuse what does not exist.

        Raises:
            ValueError: An option that does not exist, no domain, or fewer than one try.
        """
        for name, highest in _CHOICES.items():
            chosen = getattr(self, name)
            if not 1 <= chosen <= highest:
                message = f"names.{name} is {chosen}; the options are 1 to {highest}"
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
        local_part: Before the @ of mail address and user principal name, at most 64 characters.
        login: At most 20 characters. Like `local_part` only `0-9 a-z . - _`, with a letter or digit
            at both ends and no two dots in a row.
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
    login: str
    common_name: str
    display_name: str
    surname: str
    initials: str
    mail_nickname: str
    domain: str
    iteration: int
    warnings: tuple[str, ...]


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
    columns = zip(
        generate(MAIL_OPTIONS[options.mail], parts, limit=options.address_room),
        generate(LOGIN_OPTIONS[options.login], parts, limit=LOGIN_LIMIT),
        generate_common_names(display_name(parts, options.common_name), options.common_name),
        strict=False,  # without end, or empty for a name without a Latin letter
    )
    for iteration, (local_part, login, common_name) in enumerate(columns):
        yield Names(
            local_part=local_part,
            login=login,
            common_name=common_name,
            display_name=display_name(parts, options.display),
            surname=surname(parts, options.surname),
            initials=format_initials(parts, options.initials),
            mail_nickname=local_part,
            domain=options.domain,
            iteration=iteration,
            warnings=parts.warnings,
        )


def display_frame(facts: pd.DataFrame, options: NameOptions) -> pd.DataFrame:
    """The names that people read, for everybody at once: what an existing account should show.

    Args:
        facts: As `people.person_facts` gives it.
        options: Which generators.

    Returns:
        Index as in `facts`; columns `display_name`, `surname`, `initials`, `common_name` (str), as
        in the first candidate. NA where HR has no such name.
    """
    rows = [_display(NameParts.of(person), options) for person in _rows(facts)]
    frame = pd.DataFrame(rows, columns=list(_DISPLAY_COLUMNS), index=facts.index).astype(TEXT_DTYPE)
    return frame.mask(frame == "")


def _display(parts: NameParts, options: NameOptions) -> tuple[str, ...]:
    named_after = display_name(parts, options.common_name)
    shown = (
        named_after
        if options.display == options.common_name
        else display_name(parts, options.display)
    )
    return (
        shown,
        surname(parts, options.surname),
        format_initials(parts, options.initials),
        next(generate_common_names(named_after, options.common_name)),
    )


def _rows(facts: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Each person's own columns; `DataFrame.to_dict` over all of them costs ten times more."""
    names = [str(name) for name in facts.columns if str(name).startswith("person.")]
    for values in zip(*(facts[name].tolist() for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


class Taken:
    """Names in use, by space (such as `address` or `active_directory:login`), ignoring case.

    Args:
        spaces: Space -> value -> the person who holds it, None for anybody or anything else.
    """

    __slots__ = ("_spaces",)

    def __init__(self, spaces: Mapping[str, Mapping[str, str | None]] | None = None) -> None:
        """Note what is held already."""
        self._spaces: dict[str, dict[str, str | None]] = {}
        for space, held in (spaces or {}).items():
            for value, holder in held.items():
                self.hold(space, value, holder)

    def hold(self, space: str, value: str, holder: str | None) -> None:
        """Note a name that is in use; held by two, it is free for neither of them.

        A person who stands among several holders does not own the name: the other one would
        collide with it.
        """
        held = self._spaces.setdefault(space, {})
        key = value.casefold()
        held[key] = holder if held.get(key, holder) == holder else None

    def is_free(self, space: str, value: str, person: str) -> bool:
        """Whether nobody else holds the name."""
        held = self._spaces.get(space, {})
        key = value.casefold()
        return key not in held or held[key] == person

    def reserve(self, space: str, value: str, person: str) -> None:
        """Give a name to a person; giving it twice to the same one changes nothing.

        Raises:
            ValueError: Somebody else holds it.
        """
        if not self.is_free(space, value, person):
            message = f"{value!r} in {space} is not free for {person}"
            raise ValueError(message)
        self._spaces.setdefault(space, {})[value.casefold()] = person
