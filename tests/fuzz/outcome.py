"""What may come of hostile input: an answer, or one of our errors that a person can read."""

from collections.abc import Callable
from typing import Final, TypeVar

from connectors.model.errors import RetourError

_T = TypeVar("_T")

LONGEST: Final = 6_000
"""Characters of an error: a list of twenty problems, each with a quotation."""
LAYOUT: Final = frozenset("\n\t")


def come_of(act: Callable[[], _T]) -> _T | RetourError:
    """What an act gave, or the error of ours in which it ended.

    Raises:
        Exception: Anything else, which would be a traceback for a user.
        AssertionError: The error is not fit to be read.
    """
    try:
        return act()
    except RetourError as error:
        check_sentence(str(error))
        return error


def check_sentence(said: str) -> None:
    """Whether a text can be shown: it says something, has an end, and steers no terminal."""
    assert said.strip(), "an error that says nothing"
    assert len(said) <= LONGEST, f"an error of {len(said)} characters: {said[:200]!r}"
    odd = {one for one in said if not one.isprintable() and one not in LAYOUT}
    assert not odd, f"characters that are not to be printed: {odd} in {said[:300]!r}"
