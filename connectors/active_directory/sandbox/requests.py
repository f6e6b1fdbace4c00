"""What a request says, and the refusals of one that says nothing useful."""

from collections.abc import Sequence
from typing import Final

from connectors.active_directory.names import parse_dn
from connectors.active_directory.results import CREDENTIALS
from connectors.active_directory.sandbox.edits import CLASS_VIOLATION
from connectors.active_directory.sandbox.objects import DirectoryError
from connectors.active_directory.sandbox.schema import CLASSES

INVALID_DN: Final = 34


def parts_of(dn: str) -> tuple[tuple[str, str], ...]:
    """The parts of a name, leaf first.

    Raises:
        DirectoryError: 34, it is none.
    """
    try:
        parts = parse_dn(dn)
    except ValueError as error:
        raise DirectoryError(INVALID_DN, "208F", str(error)) from error
    if not parts:
        raise DirectoryError(INVALID_DN, "208F", "a name is empty")
    return parts


def kind_of(classes: Sequence[str]) -> str:
    """The most specific of the classes of an object.

    Raises:
        DirectoryError: 65, they are no kind of object.
    """
    named = {name.casefold() for name in classes}
    for kind in (
        "computer", "user", "contact", "group", "organizationalUnit", "container", "classStore",
    ):  # fmt: skip
        if kind.casefold() in named:
            known = {name.casefold() for name in CLASSES[kind]}
            if named <= known:
                return kind
    raise DirectoryError(CLASS_VIOLATION, "2014", "UpdErr: problem 6002 (OBJ_CLASS_VIOLATION)")


def refused_bind(reason: str) -> DirectoryError:
    """A bind that is refused, with the reason of AD in `data`."""
    text = f"LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data {reason}, v4563"
    return DirectoryError(CREDENTIALS, "80090308", text)
