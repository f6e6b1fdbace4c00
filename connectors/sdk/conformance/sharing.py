"""Laws about several at once: somebody reads while somebody writes."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

import threading
import time
from collections.abc import Callable
from typing import Final

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.sdk.conformance.bounds import BOUND_SECONDS, bounded
from connectors.sdk.conformance.changing import create, someone, succeeds, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import Subject, require

READINGS: Final = 3
"""Whole ones, each begun and ended while somebody writes."""


@target_law(Verb.UPDATE)
def whoever_reads_beside_a_writer_sees_whole_accounts(subject: Subject) -> None:
    people = subject.persons[:2]
    changes: list[Change] = []
    if subject.offers(Verb.CREATE):
        changes += [create(subject, person) for person in people]
        subject.apply(*changes)
    for person in people:
        changes.append(update(subject, person, subject.ref_of(person), subject.update_of(person)))
    seen: list[Accounts] = []
    errors: list[Exception] = []
    over = threading.Event()

    watcher = threading.Thread(
        target=_read_on, args=(subject, over, seen.append, errors.append), daemon=True
    )
    watcher.start()
    deadline = time.monotonic() + BOUND_SECONDS
    try:
        while watcher.is_alive() and len(seen) < READINGS and time.monotonic() < deadline:
            succeeds(bounded(lambda: subject.apply(*changes)))
    finally:
        over.set()
        watcher.join(10)
    require(that=not errors, otherwise=f"reading beside a writer failed: {errors[:1]!r}")
    enough = len(seen) >= READINGS
    require(that=enough, otherwise=f"only {len(seen)} readings came to an end beside a writer")
    for accounts in seen:
        twice = accounts.accounts.index.duplicated().any()
        require(that=not twice, otherwise="an account was seen twice")
        theirs = accounts.accounts["person"].isin(people).sum()
        require(that=theirs == len(people), otherwise=f"{theirs} accounts of {len(people)} people")


def _read_on(
    subject: Subject,
    over: threading.Event,
    see: Callable[[Accounts], None],
    fail: Callable[[Exception], None],
) -> None:
    """Read again and again, on a thread."""
    try:
        with subject.reader() as reader:
            while not over.is_set():
                see(reader.read())
    except Exception as error:  # noqa: BLE001 - told on the thread that judges
        fail(error)


@target_law(Verb.UPDATE)
def persons_written_side_by_side_each_get_their_own(subject: Subject) -> None:
    pairs = [someone(subject, place=place) for place in range(len(subject.persons))]
    receipts = subject.apply(
        *(update(subject, person, ref, subject.update_of(person)) for person, ref in pairs)
    )
    succeeds(receipts)
    refs = {receipt.person: receipt.ref for receipt in receipts}
    require(that=refs == dict(pairs), otherwise="a receipt names somebody else's account")
