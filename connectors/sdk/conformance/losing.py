"""Laws about answers that get lost: nothing twice, nothing missing, and reading settles it."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

import random
from functools import partial

from connectors.model.change import (
    Change,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    MoveAccount,
    RevokePermission,
    UpdateAccount,
    Verb,
)
from connectors.model.connector import Writer
from connectors.model.values import Value
from connectors.sdk.conformance.bounds import bounded, unhurried
from connectors.sdk.conformance.changing import create, someone, succeeds, update
from connectors.sdk.conformance.chaos import ChaosWriter, Odds
from connectors.sdk.conformance.failing import DONE, needing, tells_the_truth, undo
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import TARGET, Subject, require
from connectors.sdk.trouble import Trouble

SEEDS = 3
ROUNDS = 8
FAULTS = 4
STORMY = Odds(lose=0.3, refuse=0.2, cut=0.2, delay=0.05)
CALM = Odds(lose=0, refuse=0, cut=0, delay=0)
CHAOS = (
    Trouble.SLOW_DOWN_UNSAID,
    Trouble.BUSY,
    Trouble.BROKEN,
    Trouble.CUT,
    Trouble.LOST,
)


@target_law(Verb.CREATE, needs=needing(Trouble.LOST))
def a_create_whose_answer_is_lost_makes_one_account_and_says_so(subject: Subject) -> None:
    for place, person in enumerate(subject.persons[:2]):
        change = create(subject, person)
        _settled(subject, change, lost=place)  # of the first request, and of the second
        ref = subject.ref_of(person)
        held = subject.held(ref)
        for name, wanted in change.after.items():
            if name not in {"container", *subject.not_shown}:
                same = subject.same(name, wanted, held.get(name))
                require(that=same, otherwise=f"{name}: wanted {wanted!r}, got {held.get(name)!r}")


@target_law(Verb.UPDATE, needs=needing(Trouble.LOST))
def an_update_whose_answer_is_lost_is_settled_by_reading(subject: Subject) -> None:
    person, ref = someone(subject)
    undo(subject, person, ref)
    _settled(subject, update(subject, person, ref, subject.update))
    held = subject.held(ref)
    for name, wanted in subject.update.items():
        same = subject.same(name, wanted, held.get(name))
        require(that=same, otherwise=f"{name}: wanted {wanted!r}, holds {held.get(name)!r}")


@target_law(Verb.ENABLE, Verb.DISABLE, needs=needing(Trouble.LOST))
def a_switch_whose_answer_is_lost_is_settled_by_reading(subject: Subject) -> None:
    person, ref = someone(subject)
    for kind, wanted in ((EnableAccount, True), (DisableAccount, False)):
        _settled(subject, kind(target=TARGET, person=person, ref=ref, after={"enabled": wanted}))
        found = bool(subject.read().accounts.loc[ref, "enabled"])
        require(that=found is wanted, otherwise=f"enabled is {found} after {kind.__name__}")


@target_law(Verb.GRANT, Verb.REVOKE, needs=needing(Trouble.LOST))
def a_grant_whose_answer_is_lost_is_settled_by_reading(subject: Subject) -> None:
    person, ref = someone(subject)
    named = _attributes(permission=subject.permission, name=subject.permission)
    grant = GrantPermission(target=TARGET, person=person, ref=ref, after=named)
    revoke = RevokePermission(target=TARGET, person=person, ref=ref, before=named)
    for change, wanted in ((grant, True), (revoke, False)):
        _settled(subject, change)
        grants = subject.read().grants
        mine = grants[grants["ref"] == ref]["permission"]
        holds = subject.permission in set(mine)
        require(that=holds is wanted, otherwise=f"held is {holds} after {change.verb}")


@target_law(Verb.MOVE, needs=needing(Trouble.LOST))
def a_move_whose_answer_is_lost_is_settled_by_reading(subject: Subject) -> None:
    person, ref = someone(subject)
    place = _attributes(container=subject.container)
    _settled(subject, MoveAccount(target=TARGET, person=person, ref=ref, after=place))
    found = str(subject.read().accounts.loc[ref, "container"])
    there = found.casefold() == subject.container.casefold()
    require(that=there, otherwise=f"it lies in {found}")


@target_law(Verb.DELETE, needs=needing(Trouble.LOST))
def a_delete_whose_answer_is_lost_is_settled_by_reading(subject: Subject) -> None:
    person, ref = someone(subject)
    _settled(subject, DeleteAccount(target=TARGET, person=person, ref=ref))
    if not subject.manifest.delete_clears:
        gone = ref not in subject.read().accounts.index
        require(that=gone, otherwise="the account is still there")


@target_law(Verb.UPDATE, needs=needing(Trouble.LOST, Trouble.CUT))
def chaos_ends_where_calm_would_have_ended(subject: Subject) -> None:
    for seed in range(SEEDS):
        _storm(subject, random.Random(seed))  # noqa: S311 - drawn again by the same seed
        for person in subject.persons[:2]:
            ref = subject.ref_of(person)
            if subject.offers(Verb.CREATE) and subject.offers(Verb.DELETE):
                succeeds(subject.apply(DeleteAccount(target=TARGET, person=person, ref=ref)))
            else:
                undo(subject, person, ref)


@target_law(Verb.UPDATE, once=True)
def chaos_around_a_writer_ends_where_calm_would_have_ended(subject: Subject) -> None:
    for round_ in range(ROUNDS):
        changes = [one for person in subject.persons[:2] for one in _still_due(subject, person)]
        if not changes:
            return
        odds = CALM if round_ == ROUNDS - 1 else STORMY
        with subject.writer() as inner:
            chaotic = ChaosWriter(inner, seed=round_, odds=odds)
            answered = bounded(partial(_answered, chaotic, changes))
        told = "a change has no receipt, or two"
        require(that=answered == [change.id for change in changes], otherwise=told)
    left = [one.verb for person in subject.persons[:2] for one in _still_due(subject, person)]
    require(that=not left, otherwise=f"lost in spite of a calm run at the end: {left}")


def _attributes(**values: Value) -> dict[str, Value]:
    return values


def _answered(writer: Writer, changes: list[Change]) -> list[str]:
    """Which changes have receipts, in the order in which those came."""
    return [receipt.change for receipt in writer.apply(iter(changes))]


def _settled(subject: Subject, change: Change, *, lost: int = 0) -> None:
    """Execute a change one of whose answers is lost, and require that it is done all the same."""
    subject.trouble.order(Trouble.LOST, writing=True, skip=lost)
    with unhurried():
        [receipt] = bounded(partial(subject.apply, change))
    subject.trouble.heal()
    told = f"{change.verb} is {receipt.outcome}: {receipt.detail}"
    require(that=receipt.outcome in DONE, otherwise=told)


def _storm(subject: Subject, chance: random.Random) -> None:
    """Get two people's changes done through trouble of all kinds, a run after a run.

    As planned anew each time: what is there by then is not asked for again.
    """
    kinds = [kind for kind in CHAOS if subject.offers_hook(kind)]
    for round_ in range(ROUNDS):
        changes = [one for person in subject.persons[:2] for one in _still_due(subject, person)]
        if not changes:
            return
        for _ in range(FAULTS if round_ < ROUNDS - 1 else 0):
            trouble = chance.choice(kinds)
            subject.trouble.order(trouble, writing=chance.random() < 0.8, skip=chance.randrange(4))
        with unhurried():
            receipts, _ = bounded(partial(subject.attempt, *changes))
        subject.trouble.heal()
        answered = [receipt.change for receipt in receipts]
        twice = len(answered) != len(set(answered))
        require(that=not twice, otherwise="a change has two receipts")
        for receipt in receipts:
            [change] = [one for one in changes if one.id == receipt.change]
            if isinstance(change, UpdateAccount) and receipt.ref is not None:
                tells_the_truth(subject, change, receipt)
    left = [one.verb.value for person in subject.persons[:2] for one in _still_due(subject, person)]
    require(that=not left, otherwise=f"lost in spite of a calm run at the end: {left}")


def _still_due(subject: Subject, person: str) -> list[Change]:
    """What a planner would still ask for: an account, and the values of the update."""
    accounts, wanted = subject.read().accounts, subject.update_of(person)
    refs = accounts.index[accounts["person"] == person].tolist()
    require(that=len(refs) < 2, otherwise=f"{person} has {len(refs)} accounts")
    if not refs:
        return [create(subject, person), update(subject, person, None, wanted)]
    held = subject.held(str(refs[0]))
    there = all(subject.same(one, value, held.get(one)) for one, value in wanted.items())
    return [] if there else [update(subject, person, str(refs[0]), wanted)]
