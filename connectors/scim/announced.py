"""What a provider says that it can, and which attributes it knows (RFC 7644, section 4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.scim.paths import Path
from connectors.scim.spelling import canonical
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

    def asking(self, of: str = USER) -> dict[str, str]:
        """What to ask for when users, or groups, are read: nothing, unless some of it hides.

        An attribute that is returned on request only is not there without being named, and then the
        others have to be named as well (RFC 7644, section 3.9). It would look empty, and a PUT
        would empty it.
        """
        shown, hides = ["id", "externalId", "meta"], False
        for urn, attributes in self.schemas.items():
            if urn in {USER, GROUP} and urn != of:
                continue
            for name, known in attributes.items():
                asked = "request" in {known.returned, *(p.returned for p in known.parts.values())}
                if known.returned == "never" or (asked and known.mutability == "readOnly"):
                    continue
                hides = hides or asked
                shown.append(name if urn == of else f"{urn}:{name}")
        return {"attributes": ",".join(dict.fromkeys(shown))} if hides else {}

    @property
    def members_by_address(self) -> bool:
        """Whether a member has to be named by its address as well."""
        members = (_find(self.schemas, GROUP) or {}).get("members")
        address = members.parts.get("$ref") if members is not None else None
        return address is not None and address.required

    def read_only(self, of: str = USER) -> Iterator[Path]:
        """What of a user, or of a group, is not sent back.

        A password is none of what can be read: one that is shown all the same is a hash or a row of
        stars, and would become the password.
        """
        yield Path(None, "meta")
        if of == USER:
            yield from (Path(None, "groups"), Path(None, "password"))
        for urn, attributes in self.schemas.items():
            schema = None if urn == of else urn
            if schema in {USER, GROUP}:
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
        if not isinstance(one, Mapping):
            continue
        kind = {USER: "users", GROUP: "groups"}.get(canonical(str(one.get("schema"))))
        endpoint = _relative(str(one.get("endpoint") or ""), base_url)
        if kind and endpoint:
            found[kind] = endpoint
    found["schemas"] = {
        canonical(str(one["id"])): dict(_attributes(one.get("attributes")))
        for one in schemas
        if isinstance(one, Mapping) and one.get("id")
    }
    return Announced(**found)


def _relative(endpoint: str, base_url: str) -> str:
    """The path below the address; some providers announce the whole address."""
    if "://" in endpoint:
        endpoint = endpoint.removeprefix(base_url) if endpoint.startswith(base_url) else ""
    return f"/{endpoint.strip('/')}" if endpoint.strip("/") else ""


_MUTABILITY: Final = {
    name.casefold(): name for name in ("readOnly", "readWrite", "immutable", "writeOnly")
}


def _folded(said: Any) -> str:
    return said.strip().casefold() if isinstance(said, str) else ""


def _supported(said: Any) -> bool:
    return isinstance(said, Mapping) and str(said.get("supported")).casefold() == "true"


def _number(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else 0


def _attributes(said: Any) -> Iterator[tuple[str, Known]]:
    for one in said if isinstance(said, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("name"), str):
            yield (
                one["name"],
                Known(
                    mutability=_MUTABILITY.get(_folded(one.get("mutability")), "readWrite"),
                    returned=_folded(one.get("returned")) or "default",
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
