"""Garbage is collected seldom while a run lasts, and as usual afterwards."""

import gc

import pytest

from tasks.garbage import NEW_OBJECTS, collected_seldom


@pytest.fixture(autouse=True)
def usual():
    thresholds = gc.get_threshold()
    yield thresholds
    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, 0)


def test_inside_it_is_seldom_and_what_was_there_is_left_out():
    with collected_seldom():
        assert gc.get_threshold()[0] == NEW_OBJECTS
        assert gc.get_freeze_count() > 1_000


def test_the_last_of_several_runs_brings_back_what_was_usual(usual):
    first, second = collected_seldom(), collected_seldom()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == NEW_OBJECTS
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual


def test_an_error_passes_through_and_leaves_nothing_behind():
    with pytest.raises(ZeroDivisionError), collected_seldom():
        _ = 1 / 0
