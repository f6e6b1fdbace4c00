import pandas as pd

from connectors.model.change import Verb
from tasks.lifecycle.guard_accounts import review_accounts
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.guarded import numbers, people, policies, reading

FEW = Limit(share=0.05)


def gone(count, *, known=40, left=0, limit=FEW):
    """Objections when so many of the known accounts are not shown, and so many people have left."""
    everybody = numbers(known)
    shown = reading([f"r{one}" for one in everybody[count:]])
    links = {"ad": pd.Series({one: f"r{one}" for one in everybody})}
    limited = policies({Verb.DELETE: limit})
    return review_accounts(people(everybody[left:]), links, {"ad": shown}, limited)


def test_accounts_that_vanished_count_towards_the_limit_of_deletes():
    assert gone(0) == []
    assert gone(2) == []
    (objection,) = gone(3)
    assert objection.reason == (
        "ad: 3 accounts that we know are not there any more, 5% of the 40 known are allowed (2): "
        "00000, 00001, 00002; do its settings and rights still show them? Otherwise if that is "
        "right, look at the plan and approve it, or change targets.ad.limits.delete"
    )
    assert (objection.code, objection.figure, objection.of) == ("vanished", 3, 40)
    assert not objection.structural


def test_one_account_is_one_account():
    (objection,) = gone(1, limit=Limit(count=0))
    assert objection.reason.startswith("ad: 1 account that we know is not there any more, none")


def test_accounts_of_people_who_left_do_not_count_as_vanished():
    assert gone(30, left=30) == []
