"""Laws about creating, updating, enabling, moving and deleting accounts."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

import json
from collections.abc import Callable

from connectors.model.change import (
    HR_ID,
    Change,
    CorrelateAccount,
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    MoveAccount,
    RestoreAccount,
    UpdateAccount,
    Verb,
)
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Attributes, Value
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import TARGET, Subject, require

Expectation = Callable[[list[Receipt]], None]


def create(subject: Subject, person: str) -> CreateAccount:
    """The create that the hook describes."""
    require(that=subject.create is not None, otherwise="the hook has no `create`")
    after: Attributes = subject.create(person) if subject.create is not None else {}
    return CreateAccount(
        target=TARGET,
        person=person,
        after=after,
        because=("rule:conformance",),
        context=context_of_new(subject, person),
    )


def someone(subject: Subject, *, place: int = 0) -> tuple[str, str]:
    """A person with an account, and its ref."""
    person = subject.persons[place]
    if subject.offers(Verb.CREATE):
        succeeds(subject.apply(create(subject, person)))
    return person, subject.ref_of(person)


def update(subject: Subject, person: str, ref: str | None, after: Attributes) -> UpdateAccount:
    """An update as the planner would make it: with what is held now, and the context."""
    held = subject.held(ref) if ref is not None else {}
    known = {HR_ID: subject.hr_id(ref)} if ref is not None else {}
    return UpdateAccount(
        target=TARGET,
        person=person,
        ref=ref,
        before={name: held[name] for name in after if name in held},
        after=after,
        because=("rule:conformance",),
        context={**context(subject, held), **known},
    )


def context(subject: Subject, held: Attributes) -> dict[str, str]:
    """The values that the manifest asks for."""
    return {name: str(held[name]) for name in subject.manifest.context if name in held}


def context_of_new(subject: Subject, person: str) -> dict[str, str]:
    """The same for a person without an account, from the one record that it will hang under."""
    records = subject.read().without_account if subject.manifest.context else None
    if records is None:
        return {}
    rows = records[records["person"] == person]
    told = f"{len(rows)} records could take a new account of {person}, not one"
    require(that=len(rows) == 1, otherwise=told)
    return {name: str(rows.iloc[0][name]) for name in subject.manifest.context}


def succeeds(receipts: list[Receipt]) -> None:
    """Require that every change was done, or was so already."""
    for receipt in receipts:
        good = receipt.outcome in {Outcome.DONE, Outcome.ALREADY}
        require(that=good, otherwise=f"{receipt.verb}: {receipt.outcome}, {receipt.detail}")


def fails(receipts: list[Receipt]) -> None:
    """Require that every change failed, and said why."""
    for receipt in receipts:
        failed = receipt.outcome is Outcome.FAILED
        require(that=failed, otherwise=f"{receipt.verb} is {receipt.outcome}, and should fail")
        require(that=bool(receipt.detail), otherwise=f"{receipt.verb} failed without a word")


@target_law(Verb.CREATE)
def creating_then_reading_gives_the_planned_attributes(subject: Subject) -> None:
    change = create(subject, subject.persons[0])
    [receipt] = subject.apply(change)
    require(that=receipt.outcome is Outcome.DONE, otherwise=f"{receipt.outcome}: {receipt.detail}")
    ref = subject.ref_of(change.person)
    require(that=receipt.ref == ref, otherwise=f"the receipt says {receipt.ref}, the reading {ref}")
    held = subject.held(ref)
    for name, wanted in change.after.items():
        if name not in {"container", *subject.not_shown}:
            same = subject.same(name, wanted, held.get(name))
            require(that=same, otherwise=f"{name}: wanted {wanted!r}, holds {held.get(name)!r}")
    account = subject.read().accounts.loc[ref]
    if subject.offers(Verb.ENABLE):
        wanted, found = subject.manifest.creates_enabled, bool(account["enabled"])
        told = "enabled before anybody said so" if found else "disabled, against the manifest"
        require(that=found is wanted, otherwise=f"a new account is {told}")
    if "container" in change.after:
        place = str(account["container"])
        same = place.casefold() == str(change.after["container"]).casefold()
        require(that=same, otherwise=f"it lies in {place}")


@target_law(Verb.CREATE)
def creating_twice_gives_one_account(subject: Subject) -> None:
    change = create(subject, subject.persons[0])
    [first], [second] = subject.apply(change), subject.apply(change)
    said = second.outcome is Outcome.ALREADY
    require(that=said, otherwise=f"the second create is {second.outcome}: {second.detail}")
    require(that=second.ref == first.ref, otherwise="the second create names another account")
    subject.ref_of(change.person)


@target_law(Verb.CREATE, Verb.UPDATE)
def a_create_gives_its_ref_to_the_changes_behind_it(subject: Subject) -> None:
    person = subject.persons[0]
    behind = update(subject, person, None, subject.update)
    succeeds(subject.apply(create(subject, person), behind))
    held = subject.held(subject.ref_of(person))
    for name, wanted in subject.update.items():
        require(
            that=subject.same(name, wanted, held.get(name)), otherwise=f"{name} was not updated"
        )


@target_law(Verb.CORRELATE)
def correlating_writes_nothing(subject: Subject) -> None:
    person, ref = someone(subject)
    before = subject.content()
    succeeds(subject.apply(CorrelateAccount(target=TARGET, person=person, ref=ref)))
    require(that=subject.content() == before, otherwise="a correlation wrote something")


@target_law(Verb.UPDATE)
def an_update_touches_only_the_named_fields(subject: Subject) -> None:
    person, ref = someone(subject)
    before = subject.held(ref)
    succeeds(subject.apply(update(subject, person, ref, subject.update)))
    after = subject.held(ref)
    for name, wanted in subject.update.items():
        same = subject.same(name, wanted, after.get(name))
        require(that=same, otherwise=f"{name}: wanted {wanted!r}, holds {after.get(name)!r}")
    others = (before.keys() | after.keys()) - subject.update.keys() - subject.given_by_target
    touched = [name for name in others if before.get(name) != after.get(name)]
    require(that=not touched, otherwise=f"also changed: {sorted(touched)}")
    require(that=subject.ref_of(person) == ref, otherwise="the update broke the link")


@target_law(Verb.UPDATE)
def an_update_to_the_same_values_is_quiet(subject: Subject) -> None:
    person, ref = someone(subject)
    change = update(subject, person, ref, subject.update)
    succeeds(subject.apply(change))
    before = subject.held(ref)
    succeeds(subject.apply(change))
    require(that=subject.held(ref) == before, otherwise="the second update changed something")


@target_law(Verb.UPDATE)
def an_update_to_the_same_values_says_that_it_was_so_already(subject: Subject) -> None:
    person, ref = someone(subject)
    change = update(subject, person, ref, subject.update)
    succeeds(subject.apply(change))
    [receipt] = subject.apply(change)
    said = receipt.outcome is Outcome.ALREADY
    require(that=said, otherwise=f"the second update is {receipt.outcome}: {receipt.detail}")


@target_law(Verb.UPDATE)
def clearing_empties_a_field(subject: Subject) -> None:
    person, ref = someone(subject)
    succeeds(subject.apply(update(subject, person, ref, subject.update)))
    clearable = [name for name in subject.update if subject.attribute(name).clearable]
    require(that=bool(clearable), otherwise="the hook updates nothing that can be cleared")
    wish: dict[str, Value] = {clearable[0]: CLEAR}
    for _ in range(2):
        succeeds(subject.apply(update(subject, person, ref, wish)))
        still = subject.held(ref).get(clearable[0])
        require(that=still is None, otherwise=f"{clearable[0]} still holds {still!r}")


@target_law(Verb.UPDATE, needs=("unsupported",))
def what_the_target_does_not_know_is_refused_and_nothing_is_written(subject: Subject) -> None:
    person, ref = someone(subject)
    before = subject.content()
    fails(subject.apply(update(subject, person, ref, subject.unsupported)))
    require(that=subject.content() == before, otherwise="a refused update wrote something")


@target_law(Verb.UPDATE, needs=("unsupported",))
def a_failure_sets_the_persons_other_changes_aside_and_no_one_elses(subject: Subject) -> None:
    one, ref = someone(subject)
    other, other_ref = someone(subject, place=1)
    receipts = subject.apply(
        update(subject, one, ref, subject.unsupported),
        update(subject, one, ref, subject.update),
        update(subject, other, other_ref, subject.update),
    )
    outcomes = {
        person: [r.outcome for r in receipts if r.person == person] for person in (one, other)
    }
    mine = outcomes[one] == [Outcome.FAILED, Outcome.SET_ASIDE]
    require(that=mine, otherwise=f"the one who failed: {outcomes[one]}")
    theirs = outcomes[other] == [Outcome.DONE]
    require(that=theirs, otherwise=f"the other one: {outcomes[other]}")


@target_law(Verb.UPDATE)
def receipts_report_what_the_manifest_promises(subject: Subject) -> None:
    person, ref = someone(subject)
    [receipt] = subject.apply(update(subject, person, ref, subject.update))
    held = subject.held(ref)
    for name in subject.manifest.produces:
        same = subject.same(name, held.get(name), receipt.produced.get(name))
        require(
            that=same,
            otherwise=f"{name}: reports {receipt.produced.get(name)!r}, holds {held.get(name)!r}",
        )
    text = json.dumps(receipt.to_json())
    leaks = [secret for secret in subject.secret_texts() if secret in text]
    require(that=not leaks, otherwise="a receipt holds a secret")


@target_law(Verb.ENABLE, Verb.DISABLE)
def enabling_and_disabling_are_read_back_and_quiet_the_second_time(subject: Subject) -> None:
    person, ref = someone(subject)
    for kind, wanted in ((EnableAccount, True), (DisableAccount, False)):
        change = kind(target=TARGET, person=person, ref=ref, after={"enabled": wanted})
        for _ in range(2):
            succeeds(subject.apply(change))
            found = bool(subject.read().accounts.loc[ref, "enabled"])
            require(that=found is wanted, otherwise=f"enabled is {found} after {kind.__name__}")


@target_law(Verb.MOVE)
def moving_keeps_the_ref_and_is_quiet_the_second_time(subject: Subject) -> None:
    person, ref = someone(subject)
    change = MoveAccount(
        target=TARGET, person=person, ref=ref, after={"container": subject.container}
    )
    for _ in range(2):
        succeeds(subject.apply(change))
        found = str(subject.read().accounts.loc[ref, "container"])
        there = found.casefold() == subject.container.casefold()
        require(that=there, otherwise=f"it lies in {found}")


@target_law(Verb.DELETE)
def deleting_is_quiet_the_second_time(subject: Subject) -> None:
    person, ref = someone(subject)
    if subject.manifest.delete_clears:
        _clearing_is_quiet_the_second_time(subject, person, ref)
        return
    change = DeleteAccount(target=TARGET, person=person, ref=ref)
    for _ in range(2):
        succeeds(subject.apply(change))
        gone = ref not in subject.read().accounts.index
        require(that=gone, otherwise="the account is still there")


@target_law(Verb.RESTORE, Verb.DELETE)
def what_was_deleted_comes_back_under_its_ref(subject: Subject) -> None:
    person, ref = someone(subject)
    held = subject.held(ref)
    succeeds(subject.apply(DeleteAccount(target=TARGET, person=person, ref=ref)))
    number: dict[str, Value] = {subject.manifest.correlation: person}
    change = RestoreAccount(target=TARGET, person=person, ref=ref, after=number)
    for _ in range(2):
        succeeds(subject.apply(change))
        require(that=subject.held(ref) == held, otherwise=f"it holds {subject.held(ref)}")
    missing = RestoreAccount(target=TARGET, person=person, ref=subject.missing_ref, after=number)
    fails(subject.apply(missing))


def _clearing_is_quiet_the_second_time(subject: Subject, person: str, ref: str) -> None:
    """A delete that leaves the record: what it names is empty, and nobody signs in any more."""
    succeeds(subject.apply(update(subject, person, ref, subject.update)))
    named = [name for name in subject.update if subject.attribute(name).clearable]
    held = subject.held(ref)
    change = DeleteAccount(
        target=TARGET,
        person=person,
        ref=ref,
        before={name: held[name] for name in named},
        after=dict.fromkeys(named, CLEAR),
        context=context(subject, held),
    )
    for _ in range(2):
        succeeds(subject.apply(change))
        left = [name for name in named if name in subject.held(ref)]
        require(that=not left, otherwise=f"still filled: {left}")
        if subject.offers(Verb.ENABLE):
            enabled = bool(subject.read().accounts.loc[ref, "enabled"])
            require(that=not enabled, otherwise="a record that was cleared is still enabled")


@target_law()
def a_missing_account_can_be_taken_away_from_and_not_added_to(subject: Subject) -> None:
    person, ref = subject.persons[0], subject.missing_ref
    require(that=bool(ref), otherwise="the hook has no `missing_ref`")
    move: dict[str, Value] = {"container": subject.container}
    attempts: dict[Verb, tuple[Change, Expectation]] = {
        Verb.DELETE: (DeleteAccount(target=TARGET, person=person, ref=ref), succeeds),
        Verb.DISABLE: (
            DisableAccount(target=TARGET, person=person, ref=ref, after={"enabled": False}),
            succeeds,
        ),
        Verb.ENABLE: (
            EnableAccount(target=TARGET, person=person, ref=ref, after={"enabled": True}),
            fails,
        ),
        Verb.MOVE: (MoveAccount(target=TARGET, person=person, ref=ref, after=move), fails),
        Verb.UPDATE: (
            UpdateAccount(
                target=TARGET,
                person=person,
                ref=ref,
                after=subject.update,
                context=dict.fromkeys(subject.manifest.context, ref),
            ),
            fails,
        ),
    }
    before = subject.content()
    for verb, (change, expected) in attempts.items():
        if subject.offers(verb):
            expected(subject.apply(change))
    require(that=subject.content() == before, otherwise="something was written all the same")


@target_law()
def a_verb_that_is_not_offered_is_refused(subject: Subject) -> None:
    ref = subject.missing_ref
    for verb, kind in ((Verb.DELETE, DeleteAccount), (Verb.MOVE, MoveAccount)):
        if not subject.offers(verb):
            after: dict[str, Value] = {"container": "x"} if verb is Verb.MOVE else {}
            change = kind(target=TARGET, person=subject.persons[0], ref=ref, after=after)
            fails(subject.apply(change))
