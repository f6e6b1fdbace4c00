"""What a report says in words."""

from datetime import date

import pytest

from connectors.model.change import GrantPermission, UpdateAccount
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from connectors.sdk.fanout import receipt_of
from tasks.page import summary
from tasks.reporting import describe, veiled
from tasks.rows import outcome_rows, plan_rows
from tasks.run import INCOMPLETE, INTERRUPTED, REFUSED, STALE, UNREACHABLE, Receipts
from tasks.shown import Shown, cell, plain


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
        "changes": [],
    }


def a_change(person, outcome, *, target="directory", verb="update", detail=None):
    return {
        "target": target,
        "person": person,
        "verb": verb,
        "outcome": outcome,
        "detail": detail,
    }


@pytest.mark.parametrize("code", [REFUSED, STALE, UNREACHABLE])
def test_a_run_that_was_refused_says_that_nothing_was_written(code):
    said = summary(a_report(code, "too much"))
    assert "too much; nothing was written." in said
    assert "- too much" in said


@pytest.mark.parametrize("code", [INCOMPLETE, INTERRUPTED])
def test_a_run_that_was_broken_off_does_not_say_that_nothing_was_written(code):
    report = a_report(code, "stopped by a fault: KeyError")
    changes = [a_change("1", "done"), a_change("2", "in_doubt", detail="the answer was lost")]
    said = summary({**report, "changes": changes})
    assert "- stopped by a fault: KeyError" in said
    assert "; 1 of 2 changes done, 1 in doubt." in said
    assert "othing was written" not in said


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
    assert "home@example.org" not in str(plan_rows(plan, "r1", Shown(private=private)))
    assert "work@example.org" in str(plan_rows(plan, "r1", Shown(private=private)))
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


# --- Tables ---------------------------------------------------------------------------------------


def updates(count):
    changes = tuple(
        UpdateAccount(target="t", person=f"{n:04}", ref="r", before={}, after={"mail": f"m{n}"})
        for n in range(count)
    )
    section = Section(target="t", depends_on=(), changes=changes, managed=1)
    return Plan(profile="p", as_of=date(2026, 11, 23), sections=(section,))


def test_what_went_wrong_stands_first_so_that_the_cap_never_hides_it():
    plan = updates(8)
    became = {5: Outcome.SET_ASIDE, 6: Outcome.IN_DOUBT, 7: Outcome.FAILED}
    receipts = tuple(
        receipt_of(change, became.get(n, Outcome.DONE), detail=f"d{n}")
        for n, change in enumerate(plan.changes)
    )
    rows = outcome_rows(plan, [Receipts("t", 0, receipts)], "r1", Shown(rows=4))

    assert [row.get("outcome") for row in rows] == ["failed", "in_doubt", "set_aside", "done", None]
    assert [row["person"] for row in rows[:4]] == ["0007", "0006", "0005", "0000"]
    assert rows[0]["detail"] == "d7"
    assert rows[-1] == {"target": "and 4 more", "what": "all of them: retour show r1"}


def test_a_table_says_how_many_rows_it_leaves_out_only_when_it_does():
    assert len(plan_rows(updates(3), "r1", Shown(rows=3))) == 3
    assert plan_rows(updates(4), "r1", Shown(rows=3))[-1]["target"] == "and 1 more"
    assert "outcome" not in plan_rows(updates(1), "r1", Shown())[0]


def test_masked_tables_name_persons_and_fields_and_hold_no_value():
    plan = updates(2)
    receipts = [receipt_of(c, Outcome.FAILED, detail="m0 is taken") for c in plan.changes]
    rows = outcome_rows(plan, [Receipts("t", 0, tuple(receipts))], "r1", Shown(values=False))

    assert [(row["person"], row["what"]) for row in rows] == [("0000", "mail"), ("0001", "mail")]
    assert "m0" not in str(rows)
    assert rows[0]["detail"] == "see `retour show r1`"
    grant = GrantPermission(
        target="t", person="1", ref="r", before={}, after={"permission": "g", "name": "Night shift"}
    )
    section = Section(target="t", depends_on=(), changes=(grant,), managed=1)
    shown = plan_rows(
        Plan(profile="p", as_of=date(2026, 11, 23), sections=(section,)), "r", Shown(values=False)
    )
    assert shown[0]["what"] == "a membership or permission"


def test_text_stays_text_in_a_table():
    assert plain("a\n\tb <img src=x>") == "a b ‹img src=x>"
    assert plain("x" * 400).endswith("x…")
    assert len(plain("x" * 400)) == 300
    assert cell("a|b `c` *d* [e](f)") == "a\\|b \\`c\\` \\*d\\* \\[e](f)"


