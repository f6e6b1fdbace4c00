"""Whether any of some hundred byte strings stands in many megabytes: looked for all at once."""

from collections.abc import Iterable

import numpy as np

WORD = 8
"""Bytes that are compared at once."""


class Sought:
    """What is looked for.

    At every place of a content its next eight bytes are looked up among the beginnings of all that
    is sought. What begins so is then looked for as it is, and so is what is shorter.
    """

    def __init__(self, forms: Iterable[bytes]) -> None:
        self._short: list[bytes] = []
        self._by_beginning: dict[int, list[bytes]] = {}
        for form in set(forms):
            if len(form) < WORD:
                self._short.append(form)
            else:
                beginning = int.from_bytes(form[:WORD], "little")
                self._by_beginning.setdefault(beginning, []).append(form)
        self._beginnings = np.array(sorted(self._by_beginning), dtype="<u8")

    def stands_in(self, content: bytes) -> bool:
        """Whether the content holds any of it."""
        begun = (form for word in self._begun_in(content) for form in self._by_beginning[word])
        return any(form in content for form in (*self._short, *begun))

    def _begun_in(self, content: bytes) -> set[int]:
        if not len(self._beginnings):
            return set()
        found: set[int] = set()
        for first in range(min(WORD, len(content) - WORD + 1)):
            count = (len(content) - first) // WORD
            words = np.frombuffer(content, dtype="<u8", offset=first, count=count)
            places = np.searchsorted(self._beginnings, words).clip(max=len(self._beginnings) - 1)
            found.update(words[self._beginnings[places] == words].tolist())
        return found
