"""The command line: what it says where, and that it never shows a traceback."""

import re
import subprocess
import sys
from pathlib import Path

from tests.flows.site import DAY, Site, digest_in, report_of, retour

ANSI = re.compile(r"\x1b\[")


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


def test_what_was_typed_is_quoted_without_what_steers_a_terminal() -> None:
    result = retour("approve", "0123456789ab", "\x1b[2Jgone", "\ud7fc")

    assert result.exit_code == 2
    assert r"(\x1b[2Jgone \ud7fc)" in result.stderr
    assert result.stderr.replace("\n", "").isprintable()


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


def test_a_live_run_for_a_day_that_is_over_is_warned_of(site: Site) -> None:
    site.write()
    past = ("--profile", "site.yaml", "--as-of", "2020-01-01")

    assert "2020-01-01 is over" in retour("provision", "--live", *past).stderr
    assert "is over" not in retour("provision", *past).stderr


def test_other_rules_that_are_not_there_are_no_fault_of_the_profile(site: Site) -> None:
    result = site.provision("--rules", "nowhere")

    assert result.exit_code == 2
    assert result.stderr == "error: rules: there is no file or folder nowhere\n"


# --- Connectors -----------------------------------------------------------------------------------


def test_connectors_are_listed_and_shown_with_rights_settings_and_attributes() -> None:
    listed = retour("connectors")
    assert listed.stdout == retour("connectors", "list").stdout
    assert re.search(r"^memory .*source, target, sandbox", listed.stdout, re.MULTILINE)

    shown = retour("connectors", "show", "active_directory").stdout
    assert re.search(r"bind_password +secret, required", shown)
    assert "userPrincipalName" in shown
    assert "to write, grant" in shown
