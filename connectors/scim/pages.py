"""Reading everybody, a page at a time (RFC 7644, section 3.4.2.4).

Pages are counted, not named, so whoever comes or goes meanwhile moves the others: what was read
has to add up, or it is read again. Providers that ignore what was asked are seen through.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.model.errors import BrokenSource, Misconfigured

READINGS: Final = 3
HINT: Final = "Let page_size be more than the number of resources, or 0; or run again later."
MOST: Final = 1_000_000
"""Resources; a provider that has more to give has lost count."""
Fetch = Callable[[Mapping[str, str]], Any]
"""Fetches a page: the parameters in, the decoded list out."""
Resource = Mapping[str, Any]


class Moved(Exception):
    """Resources came or went while they were read."""


def read_all(fetch: Fetch, *, page_size: int, system: str, what: str) -> list[Resource]:
    """Every resource, each once, complete or not at all.

    Args:
        fetch: Fetches a page.
        page_size: Resources to ask for; 0 to leave it to the provider.
        system: Name for messages.
        what: What is read, for messages.

    Raises:
        BrokenSource: A page came again, or it does not add up in spite of `READINGS` readings.
        Misconfigured: What came is no list of SCIM.
    """
    reason = ""
    for _ in range(READINGS):
        try:
            return _read_once(fetch, page_size=page_size, system=system, what=what)
        except Moved as moved:
            reason = str(moved)
    message = f"{reason}, {READINGS} readings in a row"
    raise BrokenSource(message, system=system, operation=f"read {what}", hint=HINT)


def _read_once(fetch: Fetch, *, page_size: int, system: str, what: str) -> list[Resource]:
    found: dict[str, Resource] = {}
    given, told = 0, None
    while given < MOST:
        asked = {"startIndex": str(given + 1), "count": str(page_size)} if page_size else {}
        if given and not page_size:
            asked = {"startIndex": str(given + 1)}
        page, total = _resources(fetch(asked), system, what)
        if told is not None and total != told:
            message = f"{total} {what} instead of {told} while they were read"
            raise Moved(message)
        told = total
        if not page:
            break
        new = {ident_of(one, system, what): one for one in page}
        if given and new.keys() <= found.keys():
            message = "a page came again: the provider does not count pages as it should"
            raise BrokenSource(
                message,
                system=system,
                operation=f"read {what}",
                hint=HINT,
            )
        found.update(new)
        given += len(page)
        # A total that is only that of the page, as some tell it, is not believed of a full page.
        if given >= total and len(page) != page_size:
            break
    if told is not None and len(found) != max(told, given):
        message = f"{len(found)} different {what} of {told}"
        raise Moved(message)
    return list(found.values())


def _resources(content: Any, system: str, what: str) -> tuple[list[Resource], int]:
    """The resources of a page, and how many there are in all."""
    if isinstance(content, Mapping):
        listed, total = content.get("Resources", []), content.get("totalResults")
        listed = [] if listed is None else listed
        if isinstance(listed, list) and all(isinstance(one, Mapping) for one in listed):
            known = isinstance(total, int) and not isinstance(total, bool)
            if known or listed:
                return listed, int(total) if known else len(listed)  # type: ignore[arg-type]  # just seen
    message = f"the answer is no list of {what}"
    raise Misconfigured(
        message, system=system, operation=f"read {what}", hint="Check base_url in the settings."
    )


def ident_of(resource: Resource, system: str, what: str) -> str:
    """The id of a resource.

    Raises:
        BrokenSource: It has none.
    """
    ident = resource.get("id")
    if isinstance(ident, str) and ident:
        return ident
    if isinstance(ident, int) and not isinstance(ident, bool):
        return str(ident)
    message = f"one of the {what} has no id"
    raise BrokenSource(message, system=system, operation=f"read {what}")
