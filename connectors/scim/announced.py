"""What a provider says that it can, and which attributes it knows (RFC 7644, section 4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.scim.paths import Path
from connectors.scim.urns import GROUP, USER

CAPABILITIES: Final = ("filter", "patch", "bulk", "etag", "sort")
COMMON: Final = ("id", "externalId", "meta", "schemas")
"""Attributes of every resource, which no schema has to list (RFC 7643, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a schema says of an attribute or a part of one."""

    mutability: str = "readWrite"
    returned: str = "default"
    required: bool = False
    multi: bool = False
    parts: Mapping[str, "Known"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a provider can do.

    Attributes:
        filter: Finding by a filter.
        patch: Changing parts of a resource.
        bulk: Several writes in one request.
        max_operations: In one bulk.
        max_payload: Bytes of one bulk.
        etag: Versions.
        sort: Sorting.
        users: Path of the users.
        groups: Path of the groups.
        schemas: Schema -> attribute -> what is known of it; empty where nothing was said.
        said: Whether the provider said anything of what it can.
    """

    filter: bool = False
    patch: bool = True
    bulk: bool = False
    max_operations: int = 0
    max_payload: int = 0
    etag: bool = False
    sort: bool = False
    users: str = "/Users"
    groups: str = "/Groups"
    schemas: Mapping[str, Mapping[str, Known]] = field(default_factory=dict)
    said: bool = True

    def overruled(self, by: Mapping[str, bool]) -> "Announced":
        """The same, where an administrator knows better."""
        return replace(
            self,
            filter=by.get("filter", self.filter),
            patch=by.get("patch", self.patch),
            bulk=by.get("bulk", self.bulk) and self.max_operations > 0,
            etag=by.get("etag", self.etag),
            sort=by.get("sort", self.sort),
        )

    def knows(self, path: Path) -> Known | None:
        """What is known of a path; None when no schema has it."""
        schema = _find(self.schemas, path.schema or USER) or {}
        attribute: Known | None = _find(schema, path.attribute)
        if attribute is None:
            return Known() if path.schema is None and path.attribute in COMMON else None
        if not attribute.parts:
            return attribute if path.by is None and path.part is None else None
        inner: Known | None = _find(attribute.parts, path.leaf)
        if inner is None or (path.by is not None and _find(attribute.parts, path.by) is None):
            return None
        return attribute if attribute.mutability == "readOnly" else inner

    @property
    def describes_users(self) -> bool:
        """Whether the attributes of users are known."""
        return _find(self.schemas, USER) is not None

    @property
    def members_by_address(self) -> bool:
        """Whether a member has to be named by its address as well."""
        members = (_find(self.schemas, GROUP) or {}).get("members")
        address = members.parts.get("$ref") if members is not None else None
        return address is not None and address.required

    def read_only(self) -> Iterator[Path]:
        """What of a user cannot be written."""
        yield from (Path(None, "meta"), Path(None, "groups"))
        for urn, attributes in self.schemas.items():
            schema = None if urn.casefold() == USER.casefold() else urn
            if schema == GROUP:
                continue
            for name, known in attributes.items():
                if known.mutability == "readOnly":
                    yield Path(schema, name)
                for part, inner in known.parts.items():
                    if inner.mutability == "readOnly":
                        yield Path(schema, name, part=part)


def announced(
    config: Any, types: Iterable[Any], schemas: Iterable[Any], base_url: str
) -> Announced:
    """What the documents of the three endpoints say; whatever is missing or odd is left out."""
    said = isinstance(config, Mapping)
    found: dict[str, Any] = {"said": said}
    if said:
        found |= {name: _supported(config.get(name)) for name in CAPABILITIES}
        bulk = config.get("bulk")
        limits = bulk if isinstance(bulk, Mapping) else {}
        found["max_operations"] = _number(limits.get("maxOperations"))
        found["max_payload"] = _number(limits.get("maxPayloadSize"))
        found["bulk"] = found["bulk"] and found["max_operations"] > 0
    for one in types:
        if isinstance(one, Mapping) and one.get("schema") in {USER, GROUP}:
            endpoint = _relative(str(one.get("endpoint") or ""), base_url)
            if endpoint:
                found["users" if one["schema"] == USER else "groups"] = endpoint
    found["schemas"] = {
        str(one["id"]): dict(_attributes(one.get("attributes")))
        for one in schemas
        if isinstance(one, Mapping) and one.get("id")
    }
    return Announced(**found)


def _relative(endpoint: str, base_url: str) -> str:
    """The path below the address; some providers announce the whole address."""
    if "://" in endpoint:
        endpoint = endpoint.removeprefix(base_url) if endpoint.startswith(base_url) else ""
    return f"/{endpoint.strip('/')}" if endpoint.strip("/") else ""


def _supported(said: Any) -> bool:
    return isinstance(said, Mapping) and said.get("supported") in {True, "true", "True"}


def _number(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else 0


def _attributes(said: Any) -> Iterator[tuple[str, Known]]:
    for one in said if isinstance(said, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("name"), str):
            yield (
                one["name"],
                Known(
                    mutability=str(one.get("mutability", "readWrite")),
                    returned=str(one.get("returned", "default")),
                    required=one.get("required") is True,
                    multi=one.get("multiValued") is True,
                    parts=dict(_attributes(one.get("subAttributes"))),
                ),
            )


def _find(content: Mapping[str, Any], name: str) -> Any:
    """What stands under a name, whatever its case; None for nothing."""
    if name in content:
        return content[name]
    folded = name.casefold()
    return next((value for key, value in content.items() if key.casefold() == folded), None)
