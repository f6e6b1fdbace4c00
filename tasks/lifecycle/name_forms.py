"""The forms in which people read a name, as data: display names, surnames, common names.

A form is a text with placeholders in braces. What stands in square brackets is left out when every
placeholder in it is empty, so that no dash or comma stands alone: `{leading}[ - {trailing}]`. Runs
of spaces become one, and spaces and commas at the ends are dropped.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Final

from tasks.lifecycle.name_parts import Family, NameParts

DISPLAY_LIMIT: Final = 256
"""Characters of a display name. Source: Active Directory schema, displayName, rangeUpper."""
SURNAME_LIMIT: Final = 64
"""Characters of a surname. Source: Active Directory schema, sn, rangeUpper."""
COMMON_NAME_LIMIT: Final = 64
"""Characters of a common name. Source: Active Directory schema, cn, rangeUpper."""

LONGEST_SUFFIX: Final = 20
"""Characters of what follows a common name; most of the name has to stay."""

ENDS: Final = " ,"
"""What is dropped at both ends of a filled form."""
FAMILIES: Final = ("leading", "trailing", "birth")
FORM_FIELDS: Final = (
    "first",
    "initials",
    *(name for family in FAMILIES for name in (family, f"{family}.prefix", f"{family}.name")),
)
"""Placeholders of a form. For Janine (J.H.C.) de Vries - van den Boele: `{first}` Janine,
`{initials}` J.H.C., `{leading}` de Vries, `{leading.prefix}` de, `{leading.name}` Vries,
`{trailing}` van den Boele, `{birth}` van den Boele."""

_TOKEN: Final = re.compile(r"\{([^{}]*)\}|([\[\]])|([^{}\[\]]+)")
_SPACES: Final = re.compile(" {2,}")


@dataclass(frozen=True, slots=True)
class Group:
    """A stretch of a form.

    Attributes:
        pieces: Literal text and the placeholder behind it, None at the end.
        optional: Whether it stood in brackets.
    """

    pieces: tuple[tuple[str, str | None], ...]
    optional: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """Its placeholders."""
        return tuple(name for _, name in self.pieces if name is not None)


@cache
def parse_form(form: str) -> tuple[Group, ...]:
    """The stretches of a form.

    Raises:
        ValueError: A placeholder that does not exist, a brace or bracket without its other half, or
            no placeholder at all. The message is a sentence.
    """
    groups: list[Group] = []
    pieces: list[tuple[str, str | None]] = []
    literal, inside, end = "", False, 0
    for token in _TOKEN.finditer(form):
        if token.start() != end:
            break
        end = token.end()
        name, bracket, text = token.groups()
        if text is not None:
            literal = text
        elif name is not None:
            pieces.append((literal, _known_field(name)))
            literal = ""
        else:
            if inside == (bracket == "["):
                end = -1
                break
            groups.append(Group((*pieces, (literal, None)), inside))
            pieces, literal, inside = [], "", not inside
    if end != len(form) or inside:
        message = f"{form!r} has a brace or bracket without its other half"
        raise ValueError(message)
    groups.append(Group((*pieces, (literal, None)), optional=False))
    if any(group.optional and not group.fields for group in groups):
        message = f"{form!r} has brackets around no placeholder, so nobody knows when to drop them"
        raise ValueError(message)
    if not any(group.fields for group in groups):
        message = f"{form!r} has no placeholder, so everybody would get the same name"
        raise ValueError(message)
    return tuple(groups)


def _known_field(name: str) -> str:
    if name not in FORM_FIELDS:
        known = ", ".join(f"{{{field}}}" for field in FORM_FIELDS)
        message = f"there is no placeholder {{{name}}}; there are {known}"
        raise ValueError(message)
    return name


def form_values(parts: NameParts) -> dict[str, str]:
    """The placeholders of one person."""

    def of(name: str, family: Family) -> Iterator[tuple[str, str]]:
        yield name, family.whole
        yield f"{name}.prefix", family.prefix
        yield f"{name}.name", family.name

    return {
        "first": parts.first,
        "initials": parts.initials,
        **dict(of("leading", parts.leading)),
        **dict(of("trailing", parts.trailing)),
        **dict(of("birth", parts.birth)),
    }


def fill_form(form: str, values: Mapping[str, str], *, limit: int) -> str:
    """A filled form of at most `limit` characters, empty when there is nothing to say.

    Args:
        form: A form that `parse_form` takes.
        values: As `form_values` gives them.
        limit: Most characters.
    """
    text = "".join(
        literal + (values[name] if name is not None else "")
        for group in parse_form(form)
        if not group.optional or any(values[name] for name in group.fields)
        for literal, name in group.pieces
    )
    return _SPACES.sub(" ", text).strip(ENDS)[:limit].rstrip(ENDS)


DISPLAY_FORMS: Final[dict[int, str]] = {
    1: "{first} {leading}[ - {trailing}]",
    2: "{leading.name}[ - {trailing}][, {first} {leading.prefix}]",
    3: "{leading.name}[-{trailing}] {initials} {leading.prefix}[ ({first})]",
}
"""Display names: `Janine de Vries - van den Boele`, `Vries - van den Boele, Janine de`,
`Vries-van den Boele J.H.C. de (Janine)`."""
SURNAME_FORMS: Final[dict[int, str]] = {
    1: "{leading}[ - {trailing}]",
    2: "{leading.name}[ - {trailing}][, {leading.prefix}]",
}
"""Surnames: `de Vries - van den Boele`, `Vries - van den Boele, de`."""


@dataclass(frozen=True, slots=True)
class CommonName:
    """A generator of common names: a form, then the form with a number behind it.

    Attributes:
        form: The form.
        suffix: What follows it from the second try on; `{}` is the number.
        start: The first number.
        digits: Least digits of a number.
    """

    form: str
    suffix: str = " {}"
    start: int = 2
    digits: int = 1

    def __post_init__(self) -> None:
        """Refuse what gives the same name twice.

        Raises:
            ValueError: A form that is none, or a suffix without its number. The message is a
                sentence.
        """
        parse_form(self.form)
        if self.suffix.count("{}") != 1 or len(self.suffix) > LONGEST_SUFFIX:
            message = f"suffix {self.suffix!r} needs {{}} once, where the number goes, and is short"
            raise ValueError(message)

    def generate(self, named: str) -> Iterator[str]:
        """The name, then numbered, without end; at most `COMMON_NAME_LIMIT` characters.

        Args:
            named: The filled form.
        """
        yield named[:COMMON_NAME_LIMIT].rstrip(ENDS)
        for number in count(self.start):  # pragma: no branch - without end
            suffix = self.suffix.replace("{}", f"{number:0{self.digits}d}")
            yield named[: COMMON_NAME_LIMIT - len(suffix)].rstrip(ENDS) + suffix


COMMON_NAMES: Final[dict[int, CommonName]] = {
    1: CommonName(DISPLAY_FORMS[1], digits=2),
    2: CommonName(DISPLAY_FORMS[2], " ({})", digits=2),
    3: CommonName(DISPLAY_FORMS[3]),
}
"""Display form 1, 2 and 3, numbered `… 02`, `… (02)` and `… 2`."""
