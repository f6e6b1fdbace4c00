"""How a run ended, in a sentence: what an operator reads in the list of runs."""

import pytest

from tasks.run import (
    APPROVABLE,
    DONE,
    INCOMPLETE,
    INTERRUPTED,
    REFUSED,
    STALE,
    UNREACHABLE,
    USAGE,
    WAITING,
)
from tasks.sentence import name_of, sentence_of
from tasks.shown import Shown
from tests.tasks.test_report import GUARD, PEOPLE, a_change


def said(code, outcomes=(), *, mode="live", refused=None, given_up=None, guards=(), **more):
    report = {
        "run": "r1",
        "exit": code,
        "mode": mode,
        "refused": refused,
        "changes": [a_change(str(n), outcome) for n, outcome in enumerate(outcomes)],
        "targets": {"directory": {"given_up": given_up}},
        "guards": guards,
        "people": PEOPLE,
        "unseen": more.get("unseen", {}),
    }
    return sentence_of(report, more.get("shown"))


TRIPPED = {**GUARD, "figure": 24, "state": "tripped"}
OVER = "directory disable 24 of 198, limit 10%"
FIVE = f"{OVER}; {OVER}; {OVER} and 2 more"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (said(DONE), "Nothing to do for 198 persons; nothing was written."),
        (
            said(DONE, mode="preview"),
            "Preview: nothing to do for 198 persons; nothing was written.",
        ),
        (
            said(DONE, ["recorded"] * 3, mode="preview"),
            "Preview: 3 changes planned for 3 persons; nothing was written.",
        ),
        (said(DONE, ["done"]), "1 change done."),
        (said(DONE, ["done", "already"]), "2 changes done (1 of them were so already)."),
        (
            said(INCOMPLETE, ["done", "failed", "set_aside", "set_aside", "in_doubt"]),
            "1 of 5 changes done, 1 failed, 1 in doubt, 2 set aside.",
        ),
        (
            said(UNREACHABLE, ["done", "in_doubt"], refused="ledger: it is full"),
            "Stopped: ledger: it is full; 1 of 2 changes done, 1 in doubt.",
        ),
        (
            said(UNREACHABLE, ["set_aside"], refused="ledger: it is full"),
            "Unreachable: ledger: it is full; nothing was written.",
        ),
        (
            said(UNREACHABLE, ["done", "set_aside"], given_up="it did not answer"),
            "1 of 2 changes done, 1 set aside; directory was given up: it did not answer.",
        ),
        (
            said(UNREACHABLE, ["done"], unseen={"app": "app: no answer."}),
            "1 change done. app could not be read, and nothing is planned there: app: no answer.",
        ),
        (
            said(UNREACHABLE, refused="AFAS did not answer"),
            "Unreachable: AFAS did not answer; nothing was written.",
        ),
        (
            said(USAGE, refused="a key is wrong"),
            "a key is wrong; nothing was written.",
        ),
        (
            said(STALE, refused="another plan"),
            "The approved plan holds no longer: another plan; nothing was written.",
        ),
        (
            said(REFUSED, ["set_aside"], refused="long", guards=[TRIPPED, GUARD]),
            f"Refused: 1 guard says no ({OVER}); nothing was written.",
        ),
        (
            said(WAITING, ["set_aside"], refused=f"long{APPROVABLE}x", guards=[TRIPPED] * 5),
            f"Waiting: 5 guards say no ({FIVE}); a person has to approve it; nothing was written.",
        ),
        (
            said(WAITING, mode="preview", refused="long", guards=[TRIPPED]),
            f"Waiting: 1 guard says no ({OVER}); it would have to wait; nothing was written.",
        ),
        (
            said(REFUSED, refused="another run is going on"),
            "Refused: another run is going on; nothing was written.",
        ),
        (
            said(INTERRUPTED, ["done", "set_aside"]),
            "Interrupted; 1 of 2 changes done, 1 set aside.",
        ),
        (
            said(INTERRUPTED, refused="interrupted"),
            "Interrupted: interrupted; nothing was written.",
        ),
        (
            said(INCOMPLETE, ["done", "in_doubt"], refused="stopped by a fault: KeyError"),
            "Stopped: stopped by a fault: KeyError; 1 of 2 changes done, 1 in doubt.",
        ),
    ],
)
def test_an_end_in_a_sentence(sentence, expected):
    assert sentence == expected


def test_what_systems_said_is_masked_and_what_the_profile_said_is_not():
    masked = {"shown": Shown(values=False)}
    assert "Jan" not in said(UNREACHABLE, refused="Jan is locked", **masked)
    assert "Jan" not in said(INCOMPLETE, ["failed"], given_up="Jan is locked", **masked)
    assert "Jan" not in said(UNREACHABLE, ["done"], unseen={"app": "Jan is locked"}, **masked)
    assert "key" in said(USAGE, refused="this key", **masked)
    assert "24 of 198" in said(REFUSED, refused="Jan", guards=[TRIPPED], **masked)


@pytest.mark.parametrize(
    ("guard", "name"),
    [
        ({"code": "limit", "key": "targets.ad.limits.grant_permission"}, "grant permission"),
        ({"code": "window", "key": "targets.ad.limits.cumulative.delete"}, "cumulative delete"),
        ({"code": "vanished", "key": "targets.ad.limits.delete"}, "vanished"),
        ({"code": "emptied", "key": "source.limits.emptied", "field": "x.y"}, "emptied x.y"),
        ({"code": "keys", "key": ""}, "keys"),
    ],
)
def test_a_guard_is_called_by_its_limit(guard, name):
    assert name_of({"field": "", **guard}) == name
