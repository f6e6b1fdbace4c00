"""What a report says in words."""

from datetime import date

import pytest

from connectors.model.change import UpdateAccount
from connectors.model.plan import Plan, Section
from connectors.model.values import CLEAR
from tasks.report import summary
from tasks.reporting import describe, table, veiled
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


def test_private_values_are_not_shown_and_the_change_stays_the_same():
    change = UpdateAccount(
        target="hr",
        person="1",
        ref="1",
        before={"EmA2": "at.home@example.org", "TeN2": "030 1"},
        after={"EmA2": "new.home@example.org", "TeN2": CLEAR, "EmAd": "work@example.org"},
    )
    private = {"hr": frozenset({"EmA2", "TeN2"})}
    shown = veiled(change, private)
    assert shown.id == change.id
    assert shown.before == {"EmA2": "(private)", "TeN2": "(private)"}
    assert shown.after == {"EmA2": "(private)", "TeN2": CLEAR, "EmAd": "work@example.org"}
    section = Section(target="hr", depends_on=(), changes=(change,), managed=1)
    plan = Plan(profile="p", as_of=date(2026, 11, 23), sections=(section,))
    assert "home@example.org" not in str(table(plan, private=private))
    assert veiled(change, {}) is change


def test_a_change_in_words_says_yes_and_no_and_does_not_repeat_what_stays():
    def said(before, after):
        return describe(UpdateAccount(target="t", person="1", ref="1", before=before, after=after))

    assert said({"enabled": False}, {"enabled": True}) == "enabled: no -> yes"
    assert said({"number": "7"}, {"number": "7"}) == "number: 7"
    assert said({"mail": "a"}, {"mail": CLEAR}) == "mail: a -> (empty)"


def test_a_reconciliation_says_what_it_found():
    found = {"issue_counts": {"drifted": 2, "missing": 1}, "issues_ignored": 3}
    page = summary({**a_report(0, None), "mode": "preview", **found})

    assert page.startswith("# demo: reconciliation of 2026-11-23")
    assert "Issues: 2 drifted, 1 missing; 3 ignored." in page
    nothing = {"issue_counts": {}, "issues_ignored": 0}
    assert "Issues: nothing; 0 ignored." in summary({**a_report(0, None), **nothing})
