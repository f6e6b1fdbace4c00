"""What all models of profile and rules share."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema


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


Whole = Annotated[int, BeforeValidator(_no_boolean)]
"""A whole number; also as text, as `${NAME}` gives it."""

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
