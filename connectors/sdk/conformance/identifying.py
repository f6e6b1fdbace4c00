"""Laws about who is who: the HR id is written, read back, and outlives every name."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from connectors.model.change import Verb
from connectors.model.receipt import Outcome
from connectors.sdk.conformance.changing import create, someone, succeeds, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.subject import Subject, require


@target_law(Verb.CREATE)
def the_hr_id_that_a_create_writes_is_read_back(subject: Subject) -> None:
    one, other = subject.persons[:2]
    succeeds(subject.apply(create(subject, one), create(subject, other)))
    refs = {person: subject.ref_of(person) for person in (one, other)}
    require(that=refs[one] != refs[other], otherwise="two persons share an account")
    correlation = subject.manifest.correlation
    for person, ref in refs.items():
        held = subject.held(ref).get(correlation, person)
        same = str(held) == person
        require(that=same, otherwise=f"{correlation} of {person} holds {held!r}")


@target_law(Verb.UPDATE, needs=("rename",))
def a_rename_keeps_the_link(subject: Subject) -> None:
    person, ref = someone(subject)
    strange = [name for name in subject.rename if name == subject.manifest.correlation]
    require(that=not strange, otherwise="the HR id is no name that could change")
    [receipt] = subject.apply(update(subject, person, ref, subject.rename))
    succeeds([receipt])
    found = subject.ref_of(person)
    require(that=found == receipt.ref, otherwise=f"the receipt says {receipt.ref}, it is {found}")
    held = subject.held(found)
    for name, wanted in subject.rename.items():
        if name not in subject.not_shown:
            same = subject.same(name, wanted, held.get(name))
            require(that=same, otherwise=f"{name}: wanted {wanted!r}, holds {held.get(name)!r}")
    succeeds(subject.apply(update(subject, person, found, subject.update)))
    require(that=subject.ref_of(person) == found, otherwise="the link broke behind the rename")


@target_law(Verb.CREATE, needs=("odd_persons",), once=True)
def an_hr_id_means_itself_in_every_filter(subject: Subject) -> None:
    bystander, _ = someone(subject)
    for person in subject.odd_persons:
        [first] = subject.apply(create(subject, person))
        done = first.outcome is Outcome.DONE
        told = f"{person!r}: the create is {first.outcome}, {first.detail}"
        require(that=done, otherwise=told)
        found = subject.ref_of(person)
        require(that=found == first.ref, otherwise=f"{person!r}: another account is found")
        [second] = subject.apply(create(subject, person))
        already = second.outcome is Outcome.ALREADY and second.ref == first.ref
        told = f"{person!r}: the second create is {second.outcome}, {second.detail}"
        require(that=already, otherwise=told)
    subject.ref_of(bystander)
