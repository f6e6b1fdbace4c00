"""Prefect around one command: one of its own, one that is configured, one that is not there."""

import os
import stat
import subprocess

import pytest

from flows.one_command import prepare
from tests.flows.site import Site, assert_no_traceback, start_retour


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


def test_folders_that_are_there_already_become_private(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = site.folder / ".retour" / "prefect"
    home.mkdir(parents=True)
    for folder in (home, home.parent):
        folder.chmod(0o755)
    monkeypatch.setenv("HOME", str(site.folder))
    monkeypatch.delenv("PREFECT_HOME")

    prepare("WARNING")

    assert os.environ["PREFECT_HOME"] == str(home)
    for folder in (home, home.parent):
        assert stat.filemode(folder.stat().st_mode) == "drwx------"
