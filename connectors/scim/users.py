"""Users of a provider, as parts of conversations: found, read, brought to what they should hold."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.model.errors import (
    Conflict,
    ConnectorError,
    Invalid,
    Misconfigured,
    NotFound,
    Refused,
    Transient,
    Unavailable,
)
from connectors.model.values import Attributes, Value
from connectors.scim.announced import Announced
from connectors.scim.everybody import WHAT, Everybody
from connectors.scim.manifest import manifest_for
from connectors.scim.members import address_of
from connectors.scim.pages import ident_of, path_to, resources_in
from connectors.scim.paths import Path, parse_path
from connectors.scim.protection import Protection
from connectors.scim.replies import NOT_DONE, PATH_ERRORS, Outdated, VersionNeeded
from connectors.scim.resources import Resource, Wanted, differing, operations, replacement
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import PATCH_OP, WRITING
from connectors.sdk.calls import Call, Reply, Steps
from connectors.sdk.turns import Written

Look = Callable[[Resource], None]
"""Looks at a user that was read to be written; raises `Moved` when it is not what the plan saw."""

GONE: Final = "the account is gone"
TRIES: Final = 3
"""Writes of one user that somebody else may get between."""
MOST_REMEMBERED: Final = 2_000
"""Users that were written a moment ago, of whom another change may follow."""


class Users:
    """Finds, reads and changes users.

    Args:
        settings: What correlates, what is protected.
        announced: What the provider can.
        system: Name of the target, for messages.
    """

    def __init__(self, settings: ScimSettings, announced: Announced, system: str) -> None:
        """Remember the parts; nobody is known yet."""
        self._settings, self._announced, self._system = settings, announced, system
        self._protection = Protection(settings)
        self._correlation = parse_path(settings.correlation)
        self._produced = {
            name: parse_path(settings.names.get(name, name))
            for name in manifest_for(settings).produces
        }
        self._read_only = tuple(announced.read_only())
        self._asking = announced.asking()
        self._addresses: dict[str, str] = {}
        self._lately: dict[str, Resource] = {}
        self._lock = threading.Lock()
        self._shown_at: dict[Path, bool] = {}

    @property
    def protects(self) -> bool:
        """Whether some users must not be touched."""
        return bool(self._protection)

    def path(self, ref: str | None) -> str:
        """The path of a user.

        Raises:
            Invalid: Not an id.
        """
        return path_to(self._announced.users, ref, self._system)

    def ref(self, user: Mapping[str, Any]) -> str:
        """The id of a user."""
        return ident_of(user, self._system, "Users")

    def address(self, ref: str) -> str:
        """Where a user that was seen says that it is; "" for no such thing."""
        return self._addresses.get(ref, "")

    def written(self, user: Resource, *, already: bool = True, detail: str = "") -> Written:
        """What came of a change: the user as it is now."""
        return Written(
            ref=self.ref(user), produced=self.produced(user), already=already, detail=detail or None
        )

    def produced(self, user: Mapping[str, Any]) -> Attributes:
        """What a receipt reports of a user."""
        values = {name: path.held(user) for name, path in self._produced.items()}
        return {name: value for name, value in values.items() if value is not None}

    # --- Finding ----------------------------------------------------------------------------------

    def find(self, ref: str | None, *, lately: bool = False) -> Steps[Resource | None]:
        """The user of that id, None when it is gone.

        Args:
            ref: The id.
            lately: Whether it may be what was remembered of it, which is given once.

        Raises:
            Refused: It is protected.
        """
        with self._lock:
            user = self._lately.pop(ref or "", None) if lately else None
        if user is None:
            try:
                reply = yield Call("GET", self.path(ref), params=self._asking or None)
            except NotFound:
                return None
            user = self.user_in(reply)
        self._protection.refuse(user, self._system)
        return user

    def remember(self, user: Resource) -> Resource:
        """Keep a user as it was seen right after it was written, for the person's next change.

        Not where the whole is sent with every write: an answer may show less than there is, and
        what is left out of a PUT may be cleared.
        """
        if self._announced.patch:
            with self._lock:
                while len(self._lately) >= MOST_REMEMBERED:
                    del self._lately[next(iter(self._lately))]
                self._lately[self.ref(user)] = user
        return user

    def existing(self, ref: str | None, *, lately: bool = False) -> Steps[Resource]:
        """The user of that id, looked for as `find` does.

        Raises:
            NotFound: It is gone.
            Refused: It is protected.
        """
        user = yield from self.find(ref, lately=lately)
        if user is None:
            message = f"the account {ref} is gone"
            raise NotFound(message, system=self._system, hint="Run again: the next plan sees that.")
        return user

    def known(self, ref: str | None) -> Steps[Resource | None]:
        """The same as `find`; for a user that was seen a moment ago, without asking: then empty."""
        if ref is not None and ref in self._addresses:
            return {}
        return (yield from self.find(ref))

    def of_person(self, person: str, *, looked: bool = False) -> Steps[list[Resource]]:
        """The users that hold a correlation value; by reading all where there is no filter.

        Args:
            person: The value.
            looked: Whether a reading of all may be one of earlier in this run: enough for accounts
                that an earlier run made, not for one that was made a moment ago.
        """
        if self._announced.filter:
            # Values are JSON (RFC 7644, section 3.4.2.2): quotes and backslashes are escaped so.
            text = f"{self._correlation} eq {json.dumps(person, ensure_ascii=False)}"
            params = {"filter": text, **self._asking}
            try:
                reply = yield Call("GET", self._announced.users, params=params)
                found, _ = resources_in(reply.json, self._system, WHAT)
            except (Refused, Misconfigured):
                pass  # it says that it can filter, and cannot
            else:
                mine = [user for user in found if self._is_of(user, person)]
                if len(mine) == len(found):
                    return mine
        everybody = Everybody(looked=looked, asking=self._asking)
        reply = yield Call("GET", self._announced.users, json=everybody)
        return [user for user in reply.json if self._is_of(user, person)]

    def _is_of(self, user: Resource, person: str) -> bool:
        """Whether a user is that person's: never by the word of a filter alone."""
        return str(self._correlation.held(user)) == person

    def user_in(self, reply: Reply) -> Resource:
        """The user that a reply holds.

        Raises:
            Unavailable: It holds none.
        """
        user = reply.json
        if not isinstance(user, dict) or "id" not in user:
            message = "the answer is no user"
            raise Unavailable(message, system=self._system)
        self._addresses[self.ref(user)] = address_of(user)
        meta = user["meta"] if isinstance(user.get("meta"), dict) else {}
        if "etag" in reply.headers:
            user["meta"] = {"version": reply.headers["etag"], **meta}
        return user

    # --- Changing ---------------------------------------------------------------------------------

    def bring(self, user: Resource, wanted: Wanted, look: Look = lambda _: None) -> Steps[Written]:
        """Write what a user does not hold yet, and report what it holds then.

        Args:
            user: As it was read just now.
            wanted: What it shall hold.
            look: Looks at it before a write, unless an earlier one may have been done.

        Raises:
            Moved: It is not what the plan saw.
            Conflict: Somebody else changed it, again and again.
            Invalid: The provider took a value and does not hold it.
        """
        path = self.path(self.ref(user))
        manner = _Manner(patches=self._announced.patch, versioned=self._announced.etag)
        for attempt in range(TRIES):
            if manner.lost is None:
                look(user)
            due = differing(user, wanted)  # what is never shown always differs
            if not due or (attempt and not differing(user, self._shown(wanted))):
                return self.written(user, already=manner.lost is None)
            try:
                reply = yield self._writing(path, user, due, manner)
            except ConnectorError as error:
                if manner.learn(error, due, version=version_of(user)):
                    seen, user = version_of(user), (yield from self.existing(self.ref(user)))
                    if isinstance(error, Outdated) and version_of(user) == seen:
                        manner.versioned = False  # it shows versions, and does not go by them
            else:
                return (yield from self._brought(user, reply, wanted))
        if not differing(user, self._shown(wanted)):
            return self.written(user, already=manner.lost is None)
        if manner.lost is not None:
            raise manner.lost
        message = f"somebody else changes the account at the same time, {TRIES} times in a row"
        raise Conflict(message, system=self._system, operation=f"PATCH {path}")

    def _writing(self, path: str, user: Resource, due: Wanted, manner: "_Manner") -> Call:
        headers = dict(WRITING)
        version = version_of(user)
        if version and (manner.versioned or manner.whole or not manner.patches):
            headers["If-Match"] = version
        if manner.patches:
            body = {"schemas": [PATCH_OP], "Operations": operations(user, due, whole=manner.whole)}
            return Call("PATCH", path, json=body, headers=headers)
        body = replacement(user, due, self._read_only)
        return Call("PUT", path, json=body, headers=headers)

    def _brought(self, user: Resource, reply: Reply, wanted: Wanted) -> Steps[Written]:
        """The user behind a write: as the answer shows it, or as a reading does."""
        shown = reply.json if isinstance(reply.json, dict) and "id" in reply.json else None
        if shown is not None and not differing(shown, self._shown(wanted)):
            return self.written(self.remember(self.user_in(reply)), already=False)
        now_held = yield from self.existing(self.ref(user))
        self.require_kept(now_held, wanted, before=user)
        return self.written(self.remember(now_held), already=False)

    def require_kept(
        self, user: Resource, wanted: Wanted, *, before: Resource | None = None
    ) -> None:
        """Raise `Invalid` when the provider took a value without a word and did nothing with it.

        One that it spells in its own way is its own affair: the receipt says how.

        Args:
            user: As it is now.
            wanted: What was written.
            before: As it was; None for a new one.
        """
        lost = [
            str(path)
            for path, value in differing(user, self._shown(wanted)).items()
            if _is_lost(path, value, user, before)
        ]
        if lost:
            message = f"the provider took {', '.join(sorted(lost))} and does not hold it"
            raise Invalid(message, system=self._system, hint="Take it out of the field mapping.")

    def _shown(self, wanted: Wanted) -> Wanted:
        """What can be read back."""
        return {path: value for path, value in wanted.items() if self.shows(path)}

    def hr_id(self, user: Mapping[str, Any]) -> Value | None:
        """The correlation value that a user carries."""
        return self._correlation.held(user)

    def shows(self, path: Path) -> bool:
        """Whether a reading shows the values of a path."""
        shown = self._shown_at.get(path)
        if shown is None:
            known = self._announced.knows(path)
            shown = known is None or known.returned in {"always", "default"}
            self._shown_at[path] = shown
        return shown


