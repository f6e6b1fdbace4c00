"""Laws about requests that the system refuses, puts off or breaks."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

import time
from collections.abc import Iterator
from functools import partial

from connectors.model.change import Change, UpdateAccount, Verb
from connectors.model.errors import ConnectorError, Fatal
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR
from connectors.sdk.conformance.bounds import bounded, unhurried
from connectors.sdk.conformance.changing import someone, succeeds, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import BrokenLaw, Subject, require, same_frame
from connectors.sdk.trouble import Trouble

FOR_GOOD = (Trouble.UNAUTHORIZED, Trouble.FORBIDDEN)
PASSING = (
    Trouble.SLOW_DOWN,
    Trouble.SLOW_DOWN_UNSAID,
    Trouble.BUSY,
    Trouble.BROKEN,
    Trouble.CUT,
)
PUT_OFF = (Trouble.SLOW_DOWN, Trouble.SLOW_DOWN_UNSAID, Trouble.BUSY)
DONE = frozenset({Outcome.DONE, Outcome.ALREADY})


def needing(*kinds: Trouble) -> tuple[str, ...]:
    """Kinds of trouble, as a law names what it needs."""
    return tuple(kind.value for kind in kinds)


def tells_the_truth(subject: Subject, change: UpdateAccount, receipt: Receipt) -> None:
    """Require that a receipt says what became of an update: done is there, failed is not."""
    held = subject.held(receipt.ref or change.ref or "")
    there = all(subject.same(name, value, held.get(name)) for name, value in change.after.items())
    if receipt.outcome in DONE:
        require(that=there, otherwise=f"it says {receipt.outcome}, and the values are not there")
    elif receipt.outcome is Outcome.FAILED:
        require(that=not there, otherwise="it says failed, and the values are there")
    require(
        that=receipt.outcome in DONE or bool(receipt.detail),
        otherwise=f"{receipt.outcome} without a word",
    )


def shows_no_secret(subject: Subject, *texts: str) -> None:
    """Require that no text holds a secret of the settings."""
    for text in texts:
        leaks = any(secret in text for secret in subject.secret_texts())
        require(that=not leaks, otherwise="a message shows a secret")


@target_law()
def a_reading_that_is_refused_stops_the_target(subject: Subject) -> None:
    for trouble in subject.kinds(*FOR_GOOD):
        subject.trouble.order(trouble, writing=False, times=-1)
        error = _error_of_reading(subject)
        told = f"{trouble.value}: {type(error).__name__} does not stop the target"
        require(that=isinstance(error, Fatal), otherwise=told)
        require(that=bool(error.hint), otherwise=f"{trouble.value}: nobody says what to do")
        shows_no_secret(subject, str(error), repr(error), repr(vars(error)), str(error.__cause__))
        subject.trouble.heal()


@target_law()
def a_reading_outlives_trouble_that_passes(subject: Subject) -> None:
    someone(subject)
    calm = subject.read()
    for trouble in subject.kinds(*PASSING):
        subject.trouble.order(trouble, writing=False, seconds=3)
        with unhurried() as waits:
            again = bounded(subject.read)
        for part in ("accounts", "attributes", "grants", "permissions"):
            same = same_frame(getattr(calm, part), getattr(again, part))
            require(that=same, otherwise=f"{trouble.value}: {part} differ")
        if trouble is Trouble.SLOW_DOWN:
            require(that=sum(waits) >= 3, otherwise="the wait that was asked for was not kept")
        subject.trouble.heal()


@target_law()
def a_reading_that_never_succeeds_ends_and_gives_nothing(subject: Subject) -> None:
    for trouble in subject.kinds(Trouble.BROKEN, Trouble.CUT):
        subject.trouble.order(trouble, writing=False, times=-1)
        error = _error_of_reading(subject)
        told = f"{trouble.value}: {type(error).__name__} does not stop the target"
        require(that=isinstance(error, Fatal), otherwise=told)
        subject.trouble.heal()


@target_law(Verb.UPDATE)
def a_write_that_is_refused_for_good_writes_nothing_and_every_change_has_a_receipt(
    subject: Subject,
) -> None:
    changes = updates_of_two(subject)
    before = subject.content()
    for trouble in subject.kinds(*FOR_GOOD):
        subject.trouble.order(trouble, writing=True, times=-1)
        pulled: list[str] = []

        def stream(pulled: list[str] = pulled) -> Iterator[Change]:
            for change in changes:
                pulled.append(change.id)
                yield change

        receipts: list[Receipt] = []
        error: ConnectorError | None = None
        with subject.writer() as writer:
            try:
                for receipt in writer.apply(stream()):
                    receipts.append(receipt)  # noqa: PERF402 - what came before the end counts
            except ConnectorError as met:
                error = met
        subject.trouble.heal()
        answered = sorted(receipt.change for receipt in receipts)
        told = f"{trouble.value}: {len(pulled)} changes were pulled, {len(answered)} have receipts"
        require(that=answered == sorted(pulled), otherwise=told)
        done = [receipt for receipt in receipts if receipt.outcome in DONE]
        require(that=not done, otherwise=f"{trouble.value}: a change is said to be done")
        written = subject.content() != before
        require(that=not written, otherwise=f"{trouble.value}: something was written")
        if trouble is Trouble.UNAUTHORIZED:
            told = f"credentials that are refused do not stop the target: {error!r}"
            require(that=isinstance(error, Fatal), otherwise=told)
        shows_no_secret(subject, repr(error), str(error), *(str(one.detail) for one in receipts))


@target_law(Verb.UPDATE)
def a_write_that_is_refused_is_told_truly_and_harms_nobody_else(subject: Subject) -> None:
    for trouble in subject.kinds(Trouble.NOT_FOUND, Trouble.CONFLICT):
        changes = updates_of_two(subject, label=trouble.value)
        subject.trouble.order(trouble, writing=True)
        with unhurried():
            receipts = bounded(partial(subject.apply, *changes))
        subject.trouble.heal()
        for change in changes:
            [receipt] = [one for one in receipts if one.change == change.id]  # each has one
            tells_the_truth(subject, change, receipt)
        good = sum(receipt.outcome in DONE for receipt in receipts)
        told = f"{trouble.value} for one person, and {len(receipts) - good} were not done"
        require(that=good >= len(receipts) - 1, otherwise=told)
        succeeds(subject.apply(*changes))


@target_law(Verb.UPDATE)
def a_write_that_is_put_off_is_done_after_the_wait(subject: Subject) -> None:
    person, ref = someone(subject)
    for trouble in subject.kinds(*PUT_OFF):
        change = update(subject, person, ref, subject.update)
        subject.trouble.order(trouble, writing=True)
        begun = time.monotonic()
        with unhurried() as waits:
            [receipt] = bounded(partial(subject.apply, change))
        waited = time.monotonic() - begun + sum(waits)
        subject.trouble.heal()
        done = receipt.outcome in DONE
        told = f"{trouble.value}: {receipt.outcome}, {receipt.detail}"
        require(that=done, otherwise=told)
        tells_the_truth(subject, change, receipt)
        if trouble is Trouble.SLOW_DOWN:
            told = f"the wait of a second that was asked for was not kept: {waited:.1f} s"
            require(that=waited >= 0.95, otherwise=told)
        undo(subject, person, ref)


@target_law(Verb.UPDATE)
def a_write_that_broke_is_told_truly_and_can_be_repeated(subject: Subject) -> None:
    person, ref = someone(subject)
    for trouble in subject.kinds(Trouble.BROKEN, Trouble.CUT):
        change = update(subject, person, ref, subject.update)
        subject.trouble.order(trouble, writing=True)
        with unhurried():
            [receipt] = bounded(partial(subject.apply, change))
        subject.trouble.heal()
        tells_the_truth(subject, change, receipt)
        [again] = subject.apply(change)
        succeeds([again])
        tells_the_truth(subject, change, again)
        undo(subject, person, ref)


def _error_of_reading(subject: Subject) -> ConnectorError:
    with unhurried():
        try:
            bounded(subject.read)
        except ConnectorError as error:
            return error
    message = "a reading that cannot succeed gave something"
    raise BrokenLaw(message)


def updates_of_two(subject: Subject, *, label: str = "") -> list[UpdateAccount]:
    """The same update for two people; another reason makes another change of it."""
    changes = []
    for place in range(2):
        person, ref = someone(subject, place=place)
        undo(subject, person, ref)
        change = update(subject, person, ref, subject.update_of(person))
        changes.append(
            UpdateAccount(
                target=change.target,
                person=person,
                ref=ref,
                before=change.before,
                after=change.after,
                because=("rule:conformance", *((f"setting:{label}",) if label else ())),
                context=change.context,
            )
        )
    return changes


def undo(subject: Subject, person: str, ref: str) -> None:
    """Empty what the update fills, so that the next one has something to do."""
    held = subject.held(ref)
    filled = [one for one in subject.update if one in held and subject.attribute(one).clearable]
    if filled:
        succeeds(subject.apply(update(subject, person, ref, dict.fromkeys(filled, CLEAR))))
