"""Laws about the dry run: the Recorder answers what the writer answers, and touches nothing."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from collections.abc import Iterator

from connectors.model.change import (
    Change,
    CorrelateAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    MoveAccount,
    RevokePermission,
    Verb,
)
from connectors.model.receipt import Outcome
from connectors.model.values import Value
from connectors.sdk.conformance.changing import create, someone, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import TARGET, Subject, require
from connectors.sdk.recorder import Recorder


@target_law()
def the_recorder_answers_what_the_writer_answers(subject: Subject) -> None:
    changes = _day_in_the_life(subject)
    before = subject.content()
    pretended = {receipt.change: receipt for receipt in Recorder().apply(iter(changes))}
    require(that=subject.content() == before, otherwise="the preview wrote something")
    real = {receipt.change: receipt for receipt in subject.apply(*changes)}
    require(
        that=pretended.keys() == real.keys(), otherwise="a change has no receipt, or a foreign one"
    )
    for change in changes:
        shown, done = pretended[change.id], real[change.id]
        require(
            that=shown.outcome is Outcome.RECORDED, otherwise=f"the preview says {shown.outcome}"
        )
        good = done.outcome in {Outcome.DONE, Outcome.ALREADY}
        require(that=good, otherwise=f"{change.verb}: {done.outcome}, {done.detail}")
        same = (shown.target, shown.person, shown.verb) == (done.target, done.person, done.verb)
        require(that=same, otherwise=f"{change.verb} is about somebody or something else")
        if change.ref is not None and change.verb is not Verb.DELETE:
            require(that=shown.ref == done.ref, otherwise=f"{change.verb} names another account")
        for name, value in shown.produced.items():
            if name in done.produced and name not in subject.given_by_target:
                found = done.produced[name]
                known = name == "container" or subject.same(name, value, found)
                require(that=known, otherwise=f"{name}: {value!r} in the preview, {found!r} live")


@target_law(needs=("faults",))
def a_preview_sends_nothing_that_could_write(subject: Subject) -> None:
    changes = _day_in_the_life(subject)
    before = subject.trouble.writes
    with subject.reader() as reader:
        reader.read()
        list(reader.check())
    list(Recorder().apply(iter(changes)))
    sent = subject.trouble.writes - before
    require(that=not sent, otherwise=f"{sent} requests could have written something")


@target_law(Verb.UPDATE, needs=("faults",))
def what_is_so_already_is_not_sent_again(subject: Subject) -> None:
    person, ref = someone(subject)
    change = update(subject, person, ref, subject.update)
    subject.apply(change)
    before = subject.trouble.writes
    subject.apply(change)
    sent = subject.trouble.writes - before
    require(that=not sent, otherwise=f"{sent} requests wrote what was there already")


@target_law()
def a_writer_pulls_changes_no_faster_than_it_answers(subject: Subject) -> None:
    pulled = 0

    def stream() -> Iterator[Change]:
        nonlocal pulled
        for number in range(10_000):
            pulled += 1
            yield CorrelateAccount(target=TARGET, person=f"p{number}", ref=subject.missing_ref)

    with subject.writer() as writer:
        receipts = writer.apply(stream())
        next(iter(receipts))
        closing = getattr(receipts, "close", None)
        if closing is not None:
            closing()
    require(that=pulled < 1_000, otherwise=f"{pulled} changes were pulled before the first receipt")


def _day_in_the_life(subject: Subject) -> list[Change]:
    """Changes of every verb that is offered, for one or two persons, as a plan would have them."""
    changes: list[Change] = []
    if subject.offers(Verb.CREATE):
        changes.append(create(subject, subject.persons[1]))
    person, ref = someone(subject)
    changes.append(CorrelateAccount(target=TARGET, person=person, ref=ref))
    if subject.offers(Verb.UPDATE):
        changes.append(update(subject, person, ref, subject.update))
    if subject.offers(Verb.MOVE):
        place = _attributes(container=subject.container)
        changes.append(MoveAccount(target=TARGET, person=person, ref=ref, after=place))
    if subject.offers(Verb.ENABLE):
        changes.append(
            EnableAccount(target=TARGET, person=person, ref=ref, after={"enabled": True})
        )
    permission = _attributes(permission=subject.permission, name=subject.permission)
    if subject.offers(Verb.GRANT):
        changes.append(GrantPermission(target=TARGET, person=person, ref=ref, after=permission))
    if subject.offers(Verb.REVOKE):
        changes.append(RevokePermission(target=TARGET, person=person, ref=ref, before=permission))
    if subject.offers(Verb.DISABLE):
        off = DisableAccount(target=TARGET, person=person, ref=ref, after={"enabled": False})
        changes.append(off)
    return changes


def _attributes(**values: Value) -> dict[str, Value]:
    return values
