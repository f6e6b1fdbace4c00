"""What a change wants, as a directory takes it; and what no change may want."""

from collections.abc import Callable, Mapping
from typing import Final

from connectors.active_directory.accounts import SMTP
from connectors.active_directory.manifest import NEVER_MAPPED
from connectors.model.errors import Invalid, Transient
from connectors.model.values import Clear, Pending, Value

PRIMARY: Final = "SMTP:"
_NEVER_WRITTEN: Final = frozenset(map(str.lower, (*NEVER_MAPPED, "distinguishedName")))


def surely(write: Callable[[], None], happened: Callable[[], bool]) -> None:
    """Write; when no answer came, look whether it happened and, if not, try once more.

    Raises:
        Transient: Still no answer. Nobody knows whether it happened.
        ConnectorError: The write was refused.
    """
    try:
        write()
    except Transient:
        if not happened():
            write()


def check_writable(values: Mapping[str, tuple[str, ...]], system: str) -> None:
    """Raise `Invalid` for attributes that no field may write, and unless one address is primary."""
    for name, several in values.items():
        if name.lower() in _NEVER_WRITTEN:
            message = f"the field {name} cannot be mapped: it follows from something else"
            raise Invalid(message, system=system)
        addresses = [value for value in several if value.casefold().startswith(SMTP)]
        if name != "proxyAddresses" or not addresses:
            continue
        primary = sum(address.startswith(PRIMARY) for address in addresses)
        if primary != 1:
            how_many = "no" if not primary else "more than one"
            message = f"proxyAddresses has {how_many} primary address (SMTP: in capitals)"
            raise Invalid(message, system=system)


def values_of(value: Value) -> tuple[str, ...]:
    """A value as a directory takes it; nothing for `CLEAR`.

    Raises:
        Invalid: The value is not known yet.
    """
    match value:
        case Clear():
            return ()
        case Pending():
            message = f"a value is missing {value}"
            raise Invalid(message)
        case tuple():
            return value
        case bool():
            return ("TRUE" if value else "FALSE",)
        case _:
            return (str(value),)


def text_of(value: Value | None) -> str | None:
    """A text that says something, None for anything else."""
    return value if isinstance(value, str) and value else None
