"""Executing changes: one person's in order, persons side by side, pulled no faster than written."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from connectors.model.change import Change
from connectors.model.receipt import Receipt
from connectors.sdk.turns import (
    GIVEN_UP,
    MAX_SILENT,
    Trial,
    Turn,
    Turns,
    Written,
    receipt_of,
    takes_over,
)

__all__ = [
    "GIVEN_UP",
    "MAX_SILENT",
    "Execute",
    "Written",
    "apply_per_person",
    "receipt_of",
    "takes_over",
]

Execute = Callable[[Change], Written]


def apply_per_person(
    changes: Iterable[Change], execute: Execute, *, concurrency: int
) -> Iterator[Receipt]:
    """Execute changes: a person's in order and on one thread, `concurrency` persons at once.

    A person whose change fails has the remaining ones set aside. The native id that a create gives,
    or an update changes, is filled into the person's later changes.

    Args:
        changes: Grouped by person.
        execute: Writes one change. Raises `Refused` or `Transient` to fail it, `Fatal` to stop.
        concurrency: Persons at once, at least 1.

    Yields:
        A receipt per change that was pulled.

    Raises:
        Fatal: Raised by `execute`, or after `MAX_SILENT` persons in a row met a silent system.
            Every change pulled so far has its receipt by then.
    """
    turns, trial = Turns(changes), Trial()
    if concurrency == 1:
        yield from _one_by_one(turns, execute, trial)
    else:
        yield from _side_by_side(turns, execute, trial, concurrency)
    if trial.verdict is not None:
        yield from turns.left()
        raise trial.verdict


def _one_by_one(turns: Turns, execute: Execute, trial: Trial) -> Iterator[Receipt]:
    """On the thread of whoever asks: nobody is touched before the one before is over."""
    while trial.verdict is None and (turn := turns.next()) is not None:
        _take(turn, execute, trial)
        yield from turn.receipts
        trial.learn(turn)


def _side_by_side(
    turns: Turns, execute: Execute, trial: Trial, concurrency: int
) -> Iterator[Receipt]:
    # One person waits at the door, so that no thread idles while receipts and intents are written.
    at_most = concurrency + 1
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        running, done = 0, SimpleQueue[Future[Turn]]()
        try:
            while True:
                while trial.verdict is None and running < at_most:
                    turn = turns.next()
                    if turn is None:
                        break
                    pool.submit(_take, turn, execute, trial).add_done_callback(done.put)
                    running += 1
                if not running:
                    break
                turn = done.get().result()
                running -= 1
                yield from turn.receipts
                trial.learn(turn)
        finally:
            trial.over.set()  # nobody listens any more, perhaps because the ledger broke


def _take(turn: Turn, execute: Execute, trial: Trial) -> Turn:
    """Execute one person's changes, unless the target was given up before they were begun."""
    if trial.over.is_set():
        turn.set_aside(GIVEN_UP)
    while (change := turn.next()) is not None:
        try:
            written = execute(change)
        except Exception as error:  # noqa: BLE001 - a bug must not cost the receipts of the others
            turn.failed(error)
        else:
            turn.wrote(written)
    trial.notice(turn)
    return turn
