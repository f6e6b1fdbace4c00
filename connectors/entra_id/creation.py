"""Making accounts: new ones, those an earlier try made, those that lie in the recycle bin."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.entra_id.attributes import CORRELATION, MANAGER, body_of
from connectors.entra_id.relations import Relations
from connectors.entra_id.settings import EntraIdSettings
from connectors.entra_id.speaking import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Speaking,
    produced,
)
from connectors.model.change import Change
from connectors.model.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    Misconfigured,
    Refused,
    Transient,
)
from connectors.sdk.calls import Call, Pause, Steps
from connectors.sdk.fanout import Written
from connectors.sdk.passwords import PasswordSink, make_password

REQUIRED: Final = ("userPrincipalName", "displayName", CORRELATION)
HANDED_OVER: Final = "its initial password was handed over"


class Creation:
    """Makes accounts in one tenant.

    Args:
        settings: Rules for passwords, whether to restore.
        speaking: Parts of conversations.
        relations: Writes the manager.
        sink: Where initial passwords go.
        target: Name of the target.
    """

    def __init__(
        self,
        settings: EntraIdSettings,
        speaking: Speaking,
        relations: Relations,
        sink: PasswordSink,
        target: str,
    ) -> None:
        """Remember the parts."""
        self._settings, self._speaking, self._relations = settings, speaking, relations
        self._sink, self._target = sink, target

    def create(self, change: Change) -> Steps[Written]:
        """Make the account of a change, disabled; or take over the one that was to be made.

        Raises:
            AlreadyExists: A name belongs to somebody else.
            Conflict: The person has an account that this change did not make.
            Invalid: A value is missing or not acceptable.
            Misconfigured: The password could not be handed over; nothing was made.
        """
        person, principal, body = self._wanted(change)
        if self._settings.restore_deleted:
            restored = yield from self._restore(change, person, body)
            if restored is not None:
                return restored
        profile = self._hand_over_password(change, principal)
        body = {**body, "accountEnabled": False, "passwordProfile": profile}
        try:
            made = yield from self._post(body, person, principal)
        except AlreadyExists as error:
            return (yield from self._adopt(change, error, profile))
        ref = str(made["id"])
        self._speaking.fresh.add(ref)
        detail = yield from self._relate(change, ref)
        return Written(ref=ref, produced=produced(made), detail="; ".join([HANDED_OVER, *detail]))

    def _wanted(self, change: Change) -> tuple[str, str, dict[str, Any]]:
        """HR id, sign-in name and body of a new account."""
        values = {name: value for name, value in change.after.items() if value not in ("", ())}
        for name in REQUIRED:
            if not isinstance(values.get(name), str):
                message = f"a new account needs {', '.join(REQUIRED)}"
                hint = "Map them in the fields of this target."
                raise Invalid(message, system=self._target, hint=hint)
        principal = str(values["userPrincipalName"])
        values.setdefault("mailNickname", principal.partition("@")[0])
        if self._settings.usage_location is not None:
            values.setdefault("usageLocation", self._settings.usage_location)
        return str(values[CORRELATION]), principal, body_of(values, clearing=False)

    def _post(self, body: Mapping[str, Any], person: str, principal: str) -> Steps[dict[str, Any]]:
        """Make the account; after a lost answer look first, then try once more.

        Sign-in names are unique at once, also where a new account is not seen yet: a second try is
        refused, and then the account is waited for.
        """
        call = Call("POST", "/users", json=dict(body))
        try:
            reply = yield call
        except Transient:
            found = yield from self._mine(person, principal)
            if found is not None:
                return found
            try:
                reply = yield call
            except AlreadyExists:
                found = yield from self._appearing(person, principal)
                if found is None:
                    raise
                return found
        return dict(reply.json)

    def _mine(self, person: str, principal: str) -> Steps[dict[str, Any] | None]:
        """The account of a person with that sign-in name."""
        for one in (yield from self._speaking.accounts_of(person)):
            if str(one.get("userPrincipalName") or "").casefold() == principal.casefold():
                return one
        return None

    def _appearing(self, person: str, principal: str) -> Steps[dict[str, Any] | None]:
        """The same, waited for."""
        waited, pause = 0.0, FIRST_PAUSE_SECONDS
        while True:
            found = yield from self._mine(person, principal)
            if found is not None or waited >= self._settings.patience_seconds:
                return found
            yield Pause(pause)
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    # --- Taking over ------------------------------------------------------------------------------

    def _adopt(
        self, change: Change, refusal: AlreadyExists, profile: Mapping[str, Any]
    ) -> Steps[Written]:
        """Take over the account that is there already, if it is the one that was to be made."""
        person, principal, _ = self._wanted(change)
        found = yield from self._speaking.accounts_of(person)
        if not found:
            raise refusal
        if len(found) > 1:
            message = f"{len(found)} accounts have the {CORRELATION} {person}"
            raise Conflict(message, system=self._target, hint="Clear it on all but one.")
        [account] = found
        if str(account.get("userPrincipalName") or "").casefold() != principal.casefold():
            message = "the person has an account already, with another userPrincipalName"
            hint = "Run again: the next plan takes it over."
            raise Conflict(message, system=self._target, hint=hint)
        ref = str(account["id"])
        self._speaking.fresh.add(ref)
        details = ["the account was there already"]
        if account.get("accountEnabled") is False:
            details.append((yield from self._new_password(ref, profile)))
        details += yield from self._relate(change, ref)
        return Written(ref=ref, produced=produced(account), already=True, detail="; ".join(details))

    def _restore(
        self, change: Change, person: str, body: Mapping[str, Any]
    ) -> Steps[Written | None]:
        """Take an account of the person out of the recycle bin, and make it what it shall be.

        Raises:
            Conflict: Several of them lie there.
        """
        found = yield from self._speaking.deleted_of(person)
        if not found:
            return None
        if len(found) > 1:
            message = f"{len(found)} deleted accounts have the {CORRELATION} {person}"
            hint = "Delete all but one of them for good, or set restore_deleted to false."
            raise Conflict(message, system=self._target, hint=hint)
        ref = str(found[0]["id"])
        path = f"/directory/deletedItems/{ref}/restore"
        again = {"autoReconcileProxyConflict": True}
        try:
            yield Call("POST", path, json=again)
        except Transient:
            if (yield from self._speaking.account(ref)) is None:
                yield Call("POST", path, json=again)
        self._speaking.fresh.add(ref)
        content = {**body, "accountEnabled": False}
        yield from self._speaking.surely(Call("PATCH", f"/users/{ref}", json=content), ref=ref)
        profile = self._hand_over_password(change, str(body["userPrincipalName"]))
        details = ["restored from the recycle bin", (yield from self._new_password(ref, profile))]
        details += yield from self._relate(change, ref)
        account = yield from self._speaking.account(ref)
        return Written(ref=ref, produced=produced(account), detail="; ".join(details))

    # --- Parts ------------------------------------------------------------------------------------

    def _relate(self, change: Change, ref: str) -> Steps[list[str]]:
        """Set the manager of a new account; what is to be said of it."""
        wanted = change.after.get(MANAGER)
        if not isinstance(wanted, str) or not wanted:
            return []
        _, details = yield from self._relations.set_manager(ref, wanted)
        return details

    def _hand_over_password(self, change: Change, principal: str) -> dict[str, Any]:
        """A password profile whose password was handed over: first that, then the request.

        A line that nobody needs does no harm; a password that nobody received does.
        """
        names = [str(change.after.get(name) or "") for name in ("givenName", "surname")]
        password = make_password(
            self._settings.password_length, without=[principal.partition("@")[0], *names]
        )
        try:
            self._sink.deliver(person=change.person, login=principal, password=password)
        except OSError as error:
            message = f"the initial password of {principal} could not be handed over"
            raise Misconfigured(
                f"{message} ({error.strerror})",
                system=self._target,
                hint="Check initial_passwords.",
            ) from error
        return {
            "password": password,
            "forceChangePasswordNextSignIn": self._settings.change_password_at_next_sign_in,
        }

    def _new_password(self, ref: str, profile: Mapping[str, Any]) -> Steps[str]:
        """Give an account the password that was handed over; what is to be said of it.

        Where the app lacks that right the account is taken over all the same: it can be done by
        hand.
        """
        content = {"passwordProfile": dict(profile)}
        try:
            yield from self._speaking.surely(Call("PATCH", f"/users/{ref}", json=content), ref=ref)
        except Refused as error:
            return f"it kept its password ({error.message})"
        return "it got a new initial password"
