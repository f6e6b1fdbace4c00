import errno
import os

import pytest

from config.environment import dotenv_is_readable, expand, read_environment
from config.settings import read_settings
from connectors.model.errors import ConfigError


def expanded(content, **environment):
    problems = []
    return expand(content, environment, problems), problems


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${A}", "one"),
        ("x${A}y${A}", "xoneyone"),
        ("${B:-two}", "two"),
        ("${A:-two}", "one"),
        ("${B:-}", ""),
        ("${EMPTY:-two}", "two"),
        ("$${A}", "${A}"),
        ("$A and $ and {A}", "$A and $ and {A}"),
        ("${B:-a b/c:d}", "a b/c:d"),
    ],
)
def test_a_reference_becomes_its_value(text, result):
    assert expanded(text, A="one", EMPTY="") == (result, [])


def test_what_a_variable_holds_is_not_expanded_again():
    assert expanded("${A}", A="${B}", B="no") == ("${B}", [])


def test_values_at_any_depth_are_expanded_and_keys_are_not():
    assert expanded({"${A}": ["${A}", {"x": "${A}"}, 5, None, True]}, A="1") == (
        {"${A}": ["1", {"x": "1"}, 5, None, True]},
        [],
    )


@pytest.mark.parametrize("text", ["${A", "${}", "${1A}", "${A-b}", "${ A }"])
def test_a_reference_of_no_known_form_is_a_problem(text):
    _, problems = expanded({"k": text}, A="1")
    assert problems == [
        (("k",), "'${' begins no variable; write ${NAME}, ${NAME:-default}, or $${ for the text")
    ]


@pytest.mark.parametrize("environment", [{}, {"A": ""}])
def test_a_variable_without_a_value_is_a_problem_with_its_key(environment):
    _, problems = expanded({"k": ["x", "${A}"]}, **environment)
    assert problems == [(("k", 1), "set the environment variable A, or put it into .env")]


def test_the_process_counts_more_than_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("RETOUR_T_A=file\nRETOUR_T_B='file ${X}'\nRETOUR_T_EMPTY\n")
    monkeypatch.setenv("RETOUR_T_A", "process")
    environment = read_environment()
    assert environment["RETOUR_T_A"] == "process"
    assert environment["RETOUR_T_B"].startswith("file")
    assert "RETOUR_T_EMPTY" not in environment


def test_a_variable_that_is_no_text_is_a_problem_with_its_key():
    result, problems = expanded({"k": "${A}"}, A=os.fsdecode(b"\xff"))
    assert result == {"k": ""}
    assert problems == [(("k",), "the environment variable A is not UTF-8 text")]


@pytest.mark.parametrize("read", [read_environment, read_settings])
def test_a_file_that_is_no_text_is_named(tmp_path, monkeypatch, read):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigError) as refused:
        read()
    assert str(refused.value) == ".env: the file is not UTF-8 text; save it as UTF-8"


def test_a_file_that_cannot_be_opened_is_named():
    refused = pytest.raises(ConfigError, match="the file cannot be read: Permission denied")
    with refused, dotenv_is_readable():
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
