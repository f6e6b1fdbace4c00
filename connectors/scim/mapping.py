"""Default field mapping: what an account is made of, in the grammar of a profile's `fields`.

Names are given once and kept: userName and address are mapped for a create only. A profile that
wants renames maps them on update as well.
"""

from collections.abc import Mapping
from typing import Any, Final

from connectors.scim.manifest import USER_NAME, WORK_MAIL
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import ENTERPRISE

_BOTH: Final = ("create", "update")
_ONCE: Final = ("create",)
_ADDRESS: Final = {
    "template": "{names.local_part}@{names.domain}",
    "on": list(_ONCE),
    "unique": True,
}


def _from(path: str, *, on: tuple[str, ...] = _BOTH) -> dict[str, Any]:
    return {"from": path, "on": list(on)}


FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    USER_NAME: _ADDRESS,
    WORK_MAIL: _ADDRESS,
    "externalId": _from("person.external_id"),
    "displayName": _from("names.display_name"),
    "name.givenName": _from("person.nick_name"),
    "name.familyName": _from("names.surname"),
    "title": _from("contract.title"),
    f"{ENTERPRISE}:employeeNumber": _from("person.external_id"),
    f"{ENTERPRISE}:department": _from("contract.department_name"),
    f"{ENTERPRISE}:organization": _from("contract.employer"),
}


def fields_for(settings: ScimSettings) -> Mapping[str, Mapping[str, Any]]:
    """The default mapping under these settings: the HR id goes where it is looked for."""
    if settings.correlation == "externalId":
        return FIELDS
    others = {name: field for name, field in FIELDS.items() if name != "externalId"}
    return {**others, settings.correlation: _from("person.external_id")}
