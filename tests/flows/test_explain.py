"""`retour explain` and `retour provision --rules`, from the command line."""

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.ledger.ledger import open_ledger
from tests.flows.site import DAY, Site, assert_no_traceback, report_of, retour


def somebody(site: Site) -> dict[str, str]:
    """A person who works on the day."""
    with (site.folder / "hr" / "contracts.csv").open(encoding="utf-8") as file:
        running = {
            row["person_id"]
            for row in csv.DictReader(file)
            if row["start_date"] <= DAY and (row["end_date"] or DAY) >= DAY
        }
    with (site.folder / "hr" / "persons.csv").open(encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["external_id"] in running)


def explained(*arguments: str) -> dict[str, Any]:
    result = retour("explain", *arguments, "--profile", "site.yaml", "--json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_who_gets_an_account_is_told_why_and_what_the_plan_does(site: Site) -> None:
    who = somebody(site)["external_id"]

    result = retour("explain", who, "--profile", "site.yaml", "--as-of", DAY)

    assert result.exit_code == 0, result.output
    said = result.stdout
    assert said.startswith(who)
    assert "primary: " in said
    assert "staff  gives" in said
    assert "names.login" in said
    assert "The plan would do" in said
    assert "directory  create" in said


def test_it_says_in_json_what_it_says_to_people(site: Site) -> None:
    who = somebody(site)["external_id"]

    content = explained(who, "--as-of", DAY)

    assert (content["retour"], content["person"]["id"], content["as_of"]) == (1, who, DAY)
    assert [one["id"] for one in content["rules"] if one["gives"]] == ["staff"]
    directory = content["targets"][0]
    account, access = directory["entitlements"][:2]
    assert (account["due"], account["held"], account["plan"]) == (True, False, ["create"])
    assert access["plan"] == ["enable"]
    fields = {one["name"]: one for one in directory["fields"]}
    assert fields["userName"]["state"] == "new"
    assert fields["mail"]["parts"]["names.domain"] == "example.org"


def test_after_a_live_run_it_tells_what_was_done(site: Site) -> None:
    who = somebody(site)["external_id"]
    assert site.provision("--live").exit_code == 0

    content = explained(who, "--as-of", DAY)

    assert content["changes"] == []
    assert [one["verb"] for one in content["history"]][-2:] == ["enable", "create"]
    assert {one["outcome"] for one in content["history"]} <= {"done", "already"}
    assert content["targets"][0]["linked"]
    said = retour("explain", who, "--profile", "site.yaml", "--as-of", DAY).stdout
    assert "Done last" in said


def test_a_person_is_found_by_the_address_of_the_account_and_by_name(site: Site) -> None:
    who = somebody(site)["external_id"]
    assert site.provision("--live").exit_code == 0
    held = explained(who, "--as-of", DAY)
    mail = next(one["held"] for one in held["targets"][0]["fields"] if one["name"] == "mail")

    assert explained(mail.upper(), "--as-of", DAY)["person"]["id"] == who
    assert explained(held["person"]["name"], "--as-of", DAY)["person"]["id"] == who


def test_nobody_and_several_are_usage_errors_with_a_sentence(site: Site) -> None:
    who = somebody(site)["external_id"]

    nobody = retour("explain", f"{who}0", "--profile", "site.yaml")
    assert nobody.exit_code == 2
    assert f"nobody is known as '{who}0'" in nobody.stderr
    assert who in nobody.stderr
    assert_no_traceback(nobody)


def test_it_writes_nothing_and_needs_no_lock(site: Site, tmp_path: Path) -> None:
    who = somebody(site)["external_id"]
    assert site.provision("--live").exit_code == 0
    file, directory = tmp_path / "ledger.db", site.directory_file.read_bytes()
    with open_ledger(f"sqlite:///{file}") as ledger, ledger.lock("site", "a-live-run"):
        before = _content(file)

        explained(who, "--as-of", "2027-06-01")

        assert _content(file) == before
    assert site.directory_file.read_bytes() == directory


def _content(path: Path) -> list[str]:
    with sqlite3.connect(path) as ledger:
        return list(ledger.iterdump())


def test_a_later_day_shows_who_has_left_by_then(site: Site) -> None:
    who, after = somebody(site)["external_id"], "2099-01-01"
    contracts = site.folder / "hr" / "contracts.csv"
    with contracts.open(encoding="utf-8") as file:
        rows = [
            row | ({"end_date": "2027-01-31"} if row["person_id"] == who else {})
            for row in csv.DictReader(file)
        ]
    with contracts.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert site.provision("--live").exit_code == 0

    now, then = explained(who, "--as-of", DAY), explained(who, "--as-of", after)

    held = now["targets"][0]["entitlements"][0]
    assert (held["due"], held["last"], held["disable_on"]) == (True, "2027-01-31", "2027-02-01")
    account = then["targets"][0]["entitlements"][0]
    assert (account["due"], account["held"]) == (False, True)
    assert "disable" in [change["verb"] for change in then["changes"]]


def test_what_hr_says_is_shown_as_it_is_and_does_nothing_to_a_terminal(site: Site) -> None:
    who = somebody(site)["external_id"]
    contracts = site.folder / "hr" / "contracts.csv"
    with contracts.open(encoding="utf-8") as file:
        rows = [row | {"title": "[bold]Nurse\x1b[2J"} for row in csv.DictReader(file)]
    with contracts.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    said = retour("explain", who, "--profile", "site.yaml", "--as-of", DAY).stdout

    assert "[bold]Nurse" in said
    assert "\x1b" not in said


def test_a_guard_that_refuses_the_run_is_told(site: Site) -> None:
    who = somebody(site)["external_id"]
    site.profile["targets"]["directory"]["limits"] = {"create": 1}
    site.write()

    blocks = explained(who, "--as-of", DAY)["blocks"]

    (guard,) = [one for one in blocks if one["kind"] == "guard"]
    assert (guard["target"], guard["code"]) == ("directory", "limit")
    assert guard["reason"].startswith("the whole run is refused: ")


# --- Other rules ----------------------------------------------------------------------------------


@pytest.fixture
def narrower(site: Site) -> Path:
    """Rules under which only one department works here."""
    with (site.folder / "hr" / "contracts.csv").open(encoding="utf-8") as file:
        department = next(iter(csv.DictReader(file)))["department_id"]
    rule = {**site.rules[0], "when": {"contract.department.id": department}}
    path = site.folder / "narrower.yaml"
    path.write_text(yaml.safe_dump([rule]), encoding="utf-8")
    return path


def test_other_rules_show_whom_they_move(site: Site, narrower: Path, tmp_path: Path) -> None:
    report, markdown = tmp_path / "impact.json", tmp_path / "impact.md"

    result = site.provision(
        "--rules", narrower.name, "--report", str(report), "--markdown", str(markdown)
    )

    assert result.exit_code == 0, result.output
    impact = report_of(report)["impact"]
    (rule,) = impact["rules"]
    assert (rule["rule"], rule["what"], rule["parts"]) == ("staff", "changed", ["conditions"])
    account = next(one for one in rule["loses"] if one["kind"] == "account")
    assert account["count"] == impact["moved"]["count"] > 0
    creates = impact["targets"]["directory"]["create"]
    assert creates["difference"] == -account["count"]
    assert report_of(report)["plan"]["digest"] != impact["plan"]["digest"]
    assert f"-{account['count']}" in result.stdout
    assert "--live" not in result.stdout
    assert f"| staff | changed (conditions) | -{account['count']} |" in markdown.read_text()


def test_the_same_rules_move_nobody(site: Site, tmp_path: Path) -> None:
    report = tmp_path / "impact.json"

    result = site.provision("--rules", "rules.yaml", "--report", str(report))

    assert result.exit_code == 0, result.output
    content = report_of(report)
    assert (content["impact"]["rules"], content["impact"]["moved"]["count"]) == ([], 0)
    assert content["impact"]["plan"]["digest"] == content["plan"]["digest"]
    assert "No rule differs" in result.stdout


def test_the_guards_judge_the_other_rules(site: Site, narrower: Path, tmp_path: Path) -> None:
    assert site.provision("--live").exit_code == 0
    site.profile["targets"]["directory"]["limits"] = {"disable": 1}

    result = site.provision("--rules", narrower.name)

    assert result.exit_code == 3, result.output
    assert "disable" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rules", "rules.yaml", "--live"], "other rules are only previewed"),
        (["--markdown", "impact.md"], "give --rules too"),
        (["--rules", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(site: Site, arguments: list[str], said: str) -> None:
    result = site.provision(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert_no_traceback(result)


def test_the_flow_refuses_to_run_other_rules(site: Site) -> None:
    from flows.provision import provision

    state = provision(profile="site.yaml", dry_run=False, rules=["rules.yaml"], return_state=True)

    assert state.result(raise_on_failure=False).exit == 2


def test_a_live_run_of_a_day_to_come_is_warned_about(site: Site) -> None:
    result = retour("provision", "--profile", "site.yaml", "--as-of", "2099-01-01", "--live")

    assert result.exit_code == 0
    assert "2099-01-01 is still to come" in result.stderr
