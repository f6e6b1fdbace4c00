"""What all conversations with Google share: waiting for what is unsettled, and looking afterwards.

Two writers at one user get 409 "Conflicting requests": the loser asks again. An account that was
made a moment ago may be unknown, or forbidden, for a while: only then is a 404 no answer. When no
answer came, nobody knows whether a write happened: it is looked up before it is repeated.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

from connectors.google_workspace.accounts import STATE, Protection, User
from connectors.google_workspace.client import DIRECTORY
from connectors.google_workspace.fields import ARRAYS, Fields
from connectors.google_workspace.manifest import PRODUCES
from connectors.google_workspace.replies import message_of
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.model.errors import (
    Conflict,
    ConnectorError,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Transient,
)
from connectors.model.values import Attributes
from connectors.sdk.calls import Call, Pause, Reply, Steps
from connectors.sdk.responses import Busy, NotSent

USERS: Final = f"{DIRECTORY}/users"
SHOWN: Final = {"fields": ",".join([*STATE, *ARRAYS, "customSchemas"])}
"""The fields of a user that answers shall have: those that are compared or reported."""
WHOLE: Final = {**SHOWN, "projection": "full"}
CONFLICT_WAITS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 15.0
NO_GROUP: Final = "groupKey"


class Talk:
    """The common part of conversations.

    Attributes:
        system: Name of the target, for messages.
        fields: Translates attributes.
        fresh: Id -> user, for those that this writer made: not all of Google knows them yet.

    Args:
        settings: How long to wait, who is protected.
        system: Name of the target.
        first_pause_seconds: The first wait; later ones double.
    """

    def __init__(
        self, settings: GoogleWorkspaceSettings, system: str, *, first_pause_seconds: float = 0.5
    ) -> None:
        """Nobody is known yet."""
        self.system = system
        self.fields = Fields(
            external_id_type=settings.external_id_type, custom=settings.extra_attributes
        )
        self.fresh: dict[str, User] = {}
        self._patience, self._first = settings.patience_seconds, first_pause_seconds
        self._protection = Protection(settings)

    # --- Asking -----------------------------------------------------------------------------------

    def ask(self, call: Call, *, about: str = "") -> Steps[Reply]:
        """Send a call, once more after a conflict; and again while a new account is not known.

        Args:
            call: What to send.
            about: Id of the account it is about.

        Raises:
            ConnectorError: What the last answer meant.
        """
        conflicts = iter(self.pauses(attempts=CONFLICT_WAITS))
        unseen = iter(self.pauses() if about in self.fresh else ())
        while True:
            waits: Iterator[float]
            try:
                return (yield call)
            except Conflict as error:
                refusal: ConnectorError = error
                waits = conflicts
            except (NotFound, Forbidden) as error:
                if NO_GROUP in message_of(error.reply_json):
                    raise
                refusal, waits = error, unseen
            pause = next(waits, None)
            if pause is None:
                raise refusal
            yield Pause(pause)

    def ask_surely(
        self, call: Call, happened: Callable[[], Steps[User | None]], *, about: str = ""
    ) -> Steps[User]:
        """Write; when no answer came, look whether it happened and, if not, write once more.

        Args:
            call: The write.
            happened: Looks; what the write would have answered, None if it did not happen.
            about: As in `ask`.

        Raises:
            Transient: Still no answer. Nobody knows.
            ConnectorError: What the answer meant.
        """
        try:
            reply = yield from self.ask(call, about=about)
        except Transient as error:
            if is_undone(error):
                raise
            found = yield from happened()
            if found is not None:
                return found
            reply = yield from self.ask(call, about=about)
        return reply.json or {}

    def take(self, call: Call) -> Steps[bool]:
        """Delete something; whether it was there.

        When no answer came it is deleted once more: the answer to that tells whether it happened.
        """
        lost = False
        while True:
            try:
                yield from self.ask(call)
            except NotFound:
                return lost
            except Transient as error:
                if lost or is_undone(error):
                    raise
                lost = True
            else:
                return True

    def pauses(self, *, attempts: int | None = None) -> Iterator[float]:
        """Waits that double; so many, or until patience is at its end."""
        pause, waited = self._first, 0.0
        while attempts is None or attempts > 0:
            if attempts is not None:
                attempts -= 1
            elif waited >= self._patience:
                return
            yield pause
            waited += pause
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    # --- Users ------------------------------------------------------------------------------------

    def find(self, key: str) -> Steps[User | None]:
        """A user by id or address, None when there is none."""
        try:
            reply = yield from self.ask(Call("GET", path_of(key), params=WHOLE), about=key)
        except NotFound:
            return None
        found: User = reply.json or {}
        return found

    def account(self, ref: str | None) -> Steps[User]:
        """An account that is to be changed; one that this writer made is not asked for again.

        Raises:
            NotFound: It is gone.
            Invalid: It is protected.
        """
        if ref in self.fresh:
            return self.fresh[ref]
        reply = yield from self.ask(Call("GET", path_of(self.required(ref)), params=WHOLE))
        user: User = reply.json or {}
        self.refuse_protected(user)
        return user

    def refuse_protected(self, user: User) -> None:
        """Raise `Invalid` for an account that is never changed."""
        reason = self._protection.reason(user)
        if reason is not None:
            message = f"{user.get('primaryEmail')} is never changed: {reason}"
            raise Invalid(message, system=self.system)

    def put(self, ref: str, body: dict[str, Any], holds: Callable[[User], bool]) -> Steps[User]:
        """Change a user; the user as Google answers it.

        Args:
            ref: Id.
            body: The fields to change.
            holds: Whether a user is as it should be after that, for when no answer comes.

        Raises:
            ConnectorError: As `ask_surely`.
        """

        def happened() -> Steps[User | None]:
            found = yield from self.find(ref)
            return found if found is not None and holds(found) else None

        call = Call("PUT", path_of(ref), json=body, params=SHOWN)
        user = yield from self.ask_surely(call, happened, about=ref)
        if ref in self.fresh:
            self.fresh[ref] = {**self.fresh[ref], **user}
        return user

    def produced(self, user: User) -> Attributes:
        """What a receipt reports of a user."""
        held = self.fields.held(user, PRODUCES)
        return {name: value for name, value in held.items() if value}

    def required(self, ref: str | None) -> str:
        """The id of the account a change is about.

        Raises:
            Invalid: The change has none.
        """
        if not ref:
            raise Invalid("the change does not say which account", system=self.system)
        return ref


def path_of(key: str) -> str:
    """Path of a user by id or address."""
    return f"{USERS}/{quote(key, safe='@')}"


def is_undone(error: Transient) -> bool:
    """Whether a write that got no proper answer certainly did not happen."""
    return isinstance(error, RateLimited | NotSent | Busy)
