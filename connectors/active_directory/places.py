"""Containers as settings name them: distinguished names, some with values of a person in them.

The planner fills in a template (`OU={contract.title},OU=Staff,…`); here is what the connector has
to know of it: its fixed end, which must exist, and which names it can come to.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from connectors.active_directory.names import Rdn, dn_key, parse_dn, split_dn
from connectors.model.errors import quoted

_PATH: Final = re.compile(r"\{([^{}]*)\}")
_STAND_IN: Final = "\ufffc"
"""Stands for a path while a template is read as a name; no name of an OU holds it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A container that is named, or the names that a template can come to.

    Attributes:
        text: As the settings spell it.
        fixed: The end without any path; the whole name where there is none.
        key: Its parts as they are compared; a part with a path holds the stand-in.
    """

    text: str
    fixed: str
    key: tuple[Rdn, ...]

    @property
    def is_fixed(self) -> bool:
        """Whether it is one name."""
        return self.fixed == self.text

    def covers(self, key: tuple[Rdn, ...]) -> bool:
        """Whether a name, as `dn_key` gives it, can have come from it."""
        return len(key) == len(self.key) and all(
            kind == wanted and _fits(value, pattern)
            for (kind, value), (wanted, pattern) in zip(key, self.key, strict=True)
        )


@cache
def parse_place(text: str) -> Template:
    """A container as settings name it.

    Raises:
        ValueError: Not a distinguished name; or a path stands in a type, or in a part above one
            without any, so that nothing could be made below it.
    """
    name = _PATH.sub(_STAND_IN, text)
    if "{" in name or "}" in name:
        message = f"{quoted(text)} has a stray brace"
        raise ValueError(message)
    parts = parse_dn(name)
    if not parts:
        message = "an empty text is not a distinguished name"
        raise ValueError(message)
    fixed = name
    for kind, value in parts:
        if _STAND_IN in kind:
            message = f"{quoted(text)} has a path in place of a type"
            raise ValueError(message)
        if _STAND_IN in value and kind.upper() != "OU":
            message = f"{quoted(text)} has a path in {quoted(kind)}: only the name of an OU can "
            message += "follow a person"
            raise ValueError(message)
    while _STAND_IN in fixed:
        fixed = split_dn(fixed)[1]
    if not fixed:
        message = f"{quoted(text)} has no end without a path, such as DC=example,DC=org"
        raise ValueError(message)
    return Template(text, text if fixed == name else fixed, dn_key(name))


def _fits(value: str, pattern: str) -> bool:
    if _STAND_IN not in pattern:
        return value == pattern
    literal = (re.escape(part) for part in pattern.split(_STAND_IN))
    return re.fullmatch(".+".join(literal), value, re.DOTALL) is not None
