import pytest

from tasks.lifecycle.name_parts import Family, NameParts, display_name, format_initials, surname

JANINE = NameParts.of(
    {"nick_name": "Janine", "initials": "J.H.C.", "family_name": "Boele", "convention": "B"}
)


@pytest.mark.parametrize("form", [display_name, surname, format_initials])
def test_a_form_that_does_not_exist_is_refused(form):
    with pytest.raises(ValueError, match="option 9"):
        form(JANINE, 9)


def test_a_prefix_alone_is_no_name():
    parts = NameParts.of(
        {"family_name_prefix": "van den", "nick_name": "Janine", "convention": "B"}
    )
    assert parts.birth == Family("", "")
    assert display_name(parts, 1) == "Janine"


def test_long_names_are_cut_to_what_a_directory_takes():
    parts = NameParts.of({"nick_name": "J" * 300, "family_name": "B" * 100, "convention": "B"})
    assert display_name(parts, 1) == "J" * 256
    assert surname(parts, 1) == "B" * 64


def test_joiners_that_belong_to_the_spelling_are_kept_and_surrogates_are_not():
    parts = NameParts.of(
        {"nick_name": "علی\u200cرضا", "family_name": "B\ud800oele", "convention": "B"}
    )
    assert display_name(parts, 1) == "علی\u200cرضا Boele"
