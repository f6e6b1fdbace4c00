"""The generators of logins and addresses, as data.

A generator has a name, and the number it has in the reference product's library; results are those
of that library, so a site keeps its own when it changes over. The name says what is tried first,
and behind the dash what a collision brings: `nickname.surname-growing`. *birthname* is the birth
name, *surname* the one that the person's convention puts first, *prefix* keeps the prefix apart by
dots. UPN generators 1-10 are the same as mail 1-10, UPN 11 is mail 13 and UPN 12 is mail 14.

Left out on purpose: the stray `0` of mail 7 (`janine_x0`), the second `janine.x` of mail 12, and
the zeros with which login 8 pads a short family name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final, Literal

from tasks.lifecycle.name_parts import Family, NameParts
from tasks.lifecycle.transliterate import to_latin

LOCAL_PART_LIMIT: Final = 64
"""Characters before the @. Source: RFC 5321, section 4.5.3.1.1."""
ADDRESS_LIMIT: Final = 254
"""Characters of an address. Source: RFC 5321, section 4.5.3.1.3, and erratum 1690 to RFC 3696."""
LOGIN_LIMIT: Final = 20
"""Characters of a login. Source: Active Directory, sAMAccountName of a user."""

_SEPARATORS: Final = "._-"
_DOTS: Final = re.compile(r"\.{2,}")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_LITERAL: Final = re.compile(r"[0-9a-z._-]*")

PLACEHOLDERS: Final = ("nick", "n", "grow", "i", "jhc", "j.h.c", "x", "dots", "bare", "both")
"""What a pattern may name; `Option` says what each gives."""


@dataclass(frozen=True, slots=True)
class Option:
    """One generator: what it tries first, and what it numbers after that.

    Attributes:
        family: Whose name: always `birth`, or the `leading` one that the convention asks for.
        tries: Patterns in order. In them, for Janine (J.H.C.) van den Boele: `{nick}` janine,
            `{n}` j, `{grow}` j, ja, jan … janine (a try each), `{i}` j (the first initial),
            `{jhc}` jhc, `{j.h.c}` j.h.c (a pattern with it is skipped for fewer than two initials),
            `{x}` vandenboele, `{dots}` van.den.boele, `{bare}` boele, `{both}`
            vanden.boele-de.vries as the convention has it.
        numbered: The pattern that gets a number when all tries are taken.
        start: The first number.
        digits: Least digits of a number.
        limit: Most characters, when fewer than the field takes.
    """

    family: Literal["birth", "leading"]
    tries: tuple[str, ...]
    numbered: str
    start: int = 2
    digits: int = 1
    limit: int = LOCAL_PART_LIMIT

    def __post_init__(self) -> None:
        """Refuse what is no pattern.

        Raises:
            ValueError: An unknown placeholder, a character that no name keeps, no pattern, a
                numbered one with `{grow}` or `{j.h.c}`. The message is a sentence.
        """
        if not self.tries:
            raise ValueError("there is no template to try")
        for pattern in (*self.tries, self.numbered):
            _check_pattern(pattern)
        for name in ("grow", "j.h.c"):
            if f"{{{name}}}" in self.numbered:
                message = f"{{{name}}} is not for the numbered template, which is one text for each"
                raise ValueError(message)


def _check_pattern(pattern: str) -> None:
    names = _PLACEHOLDER.findall(pattern)
    for name in names:
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            message = f"there is no placeholder {{{name}}}; there are {known}"
            raise ValueError(message)
    literal = _PLACEHOLDER.sub("", pattern)
    if not _LITERAL.fullmatch(literal):
        message = (
            f"{pattern!r} has more than placeholders, digits, a to z and . - _: "
            "nothing else stays in a name"
        )
        raise ValueError(message)
    if not names:
        message = f"{pattern!r} has no placeholder, so everybody would get the same name"
        raise ValueError(message)


MAIL_OPTIONS: Final[dict[int, Option]] = {
    1: Option("birth", ("{nick}.{x}", "{grow}.{x}"), "{nick}.{x}"),
    2: Option("birth", ("{nick}.{x}", "{n}.{x}"), "{nick}.{x}"),
    3: Option("leading", ("{n}.{x}", "{j.h.c}.{x}"), "{nick}.{x}"),
    4: Option("leading", ("{nick}.{x}", "{j.h.c}.{x}", "{grow}.{x}"), "{nick}.{x}"),
    5: Option("birth", ("{grow}{x}",), "{nick}{x}"),
    6: Option("leading", ("{grow}{x}",), "{nick}{x}"),
    7: Option("birth", ("{nick}.{x}", "{nick}_{x}", "{n}.{x}"), "{n}.{x}"),
    8: Option("birth", ("{nick}.{dots}",), "{nick}.{dots}", digits=2),
    9: Option("leading", ("{n}{x}",), "{n}{x}", start=1),
    10: Option("birth", ("{n}.{x}", "{nick}.{x}", "{grow}.{x}"), "{n}.{x}"),
    11: Option("leading", ("{nick}.{dots}",), "{nick}.{dots}"),
    12: Option("leading", ("{nick}.{x}", "{grow}.{x}"), "{nick}.{x}"),
    13: Option("birth", ("{n}.{x}",), "{n}.{x}", start=1),
    14: Option("leading", ("{jhc}.{both}",), "{jhc}.{both}"),
}
"""Local parts of mail address and user principal name."""

UPN_OPTIONS: Final[dict[int, Option]] = {
    **{number: MAIL_OPTIONS[number] for number in range(1, 11)},
    11: MAIL_OPTIONS[13],
    12: MAIL_OPTIONS[14],
}
"""The same under the numbers that the reference gives them for user principal names."""

LOGIN_OPTIONS: Final[dict[int, Option]] = {
    1: Option("birth", ("{grow}{x}",), "{nick}{x}", limit=LOGIN_LIMIT),
    2: Option("birth", ("{nick}.{dots}",), "{nick}.{dots}", limit=LOGIN_LIMIT),
    3: Option("birth", ("{nick}.{dots}", "{n}.{dots}"), "{n}.{dots}", limit=LOGIN_LIMIT),
    4: Option("birth", ("{nick}.{x}", "{nick}_{x}", "{n}.{x}"), "{n}.{x}", limit=LOGIN_LIMIT),
    5: Option("leading", ("{grow}{x}",), "{nick}{x}", limit=LOGIN_LIMIT),
    6: Option("birth", ("{n}{x}",), "{n}{x}", start=1, limit=LOGIN_LIMIT),
    7: Option("birth", ("{n}.{x}", "{nick}.{x}", "{grow}.{x}"), "{n}.{x}", limit=LOGIN_LIMIT),
    8: Option("birth", ("{i}{bare}",), "{i}{bare}", limit=5),
}
"""Logins (sAMAccountName)."""

MAIL_NAMES: Final[dict[str, int]] = {
    "nickname.birthname-growing": 1,
    "nickname.birthname-initial": 2,
    "initial.surname-initials": 3,
    "nickname.surname-initials": 4,
    "initialbirthname-growing": 5,
    "initialsurname-growing": 6,
    "nickname.birthname-underscore": 7,
    "nickname.prefix.birthname": 8,
    "initialsurname-numbered": 9,
    "initial.birthname-growing": 10,
    "nickname.prefix.surname": 11,
    "nickname.surname-growing": 12,
    "initial.birthname-numbered": 13,
    "initials.prefix.bothnames": 14,
}
"""Names of `MAIL_OPTIONS`, for user principal names too. They are public: a profile names them."""
LOGIN_NAMES: Final[dict[str, int]] = {
    "initialbirthname-growing": 1,
    "nickname.prefix.birthname": 2,
    "nickname.prefix.birthname-initial": 3,
    "nickname.birthname-underscore": 4,
    "initialsurname-growing": 5,
    "initialbirthname-numbered": 6,
    "initial.birthname-growing": 7,
    "initialbirthname-five": 8,
}
"""Names of `LOGIN_OPTIONS`."""
DISPLAY_NAMES: Final[dict[str, int]] = {
    "nickname-surname": 1,
    "surname-nickname": 2,
    "surname-initials": 3,
}
"""Names of `name_forms.DISPLAY_FORMS` and `COMMON_NAMES`."""
SURNAME_NAMES: Final[dict[str, int]] = {"prefix-first": 1, "prefix-last": 2}
"""Names of `name_forms.SURNAME_FORMS`."""
INITIALS_NAMES: Final[dict[str, int]] = {"dotted": 1, "plain": 2}
"""Names of the forms of initials: `J.H.C.`, `JHC`."""


def generate(option: Option, parts: NameParts, *, limit: int) -> Iterator[str]:
    """Every value of a generator, without end and without repeats.

    Args:
        option: The generator.
        parts: The name.
        limit: Most characters of the field, a number at the end included.

    Yields:
        Text of `0-9 a-z . - _` that begins and ends with a letter or digit and has no two dots in a
        row. Nothing at all when the name leaves no Latin letter or digit.
    """
    limit = min(limit, option.limit)
    fields = _fields(option, parts)
    seen = {""}
    for pattern in option.tries:
        for text in _fill(pattern, fields):
            value = _cut(text, limit)
            if value not in seen:
                seen.add(value)
                yield value
    (numbered,) = _fill(option.numbered, fields)
    if not _cut(numbered, limit):
        return
    for number in count(option.start):  # pragma: no branch - without end
        suffix = f"{number:0{option.digits}d}"
        value = _cut(numbered, max(limit - len(suffix), 0)) + suffix
        if value not in seen:
            seen.add(value)
            yield value


def _fields(option: Option, parts: NameParts) -> dict[str, str]:
    family = parts.birth if option.family == "birth" else parts.leading
    nick = _joined(parts.first).strip(_SEPARATORS)
    letters = [latin for letter in parts.letters if (latin := _joined(letter).strip(_SEPARATORS))]
    n = nick[:1]
    return {
        "nick": nick,
        "n": n,
        "i": letters[0][:1] if letters else n,
        "jhc": "".join(letters) or n,
        "j.h.c": ".".join(letters) if len(letters) > 1 else "",
        "x": _joined(family.whole),
        "dots": ".".join(
            filter(None, (to_latin(family.prefix).replace(" ", "."), _joined(family.name)))
        ),
        "bare": _joined(family.name),
        "both": "-".join(filter(None, map(_prefix_dot_name, (parts.leading, parts.trailing)))),
    }


def _prefix_dot_name(family: Family) -> str:
    return ".".join(filter(None, (_joined(family.prefix), _joined(family.name))))


def _joined(text: str) -> str:
    return to_latin(text).replace(" ", "")


def _fill(pattern: str, fields: dict[str, str]) -> Iterator[str]:
    """The pattern with the fields in their places; `{grow}` gives one text per letter more."""
    if "{j.h.c}" in pattern and not fields["j.h.c"]:
        return
    for name, value in fields.items():
        pattern = pattern.replace(f"{{{name}}}", value)
    if "{grow}" not in pattern:
        yield pattern
        return
    nick = fields["nick"]
    for letters in range(1, max(len(nick), 1) + 1):
        yield pattern.replace("{grow}", nick[:letters].rstrip(_SEPARATORS))


def _cut(text: str, limit: int) -> str:
    return _DOTS.sub(".", text).strip(_SEPARATORS)[:limit].rstrip(_SEPARATORS)
