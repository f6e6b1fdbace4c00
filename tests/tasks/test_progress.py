"""How far an apply is: counted, told by elapsed time, and never in the way of the run."""

import threading
from datetime import date
from uuid import UUID, uuid4

import pytest

import tasks.progress_artifact
from connectors.model.change import UpdateAccount
from connectors.model.plan import Plan, Section
from tasks.progress import Listener, heard_by, tell
from tasks.progress_artifact import Progress, ProgressArtifact, showing_progress
from tasks.run import Run, Shard
from tasks.spans import roughly


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Prefect:
    """Keeps what it is told, or takes nothing."""

    def __init__(self) -> None:
        self.written: list[tuple[UUID | None, float, str]] = []
        self.warnings: list[str] = []
        self.away = False

    def create(self, percent: float, text: str) -> UUID:
        if self.away:
            raise ConnectionError("no server")
        self.written.append((None, percent, text))
        return uuid4()

    def update(self, artifact: UUID, percent: float, text: str) -> None:
        if self.away:
            raise ConnectionError("no server")
        self.written.append((artifact, percent, text))

    def shows(self, progress: Progress) -> ProgressArtifact:
        return ProgressArtifact(
            progress, "live r1", create=self.create, update=self.update, warn=self.warnings.append
        )


def shard(target, count):
    changes = tuple(
        UpdateAccount(target=target, person=str(n), ref="r", before={}, after={"x": "y"})
        for n in range(count)
    )
    return Shard(target, 0, changes)


class Future:
    def __init__(self):
        self.callbacks = []

    def add_done_callback(self, fn):
        self.callbacks.append(fn)

    def finish(self):
        for call in self.callbacks:
            call(self)


def test_several_listeners_hear_the_same_run():
    class Ear(Listener):
        def __init__(self):
            self.heard = []

        def imported(self, persons):
            self.heard.append(persons)

    one, other = Ear(), Ear()
    with heard_by(one):
        tell().imported(1)
        with heard_by(other):
            tell().imported(2)
        tell().imported(3)
    tell().imported(4)
    assert (one.heard, other.heard) == ([1, 2, 3], [2])


def test_rate_and_time_left_come_from_what_was_answered_meanwhile():
    clock, prefect = Clock(), Prefect()
    progress = Progress({"directory": 600, "hr": 600, "idle": 0}, clock=clock)
    artifact = prefect.shows(progress)
    clock.now += 10
    progress.answered("directory", 200)
    artifact.show()
    clock.now += 10
    progress.answered("directory", 100)
    artifact.show()

    (first, percent, text), (same, _, later) = prefect.written
    assert (first, percent) == (None, 16.6)
    assert same is not None
    assert text == (
        "live r1: 200 of 1200 changes, 20 per second, about 50 s left "
        "(directory 200 of 600; hr 0 of 600)"
    )
    assert "300 of 1200 changes, 15 per second, about 60 s left" in later


def test_it_ends_at_a_hundred_per_cent_and_shows_nothing_where_nothing_was_shown():
    clock, prefect = Clock(), Prefect()
    progress = Progress({"directory": 4}, clock=clock)
    artifact = prefect.shows(progress)
    artifact.close(3)
    assert prefect.written == []
    artifact.show()
    progress.answered("directory", 4)
    artifact.close(125)
    assert prefect.written[-1][1:] == (
        100.0,
        "live r1: 4 of 4 changes (directory 4 of 4), ended after 2 min",
    )


def test_a_slow_or_silent_target_says_so():
    clock = Clock()
    progress = Progress({"directory": 600}, clock=clock)
    clock.now += 60
    progress.answered("directory", 2)
    assert "2 per minute, about 4 h 59 min left" in progress.look()[1]
    still = Progress({"directory": 600}, clock=clock)
    clock.now += 60
    assert "0 of 600 changes, none lately" in still.look()[1]


def test_the_rate_is_that_of_the_last_minutes_and_not_of_hours_ago():
    clock = Clock()
    progress = Progress({"directory": 100_000}, clock=clock)
    for changes in [5000] * 5 + [5] * 30:
        clock.now += 5
        progress.answered("directory", changes)
        said = progress.look()[1]
    assert "1 per second" in said


def test_what_another_process_works_on_counts_when_it_is_finished_and_never_twice():
    progress, far, near = Progress({"directory": 8}), Future(), Future()
    progress.watch(far, shard("directory", 5))
    progress.watch(near, shard("directory", 3))
    assert progress.done() == {"directory": 0}
    far.finish()
    assert progress.done() == {"directory": 5}
    near.finish()
    progress.answered("directory", 3)
    assert progress.done() == {"directory": 8}
    progress.answered("directory", 99)
    assert progress.look()[0] == 100.0


def test_a_future_that_calls_nobody_back_is_no_fault():
    progress = Progress({"directory": 8})
    progress.watch(object(), shard("directory", 5))  # type: ignore[arg-type]
    assert progress.done() == {"directory": 0}


def test_an_artifact_that_cannot_be_written_is_told_once_and_tried_again():
    prefect = Prefect()
    artifact = prefect.shows(Progress({"directory": 4}))
    prefect.away = True
    artifact.show()
    artifact.show()
    assert prefect.warnings == ["Prefect does not take the progress of this run: no server"]
    prefect.away = False
    artifact.show()
    assert len(prefect.written) == 1


def test_a_run_waits_for_no_artifact_and_a_short_one_gets_none(monkeypatch):
    hangs, made = threading.Event(), []

    def create(percent, *, key, description):
        made.append((key, percent, description))
        hangs.wait(60)

    monkeypatch.setattr(tasks.progress_artifact, "create_progress_artifact", create)
    monkeypatch.setattr(tasks.progress_artifact, "_PATIENCE", 0.05)
    run = object.__new__(Run)
    run.id, run.dry_run = "r1", False
    section = Section(
        target="directory", depends_on=(), changes=shard("directory", 2).changes, managed=0
    )
    plan = Plan(profile="p", as_of=date(2026, 11, 23), sections=(section,))
    with showing_progress(run, plan):
        tell().answered("directory", 2)
    assert made == []

    monkeypatch.setattr(tasks.progress_artifact, "FIRST_AFTER", 0.01)
    with showing_progress(run, plan) as progress:
        while not made:
            threading.Event().wait(0.01)
        tell().answered("directory", 2)  # while Prefect hangs
        assert progress.done() == {"directory": 2}
    assert made[0][0] == "progress"
    hangs.set()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (119, "119 s"), (150, "2 min"), (7200, "2 h")]
)
def test_spans_of_time_in_words(seconds, words):
    assert roughly(seconds) == words
