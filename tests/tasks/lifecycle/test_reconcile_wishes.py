"""Asking for fixes: by issue, by issue and name, by type; never more than was meant."""

import pytest

from connectors.model.errors import ConfigError
from tasks.lifecycle.reconcile_issue import ADOPT, APPLY, DELETE, DISABLE, REVOKE, Issue, Kind
from tasks.lifecycle.reconcile_wishes import choose, read_wishes

OLD = Issue(kind=Kind.UNMANAGED, target="ad", ref="old", fixes=(DISABLE, DELETE))
SHUT = Issue(kind=Kind.UNMANAGED, target="ad", ref="shut", fixes=(DELETE,))
GROUP = Issue(
    kind=Kind.PERMISSION_UNMANAGED, target="ad", person="1", subject="g", fixes=(REVOKE, ADOPT)
)
TITLE = Issue(kind=Kind.DRIFTED, target="ad", person="1", subject="title", fixes=(APPLY,))
MAIL = Issue(kind=Kind.DRIFTED, target="ad", person="1", subject="mail", fixes=(APPLY,))
TWICE = Issue(kind=Kind.SEVERAL, target="ad", person="2", advice="decide in the target")
ALL = [OLD, SHUT, GROUP, TITLE, MAIL, TWICE]


def chosen(*texts, ignored=()):
    found = choose(ALL, read_wishes(texts), ignored)
    return [(issue.id, fix.name) for issue, fix in found.fixes]


def test_an_issue_gets_its_usual_fix():
    assert chosen(OLD.id, GROUP.id) == [(OLD.id, "disable"), (GROUP.id, "revoke")]


def test_another_fix_is_asked_for_by_name():
    assert chosen(f"{OLD.id}:delete", f"{GROUP.id}:adopt") == [
        (OLD.id, "delete"),
        (GROUP.id, "adopt"),
    ]


def test_nothing_is_deleted_unless_it_is_called_that():
    with pytest.raises(ConfigError, match=f"fixed by name only: {SHUT.id}:delete"):
        chosen(SHUT.id)


@pytest.mark.parametrize("kind", ["unmanaged", "unmanaged:delete", "permission_unmanaged:adopt"])
def test_what_is_dangerous_is_never_asked_for_by_type(kind):
    found = choose(ALL, read_wishes([kind]), ())
    assert found.fixes == ()
    assert "name each by its id" in found.notes[0].reason


def test_a_type_means_all_of_that_type_but_those_that_are_ignored():
    assert chosen("drifted") == [(MAIL.id, "apply"), (TITLE.id, "apply")]
    assert chosen("drifted", ignored={TITLE.id}) == [(MAIL.id, "apply")]


def test_an_ignored_issue_is_fixed_when_it_is_named():
    assert chosen(TITLE.id, ignored={TITLE.id}) == [(TITLE.id, "apply")]


def test_of_several_wishes_about_one_issue_the_first_counts():
    assert chosen(f"{OLD.id}:delete", OLD.id) == [(OLD.id, "delete")]


def test_the_order_of_wishes_is_not_the_order_of_fixes():
    assert chosen(TITLE.id, MAIL.id) == chosen(MAIL.id, TITLE.id)


@pytest.mark.parametrize("text", ["drift", "", "0123456789ab0", f"{OLD.id}:", "drifted:burn"])
def test_a_slip_is_told(text):
    with pytest.raises(ConfigError):
        read_wishes([text])


def test_an_issue_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match="it may be solved"):
        chosen("0123456789ab")


def test_an_issue_may_be_of_a_target_that_could_not_be_read():
    with pytest.raises(ConfigError, match="nobody knows those of app, which could not be read"):
        choose(ALL, read_wishes(["0123456789ab"]), (), unseen=["app"])


def test_a_fix_that_an_issue_does_not_have_is_told():
    with pytest.raises(ConfigError, match="there is no 'revoke', but disable, delete"):
        chosen(f"{OLD.id}:revoke")
    with pytest.raises(ConfigError, match="nothing that Retour can do; decide in the target"):
        chosen(TWICE.id)


def test_an_id_says_what_an_issue_is_about_and_not_what_was_found():
    again = Issue(
        kind=Kind.DRIFTED,
        target="ad",
        person="1",
        subject="title",
        ref="renamed",
        detail="otherwise",
        held="Clerk",
    )
    assert again.id == TITLE.id
    assert len({issue.id for issue in ALL}) == len(ALL)


def test_an_unmanaged_account_stays_the_same_issue_when_hr_learns_whose_it_is():
    known = Issue(kind=Kind.UNMANAGED, target="ad", ref="old", person="4711")
    assert known.id == OLD.id
