import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle import called
from tasks.lifecycle.called import fingerprints
from tasks.lifecycle.name_columns import NAME_COLUMNS

JANINE = {
    "nick_name": "Janine",
    "initials": "J.H.C.",
    "family_name_prefix": "van den",
    "family_name": "Boele",
    "convention": "B",
}


def of(*persons, prefix="person."):
    frame = pd.DataFrame([{f"{prefix}{k}": v for k, v in one.items()} for one in persons])
    return fingerprints(frame).tolist()


def test_a_fingerprint_is_what_it_was_years_ago():
    assert of(JANINE) == ["a83a84ead1305a99"]


def test_another_name_or_convention_has_another_fingerprint():
    others = [
        JANINE | {"nick_name": "Janina"},
        JANINE | {"family_name": "boele"},
        JANINE | {"family_name_prefix": None},
        JANINE | {"family_name_prefix": None, "family_name": "van den Boele"},
        JANINE | {"nick_name": "JanineJ", "initials": ".H.C."},
        *(JANINE | {"partner_name": "Vries", "convention": one} for one in ("P", "BP", "PB")),
        JANINE | {"partner_name_prefix": "de", "partner_name": "Vries", "convention": "P"},
    ]
    assert len(set(of(JANINE, *others))) == 1 + len(others)


def test_what_the_convention_leaves_out_is_no_change_of_name():
    same = [
        JANINE | {"partner_name": "Vries"},
        JANINE | {"given_name": "Janine Hendrika"},
        JANINE | {"convention": "P"},
        JANINE | {"convention": "b"},
    ]
    assert len(set(of(JANINE, *same))) == 1


def test_spaces_and_the_way_a_letter_is_composed_change_nothing():
    odd = JANINE | {"family_name_prefix": " van  den", "nick_name": "Janine\u200b"}
    assert len(set(of(JANINE, odd))) == 1
    assert len(set(of({"nick_name": "Zoë"}, {"nick_name": "Zoe\u0308"}))) == 1


def test_an_import_is_read_like_its_facts_and_other_columns_do_not_count():
    assert of(JANINE) == of(JANINE | {"work_email": "j@example.org"}, prefix="")


def test_nobody_has_no_fingerprint():
    assert fingerprints(pd.DataFrame({"nick_name": []}, dtype="str")).empty


names = st.dictionaries(st.sampled_from(NAME_COLUMNS), st.text(max_size=8))


@given(st.lists(names, min_size=2, max_size=5))
def test_a_fingerprint_does_not_depend_on_who_else_is_there(several):
    assert of(*several) == [of(one)[0] for one in several]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_fingerprint_does_not_depend_on_how_many_are_done_at_once(monkeypatch, at_once):
    several = [JANINE, {}, JANINE | {"nick_name": "Kim"}, {"nick_name": "Ольга"}, JANINE]
    whole = of(*several)
    monkeypatch.setattr(called, "ROWS_AT_ONCE", at_once)
    assert of(*several) == whole
