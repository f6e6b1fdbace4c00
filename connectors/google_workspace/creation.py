"""Making an account: with its first password, which goes to the sink before Google hears of it.

Addresses are unique, so a create that is sent twice makes one account: the second is refused, and
the first is found under its address. It is taken for ours only if it has the person's number.
"""

from typing import Any, Final

from connectors.google_workspace.accounts import User, is_enabled, never_signed_in
from connectors.google_workspace.fields import ALIASES, EXTERNAL_ID
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.google_workspace.talk import SHOWN, USERS, WHOLE, Talk, is_undone, path_of
from connectors.model.change import Change
from connectors.model.errors import AlreadyExists, Invalid, Misconfigured, Transient
from connectors.model.values import CLEAR, Attributes
from connectors.sdk.calls import Call, Pause, Steps
from connectors.sdk.fanout import Written
from connectors.sdk.passwords import PasswordSink, make_password

NEEDED: Final = ("primaryEmail", "givenName", "familyName", EXTERNAL_ID)


class Creation:
    """Makes accounts, and brings deleted ones back.

    Args:
        settings: Password rules, units, whether deleted accounts come back.
        talk: The common part of conversations.
        sink: Where initial passwords go.
    """

    def __init__(self, settings: GoogleWorkspaceSettings, talk: Talk, sink: PasswordSink) -> None:
        """Remember the parts."""
        self._settings, self._talk, self._sink = settings, talk, sink
        self._deleted: list[User] | None = None

    def create(self, change: Change) -> Steps[Written]:
        """Make the account of a change, or take over the one that an earlier try of it made.

        Raises:
            AlreadyExists: The address belongs to somebody else.
            Invalid: A value is missing, or not acceptable; the unit does not exist.
        """
        after = dict(change.after)
        path = str(after.pop("container", None) or self._settings.containers.initial)
        self._talk.fields.check(after)
        missing = [name for name in NEEDED if after.get(name) in (None, "", CLEAR)]
        if missing:
            message = f"a new account needs {' and '.join(missing)}"
            hint = "Map them in the fields of this target."
            raise Invalid(message, system=self._talk.system, hint=hint)
        if self._settings.undelete:
            gone = yield from self._deleted_account_of(str(after[EXTERNAL_ID]))
            if gone is not None:
                return (yield from self._bring_back(change, gone, after, path))
        secret = self._hand_over(change.person, str(after["primaryEmail"]))
        values = {name: value for name, value in after.items() if name != ALIASES}
        body = {
            **{k: v for k, v in self._talk.fields.body(values, {}).items() if v is not None},
            **secret,
            **self._disabled(),
            "orgUnitPath": path,
        }
        return (yield from self._insert(after, body, secret))

    def _insert(
        self, after: Attributes, body: dict[str, Any], secret: dict[str, Any]
    ) -> Steps[Written]:
        call = Call("POST", USERS, json=body, params=SHOWN)
        lost = False
        while True:
            try:
                reply = yield from self._talk.ask(call)
                user: User = reply.json or {}
            except AlreadyExists as error:
                return (yield from self._adopt(after, error, secret, lost=lost))
            except Transient as error:
                if lost or is_undone(error):
                    raise
                lost = True
                found = yield from self._talk.find(str(after["primaryEmail"]))
                if found is None or not self._is_that(found, after):
                    continue
                user = found
            yield from self._welcome(user, after)
            detail = "its initial password was handed over"
            return Written(ref=user["id"], produced=self._talk.produced(user), detail=detail)

    def _adopt(
        self, after: Attributes, refusal: AlreadyExists, secret: dict[str, Any], *, lost: bool
    ) -> Steps[Written]:
        """Take over the account that has the address, if it is the one that was to be made.

        Args:
            after: What was to be made.
            refusal: What Google said.
            secret: The password that was handed over.
            lost: Whether an answer was lost before: then the account is ours, and has that
                password, but may not be seen yet.
        """
        address = str(after["primaryEmail"])
        user = yield from self._look_for(address, patiently=lost)
        if user is None or not self._is_that(user, after):
            whose = "another account" if user else "a group or a deleted account"
            message = f"{address} belongs to {whose}"
            raise AlreadyExists(message, system=self._talk.system, code=refusal.code) from refusal
        self._talk.refuse_protected(user)
        detail = "the account was there already"
        if lost:
            detail = "confirmed by reading; its initial password was handed over"
        elif not is_enabled(user) and never_signed_in(user):
            yield from self._talk.put(user["id"], dict(secret), lambda _: False)
            detail += "; it got a new initial password"
        else:
            detail += ", and keeps its password: what was handed over does not count"
        yield from self._welcome(user, after)
        return Written(
            ref=user["id"], produced=self._talk.produced(user), already=not lost, detail=detail
        )

    def _look_for(self, address: str, *, patiently: bool) -> Steps[User | None]:
        for pause in (*(self._talk.pauses() if patiently else ()), None):
            user = yield from self._talk.find(address)
            if user is not None or pause is None:
                return user
            yield Pause(pause)
        return None

    def _is_that(self, user: User, after: Attributes) -> bool:
        """Whether a user has the address, not as an alias, and the number of the person."""
        key = {name: after[name] for name in ("primaryEmail", EXTERNAL_ID)}
        return self._talk.fields.holds(user, key)

    def _welcome(self, user: User, after: Attributes) -> Steps[None]:
        """Give a new account its aliases, and remember that not all of Google knows it yet."""
        self._talk.fresh[user["id"]] = user
        wanted = after.get(ALIASES)
        if isinstance(wanted, tuple):
            yield from self.add_aliases(user, wanted)

    def add_aliases(self, user: User, wanted: tuple[str, ...]) -> Steps[None]:
        """Give a user the aliases that are missing.

        Raises:
            AlreadyExists: One belongs to somebody else.
        """
        ref = str(user["id"])
        held = {str(alias).casefold() for alias in user.get(ALIASES) or ()}
        for alias in wanted:
            if alias.casefold() in held:
                continue

            def happened(alias: str = alias) -> Steps[User | None]:
                found = yield from self._talk.find(ref)
                names = {str(one).casefold() for one in (found or {}).get(ALIASES) or ()}
                return found if alias.casefold() in names else None

            call = Call("POST", f"{path_of(ref)}/aliases", json={"alias": alias})
            try:
                yield from self._talk.ask_surely(call, happened, about=ref)
            except AlreadyExists:
                if (yield from happened()) is None:
                    raise

    # --- Deleted accounts -------------------------------------------------------------------------

    def _deleted_account_of(self, person: str) -> Steps[User | None]:
        """The one account of a person among the deleted ones, which are read once."""
        if self._deleted is None:
            found: list[User] = []
            token, seen = "", {""}
            while True:
                params = {"customer": self._settings.customer, "showDeleted": "true"}
                params |= {"maxResults": "500", **({"pageToken": token} if token else {})}
                reply = yield from self._talk.ask(Call("GET", USERS, params=params))
                found += (reply.json or {}).get("users", [])
                token = (reply.json or {}).get("nextPageToken", "")
                if token in seen:  # the last page has none
                    break
                seen.add(token)
            self._deleted = found
        mine = [user for user in self._deleted if self._talk.fields.person(user) == person]
        return mine[0] if len(mine) == 1 else None

    def _bring_back(
        self, change: Change, gone: User, after: Attributes, path: str
    ) -> Steps[Written]:
        """Undelete an account and make it what a new one would be."""
        ref = str(gone["id"])
        call = Call("POST", f"{path_of(ref)}/undelete", json={"orgUnitPath": path})
        self._talk.refuse_protected(gone)
        yield from self._talk.ask_surely(call, lambda: self._talk.find(ref))
        self._talk.fresh[ref] = gone
        reply = yield from self._talk.ask(Call("GET", path_of(ref), params=WHOLE), about=ref)
        user: User = reply.json or gone
        secret = self._hand_over(change.person, str(after["primaryEmail"]))
        values = {name: value for name, value in after.items() if name != ALIASES}
        body = {**self._talk.fields.body(values, user), **secret, **self._disabled()}
        user = yield from self._talk.put(ref, {**body, "orgUnitPath": path}, lambda _: False)
        yield from self._welcome(user, after)
        detail = "a deleted account was brought back; a new initial password was handed over"
        return Written(ref=ref, produced=self._talk.produced(user), detail=detail)

    # --- Parts ------------------------------------------------------------------------------------

    def _disabled(self) -> dict[str, Any]:
        """A new account cannot sign in, and is in no address list yet."""
        hidden = {"includeInGlobalAddressList": False} if self._settings.hide_disabled else {}
        return {"suspended": True, **hidden}

    def _hand_over(self, person: str, login: str) -> dict[str, Any]:
        """Hand over a new password; the fields that set it.

        Raises:
            Fatal: The sink does not take it.
        """
        password = make_password(self._settings.password_length)
        try:
            self._sink.deliver(person=person, login=login, password=password)
        except OSError as error:
            message = f"the initial password of {login} could not be handed over ({error.strerror})"
            hint = "Check initial_passwords."
            raise Misconfigured(message, system=self._talk.system, hint=hint) from error
        change = self._settings.change_password_at_next_login
        return {"password": password, "changePasswordAtNextLogin": change}
