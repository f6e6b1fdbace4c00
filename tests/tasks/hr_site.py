"""A site made of HR files, a directory in memory and a write-back, with limits as they are shipped.

HR is a list of rows that a test changes like an administrator changes an export.
"""

import copy
import csv
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.ledger.ledger import open_ledger
from connectors.memory.store import STORES, Store
from tasks.run import Ending
from tests.plainly import attempt_plainly
from tests.profiles import names_of_accounts, staff

DAY: Final = date(2026, 11, 23)
Row = dict[str, str]


class HrSite:
    """The site, and what it holds.

    Attributes:
        persons: Rows of the file of persons.
        contracts: Rows of the file of contracts.
        profile: Content of the profile.
        rules: Content of the rules.
        store: The directory.
        day: The day of the next run.
    """

    def __init__(self, folder: Path, people: int) -> None:
        """Employ so many people in two departments, `CARE` and `SHOP`."""
        self.folder, self.day = folder, DAY
        self.ledger_url = f"sqlite:///{folder / 'ledger.db'}"
        self.persons: list[Row] = []
        self.contracts: list[Row] = []
        self.hire(range(1, people + 1))
        self.store = STORES[str(folder)] = Store(
            {"groups": {f"id-{name}": {"name": name} for name in ("G-CARE", "G-SHOP", "G-OLD")}}
        )
        self.rules: list[dict[str, Any]] = [
            staff(),
            {
                "id": "departments",
                "description": "Everybody is in the group of their department.",
                "grant": {"directory": {"groups": ["G-{contract.department.id}"]}},
            },
        ]
        hr = {"path": "hr", "write_back_path": "hr/back.csv"}
        self.profile: dict[str, Any] = {
            "timezone": "Europe/Amsterdam",
            "source": {"connector": "hr_file", "settings": dict(hr)},
            "targets": {
                "directory": {
                    "connector": "memory",
                    "settings": {"name": str(folder)},
                    "fields": {
                        **names_of_accounts(),
                        "displayName": {"from": "names.display_name"},
                    },
                },
                "hr": {
                    "connector": "hr_file",
                    "depends_on": ["directory"],
                    "settings": dict(hr),
                    "fields": {"work_email": {"from": "accounts.directory.mail"}},
                },
            },
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }

    def copied_to(self, folder: Path) -> "HrSite":
        """The same site, as it is now, in another folder."""
        made = HrSite(folder, 0)
        made.hire(int(row["external_id"]) for row in self.persons)
        made.store = STORES[str(folder)] = Store(copy.deepcopy(self.store.content()))
        shutil.copytree(self.folder / "hr", folder / "hr")
        shutil.copy(self.folder / "ledger.db", folder)
        return made

    def hire(self, numbers: Iterable[int]) -> None:
        """More people, half of them in each department."""
        for number in numbers:
            key = f"{number:04d}"
            self.persons.append(
                {
                    "external_id": key,
                    "nick_name": f"Nick{number}",
                    "family_name": f"Family{number}",
                    "convention": "B",
                    "excluded": "",
                }
            )
            self.contracts.append(
                {
                    "external_id": f"c{key}",
                    "person_id": key,
                    "start_date": "2020-01-01",
                    "end_date": "",
                    "department_id": ("CARE", "SHOP")[number % 2],
                }
            )

    def dismiss(self, numbers: Iterable[int]) -> None:
        """These people stand in no file any more."""
        gone = {f"{number:04d}" for number in numbers}
        self.persons = [row for row in self.persons if row["external_id"] not in gone]
        self.contracts = [row for row in self.contracts if row["person_id"] not in gone]

    def limit(self, target: str, **limits: Any) -> None:
        """Limits of a target, or of the source, on top of those that are given already."""
        part = self.profile["source"] if target == "source" else self.profile["targets"][target]
        part["limits"] = {**part.get("limits", {}), **limits}

    def run(self, *, live: bool = True, approve: str | None = None) -> Ending:
        """Write everything down, and run."""
        (self.folder / "hr").mkdir(exist_ok=True)
        for name, rows in (("persons", self.persons), ("contracts", self.contracts)):
            headings = list(rows[0]) if rows else _HEADINGS[name]
            with (self.folder / "hr" / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, headings)
                writer.writeheader()
                writer.writerows(rows)
        path = self.folder / "site.yaml"
        path.write_text(yaml.safe_dump(self.profile), encoding="utf-8")
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(self.rules), encoding="utf-8")
        return attempt_plainly(path, live=live, as_of=self.day, approve=approve)

    def load(self) -> None:
        """The first run: looked at, approved, done."""
        preview = self.run(live=False)
        done = self.run(approve=preview.report["plan"]["digest"])
        assert done.exit == 0, done.report["refused"]

    def next_day(self) -> None:
        """Tomorrow."""
        self.day += timedelta(days=1)

    @property
    def held(self) -> tuple[Any, str]:
        """All that stands in the directory, and in the file that HR takes back."""
        back = self.folder / "hr" / "back.csv"
        return self.store.content(), back.read_text() if back.exists() else ""

    def journal_of(self, ending: Ending) -> list[Any]:
        """Writes that a run began."""
        with open_ledger(self.ledger_url) as ledger:
            return list(ledger.journal(ending.run))


_HEADINGS: Final = {
    "persons": ["external_id", "nick_name", "family_name", "convention", "excluded"],
    "contracts": ["external_id", "person_id", "start_date", "end_date", "department_id"],
}


def refused(site: HrSite, *, code: int = 3) -> list[dict[str, Any]]:
    """Run live and in a preview: both end with the code, and nothing is written anywhere.

    Returns:
        The objections of the live run.
    """
    before, calls = site.held, site.store.calls.copy()
    preview, live = site.run(live=False), site.run()
    assert (preview.exit, live.exit) == (code, code), live.report["refused"]
    assert site.held == before
    assert site.store.calls == calls, "no change reached the directory"
    assert site.journal_of(live) == [], "no write was begun"
    objections: list[dict[str, Any]] = live.report["objections"]
    assert objections == preview.report["objections"]
    return objections
