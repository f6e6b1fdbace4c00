"""Which application permissions the settings ask for, and what to say about those that are there.

Source: Microsoft Graph permissions reference, and "Permissions" of each page; the first permission
of a need is the least privileged one, `broader` ones open the same door and several others.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.entra_id.settings import EntraIdSettings

DIRECTORY: Final = ("Directory.Read.All", "Directory.ReadWrite.All")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that has to be allowed.

    Attributes:
        to: What for.
        least: The permission to grant.
        also: Permissions that allow it too, and are fitting where something else needs them.
        broader: Permissions that allow it too, and far more than that.
    """

    to: str
    least: str
    also: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()

    def met_by(self, roles: Collection[str]) -> str | None:
        """The narrowest permission among `roles` that meets it."""
        known = (self.least, *self.also, *self.broader)
        return next((role for role in known if role in roles), None)


_READ_USERS: Final = Need(
    to="read users and the recycle bin",
    least="User.Read.All",
    also=("User.ReadWrite.All",),
    broader=DIRECTORY,
)
_READ_GROUPS: Final = Need(
    to="read groups and who is in them",
    least="GroupMember.Read.All",
    also=("GroupMember.ReadWrite.All",),
    broader=("Group.Read.All", "Group.ReadWrite.All", *DIRECTORY),
)
_READ_DOMAINS: Final = Need(
    to="read the verified domains",
    least="Organization.Read.All",
    broader=("Organization.ReadWrite.All", *DIRECTORY),
)
_READ_LICENCES: Final = Need(
    to="read licences",
    least="LicenseAssignment.Read.All",
    also=("LicenseAssignment.ReadWrite.All", "Organization.Read.All"),
    broader=DIRECTORY,
)
_READ_CONTACTS: Final = Need(
    to="read the addresses of contacts", least="OrgContact.Read.All", broader=DIRECTORY
)
_READ_ROLES: Final = Need(
    to="read who is an administrator",
    least="RoleManagement.Read.Directory",
    broader=("RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *DIRECTORY),
)
READ_APPS: Final = Need(
    to="look at the rights of another app that writes",
    least="Application.Read.All",
    broader=DIRECTORY,
)
"""Not needed: without it the check says less."""
_WRITE_USERS: Final = Need(
    to="create, change, disable and delete users",
    least="User.ReadWrite.All",
    broader=("Directory.ReadWrite.All",),
)
_WRITE_PASSWORDS: Final = Need(
    to="set the password of an account that is taken over or restored",
    least="User-PasswordProfile.ReadWrite.All",
)
_WRITE_MEMBERS: Final = Need(
    to="change who is in a group",
    least="GroupMember.ReadWrite.All",
    broader=("Group.ReadWrite.All", "Directory.ReadWrite.All"),
)
_WRITE_LICENCES: Final = Need(
    to="give and take licences",
    least="LicenseAssignment.ReadWrite.All",
    also=("User.ReadWrite.All",),
    broader=("Directory.ReadWrite.All",),
)


def needs_to_read(settings: EntraIdSettings | None) -> Iterator[Need]:
    """What reading takes; None for all that settings could ask for."""
    yield _READ_USERS
    yield _READ_GROUPS
    yield _READ_DOMAINS
    if settings is None or settings.licences:
        yield _READ_LICENCES
    if settings is None or settings.contacts:
        yield _READ_CONTACTS
    if settings is None or settings.protect_administrators:
        yield _READ_ROLES


def needs_to_write(settings: EntraIdSettings | None) -> Iterator[Need]:
    """What writing takes, reading back included."""
    yield _WRITE_USERS
    yield _WRITE_PASSWORDS
    yield _WRITE_MEMBERS
    if settings is None or settings.licences:
        yield _WRITE_LICENCES


def vital(settings: EntraIdSettings) -> Iterator[Need]:
    """What nothing can be written without: a writer that lacks one of these is of no use."""
    return (need for need in needs_to_write(settings) if need is not _WRITE_PASSWORDS)


def needed_to_read(settings: EntraIdSettings | None) -> tuple[str, ...]:
    """The permissions to grant for reading."""
    return tuple(need.least for need in needs_to_read(settings))


def needed_to_write(settings: EntraIdSettings | None) -> tuple[str, ...]:
    """The permissions to grant for writing."""
    return tuple(need.least for need in needs_to_write(settings))


def missing(roles: Collection[str], needs: Collection[Need]) -> list[str]:
    """What is not allowed: the permission to grant, and what for."""
    return [f"{need.least} (to {need.to})" for need in needs if need.met_by(roles) is None]


def excessive(roles: Collection[str], needs: Collection[Need]) -> list[str]:
    """What is allowed beyond need: permissions that nothing uses, and those that are too broad."""
    used = {role for need in needs for role in (need.least, *need.also) if role in roles}
    broad = {
        role: need.least
        for need in needs
        if not used.intersection((need.least, *need.also))
        for role in [need.met_by(roles)]
        if role is not None
    }
    unused = sorted(set(roles) - used - broad.keys())
    return unused + [f"{role} (instead of {least})" for role, least in sorted(broad.items())]
