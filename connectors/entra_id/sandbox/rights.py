"""Which application permissions open which door; any of them is enough.

Source: Microsoft Graph v1.0, "Permissions" of each page named, and the permissions reference; the
first of each set is the least privileged one.
"""

from typing import Final

READ_USERS: Final = (
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READ_GROUPS: Final = (
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READ_CONTACTS: Final = ("OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ_ROLES: Final = (
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READ_SKUS: Final = (
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READ_ORGANIZATION: Final = (
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READ_APPLICATIONS: Final = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
WRITE_USERS: Final = ("User.ReadWrite.All", "Directory.ReadWrite.All")
DELETE_USERS: Final = ("User.DeleteRestore.All", "User.ReadWrite.All")
WRITE_PASSWORDS: Final = ("User-PasswordProfile.ReadWrite.All",)
WRITE_GROUPS: Final = ("Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_MEMBERS: Final = (
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
)
WRITE_LICENCES: Final = (
    "LicenseAssignment.ReadWrite.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
)
REVOKE_SESSIONS: Final = (
    "User.RevokeSessions.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
)

ALL: Final = frozenset(
    role
    for name, roles in list(globals().items())
    if name.isupper() and isinstance(roles, tuple)
    for role in roles
)
"""Every permission that is known here."""

GRANTED: Final = (
    "User.ReadWrite.All",
    "User-PasswordProfile.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "RoleManagement.Read.Directory",
)
"""What the app of the sandbox has: enough to read and to write, and nothing else."""
