"""A run that is taken back: by the plan, the guards and the journal of every other run."""

import json
import re
from pathlib import Path

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.model.receipt import Outcome
from tests.flows.site import Site, assert_no_traceback, report_of, retour


@pytest.fixture
def settled(site: Site) -> Site:
    """A site whose first run is behind it."""
    assert site.provision("--live", "--report", "first.json").exit_code == 0
    return site


def run_of(name="first.json"):
    return report_of(Path(name))["run"]


def undo(run, *arguments):
    result = retour("undo", run, "--profile", "site.yaml", *arguments, "--report", "u.json")
    assert_no_traceback(result)
    return result


def planned():
    return [(c["target"], c["verb"]) for c in report_of(Path("u.json"))["changes"]]


def written_back(site):
    text = (site.folder / "hr" / "back.csv").read_text(encoding="utf-8").splitlines()[1:]
    return {line.split(",")[0]: line.split(",")[1] for line in text}


def in_ledger(site):
    return open_ledger(f"sqlite:///{site.folder / 'ledger.db'}")


def test_a_preview_shows_it_and_writes_nothing(settled: Site) -> None:
    before = settled.directory_file.read_bytes()

    result = undo(run_of())

    assert result.exit_code == 0, result.output
    assert settled.directory_file.read_bytes() == before
    report = report_of(Path("u.json"))
    assert {c["outcome"] for c in report["changes"]} == {"recorded"}
    assert report["undo"]["run"] == run_of()
    assert f"run {run_of()}: provision of" in result.stdout
    assert "the next run does for" in result.stdout
    assert re.search(r"undo \S+ --profile site.yaml --live", result.stdout.splitlines()[-1])


def test_what_was_made_is_shut_and_hr_gets_back_what_it_had(settled: Site) -> None:
    assert all(written_back(settled).values())

    result = undo(run_of(), "--live")
    assert result.exit_code == 0, result.output

    assert not any(entry.enabled for entry in settled.store.entries.values())
    assert not any(written_back(settled).values())
    with in_ledger(settled) as ledger:
        links = ledger.links("site")
        assert set(links.loc[links["target"] == "directory", "ref"]) == set(settled.store.entries)
        assert "hr" not in set(links["target"])


def test_what_was_made_is_deleted_when_that_is_asked_for(settled: Site) -> None:
    assert undo(run_of(), "--live", "--delete-created").exit_code == 0

    assert settled.store.entries == {}
    with in_ledger(settled) as ledger:
        assert ledger.links("site").empty
        assert ledger.grants("site").empty


def test_a_second_undo_finds_nothing_to_do(settled: Site) -> None:
    undo(run_of(), "--live")

    result = undo(run_of(), "--live")

    assert result.exit_code == 0
    assert planned() == []


def test_an_undo_is_undone(settled: Site) -> None:
    before, back = settled.store.content(), written_back(settled)
    undo(run_of(), "--live")
    first_undo = run_of("u.json")

    assert undo(first_undo, "--live").exit_code == 0

    assert settled.store.content() == before
    assert written_back(settled) == back
    assert settled.provision("--report", "p.json").exit_code == 0
    assert report_of(settled.folder / "p.json")["changes"] == []


def test_deleted_accounts_come_back_with_their_grants_when_their_delete_is_undone(
    settled: Site,
) -> None:
    undo(run_of(), "--live", "--delete-created")
    assert settled.store.entries == {}

    assert undo(run_of("u.json"), "--live").exit_code == 0

    assert ("directory", "restore") in planned()
    with in_ledger(settled) as ledger:
        links = ledger.links("site")
    assert set(links.loc[links["target"] == "directory", "ref"]) == set(settled.store.entries)
    assert settled.store.entries


def test_the_next_run_does_what_the_undo_said_it_would(settled: Site) -> None:
    undo(run_of(), "--live")
    told = report_of(Path("u.json"))["undo"]
    assert told["again"]
    assert told["rules"] == ["staff"]

    assert settled.provision("--live", "--report", "p.json").exit_code == 0

    targets = report_of(settled.folder / "p.json")["targets"]
    assert told["again"] == {n: one["planned"] for n, one in targets.items() if one["planned"]}


