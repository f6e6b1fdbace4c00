"""Writes changes at a provider; `apply` is the only way in.

Each change is a conversation: what stands there is read, what differs is written, what stands there
then is reported. After a lost answer it looks before it repeats.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from connectors.model.change import Change, Verb
from connectors.model.errors import Invalid, NotFound, Transient
from connectors.model.receipt import Receipt
from connectors.model.values import Clear, Pending, Value
from connectors.scim.announced import Announced
from connectors.scim.client import ScimClient
from connectors.scim.creation import ACTIVE, Creation
from connectors.scim.manifest import MANIFEST, manifest_for
from connectors.scim.memberships import Membership
from connectors.scim.paths import Path, parse_path
from connectors.scim.permissions import parts_of, values_of
from connectors.scim.replies import NOT_DONE, VersionNeeded
from connectors.scim.resources import Resource, Wanted
from connectors.scim.settings import BULK_SIZE, ScimSettings
from connectors.scim.traffic import Traffic
from connectors.scim.users import GONE, Look, Users, version_of
from connectors.sdk.batching import apply_in_batches
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.calls import Call, Steps, alone
from connectors.sdk.fanout import Written, apply_per_person
from connectors.sdk.passwords import PasswordSink

ENABLED: Final = "enabled"
"""Not a path: what an enable and a disable say of the account."""


class ScimWriter:
    """Writes at one provider.

    Args:
        settings: How to reach it, what correlates, what is protected.
        target: Name of the target in the profile.
        sink: Where initial passwords go; None for accounts without one.
    """

    def __init__(self, settings: ScimSettings, target: str, sink: PasswordSink | None) -> None:
        """Prepare the client; nothing is sent yet."""
        self._settings, self._target, self._sink = settings, target, sink
        self._client = ScimClient(settings, target, read_only=False)
        self._paths: dict[str, Path] = {}
        self._before_image = BeforeImage(manifest_for(settings), target)
        self._ready: tuple[Announced, Traffic, Users, Creation] | None = None

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """See `connectors.model.connector.Writer.apply`."""
        announced, traffic, _, _ = self._prepared()
        if announced.bulk and self._settings.use_bulk:
            return apply_in_batches(
                changes,
                self.steps,
                traffic.send_together,
                size=min(BULK_SIZE, announced.max_operations),
                concurrency=self._settings.concurrency,
            )
        return apply_per_person(
            changes,
            lambda change: alone(self.steps(change), traffic.send),
            concurrency=self._settings.concurrency,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def steps(self, change: Change) -> Steps[Written]:
        """The conversation that writes a change."""
        _, _, users, creation = self._prepared()
        match change.verb:
            case Verb.CORRELATE:
                user = yield from users.existing(change.ref)
                return users.written(user)
            case Verb.CREATE:
                return (yield from creation.create(change.person, self._wanted(change)))
            case Verb.UPDATE:
                user = yield from users.existing(change.ref, lately=True)
                wanted = self._wanted(change)
                return (yield from users.bring(user, wanted, self._look(change)))
            case Verb.ENABLE:
                user = yield from users.existing(change.ref, lately=True)
                return (yield from users.bring(user, {ACTIVE: True}, self._look(change)))
            case Verb.DISABLE:
                return (yield from self._disable(change))
            case Verb.DELETE:
                return (yield from self._delete(change))
            case Verb.GRANT | Verb.REVOKE:
                return (yield from self._permit(change, joins=change.verb is Verb.GRANT))
            case Verb.MOVE | Verb.RESTORE | Verb.UNMANAGE:
                message = f"{change.verb} is not offered"
                raise Invalid(message, system=self._target)

    def _disable(self, change: Change) -> Steps[Written]:
        _, _, users, _ = self._prepared()
        user = yield from users.find(change.ref, lately=True)
        if user is None:
            return Written(ref=change.ref, already=True, detail=GONE)
        return (yield from users.bring(user, {ACTIVE: False}, self._look(change)))

    def _delete(self, change: Change) -> Steps[Written]:
        _, _, users, _ = self._prepared()
        if users.protects or self._before_image.is_known(change):
            user = yield from users.find(change.ref)
            if user is None:
                return Written(already=True, detail=GONE)
            self._look(change)(user)
        path = users.path(change.ref)
        try:
            try:
                yield Call("DELETE", path)
            except VersionNeeded:
                user = yield from users.existing(change.ref)
                if not version_of(user):
                    raise
                yield Call("DELETE", path, headers={"If-Match": version_of(user)})
        except NotFound:
            return Written(already=True, detail=GONE)
        except NOT_DONE:
            raise
        except Transient:
            if (yield from users.find(change.ref)) is None:
                return Written()
            try:
                yield Call("DELETE", path)
            except NotFound:
                return Written()
        return Written()

    def _look(self, change: Change) -> Look:
        """What looks at a user before it is written."""
        _, _, users, _ = self._prepared()
        paths = {name: self._path(name) for name in change.after.keys() - {ENABLED}}

        def look(user: Resource) -> None:
            held = {name: path.held(user) for name, path in paths.items()}
            held[ENABLED] = ACTIVE.held(user)
            hidden = {name for name, path in paths.items() if not users.shows(path)}
            self._before_image.require(change, held, hr_id=users.hr_id(user), but=hidden)

        return look

    # --- Permissions ------------------------------------------------------------------------------

    def _permit(self, change: Change, *, joins: bool) -> Steps[Written]:
        announced, _, users, _ = self._prepared()
        permission = _permission(change, self._target)
        user = yield from users.known(change.ref)
        if user is None:
            if not joins:
                return Written(ref=change.ref, already=True, detail=GONE)
            message = f"the account {change.ref} is gone"
            raise NotFound(message, system=self._target, hint="Run again: the next plan sees that.")
        parts = parts_of(permission, self._settings)
        if parts is not None:
            user = yield from users.existing(change.ref)
            return (yield from self._permit_value(user, *parts, joins=joins))
        wish = Membership(permission, str(change.ref), users.address(str(change.ref)), joins)
        try:
            reply = yield wish.call(announced, self._target)
        except NotFound as error:
            if joins:
                message = f"the group {permission} is gone"
                hint = "Run again: the next plan sees that."
                raise NotFound(message, system=self._target, hint=hint) from error
            return Written(ref=change.ref, already=True, detail="the group is gone")
        return Written(ref=change.ref, already=not reply.json["changed"])

    def _permit_value(
        self, user: dict[str, Any], attribute: str, value: str, *, joins: bool
    ) -> Steps[Written]:
        """Give or take a role: one of several values, the others stay as they are."""
        _, _, users, _ = self._prepared()
        held = list(values_of(user, attribute))
        if (value in held) is joins:
            return Written(ref=users.ref(user), already=True)
        if all(isinstance(one, dict) for one in user.get(attribute) or []):
            path = Path(None, attribute, by="value", of=value, part="value")
            return (yield from users.bring(user, {path: value if joins else None}))
        # Bare texts, as some providers have them, cannot be chosen by a part.
        left = [*held, value] if joins else [one for one in held if one != value]
        path = Path(None, attribute, part="value")
        return (yield from users.bring(user, {path: tuple(left) if left else None}))

    # --- Parts ------------------------------------------------------------------------------------

    def _prepared(self) -> tuple[Announced, Traffic, Users, Creation]:
        """What depends on what the provider can, which is asked once."""
        if self._ready is None:
            announced = self._client.announced()
            users = Users(self._settings, announced, self._target)
            self._ready = (
                announced,
                Traffic(
                    self._client,
                    announced,
                    side_by_side=self._settings.concurrency,
                    page_size=self._settings.page_size,
                ),
                users,
                Creation(self._settings, announced, users, self._sink, self._target),
            )
        return self._ready

    def _wanted(self, change: Change) -> Wanted:
        """The values of a change by their paths.

        Raises:
            Invalid: The provider does not know an attribute, or it cannot be written.
        """
        wanted: dict[Path, Value | None] = {}
        for name, value in change.after.items():
            path = self._paths.get(name)
            if path is None:
                path = self._paths[name] = self._writable(name)
            if isinstance(value, Pending):
                message = f"{name} is not known yet"
                raise Invalid(message, system=self._target)
            wanted[path] = None if isinstance(value, Clear) or value in ("", ()) else value
        return wanted

    def _writable(self, name: str) -> Path:
        announced, *_ = self._prepared()
        path = self._path(name)
        known = announced.knows(path)
        if announced.describes_users and known is None:
            message = f"the provider's schemas know no {path}"
            raise Invalid(message, system=self._target, hint="Correct the field mapping.")
        if known is not None and known.mutability == "readOnly":
            message = f"{path} is read-only at the provider"
            raise Invalid(message, system=self._target, hint="Correct the field mapping.")
        return path

    def _path(self, name: str) -> Path:
        text = self._settings.names.get(name, name)
        try:
            path = parse_path(text)
        except ValueError as error:
            raise Invalid(str(error), system=self._target) from None
        if name in MANIFEST.reserved or path.attribute in MANIFEST.reserved:
            message = f"{name} is set by Retour itself, or by nobody"
            raise Invalid(message, system=self._target)
        return path


def _permission(change: Change, system: str) -> str:
    given = change.after.get("permission") or change.before.get("permission")
    if not isinstance(given, str) or not given:
        message = "the change does not say which permission"
        raise Invalid(message, system=system)
    return given
