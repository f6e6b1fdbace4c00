"""Field mapping: where the value of one attribute comes from."""

import re
from collections import Counter
from string import Formatter
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from config.spec import Spec, Text

Action = Literal["create", "correlate", "update", "delete"]
Scalar = str | int | float | bool

ORIGINS: Final = ("value", "from", "template", "call")
_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:\.[\w-]+)+")
_FUNCTION: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _check_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        message = "must be a path such as person.nick_name or accounts.active_directory.mail"
        raise ValueError(message)
    return path


class FieldSpec(Spec):
    """Where one attribute gets its value from: exactly one of value, from, template and call."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [origin]} for origin in ORIGINS]}
    )

    value: Any = Field(
        default=None,
        json_schema_extra={
            "anyOf": [
                {"type": ["string", "number", "boolean", "null"]},
                {"type": "array", "items": {"type": "string"}},
            ]
        },
    )
    """The same value for everybody; an empty text clears the attribute."""
    path: str | None = Field(default=None, alias="from")
    """Path of the value, such as `person.nick_name` or `accounts.active_directory.mail`."""
    template: Text | None = None
    """Text with paths in braces, such as `{person.nick_name} ({contract.title?})`; without a value
    for a path there is none for the attribute either, unless a `?` follows the path."""
    call: str | None = None
    """A Python function of what is known of the person, such as `site_names:badge_number`."""
    on: tuple[Action, ...] = Field(default=("create", "update"), min_length=1)
    """Actions that write the attribute. `correlate` is the run in which an existing account is
    taken over, and includes what `update` writes; `delete` is for records that a delete clears."""
    unique: bool = False
    """Whether nobody else may have the value of a new account; left out, the connector knows."""
    compare: Literal["exact", "ignore_case", "dn", "set"] | None = None
    """When two values count as equal; left out, the connector knows."""
    store: bool = True
    """Whether targets that depend on this one may read the value as `accounts.TARGET.ATTRIBUTE`;
    they always may, so there is no need to say it."""
    notify: bool = False
    """Whether somebody is told when the value changes; not available yet."""
    when_empty: Literal["keep", "clear"] = "keep"
    """What a field that HR leaves empty does: keep what the target holds, or clear it. A field that
    is empty for everybody was not read, and clears nothing."""
    when_deleted: Literal["clear", "keep"] = "clear"
    """What a delete does that clears a record instead of removing it: empty the attribute, or leave
    it. For another value there is a mapping with `on: [delete]`."""

    @model_validator(mode="before")
    @classmethod
    def _one_origin(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise ValueError(_long_form(given))  # noqa: TRY004 - pydantic turns it into a problem
        if not isinstance(given, dict):
            return given
        origins = [name for name in ORIGINS if name in given]
        if len(origins) != 1:
            said = f"not {' and '.join(origins)}" if origins else "and none of them is there"
            message = f"takes exactly one of {', '.join(ORIGINS)}, {said}"
            raise ValueError(message)
        return given

    @field_validator("value")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        if value is None or isinstance(value, Scalar | tuple):
            return value
        message = "must be text, a number, true, false or a list of texts"
        raise ValueError(message)

    @field_validator("path")
    @classmethod
    def _is_path(cls, path: str | None) -> str | None:
        return path if path is None else _check_path(path)

    @field_validator("template")
    @classmethod
    def _is_template(cls, template: str | None) -> str | None:
        if template is None:
            return None
        try:
            parts = [part for part in Formatter().parse(template) if part[1] is not None]
        except ValueError:
            message = "a brace is not closed, or closes nothing; write {{ or }} for a brace as text"
            raise ValueError(message) from None
        for _, path, form, conversion in parts:
            if form or conversion:
                message = "a path stands alone in its braces: nothing behind a ':' or '!'"
                raise ValueError(message)
            _check_path(str(path).removesuffix("?"))
        if not parts:
            message = "names no path in braces; use value for a text that is the same for everybody"
            raise ValueError(message)
        return template

    @field_validator("call")
    @classmethod
    def _is_function(cls, function: str | None) -> str | None:
        if function is not None and not _FUNCTION.fullmatch(function):
            message = "must be a function such as site_names:badge_number"
            raise ValueError(message)
        return function

    @field_validator("on")
    @classmethod
    def _once(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(actions))

    @field_validator("store")
    @classmethod
    def _always_stored(cls, store: bool) -> bool:  # noqa: FBT001 - pydantic hands over the value
        if not store:
            message = "targets that depend on this one can always read the value; leave it out"
            raise ValueError(message)
        return store

    @field_validator("notify")
    @classmethod
    def _nobody_told(cls, notify: bool) -> bool:  # noqa: FBT001 - as above
        if notify:
            message = "is not available yet; leave it out"
            raise ValueError(message)
        return notify

    @property
    def origin(self) -> tuple[Literal["value", "from", "template", "call"], Any]:
        """Which of the four it is, and what it says."""
        if self.path is not None:
            return "from", self.path
        if self.template is not None:
            return "template", self.template
        if self.call is not None:
            return "call", self.call
        return "value", self.value


def _disjoint(specs: tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    twice = [
        action
        for action, times in Counter(a for spec in specs for a in spec.on).items()
        if times > 1
    ]
    if twice:
        message = f"several mappings for {', '.join(twice)}: name different actions with `on`"
        raise ValueError(message)
    return specs


def _how_many(given: Any) -> str:
    return "[several]" if isinstance(given, list | tuple) else "[one]"


FieldSpecs = Annotated[
    Annotated[FieldSpec, Tag("[one]")]
    | Annotated[
        tuple[FieldSpec, ...], Field(min_length=1), AfterValidator(_disjoint), Tag("[several]")
    ],
    Discriminator(_how_many),
]
"""The mapping of an attribute, or one for each of several actions."""


def specs_of(given: FieldSpec | tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    """The mappings of an attribute, however many there are."""
    return given if isinstance(given, tuple) else (given,)


def _long_form(given: str) -> str:
    if "{" in given:
        return "say what the text is: {template: …} for text with paths in braces"
    if _PATH.fullmatch(given):
        return "say what the text is: {from: …} for a path, {value: …} for the text itself"
    return "say what the text is: {value: …} for the text itself, {from: …} for a path"
