"""What a command exits with, and the sentence that goes with it."""

import os
import re
import stat
from typing import Any

import pytest

import flows.running
from connectors.hr_file.source import HrFileSource
from connectors.ledger.ledger import open_ledger
from connectors.model.errors import Unreachable
from tests.flows.site import Site, assert_no_traceback, digest_in, report_of, retour

# --- Exit codes -----------------------------------------------------------------------------------


def test_over_a_limit_it_exits_3_and_an_approval_of_exactly_that_plan_lifts_it(site: Site) -> None:
    site.profile["targets"]["directory"]["limits"] = {"create": 1}

    refused = site.provision("--live", "--report", "report.json")

    assert refused.exit_code == 3
    assert "REFUSED - nothing was written" in refused.stdout
    assert "create" in refused.stderr
    report = report_of(site.folder / "report.json")
    assert report["exit"] == 3
    assert "--approve" in report["refused"]
    assert not site.store.entries
    digest = digest_in(refused)
    assert f"--live --approve {digest}" in refused.stdout

    stale = site.provision("--live", "--approve", f"sha256:{'0' * 64}", "--report", "stale.json")
    assert stale.exit_code == 5
    assert report_of(site.folder / "stale.json")["refused"] in stale.stderr.replace("error: ", "")

    preview = site.provision("--approve", digest)
    assert preview.exit_code == 0
    assert f"--live --approve {digest}" in preview.stdout
    assert not site.store.entries

    assert site.provision("--live", "--approve", digest).exit_code == 0
    assert site.store.entries


def test_a_change_that_fails_exits_1_and_is_not_hidden_behind_forty_others(site: Site) -> None:
    site.provision()
    site.store.trouble.refuse(person="1000012")

    result = site.provision("--live")

    assert result.exit_code == 1
    assert re.search(r"1000012  create .*failed: .*refused, as the test asked", result.stdout)
    assert re.search(r"1000012  \w+ .*set aside", result.stdout)
    assert "changes were not done" in result.stdout


def test_a_target_that_refuses_us_exits_6_with_a_report_of_what_was_done(site: Site) -> None:
    site.provision()
    site.store.trouble.fail_fatal()

    result = site.provision("--live", "--report", "report.json")

    assert result.exit_code == 6
    report = report_of(site.folder / "report.json")
    assert report["exit"] == 6
    assert {change["outcome"] for change in report["changes"]} == {"failed", "set_aside"}
    aside = report["targets"]["directory"]["outcomes"]["set_aside"]
    assert f"error: directory was given up: {report['targets']['directory']['given_up']}" in (
        result.stderr
    )
    assert f"; {aside} changes set aside\n" in result.stderr
    assert report["targets"]["hr"]["given_up"] is None


def test_a_source_that_does_not_answer_exits_6_and_the_report_says_why(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(self: HrFileSource, *, as_of: Any) -> Any:
        raise Unreachable("nobody answers", system="hr")

    monkeypatch.setattr(HrFileSource, "read", read)
    result = site.provision("--report", "report.json")

    assert result.exit_code == 6
    assert result.stderr == "error: hr: nobody answers\n"
    assert report_of(site.folder / "report.json")["refused"] == "hr: nobody answers"


def test_while_another_run_goes_on_it_exits_3(site: Site) -> None:
    with open_ledger(os.environ["RETOUR_LEDGER_URL"]) as ledger, ledger.lock("site", "other-run"):
        result = site.provision("--live")

    assert result.exit_code == 3
    assert "other-run" in result.stderr


def test_a_fault_of_ours_exits_1_in_one_line_and_shows_its_traceback_on_demand(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(self: HrFileSource, *, as_of: Any) -> Any:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(HrFileSource, "read", read)
    result = site.provision("--report", "report.json")

    assert result.exit_code == 1
    assert_no_traceback(result)
    assert "a fault in Retour (ZeroDivisionError: oh)" in result.stderr
    assert "RETOUR_LOG_LEVEL=DEBUG" in result.stderr
    assert report_of(site.folder / "report.json")["exit"] == 1

    monkeypatch.setenv("RETOUR_LOG_LEVEL", "DEBUG")
    assert "Traceback" in site.provision().stderr


# --- Mistakes in what was typed or configured -----------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["provision", "--as-of", "2026-13-01"], "2026-13-01"),
        (["provision", "--profile", "demmo"], "did you mean demo?"),
        (["provision", "--profile", "nowhere.yaml"], "nowhere.yaml"),
        (
            ["provision", "--profile", "site.yaml", "--target", "directory2"],
            "did you mean directory",
        ),
        (["provision", "--profile", "site.yaml", "--report", "no/r.json"], "no folder no"),
        (["provision", "--profile", "site.yaml", "--report", "."], "is a folder"),
        (["provision", "--profile", "site.yaml", "--person", ""], "--person: an empty id"),
        (["provision", "--profile", "site.yaml", "--target", " "], "--target: an empty id"),
        (["provision", "--lve"], "--lve"),
        (["check", "--profile", "demmo"], "did you mean demo?"),
        (["show", "nothing"], "there is no run"),
        (["connectors", "show", "nothing"], "there is no connector"),
        (["sandbox", "afas.user"], "has no sandbox"),
    ],
)
def test_a_mistake_exits_2_with_a_sentence(site: Site, arguments: list[str], said: str) -> None:
    result = retour(*arguments)

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""
    assert_no_traceback(result)


