"""Bad files and what is said about them: each `cases/*/*.yaml` begins with its `# says:` lines."""

from pathlib import Path

import pytest

from config.loader import load_profile
from config.rules import read_rules
from connectors.model.errors import ConfigError

CASES = Path(__file__).parent / "cases"
SAYS = "# says: "


def cases(kind: str) -> list:
    return [pytest.param(path, id=path.stem) for path in sorted((CASES / kind).glob("*.yaml"))]


def expected(path: Path) -> str:
    lines = path.read_text().splitlines()
    return "\n".join(line.removeprefix(SAYS) for line in lines if line.startswith(SAYS))


@pytest.mark.parametrize("path", cases("profile"))
def test_a_bad_profile_is_refused_with_every_file_line_and_key(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    with pytest.raises(ConfigError) as refused:
        load_profile(path.name)
    assert str(refused.value) == expected(path)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("path", cases("rules"))
def test_bad_rules_are_refused_with_every_file_line_and_key(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    with pytest.raises(ConfigError) as refused:
        read_rules([Path(path.name)], {})
    assert str(refused.value) == expected(path)


def test_no_sentence_speaks_pydantic():
    said = "\n".join(expected(path) for path in CASES.rglob("*.yaml"))
    assert said
    for word in ("pydantic", "Input should", "Value error", "type=", "https://", "validation"):
        assert word not in said
