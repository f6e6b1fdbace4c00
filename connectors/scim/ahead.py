"""Pages on their way while the one before is taken in: a provider is waited for once, not always.

A page is guessed from the number of resources before it, so only as long as pages come as full as
they were asked for. What was guessed wrong is thrown away, with whatever went wrong with it.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

Parameters = Mapping[str, str]
Fetch = Callable[[Parameters], Any]
"""Fetches a page: the parameters in, the decoded list out."""


class Ahead:
    """Fetches pages, and some of those that will be asked for next.

    Args:
        fetch: Fetches a page; is called from several threads.
        pages: How many may be on their way beside the one that is waited for; 0 for none.
    """

    def __init__(self, fetch: Fetch, pages: int) -> None:
        """Fetch nothing yet."""
        self._fetch, self._pages = fetch, pages
        self._pool = ThreadPoolExecutor(pages + 1, thread_name_prefix="page")
        self._coming: dict[tuple[tuple[str, str], ...], Future[Any]] = {}

    def __enter__(self) -> Self:
        """Nothing is started before it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no request behind."""
        self._pool.shutdown(cancel_futures=True)

    def page(self, asked: Parameters, behind: Iterable[Parameters]) -> Any:
        """A page; meanwhile those behind it are sent for.

        Args:
            asked: Of this page.
            behind: Of those that follow if it is full, the next one first.
        """
        here = self._coming.pop(_key(asked), None)
        if here is None:
            self._forget()
        for further in behind:
            if len(self._coming) >= self._pages:
                break
            if _key(further) not in self._coming:
                self._coming[_key(further)] = self._pool.submit(self._fetch, further)
        return self._fetch(asked) if here is None else here.result()

    def _forget(self) -> None:
        for guessed in self._coming.values():
            guessed.cancel()
        self._coming.clear()


def _key(asked: Parameters) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(asked.items()))
