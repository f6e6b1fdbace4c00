"""How far a long apply is, as a progress artifact in Prefect: per cent, rate, time left.

It counts what it hears, and writes from a thread of its own by elapsed time: a run waits for no
artifact, and none for a short one is written at all. Shards that another process works on are not
heard; they count once they are finished.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import copy_context
from time import monotonic
from typing import Any, Final, Protocol, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.logging import get_run_logger

from connectors.model.plan import Plan
from tasks.progress import Listener, heard_by
from tasks.run import Run, Shard
from tasks.spans import roughly

FIRST_AFTER: Final = 8.0
"""Seconds; an apply that is over by then gets no artifact."""
EVERY: Final = 5.0
"""Seconds between two updates."""
_WINDOW: Final = 24
"""Updates that a rate is told from: some two minutes."""
_PATIENCE: Final = 3.0
"""Seconds that the end of an apply waits for the last update."""


class Future(Protocol):
    """Somebody else's work, as far as it has to be watched."""

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Call back when it is done."""
        ...


class Progress(Listener):
    """Counts the changes of a plan that have a receipt.

    Args:
        planned: Number of changes by target, in the order in which they are executed.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self, planned: Mapping[str, int], *, clock: Callable[[], float] = monotonic
    ) -> None:
        """Nothing is answered yet."""
        self._planned = {name: count for name, count in planned.items() if count}
        self._heard: Counter[str] = Counter()
        self._finished: Counter[str] = Counter()
        self._turn = threading.Lock()
        self._clock = clock
        self._seen = deque([(clock(), 0)], maxlen=_WINDOW)

    def answered(self, target: str, changes: int) -> None:
        """Count them; called for every receipt, so nothing else happens here."""
        with self._turn:
            self._heard[target] += changes

    def watch(self, future: Future, shard: Shard) -> None:
        """Count the changes of a shard when it is finished, wherever it is worked on."""

        def finished(_: object) -> None:
            with self._turn:
                self._finished[shard.target] += len(shard.changes)

        with suppress(Exception):  # a runner without callbacks is only seen less well
            future.add_done_callback(finished)

    def done(self) -> dict[str, int]:
        """Answered changes by target."""
        with self._turn:
            return {
                name: min(count, max(self._heard[name], self._finished[name]))
                for name, count in self._planned.items()
            }

    def look(self) -> tuple[float, str]:
        """Per cent, and how it goes in a sentence; the rate is that since the looks before."""
        done = self.done()
        together, total = sum(done.values()), sum(self._planned.values())
        at = self._clock()
        since, before = self._seen[0]
        self._seen.append((at, together))
        rate = (together - before) / (at - since) if at > since else 0.0
        said = f"{together} of {total} changes"
        if rate > 0 and together < total:
            left = roughly((total - together) / rate)
            said += f", {_per_time(rate)}, about {left} left"
        elif together < total:
            said += ", none lately"
        going = [
            f"{name} {done[name]} of {count}" for name, count in self._planned.items() if count
        ]
        percent = 1000 * together // total / 10 if total else 100.0  # 100 is really all
        return percent, f"{said} ({'; '.join(going)})"


def _per_time(rate: float) -> str:
    return f"{rate:.0f} per second" if rate >= 1 else f"{rate * 60:.0f} per minute"


class ProgressArtifact:
    """The artifact that shows it.

    Args:
        progress: What to show.
        title: What runs, in a few words.
        create: Makes an artifact from per cent and text, and says its id.
        update: Changes the artifact.
        warn: Is told, once, why there is none.
    """

    def __init__(
        self,
        progress: Progress,
        title: str,
        *,
        create: Callable[[float, str], UUID],
        update: Callable[[UUID, float, str], object],
        warn: Callable[[str], object],
    ) -> None:
        """Nothing is shown yet."""
        self._progress, self._title = progress, title
        self._create, self._update, self._warn = create, update, warn
        self._artifact: UUID | None = None
        self._warned = False

    def show(self) -> None:
        """Make the artifact, or bring it up to date. Never raises."""
        percent, said = self._progress.look()
        self._write(percent, f"{self._title}: {said}")

    def close(self, took: float) -> None:
        """Show the end, if anything was shown."""
        if self._artifact is not None:
            percent, said = self._progress.look()
            self._write(percent, f"{self._title}: {said}, ended after {roughly(took)}")

    def _write(self, percent: float, text: str) -> None:
        try:
            if self._artifact is None:
                self._artifact = self._create(percent, text)
            else:
                self._update(self._artifact, percent, text)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on without it
            if not self._warned:
                self._warned = True
                self._warn(f"Prefect does not take the progress of this run: {error}")


@contextmanager
def showing_progress(run: Run, plan: Plan) -> Iterator[Progress]:
    """Show how far this apply is, as long as the context lasts."""
    progress = Progress({section.target: len(section.changes) for section in plan.sections})
    artifact = ProgressArtifact(
        progress,
        f"{run.mode} {run.id}",
        create=_create,
        update=update_progress_artifact,
        warn=lambda text: get_run_logger().warning(text),
    )
    over = threading.Event()
    thread = threading.Thread(
        target=copy_context().run,  # an artifact belongs to the flow of the thread that makes it
        args=(_keep_showing, artifact, over),
        name="progress",
        daemon=True,
    )
    thread.start()
    try:
        with heard_by(progress):
            yield progress
    finally:
        over.set()
        thread.join(_PATIENCE)


def _create(percent: float, text: str) -> UUID:
    made = create_progress_artifact(percent, key="progress", description=text)
    return cast(UUID, made)  # a coroutine only where an event loop runs: this thread has none


def _keep_showing(artifact: ProgressArtifact, over: threading.Event) -> None:
    began = monotonic()
    wait = FIRST_AFTER
    while not over.wait(wait):
        artifact.show()
        wait = EVERY
    artifact.close(monotonic() - began)
