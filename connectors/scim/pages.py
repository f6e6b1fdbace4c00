"""Reading everybody, a page at a time (RFC 7644, section 3.4.2.4).

Pages are counted, not named, so whoever comes or goes meanwhile moves the others: what was read
has to add up, or it is read again. Providers that ignore what was asked, give less than was asked
or tell the number of something else are seen through.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from connectors.model.errors import BrokenSource, Invalid, Misconfigured, Refused
from connectors.scim.ahead import Ahead, Fetch

READINGS: Final = 3
HINT: Final = "Let page_size be more than the number of resources, or 0; or run again later."
MOST: Final = 1_000_000
"""Resources; a provider that has more to give has lost count."""
ROUND: Final = 5
"""Limits of providers are multiples of it."""
Resource = dict[str, Any]
Shape = TypeVar("Shape")


class Moved(Exception):
    """Resources came or went while they were read."""


def read_all(fetch: Fetch, *, page_size: int, system: str, what: str) -> list[Resource]:
    """Every resource, as `read_pages` reads them."""
    pages = read_pages(fetch, list, page_size=page_size, system=system, what=what)
    return [resource for page in pages for resource in page]


def read_pages(
    fetch: Fetch,
    shape: Callable[[Sequence[Resource]], Shape],
    *,
    page_size: int,
    system: str,
    what: str,
    ahead: int = 0,
) -> list[Shape]:
    """Every resource, each once, complete or not at all; what is made of each page, in order.

    Args:
        fetch: Fetches a page; from several threads, where pages are fetched ahead.
        shape: What to make of a page, while others are on their way.
        page_size: Resources to ask for; 0 to leave it to the provider.
        system: Name for messages.
        what: What is read, for messages.
        ahead: Pages that may be on their way beside the one that is waited for.

    Raises:
        BrokenSource: A page came again, or it does not add up in spite of `READINGS` readings.
        Misconfigured: What came is no list of SCIM.
    """
    reason = ""
    for _ in range(READINGS):
        try:
            with Ahead(fetch, ahead) as pages:
                return _read_once(pages, _Reading(page_size, system, what), shape)
        except Moved as moved:
            reason = str(moved)
    message = f"{reason}, {READINGS} readings in a row"
    raise BrokenSource(message, system=system, operation=f"read {what}", hint=HINT)


def _read_once(
    pages: Ahead, reading: "_Reading", shape: Callable[[Sequence[Resource]], Shape]
) -> list[Shape]:
    shaped: list[Shape] = []
    while not reading.complete and reading.given < MOST:
        try:
            content = pages.page(reading.next, reading.behind())
        except (Refused, Misconfigured):
            if reading.reached:  # behind the last one there is nothing, which some call an error
                break
            raise
        if page := reading.take(content):
            shaped.append(shape(page))
    reading.require_everybody()
    return shaped


class _Reading:
    """One reading of all pages.

    Attributes:
        given: How many resources came.
        complete: Whether nothing more is to be asked for.
    """

    def __init__(self, page_size: int, system: str, what: str) -> None:
        self._page_size, self._system, self._what = page_size, system, what
        self._found: set[str] = set()
        self._first: set[str] = set()
        self._told: int | None = None
        self._full = page_size > 0
        self.given, self.complete = 0, False

    @property
    def next(self) -> dict[str, str]:
        """The parameters of the next page."""
        return self._from(self.given + 1) if self.given or self._page_size else {}

    def behind(self) -> Iterator[dict[str, str]]:
        """The parameters of the pages behind the next one, if all come as full as asked for.

        Nothing as long as it is not known how many resources there are, and once a page was not.
        """
        if self._full and self._told is not None:
            behind = range(self.given + self._page_size, min(self._told, MOST), self._page_size)
            yield from (self._from(before + 1) for before in behind)

    def _from(self, start: int) -> dict[str, str]:
        count = {"count": str(self._page_size)} if self._page_size else {}
        return {"startIndex": str(start), **count}

    @property
    def reached(self) -> bool:
        """Whether as many came as there are said to be."""
        return self._told is not None and 0 < self._told <= self.given

    def take(self, content: Any) -> list[Resource]:
        """Note a page; gives what is on it, nothing if it is behind the last one.

        Raises:
            BrokenSource: It came before.
            Misconfigured: It is no list of SCIM.
            Moved: There are more or fewer than a moment ago.
        """
        page, total = resources_in(content, self._system, self._what)
        new = {ident_of(one, self._system, self._what) for one in page}
        if not page or self._is_everybody_again(page, new):
            self.complete = True
            return []
        if self.given and new <= self._found:
            message = "a page came again: the provider does not count pages as it should"
            operation = f"read {self._what}"
            raise BrokenSource(message, system=self._system, operation=operation, hint=HINT)
        self._hear(total, len(page))
        self._full = self._full and len(page) == self._page_size
        self._first = self._first or new
        self._found |= new
        self.given += len(page)
        self.complete = self.reached and not self._may_be_cut(page)
        return page

    def require_everybody(self) -> None:
        """Make sure that what came is everybody, each once.

        Raises:
            Moved: They do not add up.
        """
        expected = max(self._told or 0, self.given)
        if len(self._found) != expected:
            message = f"{len(self._found)} different {self._what} of {expected}"
            raise Moved(message)

    def _hear(self, total: int | None, shown: int) -> None:
        """Note how many there are said to be; some tell how many are on the page."""
        if not self.given:
            self._told = total
        elif self.reached and total == shown:
            self._told = None
        elif self._told is not None and self._told != total:
            message = f"{total} {self._what} instead of {self._told} while they were read"
            raise Moved(message)

    def _is_everybody_again(self, page: list[Resource], new: set[str]) -> bool:
        """Whether all of them come whatever is asked; a full page may be just the first one."""
        same = new == self._first == self._found
        return same and (len(page) != self._page_size or self._told == self.given)

    def _may_be_cut(self, page: list[Resource]) -> bool:
        """Whether a total that is reached may be that of the page only, and more be behind it.

        That is so when the page is as long as it may be: by what was asked, or by a limit of the
        provider, which is a round number. Then one more request tells.
        """
        alone = len(page) == self.given
        return len(page) == self._page_size or (alone and len(page) % ROUND == 0)


def resources_in(content: Any, system: str, what: str) -> tuple[list[Resource], int | None]:
    """The resources of a page, and how many there are in all; None when that is not told.

    Raises:
        Misconfigured: It is no list of SCIM.
    """
    if isinstance(content, dict):
        listed, total = content.get("Resources", []), _number(content.get("totalResults"))
        listed = [] if listed is None else listed
        said = total is not None or "Resources" in content
        if said and isinstance(listed, list) and all(isinstance(one, dict) for one in listed):
            return listed, total
    message = f"the answer is no list of {what}"
    raise Misconfigured(
        message, system=system, operation=f"read {what}", hint="Check base_url in the settings."
    )


def _number(said: Any) -> int | None:
    """A number, which some write as a text."""
    if isinstance(said, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", said):
        return int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def path_to(endpoint: str, ident: str | None, system: str) -> str:
    """The path of one resource, whatever its id is made of.

    Raises:
        Invalid: Not an id: it would lead elsewhere.
    """
    if not ident or ident in {".", ".."}:
        message = f"{ident!r} is no id below {endpoint}"
        raise Invalid(message, system=system)
    return f"{endpoint}/{quote(ident, safe='')}"


def ident_of(resource: Mapping[str, Any], system: str, what: str) -> str:
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
