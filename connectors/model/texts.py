"""Columns of text as Arrow holds them: looked up, compared, taken without an object for each."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TEXT_DTYPE: Final = "str"

FEWER: Final = 20
"""Texts are few among others when there are so many times as many of these."""

Texts = Any
"""A `pyarrow.LargeStringArray`; null is missing."""


def as_texts(column: "pd.Series[str] | pd.Index[str]") -> Texts:
    """A column as one Arrow array, without a copy where it is one already."""
    texts = pa.array(column.array if column.dtype == TEXT_DTYPE else column.astype(TEXT_DTYPE))
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    return texts if texts.type == pa.large_string() else texts.cast(pa.large_string())


def as_column(texts: Texts) -> "pd.Series[str]":
    """An Arrow array as a column."""
    return pd.Series(pd.array(texts, dtype=TEXT_DTYPE))


def column_in(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """A column of a frame; nothing in it where it is not there."""
    return frame[name] if name in frame else pd.Series(float("nan"), index=frame.index)


def texts_in(frame: pd.DataFrame, name: str, *, empty: bool = False) -> Any:
    """A column of a frame as an array of texts, for a frame to be made of.

    Args:
        frame: Holds it; where it does not, all of it is missing.
        name: Of the column.
        empty: Whether an empty text stays; otherwise it is missing.
    """
    if name not in frame:
        return pd.array(pa.nulls(len(frame), pa.large_string()), dtype=TEXT_DTYPE)
    return texts_of(frame[name], empty=empty)


def texts_of(column: "pd.Series[Any]", *, empty: bool = False) -> Any:
    """The same of a column that is at hand."""
    texts = as_texts(column)
    if not empty:
        blank = pc.equal(texts, "")
        if pc.any(blank).as_py():
            texts = pc.if_else(blank, pa.scalar(None, pa.large_string()), texts)
    return pd.array(texts, dtype=TEXT_DTYPE)


def in_order(texts: Texts) -> Texts:
    """Each text once, sorted by code points, as Python sorts them; without what is missing."""
    if not texts.null_count and pc.all(pc.less(texts[:-1], texts[1:])).as_py():
        return texts
    distinct = pc.unique(texts).drop_null()
    return distinct.take(pc.sort_indices(distinct))


def take(texts: Texts, rows: npt.NDArray[np.intp]) -> Texts:
    """The texts in these rows; missing where a row is -1."""
    if not len(texts):
        return pa.nulls(len(rows), pa.large_string())
    return texts.take(pa.array(rows, mask=rows < 0))


def cut(texts: Texts, longest: int) -> Texts:
    """Texts of at most so many characters; one that is cut ends without a space."""
    long = pc.greater(pc.utf8_length(texts), longest)
    if not pc.any(long).as_py():
        return texts
    return pc.if_else(
        long, pc.utf8_rtrim_whitespace(pc.utf8_slice_codeunits(texts, 0, longest)), texts
    )


def without_blanks(texts: Texts) -> Texts:
    """Texts, those missing that are empty or only hold spaces: they say nothing."""
    blank = pc.or_(pc.utf8_is_space(texts), pc.equal(texts, ""))
    if not pc.any(blank).as_py():
        return texts
    return pc.if_else(blank, pa.scalar(None, texts.type), texts)


def as_objects(texts: Texts) -> npt.NDArray[np.object_]:
    """The texts as Python objects; None for what is missing."""
    column = np.empty(len(texts), dtype=object)
    column[:] = texts.to_pylist() if len(texts) < FEWER else texts.to_numpy(zero_copy_only=False)
    return column


def places_in(texts: "pd.Series[str]", among: "pd.Series[str]") -> npt.NDArray[np.intp]:
    """Where each text stands first among others: 0, 1, …; -1 where it does not, or is missing.

    What `Index.get_indexer` says, several times as fast: that one takes Arrow's text apart value by
    value.
    """
    wanted, all_ = as_texts(texts), as_texts(among)
    if len(wanted) * FEWER > len(all_):
        return _first_places(wanted, all_)
    # For a few it is cheaper to pass once over the others than to build an index of them.
    rows = np.flatnonzero(pc.is_in(all_, value_set=wanted, skip_nulls=True))
    found = _first_places(wanted, all_.take(pa.array(rows)))
    return np.where(found >= 0, rows[found], -1) if len(rows) else found


def is_among(texts: "pd.Series[str]", others: "pd.Series[str]") -> "pd.Series[bool]":
    """Which texts are among the others; nothing is among nothing."""
    return pd.Series(places_in(texts, others) >= 0, index=texts.index)


def _first_places(texts: Texts, among: Texts) -> npt.NDArray[np.intp]:
    found = pc.index_in(texts, value_set=among, skip_nulls=True)
    return np.asarray(found.fill_null(-1), dtype=np.intp)