# --- The page -------------------------------------------------------------------------------------

GUARD = {
    "code": "limit",
    "target": "directory",
    "verb": "disable",
    "field": "",
    "figure": 3,
    "of": 198,
    "what": "managed",
    "limit": "10%",
    "most": 19,
    "key": "targets.directory.limits.disable",
    "state": "holds",
}
PEOPLE = {
    "persons": 198,
    "contracts": 240,
    "joiners": 3,
    "movers": 0,
    "leavers": 2,
    "deleted": 0,
    "others": 1,
}


def a_live_report(**more):
    changes = [
        a_change("1", "done"),
        a_change("2", "failed", detail="Jan is taken"),
        a_change("2", "set_aside", target="hr", detail="set aside, because update failed"),
    ]
    targets = {
        "directory": {
            "managed": 198,
            "planned": {"update": 2},
            "outcomes": {"done": 1, "failed": 1},
            "given_up": None,
        },
        "hr": {
            "managed": 9,
            "planned": {"update": 1},
            "outcomes": {"set_aside": 1},
            "given_up": "Jan said no",
        },
    }
    note = {"target": "hr", "person": "9", "code": "waiting", "reason": "waits for Jan"}
    return {
        **a_report(INCOMPLETE, None),
        "started": "2026-11-23T02:00:00+01:00",
        "finished": "2026-11-23T02:01:05+01:00",
        "plan": {"digest": "sha256:abc", "changes": 3},
        "targets": targets,
        "changes": changes,
        "notes": [note, {**note, "code": "set_aside"}],
        "people": PEOPLE,
        "guards": [GUARD, {**GUARD, "figure": 0}, {**GUARD, "limit": "unlimited"}],
        "objections": [],
        "settled": 2,
        **more,
    }


def test_a_page_tells_people_changes_guards_what_was_not_done_and_what_waits():
    page = summary(a_live_report())

    assert "**1 of 3 changes done, 1 failed, 1 set aside; hr was given up: Jan said no.**" in page
    assert "| took | 1 min 5 s, from 02:00:00 to 02:01:05 |" in page
    assert "| read | 198 persons with 240 contracts |" in page
    assert "| people | 3 joiners, 2 leavers, 1 with other fields, or taken over |" in page
    assert "| earlier run | 2 writes whose answer was lost were looked up |" in page
    assert "| directory | 198 | 2 | 2 |" in page
    assert "| directory | 1 done, 1 failed |" in page
    assert page.index("## What was not done") < page.index("## Changes")
    assert "| holds | directory | disable | 3 of 198 managed | 10% (19) |" in page
    assert "2 more found nothing to count, or have no limit." in page
    assert "| failed | directory | 1 | 2 | Jan is taken |" in page
    assert "**hr was given up:** Jan said no" in page
    assert "| waiting | 1 | 9 | waits for Jan |" in page
    assert page.endswith("Everything: `retour show r1`")


def test_a_masked_page_holds_figures_and_ids_and_nothing_that_a_system_said():
    page = summary(a_live_report(), Shown(values=False))
    assert "Jan" not in page
    assert "| failed | directory | 1 | 2 | see \\`retour show r1\\` |" in page
    objection = {
        "lifted": False,
        "code": "protected",
        "reason": "whose account CN=Jan is protected",
    }
    refused = a_live_report(exit=REFUSED, refused="Jan", objections=[objection])
    assert "Jan" not in summary(refused, Shown(values=False))


def test_what_tripped_stands_first_and_what_an_approval_lifted_says_so():
    tripped = {**GUARD, "verb": "create", "figure": 24, "limit": "3", "state": "tripped"}
    lifted = {**tripped, "target": "hr", "state": "lifted"}
    page = summary(a_live_report(guards=[GUARD, lifted, tripped]))
    rows = [
        line for line in page.splitlines() if line.startswith(("| **over", "| over", "| holds"))
    ]
    assert [row.split("|")[1].strip() for row in rows] == [
        "**over**",
        "over, lifted by the approval",
        "holds",
    ]


def test_the_reasons_of_many_guards_are_cut_and_counted():
    objections = [{"lifted": False, "code": "limit", "reason": f"reason {n}"} for n in range(25)]
    page = summary(a_live_report(objections=objections))
    assert "- reason 9" in page
    assert "- and 15 more" in page
    assert "reason 10" not in page


def test_a_page_of_much_stays_short():
    changes = [a_change(f"{n:06}", "failed", detail="x" * 5000) for n in range(20_000)]
    assert len(summary(a_live_report(changes=changes))) < 10_000
