"""Accounts as Google sees them: state, who must not be touched, which addresses they hold."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.google_workspace.settings import GoogleWorkspaceSettings

User = Mapping[str, Any]

STATE: Final = (
    "id",
    "primaryEmail",
    "aliases",
    "nonEditableAliases",
    "suspended",
    "archived",
    "orgUnitPath",
    "isAdmin",
    "isDelegatedAdmin",
    "lastLoginTime",
    "customerId",
    "name",
    "recoveryEmail",
    "recoveryPhone",
)
"""Fields of a user that are asked for beside the arrays."""
NEVER: Final = "1970"
"""The year in `lastLoginTime` of somebody who never signed in."""
MEMBER: Final = "MEMBER"
MANAGER: Final = "MANAGER"
OWNER: Final = "OWNER"


def is_enabled(user: User) -> bool:
    """Whether somebody may sign in."""
    return not user.get("suspended") and not user.get("archived")


def never_signed_in(user: User) -> bool:
    """Whether nobody has used the account yet."""
    return str(user.get("lastLoginTime") or NEVER).startswith(NEVER)


def addresses_of(resource: Mapping[str, Any]) -> Iterator[str]:
    """Every address of a user or a group, those that cannot be edited included."""
    for name in ("primaryEmail", "email"):
        if resource.get(name):
            yield str(resource[name])
    for name in ("aliases", "nonEditableAliases"):
        yield from map(str, resource.get(name) or ())


class Protection:
    """Which accounts are never changed: administrators, our own, and those the settings name.

    Args:
        settings: Their `protected`, `subject` and `write_subject`.
    """

    def __init__(self, settings: GoogleWorkspaceSettings) -> None:
        """Fold the names."""
        self._named = {name.casefold() for name in settings.protected}
        subjects = (settings.subject, settings.write_subject)
        self._own = {one.casefold() for one in subjects if one}

    def reason(self, user: User) -> str | None:
        """Why an account is protected, None when it is not."""
        names = {str(user.get("id")), *(address.casefold() for address in addresses_of(user))}
        if names & self._named:
            return "the settings protect it"
        if names & self._own:
            return "this connector acts for it"
        if user.get("isAdmin") or user.get("isDelegatedAdmin"):
            return "it is an administrator"
        return None


def permission_id(group: str, role: str = MEMBER) -> str:
    """Native id of a membership: that of the group, with the role behind it if it has one."""
    return group if role == MEMBER else f"{group}:{role}"


def group_and_role(permission: str) -> tuple[str, str]:
    """Undo `permission_id`."""
    group, _, role = permission.partition(":")
    return group, role or MEMBER


LICENCE: Final = "licence:"


def licence_id(sku: str) -> str:
    """Native id of a licence: `licence:PRODUCT/SKU`."""
    return f"{LICENCE}{sku}"
