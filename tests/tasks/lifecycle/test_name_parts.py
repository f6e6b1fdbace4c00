import pytest

from tasks.lifecycle.name_forms import DISPLAY_FORMS, fill_form, form_values
from tasks.lifecycle.name_parts import Family, NameParts, format_initials


def shown(parts, limit=256):
    return fill_form(DISPLAY_FORMS[1], form_values(parts), limit=limit)


def test_a_form_of_initials_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="option 9"):
        format_initials(("J",), 9)


def test_a_prefix_alone_is_no_name():
    parts = NameParts.of(
        {"family_name_prefix": "van den", "nick_name": "Janine", "convention": "B"}
    )
    assert parts.birth == Family("", "")
    assert shown(parts) == "Janine"


def test_long_names_are_cut_to_what_a_directory_takes():
    parts = NameParts.of({"nick_name": "J" * 300, "family_name": "B" * 100, "convention": "B"})
    assert shown(parts) == "J" * 256
    assert fill_form("{leading}", form_values(parts), limit=64) == "B" * 64


def test_joiners_that_belong_to_the_spelling_are_kept_and_surrogates_are_not():
    parts = NameParts.of(
        {"nick_name": "علی\u200cرضا", "family_name": "B\ud800oele", "convention": "B"}
    )
    assert shown(parts) == "علی\u200cرضا Boele"
