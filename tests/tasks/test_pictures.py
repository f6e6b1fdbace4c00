"""Pictures of runs: they need nothing from outside, name nobody, and come out the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from connectors.ledger.trend import RunTrend
from connectors.model.change import Verb
from tasks.pictures import _OUTCOMES, _VERBS, as_url, changes_by_verb, movements, outcomes

ZONE = ZoneInfo("Europe/Amsterdam")
TARGETS = {
    "active_directory": {"planned": {"create": 3, "grant": 4}},
    "hr": {"planned": {"update": 3}},
    "idle": {"planned": {}},
}
FIRST = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Amsterdam


def a_trend(count=30):
    return [
        RunTrend(
            run=f"run-{n}",
            started=FIRST + timedelta(days=n),
            exit=3 if n == 2 else 0,
            outcomes={} if n == 2 else {"done": n, "failed": 1, "in_doubt": 1},
            persons={} if n == 2 else {"joiners": n % 3, "leavers": 1},
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "svg",
    [changes_by_verb(TARGETS), movements(a_trend(), ZONE), outcomes(a_trend(), ZONE)],
    ids=["changes", "people", "outcomes"],
)
def test_a_picture_is_svg_that_needs_nothing_from_outside(svg):
    assert svg is not None
    root = ET.fromstring(svg)  # noqa: S314 - we have just made it
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not list(root.iter("{http://www.w3.org/2000/svg}text")), "text needs a font"
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not (name.endswith("href") and not value.startswith("#"))
    assert "<script" not in svg
    assert as_url(svg).startswith("data:image/svg+xml;base64,")


def test_the_same_figures_give_the_same_bytes_in_any_thread():
    def every(_):
        return changes_by_verb(TARGETS), movements(a_trend(), ZONE), outcomes(a_trend(), ZONE)

    with ThreadPoolExecutor(3) as pool:
        drawn = set(pool.map(every, range(3)))
    assert len(drawn) == 1
    assert changes_by_verb({"hr": {"planned": {"update": 4}}}) != changes_by_verb(
        {"hr": {"planned": {"update": 3}}}
    )


def test_nothing_is_drawn_where_nothing_happened():
    assert changes_by_verb({"idle": {"planned": {}}}) is None
    assert changes_by_verb({}) is None
    quiet = [RunTrend(run="r", started=FIRST, exit=0)]
    assert movements(quiet, ZONE) is None
    assert outcomes(quiet, ZONE) is None
    assert outcomes([], ZONE) is None


def test_days_are_those_of_the_profile_and_runs_of_one_day_are_one_bar():
    twice = [*a_trend(1), RunTrend(run="b", started=FIRST, exit=0, persons={"movers": 2})]
    in_amsterdam, in_utc = (movements(twice, zone) for zone in (ZONE, ZoneInfo("UTC")))
    assert in_amsterdam != in_utc


def test_every_verb_has_a_colour_of_its_own_and_what_went_wrong_a_pattern_too():
    assert _VERBS.keys() == set(Verb)
    assert len(set(_VERBS.values())) == len(_VERBS)
    assert all(hatch for name, (_, hatch) in _OUTCOMES.items() if name not in {"done", "already"})
