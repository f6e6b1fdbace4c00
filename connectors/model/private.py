"""What belongs to somebody's private life: told by its name, and shown by nobody."""

import re
from functools import lru_cache
from typing import Final

VEIL: Final = "(private)"
"""What stands where a private value would."""
MASK: Final = "***"
"""What stands where a secret would."""
ERASED: Final = "(erased)"
"""What stands where something about a person stood who was forgotten."""

_NAMED: Final = re.compile(r"private|personal|birth|bsn|iban|homephone|homeaddress|homepostal")
_OTHERS: Final = re.compile(r"[^a-z]")


@lru_cache(maxsize=1024)
def is_private(name: str) -> bool:
    """Whether an attribute or a path is named like something that concerns nobody.

    Args:
        name: As a system or HR calls it: `homePhone`, `custom.home_phone`. The steps of a path are
            looked at one by one, so that `person.allowance` does not become "personal".
    """
    steps = (_OTHERS.sub("", step) for step in name.casefold().split("."))
    return any(_NAMED.search(step) for step in steps)
