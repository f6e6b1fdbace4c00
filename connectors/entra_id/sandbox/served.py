"""Serving the sandbox: `retour sandbox entra_id`, the demo, and tests."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from connectors.entra_id.sandbox.application import VERSION, Graph
from connectors.entra_id.sandbox.content import add_contact, add_group, add_user, furnish
from connectors.entra_id.sandbox.problems import Problem
from connectors.entra_id.sandbox.tenant import Tenant
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from connectors.sdk.sandbox_http import Faulty
from connectors.sdk.serve import HttpServer


class ServedGraph:
    """A running sandbox.

    Attributes:
        graph: The tenant behind its addresses, to look into and to make things happen.
        url: Address of the server.
    """

    def __init__(self, graph: Graph, *, port: int = 0, passwords: Path | None = None) -> None:
        """Start serving on loopback.

        Args:
            graph: The tenant.
            port: 0 for any free one.
            passwords: File for initial passwords; one in a folder of our own by default.
        """
        self.graph = graph
        self._folder = tempfile.TemporaryDirectory(prefix="retour-sandbox-")
        self._passwords = passwords or Path(self._folder.name) / "initial-passwords.csv"
        self._server = HttpServer(Faulty(graph, graph.faults), port=port)
        self.url = self._server.url

    @property
    def tenant(self) -> Tenant:
        """What the sandbox holds."""
        return self.graph.tenant

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which the connector reaches it, as they stand in a profile."""
        return {
            "tenant_id": self.graph.tenant.id,
            "client_id": self.graph.tokens.client_id,
            "client_secret": self.graph.tokens.secret,
            "authority_url": self.url,
            "graph_url": f"{self.url}/{VERSION}",
            "initial_passwords": f"file:{self._passwords}",
        }

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def serve(options: SandboxOptions) -> ServedGraph:
    """Serve a tenant: domains, groups, licences, an administrator, and nobody from HR yet.

    The persons of `options.people` live in the HR sandbox: accounts are what a run makes of them.

    Args:
        options: `data` is a JSON file as in the README, on top of that.

    Raises:
        ConfigError: The file is not of that form.
    """
    graph = Graph(new_tenant(options.seed))
    if options.data is not None:
        fill(graph.tenant, options.data)
    state = options.state
    passwords = None if state is None else state.with_name(f"{state.name}.passwords.csv")
    return ServedGraph(graph, port=options.port, passwords=passwords)


def new_tenant(seed: int = 1) -> Tenant:
    """A tenant with its first objects."""
    tenant = Tenant(seed=seed)
    furnish(tenant)
    return tenant


def fill(tenant: Tenant, path: Path) -> None:
    """Add domains, groups, users and contacts from a JSON file; the README shows its form.

    Raises:
        ConfigError: The file is not of that form, or a name in it is taken.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        tenant.domains.extend(map(str, content.get("domains", ())))
        for group in content.get("groups", ()):
            given = {"displayName": group} if isinstance(group, str) else dict(group)
            add_group(tenant, str(given.pop("displayName")), **given)
        for user in content.get("users", ()):
            given = dict(user)
            names = [str(name) for name in given.pop("groups", ())]
            made = add_user(tenant, str(given.pop("userPrincipalName")), **given)
            for group in tenant.of("group"):
                if group.properties["displayName"] in names:
                    tenant.join(group, made.id)
        for contact in content.get("contacts", ()):
            given = dict(contact)
            add_contact(tenant, str(given.pop("mail")), **given)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, Problem) as error:
        message = f"cannot be loaded into the sandbox ({error})"
        raise ConfigError(message, file=str(path)) from error
