"""A stage for runs whose steps work in several processes: every system answers over HTTP.

People come from AFAS, get accounts in one SCIM application and then in another one, which signs
them in by what the first one holds, and the address goes back into AFAS.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.sandbox.serve import serve as serve_afas
from connectors.ledger.ledger import open_ledger
from connectors.model.connector import SandboxOptions
from connectors.model.receipt import Outcome
from connectors.scim.sandbox.served import ServedScim
from tests.flows.stage import NO_LIMITS

MAIL = 'emails[type eq "work"].value'
ACCOUNTS, INTRANET, HR = "accounts", "intranet", "hr"
ORDER = (ACCOUNTS, INTRANET, HR)
"""Who waits for whom."""


@dataclass
class Fleet:
    """Sandboxes, and a profile of them.

    Attributes:
        afas: HR.
        scim: The applications, by the name of the target.
        folder: Holds the profile and its rules.
        ledger_url: Where the ledger is.
        asked: Accounts that an application was asked to make.
        rules: Content of the rules.
        profile: Content of the profile.
    """

    afas: ServedAfas
    scim: Mapping[str, ServedScim]
    folder: Path
    ledger_url: str
    asked: Counter[str] = field(default_factory=Counter)
    rules: list[dict[str, Any]] = field(default_factory=list)
    profile: dict[str, Any] = field(default_factory=dict)

    def write(self) -> Path:
        """The profile as a file."""
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(self.rules))
        path = self.folder / "fleet.yaml"
        path.write_text(yaml.safe_dump(self.profile, sort_keys=False))
        return path

    def variables(self, **more: str) -> dict[str, str]:
        """Environment of whoever runs the profile."""
        return {"RETOUR_LEDGER_URL": self.ledger_url, **more}

    def slow_down(self, seconds: float) -> None:
        """Let every write of an application take a while."""
        for served in self.scim.values():
            served.faults.latency_seconds = seconds

    def users(self, target: str) -> dict[str, dict[str, Any]]:
        """What an application holds, by HR id; nobody is there twice."""
        users = self.scim[target].users()
        numbers = Counter(user["externalId"] for user in users)
        assert [one for one, times in numbers.items() if times > 1] == []
        return {user["externalId"]: user for user in users}

    def assert_all_is_as_it_should_be(self, *, persons: int) -> None:
        """Everybody once, under a name of their own, in both applications; and back in HR."""
        first, second = self.users(ACCOUNTS), self.users(INTRANET)
        assert len(first) == persons
        assert first.keys() == second.keys()
        for users in (first, second):
            names = Counter(user["userName"].casefold() for user in users.values())
            assert [name for name, times in names.items() if times > 1] == []
        for person, user in first.items():
            assert second[person]["userName"] == mail_of(user)
        if HR not in self.profile["targets"]:
            return
        held = {
            row["Medewerker"]: row["Email_werk"]
            for row in self.afas.afas.rows("T4E_HelloID_Users_v2")
        }
        assert {person: held[person] for person in first} == {
            person: mail_of(user) for person, user in first.items()
        }

    def assert_in_order_and_once(self, run: str) -> None:
        """Nobody is written downstream before the receipt from upstream, and nothing is twice."""
        written: dict[str, dict[str, list[Any]]] = {}
        with open_ledger(self.ledger_url) as ledger:
            entries = ledger.journal(run)
            assert ledger.verify_audit() is None
        for entry in entries:
            assert entry.receipt is not None, entry.change
            assert entry.receipt.outcome is Outcome.DONE, entry.receipt
            person = written.setdefault(entry.change.person, {})
            person.setdefault(entry.change.target, []).append(entry)
        for targets in written.values():
            for before, after in pairwise(ORDER):
                if before in targets and after in targets:
                    last = max(entry.receipt.at for entry in targets[before])
                    assert last <= min(entry.announced for entry in targets[after])
        for target in (ACCOUNTS, INTRANET):
            assert self.created(target) == len(self.users(target))

    def created(self, target: str) -> int:
        """How many accounts an application was asked to make, refused ones included."""
        return self.asked[target]


def _counting(served: ServedScim, target: str, asked: Counter[str]) -> None:
    """Count what an application is asked to make, by itself or as a part of a bulk."""
    add = served.store.add

    def count(kind: Any, content: dict[str, Any], **more: Any) -> Any:
        asked[target] += 1
        return add(kind, content, **more)

    served.store.add = count  # type: ignore[method-assign]


def mail_of(user: Mapping[str, Any]) -> str:
    """The work address of an account."""
    (address,) = (one["value"] for one in user["emails"] if one["type"] == "work")
    return str(address)


@contextmanager
def a_fleet(folder: Path, *, people: int, ledger_url: str | None = None) -> Iterator[Fleet]:
    """Serve everything, without accounts."""
    with ExitStack() as stack:
        afas = stack.enter_context(serve_afas(SandboxOptions(people=people)))
        scim = {name: stack.enter_context(ServedScim()) for name in (ACCOUNTS, INTRANET)}
        fleet = Fleet(afas, scim, folder, ledger_url or f"sqlite:///{folder / 'ledger.db'}")
        for name, served in scim.items():
            _counting(served, name, fleet.asked)
        fleet.rules = [
            {
                "id": "staff",
                "description": "Everybody with a contract works here.",
                "grant": {name: {"account": True, "access": True} for name in scim},
            }
        ]
        fleet.profile = {
            "timezone": "Europe/Amsterdam",
            "source": {"connector": "afas", "settings": dict(afas.settings)},
            "targets": {
                ACCOUNTS: {
                    "connector": "scim",
                    "settings": dict(scim[ACCOUNTS].settings),
                    "limits": NO_LIMITS,
                },
                INTRANET: {
                    "connector": "scim",
                    "depends_on": [ACCOUNTS],
                    "settings": dict(scim[INTRANET].settings),
                    "fields": {
                        "userName": {"from": f"accounts.{ACCOUNTS}.userName"},
                        MAIL: {"from": f"accounts.{ACCOUNTS}.userName"},
                    },
                    "limits": NO_LIMITS,
                },
                HR: {
                    "connector": "afas.employee",
                    "depends_on": [ACCOUNTS, INTRANET],
                    "settings": dict(afas.settings),
                    "fields": {"EmAd": {"from": f"accounts.{ACCOUNTS}.userName"}},
                    "limits": NO_LIMITS,
                },
            },
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }
        yield fleet
