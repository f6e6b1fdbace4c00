"""Characters that mean something to somebody: quotes, commas, wildcards, other scripts."""

import hashlib
import re
from typing import Final

from anyascii import anyascii

ODD_IDS: Final = (
    "O'Brien",
    'a"b',
    "a*",
    "a,b",
    "a\\b",
    "a(b)",
    "a)(c=*",
    "a b",
    "Ольга",
    "a&b/c%20",
)
"""HR ids; `a*` and `a)(c=*` would find others where a filter takes them at their word."""

ODD_TEXTS: Final = (
    "O'Brien",
    'Bo "B" Smit',
    "Smit, Bo",
    "back\\slash",
    "star*",
    "(round)",
    "Ольга Weiß",
    "a & b <c>",
    "x;y#z+w=v/u",
    "100% {curly} [square]",
    "名前 é",
)


def plain(person: str) -> str:
    """Letters and digits for an HR id, a different text for every id.

    For what `create` makes of an id where the system takes no other characters: login names,
    addresses.
    """
    letters = re.sub(r"[^a-z0-9]", "", anyascii(person).lower())
    if letters == person:
        return person
    return f"{letters[:8]}{hashlib.sha256(person.encode()).hexdigest()[:6]}"
