"""How attributes travel: the names rules and mappings use, and the JSON that Graph takes.

Most attributes are properties of a user. Some are parts of one: `extensionAttribute1` lies in
`onPremisesExtensionAttributes`, `costCenter` in `employeeOrgData`. Dates are days here and moments
there. The manager is a relation, and is written by a request of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.model.errors import Invalid
from connectors.model.values import Clear, Pending, Value

MANAGER: Final = "manager"
CORRELATION: Final = "employeeId"
EXTENSIONS: Final = tuple(f"extensionAttribute{number}" for number in range(1, 16))
INSIDE: Final[Mapping[str, str]] = {
    **dict.fromkeys(EXTENSIONS, "onPremisesExtensionAttributes"),
    "costCenter": "employeeOrgData",
    "division": "employeeOrgData",
}
"""Attribute -> the property that it is a part of."""
LISTS: Final = frozenset({"businessPhones", "otherMails"})
DAYS: Final = frozenset({"employeeHireDate"})
FLAGS: Final = frozenset({"showInAddressList"})
MIDNIGHT: Final = "T00:00:00Z"
NEVER_WRITTEN: Final = (
    "id",
    "accountEnabled",
    "assignedLicenses",
    "createdDateTime",
    "deletedDateTime",
    "identities",
    "licenseAssignmentStates",
    "memberOf",
    "onPremisesSyncEnabled",
    "onPremisesExtensionAttributes",
    "employeeOrgData",
    "passwordProfile",
    "proxyAddresses",
)
"""No field may be mapped to these: they follow from something else, or are set by us."""


def selected(names: Iterable[str]) -> tuple[str, ...]:
    """The properties to ask for, so that all of the attributes can be told."""
    found = (INSIDE.get(name, name) for name in names if name != MANAGER)
    return tuple(dict.fromkeys(found))


def attribute(user: Mapping[str, Any], name: str) -> Value | None:
    """The value of an attribute, None where there is none.

    Args:
        user: As Graph shows it.
        name: Of the attribute; not the manager.
    """
    outer = INSIDE.get(name)
    value = (user.get(outer) or {}).get(name) if outer else user.get(name)
    if isinstance(value, list):
        return tuple(sorted(str(one) for one in value)) or None
    if name in DAYS and isinstance(value, str):
        return value.removesuffix(MIDNIGHT)
    return value if isinstance(value, str | bool | int | float) and value != "" else None


def body_of(values: Mapping[str, Value], *, clearing: bool) -> dict[str, Any]:
    """Attributes as Graph takes them; the manager is left out.

    Args:
        values: By name.
        clearing: Whether `CLEAR` is sent, as null or an empty list; a create leaves it out.

    Raises:
        Invalid: An attribute is none that can be written, or a value is not known yet.
    """
    body: dict[str, Any] = {}
    for name, value in values.items():
        if name == MANAGER or (isinstance(value, Clear) and not clearing):
            continue
        if name in NEVER_WRITTEN or name.startswith("@"):
            message = f"the field {name} cannot be mapped: it follows from something else"
            raise Invalid(message)
        outer = INSIDE.get(name)
        if outer is None:
            body[name] = _wire(name, value)
        else:
            body.setdefault(outer, {})[name] = _wire(name, value)
    return body


def _wire(name: str, value: Value) -> Any:
    match value:
        case Clear():
            return [] if name in LISTS else None
        case Pending():
            message = f"a value is missing {value}"
            raise Invalid(message)
        case tuple():
            return list(value)
        case str() if name in LISTS:
            return [value]
        case str() if name in DAYS and "T" not in value:
            return value + MIDNIGHT
        case _:
            return value


def quoted(value: str) -> str:
    """A text as it stands in a filter: O'Brien stays one name."""
    return "'" + value.replace("'", "''") + "'"
