"""The brake, end to end: nothing is written anywhere, and an approval runs exactly one plan."""

import csv
from collections.abc import Callable
from typing import Any

from connectors.ledger.ledger import open_ledger
from tests.flows.site import Site, digest_in, report_of

Row = dict[str, str]


def in_hr(site: Site, name: str, change: Callable[[list[Row]], list[Row]]) -> list[Row]:
    """Change the rows of a file of HR; returns them as they are then."""
    path = site.folder / "hr" / name
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    changed = change(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(changed)
    return changed


def persons_in(site: Site) -> list[str]:
    return [row["external_id"] for row in in_hr(site, "persons.csv", lambda rows: rows)]


def refused(site: Site, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = site.provision(*arguments, "--report", "report.json")
    return result.exit_code, report_of(site.folder / "report.json")


def limits(site: Site, target: str, **given: Any) -> None:
    known = site.profile["targets"][target]["limits"]
    site.profile["targets"][target]["limits"] = {**known, **given}


def test_over_a_limit_with_ask_preview_and_live_wait_and_an_approval_runs_exactly_that_plan(
    site: Site,
) -> None:
    site.profile["approval"] = "ask"
    limits(site, "directory", create=1)

    code, preview = refused(site)
    assert (code, preview["exit"]) == (4, 4)
    result = site.provision("--live", "--report", "report.json")
    report = report_of(site.folder / "report.json")

    assert result.exit_code == 4
    assert "WAITING - for an approval; nothing was written" in result.stdout
    assert not site.store.entries
    assert digest_in(result) == preview["plan"]["digest"] == report["plan"]["digest"]
    (objection,) = report["objections"]
    assert (objection["code"], objection["verb"], objection["lifted"]) == ("limit", "create", False)
    assert objection["key"] == "targets.directory.limits.create"
    assert (
        objection["figure"]
        == len(objection["persons"])
        == report["targets"]["directory"]["planned"]["create"]
    )
    assert objection["reason"] in report["refused"]

    code, approved = refused(site, "--live", "--approve", digest_in(result))
    assert code == 0
    assert len(site.store.entries) == objection["figure"]
    assert [one["lifted"] for one in approved["objections"]] == [True]
    with open_ledger(f"sqlite:///{site.folder / 'ledger.db'}") as ledger:
        assert [run.approved for run in ledger.runs()] == [True, False, False]


def test_with_ask_what_no_approval_lifts_is_refused_and_does_not_wait(site: Site) -> None:
    site.profile["approval"] = "ask"
    assert site.provision("--live").exit_code == 0
    before = site.store.content()
    in_hr(site, "contracts.csv", lambda rows: rows[:0])
    in_hr(site, "persons.csv", lambda rows: rows[:0])

    for arguments in ((), ("--live",)):
        code, report = refused(site, *arguments)
        assert code == 3
        assert [one["code"] for one in report["objections"]] == ["empty_source"]
        assert "--approve" not in report["refused"]
    code, report = refused(site, "--live", "--approve", report["plan"]["digest"])
    assert code == 3
    assert site.store.content() == before


def test_one_target_over_its_limit_and_nothing_is_written_in_the_other_either(site: Site) -> None:
    limits(site, "hr", update=3)

    code, report = refused(site, "--live")

    assert code == 3
    assert {one["target"] for one in report["objections"]} == {"hr"}
    assert report["targets"]["directory"]["planned"]["create"] > 3
    assert not site.store.entries
    assert not (site.folder / "hr" / "back.csv").exists()


def test_a_leak_of_one_a_day_is_refused_when_its_days_are_full_and_what_was_approved_is_not_in_it(
    site: Site,
) -> None:
    limits(site, "directory", disable=1, losses="unlimited")
    site.profile["source"]["limits"] = {"removed": "unlimited", "changed": "unlimited"}
    assert site.provision("--live").exit_code == 0

    def one_less() -> tuple[int, dict[str, Any]]:
        in_hr(site, "contracts.csv", lambda rows: rows[1:])
        return refused(site, "--live")

    assert [one_less()[0], one_less()[0]] == [0, 0]
    code, report = one_less()
    assert code == 3
    (objection,) = report["objections"]
    assert (objection["code"], objection["figure"], objection["limit"]) == ("window", 3, "2")
    assert "after 2 in the last 7 days" in objection["reason"]

    assert refused(site, "--live", "--approve", report["plan"]["digest"])[0] == 0
    limits(site, "directory", cumulative={"disable": 3})
    assert one_less()[0] == 0


def test_whom_the_profile_protects_nobody_touches(site: Site) -> None:
    person, other = persons_in(site)[:2]
    site.profile["protected"] = {"persons": [int(person), 999]}
    assert site.provision("--live").exit_code == 0
    held = [entry.attributes.values() for entry in site.store.entries.values()]
    assert any(other in values for values in held)
    assert not any(person in values for values in held)

    site.profile["targets"]["directory"]["protected"] = [ref_of(site, other)]
    in_hr(site, "contracts.csv", lambda rows: [r for r in rows if r["person_id"] != other])
    code, report = refused(site, "--live")

    assert code == 0
    assert other not in {change["person"] for change in report["changes"]}
    assert site.store.entries[ref_of(site, other)].enabled
    codes = {(note["person"], note["code"]) for note in report["notes"]}
    assert {("999", "protects_nothing"), (other, "protected")} <= codes


def ref_of(site: Site, person: str) -> str:
    found: str = next(
        ref for ref, entry in site.store.entries.items() if person in entry.attributes.values()
    )
    return found


def test_a_field_that_changed_for_everybody_is_named(site: Site) -> None:
    assert site.provision("--live").exit_code == 0
    in_hr(site, "contracts.csv", lambda rows: [{**row, "department_id": "SHOP"} for row in rows])

    code, report = refused(site)

    assert code == 3
    fields = {one["field"]: one["code"] for one in report["objections"] if one["field"]}
    assert fields["contract.department.id"] == "attribute"
