"""Issues that nobody wants to see for a while."""

from datetime import date, timedelta

TODAY = date(2026, 11, 23)
ISSUE = "0123456789ab"


def test_an_ignored_issue_comes_back_after_its_last_day(ledger):
    ledger.ignore("p", ISSUE, until=TODAY, reason="the owner is asked")

    found = ledger.ignored("p", TODAY)[ISSUE]
    assert (found.issue, found.until, found.reason) == (ISSUE, TODAY, "the owner is asked")
    assert found.since.tzinfo is not None
    assert ledger.ignored("p", TODAY + timedelta(days=1)) == {}


def test_said_again_the_new_day_and_reason_count(ledger):
    ledger.ignore("p", ISSUE, until=TODAY + timedelta(days=90), reason="later")
    ledger.ignore("p", ISSUE, until=TODAY, reason="sooner")

    assert ledger.ignored("p", TODAY)[ISSUE].reason == "sooner"
    assert ledger.ignored("p", TODAY + timedelta(days=1)) == {}


def test_another_profile_has_its_own(ledger):
    ledger.ignore("p", ISSUE, until=TODAY, reason="not here")

    assert ledger.ignored("q", TODAY) == {}


def test_an_issue_that_is_lifted_is_looked_at_again_at_once(ledger):
    ledger.ignore("p", ISSUE, until=TODAY, reason="the owner is asked")
    ledger.ignore("p", "another", until=TODAY, reason="the owner is asked")
    ledger.ignore("q", ISSUE, until=TODAY, reason="the owner is asked")

    assert ledger.lift("p", ISSUE)

    assert list(ledger.ignored("p", TODAY)) == ["another"]
    assert list(ledger.ignored("q", TODAY)) == [ISSUE]


def test_lifting_what_was_never_ignored_says_so(ledger):
    assert not ledger.lift("p", ISSUE)
