"""Executing changes a window of persons at a time, so that what they share is done once.

What the changes of a window will ask for is looked up beforehand. Each person's changes are then
executed in order, persons side by side; where there are groups, memberships of one wait until
everybody has got that far, and are written together. Receipts, order, setting aside and giving up
are those of `fanout.apply_per_person`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final

from connectors.model.change import Change, Verb
from connectors.model.errors import Refused, Transient
from connectors.model.receipt import Receipt
from connectors.sdk.fanout import GIVEN_UP, Execute, Written
from connectors.sdk.portions import next_portion
from connectors.sdk.turns import Trial, Turn, Turns
from connectors.sdk.understood import STUMBLES, misread

Foresee = Callable[[Sequence[Change]], None]
Join = Callable[[Sequence[Change]], Sequence[Written | Exception]]
"""Writes memberships of one group, all grants or all revokes: an outcome for each."""

FIRST: Final = 25
"""Persons in the first window at most: how quick the system is shows then."""
SECONDS: Final = 5.0
"""Well below the time after which a lock that was lost is another run's."""
MEMBERSHIPS: Final = frozenset({Verb.GRANT, Verb.REVOKE})
_ORDER: Final = {verb: place for place, verb in enumerate(Verb)}


def apply_in_windows(
    changes: Iterable[Change],
    execute: Execute,
    *,
    foresee: Foresee,
    join: Join | None = None,
    size: int,
    concurrency: int,
    eager: bool = False,
) -> Iterator[Receipt]:
    """Execute changes: a person's in order, memberships of one group together.

    Args:
        changes: Grouped by person.
        execute: Writes one change. Raises `Refused` or `Transient` to fail it, `Fatal` to stop.
        foresee: Looks up what the changes of a window will ask for.
        join: Writes memberships of one group; left out, they are executed like any other change.
        size: Persons in a window at most, at least 1. A window is written to its end whoever stops
            the run, so it has no more persons than are begun within `SECONDS`.
        concurrency: Persons at once, at least 1.
        eager: Whether a window is foreseen while the last persons of the one before are written:
            only where it is known what of that they may still change.

    Yields:
        A receipt per change that was pulled.

    Raises:
        Fatal: As `apply_per_person`.
    """
    pulled: list[Change] = []
    turns, trial = Turns(_noting(changes, pulled)), Trial()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        side_by_side = _SideBySide(pool, execute, trial, concurrency + (concurrency > 1))
        windows = _Windows(turns, size, lambda: _foresee(foresee, tuple(pulled), trial))
        try:
            while trial.verdict is None and (window := windows.next()):
                del pulled[:-1]  # the last one may be of the first person of the next window
                waiting: dict[Turn, Change] | None = None if join is None else {}
                begun = windows.look_ahead if eager else None
                yield from side_by_side.take(window, waiting, begun=begun)
                if join is not None and waiting is not None:
                    behind: list[Turn] = []
                    yield from _join(waiting, join, trial, behind)
                    yield from side_by_side.take(behind)
        finally:
            trial.over.set()  # nobody listens any more, perhaps because the ledger broke
    if trial.verdict is not None:
        for turn in windows.left():
            turn.set_aside(GIVEN_UP)
            yield from turn.receipts
        yield from turns.left()
        raise trial.verdict


def _noting(changes: Iterable[Change], pulled: list[Change]) -> Iterator[Change]:
    for change in changes:
        pulled.append(change)
        yield change


class _Windows:
    """Persons, a window at a time, each foreseen once.

    Args:
        turns: All of them.
        size: Persons in a window at most.
        foresee: Looks at what was pulled since it was last called.
    """

    def __init__(self, turns: Turns, size: int, foresee: Callable[[], None]) -> None:
        self._turns, self._most, self._foresee = turns, size, foresee
        self._size = min(size, FIRST)
        self._ahead: list[Turn] | None = None
        self._given: float | None = None

    def look_ahead(self) -> None:
        """Pull the next window and foresee what it needs."""
        if self._given is not None:
            took = time.monotonic() - self._given
            self._size = next_portion(self._size, took, most=self._most, within_seconds=SECONDS)
        window: list[Turn] = []
        while len(window) < self._size and (turn := self._turns.next()) is not None:
            window.append(turn)
        if window:
            self._foresee()
        self._ahead = window

    def next(self) -> list[Turn]:
        """The next window, empty when there is none."""
        if self._ahead is None:
            self.look_ahead()
        self._given = time.monotonic()
        return self.left()

    def left(self) -> list[Turn]:
        """What was pulled and not given out yet."""
        window, self._ahead = self._ahead or [], None
        return window


