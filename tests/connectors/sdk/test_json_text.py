"""The chain of the audit trail is hashed over this text: it may never come out otherwise."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.sdk.json_text import json_text

CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(CONTENT)
@example('\x00\x08\x1f\x7f\u2028"\\/é😀')
@example([2**63, -(2**63), 2**64, 10**30])
@example({"b": 1, "a": {"\n": []}})
def test_it_is_to_the_letter_what_python_makes_of_it(content):
    assert json_text(content) == json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def test_half_a_character_is_no_reason_to_fail():
    assert json_text(["\ud800"]) == '["\ud800"]'


def test_what_has_no_form_in_json_is_refused():
    with pytest.raises(TypeError):
        json_text({"when": object()})
