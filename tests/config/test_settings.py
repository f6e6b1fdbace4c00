from pathlib import Path

import pytest

from config.settings import RetourSettings, read_settings
from connectors.model.errors import ConfigError


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in RetourSettings.model_fields:
        monkeypatch.delenv(f"RETOUR_{name.upper()}", raising=False)


def test_an_installation_needs_no_settings():
    settings = read_settings()
    assert settings.ledger_url == "sqlite:///.retour/ledger.db"
    assert (settings.profile, settings.secrets_dir, settings.log_level) == ("demo", None, "INFO")


def test_the_process_counts_more_than_the_file(monkeypatch):
    Path(".env").write_text(
        "RETOUR_PROFILE=file\nRETOUR_SHARD_SIZE=50\nAFAS_URL=x\nRETOUR_SECRET_X=y\n"
    )
    monkeypatch.setenv("RETOUR_PROFILE", "process")
    settings = read_settings()
    assert (settings.profile, settings.shard_size) == ("process", 50)


def test_an_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("RETOUR_SHARD_SIZE", "")
    assert read_settings().shard_size == RetourSettings.model_fields["shard_size"].default


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "RETOUR_SHARD_SIZE",
            "hunter2",
            "must be a whole number. People with changes that one apply task takes.",
        ),
        (
            "RETOUR_SHARD_SIZE",
            "0",
            "must be at least 1. People with changes that one apply task takes.",
        ),
        (
            "RETOUR_LOG_LEVEL",
            "hunter2",
            "must be DEBUG, INFO, WARNING or ERROR. Least weight of a line that is logged.",
        ),
    ],
)
def test_a_bad_variable_is_named_and_its_value_is_not(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        read_settings()
    assert str(refused.value) == f"{name}: {said}"


def test_a_repr_holds_no_password_of_the_ledger(monkeypatch):
    monkeypatch.setenv("RETOUR_LEDGER_URL", "postgresql://retour:hunter2@db/retour")
    assert "hunter2" not in repr(read_settings())


def test_every_bad_variable_is_named_at_once(monkeypatch):
    monkeypatch.setenv("RETOUR_SHARD_SIZE", "x")
    monkeypatch.setenv("RETOUR_LOG_LEVEL", "y")
    with pytest.raises(ConfigError) as refused:
        read_settings()
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "RETOUR_LOG_LEVEL",
        "RETOUR_SHARD_SIZE",
    ]