def _foresee(foresee: Foresee, changes: Sequence[Change], trial: Trial) -> None:
    """Nobody fails because of what could not be foreseen: who needs it looks again."""
    try:
        foresee(changes)
    except (Refused, Transient):
        return
    except STUMBLES as error:
        trial.verdict = misread(error, system=changes[0].target, operation="look at accounts")
        trial.over.set()
    except Exception as error:  # noqa: BLE001 - it stops the target, and everybody gets a receipt
        trial.verdict = error
        trial.over.set()


class _SideBySide:
    """Takes the turns of several persons, each on one thread.

    Args:
        pool: The threads.
        execute: Writes one change.
        trial: Says when to stop.
        at_most: Turns under way.
    """

    def __init__(
        self, pool: ThreadPoolExecutor, execute: Execute, trial: Trial, at_most: int
    ) -> None:
        self._pool, self._execute, self._trial, self._at_most = pool, execute, trial, at_most

    def take(
        self,
        turns: Iterable[Turn],
        waiting: dict[Turn, Change] | None = None,
        *,
        begun: Callable[[], None] | None = None,
    ) -> Iterator[Receipt]:
        """Receipts of the turns that ended.

        Args:
            turns: To be taken.
            waiting: Takes the turns that came to a membership, with that; None to write those too.
            begun: Called when the last of them is under way.
        """
        left = iter(turns)
        running, done = 0, SimpleQueue[Future[tuple[Turn, Change | None]]]()
        while True:
            while running < self._at_most:
                turn = next(left, None)
                if turn is None:
                    break
                going = self._pool.submit(self._go, turn, stop=waiting is not None)
                going.add_done_callback(done.put)
                running += 1
            if not running:
                return
            if begun and running < self._at_most and not self._trial.over.is_set():
                begun()
                begun = None
            turn, change = done.get().result()
            running -= 1
            if change is not None and waiting is not None:
                waiting[turn] = change
                continue
            yield from turn.receipts
            self._trial.learn(turn)

    def _go(self, turn: Turn, *, stop: bool) -> tuple[Turn, Change | None]:
        """Execute a person's changes; with `stop` up to a membership, which is given back."""
        if self._trial.over.is_set():
            turn.set_aside(GIVEN_UP)
        while (change := turn.next()) is not None:
            if stop and change.verb in MEMBERSHIPS:
                return turn, change
            try:
                written = self._execute(change)
            except Exception as error:  # noqa: BLE001 - a bug must not cost the others' receipts
                turn.failed(error)
            else:
                turn.wrote(written)
        self._trial.notice(turn)
        return turn, None


def _join(
    waiting: dict[Turn, Change], join: Join, trial: Trial, behind: list[Turn]
) -> Iterator[Receipt]:
    """Receipts of those whose last changes are memberships; the others are left `behind`.

    In rounds: of all that come next the foremost, for everybody for whom it does. So each person
    keeps their order.
    """
    while waiting:
        if trial.over.is_set():
            for turn in waiting:
                turn.give_back()
                turn.set_aside(GIVEN_UP)
                yield from turn.receipts
            return
        foremost = min(map(_key, waiting.values()))
        together = {turn: one for turn, one in waiting.items() if _key(one) == foremost}
        outcomes = join(tuple(together.values()))
        for turn, outcome in zip(together, outcomes, strict=True):
            if isinstance(outcome, Exception):
                turn.failed(outcome)
            else:
                turn.wrote(outcome)
            following = turn.next()
            if following is None:
                del waiting[turn]
                yield from turn.receipts
                trial.learn(turn)
            elif following.verb in MEMBERSHIPS:
                waiting[turn] = following
            else:
                del waiting[turn]
                turn.give_back()
                behind.append(turn)


def _key(change: Change) -> tuple[int, str, str]:
    """What a plan orders a person's memberships by; equal for those of one group."""
    named = {**change.before, **change.after}
    return _ORDER[change.verb], str(named.get("name", "")), str(named.get("permission", ""))
