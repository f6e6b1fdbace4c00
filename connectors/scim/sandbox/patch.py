"""PATCH: operations on a copy of a resource, all of them or none (RFC 7644, section 3.5.2)."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.scim.sandbox import conform
from connectors.scim.sandbox.errors import (
    invalid_path,
    invalid_syntax,
    invalid_value,
    mutability,
    no_target,
)
from connectors.scim.sandbox.filters import NAME, parse_filter
from connectors.scim.sandbox.matching import Fits, fits_value
from connectors.scim.sandbox.names import Place, place_of
from connectors.scim.sandbox.schema import Attribute, Kind, member, names_schema
from connectors.scim.sandbox.switches import Switches

PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
OPERATIONS: Final = frozenset({"add", "replace", "remove"})
_PATH: Final = re.compile(
    rf"(?P<name>{NAME}|urn:[A-Za-z0-9.:_-]+)(?:\[(?P<filter>.*)\](?:\.(?P<part>[A-Za-z$][\w$-]*))?)?",
    re.DOTALL,
)
_FIXED: Final = frozenset({"readOnly", "immutable"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to.

    Attributes:
        place: The attribute, and the part where the path names one without a filter.
        chosen: Which values of it are meant, None for all of them.
        part: The part named behind a filter.
    """

    place: Place
    chosen: Fits | None = None
    part: Attribute | None = None


