from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from config.overrides import Overrides, lay
from connectors.model.errors import ConfigError

VALUE = "hunter2-value"


class Containers(BaseModel):
    initial: str
    disabled: str | None = None


class Directory(BaseModel):
    server: str
    password: SecretStr
    write_password: SecretStr | None = None
    port: int = 636
    containers: Containers
    protected: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)


SPOT = ("targets", "active_directory")


def overrides(**environment: str) -> Overrides:
    return Overrides(
        {("source",): Directory, ("sources", "more"): Directory, SPOT: Directory}, environment
    )


def test_a_variable_gives_one_setting_of_one_connector():
    given = overrides(
        RETOUR_SOURCE__SERVER="ldaps://a",
        RETOUR_SOURCES__MORE__SERVER="ldaps://b",
        RETOUR_TARGETS__ACTIVE_DIRECTORY__PASSWORD=VALUE,
        RETOUR_PROFILE="demo",
        RETOUR_SECRET_SOURCE="x",
        PATH="/bin",
    )
    assert given.of(("source",)) == {"server": "ldaps://a"}
    assert given.of(("sources", "more")) == {"server": "ldaps://b"}
    assert given.of(SPOT) == {"password": VALUE}


def test_upper_and_lower_case_are_the_same_and_an_empty_variable_is_none():
    given = overrides(
        retour_targets__active_directory__Port="1636", RETOUR_TARGETS__ACTIVE_DIRECTORY__SERVER=""
    )
    assert given.of(SPOT) == {"port": "1636"}


def test_a_setting_of_a_group_has_a_variable_and_so_has_the_group():
    part = overrides(RETOUR_TARGETS__ACTIVE_DIRECTORY__CONTAINERS__INITIAL="OU=New")
    assert part.of(SPOT) == {"containers": {"initial": "OU=New"}}
    whole = overrides(
        RETOUR_TARGETS__ACTIVE_DIRECTORY__CONTAINERS='{"initial": "OU=a", "disabled": "OU=b"}',
        RETOUR_TARGETS__ACTIVE_DIRECTORY__CONTAINERS__INITIAL="OU=New",
    )
    assert whole.of(SPOT) == {"containers": {"initial": "OU=New", "disabled": "OU=b"}}


def test_lists_and_groups_of_free_names_are_json():
    given = overrides(
        RETOUR_TARGETS__ACTIVE_DIRECTORY__PROTECTED='["svc-backup"]',
        RETOUR_TARGETS__ACTIVE_DIRECTORY__NAMES='{"EmAd": "Email_werk"}',
    )
    assert given.of(SPOT) == {"protected": ["svc-backup"], "names": {"EmAd": "Email_werk"}}


@pytest.mark.parametrize(
    ("setting", "example"), [("PROTECTED", '["a", "b"]'), ("NAMES", '{"a": "b"}')]
)
def test_what_should_be_json_and_is_not_is_told_without_its_value(setting, example):
    name = f"RETOUR_TARGETS__ACTIVE_DIRECTORY__{setting}"
    with pytest.raises(ConfigError) as refused:
        overrides(**{name: VALUE}).of(SPOT)
    assert str(refused.value) == f"environment: {name}: must be JSON here, such as {example}"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("RETOUR_TARGETS__ACTIVE_DIRECTRY__PORT", "no target 'active_directry'; did you mean"),
        ("RETOUR_SOURCES__MOER__PORT", "no source 'moer'; did you mean more?"),
        ("RETOUR_SOURCE__PASWORD", "no setting 'pasword'; did you mean password?"),
        ("RETOUR_SOURCE__CONTAINERS__INITAIL", "no setting 'initail'; did you mean initial?"),
        ("RETOUR_SOURCE__NAMES__EMAD", "names is given as a whole"),
        ("RETOUR_SOURCE__PORT__", "port is given as a whole"),
        ("RETOUR_SOURCE__", "no setting ''"),
        ("RETOUR_TARGETS__ACTIVE_DIRECTORY", "no target 'active_directory'"),
    ],
)
def test_a_variable_that_leads_nowhere_is_told_as_a_slip(name, says):
    with pytest.raises(ConfigError) as refused:
        overrides(**{name: VALUE})
    assert str(refused.value).startswith(f"environment: {name}: ")
    assert says in str(refused.value)
    assert VALUE not in str(refused.value)


def test_a_target_with_two_underscores_in_its_name_is_found():
    models = {("targets", "a"): Directory, ("targets", "a__b"): Directory}
    given = Overrides(models, {"RETOUR_TARGETS__A__B__PORT": "1", "RETOUR_TARGETS__A__PORT": "2"})
    assert given.of(("targets", "a__b")) == {"port": "1"}
    assert given.of(("targets", "a")) == {"port": "2"}


def test_a_file_of_that_name_counts_less_than_a_variable(tmp_path: Path):
    (tmp_path / "RETOUR_SOURCE__PASSWORD").write_text("from file\n")
    (tmp_path / "retour_source__server").write_text("ldaps://file")
    (tmp_path / "ad-password").write_bytes(b"\xff another secret")
    (tmp_path / "..data").mkdir()
    held = {"RETOUR_SECRETS_DIR": str(tmp_path), "RETOUR_SOURCE__SERVER": "ldaps://variable"}
    assert overrides(**held).of(("source",)) == {
        "password": "from file",
        "server": "ldaps://variable",
    }


def test_dotenv_counts_less_than_the_environment(tmp_path: Path, monkeypatch: Any):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("RETOUR_SOURCE__PORT=1\nRETOUR_SOURCE__SERVER=ldaps://dotenv\n")
    monkeypatch.setenv("RETOUR_SOURCE__PORT", "2")
    given = Overrides({("source",): Directory})
    assert given.of(("source",)) == {"port": "2", "server": "ldaps://dotenv"}


def test_what_is_skipped_is_not_even_opened(tmp_path: Path):
    path = tmp_path / "RETOUR_SOURCE__WRITE_PASSWORD"
    path.write_bytes(b"\xff")
    given = overrides(RETOUR_SECRETS_DIR=str(tmp_path))
    assert given.of(("source",), skip=frozenset({"write_password"})) == {}
    with pytest.raises(ConfigError, match="WRITE_PASSWORD: it is not UTF-8 text"):
        given.of(("source",))


def test_a_folder_of_secrets_that_is_not_there_gives_nothing(tmp_path: Path):
    assert overrides(RETOUR_SECRETS_DIR=str(tmp_path / "none")).of(("source",)) == {}


def test_who_gave_a_setting_can_be_told():
    given = overrides(RETOUR_SOURCE__CONTAINERS="{}", RETOUR_SOURCE__PASSWORD=VALUE)
    told = given.origin(("source",), ("containers", "initial"), "is missing")
    assert str(told) == "environment: RETOUR_SOURCE__CONTAINERS: is missing"
    assert given.origin(("source",), ("server",), "is missing") is None
    assert given.origin(SPOT, ("password",), "is missing") is None


def test_no_repr_holds_a_value():
    given = overrides(RETOUR_SOURCE__PASSWORD=VALUE)
    assert VALUE not in repr(given)
    assert VALUE not in repr(vars(given))


def test_groups_are_laid_over_each_other_key_by_key_and_lists_as_a_whole():
    under = {"containers": {"initial": "a", "disabled": "b"}, "protected": ["x", "y"], "port": 1}
    over = {"containers": {"initial": "c"}, "protected": ["z"]}
    assert lay(over, under) == {
        "containers": {"initial": "c", "disabled": "b"},
        "protected": ["z"],
        "port": 1,
    }
    assert under["containers"] == {"initial": "a", "disabled": "b"}
