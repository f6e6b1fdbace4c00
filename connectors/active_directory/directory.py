"""The port: what this connector asks of a directory, and the few nouns that cross it.

Two implementations: `client.LdapDirectory` (a domain controller, over LDAPS) and
`sandbox.SandboxDirectory`. Reader and writer know only this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from connectors.active_directory.names import guid_text


class Scope(StrEnum):
    """How far below its base a search looks."""

    BASE = "base"
    ONE_LEVEL = "one_level"
    SUBTREE = "subtree"


class Operation(StrEnum):
    """What a modification does with the values it names."""

    ADD = "add"
    DELETE = "delete"
    REPLACE = "replace"
    """Without values the attribute goes; it is no error when it was not there (RFC 4511, 4.6)."""


@dataclass(frozen=True, slots=True)
class Modification:
    """One attribute of one `modify`.

    Attributes:
        operation: What to do.
        attribute: Which attribute.
        values: Text, or bytes for what is not text.
    """

    operation: Operation
    attribute: str
    values: tuple[str | bytes, ...] = ()

    def __repr__(self) -> str:
        """Leave the values out: one of them may be a password."""
        return f"Modification({self.operation.value} {self.attribute})"


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as a search returned it.

    Attributes:
        dn: Its distinguished name.
        attributes: Values as on the wire, under names in lower case, options included
            (`member;range=0-1499`). An attribute without a value is absent.
    """

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]

    @property
    def guid(self) -> str:
        """The objectGUID as text.

        Raises:
            KeyError: It was not asked for.
        """
        return guid_text(self.attributes["objectguid"][0])

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of an attribute as text, in the order of the directory.

        Raises:
            UnicodeDecodeError: The attribute is not text.
        """
        return tuple(value.decode() for value in self.attributes.get(name.lower(), ()))

    def text(self, name: str) -> str | None:
        """The first value of an attribute as text, None when there is none.

        Raises:
            UnicodeDecodeError: The attribute is not text.
        """
        values = self.attributes.get(name.lower())
        return values[0].decode() if values else None

    def number(self, name: str) -> int:
        """The first value of an attribute as a number; 0 when there is none, as AD counts."""
        return int(self.text(name) or 0)


class Directory(Protocol):
    """A directory, bound as somebody. May be used from several threads.

    Every method raises what `results.error_of` makes of a refusal, and `Transient` when no answer
    came: then nobody knows whether a write happened.
    """

    def root(self) -> Entry:
        """The rootDSE: what the server says about itself, such as `defaultNamingContext`."""
        ...

    def search(
        self,
        base: str,
        filter_: str,
        attributes: Sequence[str],
        *,
        scope: Scope = Scope.SUBTREE,
        page_size: int | None = None,
        show_deleted: bool = False,
    ) -> list[Entry]:
        """Find objects; repeated once when the connection broke.

        Args:
            base: Distinguished name, or `<GUID=…>`.
            filter_: RFC 4515, values escaped.
            attributes: What to return.
            scope: How far to look.
            page_size: Objects per page; None for one page, which a controller ends at 1,000.
            show_deleted: Whether deleted objects are found too; they hold `isDeleted`.

        Raises:
            NotFound: There is no such base.
        """
        ...

    def add(self, dn: str, attributes: Mapping[str, Sequence[str | bytes]]) -> None:
        """Make an object."""
        ...

    def modify(self, dn: str, modifications: Sequence[Modification]) -> None:
        """Change attributes of one object: all of the modifications, or none."""
        ...

    def rename(self, dn: str, rdn: str, *, superior: str | None = None) -> None:
        r"""Give an object another leaf name and, with `superior`, another parent.

        Args:
            dn: The object.
            rdn: The leaf part, escaped, such as `CN=Boele\, Janine`.
            superior: The new parent, None to stay.
        """
        ...

    def delete(self, dn: str, *, tree: bool = False) -> None:
        """Remove an object.

        Args:
            dn: The object.
            tree: Whether what stands below it goes too; else it must have nothing below it.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
