"""Making an account, or taking over the one that an earlier try of the same change made."""

from typing import Final
from urllib.parse import unquote

from connectors.model.errors import (
    AlreadyExists,
    Conflict,
    ConnectorError,
    Invalid,
    Refused,
    Transient,
    Unavailable,
)
from connectors.scim.announced import Announced
from connectors.scim.manifest import USER_NAME
from connectors.scim.paths import Path, parse_path
from connectors.scim.replies import NOT_DONE, without
from connectors.scim.resources import Resource, Wanted, body
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import WRITING
from connectors.scim.users import Users
from connectors.sdk.calls import Call, Reply, Steps
from connectors.sdk.passwords import PasswordSink, make_password
from connectors.sdk.turns import Written

LOGIN: Final = Path(None, USER_NAME)
ACTIVE: Final = Path(None, "active")


class Creation:
    """Makes accounts.

    Args:
        settings: What correlates.
        announced: What the provider can.
        users: Of the same provider.
        sink: Where initial passwords go; None for accounts without one.
        system: Name of the target, for messages.
    """

    def __init__(
        self,
        settings: ScimSettings,
        announced: Announced,
        users: Users,
        sink: PasswordSink | None,
        system: str,
    ) -> None:
        """Remember the parts."""
        self._correlation = parse_path(settings.correlation)
        self._announced, self._users, self._sink = announced, users, sink
        self._system = system

    def create(self, person: str, wanted: Wanted) -> Steps[Written]:
        """Make a disabled account that holds the wanted values.

        Raises:
            AlreadyExists: A name belongs to somebody else.
            Conflict: The person has an account that this change did not make.
            Invalid: The provider does not accept a value.
        """
        login, key = wanted.get(LOGIN), wanted.get(self._correlation)
        if not isinstance(login, str) or key is None:
            message = f"a new account needs {USER_NAME} and {self._correlation}"
            hint = "Map them in the fields of this target."
            raise Invalid(message, system=self._system, hint=hint)
        resource: Resource = {**body(wanted), "active": False}
        if self._sink is not None:
            # A password that went to the sink has to be the one that is set: look first.
            found = yield from self._users.of_person(str(key), looked=True)
            if found:
                return self._adopted(found, str(key), wanted)
            resource["password"] = self._password(person, login)
        call = Call("POST", self._announced.users, json=resource, headers=WRITING)
        try:
            return (yield from self._made(call, str(key), wanted))
        except ConnectorError as error:
            raise without(error, filter(None, [resource.get("password")])) from None

    def _made(self, call: Call, key: str, wanted: Wanted) -> Steps[Written]:
        try:
            reply = yield call
        except AlreadyExists as error:
            return (yield from self._taken(error, key, wanted))
        except NOT_DONE:
            raise
        except Transient:
            found = yield from self._users.of_person(key)
            if found:
                written = self._adopted(found, key, wanted)
                detail = "the answer was lost, and the account is there"
                return Written(ref=written.ref, produced=written.produced, detail=detail)
            try:
                reply = yield call
            except AlreadyExists as error:  # it was still on its way
                return (yield from self._taken(error, key, wanted))
        user = yield from self._read_back(reply, key, wanted)
        if user.get("active") is True:
            # Some providers make every account active; this one is to wait for its first day.
            yield from self._users.bring(user, {ACTIVE: False})
            return self._users.written(user, already=False)
        return self._users.written(self._users.remember(user), already=False)

    def _read_back(self, reply: Reply, key: str, wanted: Wanted) -> Steps[Resource]:
        """The account as the answer shows it; inside a bulk the answer may be just its address."""
        if isinstance(reply.json, dict) and "id" in reply.json:
            user = self._users.user_in(reply)
            try:
                self._users.require_kept(user, wanted)
            except Refused:
                pass  # an answer may show less than there is: look
            else:
                return user
            ref = self._users.ref(user)
        else:
            ref = unquote(reply.headers.get("location", "").rstrip("/").rpartition("/")[2])
        if ref:
            user = yield from self._users.existing(ref)
        else:
            user = yield from self._nameless(key)
        self._users.require_kept(user, wanted)
        return user

    def _nameless(self, key: str) -> Steps[Resource]:
        """The account that was made, where the answer does not say which."""
        found = yield from self._users.of_person(key)
        if len(found) != 1:
            message = "the account was made, the provider says, and it is not to be found"
            raise Unavailable(message, system=self._system)
        return found[0]

    def _taken(self, error: AlreadyExists, key: str, wanted: Wanted) -> Steps[Written]:
        """A name is in use: by an account that is provably this person's, or by somebody else."""
        found = yield from self._users.of_person(key)
        if not found:
            raise error
        return self._adopted(found, key, wanted)

    def _adopted(self, found: list[Resource], key: str, wanted: Wanted) -> Written:
        if len(found) > 1:
            message = f"{len(found)} accounts have {self._correlation} {key}"
            raise Conflict(message, system=self._system, hint="Clear it on all but one.")
        [user] = found
        held, login = LOGIN.held(user), wanted[LOGIN]
        if str(held).casefold() != str(login).casefold():
            message = f"the person has an account already, {held}"
            hint = "Run again: the next plan takes it over."
            raise Conflict(message, system=self._system, hint=hint)
        detail = "made by an earlier try" if user.get("active") is not True else "it can sign in"
        return self._users.written(user, detail=f"the account was there already: {detail}")

    def _password(self, person: str, login: str) -> str:
        password = make_password()
        if self._sink is not None:
            self._sink.deliver(person=person, login=login, password=password)
        return password
