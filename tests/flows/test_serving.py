"""`retour sandbox`: what it prints leads to the sandboxes."""

import os
import signal
from pathlib import Path

import httpx
import pytest
import yaml

from config.loader import load_profile
from flows.serving import instructions
from tests.flows.site import start_retour


def exports(lines: list[str]) -> dict[str, str]:
    pairs = (line.removeprefix("export ").split("=", 1) for line in lines if "export" in line)
    return dict(pairs)  # type: ignore[arg-type]


def test_the_variables_are_those_of_the_demo_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    served = {
        "afas": {"base_url": "http://127.0.0.1:1/x", "token": "the-token"},
        "active_directory": {
            "server": "sandbox:/some/where",
            "bind_password": "the password",
            "initial_passwords": "file:/some/passwords.csv",
        },
    }

    lines = list(instructions(served))

    assert "export RETOUR_SECRET_AFAS_TOKEN=the-token" in lines
    assert "export RETOUR_SECRET_AD_PASSWORD='the password'" in lines
    for name, value in exports(lines).items():
        monkeypatch.setenv(name, value.strip("'"))
    profile = load_profile("demo")
    assert profile.settings("source")["base_url"] == "http://127.0.0.1:1/x"
    settings = profile.settings("targets", "active_directory")
    assert settings["server"] == "sandbox:/some/where"
    assert settings["initial_passwords"] == "file:/some/passwords.csv"


def test_what_the_demo_does_not_use_is_printed_as_yaml() -> None:
    (_, text) = instructions({"memory": {"name": "sandbox-1", "path": "/some/where"}})

    assert yaml.safe_load(text) == {
        "connector": "memory",
        "settings": {"name": "sandbox-1", "path": "/some/where"},
    }


def test_it_serves_until_ctrl_c_and_then_exits_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    process = start_retour("sandbox", "--people", "5")
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        assert "until Ctrl-C" in process.stderr.readline()
        os.killpg(process.pid, 0)
        lines: list[str] = []
        while not any("AD_SERVER" in line for line in lines):
            lines.append(process.stdout.readline())
        address = exports(lines)["AFAS_URL"].strip()
        assert httpx.get(f"{address}/connectors/x").status_code in {401, 403}
    finally:
        os.killpg(process.pid, signal.SIGINT)
        stderr = process.communicate(timeout=20)[1]
    assert process.returncode == 0
    assert stderr == ""
