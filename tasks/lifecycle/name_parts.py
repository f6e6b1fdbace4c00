"""The parts of one person's name, tidied, with the convention settled.

Conventions: B birth name, P partner name, BP birth - partner, PB partner - birth. Where HR names a
convention that its other fields do not carry, the name that is known is used, with a warning: half
a name (`janine.`, `, Janine`) is worse than the other one.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

INITIALS_LIMIT: Final = 6
"""Characters of initials. Source: Active Directory schema, initials, rangeUpper."""

CONVENTIONS: Final = ("B", "P", "BP", "PB")

_JOINERS: Final = "\u200c\u200d"  # part of the spelling in Persian and Indic scripts
_INITIALS_GAPS: Final = re.compile(r"[.\s]+")


@dataclass(frozen=True, slots=True)
class Family:
    """A family name and its prefix, such as `van den` and `Boele`. Empty text is "none"."""

    prefix: str
    name: str

    @property
    def whole(self) -> str:
        """Prefix and name."""
        return f"{self.prefix} {self.name}" if self.prefix else self.name


NOBODY: Final = Family("", "")


@dataclass(frozen=True, slots=True)
class NameParts:
    """One person's name as HR knows it, tidied, with its convention settled.

    Attributes:
        first: The name the person is called by: nick name, else given name, else initials.
        initials: As HR writes them, such as `J.H.C.`.
        letters: The initials one by one: `("J", "H", "C")`, `("Th", "J")`.
        birth: The birth name; the leading name where HR knows no birth name.
        leading: The name that comes first: partner for P and PB, birth for B and BP.
        trailing: The name after the dash, `NOBODY` for B and P.
        warnings: What was missing or unknown, in sentences.
    """

    first: str
    initials: str
    letters: tuple[str, ...]
    birth: Family
    leading: Family
    trailing: Family
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, person: Mapping[str, Any]) -> "NameParts":
        """Take the parts out of a row of `People.persons` or of `person_facts`.

        Args:
            person: Column to value, as `nick_name` or as `person.nick_name`. Missing values of any
                kind (absent, None, NaN) are "none".
        """

        def part(name: str) -> str:
            return tidy(person.get(name, person.get(f"person.{name}")))

        warnings: list[str] = []
        birth = _family(part("family_name_prefix"), part("family_name"))
        partner = _family(part("partner_name_prefix"), part("partner_name"))
        convention = _settle(part("convention"), birth, partner, warnings)
        orders = {
            "B": (birth, NOBODY),
            "P": (partner, NOBODY),
            "BP": (birth, partner),
            "PB": (partner, birth),
        }
        leading, trailing = orders[convention]
        initials = part("initials")
        return cls(
            first=_first(part("nick_name"), part("given_name"), initials, warnings),
            initials=initials,
            letters=letters_of(initials),
            birth=birth if birth.name else leading,
            leading=leading,
            trailing=trailing,
            warnings=tuple(warnings),
        )


def format_initials(letters: Sequence[str], option: int) -> str:
    """The initials, at most `INITIALS_LIMIT` characters, empty when there are none.

    Args:
        letters: As in `NameParts.letters`.
        option: 1 `J.H.C.` (three at most), 2 `JHC`.
    """
    match option:
        case 1:
            written = [f"{letter}." for letter in letters[:3]]
        case 2:
            written = list(letters)
        case _:
            message = f"there is no initials option {option}"
            raise ValueError(message)
    while len("".join(written)) > INITIALS_LIMIT:
        written.pop()
    return "".join(written)


def tidy(value: object) -> str:
    """Text in one form: NFC, single spaces, nothing that cannot be seen. Not text is nothing."""
    if not isinstance(value, str):
        return ""
    if not value.isprintable():
        value = "".join(
            letter
            for letter in value
            if letter.isspace()
            or letter in _JOINERS
            or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
        )
    return " ".join(unicodedata.normalize("NFC", value).split())


def _family(prefix: str, name: str) -> Family:
    """A name without a letter (HR likes `-` for "none") is no name, and so is a prefix alone."""
    return Family(prefix, name) if any(map(str.isalnum, name)) else NOBODY


def _settle(convention: str, birth: Family, partner: Family, warnings: list[str]) -> str:
    """The convention that the known names can carry."""
    settled = convention.upper()
    if settled not in CONVENTIONS:
        said = (
            f"the name convention {convention!r} is unknown"
            if convention
            else "HR gives no name convention"
        )
        warnings.append(f"{said}: the birth name is used")
        settled = "B"
    if settled != "B" and not partner.name:
        warnings.append(
            f"convention {settled} needs a partner name and HR has none: the birth name is used"
        )
        settled = "B"
    if settled != "P" and not birth.name and partner.name:
        warnings.append(
            f"convention {settled} needs a birth name and HR has none: the partner name is used"
        )
        settled = "P"
    if not birth.name and not partner.name:
        warnings.append("HR has no family name")
    return settled


def _first(nick_name: str, given_name: str, initials: str, warnings: list[str]) -> str:
    for name in (nick_name, given_name):
        if any(map(str.isalnum, name)):
            return name
    if any(map(str.isalnum, initials)):
        warnings.append("HR has neither nick name nor given name: the initials are used")
        return initials
    warnings.append("HR has no first name")
    return ""


def letters_of(initials: str) -> tuple[str, ...]:
    """The initials one by one.

    Split at dots and spaces, so that `Th.J.` is two initials; without any, letter by letter.
    """
    pieces = [piece for piece in _INITIALS_GAPS.split(initials) if piece]
    return tuple(pieces[0]) if len(pieces) == 1 and "." not in initials else tuple(pieces)
