"""What can be done with users: made, changed, renamed, deleted, brought back; and their aliases."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from connectors.google_workspace.sandbox.looking import addresses_of
from connectors.google_workspace.sandbox.refusals import (
    Refusal,
    conflict,
    duplicate,
    invalid,
    not_found,
    required,
)
from connectors.google_workspace.sandbox.shapes import (
    ADDRESS,
    ARRAYS,
    EPOCH,
    FLAGS,
    check_password,
    checked,
)
from connectors.google_workspace.sandbox.workspace import Workspace

MOST_ALIASES: Final = 30


class Users:
    """The users of a workspace.

    Args:
        workspace: Where they are kept. Its lock is held by whoever calls.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Remember the workspace."""
        self._workspace = workspace

    def insert(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a user.

        Raises:
            Refusal: 400 for what is missing or wrong, 409 for an address in use.
        """
        workspace = self._workspace
        wanted = checked(body)
        address, name = wanted.get("primaryEmail"), wanted.get("name") or {}
        if not address:
            raise required("primary_user_email")
        for part in ("givenName", "familyName"):
            if not name.get(part):
                raise required(part)
        if not wanted.get("password"):
            raise Refusal(400, "required", "Missing required field: password")
        check_password(wanted["password"], wanted.get("hashFunction"))
        path = self._path(wanted.get("orgUnitPath") or "/")
        self._check_address(address)
        workspace.forget_expired()
        if workspace.holder(address) is not None:
            raise duplicate()
        ref = workspace.number(21)
        user: dict[str, Any] = {
            "kind": "admin#directory#user",
            "id": ref,
            "primaryEmail": address.lower(),
            "isAdmin": False,
            "isDelegatedAdmin": False,
            "lastLoginTime": EPOCH,
            "creationTime": workspace.stamp(),
            "agreedToTerms": False,
            "suspended": False,
            "archived": False,
            "changePasswordAtNextLogin": False,
            "ipWhitelisted": False,
            "includeInGlobalAddressList": True,
            "isMailboxSetup": True,
            "isEnrolledIn2Sv": False,
            "isEnforcedIn2Sv": False,
            "customerId": workspace.customer,
            "orgUnitPath": path,
        }
        workspace.users[ref] = user
        workspace.addresses[address.casefold()] = ref
        self._keep_password(ref, wanted.pop("password"))
        self._merge(user, {**wanted, "orgUnitPath": path, "primaryEmail": user["primaryEmail"]})
        workspace.hide(ref)
        return user

    def update(self, key: str, body: Mapping[str, Any], *, clears: bool) -> dict[str, Any]:
        """Change a user: objects are merged, arrays replaced.

        Args:
            key: Id or address.
            body: The fields to change.
            clears: Whether null empties a field, as with PUT; PATCH refuses to empty an array.

        Raises:
            Refusal: As `insert`; 409 conflict after a rename, where the switch says so.
        """
        workspace = self._workspace
        user = workspace.users[workspace.user(key, writing=True)["id"]]
        wanted = checked(body)
        emptied = [name for name in wanted if name in ARRAYS and not wanted[name]]
        if emptied and not clears:
            raise invalid(f"{emptied[0]} cannot be cleared by patch")
        name = wanted.get("name")
        if name is not None:
            gone = [
                part for part in ("givenName", "familyName") if name.get(part, "x") in ("", None)
            ]
            if gone:
                raise invalid(gone[0])
        if "name" in wanted and name is None:
            raise invalid("name")
        if wanted.get("password") is not None:
            check_password(wanted["password"], wanted.get("hashFunction"))
        if wanted.get("orgUnitPath") is not None:
            wanted["orgUnitPath"] = self._path(wanted["orgUnitPath"])
        renamed = self._check_rename(user, wanted.get("primaryEmail"))
        if wanted.get("password") is not None:
            self._keep_password(user["id"], wanted["password"])
        wanted.pop("password", None)
        if renamed:
            self._rename(user, wanted["primaryEmail"])
        self._merge(user, wanted)
        if renamed and workspace.switches.rename_conflicts:
            raise conflict()
        return user

    def delete(self, key: str) -> None:
        """Delete a user, who can be brought back for twenty days; the addresses stay taken.

        Raises:
            Refusal: 404, or 412 for one who is deleted already.
        """
        workspace = self._workspace
        user = workspace.user(key, writing=True)
        ref = user["id"]
        if workspace.users[ref]["isAdmin"]:
            raise Refusal(
                403, "forbidden", "Super admins cannot be deleted before they are demoted."
            )
        gone = workspace.users.pop(ref)
        gone["deletionTime"] = workspace.stamp()
        workspace.touch(gone)
        workspace.deleted[ref] = gone
        if not workspace.switches.deleted_keep_addresses:
            workspace.free(ref)
        for group in workspace.groups.values():
            group.members.pop(ref, None)
        for sku in workspace.skus.values():
            sku.holders[:] = [holder for holder in sku.holders if holder != ref]
        for held in [key for key, one in workspace.assignments.items() if one["assignedTo"] == ref]:
            del workspace.assignments[held]

    def undelete(self, key: str, body: Mapping[str, Any]) -> None:
        """Bring a deleted user back; by id only, for the address does not say which one.

        Raises:
            Refusal: 404, 400 for an unknown unit, 412 for a user who is not deleted.
        """
        workspace = self._workspace
        gone = workspace.deleted.get(key)
        if key in workspace.users:
            raise Refusal(412, "conditionNotMet", "User is not deleted.")
        if gone is None or not workspace.is_kept(gone):
            raise not_found("userKey")
        path = body.get("orgUnitPath") or "/"
        if not isinstance(path, str):
            raise invalid("orgUnitPath")
        for address in addresses_of(gone):
            if workspace.holder(address) not in {None, key}:
                raise duplicate()
            workspace.addresses[address.casefold()] = key
        gone["orgUnitPath"] = self._path(path)
        del gone["deletionTime"]
        workspace.users[key] = workspace.deleted.pop(key)
        workspace.touch(gone)
        workspace.hide(key)

    def make_admin(self, key: str, body: Mapping[str, Any]) -> None:
        """Make a super administrator, or no longer one.

        Raises:
            Refusal: 400, 404.
        """
        if not isinstance(body.get("status"), bool):
            raise required("status")
        user = self._workspace.users[self._workspace.user(key, writing=True)["id"]]
        user["isAdmin"] = body["status"]
        self._workspace.touch(user)

    # --- Aliases ----------------------------------------------------------------------------------

    def aliases(self, key: str) -> dict[str, Any]:
        """The aliases of a user, as the list of them is answered; without any, without the key."""
        user = self._workspace.user(key)
        found = [self._alias(user, address) for address in user.get("aliases", [])]
        shown: dict[str, Any] = {"kind": "admin#directory#aliases", "etag": '"aliases"'}
        return {**shown, "aliases": found} if found else shown

    def add_alias(self, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give a user an alias.

        Raises:
            Refusal: 400, 404, 409 for an address in use, 412 for one alias too many.
        """
        workspace = self._workspace
        user = workspace.users[workspace.user(key, writing=True)["id"]]
        address = body.get("alias")
        if not isinstance(address, str) or not address:
            raise required("alias")
        self._check_address(address)
        if workspace.holder(address) is not None:
            raise duplicate()
        if len(user.get("aliases", [])) >= MOST_ALIASES:
            raise Refusal(412, "limitExceeded", "User alias limit exceeded.")
        user["aliases"] = [*user.get("aliases", []), address.lower()]
        workspace.addresses[address.casefold()] = user["id"]
        workspace.touch(user)
        return self._alias(user, address.lower())

    def remove_alias(self, key: str, alias: str) -> None:
        """Take an alias away.

        Raises:
            Refusal: 404.
        """
        workspace = self._workspace
        user = workspace.users[workspace.user(key, writing=True)["id"]]
        left = [one for one in user.get("aliases", []) if one.casefold() != alias.casefold()]
        if len(left) == len(user.get("aliases", [])):
            raise not_found("alias")
        del workspace.addresses[alias.casefold()]
        user["aliases"] = left
        if not left:
            del user["aliases"]
        workspace.touch(user)

    @staticmethod
    def _alias(user: Mapping[str, Any], address: str) -> dict[str, Any]:
        return {
            "kind": "admin#directory#alias",
            "etag": user["etag"],
            "id": user["id"],
            "primaryEmail": user["primaryEmail"],
            "alias": address,
        }

    # --- Parts ------------------------------------------------------------------------------------

    def _check_address(self, address: str) -> None:
        _, _, domain = address.rpartition("@")
        if not ADDRESS.fullmatch(address) or domain.casefold() not in self._workspace.domains:
            raise invalid("primary_user_email")

    def _check_rename(self, user: Mapping[str, Any], address: str | None) -> bool:
        """Whether a new address is one, and free."""
        if address is None or address.casefold() == user["primaryEmail"].casefold():
            return False
        self._check_address(address)
        if self._workspace.holder(address) not in {None, user["id"]}:
            raise duplicate()
        return True

    def _rename(self, user: dict[str, Any], address: str) -> None:
        """The old address stays, as an alias."""
        others = [one for one in user.get("aliases", []) if one.casefold() != address.casefold()]
        user["aliases"] = [*others, user["primaryEmail"]]
        user["primaryEmail"] = address.lower()
        self._workspace.addresses[address.casefold()] = user["id"]

    def _path(self, path: str) -> str:
        spelled = self._workspace.spelled(path)
        if spelled is None:
            raise invalid("INVALID_OU_ID")
        return spelled

    def _merge(self, user: dict[str, Any], wanted: Mapping[str, Any]) -> None:
        for name, value in wanted.items():
            if name in {"primaryEmail", "password", "hashFunction"}:
                continue
            if name == "name":
                parts = {**user.get("name", {}), **value}
                parts["fullName"] = f"{parts['givenName']} {parts['familyName']}"
                user["name"] = {part: text for part, text in parts.items() if text}
            elif name == "customSchemas":
                self._merge_custom(user, value or {})
            elif value is None or value in ("", []):
                if name not in FLAGS:
                    user.pop(name, None)
            elif name == "emails":
                own = {user["primaryEmail"], *user.get("aliases", [])}
                user[name] = [one for one in value if one.get("address") not in own]
            else:
                user[name] = value
        if "suspended" in wanted:
            user.pop("suspensionReason", None)
            if user["suspended"]:
                user["suspensionReason"] = "ADMIN"
        self._workspace.touch(user)

    @staticmethod
    def _merge_custom(user: dict[str, Any], wanted: Mapping[str, Any]) -> None:
        held = user.setdefault("customSchemas", {})
        for schema, fields in wanted.items():
            merged = {**held.get(schema, {}), **(fields or {})}
            held[schema] = {name: value for name, value in merged.items() if value is not None}
            if fields is None or not held[schema]:
                del held[schema]
        if not held:
            del user["customSchemas"]

    def _keep_password(self, ref: str, password: str) -> None:
        """Only its digest: no answer can show it (G13)."""
        salt = secrets.token_hex(8)
        digest = hashlib.sha256(f"{salt}{password}".encode()).hexdigest()
        self._workspace.passwords[ref] = f"{salt}${digest}"


def is_password(kept: str, password: str) -> bool:
    """Whether that is the password of which the digest is kept."""
    salt, _, digest = kept.partition("$")
    return hashlib.sha256(f"{salt}{password}".encode()).hexdigest() == digest
