"""What the LDAP client does about connections, where no controller is needed to see it."""

import socket
import ssl
import struct
from types import SimpleNamespace

import pytest

from connectors.active_directory.tls import VerifiedTls

AT_ONCE = struct.pack("ii", 1, 0)
"""Closing a connection so is a reset, as of a server that was killed."""


def test_a_connection_that_broke_before_the_handshake_is_still_ours_to_close():
    with socket.create_server(("127.0.0.1", 0)) as door:
        ours = socket.create_connection(door.getsockname())
        theirs, _ = door.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        theirs.close()
    connection = SimpleNamespace(socket=ours)
    tls = VerifiedTls(ssl.create_default_context(), "127.0.0.1")
    with pytest.raises(OSError, match="not connected"):
        tls.wrap_socket(connection)
    assert connection.socket.fileno() >= 0
    connection.socket.close()
