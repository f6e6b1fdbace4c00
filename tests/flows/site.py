"""A small site, and the command line to run on it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from typer.testing import CliRunner, Result

from connectors.hr_file.sandbox import write_hr_files
from connectors.memory.store import STORES, Store
from connectors.sdk.invent import invent
from tests.profiles import names_of_accounts, staff

DAY = "2026-11-23"
TIMEZONE = "Europe/Amsterdam"
UNLIMITED = dict.fromkeys(("create", "update", "enable", "disable", "delete"), "unlimited")


def today() -> date:
    """The day by the calendar, where the site is: late in the evening it is another one in UTC."""
    return datetime.now(ZoneInfo(TIMEZONE)).date()


class Site:
    """A profile `site` with people from HR files, one directory and a write-back.

    Attributes:
        folder: Holds everything; the profile's paths are relative to it.
        profile: Content of the profile; `write` it after a change.
        rules: Content of the rules.
    """

    def __init__(self, folder: Path, people: int) -> None:
        self.folder = folder
        self._name = str(folder)  # of the store: unique, for stores outlive a test
        write_hr_files(invent(people, 1, date.fromisoformat(DAY)), folder / "hr")
        hr = {"path": "hr", "write_back_path": "hr/back.csv"}
        self.profile: dict[str, Any] = {
            "timezone": TIMEZONE,
            "source": {"connector": "hr_file", "settings": dict(hr)},
            "targets": {
                "directory": {
                    "connector": "memory",
                    "settings": {"name": self._name, "path": "directory.json"},
                    "fields": {
                        **names_of_accounts(),
                        "displayName": {"from": "names.display_name"},
                    },
                    "limits": UNLIMITED,
                },
                "hr": {
                    "connector": "hr_file",
                    "depends_on": ["directory"],
                    "settings": dict(hr),
                    "fields": {"work_email": {"from": "accounts.directory.mail"}},
                    "limits": UNLIMITED,
                },
            },
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }
        self.rules: list[dict[str, Any]] = [staff()]

    def write(self) -> None:
        """Put profile and rules where `--profile site.yaml` finds them."""
        text = yaml.safe_dump(self.profile, sort_keys=False)
        (self.folder / "site.yaml").write_text(text, encoding="utf-8")
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(self.rules), encoding="utf-8")

    @property
    def store(self) -> Store:
        """The directory; there once a run has opened it."""
        return STORES[self._name]

    @property
    def directory_file(self) -> Path:
        """What a writer of the directory leaves behind."""
        return self.folder / "directory.json"

    def provision(self, *arguments: str) -> Result:
        """`retour provision` for the profile of this site."""
        self.write()
        return retour("provision", "--profile", "site.yaml", "--as-of", DAY, *arguments)


@contextmanager
def a_site(folder: Path, *, people: int = 12) -> Iterator[Site]:
    """Set a site up."""
    site = Site(folder, people)
    site.write()
    yield site
    STORES.pop(str(folder), None)


def retour(*arguments: str) -> Result:
    """The command line, in this process."""
    from flows.cli import app

    return CliRunner().invoke(app, list(arguments))


def start_retour(
    *arguments: str, patch: str = "", **variables: str | None
) -> subprocess.Popen[str]:
    """The command line as a process of its own, in the working directory.

    Args:
        arguments: Of the command line.
        patch: Code to run before.
        variables: Environment on top of ours; None takes one away.
    """
    environment = {**os.environ, **variables}
    return subprocess.Popen(
        [sys.executable, "-c", f"{patch}\nfrom flows.cli import main\nmain()", *arguments],
        env={name: value for name, value in environment.items() if value is not None},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def report_of(path: Path) -> dict[str, Any]:
    """A report that was written to a file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def digest_in(result: Result) -> str:
    """The digest that a command printed."""
    found = re.search(r"sha256:[0-9a-f]{64}", result.stdout)
    assert found is not None
    return found[0]


def assert_no_traceback(result: Result) -> None:
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
