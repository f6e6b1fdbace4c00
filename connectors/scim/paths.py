"""Paths of attributes: where `emails[type eq "work"].value` stands in a resource.

The part of the grammar of RFC 7644, section 3.5.2, that a mapping needs: an attribute, perhaps of
an extension, perhaps one of its values chosen by one comparison, perhaps a part of it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from connectors.model.errors import quoted
from connectors.model.values import Value
from connectors.scim.spelling import canonical
from connectors.scim.urns import USER

SEVERAL: Final = frozenset(
    {
        "emails",
        "phoneNumbers",
        "ims",
        "photos",
        "addresses",
        "groups",
        "entitlements",
        "roles",
        "x509Certificates",
    }
)
"""Attributes of a user with several values (RFC 7643, section 4.1.2)."""
MANAGER: Final = "manager"
VALUE: Final = "value"
_NAME: Final = r"[A-Za-z$][\w$-]*"
_PATH: Final = re.compile(
    rf"""(?:(?P<schema>urn:[^\[\]"\s]+):)?(?P<attribute>{_NAME})
    (?:\[\s*(?P<by>{_NAME})\s+eq\s+(?P<of>"(?:[^"\\]|\\.)*"|true|false)\s*\])?
    (?:\.(?P<part>{_NAME}))?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value stands.

    Attributes:
        schema: Id of an extension; None for the core.
        attribute: Of the resource, or of the extension.
        by: The part by which one of several values is chosen, None for all of them.
        of: What that part has to be.
        part: A part of the value; None for the value itself.
    """

    schema: str | None
    attribute: str
    by: str | None = None
    of: str | bool = ""
    part: str | None = None

    @property
    def several(self) -> bool:
        """Whether all values of an attribute that has several are meant."""
        return self.by is None and self.schema is None and self.attribute in SEVERAL

    @property
    def leaf(self) -> str:
        """The part that is meant where the value has parts."""
        return self.part or VALUE

    @property
    def whole(self) -> str:
        """The attribute, as a PATCH names it."""
        return f"{self.schema}:{self.attribute}" if self.schema else self.attribute

    @property
    def chosen(self) -> str:
        """The chosen value, as a PATCH names it."""
        if self.by is None:
            return self.whole
        return f"{self.whole}[{self.by} eq {json.dumps(self.of, ensure_ascii=False)}]"

    def __hash__(self) -> int:
        """Of what tells most paths apart: they are keys of every body that is written."""
        return hash((self.attribute, self.part))

    def __str__(self) -> str:
        """As a filter and a PATCH name it."""
        return f"{self.chosen}.{self.part}" if self.part else self.chosen

    def root(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that the attribute stands in; empty where the extension is not there."""
        if self.schema is None:
            return resource
        found = resource.get(self.schema)
        return found if isinstance(found, dict) else {}

    def fits(self, value: object) -> bool:
        """Whether one of several values is the chosen one."""
        return isinstance(value, dict) and _same(value.get(self.by or ""), self.of)

    def held(self, resource: Mapping[str, Any]) -> Value | None:
        """What a resource holds there; several values as a sorted tuple, None for nothing."""
        return self.meant(self.root(resource).get(self.attribute))

    def meant(self, value: Any) -> Value | None:
        """What is meant of a value of the attribute."""
        if value is None or (isinstance(value, str) and self.part is None):
            return value or None
        if isinstance(value, list):
            if self.by is None:
                return tuple(sorted({str(one) for one in map(self._inside, value) if one})) or None
            value = next((one for one in value if self.fits(one)), None)
        found = self._inside(value)
        return None if found is None or found == "" else found

    def _inside(self, value: Any) -> Any:
        if isinstance(value, dict):
            value = value.get(self.leaf)
        return value if isinstance(value, str | bool | int | float) else None


def _same(held: object, wanted: str | bool) -> bool:  # noqa: FBT001 - a value like any other
    """Equal, texts without case: no attribute that a mapping chooses by is case-exact."""
    if isinstance(held, str) and isinstance(wanted, str):
        return held == wanted or held.casefold() == wanted.casefold()
    return held is wanted or (isinstance(wanted, bool) and held == wanted)


def columns_of(
    paths: Mapping[str, Path], resources: Sequence[Mapping[str, Any]]
) -> dict[str, list[Value | None]]:
    """What each resource holds at each path: `Path.held`, by columns.

    Most paths are of attributes that nobody has, or share one with other paths: so an attribute is
    looked for once.
    """
    values: dict[tuple[str | None, str], list[Any]] = {}
    columns: dict[str, list[Value | None]] = {}
    for name, path in paths.items():
        key = path.schema, path.attribute
        if key not in values:
            values[key] = _values_of(path, resources)
        columns[name] = _meant_of(path, values[key]) if values[key] else [None] * len(resources)
    return columns


def _values_of(path: Path, resources: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The value of the attribute in each resource; an empty list where none has one."""
    attribute = path.attribute
    if path.schema is None:
        values = [one.get(attribute) for one in resources]
    else:
        schema = path.schema
        values = [
            found.get(attribute) if type(found := one.get(schema)) is dict else None
            for one in resources
        ]
    return values if any(one is not None for one in values) else []


def _meant_of(path: Path, values: list[Any]) -> list[Value | None]:
    """`Path.meant` of each; what nearly all of them are is told without asking it."""
    meant, part = path.meant, path.part
    if part is None:
        return [
            None if one is None else one or None if type(one) is str else meant(one)
            for one in values
        ]
    return [
        found if type(one) is dict and type(found := one.get(part)) is str and found else meant(one)
        for one in values
    ]


@lru_cache(maxsize=1_000)
def parse_path(text: str) -> Path:
    """The path that a text stands for.

    Raises:
        ValueError: It is none.
    """
    match = _PATH.fullmatch(text.strip())
    if match is None:
        message = (
            f"{quoted(text)} is no path such as userName, name.familyName, "
            'emails[type eq "work"].value or urn:…:User:department'
        )
        raise ValueError(message)
    schema = canonical(match["schema"]) if match["schema"] else None
    return Path(
        schema=None if schema == USER else schema,
        attribute=canonical(match["attribute"]),
        by=match["by"] and canonical(match["by"]),
        of=json.loads(match["of"]) if match["of"] else "",
        part=match["part"] and canonical(match["part"]),
    )
