"""Bulk: many operations in one request, which may refer to each other (RFC 7644, section 3.7)."""

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.scim.sandbox.errors import ScimError, invalid_syntax, invalid_value
from connectors.scim.sandbox.resources import Result
from connectors.scim.sandbox.schema import member, names_schema
from connectors.scim.sandbox.switches import Switches

REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PATH: Final = re.compile(r"/[A-Za-z]+(?:/[^/?#]+)?")
_REFERENCE: Final = re.compile(r"bulkId:([^/\s]+)")

Perform = Callable[[str, str, Any, str], Result]
"""Performs one operation: method, path, body, version."""


def performed(body: Any, size: int, perform: Perform, base: str, switches: Switches) -> Result:
    """The answer to a bulk.

    Raises:
        ScimError: The bulk as a whole is refused.
    """
    if not switches.bulk:
        raise ScimError(501, "this provider does not know Bulk")
    if size > switches.max_payload:
        raise ScimError(413, f"a bulk has at most {switches.max_payload} bytes")
    operations = _operations(body, switches)
    most = _fail_on_errors(body)
    told: dict[int, dict[str, Any]] = {}
    made: dict[str, str] = {}
    failures = 0
    waiting = list(range(len(operations)))
    while waiting:
        ready = [at for at in waiting if not _open(operations[at], operations, waiting, made)]
        circular = not ready
        for at in ready or waiting[:1]:
            if most and failures >= most:
                break
            told[at], ident = _one(operations[at], made, perform, base, switches, circular=circular)
            failures += ident is None
            if ident and operations[at].get("bulkId"):
                made[operations[at]["bulkId"]] = ident
            waiting.remove(at)
        if most and failures >= most:
            break
    return Result(200, {"schemas": [RESPONSE], "Operations": [told[at] for at in sorted(told)]})


def _operations(body: Any, switches: Switches) -> list[dict[str, Any]]:
    listed = member(body, "Operations") if names_schema(body, REQUEST) else None
    if not isinstance(listed, list):
        raise invalid_syntax(f"a bulk names {REQUEST} and has Operations")
    if len(listed) > switches.max_operations:
        raise ScimError(413, f"a bulk has at most {switches.max_operations} operations", "tooMany")
    return [_operation(one) for one in listed]


def _operation(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise invalid_syntax("an operation is a JSON object")
    found = {name: member(given, name) for name in ("method", "path", "bulkId", "data", "version")}
    method, path = found["method"], found["path"]
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise invalid_syntax(f"method is one of {', '.join(sorted(METHODS))}")
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise invalid_syntax("a path is /Users, or /Users/ and an id")
    for name in ("bulkId", "version"):
        if found[name] is not None and not isinstance(found[name], str):
            raise invalid_syntax(f"{name} is a text")
    if method.upper() == "POST" and not found["bulkId"]:
        raise invalid_syntax("a POST has a bulkId")
    return {**found, "method": method.upper()}


def _fail_on_errors(body: Mapping[str, Any]) -> int:
    most = member(body, "failOnErrors")
    if most is None:
        return 0
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise invalid_value("failOnErrors is a whole number")
    return most


def _open(
    operation: dict[str, Any],
    operations: list[dict[str, Any]],
    waiting: list[int],
    made: dict[str, str],
) -> bool:
    """Whether an operation refers to something that another one is still to make."""
    coming = {operations[at]["bulkId"] for at in waiting} - {operation["bulkId"]}
    return any(name in coming and name not in made for name in _references(operation))


def _references(operation: dict[str, Any]) -> set[str]:
    return set(_REFERENCE.findall(f"{operation['path']} {operation['data']!r}".replace("'", " ")))


def _one(
    operation: dict[str, Any],
    made: dict[str, str],
    perform: Perform,
    base: str,
    switches: Switches,
    *,
    circular: bool,
) -> tuple[dict[str, Any], str | None]:
    """What is told of an operation, and the id of the resource; None when it failed."""
    told = {name: operation[name] for name in ("method", "bulkId") if operation[name]}
    path = _resolved(operation["path"], made)
    try:
        if circular:
            raise ScimError(409, "these operations wait for each other")
        unknown = _references({"path": path, "data": _resolved(operation["data"], made)})
        if unknown:
            raise invalid_value(f"no operation has the bulkId {min(unknown)}")
        result = perform(
            operation["method"],
            path,
            _resolved(operation["data"], made),
            operation["version"] or "",
        )
    except ScimError as error:
        where = {"location": f"{base}{path}"} if operation["method"] != "POST" else {}
        return {**told, **where, "status": str(error.status), "response": error.to_json()}, None
    location = result.headers.get("Location", f"{base}{path}")
    version = {"version": result.headers["ETag"]} if "ETag" in result.headers else {}
    shown = result.content is not None and switches.bulk_bodies
    response = {"response": result.content} if shown else {}
    ident = location.rpartition("/")[2]
    return {
        **told,
        "location": location,
        **version,
        "status": str(result.status),
        **response,
    }, ident


def _resolved(value: Any, made: dict[str, str]) -> Any:
    """The same with ids where `bulkId:…` stood."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: made.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [_resolved(one, made) for one in value]
    if isinstance(value, dict):
        return {name: _resolved(one, made) for name, one in value.items()}
    return copy.copy(value)
