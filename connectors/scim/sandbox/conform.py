"""Bringing what a client sends into the shape that the schemas promise (RFC 7643, section 2).

Names get their spelling, what is read-only is left out, null and empty lists are "no value".
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from connectors.scim.sandbox.catalogue import COMMON
from connectors.scim.sandbox.errors import invalid_syntax, invalid_value
from connectors.scim.sandbox.schema import Attribute, Kind, Schema, find, member
from connectors.scim.sandbox.switches import Switches

_BOOLEANS: Final = {"true": True, "false": False}
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LONGEST: Final = 4_000
"""Characters of a text."""


def conformed(kind: Kind, given: Any, switches: Switches) -> dict[str, Any]:
    """A whole resource as it is kept: without `schemas` and `meta`, which are worked out anew.

    Raises:
        ScimError: It is no resource of this type, or a value does not fit.
    """
    if not isinstance(given, Mapping):
        raise invalid_syntax("a resource is a JSON object")
    said = member(given, "schemas")
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise invalid_syntax("schemas is missing")
    if kind.core.id.casefold() not in {one.casefold() for one in said}:
        raise invalid_syntax(f"schemas does not name {kind.core.id}")
    strange = [one for one in said if kind.schema(one) is None]
    if strange and switches.unknown == "refused":
        raise invalid_value(f"no schema {strange[0]}")
    resource = dict(_members(kind, given, switches))
    missing = [a.name for a in kind.core.attributes if a.required and a.name not in resource]
    if missing:
        raise invalid_value(f"{missing[0]} is required")
    return resource


def _members(kind: Kind, given: Mapping[str, Any], switches: Switches) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for name, value in given.items():
        if name.casefold() in seen:
            raise invalid_syntax(f"{name} stands there twice")
        seen.add(name.casefold())
        schema = kind.schema(name)
        if schema is not None and schema in kind.extensions:
            content = extension(schema, value, switches)
            if content:
                yield schema.id, content
            continue
        if name.casefold() in {"schemas", "id", "meta"}:
            continue
        attribute = kind.core.attribute(name) or find(COMMON.attributes, name)
        if attribute is None:
            _refuse_unknown(name, switches)
            continue
        content = whole(attribute, value, switches)
        if content is not None:
            yield attribute.name, content


def extension(schema: Schema, given: Any, switches: Switches) -> dict[str, Any]:
    """The object under the name of an extension."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise invalid_value(f"{schema.id} is an object")
    content: dict[str, Any] = {}
    for name, value in given.items():
        attribute = schema.attribute(name)
        if name.casefold() == "schemas":
            continue
        if attribute is None:
            _refuse_unknown(f"{schema.id}:{name}", switches)
            continue
        kept = whole(attribute, value, switches)
        if kept is not None:
            content[attribute.name] = kept
    return content


def whole(attribute: Attribute, given: Any, switches: Switches) -> Any:
    """The value of an attribute, all of it; None for no value."""
    if attribute.mutability == "readOnly" or given is None:
        return None
    if attribute.name == "password" and not switches.passwords:
        raise invalid_value("this provider keeps no passwords")
    if not attribute.multi:
        return single(attribute, given, switches)
    given = given if isinstance(given, list) else [given]
    values = [single(attribute, one, switches) for one in given if one is not None]
    kept = [value for value in values if value not in ({}, "")]
    if sum(_is_primary(value) for value in kept) > 1:
        raise invalid_value(f"more than one of {attribute.name} is primary")
    return kept or None


def single(attribute: Attribute, given: Any, switches: Switches) -> Any:
    """One value of an attribute."""
    if attribute.type != "complex":
        return _simple(attribute, given)
    if attribute.multi and isinstance(given, str) and attribute.part("value"):
        given = {"value": given}
    if not isinstance(given, Mapping):
        raise invalid_value(f"{attribute.name} has parts: it is an object")
    content: dict[str, Any] = {}
    for name, value in given.items():
        part = attribute.part(name)
        if part is None:
            _refuse_unknown(f"{attribute.name}.{name}", switches)
            continue
        if value is not None and part.mutability != "readOnly":
            content[part.name] = _simple(part, value)
    return content or ({} if attribute.multi else None)


def _simple(attribute: Attribute, given: Any) -> Any:
    name = attribute.name
    match attribute.type:
        case "boolean":
            if isinstance(given, str) and given.casefold() in _BOOLEANS:
                return _BOOLEANS[given.casefold()]  # as Microsoft Entra ID spells them
            fit, wanted = isinstance(given, bool), "true or false"
        case "integer":
            fit, wanted = isinstance(given, int) and not isinstance(given, bool), "a whole number"
        case "decimal":
            fit, wanted = isinstance(given, int | float) and not isinstance(given, bool), "a number"
        case _:
            fit, wanted = isinstance(given, str), "a text"
    if not fit:
        raise invalid_value(f"{name} is {wanted}")
    if isinstance(given, str):
        _require_text(attribute, given)
    return given


def _require_text(attribute: Attribute, given: str) -> None:
    name = attribute.name
    if len(given) > LONGEST:
        raise invalid_value(f"{name} has more than {LONGEST} characters")
    if attribute.required and not given.strip():
        raise invalid_value(f"{name} is required")
    if attribute.type == "dateTime" and not is_moment(given):
        raise invalid_value(f"{name} is a moment such as 2026-11-24T08:00:00Z")
    if attribute.type == "binary" and not _is_base64(given):
        raise invalid_value(f"{name} is base64")


def is_moment(text: str) -> bool:
    """Whether a text is an xsd:dateTime with its zone."""
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_primary(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("primary") is True


def _refuse_unknown(name: str, switches: Switches) -> None:
    if switches.unknown == "refused":
        raise invalid_value(f"no attribute {name}")
