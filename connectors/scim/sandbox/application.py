"""Requests in, answers out: which path and method leads to what."""

import json
import threading
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from connectors.scim.sandbox import bulk, discovery
from connectors.scim.sandbox.access import Access
from connectors.scim.sandbox.catalogue import KINDS
from connectors.scim.sandbox.errors import ScimError, invalid_syntax
from connectors.scim.sandbox.listing import SEARCH, listed
from connectors.scim.sandbox.resources import Resources, Result, json_in
from connectors.scim.sandbox.schema import Kind, names_schema
from connectors.scim.sandbox.shown import Wish
from connectors.scim.sandbox.spelling import spelled
from connectors.scim.sandbox.store import Store
from connectors.scim.sandbox.switches import Switches
from connectors.sdk.serve import Answer

BASE: Final = "/scim/v2"
TOKENS: Final = "/oauth/token"
SCIM_JSON: Final = "application/scim+json"
_TYPES: Final = frozenset({SCIM_JSON, "application/json"})
_ENDPOINTS: Final = {kind.endpoint.removeprefix("/"): kind for kind in KINDS}
_PAGE: Final = b"<!doctype html><title>Error</title><h1>Something went wrong</h1>"
_ONE: Final = ("GET", "PUT", "PATCH", "DELETE")


class Provider:
    """A service provider.

    Attributes:
        store: What it keeps.
        switches: How it behaves.
        access: Who may do what.
        lock: Held while a request is worked on.
    """

    def __init__(self, switches: Switches | None = None, *, seed: int = 1) -> None:
        """Start empty."""
        self.switches = switches or Switches()
        self.store = Store(seed, self.switches)
        self.access = Access()
        self.lock = threading.Lock()
        self._resources = Resources(self.store, self.switches)

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """See `connectors.sdk.serve.Application.answer`."""
        with self.lock:
            return self._answered(method, path, query, headers, body)

    def _answered(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        if path == TOKENS:
            return self.access.give(headers, body) if method == "POST" else Answer(405)
        base = f"http://{headers.get('host', '127.0.0.1')}{BASE}"
        authorization = headers.get("authorization", "")
        try:
            if path != BASE and not path.startswith(f"{BASE}/"):
                raise ScimError(404, f"nothing at {path}")
            self.access.require(authorization, method, path)
            if method == "OPTIONS":
                return Answer(204, headers={"Allow": self.access.allowed(authorization)})
            given = dict(parse_qsl(query, keep_blank_values=True))
            filters = "filter" in given and not self.switches.filter
            if filters and self.switches.filter_answer == "page":
                return Answer(500, _PAGE, {"Content-Type": "text/html; charset=utf-8"})
            parts = [unquote(one) for one in path.removeprefix(BASE).split("/") if one]
            found = self._routed(method, parts, given, headers, body, base)
            found.content = spelled(found.content, self.switches)
            return _sent(found)
        except ScimError as error:
            return _sent(Result(error.status, error.to_json(), error.headers))

    def _routed(
        self,
        method: str,
        parts: list[str],
        query: dict[str, str],
        headers: dict[str, str],
        body: bytes,
        base: str,
    ) -> Result:
        reading = "GET" if method == "HEAD" else method
        if parts and parts[0] in discovery.PATHS:
            _require_method(reading, "GET")
            return Result(200, discovery.described(parts, query, base, self.switches))
        if parts == ["Bulk"]:
            _require_method(method, "POST")
            return bulk.performed(
                _content(headers, body), len(body), self._operation(base), base, self.switches
            )
        if parts == ["Me"]:
            raise ScimError(501, "this provider does not know /Me")
        *where, last = parts or [""]
        if last == ".search" and len(where) < 2:
            _require_method(method, "POST")
            return self._searched(where, _content(headers, body), base)
        if not parts:
            _require_method(reading, "GET")
            return Result(200, listed(KINDS, query, self.store, base, self.switches))
        kind = _kind(parts)
        if len(parts) == 1:
            _require_method(reading, "GET", "POST")
            if reading == "GET":
                return Result(200, listed((kind,), query, self.store, base, self.switches))
            return self._resources.make(kind, _content(headers, body), Wish.of(query), base)
        _require_method(reading, *_ONE)
        content = _content(headers, body) if reading in {"PUT", "PATCH"} else None
        return self._on_one(reading, kind, parts[1], content, Wish.of(query), base, headers)

    def _on_one(
        self,
        method: str,
        kind: Kind,
        ident: str,
        content: Any,
        wish: Wish,
        base: str,
        headers: dict[str, str],
    ) -> Result:
        if_match = headers.get("if-match", "")
        match method:
            case "GET":
                seen = headers.get("if-none-match", "")
                return self._resources.show(kind, ident, wish, base, seen)
            case "PUT":
                return self._resources.replace(kind, ident, content, wish, base, if_match)
            case "PATCH":
                return self._resources.change(kind, ident, content, wish, base, if_match)
            case _:
                return self._resources.remove(kind, ident, if_match)

    def _searched(self, where: list[str], content: Any, base: str) -> Result:
        """A query in a body (RFC 7644, section 3.4.3)."""
        if not names_schema(content, SEARCH):
            raise invalid_syntax(f"a search names {SEARCH}")
        kinds = (_kind(where),) if where else KINDS
        return Result(200, listed(kinds, content, self.store, base, self.switches))

    def _operation(self, base: str) -> bulk.Perform:
        """How one operation of a bulk is performed."""

        def perform(method: str, path: str, data: Any, version: str) -> Result:
            parts = [unquote(one) for one in path.split("/") if one]
            kind = _kind(parts)
            if len(parts) == 1:
                _require_method(method, "POST")
                return self._resources.make(kind, data, Wish(), base)
            _require_method(method, *_ONE)
            headers = {"if-match": version}
            return self._on_one(method, kind, parts[1], data, Wish(), base, headers)

        return perform


def _kind(parts: list[str]) -> Kind:
    kind = _ENDPOINTS.get(parts[0]) if parts else None
    if kind is None or len(parts) > 2:
        raise ScimError(404, f"nothing at /{'/'.join(parts)}")
    return kind


def _require_method(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise ScimError(
            405, f"{method} is not for this path", headers={"Allow": ", ".join(allowed)}
        )


def _content(headers: dict[str, str], body: bytes) -> Any:
    kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in _TYPES:
        raise ScimError(415, f"the body is {SCIM_JSON}")
    return json_in(body)


def _sent(result: Result) -> Answer:
    headers = dict(result.headers)
    if result.content is None:
        return Answer(result.status, headers=headers)
    headers["Content-Type"] = SCIM_JSON
    return Answer(result.status, json.dumps(result.content, ensure_ascii=False).encode(), headers)
