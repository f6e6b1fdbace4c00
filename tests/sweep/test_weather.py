"""Every way in which a request can fail, at every request of a run; then a run in good weather."""

import random
from collections.abc import Iterator

import pytest

from tests.sweep.company import a_company
from tests.sweep.test_crash import SOAK, Note
from tests.sweep.weather import DOMAIN, NEEDED, SYSTEMS, Storm, in_weather

pytestmark = pytest.mark.timeout(7200 if SOAK else 1200)
FEW = 3
"""Faults that are tried of each system when it is not a soak."""
DOWN = ("refused", "401", "bind refused")
"""Those that are tried besides, from the first request on: the target cannot even be read."""


QUICK = ("scim", DOMAIN)
"""Systems whose requests fail in `make test` too."""


@pytest.fixture(
    params=[
        system if system in QUICK else pytest.param(system, marks=pytest.mark.soak)
        for system in SYSTEMS
    ]
)
def storm(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Storm]:
    """A small company whose system of that name is in the weather."""
    system = request.param
    folder = tmp_path_factory.mktemp(system) / "company"
    with (
        a_company(folder, targets=NEEDED[system]) as company,
        in_weather(company, system) as proxy,
    ):
        yield Storm(company, system, proxy)


def test_a_run_in_any_weather_ends_in_time_says_the_truth_and_the_next_one_makes_up_for_it(
    storm: Storm, record_property: Note, request: pytest.FixtureRequest
) -> None:
    every = [
        (number, fault, for_good)
        for fault in storm.faults
        for for_good in (False, True)
        for number in range(storm.requests)
    ]
    down = [(0, fault, True) for fault in DOWN if fault in storm.faults]
    chosen = every if SOAK else [*down, *random.Random(storm.requests).sample(every, FEW)]
    for number, fault, for_good in chosen:
        storm.at(number, fault, for_good=for_good)
    name = request.node.callspec.id
    told = f"{storm.tally} ({storm.requests} requests, {len(every)} faults there are)"
    record_property(f"sweep faults between us and {name}", told)
    storm.tally.require_nothing_wrong()
