"""Writes changes into one tenant; `apply` is the only way in.

Every write is a conversation (`steps`), carried on by itself or, twenty at a time, in batches. What
an account holds already is not written again; after a lost answer it is asked what became of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.entra_id.attributes import CORRELATION, MANAGER, attribute, body_of
from connectors.entra_id.creation import Creation
from connectors.entra_id.graph import Followed, Graph
from connectors.entra_id.manifest import MANIFEST
from connectors.entra_id.relations import GONE, Relations
from connectors.entra_id.settings import EntraIdSettings
from connectors.entra_id.speaking import Speaking, look, produced
from connectors.model.change import Change, Verb
from connectors.model.errors import Invalid, NotFound, Refused, Transient
from connectors.model.receipt import Receipt
from connectors.model.values import Clear, Value
from connectors.sdk.batching import apply_in_batches
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.calls import Call, Steps, alone
from connectors.sdk.fanout import Written, apply_per_person
from connectors.sdk.passwords import PasswordSink

SEEN_NEXT_TIME: Final = "Run again: the next plan sees that."


class EntraIdWriter:
    """Writes into one tenant.

    Args:
        settings: How to write.
        target: Name of the target in the profile.
        sink: Where initial passwords go.

    Raises:
        ConfigError: A certificate cannot be read, or the app that writes has no credentials.
    """

    def __init__(self, settings: EntraIdSettings, target: str, sink: PasswordSink) -> None:
        """Prepare the connection; nothing is sent yet."""
        self._settings, self._target = settings, target
        self._graph = Graph(settings, target, read_only=False)
        self._speaking = Speaking(settings)
        self._relations = Relations(settings, self._speaking, target)
        self._creation = Creation(settings, self._speaking, self._relations, sink, target)
        self._before_image = BeforeImage(MANIFEST, target)
        self._protected = {one.casefold() for one in settings.protected}
        self._steps_by_verb: dict[Verb, Callable[[Change], Steps[Written]]] = {
            Verb.CORRELATE: self._correlate,
            Verb.CREATE: self._creation.create,
            Verb.UPDATE: self._update,
            Verb.ENABLE: self._enable,
            Verb.DISABLE: self._disable,
            Verb.DELETE: self._delete,
            Verb.RESTORE: self._restore,
            Verb.GRANT: self._relations.grant,
            Verb.REVOKE: self._relations.revoke,
        }

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """See `connectors.model.connector.Writer.apply`."""
        size, concurrency = self._settings.batch_size, self._settings.concurrency
        if size == 1:
            return apply_per_person(
                changes,
                lambda change: alone(self.steps(change), self._graph.send),
                concurrency=concurrency,
            )
        return apply_in_batches(
            changes, self.steps, self._graph.send_together, size=size, concurrency=concurrency
        )

    def steps(self, change: Change) -> Steps[Written]:
        """The writing of one change, as a conversation.

        Raises:
            Invalid: Nothing here does that.
            Refused: The settings protect the account.
        """
        steps = self._steps_by_verb.get(change.verb)
        if steps is None:
            message = f"accounts in Entra ID know no {change.verb}"
            raise Invalid(message, system=self._target)
        if change.ref is not None and change.ref.casefold() in self._protected:
            message = f"the settings protect the account {change.ref}"
            raise Refused(message, system=self._target)
        return steps(change)

    def close(self) -> None:
        """Close the connections."""
        self._graph.close()

    # --- Accounts ---------------------------------------------------------------------------------

    def _correlate(self, change: Change) -> Steps[Written]:
        """Nothing is written: the link is the ledger's. The account must be there, though."""
        ref = self._ref(change)
        return Written(ref=ref, produced=produced((yield from self._existing(ref))))

    def _update(self, change: Change) -> Steps[Written]:
        ref = self._ref(change)
        body = body_of(change.after, clearing=True)
        if body.get(CORRELATION, change.person) in (None, ""):
            message = f"{CORRELATION} cannot be emptied: it is the link to the person"
            raise Invalid(message, system=self._target)
        user = yield from self._existing(ref, body)
        self._require_unmoved(change, user)
        differing = _differing(user, body)
        if differing:
            user = yield from self._patch(ref, differing)
        details: list[str] = []
        related = False
        if MANAGER in change.after:
            related, details = yield from self._write_manager(change, ref)
        return Written(
            ref=ref,
            produced=produced(user),
            already=not differing and not related,
            detail="; ".join(details) or None,
        )

    def _write_manager(self, change: Change, ref: str) -> Steps[tuple[bool, list[str]]]:
        """Whether there was something to write, and what is to be said of it."""
        wanted = change.after[MANAGER]
        if isinstance(wanted, Clear) or wanted == "":
            return (yield from self._relations.clear_manager(ref)), []
        return (yield from self._relations.set_manager(ref, str(wanted)))

    def _enable(self, change: Change) -> Steps[Written]:
        ref = self._ref(change)
        user = yield from self._existing(ref)
        self._require_unmoved(change, user)
        if user.get("accountEnabled") is True:
            return Written(ref=ref, produced=produced(user), already=True)
        user = yield from self._patch(ref, {"accountEnabled": True})
        return Written(ref=ref, produced=produced(user))

    def _disable(self, change: Change) -> Steps[Written]:
        """Disable, and end the sessions: without that, somebody stays signed in for up to an hour.

        Source: Microsoft Graph, "user: revokeSignInSessions".
        """
        ref = self._ref(change)
        revoke = Call("POST", f"/users/{ref}/revokeSignInSessions")
        disable = Call("PATCH", f"/users/{ref}", json={"accountEnabled": False})
        ends_sessions = self._settings.revoke_sessions_on_disable
        call = _followed(disable, revoke) if ends_sessions else disable
        user = yield from self._speaking.account(ref)
        if user is None:
            return Written(ref=ref, already=True, detail=GONE)
        self._require_unmoved(change, user)
        if user.get("accountEnabled") is False:
            return Written(ref=ref, already=True)
        try:
            reply = yield from self._speaking.surely(call, ref=ref)
            if ends_sessions and reply.json is None:
                yield from self._speaking.surely(revoke, ref=ref)
        except NotFound:
            return Written(ref=ref, already=True, detail=GONE)
        detail = "its sign-in sessions were ended" if ends_sessions else None
        return Written(ref=ref, detail=detail)

    def _delete(self, change: Change) -> Steps[Written]:
        ref = self._ref(change)
        call = Call("DELETE", f"/users/{ref}")
        if self._before_image.is_known(change):
            user = yield from self._speaking.account(ref)
            if user is None:
                return Written(already=True, detail=GONE)
            self._require_unmoved(change, user)
        try:
            yield from self._speaking.surely(call, ref=ref)
        except NotFound:
            return Written(already=True, detail=GONE)
        return Written(detail="it can be restored for thirty days")

    def _restore(self, change: Change) -> Steps[Written]:
        """Bring a deleted account back; its groups and licences may come along.

        Raises:
            NotFound: It is not in the recycle bin (any more).
            Refused: One of its names was given to another account since.

        Source: Microsoft Graph, "Restore deleted directory object item".
        """
        ref = self._ref(change)
        user = yield from self._speaking.account(ref)
        if user is not None:
            return Written(ref=ref, produced=produced(user), already=True)
        call = Call("POST", f"/directory/deletedItems/{ref}/restore", json={})
        try:
            yield from self._speaking.surely(call)
        except NotFound:
            # Restored by a call whose answer was lost, or gone for good.
            if (user := (yield from self._speaking.account(ref))) is None:
                message = f"the account {ref} is not in the recycle bin any more"
                raise NotFound(message, system=self._target) from None
            return Written(ref=ref, produced=produced(user), detail="confirmed by reading back")
        self._speaking.fresh.add(ref)  # it may take a while until it is seen again
        user = yield from self._existing(ref)
        return Written(ref=ref, produced=produced(user), detail="restored from the recycle bin")

    # --- Parts ------------------------------------------------------------------------------------

    def _require_unmoved(self, change: Change, user: Mapping[str, Any]) -> None:
        """Raise `Moved` unless an account is as the plan saw it, or as it shall be.

        The manager is a relation, which no reading of a user shows; it is not looked at.
        """
        held: dict[str, Value | None] = {
            name: attribute(user, name) for name in change.after.keys() - {MANAGER, "enabled"}
        }
        held["enabled"] = user.get("accountEnabled")
        hr_id = attribute(user, CORRELATION)
        self._before_image.require(change, held, hr_id=hr_id, but={MANAGER})

    def _existing(self, ref: str, body: Mapping[str, Any] | None = None) -> Steps[dict[str, Any]]:
        """An account as it is, with the properties that a body names.

        Raises:
            NotFound: It is gone.
        """
        user = yield from self._speaking.account(ref, more=tuple(body or ()))
        if user is None:
            message = f"the account {ref} is gone"
            raise NotFound(message, system=self._target, hint=SEEN_NEXT_TIME)
        return user

    def _patch(self, ref: str, body: dict[str, Any]) -> Steps[dict[str, Any]]:
        """Change an account and read it back in one go.

        After a lost answer it looks, and sends what is still to be done.

        Raises:
            NotFound: It is gone.
        """
        try:
            return (yield from self._patched(ref, body))
        except Transient:
            user = yield from self._existing(ref, body)
            if not _differing(user, body):
                return user
            return (yield from self._patched(ref, body))

    def _patched(self, ref: str, body: dict[str, Any]) -> Steps[dict[str, Any]]:
        patch = Call("PATCH", f"/users/{ref}", json=body)
        reply = yield from self._speaking.patiently(_followed(patch, look(ref)), ref=ref)
        if isinstance(reply.json, dict):
            return reply.json
        return (yield from self._existing(ref))

    def _ref(self, change: Change) -> str:
        if change.ref is None:
            message = "the change does not say which account"
            raise Invalid(message, system=self._target)
        return change.ref


def _differing(user: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body an account does not hold yet; order of values does not matter."""
    return {name: value for name, value in body.items() if not _holds(user.get(name), value)}


def _holds(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        inner = held if isinstance(held, dict) else {}
        return all(_holds(inner.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return sorted(held or ()) == sorted(wanted)
    return bool(held == wanted) or (wanted is None and held == "")


def _followed(call: Call, then: Call) -> Followed:
    """A call with another one behind it."""
    return Followed(call.method, call.path, call.json, call.headers, call.params, then)
