"""Samba as a domain controller: started on loopback for the tests, stopped behind them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("samba-dc.sh")
PROGRAMS = ("samba", "samba-tool", "openssl")
PORTS = (389, 636, 3268, 3269)
START_SECONDS = 60
STOP_SECONDS = 10

BASE_DN = "DC=corp,DC=example,DC=test"
ADMINISTRATOR = "CORP\\Administrator"
ADMINISTRATOR_PASSWORD = "Passw0rd!Adm1n"
SERVICE = "CORP\\svc-retour"
SERVICE_PASSWORD = "Sandbox#2026!x"


@dataclass(frozen=True)
class Samba:
    """A running controller.

    Attributes:
        address: Where it listens.
        ca_file: The authority that signed its certificate.
        pid: Its process.
    """

    address: str
    ca_file: Path
    pid: int

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it take connections and answer nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


def missing() -> str | None:
    """Why Samba cannot be started here, None when it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed (make real installs it)"
    if os.geteuid() != 0:
        return "a domain is provisioned as root only"
    return None


@contextmanager
def start_samba() -> Iterator[Samba]:
    """Provision a domain in a temporary folder, on a tmpfs where there is one, and serve it."""
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="retour-samba-", dir=where) as folder:
        home = Path(folder) / "dc"
        address = _free_address()
        with (Path(folder) / "output").open("wb") as output:
            process = subprocess.Popen(
                [SCRIPT, home, address], stdout=output, stderr=output, start_new_session=True
            )
            try:
                _wait_for(process, address, home, Path(folder) / "output")
                yield Samba(address, home / "private" / "tls" / "ca.pem", process.pid)
            finally:
                _stop(process)


def _free_address() -> str:
    for last in range(77, 120):
        address = f"127.0.0.{last}"
        with contextlib.suppress(OSError), contextlib.ExitStack() as sockets:
            for port in PORTS:
                probe = sockets.enter_context(socket.socket())
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
            return address
    message = "no loopback address has its LDAP ports free"
    raise RuntimeError(message)


def _wait_for(process: "subprocess.Popen[bytes]", address: str, home: Path, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection((address, 636), timeout=1):
            return
        time.sleep(0.05)
    log = Path(f"{home}.log")
    said = "\n".join(
        path.read_text(errors="replace")[-2000:] for path in (log, output) if path.exists()
    )
    message = f"Samba did not start on {address}:\n{said}"
    raise RuntimeError(message)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the script and the Samba it became; its children are in its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
