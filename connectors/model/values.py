"""Values of a field: known, cleared on purpose, or known only after another write.

"No value known" has no representation here: such a field is simply absent. That is how a missing
directory account can never wipe a field in HR (`CLEAR` has to be said).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final


@final
class Clear:
    """The wish to empty a field. There is one instance: `CLEAR`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Print as the name that code uses."""
        return "CLEAR"

    def __reduce__(self) -> str:
        """Stay a singleton through pickle, so that `is CLEAR` holds on every task runner."""
        return "CLEAR"


CLEAR: Final = Clear()


@final
@dataclass(frozen=True, slots=True)
class Pending:
    """A value that only a target can give: "known after apply".

    Attributes:
        target: Name of the target that produces the value, as in the profile.
        attribute: The attribute of that target's account.
    """

    target: str
    attribute: str

    def __str__(self) -> str:
        """Read as a person would say it in a preview."""
        return f"(known after {self.target} wrote {self.attribute})"


Scalar = str | int | float | bool
Value = Scalar | tuple[str, ...] | Clear | Pending
Attributes = Mapping[str, Value]


def encode_value(value: Value) -> Any:
    """Turn a value into JSON: scalars as they are, tuples as lists, the rest as tagged objects."""
    if isinstance(value, Clear):
        return {"$clear": True}
    if isinstance(value, Pending):
        return {"$pending": [value.target, value.attribute]}
    if isinstance(value, tuple):
        return list(value)
    return value


def decode_value(value: Any) -> Value:
    """Undo `encode_value`.

    Raises:
        ValueError: The JSON is not one that `encode_value` writes.
    """
    match value:
        case {"$clear": True}:
            return CLEAR
        case {"$pending": [str(target), str(attribute)]}:
            return Pending(target, attribute)
        case list():
            return tuple(str(item) for item in value)
        case str() | int() | float() | bool():
            return value
        case _:
            message = f"not a value: {value!r}"
            raise ValueError(message)


def is_empty(value: object) -> bool:
    """Whether a value read from a target means "nothing there": None, NaN, "" or an empty list."""
    return value is None or value in ("", ()) or value != value  # noqa: PLR0124 - NaN


def as_text(value: object) -> str:
    """A fact as it stands in a text: whole numbers without a point, flags as true and false."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
