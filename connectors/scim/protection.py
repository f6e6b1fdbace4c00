"""Accounts that are never changed."""

from collections.abc import Mapping
from typing import Any

from connectors.model.errors import Refused
from connectors.scim.settings import ScimSettings


class Protection:
    """Knows the accounts that the settings protect."""

    def __init__(self, settings: ScimSettings) -> None:
        """Fold the names."""
        self._names = frozenset(name.casefold() for name in settings.protected)

    def __bool__(self) -> bool:
        """Whether anything is protected at all."""
        return bool(self._names)

    def reason(self, user: Mapping[str, Any]) -> str | None:
        """Why a user is protected, None if it is not."""
        if not self._names:
            return None
        named = {str(user.get(name) or "").casefold() for name in ("id", "userName")}
        return "the settings say so" if named & self._names else None

    def refuse(self, user: Mapping[str, Any], system: str) -> None:
        """Raise `Refused` when a user must not be touched."""
        reason = self.reason(user)
        if reason is not None:
            message = f"{user.get('userName')} is protected: {reason}"
            raise Refused(message, system=system)
