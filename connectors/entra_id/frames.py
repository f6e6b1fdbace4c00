"""From what was read to `Accounts`."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import pandas as pd

from connectors.entra_id.attributes import CORRELATION, MANAGER, attribute
from connectors.entra_id.content import Content, Object, is_named, reason_not_to_grant
from connectors.entra_id.manifest import shapes
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.accounts import GROUP, PERMISSION, Accounts
from connectors.model.manifest import ADDRESS

SMTP: Final = "smtp:"
LICENCE: Final = "licence:"
"""Stands before the skuId of a licence, whose id looks like that of a group."""
SYNCED: Final = "it comes from Active Directory: change it there"
ADMINISTRATOR: Final = "it has a directory role"
NAMED: Final = "the settings protect it"


def accounts_of(
    content: Content, settings: EntraIdSettings, *, target: str, taken_at: datetime
) -> Accounts:
    """Accounts, groups, licences and taken names.

    Args:
        content: What was read.
        settings: Which groups are named, who is protected.
        target: Name of the target.
        taken_at: When reading began, UTC.
    """
    index = pd.Index(list(content.users), dtype="str", name="ref")
    reasons = {key: _reason(user, content, settings) for key, user in content.users.items()}
    records = [
        {
            "person": user.get(CORRELATION) or None,
            "enabled": user.get("accountEnabled"),
            "label": user.get("userPrincipalName"),
            "protected": reasons[key] is not None,
            "keep": reasons[key],
        }
        for key, user in content.users.items()
    ]
    grants = [*_memberships(content), *_licences_held(content)]
    return Accounts(
        target=target,
        accounts=pd.DataFrame(records, index=index),
        attributes=_attributes(content, settings, index),
        taken_at=taken_at,
        grants=pd.DataFrame(grants, columns=["ref", "permission"]),
        permissions=permissions_of(content.groups.values(), content.skus, settings),
        taken=pd.DataFrame(
            sorted(set(_taken(content, settings))), columns=["space", "value", "ref"]
        ),
    )


def permissions_of(
    groups: Iterable[Object], skus: Iterable[Object], settings: EntraIdSettings
) -> pd.DataFrame:
    """Groups that the settings name, and licences: as in `Accounts.permissions`."""
    rows = [
        (str(group["id"]), str(group.get("displayName")), reason_not_to_grant(group) is None, GROUP)
        for group in groups
        if is_named(group, settings)
    ]
    rows += [
        (f"{LICENCE}{sku['skuId']}", str(sku.get("skuPartNumber")), _is_for_users(sku), PERMISSION)
        for sku in skus
    ]
    return pd.DataFrame(
        [row[1:] for row in rows],
        index=pd.Index([row[0] for row in rows], dtype="str", name="permission"),
        columns=["name", "grantable", "kind"],
    ).astype({"name": "str", "grantable": bool, "kind": "str"})


def _is_for_users(sku: Object) -> bool:
    return sku.get("capabilityStatus") in {"Enabled", "Warning"} and sku.get("appliesTo") == "User"


def _reason(user: Object, content: Content, settings: EntraIdSettings) -> str | None:
    """Why an account is left alone, None where nothing speaks against changing it."""
    named = {one.casefold() for one in settings.protected}
    if named & {str(user["id"]), str(user.get("userPrincipalName") or "").casefold()}:
        return NAMED
    if user.get("onPremisesSyncEnabled"):
        return SYNCED
    if user["id"] in content.administrators:
        return ADMINISTRATOR
    return None


def _attributes(
    content: Content, settings: EntraIdSettings, index: "pd.Index[Any]"
) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {
        name: [_manager(user, content) for user in content.users.values()]
        if name == MANAGER
        else [attribute(user, name) for user in content.users.values()]
        for name in shapes(settings)
    }
    frame = {name: pd.Series(values, index=index, dtype=object) for name, values in columns.items()}
    return pd.DataFrame(frame, index=index)


def _manager(user: Object, content: Content) -> str | None:
    """The HR id of the manager; of one without such a number the id of the account."""
    key = user.get(MANAGER)
    if key is None or key not in content.users:
        return None
    return content.users[key].get(CORRELATION) or str(key)


def _memberships(content: Content) -> Iterator[tuple[str, str]]:
    for group, members in content.members.items():
        for member in members:
            if member in content.users:
                yield member, group


def _licences_held(content: Content) -> Iterator[tuple[str, str]]:
    """Licences that accounts have by themselves; those from a group are the group's."""
    bought = {sku["skuId"] for sku in content.skus}
    for key, user in content.users.items():
        for sku in direct_licences(user):
            if sku in bought:
                yield key, f"{LICENCE}{sku}"


def direct_licences(user: Object) -> list[str]:
    """Ids of the licences that were given to an account itself."""
    states = user.get("licenseAssignmentStates") or []
    inherited = {one.get("skuId") for one in states if one.get("assignedByGroup")}
    direct = {one.get("skuId") for one in states if not one.get("assignedByGroup")}
    held = {str(one.get("skuId")) for one in user.get("assignedLicenses") or []}
    return sorted(sku for sku in held if sku in direct or sku not in inherited)


def _taken(content: Content, settings: EntraIdSettings) -> Iterator[tuple[str, str, str]]:
    """Every address in use, by whomever: users, groups, contacts, and what was deleted."""
    there = (*content.users.values(), *content.groups.values(), *content.contacts)
    for one in there:
        yield from _addresses(one)
    for one in content.deleted:
        if not (settings.restore_deleted and one.get(CORRELATION)):
            yield from _addresses(one)


def _addresses(one: Object) -> Iterator[tuple[str, str, str]]:
    key = str(one["id"])
    # In the recycle bin the id may stand before a sign-in name, without its hyphens.
    principal = str(one.get("userPrincipalName") or "").removeprefix(key.replace("-", ""))
    proxies = [
        str(proxy)[len(SMTP) :]
        for proxy in one.get("proxyAddresses") or []
        if str(proxy).casefold().startswith(SMTP)
    ]
    for address in (principal, one.get("mail"), *proxies):
        if address:
            yield ADDRESS, str(address).casefold(), key
