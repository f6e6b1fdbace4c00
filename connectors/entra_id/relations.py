"""What an account is related to: its manager, groups it is in, licences it has."""

from typing import Any, Final

from connectors.entra_id.frames import LICENCE, direct_licences
from connectors.entra_id.refusals import NotHeld, NotSeen, Present
from connectors.entra_id.settings import EntraIdSettings
from connectors.entra_id.speaking import Speaking
from connectors.model.change import Change
from connectors.model.errors import Invalid, NotFound
from connectors.sdk.calls import Call, Steps
from connectors.sdk.fanout import Written

GONE: Final = "the account is gone"
LICENCES: Final = ("assignedLicenses", "licenseAssignmentStates", "usageLocation")


class Relations:
    """Writes relations of accounts in one tenant.

    Args:
        settings: Where Graph is: references are whole addresses.
        speaking: Parts of conversations.
        target: Name of the target.
    """

    def __init__(self, settings: EntraIdSettings, speaking: Speaking, target: str) -> None:
        """Remember the parts."""
        self._url, self._speaking, self._target = settings.graph_url, speaking, target

    # --- Manager ----------------------------------------------------------------------------------

    def set_manager(self, ref: str, person: str) -> Steps[tuple[bool, list[str]]]:
        """Set the manager by HR id.

        Returns:
            Whether it was set, and what is to be said of it: a manager without an account here is
            no reason to fail; the next run tries again.
        """
        manager = yield from self._speaking.manager(person)
        if manager is None:
            return False, [f"the manager {person} has no account here yet: not set"]
        body = {"@odata.id": f"{self._url}/users/{manager}"}
        call = Call("PUT", f"/users/{ref}/manager/$ref", json=body)
        if manager in self._speaking.fresh:
            self._speaking.fresh.add(ref)  # either of them may not be seen yet
        yield from self._speaking.surely(call, ref=ref)
        return True, []

    def clear_manager(self, ref: str) -> Steps[bool]:
        """Take the manager away; whether there was one."""
        try:
            yield from self._speaking.surely(Call("DELETE", f"/users/{ref}/manager/$ref"))
        except NotFound:
            return False
        return True

    # --- Groups and licences ----------------------------------------------------------------------

    def grant(self, change: Change) -> Steps[Written]:
        """Put an account into a group, or give it a licence.

        Raises:
            NotFound: The account or the group is gone.
            Refused: The group takes nobody by hand; no licence is left.
        """
        ref, permission = self._parts(change)
        if permission.startswith(LICENCE):
            return (yield from self._give(ref, permission.removeprefix(LICENCE)))
        body = {"@odata.id": f"{self._url}/directoryObjects/{ref}"}
        call = Call("POST", f"/groups/{permission}/members/$ref", json=body)
        try:
            yield from self._speaking.surely(call, ref=ref)
        except Present:
            return Written(ref=ref, already=True)
        return Written(ref=ref)

    def revoke(self, change: Change) -> Steps[Written]:
        """Take an account out of a group, or a licence from it; it is quiet where it has none."""
        ref, permission = self._parts(change)
        if permission.startswith(LICENCE):
            return (yield from self._take(ref, permission.removeprefix(LICENCE)))
        # `/$ref` is the membership; without it, it would be the account.
        call = Call("DELETE", f"/groups/{permission}/members/{ref}/$ref")
        try:
            yield from self._speaking.surely(call, ref=ref)
        except NotSeen:
            return Written(ref=ref, already=True)
        return Written(ref=ref)

    def _give(self, ref: str, sku: str) -> Steps[Written]:
        """Give a licence. One that is held is left alone: giving it again resets its plans."""
        user = yield from self._speaking.account(ref, more=LICENCES)
        if user is None:
            raise NotFound(GONE, system=self._target, hint="Run again: the next plan sees that.")
        if sku in direct_licences(user):
            return Written(ref=ref, already=True)
        if not user.get("usageLocation"):
            message = "a licence needs a usageLocation, and the account has none"
            hint = "Map usageLocation, or set usage_location."
            raise Invalid(message, system=self._target, hint=hint)
        add = [{"skuId": sku, "disabledPlans": []}]
        yield from self._speaking.surely(_assign(ref, {"addLicenses": add, "removeLicenses": []}))
        return Written(ref=ref)

    def _take(self, ref: str, sku: str) -> Steps[Written]:
        user = yield from self._speaking.account(ref, more=LICENCES)
        if user is None:
            return Written(ref=ref, already=True, detail=GONE)
        if sku not in direct_licences(user):
            return Written(ref=ref, already=True)
        try:
            yield from self._speaking.surely(
                _assign(ref, {"addLicenses": [], "removeLicenses": [sku]})
            )
        except NotHeld:
            return Written(ref=ref, already=True)
        return Written(ref=ref)

    def _parts(self, change: Change) -> tuple[str, str]:
        permission = change.after.get("permission") or change.before.get("permission")
        if not isinstance(permission, str) or not permission or change.ref is None:
            message = "the change does not say which account and which permission"
            raise Invalid(message, system=self._target)
        return change.ref, permission


def _assign(ref: str, content: dict[str, Any]) -> Call:
    return Call("POST", f"/users/{ref}/assignLicense", json=content)
