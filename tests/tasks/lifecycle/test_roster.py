"""Positions mean the same person throughout a plan, wherever the person was named."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle.roster import Roster

IDS = st.lists(st.sampled_from(["1", "10", "2", "a", "B", "é", "ad-1"]), unique=True)


@given(IDS, st.dictionaries(st.sampled_from(["ad", "app"]), IDS))
def test_everybody_who_is_named_has_one_place(ids, others):
    facts = pd.Index(sorted(ids), dtype="str")
    columns = {name: pd.Index(some, dtype="str") for name, some in others.items()}
    roster, found = Roster.joining(facts, columns)
    assert roster.ids.tolist() == sorted({*ids, *(one for some in others.values() for one in some)})
    assert found.keys() == others.keys()
    for name, some in others.items():
        assert roster.ids[found[name]].tolist() == some
        assert found[name].tolist() == roster.positions(columns[name]).tolist()
