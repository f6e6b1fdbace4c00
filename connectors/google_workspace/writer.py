"""Writes changes into the workspace; `apply` is the only way in.

What is written is described once, as conversations; whether their calls travel alone or in batches
is a setting. A person's calls follow each other in any case, so no user has two writers.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from connectors.google_workspace.accounts import User, is_enabled
from connectors.google_workspace.client import Workspace
from connectors.google_workspace.creation import Creation
from connectors.google_workspace.fields import ALIASES
from connectors.google_workspace.manifest import MANIFEST
from connectors.google_workspace.membership import Membership
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.google_workspace.talk import Talk, path_of
from connectors.model.change import Change, Verb
from connectors.model.errors import AlreadyExists, Conflict, Invalid, NotFound
from connectors.model.receipt import Receipt
from connectors.model.values import Attributes
from connectors.sdk.batching import apply_in_batches
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.calls import Call, Steps, alone
from connectors.sdk.fanout import Written, apply_per_person
from connectors.sdk.passwords import PasswordSink

GONE: Final = "the account is gone"


class GoogleWorkspaceWriter:
    """Writes into one customer.

    Args:
        settings: What may be done, and how many calls travel together.
        target: Name of the target in the profile.
        workspace: The connection that writes.
        sink: Where initial passwords go.
        first_pause_seconds: The first wait for what is not settled yet.
    """

    def __init__(
        self,
        settings: GoogleWorkspaceSettings,
        target: str,
        workspace: Workspace,
        sink: PasswordSink,
        *,
        first_pause_seconds: float = 0.5,
    ) -> None:
        """Remember the parts; nothing is sent yet."""
        self._settings, self._workspace = settings, workspace
        self._talk = Talk(settings, target, first_pause_seconds=first_pause_seconds)
        self._before_image = BeforeImage(MANIFEST, target)
        self._creation = Creation(settings, self._talk, sink)
        membership = Membership(settings, self._talk)
        self._steps_by_verb = {
            Verb.CORRELATE: self._correlate,
            Verb.CREATE: self._creation.create,
            Verb.UPDATE: self._update,
            Verb.ENABLE: self._enable,
            Verb.DISABLE: self._disable,
            Verb.MOVE: self._move,
            Verb.DELETE: self._delete,
            Verb.RESTORE: self._restore,
            Verb.GRANT: membership.grant,
            Verb.REVOKE: membership.revoke,
        }

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """See `connectors.model.connector.Writer.apply`."""
        if self._settings.batch_size == 1:
            return apply_per_person(changes, self._alone, concurrency=self._settings.concurrency)
        return apply_in_batches(
            changes,
            self.steps,
            self._workspace.send_batch,
            size=self._settings.batch_size,
            concurrency=self._settings.concurrency,
        )

    def steps(self, change: Change) -> Steps[Written]:
        """The writing of one change, as a conversation."""
        return self._steps_by_verb[change.verb](change)

    def close(self) -> None:
        """Close the connections."""
        self._workspace.close()

    def _alone(self, change: Change) -> Written:
        return alone(self.steps(change), self._workspace.send)

    # --- Verbs ------------------------------------------------------------------------------------

    def _correlate(self, change: Change) -> Steps[Written]:
        """Nothing is written: the link is the ledger's. The account must be there, though."""
        user = yield from self._talk.account(change.ref)
        return self._written(user)

    def _update(self, change: Change) -> Steps[Written]:
        fields = self._talk.fields
        fields.check(change.after)
        user = yield from self._unmoved(change)
        ref, held = str(user["id"]), user
        differing = {
            name: value
            for name, value in change.after.items()
            if not fields.holds(user, {name: value})
        }
        if not differing:
            return self._written(user, already=True)
        aliases = differing.pop(ALIASES, None)
        if differing:
            held = yield from self._put_fields(ref, user, differing)
        if aliases is not None:
            wanted = aliases if isinstance(aliases, tuple) else ()
            yield from self._set_aliases(held, wanted)
        return self._written(held)

    def _put_fields(self, ref: str, user: User, differing: Attributes) -> Steps[User]:
        """Write fields; a rename may be answered with 409 although it was done."""
        fields = self._talk.fields

        def holds(found: User) -> bool:
            return fields.holds(found, differing)

        body = fields.body(differing, user)
        if "primaryEmail" not in differing:
            return (yield from self._talk.put(ref, body, holds))
        try:
            return (yield from self._talk.put(ref, body, holds))
        except (AlreadyExists, Conflict):
            found = yield from self._talk.find(ref)
            if found is None or not holds(found):
                raise
            return found

    def _set_aliases(self, user: User, wanted: tuple[str, ...]) -> Steps[None]:
        """Make the aliases those that are wanted, and no others."""
        yield from self._creation.add_aliases(user, wanted)
        kept = {alias.casefold() for alias in wanted}
        for alias in user.get(ALIASES) or ():
            if alias.casefold() not in kept:
                path = f"{path_of(str(user['id']))}/aliases/{quote(str(alias), safe='@')}"
                yield from self._talk.take(Call("DELETE", path))

    def _enable(self, change: Change) -> Steps[Written]:
        user = yield from self._unmoved(change)
        if is_enabled(user):
            return self._written(user, already=True)
        body: dict[str, Any] = {"suspended": False}
        if user.get("archived"):
            body["archived"] = False
        user = yield from self._talk.put(
            str(user["id"]), body | self._listed(wanted=True), is_enabled
        )
        return self._written(user)

    def _disable(self, change: Change) -> Steps[Written]:
        try:
            user = yield from self._unmoved(change)
        except NotFound:
            return Written(ref=change.ref, already=True, detail=GONE)
        if not is_enabled(user):
            return self._written(user, already=True)
        field = "archived" if self._settings.on_disable == "archive" else "suspended"
        body = {field: True, **self._listed(wanted=False)}
        user = yield from self._talk.put(str(user["id"]), body, lambda one: not is_enabled(one))
        return self._written(user)

    def _listed(self, *, wanted: bool) -> dict[str, Any]:
        return {"includeInGlobalAddressList": wanted} if self._settings.hide_disabled else {}

    def _move(self, change: Change) -> Steps[Written]:
        path = change.after.get("container")
        if not isinstance(path, str) or not path:
            raise Invalid("the change does not say which unit", system=self._talk.system)
        user = yield from self._unmoved(change)

        def there(one: User) -> bool:
            return str(one.get("orgUnitPath", "")).casefold() == path.casefold()

        if there(user):
            return self._written(user, already=True)
        user = yield from self._talk.put(str(user["id"]), {"orgUnitPath": path}, there)
        return self._written(user)

    def _delete(self, change: Change) -> Steps[Written]:
        if not self._settings.allow_delete:
            raise Invalid("deleting is not allowed by the settings", system=self._talk.system)
        try:
            user = yield from self._unmoved(change)
        except NotFound:
            return Written(already=True, detail=GONE)
        ref = str(user["id"])

        def gone() -> Steps[User | None]:
            found = yield from self._talk.find(ref)
            return {} if found is None else None

        self._talk.fresh.pop(ref, None)
        try:
            yield from self._talk.ask_surely(Call("DELETE", path_of(ref)), gone)
        except NotFound:
            return Written(already=True, detail=GONE)
        return Written()

    def _restore(self, change: Change) -> Steps[Written]:
        """Bring a deleted account back into a unit, within twenty days; its groups are gone.

        Raises:
            NotFound: It is not there any more.
            AlreadyExists: One of its addresses was given to somebody else since.

        Source: Directory API, "users.undelete".
        """
        ref = self._talk.required(change.ref)
        user = yield from self._talk.find(ref)
        if user is not None:
            return self._written(user, already=True)
        unit = change.after.get("container")
        body = {"orgUnitPath": unit if isinstance(unit, str) else "/"}

        def back() -> Steps[User | None]:
            return (yield from self._talk.find(ref))

        call = Call("POST", f"{path_of(ref)}/undelete", json=body)
        yield from self._talk.ask_surely(call, back)
        self._talk.fresh[ref] = {"id": ref}  # it may take a while until it is seen again
        user = yield from self._talk.find(ref)
        if user is None:
            raise NotFound(f"the account {ref} is not seen yet", system=self._talk.system)
        self._talk.fresh[ref] = user
        return self._written(user)

    def _unmoved(self, change: Change) -> Steps[User]:
        """The account that is to be changed, as it is now.

        Raises:
            NotFound: It is gone.
            Invalid: It is protected.
            Moved: It is not what the plan saw.
        """
        user = yield from self._talk.account(change.ref)
        held = self._talk.fields.held(user, change.after)
        held |= {"enabled": is_enabled(user), "container": user.get("orgUnitPath")}
        self._before_image.require(change, held, hr_id=self._talk.fields.person(user))
        return user

    def _written(self, user: User, *, already: bool = False) -> Written:
        return Written(ref=str(user["id"]), produced=self._talk.produced(user), already=already)
