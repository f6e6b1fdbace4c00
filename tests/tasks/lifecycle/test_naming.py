import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.lifecycle.name_forms import COMMON_NAMES, DISPLAY_FORMS, SURNAME_FORMS
from tasks.lifecycle.naming import NameOptions, NoName, candidates, display_frame
from tasks.lifecycle.naming_options import LOGIN_OPTIONS, MAIL_OPTIONS, UPN_OPTIONS
from tasks.lifecycle.people import person_facts
from tests.examples import tries
from tests.tasks.lifecycle import hr

JANINE = {
    "nick_name": "Janine",
    "initials": "J.H.C.",
    "family_name_prefix": "van den",
    "family_name": "Boele",
    "partner_name_prefix": "de",
    "partner_name": "Vries",
    "convention": "B",
}
PLAIN = re.compile(r"[0-9a-z](?:[0-9a-z_-]|\.(?!\.))*(?<![._-])")


BY_NUMBER = {
    "mail": MAIL_OPTIONS,
    "upn": UPN_OPTIONS,
    "login": LOGIN_OPTIONS,
    "display": DISPLAY_FORMS,
    "surname": SURNAME_FORMS,
    "common_name": COMMON_NAMES,
}


def options(**chosen):
    """Generators by number, as the tables have them."""
    made = {name: BY_NUMBER.get(name, {}).get(value, value) for name, value in chosen.items()}
    return NameOptions(**{"domain": "example.org", **made})


def first(person, count, **chosen):
    return list(itertools.islice(candidates(person, options(**chosen)), count))


def cells(file):
    """Option, convention and expected values of every cell of a table."""
    return [
        pytest.param(option, convention, values, id=f"{file}-{option}-{convention}")
        for option, rows in hr.case(f"naming/{file}.yaml").items()
        for conventions, values in rows.items()
        for convention in conventions.split()
    ]


@pytest.mark.parametrize(("option", "convention", "values"), cells("mail"))
def test_mail_option_gives_the_values_of_the_table(option, convention, values):
    found = first(JANINE | {"convention": convention}, len(values), mail=option)
    assert [names.local_part for names in found] == values


@pytest.mark.parametrize(("option", "convention", "values"), cells("login"))
def test_login_option_gives_the_values_of_the_table(option, convention, values):
    found = first(JANINE | {"convention": convention}, len(values), login=option)
    assert [names.login for names in found] == values


@pytest.mark.parametrize(
    ("name", "option", "convention", "value"),
    [
        pytest.param(name, option, convention, value, id=f"{name}-{option}-{convention}")
        for name, table in hr.case("naming/display.yaml").items()
        for option, row in table.items()
        for convention, value in row.items()
    ],
)
def test_display_option_gives_the_value_of_the_table(name, option, convention, value):
    chosen = {name.removesuffix("_name"): option}
    (names,) = first(JANINE | {"convention": convention}, 1, **chosen)
    assert getattr(names, name) == value
    assert names.warnings == ()


@pytest.mark.parametrize(("option", "values"), hr.case("naming/common_name.yaml").items())
def test_common_name_option_gives_the_values_of_the_table(option, values):
    assert [names.common_name for names in first(JANINE, 3, common_name=option)] == values


@pytest.mark.parametrize(("option", "convention", "values"), cells("upn"))
def test_upn_option_gives_the_values_of_the_table(option, convention, values):
    found = first(JANINE | {"convention": convention}, len(values), upn=option, mail=2)
    assert [names.upn_local_part for names in found] == values
    assert found[0].local_part == "janine.vandenboele"


@pytest.mark.parametrize(("option", "convention", "values"), cells("mail"))
def test_user_principal_name_and_proxy_address_go_with_the_mail_address(option, convention, values):
    found = first(JANINE | {"convention": convention}, len(values), mail=option)
    assert [names.upn_local_part for names in found] == values
    assert [names.proxy_addresses for names in found] == [
        (f"SMTP:{value}@example.org",) for value in values
    ]


def test_every_option_has_its_row_in_the_tables():
    assert set(hr.case("naming/upn.yaml")) == set(UPN_OPTIONS)
    assert set(hr.case("naming/mail.yaml")) == set(MAIL_OPTIONS)
    assert set(hr.case("naming/login.yaml")) == set(LOGIN_OPTIONS)


@pytest.mark.parametrize("case", hr.cases("naming/traps"))
def test_naming_trap(case):
    chosen = case.get("options", {})
    if "no_name" in case:
        with pytest.raises(NoName, match=re.escape(case["no_name"])):
            candidates(case["person"], options(**chosen))
        return
    found = first(case["person"], 9, **chosen)
    for name, value in case.get("expect", {}).items():
        assert getattr(found[0], name) == value
    for name, key in (("local_part", "next"), ("login", "logins")):
        expected = case.get(key, [])
        assert [getattr(names, name) for names in found[: len(expected)]] == expected
    assert found[0].warnings == tuple(case.get("warnings", ()))


