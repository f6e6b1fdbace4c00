"""Organisational units, domains, and the roles of administrators."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.google_workspace.sandbox.refusals import (
    Refusal,
    duplicate,
    invalid,
    not_found,
    required,
)
from connectors.google_workspace.sandbox.workspace import Workspace

ROOT_ID: Final = "id:03ph8a2z0root00"


class Units:
    """The organisational units of a workspace; the root is not in lists, and cannot be changed.

    Args:
        workspace: Where they are kept. Its lock is held by whoever calls.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Remember the workspace."""
        self._workspace = workspace

    def below(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Units below a path, the direct children unless `type` says all.

        Raises:
            Refusal: 400, 404.
        """
        kind = params.get("type", "children")
        if kind not in {"all", "children", "allIncludingParent"}:
            raise Refusal(400, "invalidParameter", f"Invalid value for type: {kind[:40]}")
        path = self._at(params.get("orgUnitPath", "/") or "/")
        above = "" if path == "/" else path
        found = [
            unit
            for at, unit in sorted(self._workspace.units.items())
            if at.startswith(f"{above}/")
            and (kind != "children" or "/" not in at[len(above) + 1 :])
        ]
        if kind == "allIncludingParent":
            found.insert(0, self.get(path))
        shown: dict[str, Any] = {"kind": "admin#directory#orgUnits", "etag": f'"{len(found)}"'}
        return {**shown, "organizationUnits": found} if found else shown

    def get(self, path: str) -> dict[str, Any]:
        """One unit, by path or id.

        Raises:
            Refusal: 404.
        """
        at = self._at(path)
        if at == "/":
            return {
                "kind": "admin#directory#orgUnit",
                "etag": '"root"',
                "name": self._workspace.domains[0],
                "orgUnitPath": "/",
                "orgUnitId": ROOT_ID,
            }
        return self._workspace.units[at]

    def insert(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a unit below an existing one.

        Raises:
            Refusal: 400, 409.
        """
        name, parent = body.get("name"), body.get("parentOrgUnitPath")
        if parent is None and isinstance(body.get("parentOrgUnitId"), str):
            parent = body["parentOrgUnitId"]
        if not isinstance(name, str) or not name or "/" in name:
            raise invalid("orgUnitName")
        if not isinstance(parent, str):
            raise required("parentOrgUnitPath")
        if not isinstance(body.get("description"), str | None):
            raise invalid("description")
        try:
            above = self.get(parent)
        except Refusal:
            raise invalid("INVALID_PARENT_OU_ID") from None
        path = f"{above['orgUnitPath'].rstrip('/')}/{name}"
        if self._workspace.unit(path) is not None:
            raise duplicate("Invalid Ou Id")
        unit: dict[str, Any] = {
            "kind": "admin#directory#orgUnit",
            "name": name,
            "description": body.get("description") or "",
            "orgUnitPath": path,
            "orgUnitId": f"id:03{self._workspace.number(13)}",
            "parentOrgUnitPath": above["orgUnitPath"],
            "parentOrgUnitId": above["orgUnitId"],
            "blockInheritance": False,
        }
        self._workspace.units[path] = unit
        self._workspace.touch(unit)
        return unit

    def _at(self, path: str) -> str:
        wanted = path if path.startswith(("/", "id:")) else f"/{path}"
        if wanted == ROOT_ID:
            return "/"
        for at, unit in self._workspace.units.items():
            if unit["orgUnitId"] == wanted:
                return at
        spelled = self._workspace.spelled(wanted)
        if spelled is None:
            raise not_found("orgUnitPath")
        return spelled


class Domains:
    """The verified domains of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        """Remember the workspace."""
        self._workspace = workspace

    def every(self) -> dict[str, Any]:
        """All of them."""
        found = [self.get(name) for name in self._workspace.domains]
        return {"kind": "admin#directory#domains", "etag": '"domains"', "domains": found}

    def get(self, name: str) -> dict[str, Any]:
        """One of them.

        Raises:
            Refusal: 404.
        """
        if name.casefold() not in self._workspace.domains:
            raise Refusal(404, "notFound", "Domain not found.")
        return {
            "kind": "admin#directory#domain",
            "etag": f'"{name}"',
            "domainName": name.casefold(),
            "isPrimary": name.casefold() == self._workspace.domains[0],
            "verified": True,
            "creationTime": "1577836800000",
        }


class Roles:
    """Roles of administrators, and who has them: whoever has one is a delegated administrator."""

    def __init__(self, workspace: Workspace) -> None:
        """Remember the workspace."""
        self._workspace = workspace

    def every(self) -> list[dict[str, Any]]:
        """All roles."""
        return list(self._workspace.roles.values())

    def get(self, key: str) -> dict[str, Any]:
        """One role.

        Raises:
            Refusal: 404.
        """
        if key not in self._workspace.roles:
            raise not_found("roleId")
        return self._workspace.roles[key]

    def assignments(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Who has which role; of one user, or of one role.

        Raises:
            Refusal: 404 for a user there is none of.
        """
        found = list(self._workspace.assignments.values())
        if "userKey" in params:
            ref = self._workspace.user(params["userKey"])["id"]
            found = [one for one in found if one["assignedTo"] == ref]
        if "roleId" in params:
            found = [one for one in found if one["roleId"] == params["roleId"]]
        return found

    def assignment(self, key: str) -> dict[str, Any]:
        """One assignment.

        Raises:
            Refusal: 404.
        """
        if key not in self._workspace.assignments:
            raise not_found("roleAssignmentId")
        return self._workspace.assignments[key]

    def assign(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give a user a role.

        Raises:
            Refusal: 400, 404; 409 for one who has it.
        """
        role, ref = body.get("roleId"), body.get("assignedTo")
        if not isinstance(role, str | int) or isinstance(role, bool) or not isinstance(ref, str):
            raise required("roleId, assignedTo")
        self.get(str(role))
        user = self._workspace.users[self._workspace.user(ref, writing=True)["id"]]
        scope = body.get("scopeType") or "CUSTOMER"
        if scope not in {"CUSTOMER", "ORG_UNIT"}:
            raise invalid("scopeType")
        held = [(one["roleId"], one["assignedTo"]) for one in self._workspace.assignments.values()]
        if (str(role), user["id"]) in held:
            raise duplicate()
        key = self._workspace.number(17)
        made: dict[str, Any] = {
            "kind": "admin#directory#roleAssignment",
            "roleAssignmentId": key,
            "roleId": str(role),
            "assignedTo": user["id"],
            "assigneeType": "USER",
            "scopeType": scope,
        }
        self._workspace.touch(made)
        self._workspace.assignments[key] = made
        user["isDelegatedAdmin"] = True
        self._workspace.touch(user)
        return made

    def take(self, key: str) -> None:
        """End an assignment.

        Raises:
            Refusal: 404.
        """
        ref = self.assignment(key)["assignedTo"]
        del self._workspace.assignments[key]
        left = any(one["assignedTo"] == ref for one in self._workspace.assignments.values())
        user = self._workspace.users.get(ref)
        if user is not None:
            user["isDelegatedAdmin"] = left
            self._workspace.touch(user)
