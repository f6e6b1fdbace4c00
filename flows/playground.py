"""Sandboxes to try things on, and the environment in which the demo profile finds them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.model.connector import SandboxOptions
from tasks.setup import serve_sandbox


@dataclass(frozen=True, slots=True)
class Playground:
    """Running sandboxes of AFAS and Active Directory.

    Attributes:
        afas: The AFAS environment, to look into and to make things happen.
        directory: The domain, to look into.
        variables: Environment of the demo profile.
    """

    afas: Any
    directory: Any
    variables: dict[str, str]


@contextmanager
def playground(
    folder: Path, *, people: int = 200, seed: int = 1, port: int = 0
) -> Iterator[Playground]:
    """Serve both sandboxes until the context is left.

    Args:
        folder: Gets the domain's content, the initial passwords and the ledger.
        people: Persons in AFAS.
        seed: The same seed gives the same persons.
        port: Of AFAS; 0 for any free one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    with ExitStack() as stack:
        afas: Any = stack.enter_context(
            serve_sandbox("afas", SandboxOptions(people=people, seed=seed, port=port))
        )
        directory: Any = stack.enter_context(
            serve_sandbox(
                "active_directory",
                SandboxOptions(people=people, seed=seed, state=folder / "domain.json"),
            )
        )
        yield Playground(
            afas=afas.afas,
            directory=directory.directory,
            variables={
                "AFAS_URL": afas.settings["base_url"],
                "RETOUR_SECRET_AFAS_TOKEN": afas.settings["token"],
                "AD_SERVER": directory.settings["server"],
                "RETOUR_SECRET_AD_PASSWORD": directory.settings["bind_password"],
                "INITIAL_PASSWORDS": str(folder / "initial-passwords.csv"),
                "RETOUR_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            },
        )
