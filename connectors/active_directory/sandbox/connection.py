"""The port on a sandbox: what `client.LdapDirectory` is on a controller."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from connectors.active_directory.directory import Entry, Modification, Scope
from connectors.active_directory.results import error_of
from connectors.active_directory.sandbox.domain import Domain
from connectors.active_directory.sandbox.faults import ReplyLost
from connectors.active_directory.sandbox.objects import DirectoryError
from connectors.model.errors import Fatal, Transient, Unavailable

_T = TypeVar("_T")


class SandboxDirectory:
    """A sandbox, bound as one account.

    Args:
        domain: The sandbox.
        user: As for a real controller.
        password: Shown nowhere.
        system: Name of the target, for messages.
        read_only: Whether writes are stopped before they reach the sandbox.
        protected: Whether the connection counts as encrypted; over any other, passwords cannot be
            set.
    """

    def __init__(
        self,
        domain: Domain,
        *,
        user: str,
        password: str,
        system: str = "active_directory",
        read_only: bool = False,
        protected: bool = True,
    ) -> None:
        """Remember all that; the bind comes with the first operation."""
        self._domain, self._system = domain, system
        self._user, self._password = user, password
        self._read_only, self._protected = read_only, protected
        self._bound: str | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Name the domain only."""
        return f"SandboxDirectory({self._domain.base_dn})"

    def root(self) -> Entry:
        """See `Directory.root`."""
        return self._read("search rootDSE", lambda _: self._domain.root())

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
        """See `Directory.search`."""

        def read(by: str) -> list[Entry]:
            return self._domain.search(
                base,
                filter_,
                attributes,
                scope=scope,
                page_size=page_size,
                show_deleted=show_deleted,
                by=by,
            )

        return self._read(f"search {filter_} in {base}", read)

    def add(self, dn: str, attributes: Mapping[str, Sequence[str | bytes]]) -> None:
        """See `Directory.add`."""
        self._write(f"add {dn}", lambda by: self._domain.add(dn, attributes, by=by))

    def modify(self, dn: str, modifications: Sequence[Modification]) -> None:
        """See `Directory.modify`."""
        names = ", ".join(one.attribute for one in modifications)
        self._write(
            f"modify {names} of {dn}",
            lambda by: self._domain.modify(dn, modifications, by=by, protected=self._protected),
        )

    def rename(self, dn: str, rdn: str, *, superior: str | None = None) -> None:
        """See `Directory.rename`."""
        self._write(
            f"rename {dn}", lambda by: self._domain.rename(dn, rdn, superior=superior, by=by)
        )

    def delete(self, dn: str, *, tree: bool = False) -> None:
        """See `Directory.delete`."""
        self._write(f"delete {dn}", lambda by: self._domain.delete(dn, by=by, tree=tree))

    def close(self) -> None:
        """Forget who was bound."""
        self._bound = None

    def _read(self, operation: str, read: Callable[[str], _T]) -> _T:
        try:
            return self._ask(operation, read)
        except Transient:
            return self._ask(operation, read)

    def _write(self, operation: str, write: Callable[[str], None]) -> None:
        if self._read_only:
            message = "was stopped: this connection is read-only"
            raise Fatal(message, system=self._system, operation=operation)
        self._ask(operation, write, writing=True)

    def _ask(self, operation: str, exchange: Callable[[str], _T], *, writing: bool = False) -> _T:
        try:
            return exchange(self._who())
        except ReplyLost:
            message = "the connection broke"
            raise Unavailable(message, system=self._system, operation=operation) from None
        except DirectoryError as error:
            raise error_of(
                error.code, error.message, system=self._system, operation=operation, writing=writing
            ) from error

    def _who(self) -> str:
        with self._lock:
            if self._bound is None:
                self._bound = self._domain.bind(self._user, self._password)
            return self._bound
