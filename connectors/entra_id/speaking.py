"""Parts of conversations with Graph: asking again, waiting for what is not seen yet, looking."""

from typing import Any, Final

from connectors.entra_id.attributes import CORRELATION, quoted
from connectors.entra_id.manifest import PRODUCES
from connectors.entra_id.refusals import NotSeen
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.errors import Conflict, NotFound, Transient
from connectors.model.values import Attributes
from connectors.sdk.calls import Call, Pause, Reply, Steps

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 10.0
CLASHES: Final = 3
"""How often a request is sent that meets another change of the same account."""
SHOWN: Final = ("id", "accountEnabled", CORRELATION, *PRODUCES)
ADVANCED: Final = {"ConsistencyLevel": "eventual"}
"""Some filters are answered with this header and a count only; a search then sees a little less."""


class Speaking:
    """Parts that every conversation of one writer shares.

    Args:
        settings: How long a new account is waited for.

    Attributes:
        fresh: Accounts that this writer made or restored: a 404 on one of them may mean "not yet".
    """

    def __init__(self, settings: EntraIdSettings) -> None:
        """Nothing was made yet."""
        self._settings = settings
        self._managers: dict[str, str] = {}
        self.fresh: set[str] = set()

    def surely(self, call: Call, *, ref: str | None = None) -> Steps[Reply]:
        """Send a call that may be sent twice without harm.

        After a lost answer it is sent once more: Graph says then that it was done, or does it.

        Args:
            call: A change to a state, such as a PATCH or a membership.
            ref: The account that it is about.

        Raises:
            NotFound: It is not there, and not because it is new.
            Transient: Still no answer.
        """
        try:
            return (yield from self.patiently(call, ref=ref))
        except Transient:
            return (yield from self.patiently(call, ref=ref))

    def patiently(self, call: Call, *, ref: str | None = None) -> Steps[Reply]:
        """Send a call; wait a while for an account of ours that is not seen yet (E3).

        Raises:
            NotFound: It is not there, and not because it is new.
        """
        waited, pause, clashes = 0.0, FIRST_PAUSE_SECONDS, 0
        while True:
            try:
                return (yield call)
            except NotSeen:
                if ref not in self.fresh or waited >= self._settings.patience_seconds:
                    raise
            except Conflict:
                clashes += 1
                if clashes >= CLASHES:
                    raise
            yield Pause(pause)
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def account(self, ref: str, *, more: tuple[str, ...] = ()) -> Steps[dict[str, Any] | None]:
        """An account as it is now, None when it is gone."""
        try:
            reply = yield from self.patiently(look(ref, more=more), ref=ref)
        except NotFound:
            return None
        return reply.json if isinstance(reply.json, dict) else None

    def accounts_of(self, person: str) -> Steps[list[dict[str, Any]]]:
        """Accounts with an HR id; a new one may not be among them yet."""
        return (yield from self._found("/users", person, SHOWN))

    def deleted_of(self, person: str) -> Steps[list[dict[str, Any]]]:
        """Accounts with an HR id in the recycle bin."""
        path = "/directory/deletedItems/microsoft.graph.user"
        return (yield from self._found(path, person, ("id", "userPrincipalName"), ADVANCED))

    def _found(
        self, path: str, person: str, names: tuple[str, ...], headers: Any = None
    ) -> Steps[list[dict[str, Any]]]:
        params = {
            "$filter": f"{CORRELATION} eq {quoted(person)}",
            "$select": ",".join(names),
            **({"$count": "true"} if headers else {}),
        }
        reply = yield Call("GET", path, headers=headers or {}, params=params)
        content = reply.json if isinstance(reply.json, dict) else {}
        return [one for one in content.get("value") or [] if isinstance(one, dict)]

    def manager(self, person: str) -> Steps[str | None]:
        """The account of a manager by HR id, None when there is none, or more than one.

        Looked up once for all who have that manager; one that is not there is asked for again.
        """
        known = self._managers.get(person)
        if known is None:
            found = yield from self.accounts_of(person)
            if len(found) != 1:
                return None
            known = self._managers[person] = str(found[0]["id"])
        return known


def look(ref: str, *, more: tuple[str, ...] = ()) -> Call:
    """The call that reads back an account."""
    return Call("GET", f"/users/{ref}", params={"$select": ",".join((*SHOWN, *more))})


def produced(user: Any) -> Attributes:
    """What a receipt reports of an account: the values that Graph gave."""
    if not isinstance(user, dict):
        return {}
    return {name: user[name] for name in PRODUCES if isinstance(user.get(name), str) and user[name]}
