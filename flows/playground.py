"""Sandboxes to try things on, and the environment in which the demo profile finds them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors.model.connector import SandboxOptions
from flows.serving import demo_variables
from tasks.setup import serve_sandbox

SERVED: Final = ("afas", "active_directory", "entra_id", "google_workspace")
"""Sandboxes that the demo profile needs."""


@dataclass(frozen=True, slots=True)
class Playground:
    """Running sandboxes of AFAS, Active Directory, Entra ID and Google Workspace.

    Attributes:
        afas: The AFAS environment, to look into and to make things happen.
        directory: The domain, to look into.
        entra: The tenant, to look into.
        google: The workspace, to look into.
        variables: Environment of the demo profile.
    """

    afas: Any
    directory: Any
    entra: Any
    google: Any
    variables: dict[str, str]


@contextmanager
def playground(
    folder: Path, *, people: int = 200, seed: int = 1, port: int = 0
) -> Iterator[Playground]:
    """Serve all sandboxes until the context is left.

    Args:
        folder: Gets the domain's content, the initial passwords and the ledger.
        people: Persons in AFAS.
        seed: The same seed gives the same persons.
        port: Of AFAS; 0 for any free one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    with ExitStack() as stack:

        def serve(name: str) -> Any:
            options = SandboxOptions(
                people=people,
                seed=seed,
                port=port if name == "afas" else 0,
                state=folder / f"{name}.json",
            )
            return stack.enter_context(serve_sandbox(name, options))

        served = {name: serve(name) for name in SERVED}
        variables, _ = demo_variables({name: one.settings for name, one in served.items()})
        yield Playground(
            afas=served["afas"].afas,
            directory=served["active_directory"].directory,
            entra=served["entra_id"].tenant,
            google=served["google_workspace"],
            variables={
                **variables,
                "INITIAL_PASSWORDS": str(folder / "initial-passwords.csv"),
                "ENTRA_PASSWORDS": str(folder / "entra-passwords.csv"),
                "GOOGLE_PASSWORDS": str(folder / "google-passwords.csv"),
                "RETOUR_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            },
        )
