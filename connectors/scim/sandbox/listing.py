"""Lists: filtered, sorted, cut into pages (RFC 7644, section 3.4.2)."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from connectors.scim.sandbox.catalogue import COMMON
from connectors.scim.sandbox.errors import ScimError, invalid_filter, invalid_value
from connectors.scim.sandbox.filters import Filter, names_in, parse_filter
from connectors.scim.sandbox.matching import Fits, comparable_by, fits
from connectors.scim.sandbox.names import Place, place_of
from connectors.scim.sandbox.schema import Kind, member
from connectors.scim.sandbox.shown import Wish, complete, projected
from connectors.scim.sandbox.store import Store, Stored
from connectors.scim.sandbox.switches import Switches

LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH: Final = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
SHORT_PAGE: Final = 3
_WORKED_OUT: Final = re.compile(r"meta|groups|manager|members|schemas|\$ref", re.IGNORECASE)
"""Attributes that are worked out when a resource is shown."""
Look = Callable[[Stored], dict[str, Any]]


def listed(
    kinds: tuple[Kind, ...], given: Mapping[str, Any], store: Store, base: str, switches: Switches
) -> dict[str, Any]:
    """A page of resources.

    Args:
        kinds: Types to look through.
        given: The query, or the body of a search.
        store: What there is.
        base: Address of the provider.
        switches: How it behaves.

    Raises:
        ScimError: A parameter cannot be used.
    """
    wish = Wish.of(given)
    stored = [one for kind in kinds for one in store.all(kind)]
    text, by = member(given, "filter"), member(given, "sortBy")
    if text is not None and (switches.filter or switches.filter_answer == "error"):
        tree = _tree(text, switches)
        test = _test(kinds, tree)
        looks: Look = _plain
        if any(map(_WORKED_OUT.search, names_in(tree))):
            looks = partial(complete, store=store, base=base, switches=switches)
        stored = [one for one in stored if test(one.kind, looks(one))]
    if by is not None and switches.sort:
        stored = _sorted(stored, kinds, by, member(given, "sortOrder"))
    start, end = _page(len(stored), given, switches)
    page = [complete(one, store, base, switches) for one in stored[start - 1 : end]]
    if not switches.members_returned and not any("members" in one for one in wish.only or ()):
        for content in page:
            content.pop("members", None)
    return {
        "schemas": [LIST],
        **_total(len(stored), len(page), switches),
        "startIndex": start,
        "itemsPerPage": len(page),
        "Resources": [
            projected(one.kind, content, wish, switches.on_request)
            for one, content in zip(stored[start - 1 : end], page, strict=True)
        ],
    }


def _total(right: int, shown: int, switches: Switches) -> dict[str, Any]:
    match switches.total:
        case "right":
            return {"totalResults": right}
        case "page":
            return {"totalResults": shown}
        case "text":
            return {"totalResults": str(right)}
        case "missing":
            return {}


def _plain(stored: Stored) -> dict[str, Any]:
    """What is kept of a resource, for filters that need no more."""
    return {**stored.content, "id": stored.id}


def _tree(text: Any, switches: Switches) -> Filter:
    if not switches.filter:
        raise invalid_filter("this provider does not filter")
    if not isinstance(text, str):
        raise invalid_filter("a filter is a text")
    return parse_filter(text)


def _test(kinds: tuple[Kind, ...], tree: Filter) -> Callable[[Kind, dict[str, Any]], bool]:
    tests: dict[str, Fits] = {}
    failed: ScimError | None = None
    for kind in kinds:
        try:
            tests[kind.name] = fits(kind, tree)
        except ScimError as error:
            failed = error
    if failed is not None and not tests:  # over all types, those without the attribute do not fit
        raise failed
    return lambda kind, content: kind.name in tests and tests[kind.name](content)


def _sorted(stored: list[Stored], kinds: tuple[Kind, ...], by: Any, order: Any) -> list[Stored]:
    if not isinstance(by, str):
        raise invalid_value("sortBy is a text")
    if order not in {None, "ascending", "descending"}:
        raise invalid_value("sortOrder is ascending or descending")
    places = {kind.name: place_of(kind, by) for kind in kinds}
    if not any(places.values()):
        raise ScimError(400, f"{by} is no attribute", "invalidPath")
    found = [(_sorted_by(one, places[one.kind.name]), one) for one in stored]
    valued = [(value, one) for value, one in found if value is not None]
    valued.sort(key=lambda pair: (str(type(pair[0])), pair[0]))
    ordered = [*(one for _, one in valued), *(one for value, one in found if value is None)]
    return ordered[::-1] if order == "descending" else ordered


def _sorted_by(stored: Stored, place: Place | None) -> Any:
    """The value that a resource is sorted by, None for none; of several the primary one."""
    if place is None or place.attribute is None:
        return None
    if place.schema is COMMON:
        return _common(stored, place)
    value, leaf = place.root(stored.content).get(place.attribute.name), place.leaf
    if isinstance(value, list):
        value = next((one for one in value if _primary(one)), value[0])
    if isinstance(value, dict):
        leaf = place.part or place.attribute.part("value")
        value = value.get(leaf.name) if leaf is not None else None
    return comparable_by(leaf)(value) if leaf is not None and value is not None else None


def _common(stored: Stored, place: Place) -> Any:
    moments = {"created": stored.created, "lastModified": stored.modified}
    if place.part is not None:
        return moments.get(place.part.name)
    name = place.attribute.name if place.attribute is not None else ""
    return stored.id if name == "id" else stored.content.get(name)


def _primary(value: Any) -> bool:
    return isinstance(value, dict) and value.get("primary") is True


def _page(total: int, given: Mapping[str, Any], switches: Switches) -> tuple[int, int]:
    """Number of the first resource of the page, counted from 1, and of its last one."""
    start = max(1, _number(given, "startIndex", 1))
    count = min(max(0, _number(given, "count", switches.max_results)), switches.max_results)
    match switches.paging:
        case "ignored":
            return 1, total
        case "stuck":
            start = 1
        case "short":
            count = min(count, SHORT_PAGE)
        case "from zero":
            start += 1
        case "right":
            pass
    return start, start - 1 + count


def _number(given: Mapping[str, Any], name: str, default: int) -> int:
    value = member(given, name)
    if value is None:
        return default
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise invalid_value(f"{name} is a whole number")
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise invalid_value(f"{name} is a whole number") from None
