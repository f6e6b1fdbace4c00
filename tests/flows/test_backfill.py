"""A slice that is written again, whatever the targets hold already."""

from pathlib import Path

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.memory.manifest import PERSON
from connectors.model.change import Verb
from tests.flows.site import DAY, Site, assert_no_traceback, report_of, retour


@pytest.fixture
def settled(site: Site) -> Site:
    """A site whose accounts are all there, and HR knows their addresses."""
    assert site.provision("--live").exit_code == 0
    return site


def backfill(*arguments):
    result = retour("backfill", "--profile", "site.yaml", "--as-of", DAY, *arguments)
    assert_no_traceback(result)
    return result


def written(*arguments):
    """Target and person of every change that a backfill planned, with what became of them."""
    result = backfill(*arguments, "--report", "b.json")
    assert result.exit_code in {0, 1}, result.output
    changes = report_of(Path("b.json"))["changes"]
    assert {change["verb"] for change in changes} <= {"update"}
    return {(c["target"], c["person"]): c["outcome"] for c in changes}


def ids_in(site, department):
    rows = (site.folder / "hr" / "contracts.csv").read_text().splitlines()[1:]
    due = {entry.attributes[PERSON] for entry in site.store.entries.values()}
    return {row.split(",")[1] for row in rows if row.split(",")[8] == department} & due


def in_ledger(site):
    return open_ledger(f"sqlite:///{site.folder / 'ledger.db'}")


def test_a_preview_shows_what_is_written_again_and_what_that_costs(settled: Site) -> None:
    before = settled.directory_file.read_bytes()
    everybody = settled.store.entries

    result = backfill("--report", "b.json")

    report = report_of(settled.folder / "b.json")
    assert result.exit_code == 0
    assert report["targets"]["hr"]["outcomes"] == {"recorded": len(everybody)}
    assert report["estimate"]["writes"] == 2 * len(everybody)
    assert {"directory", "hr"} == report["estimate"]["targets"].keys()
    assert "writes in directory" in result.stdout
    assert "--live" in result.stdout.splitlines()[-1]
    assert settled.directory_file.read_bytes() == before


def test_what_is_there_already_is_written_all_the_same(settled: Site) -> None:
    calls = settled.store.calls["update"]

    outcomes = written("--live", "--target", "directory")

    assert len(outcomes) == len(settled.store.entries)
    assert settled.store.calls["update"] - calls == len(outcomes)
    assert settled.provision("--live", "--report", "p.json").exit_code == 0
    assert report_of(settled.folder / "p.json")["changes"] == []


def test_a_slice_is_people_departments_and_days_together(settled: Site) -> None:
    care = ids_in(settled, "CARE")
    assert care
    assert {person for _, person in written("--department", "Care")} == care
    one = min(care)
    assert {p for _, p in written("--department", "CARE", "--person", one)} == {one}
    assert written("--department", "CARE", "--hired-since", "2126-01-01") == {}


def test_one_field_is_written_and_nothing_else(settled: Site) -> None:
    for entry in settled.store.entries.values():
        entry.attributes["displayName"] = "somebody"
    assert {target for target, _ in written("--field", "hr.work_email")} == {"hr"}


def test_slips_in_a_slice_are_told_before_anything_is_read(settled: Site) -> None:
    field = backfill("--field", "hr.work_mail")
    assert field.exit_code == 2
    assert "site writes no field 'hr.work_mail' on an update" in field.stderr
    assert "did you mean hr.work_email?" in field.stderr
    target = backfill("--target", "drectory")
    assert (target.exit_code, "did you mean directory?" in target.stderr) == (2, True)
    day = backfill("--hired-since", "2026-13-01")
    assert (day.exit_code, "is no day" in day.stderr) == (2, True)


def test_a_department_that_hr_does_not_know_is_a_warning(settled: Site) -> None:
    result = backfill("--department", "Caer")
    assert result.exit_code == 0
    assert "warning: HR knows no department 'Caer'; did you mean Care?" in result.stderr