def test_local_part_login_and_common_name_advance_together():
    second = first(JANINE, 2)[1]
    assert (second.local_part, second.login, second.common_name, second.iteration) == (
        "j.h.c.vandenboele",
        "javandenboele",
        "Janine van den Boele 02",
        1,
    )
    assert second.display_name == "Janine van den Boele"
    assert second.mail_nickname == second.local_part
    assert second.domain == "example.org"


def test_candidates_stop_after_the_tries():
    assert len(list(candidates(JANINE, options()))) == 100
    assert len(list(candidates(JANINE, options(tries=3)))) == 3


def test_a_row_of_the_facts_frame_is_read_like_a_plain_person():
    people = hr.people([{"external_id": "1"}], persons=[{"external_id": "p", **JANINE}])
    (row,) = person_facts(people, pd.Timestamp("2026-11-23").date()).to_dict("records")
    assert first(row, 5) == first(JANINE, 5)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, "", " "])
def test_any_kind_of_missing_value_is_no_name(missing):
    (names,) = first(JANINE | {"partner_name": missing, "convention": "P"}, 1)
    assert names.display_name == "Janine van den Boele"


@pytest.mark.parametrize(
    "wrong",
    [
        {"initials": 3},
        {"tries": 0},
        {"domain": ""},
        {"domain": "@example.org"},
        {"domain": "a" * 253},
    ],
)
def test_options_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValueError, match=f"names.{next(iter(wrong))}"):
        options(**wrong)


texts = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.text(st.characters(categories=["L", "M", "Zs", "Pd"]), max_size=90),
    st.sampled_from(["Jan Peter", "van den", "O'Brien", "Ольга", "..", "-", "Øyvind", "ⵧ", "2"]),
    st.sampled_from(["Janine", "J.H.C.", "de", "Vries", " Kim", "Anne  Fleur", "x\x1fy", "Ann,"]),
)
persons = st.fixed_dictionaries(
    dict.fromkeys(JANINE, texts)
    | {"convention": st.sampled_from(["B", "P", "BP", "PB", "?", None]), "given_name": texts}
)
choices = st.builds(
    options,
    mail=st.sampled_from(sorted(MAIL_OPTIONS)),
    login=st.sampled_from(sorted(LOGIN_OPTIONS)),
    display=st.one_of(
        st.integers(1, 3),
        st.sampled_from(
            [
                "{initials}[ ({trailing.name})]",
                "[{birth}, ]{first} x",
                "{birth.prefix}[, {birth}]",
            ]
        ),
    ),
    surname=st.integers(1, 2),
    common_name=st.integers(1, 3),
    initials=st.integers(1, 2),
    tries=st.just(40),
)


@given(persons, choices)
def test_candidates_differ_everywhere_and_keep_to_characters_and_limits(person, chosen):
    try:
        found = list(candidates(person, chosen))
    except NoName:
        return
    assert len(found) == chosen.tries
    for name in ("local_part", "login", "common_name"):
        values = [getattr(names, name).casefold() for names in found]
        assert len(set(values)) == len(values)
    for names in found:
        assert PLAIN.fullmatch(names.local_part)
        assert PLAIN.fullmatch(names.login)
        assert len(names.local_part) <= 64
        assert len(names.login) <= 20
        assert 0 < len(names.common_name) <= 64
        assert 0 < len(names.display_name) <= 256
        assert len(names.surname) <= 64
        assert len(names.initials) <= 6
        for shown in (names.common_name, names.display_name, names.surname):
            assert shown == " ".join(shown.split())


@settings(max_examples=tries(60))
@given(st.lists(persons, min_size=1, max_size=4), choices)
def test_display_frame_shows_what_the_first_candidate_shows(several, chosen):
    rows = {f"p{n}": {f"person.{k}": v for k, v in p.items()} for n, p in enumerate(several)}
    frame = display_frame(pd.DataFrame.from_dict(rows, orient="index"), chosen)
    assert list(frame.columns) == ["display_name", "surname", "initials", "common_name"]
    assert list(frame.index) == list(rows)
    for person, shown in zip(several, frame.itertuples(index=False), strict=True):
        try:
            names = next(candidates(person, chosen))
        except NoName:
            continue
        for name, value in shown._asdict().items():
            assert (value if isinstance(value, str) else "") == getattr(names, name)


def test_display_frame_of_nobody_has_its_columns():
    facts = person_facts(hr.people([{"external_id": "1"}]), pd.Timestamp("2026-11-23").date())
    frame = display_frame(facts.iloc[:0], options())
    assert frame.empty
    assert set(frame.dtypes) == {pd.StringDtype(na_value=np.nan)}
