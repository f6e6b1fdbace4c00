"""Groups and who is in them, in which role (G12)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.google_workspace.sandbox.looking import GROUP_FIELDS, addresses_of, matching
from connectors.google_workspace.sandbox.refusals import (
    Refusal,
    duplicate,
    invalid,
    not_found,
    required,
)
from connectors.google_workspace.sandbox.shapes import ADDRESS
from connectors.google_workspace.sandbox.workspace import MEMBER, Group, Workspace

ROLES: Final = (MEMBER, "MANAGER", "OWNER")
WITH_MEMBER: Final = re.compile(r"memberKey\s*=\s*'?([^'\s]+)'?")


class Groups:
    """The groups of a workspace.

    Args:
        workspace: Where they are kept. Its lock is held by whoever calls.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Remember the workspace."""
        self._workspace = workspace

    def insert(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a group.

        Raises:
            Refusal: 400, or 409 for an address in use.
        """
        workspace, address, name = self._workspace, body.get("email"), body.get("name")
        if not isinstance(address, str) or not ADDRESS.fullmatch(address):
            raise invalid("email")
        if address.rpartition("@")[2].casefold() not in workspace.domains:
            raise Refusal(404, "notFound", "Domain not found.")
        if not isinstance(name, str | None) or not isinstance(body.get("description"), str | None):
            raise invalid("name")
        if workspace.holder(address) is not None:
            raise duplicate()
        ref = f"0{int(workspace.number(20)):x}"[:15]
        resource: dict[str, Any] = {
            "kind": "admin#directory#group",
            "id": ref,
            "email": address.lower(),
            "name": name or address.partition("@")[0],
            "description": body.get("description") or "",
            "adminCreated": True,
        }
        workspace.groups[ref] = Group(resource)
        workspace.addresses[address.casefold()] = ref
        workspace.touch(resource)
        return self.view(workspace.groups[ref])

    def delete(self, key: str) -> None:
        """Delete a group, for good.

        Raises:
            Refusal: 404.
        """
        ref = self._workspace.group(key).resource["id"]
        del self._workspace.groups[ref]
        self._workspace.free(ref)

    def find(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Groups of the customer, of a domain, or with a member.

        Raises:
            Refusal: 400, the query is none; 404, the member is nobody.
        """
        groups, query = list(self._workspace.groups.values()), params.get("query", "")
        member = params.get("userKey")
        if found := WITH_MEMBER.fullmatch(query.strip()):
            member, query = found[1], ""
        if member is not None:
            ref = self._workspace.user(member)["id"]
            groups = [group for group in groups if ref in group.members]
        if "domain" in params:
            end = f"@{params['domain'].casefold()}"
            groups = [group for group in groups if group.resource["email"].endswith(end)]
        found_groups = matching([self.view(group) for group in groups], query, GROUP_FIELDS)
        return sorted(
            found_groups,
            key=lambda group: str(group["email"]),
            reverse=params.get("sortOrder") == "DESCENDING",
        )

    @staticmethod
    def view(group: Group) -> dict[str, Any]:
        """A group as it is shown."""
        return {**group.resource, "directMembersCount": str(len(group.members))}

    # --- Members ----------------------------------------------------------------------------------

    def members(self, key: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Who is in a group, in all roles or those that are asked for.

        Raises:
            Refusal: 400 for a role there is none of, 404.
        """
        asked = params.get("roles", "")
        roles = {role.strip().upper() for role in asked.split(",")} if asked else set(ROLES)
        if not roles <= set(ROLES):
            raise invalid("role")
        found = [one for one in self._workspace.group(key).members.values() if one["role"] in roles]
        return [self._shown(one) for one in found]

    def member(self, group_key: str, member_key: str) -> dict[str, Any]:
        """One member.

        Raises:
            Refusal: 404, with what was not found.
        """
        return self._shown(self._member(self._workspace.group(group_key), member_key))

    def has_member(self, group_key: str, member_key: str) -> dict[str, Any]:
        """Whether somebody is in a group, through another group as well.

        Raises:
            Refusal: 404 for a group, 400 for a user there is none of.
        """
        group = self._workspace.group(group_key)
        ref = self._ref(member_key)
        if ref is None:
            raise Refusal(400, "invalid", "Missing required field: memberKey")
        return {"isMember": self._reaches(group, ref, seen=set())}

    def add(self, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put somebody into a group.

        Raises:
            Refusal: 400, 404; 409 for somebody who is in it already.
        """
        group = self._workspace.group(key)
        named, role = body.get("id") or body.get("email"), body.get("role") or MEMBER
        if not isinstance(named, str) or not named:
            raise required("memberKey")
        if role not in ROLES:
            raise invalid("role")
        member = self._described(named, str(role))
        if member["id"] in group.members:
            raise duplicate("Member already exists.")
        if member["type"] == "GROUP":
            inner = self._workspace.groups[member["id"]]
            if inner is group or self._reaches(inner, group.resource["id"], seen=set()):
                raise Refusal(400, "invalid", "Cyclic memberships not allowed")
        group.members[member["id"]] = member
        return self._shown(member)

    def change(self, group_key: str, member_key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give a member another role.

        Raises:
            Refusal: 400, 404.
        """
        member = self._member(self._workspace.group(group_key), member_key)
        role = body.get("role", member["role"])
        if role not in ROLES:
            raise invalid("role")
        member["role"] = role
        return self._shown(member)

    def remove(self, group_key: str, member_key: str) -> None:
        """Take somebody out of a group.

        Raises:
            Refusal: 404, with what was not found.
        """
        group = self._workspace.group(group_key)
        del group.members[self._member(group, member_key)["id"]]

    def _member(self, group: Group, key: str) -> dict[str, Any]:
        member = group.members.get(self._ref(key) or "")
        if member is None:
            raise not_found("memberKey")
        return member

    def _ref(self, key: str) -> str | None:
        """Id of a user or group, by id or address; of somebody elsewhere, the id made for them."""
        workspace = self._workspace
        if key in workspace.users or key in workspace.groups:
            return key
        held = workspace.holder(key)
        if held in workspace.users or held in workspace.groups:
            return held
        return (
            key
            if key.startswith("external:")
            else f"external:{key.casefold()}"
            if ("@" in key and key.rpartition("@")[2].casefold() not in workspace.domains)
            else None
        )

    def _described(self, named: str, role: str) -> dict[str, Any]:
        workspace, ref = self._workspace, self._ref(named)
        if ref in workspace.users:
            workspace.user(str(ref), writing=True)  # too new to be seen: 404
            kind = "USER"
        elif ref in workspace.groups:
            kind = "GROUP"
        elif ref is not None and ADDRESS.fullmatch(ref.removeprefix("external:")):
            kind = "EXTERNAL"
        else:
            raise not_found("memberKey")
        return {"id": ref, "role": role, "type": kind}

    def _shown(self, member: Mapping[str, Any]) -> dict[str, Any]:
        """A member with the address it has today."""
        workspace, ref = self._workspace, member["id"]
        shown = {
            "kind": "admin#directory#member",
            "etag": f'"{ref[:20]}/{member["role"]}"',
            **member,
        }
        if member["type"] == "EXTERNAL":
            return {**shown, "type": "USER", "email": ref.removeprefix("external:")}
        if member["type"] == "GROUP":
            return {**shown, "email": workspace.groups[ref].resource["email"]}
        user = workspace.users[ref]
        status = "SUSPENDED" if user["suspended"] else "ACTIVE"
        return {**shown, "email": addresses_of(user)[0], "status": status}

    def _reaches(self, group: Group, ref: str, *, seen: set[str]) -> bool:
        if ref in group.members:
            return True
        seen.add(group.resource["id"])
        inner = [
            self._workspace.groups[one] for one in group.members if one in self._workspace.groups
        ]
        return any(
            self._reaches(one, ref, seen=seen) for one in inner if one.resource["id"] not in seen
        )