def test_a_limit_counts_for_what_is_written_again_too(settled: Site) -> None:
    settled.profile["approval"] = "ask"
    limits = settled.profile["targets"]["directory"]["limits"]
    settled.profile["targets"]["directory"]["limits"] = {**limits, "update": 3}
    settled.write()
    calls = settled.store.calls["update"]

    assert backfill("--live", "--target", "directory").exit_code == 4
    with in_ledger(settled) as ledger:
        (asked,) = ledger.approvals()
    assert settled.store.calls["update"] == calls
    approved = retour("approve", asked.run, "--by", "Ann")

    assert approved.exit_code == 0, approved.output
    assert settled.store.calls["update"] - calls == len(settled.store.entries)


class TestResuming:
    """Whom an earlier backfill wrote is left out, and nobody else."""

    def broken_off(self, site: Site) -> tuple[str, str]:
        """A backfill in which the directory refuses somebody: its id, and who that is."""
        unlucky = min(entry.attributes[PERSON] for entry in site.store.entries.values())
        site.store.trouble.refuse(person=unlucky, verb=Verb.UPDATE, times=1)
        outcomes = written("--live", "--target", "directory")
        assert [person for (_, person), became in outcomes.items() if became == "failed"] == [
            unlucky
        ]
        return report_of(Path("b.json"))["run"], unlucky

    def test_only_what_is_left_is_written(self, settled: Site) -> None:
        run, unlucky = self.broken_off(settled)
        assert written("--resume", run[:-2]) == {("directory", unlucky): "recorded"}
        assert written("--live", "--resume", run).keys() == {("directory", unlucky)}
        second = report_of(Path("b.json"))["run"]
        assert written("--live", "--resume", second) == {}

    def test_what_differs_since_is_written_once_more(self, settled: Site) -> None:
        run, unlucky = self.broken_off(settled)
        other = max(settled.store.entries.values(), key=lambda one: one.attributes[PERSON])
        other.attributes["displayName"] = "somebody"
        person = other.attributes[PERSON]
        left = written("--live", "--resume", run)
        assert left.keys() == {("directory", unlucky), ("directory", person)}
        assert other.attributes["displayName"] != "somebody"

    def test_a_preview_is_resumed_as_it_was(self, settled: Site) -> None:
        everybody = written("--target", "directory")
        run = report_of(Path("b.json"))["run"]
        assert written("--resume", run).keys() == everybody.keys()

    def test_it_keeps_its_slice(self, settled: Site) -> None:
        written("--target", "directory")
        run = report_of(Path("b.json"))["run"]
        result = backfill("--resume", run, "--target", "hr")
        assert result.exit_code == 2
        assert "keeps its slice" in result.stderr

    def test_what_is_no_backfill_of_this_profile_is_refused(self, settled: Site) -> None:
        settled.provision("--report", "p.json")
        run = report_of(settled.folder / "p.json")["run"]
        result = backfill("--resume", run)
        assert (result.exit_code, "is no backfill but a provision" in result.stderr) == (2, True)
        assert backfill("--resume", "19990101").exit_code == 2
        written()
        mine = report_of(Path("b.json"))["run"]
        (settled.folder / "other.yaml").write_text((settled.folder / "site.yaml").read_text())
        other = retour("backfill", "--profile", "other.yaml", "--resume", mine)
        assert (other.exit_code, "is of the profile site, not of other" in other.stderr) == (
            2,
            True,
        )

    def test_a_target_that_went_away_since_is_told(self, settled: Site) -> None:
        written("--target", "hr")
        run = report_of(Path("b.json"))["run"]
        del settled.profile["targets"]["hr"]
        settled.write()
        result = backfill("--resume", run)
        assert (result.exit_code, "has no target 'hr'" in result.stderr) == (2, True)
