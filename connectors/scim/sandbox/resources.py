"""What can be done with one resource: make, show, replace, change, remove."""

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.scim.sandbox.catalogue import USERS
from connectors.scim.sandbox.conform import conformed
from connectors.scim.sandbox.errors import ScimError, invalid_syntax
from connectors.scim.sandbox.patch import patched
from connectors.scim.sandbox.schema import Kind
from connectors.scim.sandbox.shown import Wish, complete, projected
from connectors.scim.sandbox.store import Store, Stored
from connectors.scim.sandbox.switches import Switches


@dataclass(slots=True)
class Result:
    """What came of a request, before it is put on the wire.

    Attributes:
        status: HTTP status.
        content: The body, None for none.
        headers: Names as they are sent.
    """

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Resources:
    """Requests on single resources."""

    def __init__(self, store: Store, switches: Switches) -> None:
        """Remember what they work on."""
        self._store, self._switches = store, switches

    def make(self, kind: Kind, body: Any, wish: Wish, base: str) -> Result:
        """POST (RFC 7644, section 3.3)."""
        content = conformed(kind, body, self._switches)
        self._ignore(kind, content, {"active": True})
        stored = self._store.add(kind, content)
        return self._shown(stored, wish, base, status=201)

    def show(self, kind: Kind, ident: str, wish: Wish, base: str, if_none_match: str) -> Result:
        """GET (section 3.4.1)."""
        stored = self._store.get(kind, ident)
        if self._switches.etag and _names_version(if_none_match, stored):
            return Result(304, headers={"ETag": stored.etag})
        return self._shown(stored, wish, base)

    def replace(
        self, kind: Kind, ident: str, body: Any, wish: Wish, base: str, if_match: str
    ) -> Result:
        """PUT (section 3.5.1). What is never shown stays where it is not sent."""
        stored = self._store.get(kind, ident)
        self._require_version(stored, if_match)
        content = conformed(kind, body, self._switches)
        for _, attribute in kind.attributes():
            if attribute.mutability == "writeOnly" and attribute.name in stored.content:
                content.setdefault(attribute.name, stored.content[attribute.name])
        self._ignore(kind, content, stored.content)
        self._store.change(stored, content)
        return self._shown(stored, wish, base)

    def change(
        self, kind: Kind, ident: str, body: Any, wish: Wish, base: str, if_match: str
    ) -> Result:
        """PATCH (section 3.5.2)."""
        if not self._switches.patch:
            raise ScimError(501, "this provider does not know PATCH")
        stored = self._store.get(kind, ident)
        self._require_version(stored, if_match)
        content = patched(kind, stored.content, body, self._switches)
        self._ignore(kind, content, stored.content)
        self._store.change(stored, content)
        if self._switches.patch_answers == 204 and wish == Wish():
            version = {"ETag": stored.etag} if self._switches.etag else {}
            return Result(204, headers=version)
        return self._shown(stored, wish, base)

    def remove(self, kind: Kind, ident: str, if_match: str) -> Result:
        """DELETE (section 3.6)."""
        stored = self._store.get(kind, ident)
        self._require_version(stored, if_match)
        self._store.remove(stored)
        return Result(204)

    def _shown(self, stored: Stored, wish: Wish, base: str, *, status: int = 200) -> Result:
        whole = complete(stored, self._store, base, self._switches)
        headers = {"Location": whole["meta"]["location"]}
        if self._switches.etag:
            headers["ETag"] = stored.etag
        shown = projected(stored.kind, whole, wish, self._switches.on_request)
        return Result(status, shown, headers)

    def _ignore(self, kind: Kind, content: dict[str, Any], held: dict[str, Any]) -> None:
        """Leave what is ignored as it was."""
        for name in self._switches.ignored if kind is USERS else frozenset():
            content.pop(name, None)
            if name in held:
                content[name] = held[name]

    def _require_version(self, stored: Stored, if_match: str) -> None:
        if not self._switches.etag:
            return
        if if_match and not _names_version(if_match, stored):
            raise ScimError(412, f"{stored.kind.name} {stored.id} has changed since")
        if not if_match and self._switches.require_if_match:
            raise ScimError(428, "say which version you have seen: If-Match")


def _names_version(header: str, stored: Stored) -> bool:
    """Whether a header names the version that there is, or any."""
    named = {one.strip() for one in header.split(",") if one.strip()}
    return "*" in named or stored.etag in named or stored.etag.removeprefix("W/") in named


def json_in(body: bytes) -> Any:
    """The JSON of a body.

    Raises:
        ScimError: It is none: 400 invalidSyntax.
    """
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid_syntax("the body is not JSON") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)