def patched(
    kind: Kind, resource: Mapping[str, Any], body: Any, switches: Switches
) -> dict[str, Any]:
    """A copy of a resource after the operations.

    Raises:
        ScimError: One of them cannot be done; then none of them is.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(resource))
    for operation, path, value in _operations(body):
        _apply(kind, changed, operation, path, value, switches)
    for urn in [one.id for one in kind.extensions if not changed.get(one.id)]:
        changed.pop(urn, None)
    missing = [a.name for a in kind.core.attributes if a.required and not changed.get(a.name)]
    if missing:
        raise mutability(f"{missing[0]} is required")
    return changed


def _operations(body: Any) -> list[tuple[str, str | None, Any]]:
    if not names_schema(body, PATCH_OP):
        raise invalid_syntax(f"schemas does not name {PATCH_OP}")
    listed = member(body, "Operations")
    if not isinstance(listed, list) or not listed:
        raise invalid_syntax("Operations is missing")
    found = []
    for one in listed:
        if not isinstance(one, Mapping):
            raise invalid_syntax("an operation is a JSON object")
        operation, path = member(one, "op"), member(one, "path")
        if not isinstance(operation, str) or operation.casefold() not in OPERATIONS:
            raise invalid_syntax(f"op is one of {', '.join(sorted(OPERATIONS))}")
        if path is not None and not isinstance(path, str):
            raise invalid_path("a path is a text")
        found.append((operation.casefold(), path or None, member(one, "value")))
    return found


def _apply(
    kind: Kind,
    resource: dict[str, Any],
    operation: str,
    path: str | None,
    value: Any,
    switches: Switches,
) -> None:
    if path is None:
        if operation == "remove":
            raise no_target("remove needs a path")
        _apply_many(kind, resource, operation, value, switches)
        return
    target = _target(kind, path)
    if target is None:
        if switches.unknown == "ignored":
            return
        raise invalid_path(f"{path} is no path in a {kind.name}")
    if target.place.attribute is None:
        _apply_extension(kind, resource, operation, target.place, value, switches)
        return
    _refuse_fixed(target, resource, operation)
    if operation == "remove":
        _remove(resource, target, value, switches)
        return
    if value is None:
        if operation == "replace":
            _remove(resource, target, None, switches)
            return
        raise invalid_value(f"{operation} needs a value")
    if target.chosen is None and target.place.part is None:
        _put_whole(resource, target.place, operation, value, switches)
    else:
        _put_inside(resource, target, operation, value, switches)


def _apply_many(
    kind: Kind, resource: dict[str, Any], operation: str, value: Any, switches: Switches
) -> None:
    """Without a path the value names the attributes; a name may be a path as well (Entra ID)."""
    if not isinstance(value, Mapping):
        raise invalid_value("without a path, the value is an object")
    for name, content in value.items():
        place = place_of(kind, name)
        if name.casefold() == "schemas":
            continue
        whole = place.attribute if place is not None and place.part is None else None
        if whole is not None and whole.mutability == "readOnly":
            continue
        _apply(kind, resource, operation, name, content, switches)


def _apply_extension(
    kind: Kind,
    resource: dict[str, Any],
    operation: str,
    place: Place,
    value: Any,
    switches: Switches,
) -> None:
    if operation == "remove":
        resource.pop(place.schema.id, None)
        return
    if not isinstance(value, Mapping):
        raise invalid_value(f"{place.schema.id} is an object")
    for name, content in value.items():
        if name.casefold() != "schemas":
            _apply(kind, resource, operation, f"{place.schema.id}:{name}", content, switches)


def _target(kind: Kind, path: str) -> Target | None:
    match = _PATH.fullmatch(path.strip())
    if match is None:
        raise invalid_path(f"{path} is no path")
    place = place_of(kind, match["name"])
    if place is None or match["filter"] is None:
        return None if place is None else Target(place)
    attribute = place.attribute
    if attribute is None or not attribute.multi or place.part is not None:
        raise invalid_path(f"{match['name']} has no values to choose from")
    chosen = fits_value(attribute, parse_filter(match["filter"]))
    if match["part"] is None:
        return Target(place, chosen)
    part = attribute.part(match["part"])
    if part is None:
        raise invalid_path(f"{match['part']} is no part of {attribute.name}")
    return Target(place, chosen, part)


def _refuse_fixed(target: Target, resource: dict[str, Any], operation: str) -> None:
    """What is read-only is never written; what is immutable, as long as it has no value."""
    place = target.place
    attribute = place.attribute
    leaf = target.part or place.leaf
    if attribute is None or leaf is None:
        return
    if "readOnly" in {attribute.mutability, leaf.mutability}:
        raise mutability(f"{leaf.name} is read-only")
    filled = attribute.name in place.root(resource)
    if leaf.mutability == "immutable" and (filled or operation == "remove"):
        raise mutability(f"{leaf.name} is immutable")
    whole = place.part is None and target.chosen is None
    if operation == "remove" and leaf.required and whole:
        raise mutability(f"{leaf.name} is required")


def _put_whole(
    resource: dict[str, Any], place: Place, operation: str, value: Any, switches: Switches
) -> None:
    attribute = place.attribute
    assert attribute is not None  # noqa: S101 - a path without one went another way
    root = place.root(resource, make=True)
    content = conform.whole(attribute, value, switches)
    if content is None:
        if attribute.multi and operation == "add":
            return
        root.pop(attribute.name, None)
        return
    held = root.get(attribute.name)
    if attribute.multi and operation == "add" and held:
        content = _joined(attribute, held, content)
    elif attribute.type == "complex" and not attribute.multi and held:
        content = {**held, **content}
    root[attribute.name] = content


def _joined(attribute: Attribute, held: list[Any], more: list[Any]) -> list[Any]:
    """Values added to others: what is there is not added again, and only one is primary."""
    new = [one for one in more if not any(_same(attribute, one, other) for other in held)]
    if any(isinstance(one, Mapping) and one.get("primary") for one in new):
        held = [{**one, "primary": False} if one.get("primary") else one for one in held]
    return [*held, *new]


def _same(attribute: Attribute, one: Any, other: Any) -> bool:
    if attribute.name == "members":  # by whom it names, not by how it is shown
        return bool(one.get("value") == other.get("value"))
    return bool(one == other)


def _put_inside(
    resource: dict[str, Any], target: Target, operation: str, value: Any, switches: Switches
) -> None:
    place, attribute = target.place, target.place.attribute
    assert attribute is not None  # noqa: S101 - as above
    root = place.root(resource, make=True)
    part = target.part or place.part
    if not attribute.multi:
        assert part is not None  # noqa: S101 - a path to all of it went another way
        content = conform.single(attribute, {part.name: value}, switches)
        root[attribute.name] = {**(root.get(attribute.name) or {}), **(content or {})}
        return
    held = root.get(attribute.name) or []
    meant = [one for one in held if target.chosen is None or target.chosen(_parts(one))]
    if not meant:
        raise no_target(f"no value of {attribute.name} is meant by that filter")
    given = {part.name: value} if part is not None else value
    content = conform.single(attribute, given, switches)
    keeps = part is not None or operation == "add"
    if isinstance(content, Mapping) and content.get("primary"):
        held = [{**one, "primary": False} if one not in meant else one for one in held]
    new = [
        ({**one, **content} if keeps and isinstance(content, Mapping) else content)
        if one in meant
        else one
        for one in held
    ]
    fixed = [p.name for p in attribute.parts if p.mutability in _FIXED]
    for before, after in zip(held, new, strict=True):
        if any(before.get(name) != after.get(name) for name in fixed if name in before):
            raise mutability(f"a value of {attribute.name} can be added and removed, not changed")
    root[attribute.name] = new


def _parts(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


def _remove(resource: dict[str, Any], target: Target, value: Any, switches: Switches) -> None:
    place, attribute = target.place, target.place.attribute
    assert attribute is not None  # noqa: S101 - as above
    root = place.root(resource)
    held = root.get(attribute.name)
    part = target.part or place.part
    if not attribute.multi:
        if part is None:
            root.pop(attribute.name, None)
        elif held:
            held.pop(part.name, None)
            if not held:
                root.pop(attribute.name)
        return
    meant = [
        one
        for one in held or []
        if (target.chosen is None or target.chosen(_parts(one))) and _named(one, value)
    ]
    if target.chosen is not None and not meant:
        if switches.unmatched_remove == "noTarget":
            raise no_target(f"no value of {attribute.name} is meant by that filter")
        return
    if part is None:
        kept = [one for one in held or [] if one not in meant]
    else:
        less = [
            {key: v for key, v in one.items() if key != part.name} if one in meant else one
            for one in held or []
        ]
        kept = [one for one in less if one]
    if kept:
        root[attribute.name] = kept
    else:
        root.pop(attribute.name, None)


def _named(held: Any, value: Any) -> bool:
    """Whether a value is among those listed with a remove, as Entra ID removes members."""
    if not isinstance(value, list):
        return True
    return any(
        _parts(held).get("value") == (one.get("value") if isinstance(one, Mapping) else one)
        for one in value
    )
