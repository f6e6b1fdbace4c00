"""What is seen of an account right before it is written, and writes that depend on it."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.active_directory.accounts import is_enabled
from connectors.active_directory.directory import Entry, Modification, Operation
from connectors.active_directory.manifest import MANAGER_ID
from connectors.active_directory.names import canonical_dn, same_dn, split_dn
from connectors.active_directory.results import CONSTRAINT, NO_SUCH_ATTRIBUTE, VALUE_EXISTS
from connectors.model.change import Change
from connectors.model.values import Value

OTHERWISE: Final = frozenset({NO_SUCH_ATTRIBUTE, VALUE_EXISTS, CONSTRAINT})
"""What a controller answers when an attribute does not hold what is to be exchanged."""
REPLACED: Final = frozenset(
    name.lower()
    for name in (
        "accountExpires", "countryCode", "description", "displayName", "homeDirectory", "homeDrive",
        "manager", "profilePath", "sAMAccountName", "scriptPath", "userAccountControl",
    )
)  # fmt: skip
"""Attributes that are replaced whatever they hold by then: those that Windows keeps in the account
database behind the directory (MS-SAMR 3.1.1.8), and a reference, whose name may change."""


def held_by(account: Entry, change: Change) -> dict[str, Value | None]:
    """What an account holds of that which a change is about, as a reading shows it."""
    held: dict[str, Value | None] = {}
    for name in change.after.keys() - {MANAGER_ID}:
        if name == "enabled":
            held[name] = is_enabled(account)
        elif name == "container":
            held[name] = _place(account, change)
        else:
            values = account.texts(name)
            held[name] = values if len(values) > 1 else values[0] if values else None
    return held


def exchanging(account: Entry, wanted: Mapping[str, tuple[str, ...]]) -> list[Modification]:
    """Modifications that give an account what is wanted, if it still holds what was read of it.

    A value is taken away by name and another one added: a controller does all of that or nothing,
    so whoever came in between is not written over.

    Source: RFC 4511, 4.6 (deleting a value that is not there fails the whole modify).
    """
    return [one for name, values in wanted.items() for one in _exchange(account, name, values)]


def _exchange(account: Entry, name: str, values: tuple[str, ...]) -> Iterator[Modification]:
    if name.lower() in REPLACED:
        yield Modification(Operation.REPLACE, name, values)
        return
    held = account.texts(name)
    if held:
        yield Modification(Operation.DELETE, name, held)
    if values:
        yield Modification(Operation.ADD, name, values)


def _place(account: Entry, change: Change) -> Value:
    """The container of an account, in the spelling of the change where that means the same."""
    parent = split_dn(account.dn)[1]
    for spelled in (change.before.get("container"), change.after["container"]):
        if isinstance(spelled, str) and same_dn(parent, spelled):
            return spelled
    return canonical_dn(parent)
