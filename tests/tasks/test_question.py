"""What a person reads above the form of a run that waits."""

from tasks.lifecycle.guard_measure import TRIPPED
from tasks.question import question
from tasks.shown import Shown

REASON = "directory: 3 accounts would be disabled, 1 is allowed: 1, 2, 3"
WHERE = (
    "Every change is in the artifact `plan` of this run, and in `retour show 20261123-020000-abc`."
    " Decided for 2026-11-23; sha256 `6b5559e5d40c…`."
)
REPORT = {
    "run": "20261123-020000-abc",
    "profile": "clinic",
    "as_of": "2026-11-23",
    "plan": {"digest": f"sha256:{'6b5559e5d40c'}{'0' * 52}", "changes": 5},
    "targets": {
        "directory": {"planned": {"disable": 3, "update": 2}},
        "hr": {"planned": {}},
    },
    "objections": [
        {"reason": f"{REASON}; if that is right, approve it, or change targets.directory.limits"},
        {"reason": "the source is half as big"},
    ],
    "guards": [
        {
            "target": "directory",
            "code": "limit",
            "key": "targets.directory.limits.disable",
            "field": "",
            "figure": 3,
            "of": 9,
            "limit": "10%",
            "state": TRIPPED,
        }
    ],
}


def test_it_says_what_would_be_done_and_what_is_too_much_and_not_how_to_get_here():
    assert question(REPORT).splitlines() == [
        "**clinic: carry out these 5 changes?**",
        "",
        "| target | would |",
        "|---|---|",
        "| directory | disable 3, update 2 |",
        "",
        "More than a limit allows:",
        "",
        f"- {REASON}",
        "- the source is half as big",
        "",
        WHERE,
    ]


def test_it_says_which_target_is_left_out():
    said = question({**REPORT, "unseen": {"app": "app: no answer"}}).splitlines()
    assert said[4:6] == ["| directory | disable 3, update 2 |", "| app | do nothing: not read |"]


def test_where_values_are_masked_it_quotes_nothing():
    said = question(REPORT, Shown(values=False))
    assert "- directory disable 3 of 9, limit 10%" in said.splitlines()
    assert REASON not in said
