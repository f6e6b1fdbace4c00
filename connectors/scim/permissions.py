"""Roles and entitlements as permissions: `roles:admin` is the value admin among the roles."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.scim.settings import ScimSettings

SEPARATOR: Final = ":"


def permission_of(attribute: str, value: str) -> str:
    """The native id of a value that can be granted."""
    return f"{attribute}{SEPARATOR}{value}"


def parts_of(permission: str, settings: ScimSettings) -> tuple[str, str] | None:
    """Attribute and value of a native id; None when it is that of a group."""
    attribute, separator, value = permission.partition(SEPARATOR)
    if not separator or attribute not in settings.permissions:
        return None
    return attribute, value


def name_of(permission: str, settings: ScimSettings) -> str:
    """As rules name it: the value, with its attribute in front where both kinds are granted."""
    parts = parts_of(permission, settings)
    return permission if parts is None or len(settings.permissions) > 1 else parts[1]


def values_of(user: Mapping[str, Any], attribute: str) -> Iterator[str]:
    """The roles or entitlements of a user."""
    listed = user.get(attribute)
    for one in listed if isinstance(listed, list) else [listed]:
        value = one.get("value") if isinstance(one, Mapping) else one
        if isinstance(value, str) and value:
            yield value
