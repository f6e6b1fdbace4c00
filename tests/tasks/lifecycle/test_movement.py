import pytest

from connectors.model.change import Verb
from tasks.lifecycle.movement import count_movements, movement_of
from tests.tasks.lifecycle.guarded import change


@pytest.mark.parametrize(
    ("verbs", "movement"),
    [
        ({Verb.CREATE, Verb.GRANT, Verb.UPDATE}, "joiners"),
        ({Verb.ENABLE}, "joiners"),
        ({Verb.RESTORE}, "joiners"),
        ({Verb.DISABLE, Verb.REVOKE}, "leavers"),
        ({Verb.DELETE, Verb.REVOKE}, "deleted"),
        ({Verb.REVOKE, Verb.UPDATE}, "movers"),
        ({Verb.MOVE}, "movers"),
        ({Verb.CORRELATE}, "others"),
        (set(), "others"),
        # An account in one place for one in another: somebody who stays.
        ({Verb.CREATE, Verb.DISABLE}, "joiners"),
    ],
)
def test_what_happens_to_one_person_has_one_name(verbs, movement):
    assert movement_of(verbs) == movement


def test_persons_are_counted_once_and_a_record_in_hr_is_no_account():
    plan = [
        change(Verb.CREATE, "1", None, after={"x": "y"}),
        change(Verb.GRANT, "1", "a", after={"permission": "g"}),
        change(Verb.UPDATE, "1", "1", target="hr", after={"x": "y"}),
        change(Verb.DELETE, "2", "2", target="hr", after={"x": "y"}),
        change(Verb.DISABLE, "3", "c"),
    ]
    assert count_movements(plan, {"ad"}) == {
        "joiners": 1,
        "movers": 0,
        "leavers": 1,
        "deleted": 0,
        "others": 1,
    }
