"""Mail addresses: what is one, told before anything is sent there. HR may say anything."""

import re
from typing import Final

LONGEST: Final = 254
"""Characters of a whole address (RFC 5321, 4.5.3.1.3: a path, without its brackets)."""

_LOCAL: Final = r"[^\s@<>(),;:\\\"\[\].]+(?:\.[^\s@<>(),;:\\\"\[\].]+)*"
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS: Final = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")


def is_address(text: str) -> bool:
    """Whether a text is one mail address and nothing else; letters of any script will do.

    No comma, bracket, space, line end or invisible character passes, so that no address becomes
    two, or a header.
    """
    return len(text) <= LONGEST and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def on_the_wire(address: str) -> str:
    """The address with its domain as mail servers take it: `jan@zoë.example` has an ASCII form.

    Args:
        address: One that `is_address`.

    Raises:
        ValueError: Its domain has no such form.
    """
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
