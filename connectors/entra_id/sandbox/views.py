"""How objects are shown: selected properties, the kind of each, no password (E14)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.schema import EMPTY_LISTS, SCHEMAS, SETS

METADATA: Final = "https://graph.microsoft.com/v1.0/$metadata#"


def shown(thing: Thing, select: Iterable[str]) -> dict[str, Any]:
    """An object as a reading shows it; the id always stands first."""
    return {"id": thing.id, **{name: value_of(thing, name) for name in select if name != "id"}}


def value_of(thing: Thing, name: str) -> Any:
    """The value of one property, None or an empty list where there is none."""
    match name:
        case "passwordProfile":
            return None
        case "assignedLicenses":
            return [{"skuId": sku, "disabledPlans": []} for sku in sorted(thing.licences)]
        case "licenseAssignmentStates":
            return [
                {
                    "skuId": sku,
                    "disabledPlans": [],
                    "assignedByGroup": group or None,
                    "state": "Active",
                    "error": "None",
                    "lastUpdatedDateTime": thing.properties.get("createdDateTime"),
                }
                for sku, groups in sorted(thing.licences.items())
                for group in sorted(groups)
            ]
        case _ if name in EMPTY_LISTS:
            return list(thing.properties.get(name, ()))
        case "onPremisesExtensionAttributes" | "employeeOrgData":
            parts = SCHEMAS["user"][name].parts
            held = thing.properties.get(name, {})
            if name == "employeeOrgData" and not held:
                return None
            return {part: held.get(part) for part in parts}
        case _:
            return thing.properties.get(name)


def typed(thing: Thing) -> dict[str, Any]:
    """The kind of an object, for lists that hold several."""
    return {"@odata.type": f"#microsoft.graph.{thing.kind}"}


def entity(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A single object with its context."""
    return {"@odata.context": f"{METADATA}{SETS[kind]}/$entity", **values}


def collection(kind: str, values: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A page with its context."""
    annotations = {f"@odata.{name}": value for name, value in more.items() if value is not None}
    return {"@odata.context": f"{METADATA}{SETS.get(kind, kind)}", **annotations, "value": values}
