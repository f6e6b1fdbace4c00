"""What code stumbles over in an answer becomes an error of the system that gave it.

A connector looks at what it is given and says what does not fit. This is for the rest: a system can
answer anything, and nobody has foreseen all of it.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.model.errors import BrokenSource

STUMBLES: Final = (
    AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What code raises when a value is not of the kind, or not in the place, that it counts on."""
HINT: Final = (
    "Look what stands between here and there; where nothing does, report this as a fault of the"
    " connector, with the place."
)


@contextmanager
def understood(system: str, operation: str) -> Iterator[None]:
    """Read something; what cannot be made sense of is an error that says where, and quotes nothing.

    Args:
        system: Name of the source or target.
        operation: What is being done, such as "read accounts".

    Raises:
        BrokenSource: An answer was not as the system documents it.
    """
    try:
        yield
    except STUMBLES as error:
        # What it says may quote the answer, with people in it, and so may its own causes.
        raise misread(error, system=system, operation=operation) from None


def misread(error: Exception, *, system: str, operation: str) -> BrokenSource:
    """What remains of a stumble: the kind of it, and where."""
    message = f"an answer is not as it should be ({type(error).__name__} at {place_of(error)})"
    return BrokenSource(message, system=system, operation=operation, hint=HINT)


def place_of(error: BaseException) -> str:
    """The innermost line of ours that was at work: `scim/users.py:120`."""
    frames = traceback.extract_tb(error.__traceback__)
    paths = [(Path(frame.filename), frame.lineno) for frame in frames]
    ours = [one for one in paths if "site-packages" not in one[0].parts] or paths
    path, line = ours[-1]
    return f"{path.parent.name}/{path.name}:{line}"
