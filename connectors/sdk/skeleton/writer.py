"""Writes the accounts of the service: each change is a conversation, sent call by call."""

from collections.abc import Iterable, Iterator
from typing import Any

from connectors.model.change import Change, Verb
from connectors.model.errors import AlreadyExists, Invalid, NotFound, Transient
from connectors.model.receipt import Receipt
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.calls import Call, Steps, alone
from connectors.sdk.fanout import Written, apply_per_person
from connectors.sdk.skeleton.client import account_call, open_http
from connectors.sdk.skeleton.manifest import MANIFEST, PERSON
from connectors.sdk.skeleton.mapping import attributes_of, body_of
from connectors.sdk.skeleton.settings import SkeletonSettings

GONE = "the account was not there any more"
READ_BACK = "confirmed by reading back"


class SkeletonWriter:
    """Writes to a service.

    Args:
        settings: Where it is.
        target: Name of the target in the profile.
    """

    def __init__(self, settings: SkeletonSettings, target: str) -> None:
        """Open a connection; nothing is sent yet."""
        self._target, self._concurrency = target, settings.concurrency
        self._http = open_http(settings, target, read_only=False)
        self._before_image = BeforeImage(MANIFEST, target)

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes, persons side by side.

        Raises:
            Fatal: The service refuses us, or does not answer any more.
        """
        return apply_per_person(changes, self._execute, concurrency=self._concurrency)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _execute(self, change: Change) -> Written:
        return alone(self.steps(change), self._http.send)

    def steps(self, change: Change) -> Steps[Written]:
        """The conversation that writes one change."""
        if change.verb is Verb.CREATE:
            return (yield from _create(change))
        if change.ref is None:
            message = f"a {change.verb.value} without an account"
            raise NotFound(message, system=self._target)
        match change.verb:
            case Verb.CORRELATE:
                return Written(ref=change.ref)
            case Verb.UPDATE | Verb.ENABLE:
                return (yield from self._patch(change, change.ref))
            case Verb.DISABLE:
                return (yield from _unless_gone(self._patch(change, change.ref)))
            case Verb.GRANT:
                return (yield from _grant(change.ref, str(change.after["permission"])))
            case Verb.REVOKE:
                return (yield from _revoke(change.ref, str(change.before["permission"])))
            case Verb.DELETE:
                return (yield from _unless_gone(self._delete(change, change.ref)))
            case _:
                message = f"there is no {change.verb.value} here"
                raise Invalid(message, system=self._target)

    def _patch(self, change: Change, ref: str) -> Steps[Written]:
        row, body = (yield from self._unmoved(change, ref)), body_of(change.after)
        if _holds(row, body):
            return _written(row, already=True)
        return (yield from _patch(ref, body))

    def _delete(self, change: Change, ref: str) -> Steps[Written]:
        yield from self._unmoved(change, ref)
        return (yield from _delete(ref))

    def _unmoved(self, change: Change, ref: str) -> Steps[dict[str, Any]]:
        """The account as it is right before it is written.

        Raises:
            Moved: It is not what the plan saw.
        """
        reply = yield account_call(ref)
        row: dict[str, Any] = reply.json
        held = {**attributes_of(row), "enabled": bool(row["enabled"])}
        self._before_image.require(change, held, hr_id=row.get(PERSON))
        return row


def _create(change: Change) -> Steps[Written]:
    try:
        made = yield Call("POST", "/accounts", json=body_of(change.after))
    except (AlreadyExists, Transient) as error:
        # Ours from a run that was cut short, or somebody else's: only the HR id tells.
        found = yield Call("GET", "/accounts", params={"person": change.person})
        if len(found.json["accounts"]) != 1:
            raise
        already = isinstance(error, AlreadyExists)
        [row] = found.json["accounts"]
        return _written(row, already=already, detail=None if already else READ_BACK)
    return _written(made.json)


def _patch(ref: str, body: dict[str, Any]) -> Steps[Written]:
    try:
        reply = yield Call("PATCH", f"/accounts/{ref}", json=body)
    except Transient:
        reply = yield account_call(ref)
        if not _holds(reply.json, body):
            raise
        return _written(reply.json, detail=READ_BACK)
    return _written(reply.json)


def _grant(ref: str, group: str) -> Steps[Written]:
    return (yield from _member("PUT", ref, group, held_after=True))


def _revoke(ref: str, group: str) -> Steps[Written]:
    return (yield from _unless_gone(_member("DELETE", ref, group, held_after=False)))


def _member(method: str, ref: str, group: str, *, held_after: bool) -> Steps[Written]:
    """Add a member or take one out; the service says whether that changed anything."""
    path = f"/groups/{group}/members/{ref}"
    try:
        reply = yield Call(method, path)
    except Transient:
        if (yield from _is_there(Call("GET", path))) is not held_after:
            raise
        return Written(ref=ref, detail=READ_BACK)
    return Written(ref=ref, already=not reply.json["changed"])


def _delete(ref: str) -> Steps[Written]:
    try:
        yield Call("DELETE", f"/accounts/{ref}")
    except NotFound:
        return Written(already=True, detail=GONE)
    except Transient:
        if (yield from _is_there(account_call(ref))):
            raise
        return Written(detail=READ_BACK)
    return Written()


def _holds(row: dict[str, Any], body: dict[str, Any]) -> bool:
    return all(row.get(name) == value for name, value in body.items())


def _is_there(look: Call) -> Steps[bool]:
    try:
        yield look
    except NotFound:
        return False
    return True


def _unless_gone(steps: Steps[Written]) -> Steps[Written]:
    """What takes away has reached its end when the account is gone."""
    try:
        return (yield from steps)
    except NotFound:
        return Written(already=True, detail=GONE)


def _written(row: dict[str, Any], *, already: bool = False, detail: str | None = None) -> Written:
    return Written(ref=row["id"], produced=attributes_of(row), already=already, detail=detail)
