import pytest
from pydantic import ValidationError

from config.limits import Limit, SourceLimits, TargetLimits, WindowLimits


@pytest.mark.parametrize(
    ("given", "count", "share"),
    [
        (0, 0, None),
        (50, 50, None),
        ("50", 50, None),
        ("10%", None, 0.1),
        ("2.5 %", None, 0.025),
        ("100%", None, 1.0),
        ("0%", None, 0.0),
        ({"count": 5, "share": "10%"}, 5, 0.1),
        ({"count": 5}, 5, None),
        ("unlimited", None, None),
    ],
)
def test_a_limit_is_a_count_a_share_both_or_none(given, count, share):
    found = Limit.model_validate(given)
    assert (found.count, found.share) == (count, share)


def test_silence_means_the_default_of_every_verb():
    complete = TargetLimits().complete()
    assert complete["create"] == Limit.model_validate(50)
    assert complete["delete"] == Limit.model_validate("5%")
    assert complete["correlate"] == Limit.model_validate("unlimited")
    assert {*complete, "over_days", "cumulative"} == set(TargetLimits.model_fields)


def test_silence_of_the_source_means_its_defaults():
    complete = SourceLimits.model_validate({"removed": 3}).complete()
    assert complete["removed"] == Limit.model_validate(3)
    assert complete["blocked"] == Limit.model_validate("10%")
    assert set(complete) == set(SourceLimits.model_fields)


def test_a_target_counts_more_than_the_profile_and_the_profile_more_than_the_default():
    own = TargetLimits.model_validate({"create": 1})
    profile = TargetLimits.model_validate({"create": 2, "update": "unlimited"})
    complete = own.complete(profile)
    assert complete["create"] == Limit.model_validate(1)
    assert complete["update"] == Limit()
    assert complete["move"] == Limit.model_validate("30%")


def test_over_several_days_less_may_go_than_as_many_runs_would_allow():
    window = TargetLimits().complete_window()
    assert set(window) == set(WindowLimits.model_fields)
    assert window["disable"] == Limit.model_validate("20%")
    assert window["revoke"] == Limit.model_validate("40%")
    assert window["delete"] == Limit.model_validate("10%")
    assert {verb for verb, limit in window.items() if limit == Limit()} == {
        "create",
        "update",
        "enable",
        "move",
        "grant",
    }
    assert TargetLimits().days() == 7


def test_the_limit_of_days_grows_with_that_of_a_run_and_is_none_where_that_is_none():
    window = TargetLimits.model_validate(
        {"disable": "unlimited", "revoke": {"count": 5, "share": "60%"}, "delete": 3}
    ).complete_window()
    assert window["disable"] == Limit()
    assert window["revoke"] == Limit.model_validate({"count": 10, "share": "100%"})
    assert window["delete"] == Limit.model_validate(6)


def test_the_window_of_a_target_counts_more_than_that_of_the_profile():
    own = TargetLimits.model_validate({"cumulative": {"create": 1}, "over_days": 3})
    profile = TargetLimits.model_validate(
        {"cumulative": {"create": 2, "delete": "unlimited"}, "over_days": 30}
    )
    window = own.complete_window(profile)
    assert window["create"] == Limit.model_validate(1)
    assert window["delete"] == Limit()
    assert (own.days(profile), TargetLimits().days(profile)) == (3, 30)


@pytest.mark.parametrize("days", [0, 367, True])
def test_a_window_has_one_day_at_least_and_a_year_at_most(days):
    with pytest.raises(ValidationError):
        TargetLimits.model_validate({"over_days": days})


def test_a_limit_of_nothing_is_a_limit():
    assert TargetLimits.model_validate({"delete": 0}).complete()["delete"].count == 0
