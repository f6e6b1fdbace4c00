"""How many examples a property tries: some in `make test`, many more in `make soak`."""

import os
from typing import Final

SOAK: Final = bool(os.environ.get("RETOUR_SOAK"))
MORE: Final = 20
"""Times as many in a soak."""


def tries(some: int) -> int:
    """So many examples, or in a soak many times as many."""
    return some * MORE if SOAK else some
