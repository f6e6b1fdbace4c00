"""A company: people in an HR system, a domain, and a profile that joins the two."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.sdk.clock import now
from connectors.sdk.invent import invent
from tasks.run import Ending
from tests.real.domain import STAFF, Account, Domain
from tests.real.hr import GROUPS, RULES, AfasHr, Due, FileHr, Held, Hr, due

ZONE = "Europe/Amsterdam"
NO_LIMITS = dict.fromkeys(
    ("create", "update", "enable", "disable", "move", "grant", "revoke", "delete"), "unlimited"
)


class Company:
    """People, HR, domain, profile, ledger.

    Attributes:
        domain: The domain; empty but for its groups.
        hr: The HR system.
        today: The day that every run decides for.
        ledger_url: Where the runs remember.
        profile: Content of the profile; change it before a run.
    """

    def __init__(self, domain: Domain, hr: Hr, today: date, folder: Path, ledger_url: str) -> None:
        self.domain, self.hr, self.today, self.ledger_url = domain, hr, today, ledger_url
        self._folder, self._passwords = folder, folder / "passwords.csv"
        directory = {**domain.settings, "initial_passwords": f"file:{self._passwords}"}
        back = {"depends_on": ["active_directory"], "limits": NO_LIMITS}
        self.profile: dict[str, Any] = {
            "timezone": ZONE,
            "source": hr.source,
            "targets": {
                "active_directory": {
                    "connector": "active_directory",
                    "settings": directory,
                    "limits": NO_LIMITS,
                },
                **{name: target | back for name, target in hr.targets.items()},
            },
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }

    def preview(self) -> Ending:
        return self._run(dry_run=True)

    def live(self) -> Ending:
        return self._run(dry_run=False)

    def _run(self, *, dry_run: bool) -> Ending:
        from flows.provision import provision

        path = self.write()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            state = provision(
                profile=str(path), dry_run=dry_run, as_of=self.today, return_state=True
            )
        ending = state.result(raise_on_failure=False)
        assert isinstance(ending, Ending), ending
        return ending

    def write(self) -> Path:
        """The profile as a file."""
        (self._folder / "rules.yaml").write_text(yaml.safe_dump(RULES), encoding="utf-8")
        path = self._folder / "site.yaml"
        path.write_text(yaml.safe_dump(self.profile, sort_keys=False), encoding="utf-8")
        return path

    @property
    def variables(self) -> dict[str, str]:
        """Environment of the runs."""
        return {"RETOUR_LEDGER_URL": self.ledger_url}

    def due(self) -> dict[str, Due]:
        """Everybody who is due an account, worked out anew."""
        return due(self.hr.people, self.today)

    def passwords(self) -> dict[str, str]:
        """The initial password per login: what was handed over last."""
        if not self._passwords.exists():
            return {}
        with self._passwords.open(newline="", encoding="utf-8") as file:
            return {row["login"]: row["password"] for row in csv.DictReader(file)}


@contextmanager
def a_company(
    kind: str, domain: Domain, folder: Path, *, people: int, ledger_url: str | None = None
) -> Iterator[Company]:
    """A company with so many people and nothing done yet.

    Args:
        kind: `afas` or `hr_file`.
        domain: Set back to how it was kept.
        folder: For files.
        people: Persons in HR.
        ledger_url: A file in the folder, when left out.
    """
    domain.samba.restore()
    domain.add_groups(GROUPS)
    today = now().astimezone(ZoneInfo(ZONE)).date()
    everybody = invent(people, 1, today)
    ledger_url = ledger_url or f"sqlite:///{folder / 'ledger.db'}"
    if kind == "hr_file":
        yield Company(domain, FileHr(folder / "hr", everybody, today), today, folder, ledger_url)
        return
    with ServedAfas(Afas.from_people(everybody, today=today)) as served:
        yield Company(domain, AfasHr(served, everybody, today), today, folder, ledger_url)


# --- What must hold after a run that went well ----------------------------------------------------


def assert_domain_is_right(company: Company, accounts: Mapping[str, Account]) -> None:
    """Everybody who is due an account has exactly one, in its place, with its groups."""
    due = company.due()
    assert accounts.keys() == due.keys()
    assert {person for person, one in accounts.items() if one.enabled} == {
        person for person, one in due.items() if one.access
    }
    assert {person: account.groups for person, account in accounts.items()} == {
        person: one.groups for person, one in due.items()
    }
    for person, account in accounts.items():
        assert (account.container == STAFF) is due[person].access, account
    assert len({account.mail for account in accounts.values()}) == len(accounts)


def assert_hr_holds_what_the_domain_holds(
    company: Company,
    accounts: Mapping[str, Account],
    held: Mapping[str, Held],
    before: Mapping[str, Held],
) -> None:
    """Whoever has an account is written back to exactly; whoever has none is left alone."""
    written = {
        person: company.hr.after_write_back(person, account) for person, account in accounts.items()
    }
    assert held == {**before, **written}


def assert_all_done(changes: list[dict[str, Any]]) -> None:
    """A correlation writes nothing, so a target may also say that it was so already."""
    assert {one["outcome"] for one in changes if one["verb"] != "correlate"} == {"done"}
    assert {one["outcome"] for one in changes if one["verb"] == "correlate"} <= {"done", "already"}


def assert_they_can_sign_in(company: Company, accounts: Mapping[str, Account]) -> None:
    """With the password that was handed over, whoever may; and nobody else."""
    passwords = company.passwords()
    assert passwords.keys() <= {account.login for account in accounts.values()}
    assert company.domain.who_signs_in(passwords) == {
        account.login for account in accounts.values() if account.enabled
    }
