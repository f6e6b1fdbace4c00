"""Default field mapping: what an account is made of, in the grammar of a profile's `fields`.

Names are given once and kept: sign-in name, address and alias are mapped for a create only. A
profile that wants renames maps them on update as well, and one that wants managers adds
`manager: {from: person.manager_id}`.
"""

from collections.abc import Mapping
from typing import Any, Final

from connectors.entra_id.settings import EntraIdSettings

_BOTH: Final = ("create", "update")
_ONCE: Final = ("create",)


def _from(path: str) -> dict[str, Any]:
    return {"from": path, "on": list(_BOTH)}


_ADDRESS: Final = {
    "template": "{names.local_part}@{names.domain}",
    "on": list(_ONCE),
    "unique": True,
}

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "userPrincipalName": _ADDRESS,
    "mail": _ADDRESS,
    "mailNickname": {"from": "names.local_part", "on": list(_ONCE)},
    "employeeId": _from("person.external_id"),
    "displayName": _from("names.display_name"),
    "givenName": _from("person.nick_name"),
    "surname": _from("names.surname"),
    "jobTitle": _from("contract.title"),
    "department": _from("contract.department_name"),
    "companyName": _from("contract.employer"),
}


def fields_for(settings: EntraIdSettings) -> Mapping[str, Mapping[str, Any]]:
    """The mapping under settings: the usage location may stand there."""
    if settings.usage_location is None:
        return FIELDS
    return {**FIELDS, "usageLocation": {"value": settings.usage_location, "on": list(_BOTH)}}
