"""What a report says in words."""

import pytest

from tasks.report import summary
from tasks.run import INCOMPLETE, INTERRUPTED, REFUSED, STALE, UNREACHABLE


def a_report(code: int, refused: str | None):
    return {
        "run": "r1",
        "profile": "demo",
        "mode": "live",
        "as_of": "2026-11-23",
        "exit": code,
        "plan": None,
        "targets": {},
        "notes": [],
        "refused": refused,
    }


@pytest.mark.parametrize("code", [REFUSED, STALE, UNREACHABLE])
def test_a_run_that_was_refused_says_that_nothing_was_written(code):
    assert "**Nothing was written:** too much" in summary(a_report(code, "too much"))


@pytest.mark.parametrize("code", [INCOMPLETE, INTERRUPTED])
def test_a_run_that_was_broken_off_does_not_say_that_nothing_was_written(code):
    said = summary(a_report(code, "stopped by a fault: KeyError"))
    assert "**Stopped before its end:** stopped by a fault: KeyError" in said
    assert "Nothing was written" not in said
