import pytest

from config.secrets import resolve_secrets, variable_of
from connectors.model.errors import ConfigError

VALUE = "hunter2-value"


def test_an_environment_variable_comes_first_then_a_file_then_a_block(tmp_path):
    (tmp_path / "ad.bind-pw").write_text("from file\n")
    environment = {"RETOUR_SECRETS_DIR": str(tmp_path), "RETOUR_SECRET_AD_BIND_PW": "from env"}
    settings = {"p": "secret://ad.bind-pw"}

    def block(name):
        return f"from block {name}"

    assert resolve_secrets(settings, environment=environment, block_secret=block) == {
        "p": "from env"
    }
    del environment["RETOUR_SECRET_AD_BIND_PW"]
    assert resolve_secrets(settings, environment=environment, block_secret=block) == {
        "p": "from file"
    }
    (tmp_path / "ad.bind-pw").unlink()
    assert resolve_secrets(settings, environment=environment, block_secret=block) == {
        "p": "from block ad.bind-pw"
    }


def test_the_variable_is_named_after_the_secret():
    assert variable_of("afas-token.v2_x") == "RETOUR_SECRET_AFAS_TOKEN_V2_X"


def test_references_at_any_depth_are_resolved_and_the_rest_stays():
    settings = {"a": {"b": ["secret://x", 5, "https://x"]}, "c": None}
    assert resolve_secrets(settings, environment={"RETOUR_SECRET_X": VALUE}) == {
        "a": {"b": [VALUE, 5, "https://x"]},
        "c": None,
    }
    assert settings["a"]["b"][0] == "secret://x"


def test_what_is_skipped_is_not_even_looked_up():
    asked = []
    settings = {"token": "secret://read", "write_token": "secret://write"}

    def block(name):
        asked.append(name)
        return VALUE

    resolved = resolve_secrets(
        settings, skip=frozenset({"write_token"}), environment={}, block_secret=block
    )
    assert resolved == {"token": VALUE, "write_token": "secret://write"}
    assert asked == ["read"]


def test_only_the_last_line_end_of_a_file_is_dropped(tmp_path):
    (tmp_path / "x").write_bytes(b" a\n b \r\n")
    environment = {"RETOUR_SECRETS_DIR": str(tmp_path)}
    assert resolve_secrets({"p": "secret://x"}, environment=environment) == {"p": " a\n b "}


def test_a_secret_that_is_nowhere_names_every_place():
    with pytest.raises(ConfigError) as refused:
        resolve_secrets({"a": {"p": "secret://ad-pw"}}, environment={"RETOUR_SECRET_AD_PW": ""})
    assert str(refused.value) == (
        "a.p: the secret ad-pw is nowhere, or empty: set RETOUR_SECRET_AD_PW, "
        "or put it into the file ad-pw in a folder that RETOUR_SECRETS_DIR names"
    )


def test_an_empty_block_is_no_secret(tmp_path):
    with pytest.raises(ConfigError) as refused:
        resolve_secrets(
            {"p": "secret://pw"},
            environment={"RETOUR_SECRETS_DIR": str(tmp_path)},
            block_secret=lambda _: "",
        )
    assert str(refused.value) == (
        f"p: the secret pw is nowhere, or empty: set RETOUR_SECRET_PW, or put it into the file "
        f"{tmp_path}/pw, or save it as the Prefect Secret block pw"
    )


@pytest.mark.parametrize("name", ["../pw", "a/b", "", ".hidden", "a b"])
def test_a_name_cannot_leave_the_folder(tmp_path, name):
    (tmp_path / "pw").write_text(VALUE)
    inner = tmp_path / "secrets"
    inner.mkdir()
    with pytest.raises(ConfigError, match="what follows secret:// is not a name"):
        resolve_secrets({"p": f"secret://{name}"}, environment={"RETOUR_SECRETS_DIR": str(inner)})


def test_a_file_that_is_no_text_is_refused_without_its_content(tmp_path):
    (tmp_path / "pw").write_bytes(VALUE.encode() + b"\xff")
    with pytest.raises(ConfigError) as refused:
        resolve_secrets({"p": "secret://pw"}, environment={"RETOUR_SECRETS_DIR": str(tmp_path)})
    assert "it is not UTF-8 text" in str(refused.value)
    assert VALUE not in str(refused.value)
    assert refused.value.__cause__ is None


def test_without_variables_given_those_of_the_process_count(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETOUR_SECRET_PW", VALUE)
    assert resolve_secrets({"p": "secret://pw"}) == {"p": VALUE}


def test_a_secret_file_with_a_byte_order_mark_holds_the_secret_only(tmp_path):
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbf" + VALUE.encode() + b"\r\n")
    environment = {"RETOUR_SECRETS_DIR": str(tmp_path)}
    assert resolve_secrets({"t": "secret://token"}, environment=environment) == {"t": VALUE}
