import json
from urllib.parse import parse_qs

import pytest

from connectors.afas.query import AT_LEAST, AT_MOST, EQUAL, Condition, both, filter_query

A, B, C = Condition("A", EQUAL, "1"), Condition("B", AT_LEAST, "x y"), Condition("C", AT_MOST, "&")


def test_conditions_of_a_group_are_anded_by_commas_and_groups_are_ored_by_semicolons():
    assert filter_query([[A], [B, C]]) == (
        "filterfieldids=A;B,C&filtervalues=1;x%20y,%26&operatortypes=1;2,3"
    )


@pytest.mark.parametrize("value", ["Smith, John", "a;b", ",", ";"])
def test_a_separator_in_a_value_separates_nothing(value):
    asked = parse_qs(filter_query([[A, Condition("D", EQUAL, value)], [B]]))
    first, second = json.loads(asked["filterjson"][0])["Filters"]["Filter"]
    assert first["Field"][1] == {"@FieldId": "D", "@OperatorType": "1", "#text": value}
    assert second["Field"] == [{"@FieldId": "B", "@OperatorType": "2", "#text": "x y"}]


def test_a_further_condition_holds_in_every_group():
    assert both([[A], [B]], C) == [[A, C], [B, C]]
    assert both([], C) == [[C]]
