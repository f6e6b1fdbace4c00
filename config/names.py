"""Which generators make names: one of those the README lists, or templates of a site's own."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    field_validator,
)

from config.defaults import (
    COMMON_NAME_GENERATOR,
    DISPLAY_GENERATOR,
    INITIALS_GENERATOR,
    LOGIN_GENERATOR,
    MAIL_GENERATOR,
    SURNAME_GENERATOR,
)
from config.several import hint
from config.spec import MAX_DAYS, NO_BOOLEAN, Spec, Text, Whole

MAIL: Final = (
    "nickname.birthname-growing",
    "nickname.birthname-initial",
    "initial.surname-initials",
    "nickname.surname-initials",
    "initialbirthname-growing",
    "initialsurname-growing",
    "nickname.birthname-underscore",
    "nickname.prefix.birthname",
    "initialsurname-numbered",
    "initial.birthname-growing",
    "nickname.prefix.surname",
    "nickname.surname-growing",
    "initial.birthname-numbered",
    "initials.prefix.bothnames",
)
"""Generators of local parts; number 1 is the first."""
UPN: Final = (*MAIL[:10], MAIL[12], MAIL[13])
"""The same under the numbers that the reference product gives them for user principal names."""
LOGIN: Final = (
    "initialbirthname-growing",
    "nickname.prefix.birthname",
    "nickname.prefix.birthname-initial",
    "nickname.birthname-underscore",
    "initialsurname-growing",
    "initialbirthname-numbered",
    "initial.birthname-growing",
    "initialbirthname-five",
)
DISPLAY: Final = ("nickname-surname", "surname-nickname", "surname-initials")
SURNAME: Final = ("prefix-first", "prefix-last")
INITIALS: Final = ("dotted", "plain")

_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)


class LocalPartSpec(Spec):
    """Templates for what stands before the @, or for a login."""

    template: tuple[Text, ...] = Field(min_length=1)
    """Tried in this order. In them `{nick}`, `{n}`, `{grow}`, `{i}`, `{jhc}`, `{j.h.c}`, `{x}`,
    `{dots}`, `{bare}` and `{both}`; the README shows what each gives."""
    numbered: Text | None = None
    """What gets a number when all of them are taken; left out, the first one."""
    family: Literal["birth", "leading"] = "leading"
    """Whose family name: the one that the person's name convention puts first, or always the birth
    name."""
    start: Whole = Field(default=2, ge=0, le=1000)
    """The first number."""
    digits: Whole = Field(default=1, ge=1, le=6)
    """Least digits of a number."""
    limit: Annotated[int, Field(ge=3, le=64), NO_BOOLEAN] | None = None
    """Most characters; left out, as many as the field takes."""

    @field_validator("template", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given


class FormSpec(Spec):
    """A form in which people read a name."""

    template: Text
    """Text with `{first}`, `{initials}`, `{leading}`, `{trailing}`, `{birth}`, each family name
    also as `{leading.prefix}` and `{leading.name}`. What stands in [brackets] is left out when its
    placeholders are empty."""


class CommonNameSpec(FormSpec):
    """A form of common names, and of the number behind one that is taken."""

    suffix: Text = " {}"
    """What follows when the name is taken; `{}` is the number."""
    start: Whole = Field(default=2, ge=0, le=1000)
    """The first number."""
    digits: Whole = Field(default=1, ge=1, le=6)
    """Least digits of a number."""


def _known(names: Sequence[str]) -> Callable[[Any], int]:
    def number(given: Any) -> int:
        """The number of a generator that is given by number or name."""
        if isinstance(given, str) and given.strip().isdecimal():
            given = int(given)
        if isinstance(given, str) and given in names:
            return names.index(given) + 1
        if isinstance(given, str):
            # What was given is not quoted: it may have come out of a variable.
            message = f"there is no such generator{hint(given, names)}"
        elif isinstance(given, bool) or not isinstance(given, int):
            message = f"must be a generator by name or number, such as {names[0]}, or a template"
        elif 1 <= given <= len(names):
            return given
        else:
            message = f"there is no generator {given}; they are 1 to {len(names)}, or by name"
        raise ValueError(message)

    return number


def _schema(names: Sequence[str]) -> WithJsonSchema:
    number = {"type": "integer", "minimum": 1, "maximum": len(names)}
    return WithJsonSchema({"anyOf": [{"enum": list(names)}, number]})


def _which(given: Any) -> str:
    return "[template]" if isinstance(given, dict | Spec) else "[known]"


Initials = Annotated[int, PlainValidator(_known(INITIALS)), _schema(INITIALS)]

Mail = Annotated[
    Annotated[LocalPartSpec, Tag("[template]")]
    | Annotated[int, PlainValidator(_known(MAIL)), _schema(MAIL), Tag("[known]")],
    Discriminator(_which),
]
Upn = Annotated[
    Annotated[LocalPartSpec, Tag("[template]")]
    | Annotated[int, PlainValidator(_known(UPN)), _schema(UPN), Tag("[known]")],
    Discriminator(_which),
]
Login = Annotated[
    Annotated[LocalPartSpec, Tag("[template]")]
    | Annotated[int, PlainValidator(_known(LOGIN)), _schema(LOGIN), Tag("[known]")],
    Discriminator(_which),
]
Display = Annotated[
    Annotated[FormSpec, Tag("[template]")]
    | Annotated[int, PlainValidator(_known(DISPLAY)), _schema(DISPLAY), Tag("[known]")],
    Discriminator(_which),
]
Surname = Annotated[
    Annotated[FormSpec, Tag("[template]")]
    | Annotated[int, PlainValidator(_known(SURNAME)), _schema(SURNAME), Tag("[known]")],
    Discriminator(_which),
]
CommonNames = Annotated[
    Annotated[CommonNameSpec, Tag("[template]")]
    | Annotated[int, PlainValidator(_known(DISPLAY)), _schema(DISPLAY), Tag("[known]")],
    Discriminator(_which),
]


class NamesSpec(Spec):
    """Which generators make names: by name or number as in the README, or templates of your own."""

    mail: Mail = MAIL_GENERATOR
    """Generator of mail addresses, and of user principal names unless `upn` says otherwise."""
    upn: Upn | None = None
    """Generator of user principal names where they differ from the mail address."""
    login: Login = LOGIN_GENERATOR
    """Generator of short login names (sAMAccountName)."""
    display: Display = DISPLAY_GENERATOR
    """Form of display names."""
    surname: Surname = SURNAME_GENERATOR
    """Form of surnames."""
    common_name: CommonNames = COMMON_NAME_GENERATOR
    """Form of common names, and of the number behind one that is taken."""
    initials: Initials = INITIALS_GENERATOR
    """Form of initials: `dotted` J.H.C., `plain` JHC."""
    domain: str | None = None
    """Domain of the addresses that are made, such as `example.org`."""
    rename: bool = False
    """Whether a person whose name changes in HR gets new names; left out, names are given once and
    kept. The old address stays, as an alias."""
    reuse_after_days: Annotated[int, Field(ge=1, le=MAX_DAYS), NO_BOOLEAN] | None = None
    """Days after which a name of somebody without any account may be given to another person; left
    out, never."""

    @field_validator("domain")
    @classmethod
    def _is_domain(cls, domain: str | None) -> str | None:
        if domain is not None and not _DOMAIN.fullmatch(domain.lower()):
            message = "must be a domain such as example.org, without @"
            raise ValueError(message)
        return domain and domain.lower()
