"""What the documentation calls a proof is there: every test and file that `docs/` names."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`((?:tests|connectors)/[\w./-]+\.(?:py|yaml))(?:::(\w+))?`")


def named_in(document: str) -> list[tuple[str, str]]:
    """File and function of every proof that a document names; "" for a file as a whole."""
    return NAMED.findall((ROOT / "docs" / document).read_text(encoding="utf-8"))


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("document", sorted(p.name for p in (ROOT / "docs").glob("*.md")))
def test_every_proof_that_is_named_is_there(document: str) -> None:
    for file, function in named_in(document):
        assert (ROOT / file).is_file(), file
        assert not function or function in functions_of(file), f"{file} has no {function}"


def test_every_known_failure_has_a_proof() -> None:
    rows = (ROOT / "docs" / "failures-of-others.md").read_text(encoding="utf-8").splitlines()
    proved = {row.split("|")[1].strip() for row in rows if row[:1] == "|" and NAMED.search(row)}
    assert proved == {f"S{n}" for n in range(1, 16)} | {f"B{n}" for n in range(1, 29)}
