"""A connector that was made: it keeps the laws as it is, here and in a package of its own."""

import functools
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from connectors.model.errors import ConfigError
from connectors.sdk import making
from connectors.sdk.conformance.cases import Case
from connectors.sdk.conformance.laws import laws_for
from connectors.sdk.conformance.plugin import hold
from connectors.sdk.making import make_connector
from connectors.sdk.skeleton import CONNECTORS
from connectors.sdk.skeleton.conformance import SUBJECTS

ROOT = Path(__file__).parents[3]
[SKELETON] = CONNECTORS
TAKEN = frozenset({"afas", "memory"})
PLUGIN = "connectors.sdk.conformance.plugin"
REGISTERED = PLUGIN in {point.value for point in entry_points(group="pytest11")}
WITH_PLUGIN = () if REGISTERED else ("-p", PLUGIN)


@pytest.mark.parametrize("law", laws_for(SKELETON), ids=lambda law: law.name)
def test_the_skeleton_keeps_the_laws(law):
    hold(Case(SKELETON, "skeleton", SUBJECTS["skeleton"], SKELETON.manifest, law))


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A package with a connector, installed as far as anybody can tell."""
    folder = tmp_path_factory.mktemp("made") / "project"
    make_connector("acme_hr", into=folder, taken=TAKEN)
    installed = folder / "retour_acme_hr-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: retour-acme-hr\nVersion: 0.1.0\n")
    pyproject = (folder / "pyproject.toml").read_text()
    [line] = re.findall(r'^acme_hr = "(.+)"$', pyproject, re.MULTILINE)
    (installed / "entry_points.txt").write_text(f"[retour.connectors]\nacme_hr = {line}\n")
    return folder


def run_pytest(folder, *options):
    path = os.pathsep.join([str(folder), str(ROOT)])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return run(command, cwd=folder, env=os.environ | {"PYTHONPATH": path})


run = functools.partial(subprocess.run, check=False, capture_output=True, text=True)


def test_a_package_of_its_own_passes_its_tests_and_the_laws_as_it_is(package):
    result = run_pytest(package)
    assert result.returncode == 0, result.stdout
    assert re.search(r"6\d passed, 1 skipped", result.stdout)


def test_the_laws_can_be_asked_for_by_name_from_the_command_line(package):
    options = ("--retour-connector", "acme_hr", "-k", "manifest", "-vv")
    result = run_pytest(package, *WITH_PLUGIN, *options)
    assert "[acme_hr: the manifest carries the name of the connector] PASSED" in result.stdout
    assert result.returncode == 0, result.stdout


def test_a_name_that_nobody_has_is_a_usage_error(package):
    result = run_pytest(package, *WITH_PLUGIN, "--retour-connector", "nobody")
    assert result.returncode != 0
    assert "there is no connector 'nobody'" in result.stdout + result.stderr


def test_in_this_repository_it_is_a_folder_and_tests_that_the_linter_likes(tmp_path, monkeypatch):
    (tmp_path / "connectors").mkdir()
    (tmp_path / "tests/connectors").mkdir(parents=True)
    monkeypatch.setattr(making, "_repository", lambda: tmp_path)
    files = make_connector("acme", taken=TAKEN)
    assert [file.relative_to(tmp_path).as_posix() for file in files[:3]] == [
        "connectors/acme/manifest.py",
        "connectors/acme/settings.py",
        "connectors/acme/client.py",
    ]
    assert [file.relative_to(tmp_path).as_posix() for file in files[-2:]] == [
        "tests/connectors/acme/test_acme.py",
        "tests/connectors/acme/test_laws.py",
    ]
    for file in files:
        assert "keleton" not in file.read_text()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for check in (["check"], ["format", "--check"]):
        result = run([sys.executable, "-m", "ruff", *check, "--no-cache", "."], cwd=tmp_path)
        assert result.returncode == 0, result.stdout


def test_in_this_repository_it_passes_its_tests_and_the_laws_as_it_is(tmp_path, monkeypatch):
    """As CONTRIBUTING says it: made, and `pytest tests/connectors -k acme` is green."""
    shutil.copytree(ROOT / "connectors", tmp_path / "connectors")
    (tmp_path / "tests/connectors").mkdir(parents=True)
    shutil.copy(ROOT / "tests/connectors/test_conformance.py", tmp_path / "tests/connectors")
    monkeypatch.setattr(making, "_repository", lambda: tmp_path)
    make_connector("acme", taken=TAKEN)
    result = run_pytest(tmp_path, "-k", "acme", "tests/connectors")
    assert result.returncode == 0, result.stdout
    passed = re.search(r"(\d+) passed, 1 skipped", result.stdout)
    assert passed is not None
    assert int(passed[1]) > len(laws_for(SKELETON)), "the laws, and its own tests"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Acme", "is no name"),
        ("a", "is no name"),
        ("9to5", "is no name"),
        ("class", "is no name"),
        ("../acme", "is no name"),
        ("acme-hr", "is no name"),
        ("afas", "there is a connector 'afas' already"),
        ("skeleton", "already"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(tmp_path, name, told):
    with pytest.raises(ConfigError, match=told):
        make_connector(name, into=tmp_path, taken=TAKEN)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path):
    make_connector("acme", into=tmp_path, taken=TAKEN)
    with pytest.raises(ConfigError, match="is there already"):
        make_connector("acme", into=tmp_path, taken=TAKEN)


def test_where_retour_is_only_installed_a_folder_has_to_be_named(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "__file__", str(tmp_path / "connectors/sdk/making.py"))
    with pytest.raises(ConfigError, match="--into FOLDER"):
        make_connector("acme", taken=TAKEN)
