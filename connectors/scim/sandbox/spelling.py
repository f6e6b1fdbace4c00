"""How a provider writes what it shows: names in any case, `active` as a text (see `Switches`)."""

from typing import Any

from connectors.scim.sandbox.switches import Switches


def spelled(content: Any, switches: Switches) -> Any:
    """An answer as this provider writes it."""
    if switches.active_is_text:
        content = _with_text(content)
    return _in_capitals(content) if switches.spelling == "odd" else content


def _with_text(content: Any) -> Any:
    if isinstance(content, list):
        return [_with_text(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        name: str(value) if name == "active" and isinstance(value, bool) else _with_text(value)
        for name, value in content.items()
    }


def _in_capitals(content: Any) -> Any:
    if isinstance(content, list):
        return [_in_capitals(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        name.upper() if name.startswith("urn:") else name[:1].upper() + name[1:]: _in_capitals(
            value
        )
        for name, value in content.items()
    }
