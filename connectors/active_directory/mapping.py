"""Default field mapping: what an account is made of, in the grammar of a profile's `fields`.

Names are given once and kept: login, address and common name are mapped for a create only. A
profile that wants renames maps them on update as well.
"""

from collections.abc import Mapping
from typing import Any, Final

_BOTH: Final = ("create", "update")
_ONCE: Final = ("create",)


def _from(path: str, *, on: tuple[str, ...] = _BOTH, unique: bool = False) -> dict[str, Any]:
    return {"from": path, "on": list(on), **({"unique": True} if unique else {})}


_ADDRESS: Final = {
    "template": "{names.local_part}@{names.domain}",
    "on": list(_ONCE),
    "unique": True,
}

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "sAMAccountName": _from("names.login", on=_ONCE, unique=True),
    "userPrincipalName": _ADDRESS,
    "mail": _ADDRESS,
    "cn": _from("names.common_name", on=_ONCE, unique=True),
    "employeeID": _from("person.external_id"),
    "displayName": _from("names.display_name"),
    "givenName": _from("person.nick_name"),
    "sn": _from("names.surname"),
    "title": _from("contract.title"),
    "department": _from("contract.department_name"),
    "company": _from("contract.employer"),
}
