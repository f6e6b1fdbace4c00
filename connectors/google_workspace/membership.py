"""Granting and revoking: membership of groups, roles in groups, licences.

A role in a group is a permission of its own, and whoever has one is a member too. Granting a role
makes a member or changes the role; revoking it leaves an ordinary member, unless the settings say
that the membership ends.
"""

from typing import Final
from urllib.parse import quote

from connectors.google_workspace.accounts import LICENCE, MEMBER, User, group_and_role
from connectors.google_workspace.client import DIRECTORY, LICENSING
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.google_workspace.talk import Talk
from connectors.model.change import Change
from connectors.model.errors import AlreadyExists, Invalid, NotFound
from connectors.sdk.calls import Call, Steps
from connectors.sdk.fanout import Written

GONE: Final = "account or group is gone, or it was no member"
NO_LICENCE: Final = "account or licence is gone"


class Membership:
    """Puts accounts into groups and takes them out; gives licences and takes them.

    Args:
        settings: What revoking a role does.
        talk: The common part of conversations.
    """

    def __init__(self, settings: GoogleWorkspaceSettings, talk: Talk) -> None:
        """Remember the parts."""
        self._talk = talk
        self._demotes = settings.on_role_revoke == "demote"

    def grant(self, change: Change) -> Steps[Written]:
        """Grant a permission.

        Raises:
            NotFound: Account or group is gone.
            Invalid: No licence is left.
        """
        ref, permission = self._talk.required(change.ref), self._permission(change)
        if permission.startswith(LICENCE):
            return (yield from self._grant_licence(ref, permission))
        group, role = group_and_role(permission)
        call = Call("POST", _members(group), json={"id": ref, "role": role})

        def happened() -> Steps[User | None]:
            member = yield from self._member(group, ref)
            return member if member is not None and member.get("role") == role else None

        try:
            yield from self._talk.ask_surely(call, happened, about=ref)
        except AlreadyExists:
            if role == MEMBER or (yield from happened()) is not None:
                return Written(ref=ref, already=True)
            yield from self._set_role(group, ref, role)
        return Written(ref=ref)

    def revoke(self, change: Change) -> Steps[Written]:
        """Revoke a permission; what is gone or was never held is revoked already."""
        ref, permission = self._talk.required(change.ref), self._permission(change)
        if permission.startswith(LICENCE):
            return (yield from self._revoke_licence(ref, permission))
        group, role = group_and_role(permission)
        if role != MEMBER:
            member = yield from self._member(group, ref)
            if member is None or member.get("role") != role:
                return Written(ref=ref, already=True, detail=None if member else GONE)
            if self._demotes:
                yield from self._set_role(group, ref, MEMBER)
                return Written(ref=ref, detail="an ordinary member now")
        path = f"{_members(group)}/{quote(ref)}"
        return (yield from self._taken(Call("DELETE", path), ref, GONE))

    # --- Groups -----------------------------------------------------------------------------------

    def _set_role(self, group: str, ref: str, role: str) -> Steps[None]:
        def happened() -> Steps[User | None]:
            member = yield from self._member(group, ref)
            return member if member is not None and member.get("role") == role else None

        path = f"{_members(group)}/{quote(ref)}"
        call = Call("PATCH", path, json={"role": role})
        yield from self._talk.ask_surely(call, happened, about=ref)

    def _member(self, group: str, ref: str) -> Steps[User | None]:
        """The membership of an account in a group, None without one."""
        try:
            reply = yield from self._talk.ask(Call("GET", f"{_members(group)}/{quote(ref)}"))
        except NotFound:
            return None
        found: User = reply.json or {}
        return found

    # --- Licences ---------------------------------------------------------------------------------

    def _grant_licence(self, ref: str, permission: str) -> Steps[Written]:
        user = yield from self._talk.account(ref)
        address = str(user["primaryEmail"])
        path = _licence(permission)

        def held() -> Steps[User | None]:
            try:
                reply = yield from self._talk.ask(Call("GET", f"{path}/{quote(address)}"))
            except NotFound:
                return None
            found: User = reply.json or {}
            return found

        try:
            yield from self._talk.ask_surely(
                Call("POST", path, json={"userId": address}), held, about=ref
            )
        except AlreadyExists as error:
            # 412 means that it is held, or another of the product is, or that none is left.
            if (yield from held()) is not None:
                return Written(ref=ref, already=True)
            hint = "Buy more of them, or take one away from somebody else."
            raise Invalid(
                error.message, system=self._talk.system, code=error.code, hint=hint
            ) from error
        return Written(ref=ref)

    def _revoke_licence(self, ref: str, permission: str) -> Steps[Written]:
        user = yield from self._talk.find(ref)
        if user is None:
            return Written(ref=ref, already=True, detail=NO_LICENCE)
        path = f"{_licence(permission)}/{quote(str(user['primaryEmail']))}"
        return (yield from self._taken(Call("DELETE", path), ref, NO_LICENCE))

    # --- Parts ------------------------------------------------------------------------------------

    def _taken(self, call: Call, ref: str, gone: str) -> Steps[Written]:
        done = yield from self._talk.take(call)
        return Written(ref=ref) if done else Written(ref=ref, already=True, detail=gone)

    def _permission(self, change: Change) -> str:
        value = change.after.get("permission") or change.before.get("permission")
        if not isinstance(value, str) or not value:
            raise Invalid("the change does not say which permission", system=self._talk.system)
        return value


def _members(group: str) -> str:
    return f"{DIRECTORY}/groups/{quote(group, safe='@')}/members"


def _licence(permission: str) -> str:
    product, _, sku = permission.removeprefix(LICENCE).partition("/")
    return f"{LICENSING}/product/{quote(product)}/sku/{quote(sku)}/user"
