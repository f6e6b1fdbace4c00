"""Default field mapping: what an account is made of, in the grammar of a profile's `fields`.

The address is given once and kept: it is mapped for a create only. A profile that wants renames
maps it on update as well.
"""

from collections.abc import Mapping
from typing import Any, Final

_BOTH: Final = ("create", "update")


def _from(path: str) -> dict[str, Any]:
    return {"from": path, "on": list(_BOTH)}


FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "primaryEmail": {
        "template": "{names.local_part}@{names.domain}",
        "on": ["create"],
        "unique": True,
    },
    "externalId": _from("person.external_id"),
    "givenName": _from("person.nick_name"),
    "familyName": _from("names.surname"),
    "title": _from("contract.title"),
    "department": _from("contract.department_name"),
    "company": _from("contract.employer"),
}