def version_of(user: Mapping[str, Any]) -> str:
    """The version of a user that was read, "" for none."""
    meta = user.get("meta")
    version = meta.get("version") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else ""


def _is_lost(path: Path, value: Value | None, user: Resource, before: Resource | None) -> bool:
    """Whether a value that differs from what was written shows that nothing was written."""
    held = path.held(user)
    if isinstance(value, bool) or (held is None and value is not None):
        return True
    return before is not None and held == path.held(before) and _letters(held) != _letters(value)


def _letters(value: Value | None) -> str:
    """What is left of a value whatever the provider's way of writing it."""
    return "".join(letter for letter in str(value).casefold() if letter.isalnum())


@dataclass(slots=True)
class _Manner:
    """How one user is written, and what was learnt on the way.

    Attributes:
        patches: By PATCH, not by PUT.
        versioned: Only if nobody else has changed it.
        whole: All values of an attribute at once, where one of them is chosen.
        lost: The last error after which nobody knows what was done.
    """

    patches: bool
    versioned: bool = False
    whole: bool = False
    lost: Transient | None = None

    def learn(self, error: ConnectorError, due: Wanted, *, version: str) -> bool:
        """Whether to look at the user before the next try.

        Raises:
            ConnectorError: The same, when another try would be no use.
        """
        chooses = any(path.by for path in due)
        match error:
            case VersionNeeded() if version and not self.versioned:
                self.versioned = True
                return False
            case Outdated():
                self.versioned = True
                return True
            case Invalid() if self.patches and not self.whole and chooses:
                if error.code not in PATH_ERRORS:
                    raise error
                self.whole = True
                return False
            case Transient() if not isinstance(error, NOT_DONE):
                self.lost, self.whole = error, chooses
                return True
            case _:
                raise error
