"""Names of attributes: what `urn:…:User:name.familyName` stands for in a resource of some type."""

from dataclasses import dataclass
from typing import Any

from connectors.scim.sandbox.catalogue import COMMON
from connectors.scim.sandbox.schema import Attribute, Kind, Schema, find


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands.

    Attributes:
        kind: The resource type.
        schema: The schema of the attribute; its id is a key of the resource for an extension.
        attribute: The attribute; None for the extension as a whole.
        part: The part of a complex attribute, None for all of it.
    """

    kind: Kind
    schema: Schema
    attribute: Attribute | None
    part: Attribute | None = None

    @property
    def extension(self) -> str | None:
        """The key under which the extension stands, None for the core."""
        return self.schema.id if self.schema in self.kind.extensions else None

    @property
    def leaf(self) -> Attribute | None:
        """What the value is an instance of."""
        return self.part or self.attribute

    def root(self, resource: dict[str, Any], *, make: bool = False) -> dict[str, Any]:
        """The object that holds the attribute; an empty one where the extension is not there."""
        if self.extension is None:
            return resource
        if make:
            held: dict[str, Any] = resource.setdefault(self.extension, {})
            return held
        found: dict[str, Any] = resource.get(self.extension) or {}
        return found


def place_of(kind: Kind, name: str) -> Place | None:
    """What a name stands for, None when nobody knows."""
    for schema in kind.schemas:
        if name.casefold() == schema.id.casefold() and schema in kind.extensions:
            return Place(kind, schema, None)
        prefix = f"{schema.id}:".casefold()
        if name.casefold().startswith(prefix):
            return _in_schema(kind, schema, name[len(prefix) :])
    if name.casefold().startswith("urn:"):
        return None
    return _in_schema(kind, kind.core, name) or _in_schema(kind, COMMON, name)


def _in_schema(kind: Kind, schema: Schema, name: str) -> Place | None:
    first, dot, second = name.partition(".")
    attribute = find(schema.attributes, first)
    if attribute is None and schema is kind.core:
        schema, attribute = COMMON, find(COMMON.attributes, first)
    if attribute is None:
        return None
    if not dot:
        return Place(kind, schema, attribute)
    part = attribute.part(second)
    return None if part is None else Place(kind, schema, attribute, part)
