"""Laws about what somebody else did between reading and writing: it is left as it is, and named."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from connectors.model.change import (
    HR_ID,
    Change,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    MoveAccount,
    Verb,
)
from connectors.model.containers import ContainerForm
from connectors.model.errors import MOVED_SINCE
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Value
from connectors.sdk.conformance.changing import context, someone, succeeds, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import TARGET, Subject, require

SEEN: Final = "seen-by-the-plan"
"""A value that no account ever holds; a plan that saw it saw what is not there any more."""


@target_law(Verb.UPDATE)
def what_moved_since_the_plan_is_refused_and_named(subject: Subject) -> None:
    person, ref, name = _filled(subject)
    emptying = update(subject, person, ref, {name: CLEAR})
    before = subject.content()
    for seen in ({name: SEEN}, {}):  # changed since, and filled since
        _is_refused(subject, replace(emptying, before=seen), name)
        written = subject.content() != before
        require(that=not written, otherwise="what moved since the plan was written over")
    [receipt] = subject.apply(emptying)
    done = receipt.outcome is Outcome.DONE
    told = f"nothing moved, and it is {receipt.outcome}: {receipt.detail}"
    require(that=done, otherwise=told)


@target_law(Verb.UPDATE)
def what_is_as_wanted_already_has_not_moved(subject: Subject) -> None:
    person, ref, name = _filled(subject)
    wanted = update(subject, person, ref, {name: subject.held(ref)[name]})
    before = subject.held(ref)
    succeeds(subject.apply(replace(wanted, before={name: SEEN})))
    require(that=subject.held(ref) == before, otherwise="what was as wanted was changed")


@target_law(Verb.UPDATE)
def what_moved_of_one_holds_up_nobody_else(subject: Subject) -> None:
    one, ref, name = _filled(subject)
    other, other_ref = someone(subject, place=1)
    moved = replace(update(subject, one, ref, {name: CLEAR}), before={name: SEEN})
    behind = update(subject, one, ref, subject.update)
    receipts = subject.apply(
        moved, behind, update(subject, other, other_ref, subject.update_of(other))
    )
    outcomes = {who: [r.outcome for r in receipts if r.person == who] for who in (one, other)}
    mine = outcomes[one] == [Outcome.FAILED, Outcome.SET_ASIDE]
    require(that=mine, otherwise=f"the one whose account moved: {outcomes[one]}")
    require(that=outcomes[other] == [Outcome.DONE], otherwise=f"the other: {outcomes[other]}")


@target_law(Verb.MOVE)
def an_account_that_was_put_elsewhere_since_stays_there(subject: Subject) -> None:
    person, ref = someone(subject)
    path = subject.manifest.container_form is ContainerForm.PATH
    seen = "/Elsewhere" if path else f"OU=Elsewhere,{subject.container}"
    place: dict[str, Value] = {"container": subject.container}
    move = MoveAccount(
        target=TARGET,
        person=person,
        ref=ref,
        before={"container": seen},
        after=place,
        context={HR_ID: subject.hr_id(ref)},
    )
    before = subject.content()
    _is_refused(subject, move, "container")
    require(that=subject.content() == before, otherwise="it was moved all the same")
    stands = str(subject.read().accounts.loc[ref, "container"])
    succeeds(subject.apply(replace(move, before={"container": stands})))


@target_law()
def an_account_that_is_somebody_elses_by_now_is_left_alone(subject: Subject) -> None:
    person, ref = someone(subject)
    before = subject.content()
    for change in _everything(subject, person, ref):
        _is_refused(subject, change, subject.manifest.correlation)
    require(that=subject.content() == before, otherwise="something was written all the same")


def _everything(subject: Subject, person: str, ref: str) -> Iterator[Change]:
    """Changes of every verb with a before-image, of an account that carried another HR id."""
    known = {**context(subject, subject.held(ref)), HR_ID: SEEN}
    off: dict[str, Value] = {"enabled": False}
    on: dict[str, Value] = {"enabled": True}
    place: dict[str, Value] = {"container": subject.container}
    if subject.offers(Verb.UPDATE):
        yield replace(update(subject, person, ref, subject.update), context=known)
    for kind, before, after in (
        (EnableAccount, off, on),
        (DisableAccount, on, off),
        (MoveAccount, {"container": _stands(subject, ref)}, place),
        (DeleteAccount, {subject.manifest.correlation: SEEN}, _left_behind(subject)),
    ):
        if subject.offers(kind.verb):
            yield kind(
                target=TARGET, person=person, ref=ref, before=before, after=after, context=known
            )


def _left_behind(subject: Subject) -> dict[str, Value]:
    """What a delete that clears a record empties; nothing for one that removes an account."""
    if not subject.manifest.delete_clears:
        return {}
    return {name: CLEAR for name in subject.update if subject.attribute(name).clearable}


def _stands(subject: Subject, ref: str) -> str:
    return str(subject.read().accounts.loc[ref, "container"])


def _filled(subject: Subject) -> tuple[str, str, str]:
    """A person, their account, and an attribute of it that holds something and can be emptied."""
    person, ref = someone(subject)
    succeeds(subject.apply(update(subject, person, ref, subject.update)))
    held = subject.held(ref)
    names = [one for one in subject.update if subject.attribute(one).clearable and one in held]
    require(that=bool(names), otherwise="the hook updates nothing that can be cleared and is shown")
    return person, ref, names[0]


def _is_refused(subject: Subject, change: Change, name: str) -> None:
    """Require that a change is refused, and that its receipt says of whom and what moved."""
    [receipt] = subject.apply(change)
    refused = receipt.outcome is Outcome.FAILED
    told = f"{change.verb} is {receipt.outcome}, and should fail: {receipt.detail}"
    require(that=refused, otherwise=told)
    for part in (MOVED_SINCE, name, change.person, change.target):
        require(that=part in _said(receipt), otherwise=f"{part!r} is not in {_said(receipt)!r}")


def _said(receipt: Receipt) -> str:
    return receipt.detail or ""
