"""`retour check`: what a run needs, looked at without writing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.memory.reader import MemoryReader
from connectors.model.connector import Finding
from connectors.model.errors import Unauthorized
from tests.flows.site import Site, retour


def check() -> Any:
    return retour("check", "--profile", "site.yaml")


def test_a_site_that_is_ready_exits_0_and_lists_every_system(site: Site) -> None:
    result = check()

    assert result.exit_code == 0
    assert result.stderr == ""
    systems = [line.split()[0] for line in result.stdout.splitlines() if " ok " in line]
    assert systems == ["ledger", "rules", "source", "directory", "hr", "hr"]
    assert "READY - next: retour provision --profile site.yaml" in result.stdout


@pytest.mark.parametrize("rules", [[], ["draft"]])
def test_rules_that_give_nobody_anything_are_worth_a_look(site: Site, rules: list[str]) -> None:
    site.rules = [{**site.rules[0], "status": status} for status in rules]
    site.write()

    result = check()

    assert result.exit_code == 0
    assert "look" in result.stdout
    assert "nobody is due anything, and who has an account loses it" in result.stdout


def test_nothing_is_written(site: Site) -> None:
    before = sorted(path.name for path in site.folder.rglob("*") if "ledger" not in path.name)

    check()

    after = sorted(path.name for path in site.folder.rglob("*") if "ledger" not in path.name)
    assert after == before
    assert retour("runs").stdout == ""


def test_what_is_not_as_the_settings_promise_exits_2(site: Site) -> None:
    (site.folder / "hr" / "contracts.csv").unlink()

    result = check()

    assert result.exit_code == 2
    assert "NOT OK" in result.stdout
    assert "contracts" in result.stdout
    assert "NOT READY" in result.stdout


def test_a_system_that_refuses_us_exits_6_and_the_others_are_looked_at_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: MemoryReader) -> Any:
        raise Unauthorized("wrong password", system="directory", operation="sign in")

    monkeypatch.setattr(MemoryReader, "check", refuse)
    result = check()

    assert result.exit_code == 6
    assert "wrong password" in result.stdout
    assert "a system did not answer, or refused us" in result.stdout
    assert sum(" ok " in line for line in result.stdout.splitlines()) == 5


def test_a_connector_may_say_itself_that_its_system_did_not_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(self: MemoryReader) -> Iterator[Finding]:
        yield Finding(ok=False, subject="sign in", detail="nobody there", reached=False)

    monkeypatch.setattr(MemoryReader, "check", find)

    assert check().exit_code == 6


def test_a_mistake_in_the_profile_exits_2_with_file_and_line(site: Site) -> None:
    site.profile["targets"]["hr"]["depends_on"] = ["nothing"]
    site.write()

    result = check()

    assert result.exit_code == 2
    assert result.stderr.startswith("error: site.yaml:")
    assert result.stdout == ""


def test_a_secret_that_is_nowhere_exits_2(site: Site) -> None:
    site.profile["targets"]["directory"]["settings"]["name"] = "secret://nowhere"
    site.write()

    result = check()

    assert result.exit_code == 2
    assert "RETOUR_SECRET_NOWHERE" in result.stderr
    assert "Traceback" not in result.output


def test_rules_that_make_no_sense_together_are_worth_a_look_and_no_mistake(site: Site) -> None:
    site.rules.append({**site.rules[0], "id": "again"})
    site.write()

    result = check()

    assert result.exit_code == 0
    told = " ".join(result.stdout.split())
    assert "look rule again" in told
    assert "leave one of them out" in told
    assert "2 published" in told


def test_a_group_that_rules_misspell_exits_2_with_its_line_and_what_was_meant(site: Site) -> None:
    groups = {"g-1": {"name": "G-Nursing"}}
    site.directory_file.write_text(json.dumps({"groups": groups}), encoding="utf-8")
    site.rules.append(
        {
            "id": "nurses",
            "description": "For a test",
            "grant": {"directory": {"groups": ["G-Nurssing", "G-{contract.department.id}"]}},
        }
    )
    site.write()

    result = check()

    assert result.exit_code == 2
    told = " ".join(result.stdout.split())
    assert "rule nurses, rules.yaml:" in told
    assert "'G-Nurssing'; did you mean G-Nursing?" in told
    assert told.count("NOT OK") == 1
