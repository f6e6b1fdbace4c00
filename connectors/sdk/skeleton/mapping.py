"""From the service's words to ours and back, and what a profile maps by default."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.model.values import CLEAR, Attributes, Value
from connectors.sdk.skeleton.manifest import MANIFEST

NAMES: Final = tuple(attribute.name for attribute in MANIFEST.attributes)

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "person": {"from": "person.external_id"},
    "login": {"from": "names.login", "on": ["create"], "unique": True},
    "mail": {
        "template": "{names.local_part}@{names.domain}",
        "on": ["create"],
        "unique": True,
    },
    "name": {"from": "names.display_name"},
    "title": {"from": "contract.title"},
}
"""Default field mapping, in the grammar of a profile's `fields`."""


def attributes_of(row: Mapping[str, Any]) -> dict[str, Value]:
    """What an account holds; what is empty is left out."""
    return {name: row[name] for name in NAMES if row.get(name) not in {None, ""}}


def body_of(after: Attributes) -> dict[str, Any]:
    """Values as the service takes them: null empties a field, an absent field is left alone."""
    return {name: None if value is CLEAR else value for name, value in after.items()}
