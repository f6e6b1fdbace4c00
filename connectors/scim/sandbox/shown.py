"""What a resource looks like to a client (RFC 7644, section 3.9).

With `schemas`, `meta` and what is worked out on reading, and with no more than was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from connectors.scim.sandbox.catalogue import COMMON, ENTERPRISE, GROUPS, USERS
from connectors.scim.sandbox.errors import ScimError
from connectors.scim.sandbox.names import Place, place_of
from connectors.scim.sandbox.schema import Attribute, Kind, member
from connectors.scim.sandbox.store import Store, Stored
from connectors.scim.sandbox.switches import Switches

ALWAYS: Final = frozenset({"id", "schemas"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a resource is asked for.

    Attributes:
        only: Names from `attributes`; None for the default.
        without: Names from `excludedAttributes`.
    """

    only: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Wish":
        """From a query, or from the body of a search.

        Raises:
            ScimError: Both are given: 400 invalidValue.
        """
        only, without = (
            _names(member(given, "attributes")),
            _names(member(given, "excludedAttributes")),
        )
        if only and without:
            raise ScimError(
                400, "attributes and excludedAttributes exclude each other", "invalidValue"
            )
        return cls(only or None, without or ())


def _names(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, Sequence) or not all(isinstance(one, str) for one in parts):
        raise ScimError(400, "attributes are named by texts", "invalidValue")
    return tuple(one.strip() for one in parts if one.strip())


def complete(stored: Stored, store: Store, base: str, switches: Switches) -> dict[str, Any]:
    """Everything that can be shown of a resource, and what is only filtered by."""
    kind = stored.kind
    location = f"{base}{kind.endpoint}/{quote(stored.id, safe='')}"
    content = dict(stored.content)
    content["id"] = stored.id
    content["schemas"] = [
        kind.core.id,
        *(extension.id for extension in kind.extensions if extension.id in stored.content),
    ]
    content["meta"] = {
        "resourceType": kind.name,
        "created": _moment(stored.created),
        "lastModified": _moment(stored.modified),
        "location": location,
        **({"version": stored.etag} if switches.etag else {}),
    }
    if kind is USERS:
        groups = [
            {
                "value": group.id,
                "$ref": f"{base}{GROUPS.endpoint}/{group.id}",
                "display": group.content["displayName"],
                "type": "direct",
            }
            for group in store.groups_of(stored.id)
        ]
        if groups:
            content["groups"] = groups
        manager = content.get(ENTERPRISE, {}).get("manager")
        if manager:
            shown = {**manager, **_manager(manager.get("value", ""), store, base)}
            content[ENTERPRISE] = {**content[ENTERPRISE], "manager": shown}
    elif kind is GROUPS and "members" in content:
        content["members"] = [_member(one, store, base) for one in content["members"]]
    return content


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _manager(ident: str, store: Store, base: str) -> dict[str, Any]:
    if store.kind_of(ident) is not USERS:
        return {}
    name = store.get(USERS, ident).content.get("displayName")
    shown = {"displayName": name} if name else {}
    return {"$ref": f"{base}{USERS.endpoint}/{ident}", **shown}


def _member(held: Mapping[str, Any], store: Store, base: str) -> dict[str, Any]:
    kind = store.kind_of(held["value"])
    if kind is None:
        return dict(held)
    return {**held, "$ref": f"{base}{kind.endpoint}/{held['value']}"}


def projected(
    kind: Kind, content: dict[str, Any], wish: Wish, on_request: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """No more than was asked for, and no less than is always shown.

    Args:
        kind: Its type.
        content: All of it.
        wish: What is asked for.
        on_request: Attributes that are not shown without being named.
    """
    wanted = None if wish.only is None else _places(kind, wish.only)
    unwanted = _places(kind, wish.without)
    if wanted is None:
        unwanted = {**unwanted, **_places(kind, tuple(on_request))}
    shown: dict[str, Any] = {}
    for name, value in content.items():
        extension = next((one for one in kind.extensions if one.id == name), None)
        if extension is None:
            attribute = kind.core.attribute(name) or COMMON.attribute(name)
            kept = value
            if attribute is not None:
                kept = _kept(kind.core.id, attribute, value, wanted, unwanted)
            elif name not in ALWAYS:
                continue
        else:
            kept = {
                key: part
                for key, held in value.items()
                if (attribute := extension.attribute(key)) is not None
                and (part := _kept(extension.id, attribute, held, wanted, unwanted)) is not None
            } or None
        if kept is not None:
            shown[name] = kept
    return shown


_Parts = Mapping[tuple[str, str], frozenset[str] | None]
"""(schema, attribute) -> parts that are meant, None for all of it; attribute "" for all of them."""


def _places(kind: Kind, names: tuple[str, ...]) -> _Parts:
    found: dict[tuple[str, str], frozenset[str] | None] = {}
    for name in names:
        place = place_of(kind, name)
        if place is None:
            continue  # RFC 7644, 3.9: what nobody knows is not there
        key = _key(place)
        if place.part is None:
            found[key] = None
        elif key not in found:
            found[key] = frozenset({place.part.name})
        elif (parts := found[key]) is not None:
            found[key] = parts | {place.part.name}
    return found


def _key(place: Place) -> tuple[str, str]:
    schema = place.kind.core.id if place.schema is COMMON else place.schema.id
    return schema, place.attribute.name if place.attribute is not None else ""


def _kept(
    schema: str, attribute: Attribute, value: Any, wanted: _Parts | None, unwanted: _Parts
) -> Any:
    """What is shown of one attribute, None for nothing."""
    if attribute.returned == "never":
        return None
    if attribute.returned == "always":
        return value
    for key in ((schema, ""), (schema, attribute.name)):
        if wanted is not None and key in wanted:
            return _only(value, wanted[key])
    if wanted is not None or attribute.returned == "request":
        return None
    for key in ((schema, ""), (schema, attribute.name)):
        if key in unwanted:
            return _without(value, unwanted[key])
    return value


def _only(value: Any, parts: frozenset[str] | None) -> Any:
    if parts is None:
        return value
    if isinstance(value, list):
        return [left for one in value if (left := _only(one, parts))] or None
    return {name: held for name, held in value.items() if name in parts} or None


def _without(value: Any, parts: frozenset[str] | None) -> Any:
    if parts is None:
        return None
    if isinstance(value, list):
        return [left for one in value if (left := _without(one, parts))] or None
    return {name: held for name, held in value.items() if name not in parts} or None
