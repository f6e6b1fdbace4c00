"""The doors of `/v1.0`: method and path, what opens them, and what lies behind."""

from collections.abc import Callable
from dataclasses import dataclass

from connectors.entra_id.sandbox import rights
from connectors.entra_id.sandbox.delta import Deltas
from connectors.entra_id.sandbox.directory import DirectoryDoors
from connectors.entra_id.sandbox.groups import Groups
from connectors.entra_id.sandbox.request import Response
from connectors.entra_id.sandbox.tokens import Tokens
from connectors.entra_id.sandbox.users import Users


@dataclass(frozen=True, slots=True)
class Door:
    """One door.

    Attributes:
        method: HTTP method.
        pattern: Segments of the path; `*` for any.
        needed: Application permissions, any of which opens it.
        open: Takes the request and what stands for each `*`.
    """

    method: str
    pattern: tuple[str, ...]
    needed: tuple[str, ...]
    open: Callable[..., Response]

    def fits(self, route: tuple[str, ...]) -> bool:
        """Whether the path leads here."""
        return len(self.pattern) == len(route) and all(
            known in ("*", given) for known, given in zip(self.pattern, route, strict=True)
        )

    def places(self, route: tuple[str, ...]) -> list[str]:
        """What stands for each `*`."""
        return [given for known, given in zip(self.pattern, route, strict=True) if known == "*"]


def doors(
    users: Users, groups: Groups, directory: DirectoryDoors, deltas: Deltas, tokens: Tokens
) -> list[Door]:
    """Every door; the first that fits counts."""
    lines: tuple[tuple[str, tuple[str, ...], Callable[..., Response]], ...] = (
        ("GET /users", rights.READ_USERS, users.list),
        ("POST /users", rights.WRITE_USERS, users.create),
        ("GET /users/delta", rights.READ_USERS, lambda r: deltas.answer(r, "user")),
        ("GET /users/*", rights.READ_USERS, users.read),
        ("PATCH /users/*", rights.WRITE_USERS, users.update),
        ("DELETE /users/*", rights.DELETE_USERS, lambda _, key: users.delete(key)),
        ("GET /users/*/manager", rights.READ_USERS, users.manager),
        ("PUT /users/*/manager/$ref", rights.WRITE_USERS, users.set_manager),
        (
            "DELETE /users/*/manager/$ref",
            rights.WRITE_USERS,
            lambda _, key: users.clear_manager(key),
        ),
        ("GET /users/*/memberOf", rights.READ_GROUPS, users.member_of),
        (
            "POST /users/*/revokeSignInSessions",
            rights.REVOKE_SESSIONS,
            lambda _, key: users.revoke_sessions(key),
        ),
        ("POST /users/*/assignLicense", rights.WRITE_LICENCES, directory.assign),
        ("GET /groups", rights.READ_GROUPS, lambda r: users.list(r, kind="group")),
        ("POST /groups", rights.WRITE_GROUPS, groups.create),
        ("GET /groups/delta", rights.READ_GROUPS, lambda r: deltas.answer(r, "group")),
        (
            "GET /groups/*",
            rights.READ_GROUPS,
            lambda r, key: users.read(r, key, kind="group"),
        ),
        ("PATCH /groups/*", rights.WRITE_MEMBERS, groups.update),
        ("DELETE /groups/*", rights.WRITE_GROUPS, lambda _, key: groups.delete(key)),
        ("GET /groups/*/members", rights.READ_GROUPS, groups.members),
        (
            "GET /groups/*/members/user",
            rights.READ_GROUPS,
            lambda r, key: groups.members(r, key, only="user"),
        ),
        ("POST /groups/*/members/$ref", rights.WRITE_MEMBERS, groups.add_member),
        (
            "DELETE /groups/*/members/*/$ref",
            rights.WRITE_MEMBERS,
            lambda _, key, member: groups.remove_member(key, member),
        ),
        (
            "DELETE /groups/*/members/*",
            rights.WRITE_MEMBERS,
            lambda _, key, member: groups.remove_without_ref(key, member),
        ),
        ("GET /contacts", rights.READ_CONTACTS, lambda r: users.list(r, kind="orgContact")),
        (
            "GET /directory/deletedItems/user",
            rights.READ_USERS,
            lambda r: directory.deleted(r, "user"),
        ),
        (
            "GET /directory/deletedItems/group",
            rights.READ_GROUPS,
            lambda r: directory.deleted(r, "group"),
        ),
        ("POST /directory/deletedItems/*/restore", rights.DELETE_USERS, directory.restore),
        (
            "DELETE /directory/deletedItems/*",
            rights.DELETE_USERS,
            lambda _, key: directory.purge(key),
        ),
        ("GET /directoryRoles", rights.READ_ROLES, lambda _: directory.roles()),
        ("GET /directoryRoles/*/members", rights.READ_ROLES, directory.role_members),
        (
            "GET /roleManagement/directory/roleAssignments",
            rights.READ_ROLES,
            lambda _: directory.role_assignments(),
        ),
        ("GET /subscribedSkus", rights.READ_SKUS, lambda _: directory.skus()),
        ("GET /organization", rights.READ_ORGANIZATION, lambda _: directory.organization()),
        (
            "GET /servicePrincipals",
            rights.READ_APPLICATIONS,
            lambda r: directory.service_principals(r, tokens.apps),
        ),
        (
            "GET /servicePrincipals/*/appRoleAssignments",
            rights.READ_APPLICATIONS,
            lambda _, key: directory.app_role_assignments(key, tokens.apps),
        ),
    )
    return [
        Door(line.split()[0], tuple(line.split()[1].strip("/").split("/")), needed, door)
        for line, needed, door in lines
    ]
