"""What went wrong, and what of it is news."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks.lifecycle.incidents import FAILED, REFUSED, incidents_of, news, over

NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    occasion: str
    digest: str
    told: datetime


def a_report(**parts):
    return {
        "exit": 0,
        "refused": None,
        "plan": {"changes": 1},
        "targets": {},
        "changes": [],
        "objections": [],
        **parts,
    }


def a_change(outcome, detail=None, *, person="1", verb="create", **content):
    return {
        "target": "ad",
        "person": person,
        "verb": verb,
        "before": {},
        "after": content,
        "outcome": outcome,
        "detail": detail,
    }


def an_objection(reason, **parts):
    common = {"code": "limit", "target": "ad", "verb": "create", "field": "", "lifted": False}
    return {**common, "reason": reason, **parts}


def told_of(incidents, at=NIGHT):
    return {one.name: Told(one.occasion, one.digest, at) for one in incidents}


def test_a_run_in_which_all_went_well_has_none():
    assert incidents_of(a_report(changes=[a_change("done"), a_change("already")])) == []


def test_a_target_that_could_not_be_read_is_one_and_over_when_it_can():
    found = incidents_of(a_report(exit=6, unseen={"ad": "ad: no answer"}))
    assert [(one.name, one.occasion, one.target, one.text) for one in found] == [
        ("target:ad", FAILED, "ad", "ad could not be read: ad: no answer")
    ]
    told = told_of(found)
    assert over(told, [], a_report(), whole=False) == []
    assert over(told, [], a_report(), whole=True) == ["target:ad"]


def test_failures_are_told_one_by_one_and_what_follows_from_them_is_not():
    found = incidents_of(
        a_report(
            exit=1,
            changes=[
                a_change("failed", "refused"),
                a_change("set_aside", "set aside, because create in ad failed", verb="enable"),
                a_change("in_doubt", person="2", verb="grant", permission="g", name="G-Care"),
                a_change("set_aside", "set aside, because ad did not say what mail is", person="3"),
            ],
        )
    )
    assert [(one.name, one.text, one.person) for one in found] == [
        ("change:ad:1:create:", "create failed: refused", "1"),
        ("change:ad:2:grant:G-Care", "grant G-Care in doubt", "2"),
        (
            "change:ad:3:create:",
            "create set aside: set aside, because ad did not say what mail is",
            "3",
        ),
    ]
    assert {one.occasion for one in found} == {FAILED}


def test_a_target_that_was_given_up_is_one_incident_however_many_it_left():
    aside = [
        a_change("set_aside", "set aside, because ad was given up: down", person=p) for p in "12"
    ]
    found = incidents_of(
        a_report(
            exit=6, targets={"ad": {"given_up": "down"}, "x": {"given_up": None}}, changes=aside
        )
    )
    assert [(one.name, one.text) for one in found] == [("target:ad", "ad was given up: down")]


def test_a_run_that_came_to_no_plan_is_one_and_runs_that_died_are_each_one():
    found = incidents_of(a_report(exit=6, refused="afas: no answer", plan=None), ["r1", "r2"])
    assert [one.name for one in found] == ["broken_off:r1", "broken_off:r2", "run:unreachable"]
    assert incidents_of(a_report(exit=2, refused="x"))[0].name == "run:misconfigured"
    assert incidents_of(a_report(exit=1, refused="x"))[0].name == "run:stopped"


def test_what_guards_say_is_told_reason_by_reason_but_not_what_an_approval_lifted():
    found = incidents_of(
        a_report(
            exit=3,
            refused="too many",
            objections=[
                an_objection("60 creates, 50 are allowed: 1, 2 and 58 more"),
                an_objection("another of the same"),
                an_objection("lifted", lifted=True),
            ],
        )
    )
    assert [(one.name, one.occasion) for one in found] == [
        ("guard:limit:ad:create::1", REFUSED),
        ("guard:limit:ad:create::2", REFUSED),
    ]
    assert [one.name for one in incidents_of(a_report(exit=5, refused="stale"))] == ["run:refused"]


def test_the_same_is_news_once_and_again_when_its_words_or_a_week_have_passed():
    (one,) = incidents_of(a_report(exit=1, changes=[a_change("failed", "a")]))
    (other,) = incidents_of(a_report(exit=1, changes=[a_change("failed", "b")]))
    assert news([one], {}, NIGHT, again_after=WEEK) == [one]
    told = told_of([one])
    assert news([one], told, NIGHT + timedelta(days=1), again_after=WEEK) == []
    assert news([other], told, NIGHT + timedelta(days=1), again_after=WEEK) == [other]
    assert news([one], told, NIGHT + WEEK, again_after=WEEK) == [one]


def test_what_is_gone_is_forgotten_where_the_run_could_have_met_it():
    report = a_report(exit=1, changes=[a_change("failed", "a")])
    incidents = incidents_of(report)
    told = told_of(incidents) | {
        name: Told(FAILED, "d", NIGHT)
        for name in (
            "change:ad:9:create:",
            "target:ad",
            "run:unreachable",
            "guard:x",
            "broken_off:r",
        )
    }
    gone = ["change:ad:9:create:", "guard:x", "run:unreachable", "target:ad"]
    assert over(told, incidents, report, whole=True) == gone
    assert over(told, incidents, report, whole=False) == ["run:unreachable"]
    stopped = a_report(exit=6, refused="down", plan=None)
    assert over(told, incidents_of(stopped), stopped, whole=True) == []
    refused = a_report(exit=3, refused="no", objections=[an_objection("no")])
    assert over(told, incidents_of(refused), refused, whole=True) == ["guard:x"]
