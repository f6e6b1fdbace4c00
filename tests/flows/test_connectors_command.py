"""`retour connectors new`: what it writes, says and refuses."""

from pathlib import Path

from tests.flows.site import retour


def test_a_new_connector_is_listed_file_by_file_in_the_order_to_fill_in(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    result = retour("connectors", "new", "acme_hr", "--into", str(folder))
    assert result.exit_code == 0
    files = [Path(line) for line in result.stdout.splitlines()]
    assert all(file.is_file() for file in files)
    assert [file.name for file in files[:3]] == ["manifest.py", "settings.py", "client.py"]
    assert {file.relative_to(folder).as_posix() for file in files} >= {
        "acme_hr/README.md",
        "acme_hr/conformance.py",
        "acme_hr/sandbox.py",
        "pyproject.toml",
        "tests/test_acme_hr.py",
        "tests/test_laws.py",
    }
    assert "pytest --retour-connector acme_hr" in result.stderr


def test_a_name_that_is_taken_or_none_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in ("afas", "sdk", "Not A Name"):
        result = retour("connectors", "new", name, "--into", str(empty))
        assert result.exit_code == 2
        assert result.stderr.startswith("error: NAME: ")
    assert list(empty.iterdir()) == []