@pytest.mark.parametrize("url", ["not a url", "mysql://root:hidden@localhost/x", "sqlite://"])
def test_a_broken_ledger_exits_2_and_shows_no_password(
    site: Site, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("RETOUR_LEDGER_URL", url)

    result = retour("runs")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "hidden" not in result.output
    assert_no_traceback(result)


def test_a_wrong_key_is_told_with_file_and_line_and_reported(site: Site) -> None:
    site.profile["targets"]["directory"]["limitz"] = {}

    result = site.provision("--report", "report.json")

    assert result.exit_code == 2
    assert re.search(r"^error: site\.yaml:\d+: targets\.directory\.limitz: ", result.stderr)
    report = report_of(site.folder / "report.json")
    assert report["exit"] == 2
    assert "limitz" in report["refused"]


def test_a_wrong_setting_of_a_connector_is_told_before_prefect_is_started(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> None:
        pytest.fail("Prefect was started")

    monkeypatch.setattr(flows.running, "prefect_server", start)
    monkeypatch.setattr(flows.running, "prepare", lambda level: start())
    site.profile["targets"]["directory"]["settings"]["colour"] = "x"
    refused = site.provision("--report", "report.json")
    checked = retour("check", "--profile", "site.yaml")

    assert (refused.exit_code, checked.exit_code) == (2, 2)
    for result in (refused, checked):
        assert re.search(r"^error: site\.yaml:\d+: targets\.directory\.", result.stderr)
    assert report_of(site.folder / "report.json")["exit"] == 2


def test_what_is_no_digest_is_refused_before_anything_is_read(site: Site) -> None:
    result = site.provision("--live", "--approve", "abc")
    assert result.exit_code == 2
    assert "'abc' is no digest" in result.stderr


def test_every_mistake_has_a_line_of_its_own(site: Site) -> None:
    site.profile["timezone"] = "Europe/Amsterdm"
    site.profile["approval"] = "perhaps"

    result = site.provision()

    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["error", "error"]


def test_a_person_whom_nobody_knows_is_a_warning_and_a_note(site: Site) -> None:
    result = site.provision("--person", "4711", "--person", "1000001", "--report", "report.json")

    assert result.exit_code == 0
    assert "warning: 4711: HR does not know this person" in result.stderr
    report = report_of(site.folder / "report.json")
    codes = [note["code"] for note in report["notes"] if note["person"] == "4711"]
    assert codes == ["unknown_person"]
    assert {change["person"] for change in report["changes"]} == {"1000001"}
    assert "--person 4711 --person 1000001 --live" in result.stdout


def test_the_report_replaces_a_file_as_a_whole_and_is_for_its_owner_only(site: Site) -> None:
    path = site.folder / "report.json"
    path.write_text("old")
    path.chmod(0o644)

    site.provision("--report", "report.json")

    assert report_of(path)["retour"] == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(site.folder.glob(".report.json*"))
