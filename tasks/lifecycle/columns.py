"""Columns of values as objects: what a person reads, what a mapping gives, what a target holds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Column = npt.NDArray[np.object_]
"""Object array, one entry per person or account; None is "no value known"."""


def given(column: Column) -> npt.NDArray[np.bool_]:
    """Where a column holds something; `CLEAR` and `Pending` are something."""
    return np.asarray(pd.notna(column))


def known(column: "pd.Series[Any]") -> Column:
    """A column as objects: missing is None, days are ISO text, blank text is missing."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return spread(column, lambda day: day.date().isoformat())
    if column.dtype == "str":
        blank = column.str.isspace().to_numpy(dtype=bool, na_value=False)
    else:
        blank = np.zeros(len(column), dtype=bool)
    values = column.astype(object).to_numpy(dtype=object, copy=True)
    values[blank | np.asarray(pd.isna(column))] = None
    values[values == ""] = None
    return values


def spread(column: Any, shape: Callable[[Any], Any]) -> Column:
    """A column with every distinct value shaped once; missing is None."""
    codes, distinct = pd.factorize(column)
    shaped = np.empty(len(distinct) + 1, dtype=object)  # the last, None, is for code -1
    for place, value in enumerate(distinct):
        shaped[place] = shape(value)
    return shaped[codes]
