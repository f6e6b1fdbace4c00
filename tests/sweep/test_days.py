"""Days and weeks of changes in HR, with deaths and faults in between."""

import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import count
from pathlib import Path
from typing import Final
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sdk import clock
from tests.sweep.days import KINDS, Days, Event, some_events
from tests.sweep.test_crash import SOAK, Note

pytestmark = pytest.mark.timeout(7200 if SOAK else 1200)
PEOPLE: Final = int(os.environ.get("RETOUR_SOAK_PEOPLE", "20000" if SOAK else "60"))
DAYS: Final = int(os.environ.get("RETOUR_SOAK_DAYS", "30" if SOAK else "3"))
CHANGES: Final = int(os.environ.get("RETOUR_SOAK_CHANGES", "200" if SOAK else "12"))
"""A day."""
MOST_GROWTH: Final = 1.5
"""Of the median of the last ten days to that of the first ten, in megabytes and CPU seconds."""
_FOLDERS = count(1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a history.

    Attributes:
        events: What HR writes down.
        deaths: Places at which a run dies, one run after the other.
    """

    events: tuple[Event, ...]
    deaths: tuple[int, ...]


events = st.builds(Event, st.sampled_from(KINDS), st.integers(0, 20))
days = st.builds(
    Day,
    st.lists(events, min_size=0 if SOAK else 1, max_size=4).map(tuple),
    st.lists(st.integers(0, 60), min_size=0 if SOAK else 1, max_size=2 if SOAK else 1).map(tuple),
)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and an environment that says nothing about Retour."""
    for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@settings(
    max_examples=100 if SOAK else 2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(days, min_size=1, max_size=4 if SOAK else 2), at_once=st.booleans())
def test_whatever_happens_in_hr_and_whenever_runs_die_the_end_is_that_of_a_calm_life(
    elsewhere: Path, history: list[Day], *, at_once: bool
) -> None:
    """A company whose runs die ends like one whose runs do not.

    Whoever died is run again on the same day, `at_once`, or not before HR has gone on; then a
    person who married in between is named by what they were called when the account was made, and
    that is all that may differ.
    """
    number = next(_FOLDERS)
    calm, disturbed = (Days(elsewhere / f"{name}-{number}", 4) for name in ("calm", "disturbed"))
    for day in history:
        for company in (calm, disturbed):
            for event in day.events:
                company.happen(event)
        calm.run_calmly()
        for place in day.deaths:
            disturbed.run(until=place)
        if at_once or not day.deaths:
            assert disturbed.run_calmly().exit == 0
            assert disturbed.wrong() == []
        for company in (calm, disturbed):
            company.site.next_day()
    for company in (calm, disturbed):
        assert company.run_calmly().exit == 0
        assert company.wrong() == []
        company.site.day = company.site.day.replace(year=2027)  # whoever is to be deleted is
        assert company.run_calmly().exit == 0
        assert company.wrong() == []
    assert disturbed.run_calmly().report["plan"]["changes"] == 0
    named = slice(None) if at_once else slice(2, None)
    assert _told(disturbed, named) == _told(calm, named)
    if at_once:
        assert disturbed.written_back() == calm.written_back()
    for company in (calm, disturbed):
        company.close()


def _told(company: Days, parts: slice) -> dict[str, list[tuple[object, ...]]]:
    held = company.directory()
    return {
        person: [(one[0], *one[parts]) for one in accounts] for person, accounts in held.items()
    }


def test_a_clock_that_jumps_between_runs_costs_nobody_anything(elsewhere: Path) -> None:
    """The clock of the machine, not the day that HR is read for: that one guards look at."""
    chance = random.Random(5)
    company = Days(elsewhere / "clock", 6)
    for jump in (timedelta(days=400), timedelta(days=-400)):
        for event in some_events(chance, 4):
            company.happen(event)
        with clock_set_by(jump):
            assert company.run(until=chance.randrange(8, 30)) is None
        with clock_set_by(-jump):
            assert company.run_calmly().exit == 0
            assert company.wrong() == []
        company.site.next_day()
    assert company.run_calmly().exit == 0
    assert company.run_calmly().report["plan"]["changes"] == 0
    company.close()


@contextmanager
def clock_set_by(jump: timedelta) -> Iterator[None]:
    """The clock goes wrong by so much."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + jump

    with patch.object(clock, "datetime", Wrong):
        yield


def test_a_month_of_changes_faults_and_deaths_ends_with_no_difference(
    elsewhere: Path, record_property: Note
) -> None:
    """20,000 people for 30 days with 200 changes each, in a soak; a few people for some days else.

    Every day a run meets faults of the directory, and every second one dies of a kill besides; the
    one after it makes up for that. Then the directory, HR and the ledger are what the two rules say
    in words. The soak takes half an hour of one core, half of it for the first load.
    """
    chance = random.Random(20_000)
    company = Days(elsewhere / "month", PEOPLE)
    company.run(until=chance.randrange(PEOPLE))  # the first load dies as well
    assert company.run_calmly().exit == 0
    assert company.wrong() == []
    seconds: list[float] = []
    memory: list[float] = []
    exits: dict[int, int] = {}
    faults = max(4, CHANGES // 10)
    for _ in range(DAYS):
        company.site.next_day()
        for event in some_events(chance, CHANGES):
            company.happen(event)
        with company.troubled(chance, faults=faults, calls=2 * CHANGES):
            until = chance.randrange(4 * CHANGES) if chance.random() < 0.5 else None
            disturbed = company.run(until=until)
        if disturbed is not None:
            exits[disturbed.exit] = exits.get(disturbed.exit, 0) + 1
        begun = time.process_time()
        ending = company.run_calmly()
        seconds.append(time.process_time() - begun)
        memory.append(_resident())
        assert ending.exit == 0, ending.report["refused"]
        assert company.wrong() == []
    assert company.run_calmly().report["plan"]["changes"] == 0
    slower, larger = _growth(seconds), _growth(memory)
    told = (
        f"{PEOPLE:,} people, {CHANGES} changes a day, {DAYS} days: {company.died} runs killed, "
        f"{faults * DAYS} faults, disturbed runs ended with {dict(sorted(exits.items()))}, "
        f"differences 0; last third to first: time {slower:.2f}, memory {larger:.2f}; "
        f"MB a day {_figures(memory, 0)}; CPU seconds a run {_figures(seconds, 1)}"
    )
    record_property("sweep a month", told)
    company.close()
    if SOAK:
        assert larger < MOST_GROWTH, told
        assert slower < MOST_GROWTH, told


def _figures(figures: list[float], places: int) -> str:
    return " ".join(f"{one:.{places}f}" for one in figures)


def _growth(figures: list[float]) -> float:
    """The median of the last third, to that of the first."""
    third = max(1, len(figures) // 3)
    first, last = sorted(figures[:third]), sorted(figures[-third:])
    return last[len(last) // 2] / first[len(first) // 2]


def _resident() -> float:
    """Megabytes that this process holds now; where nobody says so, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return pages * resource.getpagesize() / 1024 / 1024
