"""What an error says where people read it."""

import pytest

from connectors.model.errors import ConfigError, Fatal, Moved, Refused


@pytest.mark.parametrize(
    ("message", "code", "said"),
    [
        ("AFAS refused the token", "401", "afas: AFAS refused the token (code 401). Check it."),
        ("no field UPN", None, "afas: no field UPN. Check it."),
        ("It is gone.", None, "afas: It is gone. Check it."),
    ],
)
def test_the_hint_is_a_sentence_of_its_own(message: str, code: str | None, said: str) -> None:
    assert str(Fatal(message, system="afas", code=code, hint="Check it.")) == said


def test_without_a_hint_nothing_is_added() -> None:
    assert str(Fatal("no field UPN", system="afas")) == "afas: no field UPN"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Zoë O'Brien, Ольга", "Zoë O'Brien, Ольга"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\u202eturned", r"\u202eturned"),
        ("half \ud800", r"half \ud800"),
    ],
)
def test_nothing_that_others_wrote_steers_a_terminal(said: str, shown: str) -> None:
    assert str(Fatal(said, system="afas")) == f"afas: {shown}"
    assert str(ConfigError(said, file="a.yaml", line=3)) == f"a.yaml:3: {shown}"


def test_what_moved_since_a_plan_says_its_code_and_what_follows() -> None:
    error = Moved("mail was a and is b now", system="dir", operation="update")

    assert isinstance(error, Refused)
    assert str(error) == (
        "dir update: mail was a and is b now (code moved_since). The next plan decides anew."
    )
