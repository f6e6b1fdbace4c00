"""Several sources as one import. The cases are the specification."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from connectors.model.errors import ConfigError
from connectors.model.people import People
from tasks.lifecycle.guard_source import SourceLimits, review_source
from tasks.lifecycle.join import MOST_NOTES, Further, join_people
from tests.tasks.lifecycle import hr

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)


def people(raw, **further):
    def frame(name):
        return pd.DataFrame(raw.get(name) or [], dtype=object).map(
            lambda cell: str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell
        )

    persons = frame("persons")
    if persons.empty:
        persons = pd.DataFrame({"external_id": pd.Series([], dtype="str")})
    return People(
        persons=persons,
        contracts=frame("contracts"),
        departments=frame("departments"),
        blocked=frame("blocked"),
        taken_at=AT,
        **further,
    )


def badges(raw, **join):
    sets = {name: frozenset(join[name]) for name in ("owns", "takes") if name in join}
    return Further(name="badges", people=people(raw), **{**join, **sets})


@pytest.mark.parametrize("case", hr.cases("join"))
def test_join(case):
    joined = join_people(people(case["first"]), [badges(case["badges"], **case.get("join", {}))])
    wanted = people({**case, "blocked": []})
    for name in ("persons", "contracts", "departments"):
        if name in case:
            found, expected = getattr(joined, name), getattr(wanted, name)
            pd.testing.assert_frame_equal(
                found.dropna(axis="columns", how="all"),
                expected.dropna(axis="columns", how="all"),
                check_like=True,
            )
    blocked = joined.blocked[["external_id", "code", "reason"]].to_numpy().tolist()
    assert blocked == [list(map(str, row)) for row in case.get("blocked", [])]
    assert [f"{n.person}: {n.reason}" for n in joined.notes] == case.get("notes", [])
    assert joined.sources == {"badges": len(case["badges"]["persons"])}


def test_one_source_is_what_it_is():
    first = people({"persons": [{"external_id": "1"}]})
    assert join_people(first, []) is first


def test_an_earlier_source_counts_more_than_a_later_one():
    first = people({"persons": [{"external_id": "1"}]})
    others = [
        Further(name=name, people=people({"persons": [{"external_id": "1", "work_phone": number}]}))
        for name, number in (("one", "100"), ("two", "200"))
    ]
    joined = join_people(first, others)
    assert joined.persons["work_phone"].tolist() == ["100"]
    assert list(joined.sources) == ["one", "two"]
    [note] = joined.notes
    assert note.reason == "two says another work_phone than the sources before it; they count"


def test_the_order_of_rows_makes_no_difference():
    rows = [{"external_id": str(n), "custom.employee": str(n % 7)} for n in range(20)]
    first = people({"persons": [{"external_id": str(n)} for n in range(9)]})
    one = join_people(first, [badges({"persons": rows}, key="custom.employee", adds=True)])
    two = join_people(first, [badges({"persons": rows[::-1]}, key="custom.employee", adds=True)])
    assert one.digest == two.digest
    pd.testing.assert_frame_equal(one.blocked, two.blocked)
    assert one.notes == two.notes


def test_many_who_differ_get_one_note():
    def named(name):
        return {
            "persons": [
                {"external_id": f"{n:02}", "family_name": name} for n in range(MOST_NOTES + 1)
            ]
        }

    [note] = join_people(people(named("Smit")), [badges(named("Vos"))]).notes
    assert note.reason == (
        "badges says another family_name than the sources before it of 21 persons, "
        "00, 01, 02, 03, 04 and 16 more; they count"
    )


def test_how_keys_are_made_is_remembered_per_source():
    first = people({"persons": [{"external_id": "1"}]}, keys={"person": "Medewerker"})
    joined = join_people(
        first, [badges({"persons": [{"external_id": "1", "custom.n": "1"}]}, key="custom.n")]
    )
    assert joined.keys == {
        "person": "Medewerker",
        "person of badges": "external_id, custom.n is external_id",
        "contract of badges": "external_id",
    }


@pytest.mark.parametrize(
    ("join", "says"),
    [
        ({"key": "custom.n"}, "sources.badges.key: badges has no custom.n: nobody could be told"),
        (
            {"matches": "custom.n"},
            "sources.badges.matches: the sources before it have no custom.n: nobody could be told",
        ),
    ],
)
def test_a_key_that_nobody_read_is_refused(join, says):
    rows = {"persons": [{"external_id": "1"}]}
    with pytest.raises(ConfigError) as refused:
        join_people(people(rows), [badges(rows, **join)])
    assert says in str(refused.value)


def test_two_persons_are_never_called_the_same():
    first = people({"persons": [{"external_id": "badges:7"}]})
    rows = {"persons": [{"external_id": "7"}, {"external_id": "8", "custom.n": "1"}]}
    with pytest.raises(ConfigError, match="two persons would be called badges:7"):
        join_people(first, [badges(rows, key="custom.n", adds=True)])


def test_a_further_source_that_falls_silent_stops_the_run():
    first = people(
        {"persons": [{"external_id": "1"}], "contracts": [{"external_id": "c", "person_id": "1"}]}
    )
    joined = join_people(first, [badges({"persons": []})])
    [objection] = review_source(joined, None, SourceLimits())
    assert objection.structural
    assert "the source badges holds no persons at all" in objection.reason


def test_another_key_of_a_further_source_is_told():
    rows = {
        "persons": [{"external_id": "1", "custom.n": "1"}],
        "contracts": [{"external_id": "c", "person_id": "1"}],
    }
    then = join_people(people(rows), [badges(rows)])
    now = join_people(people(rows), [badges(rows, key="custom.n")])
    reasons = [one.reason for one in review_source(now, then, SourceLimits())]
    assert any("the key of a person of badges is now made from" in reason for reason in reasons)
