import pytest

from config.limits import Limit, SourceLimits, TargetLimits


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
    assert set(complete) == set(TargetLimits.model_fields)


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


def test_a_limit_of_nothing_is_a_limit():
    assert TargetLimits.model_validate({"delete": 0}).complete()["delete"].count == 0
