"""`deploy/`: what is named there exists, nothing is open, and nothing starts without a secret."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from prefect.server.utilities import encryption
from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields

from config.settings import PREFIX, RetourSettings
from flows.deployments import ROOT

FOLDER = ROOT / "deploy"
UNITS = sorted((FOLDER / "systemd").glob("*.service"))
CONFIDENTIAL = re.compile(r"PASSWORD|AUTH_STRING|_KEY$|LEDGER_URL")
OF_COMPOSE = {"RETOUR_ADDRESS", "RETOUR_PORT", "RETOUR_SITE", "RETOUR_SITE_SECRETS"} | {
    "RETOUR_IMAGE",
    "RETOUR_LEDGER_PASSWORD",
}
"""Variables and secrets of the compose file itself; no process of ours reads them."""


def texts() -> dict[Path, str]:
    """Every file in the folder."""
    return {path: path.read_text("utf-8") for path in FOLDER.rglob("*") if path.is_file()}


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
    return content


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


def test_every_setting_of_prefect_that_is_named_exists() -> None:
    known = {*_get_settings_fields(Settings)}
    # Read by the server without being one of its settings.
    source = Path(str(encryption.__file__)).read_text("utf-8")
    assert '"PREFECT_SERVER_ENCRYPTION_KEY"' in source
    known.add("PREFECT_SERVER_ENCRYPTION_KEY")
    named = {
        name for text in texts().values() for name in re.findall(r"PREFECT_[A-Z_]*[A-Z]", text)
    }
    assert len(named) > 20
    assert named - known == set()


def test_every_variable_of_ours_that_is_named_exists() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in RetourSettings.model_fields} | OF_COMPOSE
    named = {name for text in texts().values() for name in re.findall(r"RETOUR_[A-Z_]*[A-Z]", text)}
    assert named - known == set()


def test_server_settings_are_the_same_in_a_container_and_as_a_unit() -> None:
    def lines(name: str) -> dict[str, str]:
        text = (FOLDER / "systemd" / name).read_text("utf-8")
        return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))

    of_place = {"PREFECT_HOME", "PREFECT_SERVER_API_HOST", "PREFECT_SERVER_DATABASE_HOST"}
    unit, container = lines("server.env.example"), services()["server"]["environment"]
    assert {*unit} == {*container}
    for name in {*unit} - of_place:
        address = container[name].replace("${RETOUR_ADDRESS}", "https://retour.example.org")
        assert unit[name] == address, name
    assert {*lines("worker.env.example")} == {*services()["worker"]["environment"]}


@pytest.mark.parametrize("service", ["server", "worker"])
def test_prefect_takes_every_value(service: str) -> None:
    given = {
        name: str(value).replace("${RETOUR_ADDRESS}", "https://retour.example.org")
        for name, value in services()[service]["environment"].items()
        if "$" not in str(value) or "${RETOUR_ADDRESS}" in str(value)
    }
    code = (
        "from prefect.settings import get_current_settings as now; print(now().model_dump_json())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **given, "PREFECT_HOME": os.environ["PREFECT_HOME"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    said = json.loads(done.stdout)
    if service == "worker":
        assert said["flows"]["heartbeat_frequency"] == 30
        return
    server = said["server"]
    assert server["api"]["csrf_protection_enabled"] is True
    assert server["api"]["cors_allowed_origins"] == "https://retour.example.org"
    assert server["analytics_enabled"] is False
    assert sorted(server["services"]["db_vacuum"]["enabled"]) == ["events", "flow_runs"]
    assert server["services"]["db_vacuum"]["retention_period"] in {7776000, "P90D"}
    assert server["concurrency"]["lease_storage"].endswith(".filesystem")


def test_no_password_and_no_key_stands_anywhere_but_in_a_secret() -> None:
    for name, service in services().items():
        for variable in service.get("environment", {}):
            named = CONFIDENTIAL.search(variable) and not variable.endswith("_FILE")
            assert not named, f"{name}: {variable} belongs into a secret"
    for path in (*FOLDER.glob(".env*"), *(FOLDER / "systemd").glob("*.env*")):
        for variable in re.findall(r"^([A-Z_]+)=", path.read_text("utf-8"), re.MULTILINE):
            assert not CONFIDENTIAL.search(variable), f"{path.name}: {variable}"


def test_containers_have_no_rights_that_they_do_not_need() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert ("cap_add" in service) is (name == "database"), name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    assert services()["database"]["networks"] == ["inside"]
    assert compose()["networks"]["inside"] == {"internal": True}


def test_what_a_container_is_given_is_declared_and_made(tmp_path: Path) -> None:
    script = FOLDER / "new-secrets"
    folder = tmp_path / "secrets"
    first = subprocess.run([script, folder], capture_output=True, text=True, check=True)
    content = compose()
    used = {one for service in services().values() for one in service.get("secrets", [])}
    assert used == {*content["secrets"]}
    assert {one["file"] for one in content["secrets"].values()} == {f"secrets/{n}" for n in used}
    made = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert {*made} == used
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len({*made.values()}) == len(made) - 1, (
        "all differ, the login of server and clients apart"
    )
    assert made["PREFECT_API_AUTH_STRING"] == made["PREFECT_SERVER_API_AUTH_STRING"]
    assert made["RETOUR_LEDGER_PASSWORD"] in made["RETOUR_LEDGER_URL"]
    Fernet(made["PREFECT_SERVER_ENCRYPTION_KEY"])
    for value in made.values():
        assert len(value) > 40
        assert value not in first.stdout

    again = subprocess.run([script, folder], capture_output=True, text=True, check=True)
    assert "made" not in again.stdout
    assert made == {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def test_the_entry_point_makes_variables_of_secrets_and_becomes_the_command(tmp_path: Path) -> None:
    (tmp_path / "PREFECT_API_AUTH_STRING").write_text("retour:a b$c'\"", "utf-8")
    (tmp_path / "RETOUR_LEDGER_URL").write_text("postgresql+psycopg://x\n", "utf-8")
    (tmp_path / "other").write_text("x", "utf-8")
    done = subprocess.run(
        [FOLDER / "entrypoint", "env", "-0"],
        env={"PATH": os.environ["PATH"], "SECRETS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    assert found["PREFECT_API_AUTH_STRING"] == "retour:a b$c'\""
    assert found["RETOUR_LEDGER_URL"] == "postgresql+psycopg://x"
    assert "other" not in found


def test_what_compose_asks_for_stands_in_the_example() -> None:
    asked = {*re.findall(r"\$\{([A-Z_]+)", (FOLDER / "compose.yaml").read_text("utf-8"))}
    given = {
        *re.findall(r"^([A-Z_]+)=", (FOLDER / ".env.example").read_text("utf-8"), re.MULTILINE)
    }
    assert asked == given


def test_compose_takes_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("no docker compose here: the file is parsed, not read by compose")
    copy = shutil.copytree(FOLDER, tmp_path / "deploy")
    shutil.copy(copy / ".env.example", copy / ".env")
    done = subprocess.run(
        [docker, "compose", "config", "--quiet"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_systemd_takes_the_units_and_finds_little_exposed(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    there = Path(shutil.which("true") or "/bin/true")
    text = unit.read_text("utf-8").replace("/opt/retour/bin/prefect", str(there))
    assert str(there) in text
    copy = tmp_path / unit.name
    copy.write_text(text, "utf-8")
    verified = subprocess.run(
        [analyze, "verify", copy], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", copy],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:]
