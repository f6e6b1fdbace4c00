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
from pathlib import Path

SCRIPT = Path(__file__).with_name("samba-dc.sh")
PROGRAMS = ("samba", "samba-tool", "openssl")
PORTS = (389, 636, 3268, 3269)
OURS = 63600
"""A port that says that the address is taken, while its controller starts or is stopped."""
START_SECONDS = 60
STOP_SECONDS = 10

BASE_DN = "DC=corp,DC=example,DC=test"
ADMINISTRATOR = "CORP\\Administrator"
ADMINISTRATOR_PASSWORD = "Passw0rd!Adm1n"
SERVICE = "CORP\\svc-retour"
SERVICE_PASSWORD = "Sandbox#2026!x"


class Samba:
    """A controller in a folder of its own.

    Args:
        home: Its folder; provisioned on the first start.
        address: Where it listens.

    Attributes:
        address: Where it listens.
        ca_file: The authority that signed its certificate.
    """

    def __init__(self, home: Path, address: str) -> None:
        """Remember folder and address; nothing runs yet."""
        self.address = address
        self.ca_file = home / "private" / "tls" / "ca.pem"
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers."""
        if self._process is not None:
            return
        output = self._home.with_name("output")
        with output.open("wb") as said:
            self._process = subprocess.Popen(
                [SCRIPT, self._home, self.address], stdout=said, stderr=said, start_new_session=True
            )
        try:
            _wait_for(self._process, self.address, self._home, output)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Let it end in peace."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._end(signal.SIGKILL)

    def keep(self) -> None:
        """Remember what the domain holds now, for `restore`."""
        self.stop()
        _copy(self._home, self._kept)
        self.start()

    def restore(self) -> None:
        """Start again with what the domain held when it was kept."""
        self.kill()
        _copy(self._kept, self._home)
        self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it take connections and answer nothing."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    @property
    def _kept(self) -> Path:
        return self._home.with_name("kept")

    def _end(self, how: signal.Signals) -> None:
        """End the script and the Samba it became; its children are in its process group."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


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
    with (
        tempfile.TemporaryDirectory(prefix="retour-samba-", dir=where) as folder,
        _our_address() as taken,
    ):
        samba = Samba(Path(folder) / "dc", taken.getsockname()[0])
        samba.start()
        try:
            yield samba
        finally:
            samba.stop()


def _our_address() -> socket.socket:
    """A loopback address for us alone, for as long as the socket is open."""
    for last in range(77, 120):
        address = f"127.0.0.{last}"
        with contextlib.suppress(OSError), contextlib.ExitStack() as free:
            for port in PORTS:
                free.enter_context(socket.create_server((address, port)))
            return socket.create_server((address, OURS))
    message = "no loopback address has its LDAP ports free"
    raise RuntimeError(message)


def _copy(whole: Path, into: Path) -> None:
    """Replace a folder by a copy of another; sockets and all."""
    if into.exists():
        shutil.rmtree(into)
    subprocess.run(["cp", "-a", whole, into], check=True)


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
