"""Schemas: what attributes there are and how they behave (RFC 7643, sections 2, 7 and 8.7)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Type = Literal[
    "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"
]
Mutability = Literal["readOnly", "readWrite", "immutable", "writeOnly"]
Returned = Literal["always", "never", "default", "request"]
Uniqueness = Literal["none", "server", "global"]

SCHEMA: Final = "urn:ietf:params:scim:schemas:core:2.0:Schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute, or one part of a complex one; the characteristics of RFC 7643, section 2.2."""

    name: str
    description: str = ""
    type: Type = "string"
    multi: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = "readWrite"
    returned: Returned = "default"
    uniqueness: Uniqueness = "none"
    canonical: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    parts: tuple["Attribute", ...] = ()

    def part(self, name: str) -> "Attribute | None":
        """The part of that name, whatever its case."""
        return find(self.parts, name)

    @property
    def several(self) -> bool:
        """Whether the values are complex ones, of which there may be many."""
        return self.multi and self.type == "complex"

    def to_json(self) -> dict[str, Any]:
        """As `/Schemas` describes it."""
        content: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi,
            "description": self.description or f"{self.name}.",
            "required": self.required,
            "mutability": self.mutability,
            "returned": self.returned,
        }
        if self.type in {"string", "reference", "binary"}:
            content |= {"caseExact": self.case_exact, "uniqueness": self.uniqueness}
        if self.canonical:
            content["canonicalValues"] = list(self.canonical)
        if self.type == "reference":
            content["referenceTypes"] = list(self.references)
        if self.parts:
            content["subAttributes"] = [part.to_json() for part in self.parts]
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A schema: an id and its attributes."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, whatever its case."""
        return find(self.attributes, name)

    def to_json(self, base: str) -> dict[str, Any]:
        """As `/Schemas` gives it."""
        return {
            "schemas": [SCHEMA],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": [attribute.to_json() for attribute in self.attributes],
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{self.id}"},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A resource type: its endpoint, its core schema and what extends it."""

    name: str
    endpoint: str
    core: Schema
    extensions: tuple[Schema, ...] = ()

    def schema(self, urn: str) -> Schema | None:
        """The schema of that id, whatever its case; among those of this type."""
        folded = urn.casefold()
        return next((one for one in self.schemas if one.id.casefold() == folded), None)

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The core schema and the extensions."""
        return (self.core, *self.extensions)

    def attributes(self) -> Iterator[tuple[Schema, Attribute]]:
        """Every attribute with the schema that it belongs to."""
        for schema in self.schemas:
            for attribute in schema.attributes:
                yield schema, attribute

    def to_json(self, base: str) -> dict[str, Any]:
        """As `/ResourceTypes` gives it."""
        return {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.core.description,
            "schema": self.core.id,
            "schemaExtensions": [
                {"schema": extension.id, "required": False} for extension in self.extensions
            ],
            "meta": {
                "resourceType": "ResourceType",
                "location": f"{base}/ResourceTypes/{self.name}",
            },
        }


def find(attributes: tuple[Attribute, ...], name: str) -> Attribute | None:
    """The attribute of that name, whatever its case."""
    folded = name.casefold()
    return next((one for one in attributes if one.name.casefold() == folded), None)


def names_schema(content: object, urn: str) -> bool:
    """Whether a message is an object whose `schemas` names this one."""
    said = member(content, "schemas") if isinstance(content, Mapping) else None
    return isinstance(said, list) and urn in said


def member(content: Mapping[str, Any], name: str) -> Any:
    """The value under a name, whatever its case: names have none (RFC 7643, section 2.1)."""
    folded = name.casefold()
    return next((value for key, value in content.items() if key.casefold() == folded), None)
