"""A report as a person reads it."""

from itertools import pairwise
from typing import Any

import pytest

from flows.report_view import show_end, show_report
from flows.terminal import complain, line, say, show, table


def change(target: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{target}{number}",
        "target": target,
        "person": f"1{number:06}",
        "verb": "revoke",
        "before": {"permission": "g", "name": "G-All"},
        "after": {},
        "because": ["not_due"],
        "outcome": "recorded",
        "detail": None,
        **more,
    }


def report(changes: list[dict[str, Any]], notes: list[dict[str, Any]]) -> dict[str, Any]:
    targets = {c["target"]: {"managed": 1, "planned": {}, "outcomes": {}} for c in changes}
    return {
        "profile": "demo",
        "mode": "preview",
        "as_of": "2026-11-23",
        "run": "r",
        "plan": {"digest": "sha256:0", "changes": len(changes)},
        "targets": targets,
        "changes": changes,
        "notes": notes,
    }


def note(code: str, number: int) -> dict[str, Any]:
    return {"code": code, "target": "t", "person": f"p{number}", "reason": f"{code} {number}"}


def test_every_target_lists_a_change_before_it_says_how_many_more_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = [change(f"t{n}", m) for n in range(5) for m in range(9)]

    show_report(report(many, []), most_changes=3)

    lines = capsys.readouterr().out.splitlines()
    for n in range(5):
        place = lines.index(f"t{n}", lines.index("demo: preview of 2026-11-23   run r") + 9)
        assert "revoke" in lines[place + 1]


def test_every_kind_of_note_is_listed_and_says_at_most_once_how_many_more_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    notes = [note(code, n) for code in ("a", "b", "c", "d", "e", "f") for n in range(6)]

    show_report(report([change("t", 1)], notes), most_notes=8)

    said = capsys.readouterr().out.partition("Notes")[2].split("\n")
    for code in ("a", "b", "c", "d", "e", "f"):
        assert any(line.startswith(f"  {code} (6)") and f"{code} 0" in line for line in said)
    more = [place for place, line in enumerate(said) if "more" in line]
    assert all(after - before > 1 for before, after in pairwise(more))


def test_reasons_are_words_not_codes(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(report([change("t", 1)], []))

    assert "[no rule gives it on this day]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outcome", "detail", "said"),
    [
        ("already", "not visible: AFAS does not show this user", "already: not visible: AFAS"),
        ("failed", "AFAS refused it", "failed: AFAS refused it"),
    ],
)
def test_a_change_that_was_not_written_says_why(
    capsys: pytest.CaptureFixture[str], outcome: str, detail: str, said: str
) -> None:
    show_report(report([change("t", 1, outcome=outcome, detail=detail)], []))

    assert said in " ".join(capsys.readouterr().out.split())


def test_what_was_written_as_planned_is_told_without_its_detail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_report(report([change("t", 1, outcome="done", detail="confirmed by read")], []))

    assert "confirmed" not in capsys.readouterr().out


def test_one_change_is_one_change(capsys: pytest.CaptureFixture[str]) -> None:
    one = {**report([change("t", 1, outcome="done")], []), "mode": "live", "exit": 0}
    show_end({**one, "refused": None})

    assert "1 change done" in capsys.readouterr().out


def test_a_record_that_is_taken_over_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    known = {"before": {"Medewerker": "7"}, "after": {"Medewerker": "7"}, "verb": "correlate"}
    show_report(report([change("t", 7, ref="12345.JVDB", **known)], []))

    assert "takes over 12345.JVDB" in capsys.readouterr().out


HOSTILE = "[bold]Jan[/bold] \x1b[31m[x]"
HARMLESS = "[bold]Jan[/bold] \N{REPLACEMENT CHARACTER}[31m[x]"


def test_what_people_wrote_is_neither_markup_nor_a_command_to_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = change("t", 1, verb="update", before={}, after={"displayName": HOSTILE}, person="[x]1")
    noted = {"code": "blocked", "target": "[t]", "person": "[p]", "reason": HOSTILE}

    show_report(report([named], [noted]))

    out = capsys.readouterr().out
    assert f"displayName: {HARMLESS}" in out
    assert "[x]1" in out
    assert f"[t]  [p]  {HARMLESS}" in out
    assert "\x1b" not in out


def test_rows_and_lines_are_plain_whoever_writes_them(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table("", "")
    rows.add_row(HOSTILE, "two\nlines")
    show(rows)
    line(HOSTILE)
    say(HOSTILE)
    complain(HOSTILE)

    out, err = capsys.readouterr()
    assert out.splitlines() == [f"{HARMLESS}  two", " " * len(HARMLESS) + "  lines", HARMLESS]
    assert err.splitlines() == [HARMLESS, f"error: {HARMLESS}"]


def test_what_is_not_shown_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(report([change("t", n) for n in range(9)], []), most_changes=3)

    assert "... and 6 more; all of them: retour show r" in capsys.readouterr().out
