"""OAuth scopes: what reading and writing need, and what neither does.

In the admin console a scope is delegated to the client id of the service account word for word: the
one that may write does not stand for the one that may read.

Source: Directory API, "Choose scopes"; Enterprise License Manager API, which knows one scope only.
"""

from typing import Final

from connectors.google_workspace.settings import GoogleWorkspaceSettings

AUTH: Final = "https://www.googleapis.com/auth/"
LICENSING: Final = f"{AUTH}apps.licensing"
_READ: Final = {
    f"{AUTH}admin.directory.user.readonly": "users and their aliases",
    f"{AUTH}admin.directory.group.readonly": "groups and their members",
    f"{AUTH}admin.directory.orgunit.readonly": "organisational units, for check",
    f"{AUTH}admin.directory.domain.readonly": "domains, for check",
}
_WRITE: Final = {
    f"{AUTH}admin.directory.user": "users and their aliases",
    f"{AUTH}admin.directory.group.member": "members of groups and their roles",
}
TOO_MANY: Final = tuple(
    f"{AUTH}admin.directory.{name}"
    for name in (
        "group",
        "orgunit",
        "domain",
        "customer",
        "rolemanagement",
        "user.security",
        "userschema",
        "device.mobile",
        "device.chromeos",
    )
)
"""Scopes of administration that this connector never uses; `check` says where they are granted."""


def read_scopes(settings: GoogleWorkspaceSettings) -> dict[str, str]:
    """Scope -> what it is for, for reading."""
    return {**_READ, **_licensing(settings)}


def write_scopes(settings: GoogleWorkspaceSettings) -> dict[str, str]:
    """Scope -> what it is for, for writing."""
    return {**_WRITE, **_licensing(settings)}


def _licensing(settings: GoogleWorkspaceSettings) -> dict[str, str]:
    return {LICENSING: "licences"} if settings.licences else {}


def short(scope: str) -> str:
    """A scope without what all of them begin with."""
    return scope.removeprefix(AUTH)
