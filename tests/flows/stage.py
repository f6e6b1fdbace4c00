"""A stage for runs: AFAS over HTTP, a directory in this process, a profile of everything."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from connectors.active_directory.sandbox.served import serve as serve_directory
from connectors.afas.sandbox.serve import serve as serve_afas
from connectors.model.connector import SandboxOptions
from tasks.run import Ending

NO_LIMITS = dict.fromkeys(
    ("create", "update", "enable", "disable", "move", "grant", "revoke", "delete", "losses"),
    "unlimited",
)
RULES = [
    {
        "id": "staff",
        "description": "Everybody with a contract works here.",
        "grant": {"active_directory": {"account": True, "access": True, "groups": ["G-All-Staff"]}},
    },
    {
        "id": "care",
        "description": "Carers see the care records.",
        "when": {"contract.department.id": "CARE"},
        "grant": {"active_directory": {"groups": ["G-Care-Staff"]}},
    },
]


class Stage:
    """Sandboxes and a profile.

    Attributes:
        afas: The AFAS environment.
        directory: The domain.
        folder: Holds the profile, the rules, the ledger and the initial passwords.
        profile: Content of the profile; change it before a run.
    """

    def __init__(self, afas: Any, directory: Any, folder: Path, profile: dict[str, Any]) -> None:
        self.afas, self.directory, self.folder, self.profile = afas, directory, folder, profile
        self.rules: list[dict[str, Any]] = list(RULES)

    def write(self) -> Path:
        """The profile as a file."""
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(self.rules))
        path = self.folder / "site.yaml"
        path.write_text(yaml.safe_dump(self.profile, sort_keys=False))
        return path

    def run(self, **parameters: Any) -> Ending:
        """Run the flow; a preview unless `dry_run=False`."""
        from flows.provision import provision

        state = provision(profile=str(self.write()), return_state=True, **parameters)
        ending = state.result(raise_on_failure=False)
        assert isinstance(ending, Ending), ending
        return ending

    def live(self, **parameters: Any) -> Ending:
        """Run it for real."""
        return self.run(dry_run=False, **parameters)

    def held_by_afas(self) -> dict[str, tuple[str | None, str | None, str | None]]:
        """Per employee: mail of the person, UPN and mail of the user."""
        return {
            row["Medewerker"]: (row["Email_werk"], row["UPN"], row["Email_werk_gebruiker"])
            for row in self.afas.rows("T4E_HelloID_Users_v2")
        }

    def limit(self, target: str, **limits: Any) -> None:
        """Set limits of a target."""
        self.profile["targets"][target]["limits"] = {**NO_LIMITS, **limits}


@contextmanager
def a_stage(folder: Path, *, people: int = 40, **afas_settings: Any) -> Iterator[Stage]:
    """Set the stage; limits are off until a test sets them."""
    with (
        serve_afas(SandboxOptions(people=people)) as afas,
        serve_directory(SandboxOptions()) as directory,
    ):
        settings = {**afas.settings, **afas_settings}
        profile = {
            "timezone": "Europe/Amsterdam",
            "source": {"connector": "afas", "settings": dict(settings)},
            "targets": {
                "active_directory": {
                    "connector": "active_directory",
                    "settings": {
                        **directory.settings,
                        "initial_passwords": f"file:{folder / 'passwords.csv'}",
                    },
                    "limits": NO_LIMITS,
                },
                "afas_employee": {
                    "connector": "afas.employee",
                    "depends_on": ["active_directory"],
                    "settings": dict(settings),
                    "fields": {"EmAd": {"from": "accounts.active_directory.mail"}},
                    "limits": NO_LIMITS,
                },
                "afas_user": {
                    "connector": "afas.user",
                    "depends_on": ["active_directory"],
                    "settings": dict(settings),
                    "fields": {
                        "Upn": {"from": "accounts.active_directory.userPrincipalName"},
                        "EmAd": {"from": "accounts.active_directory.mail"},
                    },
                    "limits": NO_LIMITS,
                },
            },
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }
        os.environ["RETOUR_LEDGER_URL"] = f"sqlite:///{folder / 'ledger.db'}"
        yield Stage(afas.afas, directory.directory, folder, profile)


def outcomes(ending: Ending, target: str) -> dict[str, int]:
    """Outcomes of a target in a report."""
    counts: dict[str, int] = ending.report["targets"][target]["outcomes"]
    return counts


def planned(ending: Ending) -> list[dict[str, Any]]:
    """The changes of a report without what became of them."""
    fields = ("id", "target", "person", "verb", "before", "after", "because")
    return [{name: change[name] for name in fields} for change in ending.report["changes"]]
