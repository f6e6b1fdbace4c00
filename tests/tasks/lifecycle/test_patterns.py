import pytest

from tasks.lifecycle.patterns import MAX_LENGTH, compiled, objection


@pytest.mark.parametrize(
    "pattern",
    [
        "nurse",
        "G-[0-9]{3}",
        r"[a-z]+\.[a-z]+@.*",
        "(senior )?nurse( [0-9]{1,3})?",
        "(?:nurse|carer)( .*)?",
        "(?!intern).*(?=x).*",
        r"\(a+\)+",
        "[(+*]+",
        "[]+(]*",
        "(ab){3}",
        "(a{1}){1}",
        "a{,3}b{,}c{2,}",
        "a{b",
        "x|" * 50 + "x",
    ],
)
def test_a_pattern_that_ends_in_time_is_taken(pattern):
    assert objection(pattern) is None
    assert compiled(pattern) is compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "is not a regular expression: missing )"),
        ("a**", "is not a regular expression: multiple repeat"),
        ("a{1,99999999999999999999}", "is not a regular expression: the repetition number"),
        ("[[a]", "is not a regular expression: Possible nested set"),
        ("x" * (MAX_LENGTH + 1), "is longer than 200 characters"),
        ("(a+)+b", "repeats a group that repeats or chooses"),
        ("((a+))*", "repeats a group that repeats or chooses"),
        ("(a|b){2,}", "repeats a group that repeats or chooses"),
        ("(a?){30}", "repeats a group that repeats or chooses"),
        ("(a(b+)c)+", "repeats a group that repeats or chooses"),
        (".*.*.*.*.*x", "can fit one text in too many ways"),
        ("(a|a)" * 30, "can fit one text in too many ways"),
        (".{0,100}" * 5, "can fit one text in too many ways"),
        (r"(a)\1", "refers back to a group"),
        ("(?P<x>a)", "has a group (?P…"),
        ("(?i)a", "has a group (?i…"),
        ("(?<=a)b", "has a group (?<…"),
    ],
)
def test_a_pattern_that_is_none_or_can_take_for_ever_is_refused(pattern, said):
    assert said in (objection(pattern) or "")


def test_case_makes_no_difference_and_the_whole_text_is_meant():
    assert compiled("Nurse").fullmatch("NURSE")
    assert not compiled("Nurse").fullmatch("NURSES")
