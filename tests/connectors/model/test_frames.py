"""People and accounts: shapes, digests, and what they refuse."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.accounts import Accounts
from connectors.model.people import People
from connectors.model.texts import places_in
from connectors.sdk.invent import invent

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def people(persons, contracts=(), **parts):
    return People(
        persons=pd.DataFrame(persons), contracts=pd.DataFrame(contracts), taken_at=NOW, **parts
    )


def test_the_digest_does_not_depend_on_the_order_of_rows_or_columns_or_on_when():
    one = invent(60, 1, date(2026, 11, 23))
    other = People(
        persons=one.persons.sample(frac=1, random_state=1)[sorted(one.persons.columns)],
        contracts=one.contracts.sample(frac=1, random_state=2)[sorted(one.contracts.columns)],
        departments=one.departments.sample(frac=1, random_state=3),
        taken_at=NOW,
    )
    assert other.digest == one.digest


@pytest.mark.parametrize("column", ["family_name", "work_email", "excluded", "custom.size"])
def test_the_digest_depends_on_every_cell(column):
    row = {"external_id": "1", "family_name": "Smit", "custom.size": "38"}
    changed = {**row, column: True if column == "excluded" else "x"}
    assert people([row]).digest != people([changed]).digest


def test_empty_text_is_missing():
    found = people([{"external_id": "1", "work_email": ""}])
    assert found.persons["work_email"].isna().all()
    assert found.digest == people([{"external_id": "1"}]).digest


@pytest.mark.parametrize(
    ("persons", "contracts", "says"),
    [
        ([{"external_id": ""}], [], "a person without external_id"),
        ([{"external_id": "1"}, {"external_id": "1"}], [], "person 1 stands there twice"),
        (
            [{"external_id": "1"}],
            [{"external_id": "c", "person_id": "2"}],
            "belongs to 2, who is not",
        ),
        ([{"external_id": "1", "shoe_size": "44"}], [], "unknown columns: shoe_size"),
    ],
)
def test_people_that_contradict_themselves_are_refused(persons, contracts, says):
    with pytest.raises(ValueError, match=says):
        people(persons, contracts)


def test_nobody_is_a_snapshot_too():
    nobody = people([])
    assert len(nobody) == 0
    assert nobody
    assert nobody.digest == people([]).digest
    with pytest.raises(KeyError):
        nobody.person("1")


def test_first_and_last_day_of_a_contract_are_days_of_it():
    found = people(
        [{"external_id": "1"}],
        [
            {
                "external_id": "c",
                "person_id": "1",
                "start_date": "2026-01-01",
                "end_date": "2026-03-31",
            }
        ],
    )
    [contract] = found.person("1").contracts
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [contract.active_on(day) for day in days] == [False, True, True, False]


def accounts(**parts):
    records = {"r1": {"person": "1", "enabled": True}, "r2": {"person": ""}}
    attributes = {"r1": {"mail": "A@example.org", "no": "", "many": ("a", "b")}, "r2": {}}
    return Accounts.from_records(
        target="ad", **{"records": records, "attributes": attributes, "taken_at": NOW, **parts}
    )


def test_accounts_have_their_shape():
    found = accounts(
        taken=[("address", "A@Example.org", "r1")],
        grants=[("r1", "g")],
        permissions={"g": "G"},
    )
    assert list(found.accounts.columns) == [
        "person",
        "enabled",
        "container",
        "label",
        "protected",
        "keep",
    ]
    assert found.accounts["person"].isna().tolist() == [False, True]
    assert found.accounts["enabled"].isna().tolist() == [False, True]
    assert found.accounts["protected"].tolist() == [False, False]
    assert found.attributes.loc["r1"].to_dict() == {"mail": "A@example.org", "many": ("a", "b")}
    assert [found.value("r2", name) for name in ("mail", "many")] == [None, None]
    assert [str(found.attributes[name].dtype) for name in ("mail", "many")] == ["str", "object"]
    assert found.taken.to_dict("records") == [
        {"space": "address", "value": "a@example.org", "ref": "r1"}
    ]
    assert found.permissions.loc["g"].to_dict() == {"name": "G", "grantable": True, "kind": "group"}
    assert len(found) == 2


def test_an_empty_target_is_empty_and_no_error():
    nothing = accounts(records={}, attributes={})
    assert len(nothing) == 0
    assert nothing
    assert list(nothing.grants.columns) == ["ref", "permission"]


def test_a_native_id_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="ad: native id r stands twice"):
        Accounts(
            target="ad",
            accounts=pd.DataFrame({"person": ["1", "2"]}, index=["r", "r"]),
            attributes=pd.DataFrame(index=["r", "r"]),
            taken_at=NOW,
        )


def test_a_repr_shows_counts_only():
    assert repr(accounts()) == "Accounts(ad: 2)"
    assert (
        repr(people([{"external_id": "1", "family_name": "Smit"}]))
        == "People(1 persons, 0 contracts)"
    )


texts = st.sampled_from(["a", "b", "c", "", None])


@given(st.lists(texts, max_size=4), st.one_of(st.lists(texts), st.lists(texts, min_size=90)))
def test_a_text_is_found_where_it_stands_first_among_few_and_among_many(wanted, among):
    expected = [among.index(one) if isinstance(one, str) and one in among else -1 for one in wanted]
    found = places_in(pd.Series(wanted, dtype="str"), pd.Series(among, dtype="str"))
    assert found.tolist() == expected


def test_attributes_stand_with_their_account_in_whatever_order_they_came():
    held = pd.DataFrame({"person": ["1", "2"], "enabled": [True, True]}, index=["a", "b"])
    mails = pd.DataFrame({"mail": ["b@example.org", "a@example.org"]}, index=["b", "a"])
    reading = Accounts(target="ad", accounts=held, attributes=mails, taken_at=NOW)
    assert reading.attributes["mail"].tolist() == ["a@example.org", "b@example.org"]
