"""The command line: what it says where, what it exits with, and that it never shows a traceback."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from connectors.hr_file.source import HrFileSource
from connectors.ledger.ledger import open_ledger
from connectors.memory.writer import MemoryWriter
from connectors.model.errors import Unreachable
from tests.flows.site import DAY, Site, retour, start_retour

ANSI = re.compile(r"\x1b\[")


def report_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def digest_in(result: Result) -> str:
    found = re.search(r"sha256:[0-9a-f]{64}", result.stdout)
    assert found is not None
    return found[0]


def assert_no_traceback(result: Result) -> None:
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


# --- Help -----------------------------------------------------------------------------------------


def test_help_answers_without_importing_prefect_or_pandas() -> None:
    script = (
        "import sys; from flows.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: print(*({'prefect', 'pandas', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20
    )
    assert "provision" in done.stdout
    assert done.stdout.endswith("\n\n") or done.stdout.splitlines()[-1] == ""


def test_version_is_that_of_the_package() -> None:
    assert re.fullmatch(r"retour \d+\.\d+\S*\n", retour("--version").stdout)


# --- Preview and live run -------------------------------------------------------------------------


def test_a_preview_is_the_default_writes_nothing_and_says_what_to_type_next(site: Site) -> None:
    result = site.provision("--report", "report.json")

    assert result.exit_code == 0
    assert "PREVIEW - nothing was written" in result.stdout
    assert not site.directory_file.exists()
    assert site.store.calls == {}
    digest = digest_in(result)
    report = report_of(site.folder / "report.json")
    assert report["plan"]["digest"] == digest
    assert report["exit"] == 0
    assert f"retour provision --profile site.yaml --as-of {DAY} --live" in result.stdout
    assert result.stderr == ""


def test_in_a_pipe_nothing_is_coloured_wrapped_or_padded(site: Site) -> None:
    result = site.provision()

    assert not ANSI.search(result.stdout)
    lines = result.stdout.splitlines()
    assert all(line == line.rstrip() for line in lines)
    creates = [line for line in lines if "  create  " in line]
    assert creates
    assert all("mail: " in line and "  [rule:staff, contract:" in line for line in creates)


def test_a_live_run_does_it_and_the_next_one_has_nothing_to_do(site: Site) -> None:
    live = site.provision("--live")

    assert live.exit_code == 0
    assert "LIVE - " in live.stdout
    assert "changes done" in live.stdout
    assert len(site.store.entries) > 10
    again = site.provision("--live")
    assert again.exit_code == 0
    assert "there was nothing to do" in again.stdout


def test_the_first_forty_changes_are_shown_from_every_target(tmp_path: Path, site: Site) -> None:
    result = site.provision()

    report = re.findall(r"^  \d{7}  \w+", result.stdout, re.MULTILINE)
    assert len(report) == 40
    assert "\ndirectory\n" in result.stdout
    assert "\nhr\n" in result.stdout
    assert re.search(r"\.\.\. and \d+ more", result.stdout)


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
        (["provision", "--lve"], "--lve"),
        (["check", "--profile", "demmo"], "did you mean demo?"),
        (["show", "nothing"], "there is no run"),
        (["connectors", "show", "nothing"], "there is no connector"),
        (["sandbox", "afas.user"], "has no sandbox"),
        (["explain", "1000001"], "explain"),
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


# --- Ctrl-C ---------------------------------------------------------------------------------------


def test_ctrl_c_finishes_who_is_being_written_reports_and_gives_the_lock_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = MemoryWriter._send

    def press_ctrl_c(self: MemoryWriter, change: Any) -> Any:
        if (change.person, change.verb) == ("1000003", "create"):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
        return send(self, change)

    site.profile["targets"]["directory"]["concurrency"] = 1
    monkeypatch.setattr(MemoryWriter, "_send", press_ctrl_c)
    result = site.provision("--live", "--report", "report.json")

    assert result.exit_code == 130
    assert_no_traceback(result)
    report = report_of(site.folder / "report.json")
    assert report["exit"] == 130
    outcome = {
        (change["target"], change["person"], change["verb"]): change["outcome"]
        for change in report["changes"]
    }
    assert outcome["directory", "1000003", "create"] == "done"
    assert outcome["directory", "1000003", "enable"] == "done"
    assert outcome["directory", "1000012", "create"] == "set_aside"
    written = {entry.attributes["personId"] for entry in site.store.entries.values()}
    assert written == {
        person
        for (target, person, verb), became in outcome.items()
        if (target, verb, became) == ("directory", "create", "done")
    }
    assert f"retour show {report['run']}" in result.stderr

    monkeypatch.setattr(MemoryWriter, "_send", send)
    assert site.provision("--live").exit_code == 0


def test_ctrl_c_at_a_terminal_ends_the_process_with_130_and_no_traceback(site: Site) -> None:
    slow = (
        "import time; from connectors.memory.writer import MemoryWriter as W; send = W._send\n"
        "def late(*given): print('WRITING', flush=True); time.sleep(0.3); return send(*given)\n"
        "W._send = late"
    )
    process = start_retour(
        "provision", "--profile", "site.yaml", "--as-of", DAY, "--live", patch=slow
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == "WRITING\n":
            break
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]

    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Interrupted: " in said
    assert site.provision("--live").exit_code == 0


# --- As a process ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_any_prefect_it_brings_its_own_and_leaves_nothing_running(site: Site) -> None:
    process = start_retour(
        "provision",
        "--profile",
        "site.yaml",
        PREFECT_API_URL=None,
        PREFECT_HOME=None,
        HOME=str(site.folder / "home"),
    )
    stdout, stderr = process.communicate(timeout=110)

    assert process.returncode == 0
    assert stderr == ""
    assert stdout.startswith("site: preview of ")
    assert stat.filemode((site.folder / ".retour" / "prefect").stat().st_mode) == "drwx------"
    assert not (site.folder / "home").exists()
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    home = str(site.folder)
    assert not [args for args in left.splitlines() if "flows.one_command" in args and home in args]


def test_a_folder_that_prefect_cannot_write_is_a_configuration_error(site: Site) -> None:
    home = site.folder / "prefect"
    (home / "starting.lock").mkdir(parents=True)

    process = start_retour(
        "provision", "--profile", "site.yaml", PREFECT_API_URL=None, PREFECT_HOME=str(home)
    )
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 2
    assert stdout == ""
    said = f"the folder {home} cannot be written (Is a directory); set PREFECT_HOME"
    assert stderr == f"error: {said}\n"


def test_a_prefect_that_does_not_answer_is_said_in_a_sentence(site: Site) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        result = site.provision()

    assert result.exit_code == 6
    assert result.stdout == ""
    said = "error: prefect: the server at http://127.0.0.1:9/api does not answer"
    assert result.stderr.startswith(said)
    assert_no_traceback(result)


# --- Looking back ---------------------------------------------------------------------------------


def test_runs_lists_what_ran_and_show_tells_all_of_one(site: Site) -> None:
    empty = retour("runs")
    assert empty.exit_code == 0
    assert empty.stdout == ""
    assert "No runs in " in empty.stderr

    site.provision()
    site.store.trouble.refuse(person="1000002")
    site.provision("--live", "--report", "report.json")
    report = report_of(site.folder / "report.json")

    listed = retour("runs").stdout.splitlines()
    assert [line.split()[2] for line in listed[1:]] == ["live", "preview"]
    assert listed[1].startswith(report["run"])
    assert listed[1].endswith("1 incomplete")
    assert len(retour("runs", "--limit", "1").stdout.splitlines()) == 2
    assert retour("runs", "--profile", "other").stdout == ""

    shown = retour("show", report["run"][:-2])
    assert shown.exit_code == 0
    assert "Journal" in shown.stdout
    for change in report["changes"]:
        assert re.search(rf"{change['person']}  {change['verb']} ", shown.stdout)
    assert "refused, as the test asked" in shown.stdout

    content = json.loads(retour("show", report["run"], "--json").stdout)
    assert content["changes"] == report["changes"]
    tried = [entry["change"]["id"] for entry in content["journal"]]
    assert tried
    for change in report["changes"]:
        # What was set aside for something upstream never came to the writer.
        assert change["id"] in tried or change["outcome"] == "set_aside"
    assert {entry["receipt"]["outcome"] for entry in content["journal"]} >= {"done", "failed"}


def test_show_knows_a_run_that_never_ended(site: Site) -> None:
    from tests.connectors.ledger.examples import a_run

    with open_ledger(os.environ["RETOUR_LEDGER_URL"]) as ledger:
        ledger.start_run(a_run("run-1"))

    shown = retour("show", "run-1")

    assert shown.exit_code == 0
    assert "OPEN" in shown.stdout
    assert "open" in retour("runs").stdout


# --- Connectors -----------------------------------------------------------------------------------


def test_connectors_are_listed_and_shown_with_rights_settings_and_attributes() -> None:
    listed = retour("connectors")
    assert listed.stdout == retour("connectors", "list").stdout
    assert re.search(r"^memory .*source, target, sandbox", listed.stdout, re.MULTILINE)

    shown = retour("connectors", "show", "active_directory").stdout
    assert re.search(r"bind_password +secret, required", shown)
    assert "userPrincipalName" in shown
    assert "to write, grant" in shown
