"""Whatever is typed behind `retour`: an end that is documented, and a sentence about a mistake."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.site import retour
from tests.fuzz.damage import TEXTS
from tests.fuzz.outcome import check_sentence

EXAMPLES: Final = 2_000 if "RETOUR_SOAK" in os.environ else 40
LONG: Final = 500
CODES: Final = {0, 1, 2, 3, 6}
"""Of commands that run no flow."""
ODD: Final = st.one_of(
    st.sampled_from(
        (*TEXTS, "-", "--", "--live", "-1", "%", "%20", "%00", "2026-11-23", "20261123", "2026-W48")
    ),
    st.text(max_size=12),
    st.integers().map(str),
    st.from_regex(r"sha256:[0-9a-f]{62,66}", fullmatch=True),
)
COMMANDS: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("runs",): ("--profile", "--limit"),
    ("show",): ("", "--json"),
    ("audit", "verify"): ("--head",),
    ("audit", "export"): ("--since", "--until", "--person", "--run", "--profile", "--output"),
    ("audit", "prune"): ("--older-than",),
    ("approve",): ("", "--note"),
    ("refuse",): ("", "--note"),
    ("undo",): ("", "--target", "--report"),
    ("forget",): ("", "--profile"),
    ("explain",): ("--profile", "--as-of"),
    ("provision",): ("--as-of", "--approve", "--report", "--rules", "--markdown", "--profile"),
    ("backfill",): ("--as-of", "--hired-since", "--report", "--profile"),
    ("reconcile",): ("--until", "--approve", "--report", "--profile"),
    ("check",): ("--profile",),
    ("connectors", "show"): ("",),
    ("connectors", "new", "--into", "made"): ("",),
    ("sandbox", "no-such-connector"): ("", "--people", "--port", "--seed", "--data"),
    ("deploy",): ("--profiles",),
    (): ("", "--version", "--nonsense"),
}
"""Commands and their options; "" is an argument without a name."""
NOWHERE: Final = ("--profile", "no-such-profile")
"""So that nothing is run when everything else was understood."""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, a ledger that knows nothing, no settings, and no Prefect to ask."""
    for name in ("RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "a" / "b" / "c"  # what is typed may lead upwards
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RETOUR_PROFILE", NOWHERE[1])
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")


def typed(draw: Any) -> list[str]:
    command = draw(st.sampled_from(sorted(COMMANDS)))
    given_: list[str] = []
    for option in draw(st.lists(st.sampled_from(COMMANDS[command]), max_size=3)):
        given_ += [one for one in (option,) if one]
        given_ += [draw(ODD)] if option not in {"--json", "--version"} else []
    return [*command, *given_]


@settings(max_examples=EXAMPLES * 2, derandomize=True, database=None)
@given(st.data())
def test_whatever_is_typed_ends_with_a_sentence(data: st.DataObject) -> None:
    arguments = typed(data.draw)
    result = retour(*arguments)

    said = f"{arguments}: exit {result.exit_code}: {result.output[:800]}"
    assert result.exception is None or isinstance(result.exception, SystemExit), said
    assert "Traceback" not in result.output, said
    assert "a fault in Retour" not in result.output, said
    assert result.exit_code in CODES, said
    if result.exit_code:
        long = max(arguments, key=len, default="")  # what was typed is quoted as it was
        check_sentence(result.output.replace(long, "...") if len(long) > LONG else result.output)