def test_what_somebody_changed_since_is_left_alone_and_told(settled: Site) -> None:
    ref, entry = next(iter(settled.store.entries.items()))
    person = str(entry.attributes["personId"])
    entry.attributes["displayName"] = "Before"
    assert settled.provision("--live", "--report", "second.json").exit_code == 0
    settled.store.entries[ref].attributes["displayName"] = "By hand"

    result = undo(run_of("second.json"), "--live")

    assert (result.exit_code, planned()) == (0, [])
    assert settled.store.entries[ref].attributes["displayName"] == "By hand"
    (note,) = report_of(Path("u.json"))["notes"]
    assert (note["code"], note["person"]) == ("changed_since", person)
    assert "displayName is By hand now" in note["reason"]
    assert "By hand now" in result.stdout


def test_a_limit_counts_for_an_undo_and_an_approval_lifts_it(settled: Site) -> None:
    settled.profile["approval"] = "ask"
    limits = settled.profile["targets"]["directory"]["limits"]
    settled.profile["targets"]["directory"]["limits"] = {**limits, "disable": 1}
    settled.write()

    assert undo(run_of(), "--live").exit_code == 4
    assert all(entry.enabled for entry in settled.store.entries.values())
    with in_ledger(settled) as ledger:
        (asked,) = ledger.approvals()
    approved = retour("approve", asked.run, "--by", "Ann")

    assert approved.exit_code == 0, approved.output
    assert not any(entry.enabled for entry in settled.store.entries.values())


def test_one_person_and_one_target_are_undone(settled: Site) -> None:
    person = min(written_back(settled))

    assert undo(run_of(), "--live", "--person", person, "--target", "hr").exit_code == 0

    assert planned() == [("hr", "update"), ("hr", "unmanage")]
    back = written_back(settled)
    assert back.pop(person) == ""
    assert all(back.values())


def test_slips_are_told_before_anything_is_read(settled: Site) -> None:
    unknown = undo("20200101")
    assert (unknown.exit_code, "there is no run '20200101'" in unknown.stderr) == (2, True)
    settled.provision("--report", "p.json")
    preview = undo(run_of("p.json"))
    assert (preview.exit_code, "was a preview: it wrote nothing" in preview.stderr) == (2, True)
    target = undo(run_of(), "--target", "drectory")
    assert (target.exit_code, "did you mean directory?" in target.stderr) == (2, True)


def test_a_run_of_another_profile_is_not_undone_here(settled: Site) -> None:
    (settled.folder / "other.yaml").write_text((settled.folder / "site.yaml").read_text())
    result = retour("undo", run_of(), "--profile", "other.yaml")
    assert (result.exit_code, "is of the profile site, not of other" in result.stderr) == (2, True)


def test_the_profile_of_the_run_is_that_of_its_undo(settled: Site) -> None:
    result = retour("undo", run_of())
    assert result.exit_code == 0, result.output
    assert "site: preview" in result.stdout


def test_a_failed_import_is_no_reason_to_keep_what_it_did(settled: Site) -> None:
    """An export of half the company is what an undo is for: its guards do not stand in the way."""
    persons = settled.folder / "hr" / "persons.csv"
    rows = persons.read_text(encoding="utf-8").splitlines()
    persons.write_text("\n".join(rows[:2]) + "\n", encoding="utf-8")
    contracts = settled.folder / "hr" / "contracts.csv"
    head, *others = contracts.read_text(encoding="utf-8").splitlines()
    first = rows[1].split(",")[0]
    kept = [row for row in others if row.split(",")[1] == first]
    contracts.write_text("\n".join([head, *kept]) + "\n", encoding="utf-8")
    assert settled.provision("--live").exit_code == 3

    assert undo(run_of(), "--live").exit_code == 0

    assert not any(entry.enabled for entry in settled.store.entries.values())


def test_nobody_knows_what_became_of_a_write_until_a_run_looked(settled: Site) -> None:
    with in_ledger(settled) as ledger:
        entry = next(e for e in ledger.journal(run_of()) if e.change.verb.value == "enable")
        assert entry.receipt is not None
        lost = {**entry.receipt.to_json(), "outcome": Outcome.IN_DOUBT.value}
        ledger.settle(run_of(), "site", [type(entry.receipt).from_json(lost)], {})
    preview = undo(run_of())
    shown = report_of(Path("u.json"))["changes"]

    assert preview.exit_code == 0
    assert undo(run_of(), "--live").exit_code == 0
    done = report_of(Path("u.json"))["changes"]
    assert [one["id"] for one in shown] == [one["id"] for one in done]
    assert (entry.change.target, "disable") in planned()
    assert json.loads(Path("u.json").read_text())["undo"]["left"].get("in_doubt") is None
