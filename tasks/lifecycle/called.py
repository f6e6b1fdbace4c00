"""What HR calls people, as fingerprints: another one says that the name has changed.

A fingerprint is a hash of our own over what names are made of (what somebody is called by,
initials, birth name, and the names that the convention puts first and second), computed for
everybody at once. What the convention leaves out may change without a change of name. The hash must
come out the same for ever: it is kept in the ledger, and a library's may change with a release.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from connectors.model.texts import TEXT_DTYPE
from tasks.lifecycle.name_columns import NameColumns

ROWS_AT_ONCE: Final = 100_000
"""Bounds the memory: a number of eight bytes per letter."""

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_Words = npt.NDArray[np.uint64]


def fingerprints(facts: pd.DataFrame) -> "pd.Series[str]":
    """The fingerprint of everybody's name, as their convention has it.

    Args:
        facts: As `people.person_facts` gives it, or `People.persons`.

    Returns:
        Index as in `facts`; 16 hexadecimal digits (str). Equal for equal names: case counts,
        superfluous spaces and the way a letter is composed do not.
    """
    texts = NameColumns(facts).joined
    words = [
        _hashes(texts.slice(start, ROWS_AT_ONCE)) for start in range(0, len(texts), ROWS_AT_ONCE)
    ]
    whole: _Words = np.concatenate(words) if words else np.zeros(0, np.uint64)
    digits = np.frombuffer(whole.astype(">u8").tobytes().hex().encode(), dtype="S16")
    return pd.Series(digits.astype("U16"), index=facts.index, dtype=TEXT_DTYPE)


def _hashes(texts: pa.StringArray) -> _Words:
    """A number per text: the sum of its letters, each times the factor of its place, mixed."""
    buffers = texts.buffers()
    ends = np.frombuffer(buffers[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(buffers[2], np.uint8)[ends[0] : ends[-1]].astype(np.uint64)
    starts, lengths = (ends[:-1] - ends[0]).astype(np.intp), np.diff(ends)
    factors = _mix(np.arange(1, int(lengths.max()) + 1, dtype=np.uint64)) | np.uint64(1)
    place = np.arange(len(letters)) - np.repeat(starts, lengths)
    letters += np.uint64(1)
    letters *= factors[place]
    return _mix(np.add.reduceat(letters, starts))


def _mix(words: _Words) -> _Words:
    """Spread every bit over the whole word. Source: the finaliser of SplitMix64 (Steele et al.)."""
    words = words * _FACTOR
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words
