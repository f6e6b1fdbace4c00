"""TLS as this connector wants it: certificate and name are checked, by OpenSSL itself."""

import ssl
from typing import Any

import ldap3

from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.errors import ConfigError


class VerifiedTls(ldap3.Tls):
    """TLS whose certificate OpenSSL itself checks, host name and IP address included.

    ldap3 2.9.1 compares names with a copy of old library code that knows no IP addresses on Python
    3.12 and later, and that warns on earlier ones.

    Args:
        context: With `check_hostname` on.
        host: The name that the certificate must hold, also when another address is dialled.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        """Remember context and name."""
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context, self._name = context, host

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002 - ldap3
        """Shake hands; ldap3 turns what this raises into an error of its own."""
        # Raises when the controller has hung up already. Python notices too, but by then it has
        # taken the socket over, and 3.11 leaves it open.
        connection.socket.getpeername()
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=self._name)


def tls_context(settings: ActiveDirectorySettings, system: str) -> ssl.SSLContext:
    """What a connection trusts.

    Raises:
        ConfigError: The file of the authority cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        message = f"cannot use {settings.ca_file} as a certificate authority ({error})"
        raise ConfigError(message, key=f"targets.{system}.settings.ca_file") from error
