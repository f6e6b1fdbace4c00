"""Managers: named in HR by their HR id, in the directory by the name of their account."""

from collections.abc import Mapping

from connectors.active_directory.directory import Entry
from connectors.active_directory.lookup import Lookup
from connectors.active_directory.manifest import MANAGER_ID
from connectors.active_directory.names import dn_key, guid_dn
from connectors.model.values import CLEAR, Value, is_empty


def with_manager(
    values: Mapping[str, Value], lookup: Lookup, *, account: Entry | None = None
) -> tuple[dict[str, Value], str | None]:
    """Values with the manager's account in place of their HR id.

    A manager who has no account yet is left out, and said: the next plan finds that it differs.

    Args:
        values: What a change wants.
        lookup: Finds accounts.
        account: Who gets them, read with `manager`; None for somebody new.

    Returns:
        The values, and what is to be said of them.

    Raises:
        Conflict: Several accounts have that HR id.
    """
    wanted = dict(values)
    if MANAGER_ID not in wanted:
        return wanted, None
    person = wanted.pop(MANAGER_ID)
    if person is CLEAR:
        wanted["manager"] = CLEAR
        return wanted, None
    if not isinstance(person, str) or is_empty(person):
        return wanted, None
    manager = lookup.manager_of(person)
    if manager is None:
        return wanted, f"the manager {person} has no account yet"
    held = account.text("manager") if account is not None else None
    if held is None or dn_key(held) != dn_key(manager.dn):
        wanted["manager"] = guid_dn(manager.guid)  # its name may change meanwhile
    return wanted, None
