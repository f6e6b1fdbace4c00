"""The generators of logins and addresses, as data.

Numbers and results are those of the reference product's library, so a site keeps its own when it
changes over: an option is known by the number of the *mail* generator; UPN generators 1-10 are the
same as mail 1-10, UPN 11 is mail 13 and UPN 12 is mail 14.

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
COMMON_NAME_LIMIT: Final = 64
"""Characters of a common name. Source: Active Directory schema, cn, rangeUpper."""

_SEPARATORS: Final = "._-"
_DOTS: Final = re.compile(r"\.{2,}")


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

LOGIN_OPTIONS: Final[dict[int, Option]] = {
    1: Option("birth", ("{grow}{x}",), "{nick}{x}"),
    2: Option("birth", ("{nick}.{dots}",), "{nick}.{dots}"),
    3: Option("birth", ("{nick}.{dots}", "{n}.{dots}"), "{n}.{dots}"),
    4: Option("birth", ("{nick}.{x}", "{nick}_{x}", "{n}.{x}"), "{n}.{x}"),
    5: Option("leading", ("{grow}{x}",), "{nick}{x}"),
    6: Option("birth", ("{n}{x}",), "{n}{x}", start=1),
    7: Option("birth", ("{n}.{x}", "{nick}.{x}", "{grow}.{x}"), "{n}.{x}"),
    8: Option("birth", ("{i}{bare}",), "{i}{bare}", limit=5),
}
"""Logins (sAMAccountName)."""

COMMON_NAME_SUFFIXES: Final[dict[int, str]] = {1: " {:02d}", 2: " ({:02d})", 3: " {}"}
"""What follows display name 1, 2 and 3 when the common name is taken, from 2 on."""


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
    for number in count(option.start):
        suffix = f"{number:0{option.digits}d}"
        value = _cut(numbered, max(limit - len(suffix), 0)) + suffix
        if value not in seen:
            seen.add(value)
            yield value


def generate_common_names(display_name: str, option: int) -> Iterator[str]:
    """The display name, then numbered, without end; at most `COMMON_NAME_LIMIT` characters."""
    yield display_name[:COMMON_NAME_LIMIT].rstrip()
    for number in count(2):
        suffix = COMMON_NAME_SUFFIXES[option].format(number)
        yield display_name[: COMMON_NAME_LIMIT - len(suffix)].rstrip() + suffix


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
