"""Where accounts stand, as text: how a value of a person is written into a container's name."""

from enum import StrEnum
from typing import Final


class ContainerForm(StrEnum):
    """How the containers of a target are named."""

    DN = "dn"
    """LDAP: `OU=Nursing,OU=Staff,DC=example,DC=org`."""
    PATH = "path"
    """`/Staff/Nursing`."""


_SPECIAL: Final = frozenset(',+"\\<>;=')


def escape_rdn(value: str) -> str:
    """A value as it stands in a distinguished name.

    Source: RFC 4514, 2.4.
    """
    letters = []
    last = len(value) - 1
    for place, letter in enumerate(value):
        if (
            letter in _SPECIAL
            or (letter == "#" and place == 0)
            or (letter == " " and place in {0, last})
        ):
            letters.append(f"\\{letter}")
        elif letter < " ":
            letters.append(f"\\{ord(letter):02X}")
        else:
            letters.append(letter)
    return "".join(letters)


def escape_container(value: str, form: ContainerForm) -> str:
    """A value as one part of the name of a container; what separates parts does not do so in it."""
    return escape_rdn(value) if form is ContainerForm.DN else value.replace("/", "-")
