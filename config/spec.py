"""What all models of profile and rules share."""

import re
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)


class Spec(BaseModel):
    """One group of keys: no others allowed, never changed, and no value shown in an error.

    The text under an attribute is its description: in messages, and in the schema that editors use.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )


def _no_boolean(value: Any) -> Any:
    """Refuse true and false, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        message = f"must be a whole number, not {str(value).lower()}"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns a ValueError into a problem
    return value


NO_BOOLEAN: Final = BeforeValidator(_no_boolean)
"""Behind the bounds of a whole number: before them, pydantic would leave them out of the schema."""

Whole = Annotated[int, NO_BOOLEAN]
"""A whole number; also as text, as `${NAME}` gives it."""


def spelled(pattern: re.Pattern[str]) -> dict[str, Any]:
    """The schema of text that matches as a whole, or comes from the environment."""
    return {"pattern": rf"^(?:{pattern.pattern})$|\$\{{[A-Za-z_]"}


def keys_spelled(pattern: re.Pattern[str]) -> dict[str, Any]:
    """The schema of a group whose keys match as a whole."""
    return {"propertyNames": {"pattern": f"^(?:{pattern.pattern})$"}}


MAX_DAYS: Final = 36_500
"""No number of days is larger: a hundred years, and a calendar can still hold the sum."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""Text with something in it."""


def _as_text(value: Any) -> Any:
    """An id is text, also where it is all digits and nobody put quotes around it."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Key = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}),
]
"""An id of a person or an account."""

_BLOCK: Final = re.compile(r"(?:([a-z][a-z0-9_.]*)/)?([a-z0-9-]+)")


def _block_name(name: str) -> str:
    if not _BLOCK.fullmatch(name):
        message = (
            "the name of a block is lower-case letters, digits and -; with a connector before it"
            " where the block is that of another one of the same system: afas/NAME"
        )
        raise ValueError(message)
    return name


BlockName = Annotated[
    str, AfterValidator(_block_name), WithJsonSchema({"type": "string", **spelled(_BLOCK)})
]
"""A Prefect block with settings: its name, with another connector of the same folder before it."""


def connector_and_name(block: str) -> tuple[str | None, str]:
    """Whose block it is, where the profile says it, and its name."""
    connector, _, name = block.rpartition("/")
    return connector or None, name
