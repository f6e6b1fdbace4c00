import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle.taken import Taken


def test_a_name_is_free_until_somebody_holds_it_and_stays_free_for_them():
    taken = Taken({"address": {"Janine.Boele@example.org": "p"}})
    assert taken.is_free("address", "janine.boele@EXAMPLE.org", "p")
    assert not taken.is_free("address", "janine.boele@example.org", "q")
    assert taken.is_free("login", "janine.boele@example.org", "q")


def test_a_name_held_by_something_else_is_free_for_nobody():
    taken = Taken({"address": {"care@example.org": None}})
    assert not taken.is_free("address", "Care@example.org", "p")
    taken.hold("address", "care@example.org", "p")
    assert not taken.is_free("address", "care@example.org", "p")


def test_a_name_with_two_holders_is_free_for_neither():
    taken = Taken()
    taken.hold("address", "jan@example.org", "p")
    taken.hold("address", "Jan@example.org", "p")
    assert taken.is_free("address", "jan@example.org", "p")
    taken.hold("address", "jan@example.org", "q")
    assert not taken.is_free("address", "jan@example.org", "p")
    assert not taken.is_free("address", "jan@example.org", "q")


def test_a_reserved_name_can_be_reserved_again_by_the_same_person_only():
    taken = Taken()
    taken.reserve("login", "jboele", "p")
    taken.reserve("login", "JBoele", "p")
    with pytest.raises(ValueError, match="not free for q"):
        taken.reserve("login", "jboele", "q")
    assert taken.is_free("login", "jboele", "p")


class Accounts:
    """Holders of a made-up target: `a1` is of person 1."""

    def persons(self, refs):
        return [ref.removeprefix("a") if ref.startswith("a") else None for ref in refs]

    def refs(self, persons):
        return [f"a{person}" for person in persons]


def column(*rows):
    values, refs = zip(*rows, strict=True)
    return pd.Series(values, dtype="str"), pd.Series(refs, dtype="str")


def test_names_held_in_a_column_belong_to_the_persons_behind_the_accounts():
    taken = Taken()
    taken.hold_column("address", *column(("Jan@Example.org", "a1"), ("team@x", "g7")), Accounts())
    assert taken.is_free("address", "jan@example.org", "1")
    assert not taken.is_free("address", "JAN@example.org", "2")
    assert not taken.is_free("address", "team@x", "1")
    assert taken.is_free("address", "else@x", "1")


def test_a_column_that_comes_later_counts_for_what_was_asked_already():
    taken = Taken()
    taken.hold_column("address", *column(("jan@x", "a1")), Accounts())
    assert taken.is_free("address", "jan@x", "1")
    taken.hold_column("address", *column(("JAN@x", "2"), (None, "3")))
    assert not taken.is_free("address", "jan@x", "1")
    assert not taken.is_free("address", "jan@x", "2")


def test_addresses_are_the_same_with_and_without_what_proxy_addresses_put_before_them():
    taken = Taken()
    taken.hold_column("address", *column(("SMTP:Jan@x", "a1"), ("smtp:JÖRG@x", "a2")), Accounts())
    assert not taken.is_free("address", "jan@x", "2")
    assert not taken.is_free("address", "smtp:jörg@x", "1")


def test_what_somebody_holds_is_known_once_it_was_looked_up():
    taken = Taken()
    taken.hold_column("address", *column(("jan@x", "a1"), ("piet@x", "a2")), Accounts())
    taken.look_up_persons(["1"])
    assert taken.held_in({"address"}, "1") == {("address", "jan@x")}
    assert not taken.held_in({"login"}, "1")
    assert taken.holds("address", "Jan@x", "1")
    assert not taken.held_in({"address"}, "2")
    taken.hold("address", "jan@x", "2")
    assert not taken.held_in({"address"}, "1")


rows = st.lists(
    st.tuples(
        st.sampled_from(["jan", "Jan", "smtp:jan", "ÖLÖ", "ölö", "ß", "ss", "x" * 300]),
        st.sampled_from(["a1", "a2", "g1"]),
    ),
    min_size=1,
)


@given(rows, st.sampled_from(["JAN", "ölö", "ss", "nobody"]), st.sampled_from(["1", "2"]))
def test_a_column_says_the_same_as_its_names_one_by_one(held, value, person):
    several, single = Taken(), Taken()
    several.hold_column("address", *column(*held), Accounts())
    for name, ref in held:
        single.hold("address", name, Accounts().persons([ref])[0])
    assert several.is_free("address", value, person) == single.is_free("address", value, person)
