"""A GetConnector page by page, so that every row comes once and none is missed.

A page asks for one row more than it keeps. That row says whether there is another page, so a last
page that happens to be full costs no further call; and it must be the first row of the next page:
when somebody is hired or leaves between two calls, rows move over the edge of a page, and by
counting alone the reading would lose one without a word.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from connectors.afas.query import AT_LEAST, Condition, Filter, both, page_query
from connectors.afas.replies import TooMuch
from connectors.model.errors import BrokenSource

Row = dict[str, Any]
"""A row of a GetConnector: field -> text, number, boolean or None."""

MAX_CELLS: Final = 150_000
"""Columns times rows above which AFAS runs out of memory. Source: OASContent, get-connector.md."""
MAX_SKIP: Final = 100_000
"""Rows above which skipping is too slow: "split by a filter". Source: OASContent."""
FIRST_ROWS: Final = 1000
"""Rows of a first page at most: how wide a row is shows only then."""
TRIES: Final = 3

_T = TypeVar("_T")


class RowsMoved(BrokenSource):
    """Rows came or went while they were read: start over."""


def read_pages(
    fetch: Callable[[str], list[Row]],
    *,
    order_by: Sequence[str],
    where: Filter = (),
    columns: int,
    max_rows: int,
    max_skip: int = MAX_SKIP,
) -> Iterator[list[Row]]:
    """Every row, a page at a time: N rows cost N / `max_rows` calls, rounded up.

    Args:
        fetch: Gives the rows of a query.
        order_by: Fields that leave no ties: without them AFAS orders each page anew.
        where: Which rows.
        columns: How many fields a row is expected to have; sets the size of the first page.
        max_rows: Rows per page at most.
        max_skip: Rows to skip at most. Beyond, the reading goes on with a filter on the first field
            of the order.

    Raises:
        BrokenSource: A page came twice or is longer than asked.
        RowsMoved: What a page began with is not what the page before announced.
        TooMuch: AFAS cannot put even two rows together.
    """
    take, most = _take(columns, min(max_rows, FIRST_ROWS)), max_rows
    window, skip = where, 0
    announced: tuple[Any, ...] | None = None
    previous: list[Row] = []
    while True:
        try:
            page = fetch(page_query(order_by, skip=skip, take=take, where=window))
        except TooMuch:
            if take <= 2:
                raise
            take = max(2, take // 2)
            most = take - 1  # to ask for more again would cost AFAS's patience, page after page
            continue
        if len(page) > take:
            raise BrokenSource("a page is too long")
        if page and page == previous:
            raise BrokenSource("AFAS gave the same page twice")
        if announced is not None and (not page or _key(page[0], order_by) != announced):
            raise RowsMoved("rows came or went while they were read")
        if len(page) < take:
            yield page
            return
        rows, following = page[:-1], page[-1]
        skip, announced, previous = skip + len(rows), _key(following, order_by), page
        take = _take(len(following), most)
        if skip >= max_skip and (settled := _before(rows, following, order_by[0])):
            # Rows with the last value are read again: the filter begins with all of them.
            announced = _key(page[len(settled)], order_by)
            last = Condition(order_by[0], AT_LEAST, str(following[order_by[0]]))
            rows, window, skip = settled, both(where, last), 0
        yield rows


def unmoved(read: Callable[[], _T]) -> _T:
    """What a reading gives in which no rows moved; it is begun anew twice.

    Raises:
        RowsMoved: They moved three times over.
    """
    for _ in range(TRIES - 1):
        try:
            return read()
        except RowsMoved:
            continue
    return read()


def _take(columns: int, rows: int) -> int:
    """Rows to ask for: one more than are kept, but never more cells than AFAS can hold."""
    return max(2, min(rows + 1, (MAX_CELLS - 1) // max(1, columns)))


def _key(row: Row, order_by: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row.get(field) for field in order_by)


def _before(rows: list[Row], following: Row, field: str) -> list[Row]:
    """The rows before those that share a value with the one that follows; none where it is empty.

    Empty values come first in the order, and no filter says "from empty on".
    """
    value = following.get(field)
    if value is None or value == "":
        return []
    end = len(rows)
    while end and rows[end - 1].get(field) == value:
        end -= 1
    return rows[:end]
