"""LDAP over TLS: the port on ldap3, and the choice between a domain controller and the sandbox.

Nothing is sent before the first operation. A search that met a broken connection is repeated once
on a new one; a write never is: its writer reads back first.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

import ldap3
from ldap3.core.exceptions import LDAPExceptionError, LDAPSocketOpenError
from pyasn1.error import PyAsn1Error

from connectors.active_directory.directory import Directory, Entry, Modification, Operation, Scope
from connectors.active_directory.results import SUCCESS, error_of
from connectors.active_directory.sandbox import SandboxDirectory, open_domain
from connectors.active_directory.settings import SANDBOX, ActiveDirectorySettings
from connectors.active_directory.tls import VerifiedTls, tls_context
from connectors.model.errors import (
    ConfigError,
    ConnectorError,
    Fatal,
    Invalid,
    Misconfigured,
    TimedOut,
    Transient,
    Unavailable,
)
from connectors.sdk.understood import STUMBLES

PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
START_TLS: Final = "1.3.6.1.4.1.1466.20037"
SHOW_DELETED: Final = ("1.2.840.113556.1.4.417", True, None)
TREE_DELETE: Final = ("1.2.840.113556.1.4.805", True, None)
"""Controls of a request: number, whether the server must know it, value (MS-ADTS 3.1.1.3.4.1)."""
_SCOPES: Final[dict[Scope, Literal["BASE", "LEVEL", "SUBTREE"]]] = {
    Scope.BASE: "BASE",
    Scope.ONE_LEVEL: "LEVEL",
    Scope.SUBTREE: "SUBTREE",
}
_OPERATIONS: Final = {
    Operation.ADD: ldap3.MODIFY_ADD,
    Operation.DELETE: ldap3.MODIFY_DELETE,
    Operation.REPLACE: ldap3.MODIFY_REPLACE,
}

NO_LDAP: Final = (PyAsn1Error, *STUMBLES)
"""What ldap3 raises over bytes that are no LDAP; what became of a write nobody knows then."""

_T = TypeVar("_T")
_CHOSEN: Final[dict[tuple[str, int], str]] = {}
"""The address by which a host is reached, of everybody in this process: one controller for a run,
its reader and the writers of its shards."""
_CHOOSING: Final = threading.Lock()

_Exchange = Callable[[ldap3.Connection], _T]
_Send = Callable[[Any], object]
"""Sends one write; `Any`, because the stubs of ldap3 leave the methods that write untyped."""


def open_directory(settings: ActiveDirectorySettings, system: str, *, read_only: bool) -> Directory:
    """The directory that the settings name; the reader's account when read-only, else the writer's.

    Raises:
        ConfigError: The certificate file cannot be used, or the account that writes has no
            password.
    """
    user, password = settings.bind_user, settings.bind_password.get_secret_value()
    if not read_only and settings.write_bind_user:
        if settings.write_bind_password is None:
            message = f"{settings.write_bind_user} has no password: set write_bind_password"
            raise ConfigError(message, key=f"targets.{system}.settings.write_bind_password")
        user, password = settings.write_bind_user, settings.write_bind_password.get_secret_value()
    if settings.server.startswith(SANDBOX):
        domain = open_domain(settings.server)
        return SandboxDirectory(
            domain, user=user, password=password, system=system, read_only=read_only
        )
    return LdapDirectory(
        system=system,
        host=settings.host,
        port=settings.port,
        start_tls=settings.start_tls,
        context=tls_context(settings, system),
        user=user,
        password=password,
        read_only=read_only,
        timeout_seconds=settings.timeout_seconds,
    )


class LdapDirectory:
    """A domain controller over LDAPS or StartTLS, bound as one account.

    Connections are made as threads need them, and kept.

    Args:
        system: Name of the target, for messages.
        host: The controller, or a name that stands for several. One address is chosen for the
            process and kept as long as it answers, so that a run reads what it wrote.
        port: Of LDAPS, or of LDAP with `start_tls`.
        start_tls: Whether a connection becomes a protected one before anything else is sent.
        context: Verifies the certificate.
        user: In any form a simple bind takes.
        password: Shown nowhere.
        read_only: Whether writes are stopped before they leave the process.
        timeout_seconds: For connecting, and for each answer.
    """

    def __init__(  # noqa: PLR0913 - one place where a connection is put together
        self,
        *,
        system: str,
        host: str,
        port: int,
        start_tls: bool,
        context: ssl.SSLContext,
        user: str,
        password: str,
        read_only: bool,
        timeout_seconds: int,
    ) -> None:
        """Remember all that; nothing is sent yet."""
        self._system, self._host, self._port = system, host, port
        self._user, self._password = user, password
        self._read_only, self._timeout = read_only, timeout_seconds
        self._start_tls, self._tls = start_tls, VerifiedTls(context, host)
        self._idle: list[ldap3.Connection] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Name the controller only."""
        return f"LdapDirectory({self._host}:{self._port})"

    def root(self) -> Entry:
        """See `Directory.root`."""
        return self.search("", "(objectClass=*)", ["*", "+"], scope=Scope.BASE)[0]

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
        asked = {
            "search_base": base,
            "search_filter": filter_,
            "search_scope": _SCOPES[scope],
            "attributes": list(attributes),
            "paged_size": page_size,
            "controls": [SHOW_DELETED] if show_deleted else None,
        }

        def read(connection: ldap3.Connection) -> list[Entry]:
            return list(_pages(connection, self._finish, asked))

        operation = f"search {filter_} in {base or 'rootDSE'}"
        try:
            return self._exchange(operation, read)
        except Transient:
            return self._exchange(operation, read)

    def add(self, dn: str, attributes: Mapping[str, Sequence[str | bytes]]) -> None:
        """See `Directory.add`."""
        content = {name: list(values) for name, values in attributes.items()}
        self._write(f"add {dn}", lambda connection: connection.add(dn, attributes=content))

    def modify(self, dn: str, modifications: Sequence[Modification]) -> None:
        """See `Directory.modify`."""
        changes: dict[str, list[tuple[str, list[str | bytes]]]] = {}
        for one in modifications:
            changes.setdefault(one.attribute, []).append(
                (_OPERATIONS[one.operation], list(one.values))
            )
        names = ", ".join(changes)
        self._write(f"modify {names} of {dn}", lambda connection: connection.modify(dn, changes))

    def rename(self, dn: str, rdn: str, *, superior: str | None = None) -> None:
        """See `Directory.rename`."""
        self._write(
            f"rename {dn}", lambda connection: connection.modify_dn(dn, rdn, new_superior=superior)
        )

    def delete(self, dn: str, *, tree: bool = False) -> None:
        """See `Directory.delete`."""
        controls = [TREE_DELETE] if tree else None
        self._write(f"delete {dn}", lambda connection: connection.delete(dn, controls=controls))

    def close(self) -> None:
        """Unbind every connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            _drop(connection)

    def _write(self, operation: str, send: _Send) -> None:
        if self._read_only:  # here, because the read_only of ldap3 2.9.1 lets an add through
            message = "was stopped: this connection is read-only"
            raise Fatal(message, system=self._system, operation=operation)

        def write(connection: ldap3.Connection) -> None:
            send(connection)
            self._finish(connection, operation, writing=True)

        self._exchange(operation, write)

    def _exchange(self, operation: str, exchange: _Exchange[_T]) -> _T:
        """Run one operation on a connection of its own; keep the connection unless it broke."""
        connection = self._take(operation)
        try:
            answer = exchange(connection)
        except LDAPExceptionError as error:
            _drop(connection)
            raise self._failure(error, operation) from error
        except (Transient, Fatal):
            _drop(connection)
            raise
        except ConnectorError:
            self._give_back(connection)
            raise
        except NO_LDAP as error:
            _drop(connection)
            raise self._misread(error, operation) from None
        self._give_back(connection)
        return answer

    def _take(self, operation: str) -> ldap3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        connection: ldap3.Connection | None = None
        try:
            connection = self._connection()
            connection.open(read_server_info=False)
            if self._start_tls:
                self._protect(connection)
            connection.bind(read_server_info=False)
            self._finish(connection, f"bind as {self._user}", writing=False)
        except LDAPExceptionError as error:
            _drop(connection)
            self._choose_anew()
            raise self._failure(error, operation) from error
        except ConnectorError:
            _drop(connection)
            raise
        except NO_LDAP as error:
            _drop(connection)
            raise self._misread(error, operation) from None
        return connection

    def _misread(self, error: Exception, operation: str) -> Unavailable:
        message = f"the answer is no LDAP ({type(error).__name__})"
        return Unavailable(message, system=self._system, operation=operation)

    def _protect(self, connection: ldap3.Connection) -> None:
        """Turn a fresh connection into a protected one; nothing was sent over it yet.

        By hand: `start_tls` of ldap3 2.9.1 keeps neither the code of a refusal nor what it says.
        """
        connection.extended(START_TLS)
        try:
            self._finish(connection, f"StartTLS with {self._host}", writing=False)
        except ConnectorError as error:
            message = f"{self._host} does not protect the connection ({error.message})"
            hint = "Give the controller a certificate."
            raise Misconfigured(message, system=self._system, hint=hint) from error
        try:
            self._tls.wrap_socket(connection, do_handshake=True)
        except OSError as error:
            raise LDAPSocketOpenError(" ".join(str(error).split())) from error
        connection.tls_started = True

    def _give_back(self, connection: ldap3.Connection) -> None:
        with self._lock:
            self._idle.append(connection)

    def _connection(self) -> ldap3.Connection:
        with _CHOOSING:
            chosen = _CHOSEN.get((self._host, self._port)) or self._address()
            _CHOSEN[self._host, self._port] = chosen
        # Not one for all connections: ldap3 notes in it that the controller was away, does not even
        # try for some seconds then, and says something else than why.
        server = ldap3.Server(
            chosen,
            port=self._port,
            use_ssl=not self._start_tls,
            tls=self._tls,
            get_info=ldap3.NONE,
            connect_timeout=self._timeout,
        )
        return ldap3.Connection(
            server,
            user=self._user,
            password=self._password,
            authentication=ldap3.SIMPLE,
            # Whoever uses a connection has it alone. SAFE_SYNC would copy every answer, deeply.
            client_strategy=ldap3.SYNC,
            read_only=self._read_only,
            check_names=False,
            auto_referrals=False,
            receive_timeout=self._timeout,
            raise_exceptions=False,
        )

    def _choose_anew(self) -> None:
        """Let whoever connects next choose an address: this one does not answer."""
        with _CHOOSING:
            _CHOSEN.pop((self._host, self._port), None)

    def _address(self) -> str:
        """The first address of the host that takes a connection."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            message = f"no address is known for {self._host} ({error.strerror})"
            raise Unavailable(message, system=self._system, hint="Check server.") from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        for address in addresses[:-1]:
            with contextlib.suppress(OSError), self._knock(address):
                return address
        return addresses[-1]  # whose silence is told when the connection is opened

    def _knock(self, address: str) -> socket.socket:
        return socket.create_connection((address, self._port), timeout=self._timeout)

    def _finish(
        self, connection: ldap3.Connection, operation: str, *, writing: bool
    ) -> tuple[dict[str, Any], list[Any]]:
        """The answer to the last request on a connection; raises what it means unless it is yes."""
        result = connection.result
        code = int(result["result"])
        if code != SUCCESS:
            raise error_of(
                code,
                result.get("message") or "",
                system=self._system,
                operation=operation,
                writing=writing,
            )
        return result, connection.response or []

    def _failure(self, error: LDAPExceptionError, operation: str) -> ConnectorError:
        said = " ".join(str(error).split())
        parts = {"system": self._system, "operation": operation}
        if "CERTIFICATE_VERIFY_FAILED" in said:
            message = f"the certificate of {self._host} was not accepted ({said})"
            hint = "Check ca_file, and that server is a name the certificate holds."
            return Misconfigured(message, hint=hint, **parts)
        if isinstance(error, LDAPSocketOpenError):
            message = f"no connection to {self._host}:{self._port} ({said})"
            return Unavailable(message, **parts)
        if isinstance(error, TimeoutError) or "timed out" in said:
            message = f"no answer within {self._timeout} seconds"
            return TimedOut(message, **parts)
        if isinstance(error, OSError) or type(error).__name__.startswith(
            ("LDAPSocket", "LDAPSession")
        ):
            return Unavailable(f"the connection broke ({said})", **parts)
        return Invalid(f"{type(error).__name__}: {said}", **parts)


def _pages(
    connection: ldap3.Connection,
    finish: Callable[..., tuple[dict[str, Any], list[Any]]],
    asked: dict[str, Any],
) -> Iterator[Entry]:
    """Every entry of every page; a cookie belongs to the connection that it was given on."""
    cookie: bytes | None = None
    operation = f"search {asked['search_filter']} in {asked['search_base'] or 'rootDSE'}"
    while True:
        connection.search(**asked, paged_cookie=cookie)
        result, response = finish(connection, operation, writing=False)
        for found in response:
            if found["type"] == "searchResEntry":  # the others point to other naming contexts
                yield Entry(found["dn"], _values(found["raw_attributes"]))
        paged = (result.get("controls") or {}).get(PAGED_RESULTS)
        cookie = paged["value"]["cookie"] if paged and asked["paged_size"] else None
        if not cookie:
            return


def _values(raw: Mapping[str, Sequence[bytes]]) -> dict[str, tuple[bytes, ...]]:
    return {name.lower(): tuple(values) for name, values in raw.items() if values}


def _drop(connection: ldap3.Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(LDAPExceptionError, OSError):
            connection.unbind()
        if connection.socket is not None:  # ldap3 leaves it open where opening came no further
            connection.socket.close()
