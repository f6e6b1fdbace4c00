"""Query options of a list, and the page that they ask for (E2)."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from connectors.entra_id.sandbox.filters import Filter, parse_filter
from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.problems import (
    BAD_REQUEST,
    Problem,
    bad_request,
    unsupported_query,
)
from connectors.entra_id.sandbox.schema import SCHEMAS, TITLES, Property

PAGE: Final = 100
"""Objects of a page when nobody says how many."""
_ORDERED: Final = frozenset({"displayName", "userPrincipalName", "createdDateTime", "mail"})
_OPTIONS: Final = frozenset(
    {"$select", "$top", "$filter", "$count", "$orderby", "$search", "$expand", "$skiptoken"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Query options that were understood.

    Attributes:
        select: Properties to show; those of the schema that are shown by default without one.
        top: Objects on a page.
        filter: None for all.
        count: Whether to count.
        expand: What to show beside: `manager`, `members`.
        after: Place of the last object of the page before.
        order: Property to sort by, and whether backwards.
        rest: The query without its token, for the next-link.
    """

    select: tuple[str, ...] = ()
    top: int = PAGE
    filter: Filter | None = None
    count: bool = False
    expand: tuple[str, ...] = ()
    after: int = 0
    order: tuple[str, bool] | None = None
    rest: Mapping[str, str] = field(default_factory=dict)


def options_of(kind: str, query: str, headers: Mapping[str, str], *, most: int) -> Options:
    """Understand a query.

    Args:
        kind: Kind of object that is listed.
        query: As it came.
        headers: Names in lower case; `ConsistencyLevel: eventual` opens advanced queries.
        most: The largest `$top`.

    Raises:
        Problem: An option is unknown, malformed or not answered here.
    """
    given = pairs(query)
    schema, title = SCHEMAS[kind], TITLES[kind]
    unknown = [name for name in given if name.startswith("$") and name not in _OPTIONS]
    if unknown:
        message = f"The query parameter '{unknown[0]}' is not supported."
        raise Problem(400, BAD_REQUEST, message)
    advanced = (
        headers.get("consistencylevel", "").casefold() == "eventual"
        and given.get("$count", "").casefold() == "true"
    )
    found = parse_filter(given["$filter"], schema, title) if given.get("$filter") else None
    if found and found.advanced and not advanced:
        raise unsupported_query(
            "Operator is not supported without the header ConsistencyLevel: eventual and $count."
        )
    if "$search" in given:
        raise unsupported_query("Request with $search query parameter is not answered here.")
    return Options(
        select=_select(given.get("$select"), schema, title),
        top=_top(given.get("$top"), most),
        filter=found,
        count=advanced,
        expand=_expand(given.get("$expand")),
        after=_after(given.get("$skiptoken")),
        order=_order(given.get("$orderby"), plain=found is None or advanced),
        rest={name: value for name, value in given.items() if name != "$skiptoken"},
    )


def pairs(query: str) -> dict[str, str]:
    """A query as names and values; the names of options in lower case.

    Raises:
        Problem: Too many of them.
    """
    try:
        found = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise bad_request("The query string is not understood.") from None
    return {name.casefold() if name.startswith("$") else name: value for name, value in found}


def page(things: Iterable[Thing], options: Options) -> tuple[list[Thing], int | None, int]:
    """The objects of one page, the place to go on after, and how many there are in all."""
    matching = [
        thing
        for thing in things
        if options.filter is None or options.filter.matches({"id": thing.id, **thing.properties})
    ]
    total = len(matching)
    if options.order is not None:
        name, backwards = options.order
        matching.sort(key=lambda one: str(one.properties.get(name, "")), reverse=backwards)
        start = options.after
        part = matching[start : start + options.top]
        return part, (start + options.top if start + options.top < total else None), total
    rest = [thing for thing in matching if thing.place > options.after]
    part = rest[: options.top]
    return part, (part[-1].place if len(rest) > len(part) and part else None), total


def next_link(base: str, path: str, options: Options, after: int) -> str:
    """Where the next page is."""
    query = {**options.rest, "$skiptoken": token({"after": after})}
    return f"{base}{path}?{urlencode(query, quote_via=quote, safe='$,')}"


def token(content: Mapping[str, Any]) -> str:
    """An opaque token."""
    raw = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def in_token(text: str) -> dict[str, Any]:
    """Undo `token`.

    Raises:
        Problem: Not one of ours.
    """
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        content = None
    if not isinstance(content, dict):
        raise Problem(400, "Directory_ExpiredPageToken", "Badly formed token.")
    return content


def _select(given: str | None, schema: Mapping[str, Property], title: str) -> tuple[str, ...]:
    if not given:
        return tuple(name for name, one in schema.items() if one.shown)
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    for name in names:
        if name != "*" and name not in schema and not name.startswith("extension_"):
            message = f"Could not find a property named '{name}' on type 'microsoft.graph.{title}'."
            raise Problem(400, BAD_REQUEST, message)
    return tuple(schema) if "*" in names else names


def _top(given: str | None, most: int) -> int:
    if given is None:
        return min(PAGE, most)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:9]) <= most:
        message = f"Invalid page size specified: '{given}'. Must be between 1 and {most} inclusive."
        raise Problem(400, BAD_REQUEST, message)
    return int(given)


def _expand(given: str | None) -> tuple[str, ...]:
    if not given:
        return ()
    name = given.partition("(")[0].strip()
    if name not in {"manager", "members", "memberOf"}:
        message = f"Could not find a navigation property named '{name}'."
        raise Problem(400, BAD_REQUEST, message)
    return (name,)


def _after(given: str | None) -> int:
    if given is None:
        return 0
    place = in_token(given).get("after")
    if not isinstance(place, int):
        raise Problem(400, "Directory_ExpiredPageToken", "Badly formed token.")
    return place


def _order(given: str | None, *, plain: bool) -> tuple[str, bool] | None:
    if not given:
        return None
    name, _, direction = given.strip().partition(" ")
    if name not in _ORDERED or direction.strip() not in {"", "asc", "desc"} or not plain:
        raise unsupported_query(f"Sorting by '{name}' is not supported for this query.")
    return name, direction.strip() == "desc"
