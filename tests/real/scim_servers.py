"""Real SCIM servers, each in an environment of its own, behind a proxy that makes trouble."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from connectors.sdk.sandbox_http import Faults, Faulty
from connectors.sdk.serve import Answer, HttpServer
from tests.real.environments import program

HOP = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
TOKEN = "tok-scim2-server"
CLIENT, SECRET = "retour", "a-secret-of-the-client"


class Forward:
    """Hands every request on to a server."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(
            base_url=url, timeout=30, headers={"Accept-Encoding": "identity"}
        )

    def answer(self, method, path, query, headers, body):
        kept = {name: value for name, value in headers.items() if name not in HOP | {"host"}}
        address = f"{path}?{query}" if query else path
        found = self._client.request(method, address, headers=kept, content=body)
        shown = {name: value for name, value in found.headers.items() if name not in HOP}
        return Answer(found.status_code, found.content, shown)

    def close(self):
        self._client.close()


@dataclass
class ScimServer:
    """A running server.

    Attributes:
        url: Its SCIM address.
        through: The same address by way of the proxy.
        settings: How the connector signs in.
        faults: Of the proxy.
        token: A bearer token for the tests themselves.
        page: Parameters with which a list is whole.
    """

    url: str
    through: str
    settings: Mapping[str, object]
    faults: Faults
    token: str
    page: Mapping[str, str] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        kind = "application/scim+json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": kind}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def content(self) -> bytes:
        """Everything it shows, without its own notes."""
        with self.client() as client:
            shown = {path: self._all(client, path) for path in ("/Users", "/Groups")}
        return json.dumps(shown, sort_keys=True).encode()

    def clear(self) -> None:
        """Let nobody and nothing be left."""
        self.faults.heal()
        with self.client() as client:
            for path in ("/Groups", "/Users"):
                for one in self._all(client, path):
                    client.delete(f"{path}/{one['id']}").raise_for_status()

    def add_group(self, name: str) -> str:
        """Make an empty group; its id."""
        schema = "urn:ietf:params:scim:schemas:core:2.0:Group"
        with self.client() as client:
            made = client.post(
                "/Groups", json={"schemas": [schema], "displayName": name, "members": []}
            )
            made.raise_for_status()
            return str(made.json()["id"])

    def _all(self, client, path):
        found = client.get(path, params=dict(self.page)).raise_for_status().json()
        return sorted(found.get("Resources") or [], key=lambda one: one["id"])


@contextmanager
def scim2_server() -> Iterator[ScimServer]:
    """The server of python-scim: everything the RFCs offer."""
    port = free_port()
    command = [program("scim", "scim2-server"), "--port", str(port), "--bearer-token", TOKEN]
    with ExitStack() as stack:
        stack.enter_context(running(command, {}))
        wait_for(f"http://127.0.0.1:{port}/v2/ServiceProviderConfig")
        proxy, faults = stack.enter_context(proxied(f"http://127.0.0.1:{port}"))
        yield ScimServer(
            url=f"http://127.0.0.1:{port}/v2",
            through=f"{proxy}/v2",
            settings={"token": TOKEN},
            faults=faults,
            token=TOKEN,
            page={"count": "1000"},
        )


@contextmanager
def canaille(folder: Path) -> Iterator[ScimServer]:
    """An identity server with a little SCIM, and with OAuth client credentials."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    environment = {
        "CANAILLE__DATABASE": "sql",
        "CANAILLE_SQL__DATABASE_URI": f"sqlite:///{folder / 'canaille.db'}",
        "CANAILLE_SCIM__ENABLE_SERVER": "true",
        "SERVER_NAME": address,
        "PREFERRED_URL_SCHEME": "http",
        "SECRET_KEY": "a secret of this test, thirty-two letters",
        "AUTHLIB_INSECURE_TRANSPORT": "1",
    }
    command = program("canaille", "canaille")
    client = [
        *("--client-id", CLIENT, "--client-secret", SECRET, "--client-name", "Retour"),
        *("--grant-types", "client_credentials", "--scope", "scim"),
        *("--token-endpoint-auth-method", "client_secret_basic"),
        *("--redirect-uris", "http://127.0.0.1/none", "--client-uri", "http://127.0.0.1"),
    ]
    for arguments in (["install"], ["create", "client", *client]):
        subprocess.run(
            [command, *arguments],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        )
    with ExitStack() as stack:
        stack.enter_context(running([command, "run", "--bind", address], environment))
        wait_for(f"http://{address}/scim/v2/ServiceProviderConfig")
        proxy, faults = stack.enter_context(proxied(f"http://{address}"))
        given = httpx.post(
            f"http://{address}/oauth/token",
            data={"grant_type": "client_credentials", "scope": "scim"},
            auth=(CLIENT, SECRET),
            timeout=30,
        )
        yield ScimServer(
            url=f"http://{address}/scim/v2",
            through=f"{proxy}/scim/v2",
            settings={
                "token_url": f"{proxy}/oauth/token",
                "client_id": CLIENT,
                "client_secret": SECRET,
                "scope": "scim",
            },
            faults=faults,
            token=given.raise_for_status().json()["access_token"],
        )


@contextmanager
def proxied(url: str) -> Iterator[tuple[str, Faults]]:
    """A proxy in front of a server; a token is never refused by it."""
    faults = Faults(exempt=("* /oauth/token",))
    forward = Forward(url)
    server = HttpServer(Faulty(forward, faults))
    try:
        yield server.url, faults
    finally:
        server.close()
        forward.close()


@contextmanager
def running(command, environment) -> Iterator[None]:
    """A process for as long as the context lasts."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float = 240) -> None:
    """Wait until somebody answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            httpx.get(url, timeout=30)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
