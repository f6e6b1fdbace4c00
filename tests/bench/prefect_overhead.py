"""What Prefect adds to a run: a constant, and a number of tasks that does not follow the people.

A run with nothing to do is timed through the flow, with a server that runs, and without Prefect.
Tasks are counted where they cost: on the server, after a first load. So are requests to the server,
of which each is waited for; how long that takes follows whatever else the machine does.
"""

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, cast
from unittest.mock import patch

from connectors.model.plan import Plan
from tasks.run import Ending, shards_of
from tests.bench.figure import Figure

ROUNDS: Final = 3
PEOPLE: Final = 500
SHARD_SIZE: Final = 20
TARGETS: Final = 2
STEPS: Final = 4
"""Tasks of a run besides a reading per target and its shards: import, plan, show it, report."""
FEW: Final = 12
MOST: Final = 300
SECONDS: Final = 3.0


class Cost(NamedTuple):
    """What a run took."""

    seconds: float
    processor: float


def measure() -> Iterator[Figure]:
    """Time a run with nothing to do, and count the tasks of one with much."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        yield from _measured(Path(folder))
    yield from (_first_load(persons, 5) for persons in (20_000, 100_000, 1_000_000))


def _measured(folder: Path) -> Iterator[Figure]:
    os.environ["RETOUR_LEDGER_URL"] = f"sqlite:///{folder / 'ledger.db'}"
    os.environ["RETOUR_SHARD_SIZE"] = str(SHARD_SIZE)
    from flows.one_command import prefect_server, prepare

    prepare("WARNING")
    with prefect_server():
        from tests.flows.site import DAY, a_site
        from tests.plainly import attempt_plainly

        day = date.fromisoformat(DAY)
        with a_site(folder, people=PEOPLE) as site:
            site.write()
            profile = folder / "site.yaml"
            loaded = _run(profile, day, live=True)
            changes = loaded.report["changes"]
            persons = {change["person"] for change in changes}
            shards = TARGETS * -(-len(persons) // SHARD_SIZE)
            tasks = _tasks()
            assert tasks == STEPS + TARGETS + shards, (tasks, shards)
            yield Figure(name=f"tasks of {len(changes):,} changes", value=tasks, unit="")

            through = _best(lambda: _run(profile, day, live=True))
            plain = _best(lambda: attempt_plainly(profile, live=True, as_of=day))
            yield Figure(name="nothing to do, without Prefect", value=plain.seconds, unit="s")
            yield Figure(name="nothing to do, through the flow", value=through.seconds, unit="s")
            added = through.seconds - plain.seconds
            yield Figure(name="… added by Prefect", value=added, unit="s", goal=SECONDS)
            # Wall time follows whatever else the machine does; this does not.
            busy = through.processor - plain.processor
            yield Figure(name="… of it processor time of ours", value=busy, unit="s")
            yield Figure(name="… tasks", value=_tasks(), unit="", goal=FEW)
            with _requests() as asked:
                _run(profile, day, live=True)
            yield Figure(name="… requests to the server", value=asked.total(), unit="")


@contextmanager
def _requests() -> Iterator[Counter[str]]:
    """What is asked of the server meanwhile, by method and path: nothing else here speaks HTTP."""
    import httpx

    asked: Counter[str] = Counter()
    turn = threading.Lock()

    def note(request: httpx.Request) -> None:
        with turn:
            asked[f"{request.method} {request.url.path}"] += 1

    one_by_one, side_by_side = httpx.Client.send, httpx.AsyncClient.send

    def send(self: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        note(request)
        return one_by_one(self, request, **more)

    async def send_side_by_side(
        self: httpx.AsyncClient, request: httpx.Request, **more: Any
    ) -> httpx.Response:
        note(request)
        return await side_by_side(self, request, **more)

    with (
        patch.object(httpx.Client, "send", send),
        patch.object(httpx.AsyncClient, "send", send_side_by_side),
    ):
        yield asked


def _run(profile: Path, day: date, *, live: bool) -> Ending:
    from flows.provision import provision

    state = cast(
        "Any", provision(profile=str(profile), dry_run=not live, as_of=day, return_state=True)
    )
    ending: Ending = state.result()
    assert ending.exit == 0, ending.report["refused"]
    return ending


def _tasks() -> int:
    """How many tasks the latest run has on the server."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        latest = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        of_it = FlowRunFilter(id=FlowRunFilterId(any_=[latest.id]))
        seen, found = -1, 0
        while found != seen:  # they arrive a moment later
            seen = found
            time.sleep(2)
            found = len(client.read_task_runs(flow_run_filter=of_it, limit=200))
        return found


def _best(work: Callable[[], Any]) -> Cost:
    took = []
    for _ in range(ROUNDS):
        began, busy = time.perf_counter(), time.process_time()
        work()
        took.append(Cost(time.perf_counter() - began, time.process_time() - busy))
    return min(took)


def _first_load(persons: int, targets: int) -> Figure:
    """Tasks of a first load, by the code that cuts a plan; it only looks at whose a change is."""
    changes = tuple(SimpleNamespace(person=str(number)) for number in range(persons))
    sections = [SimpleNamespace(target=f"t{number}", changes=changes) for number in range(targets)]
    every = [change for section in sections for change in section.changes]
    plan = cast("Plan", SimpleNamespace(sections=sections, changes=every))
    shards = sum(1 for _ in shards_of(plan, 200))
    return Figure(
        name=f"tasks of a first load: {persons:,} people, {targets} targets",
        value=STEPS + targets + shards,
        unit="",
        goal=MOST,
    )
