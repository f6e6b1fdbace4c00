"""Where a wanted value differs from what a target holds, a whole column at a time."""

import numpy as np

from connectors.model.compare import same
from connectors.model.manifest import Compare
from tasks.lifecycle.columns import Column, given


def differing(wanted: Column, current: Column, compare: Compare) -> list[int]:
    """Places at which a wanted value is known and the target holds something else.

    Whole columns are compared first; `same` is asked only where that shows a difference.
    """
    places = np.flatnonzero(given(wanted) & (wanted != current))
    return [int(place) for place in places if not same(wanted[place], current[place], compare)]
