"""Laws about values: any text arrives as it is; empty, unknown and emptied are three things."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from typing import Final

from connectors.model.change import Verb
from connectors.model.values import CLEAR, is_empty
from connectors.sdk.conformance.changing import someone, succeeds, update
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.odd import ODD_TEXTS
from connectors.sdk.conformance.subject import Subject, require

SPELLED_OUT: Final = frozenset({"None", "null", "nan", "NaN", "CLEAR", "[]", "<NA>"})
"""What "nothing there" turns into when somebody forgets that it is nothing."""


@target_law(Verb.UPDATE, needs=("free_text",), once=True)
def every_text_arrives_as_it_was_written(subject: Subject) -> None:
    person, ref = someone(subject)
    for turn in range(len(ODD_TEXTS)):
        wanted = {
            name: ODD_TEXTS[(turn + place) % len(ODD_TEXTS)]
            for place, name in enumerate(subject.free_text)
        }
        succeeds(subject.apply(update(subject, person, ref, wanted)))
        held = subject.held(ref)
        for name, text in wanted.items():
            found = held.get(name)
            require(that=found == text, otherwise=f"{name}: wrote {text!r}, holds {found!r}")
    require(that=subject.ref_of(person) == ref, otherwise="the link broke")


@target_law(Verb.UPDATE)
def what_is_not_named_is_left_alone_and_what_is_cleared_is_nothing(subject: Subject) -> None:
    person, ref = someone(subject)
    succeeds(subject.apply(update(subject, person, ref, subject.update)))
    clearable = [name for name in subject.update if subject.attribute(name).clearable]
    require(that=bool(clearable), otherwise="the hook updates nothing that can be cleared")
    emptied = clearable[0]
    before = subject.held(ref)
    succeeds(subject.apply(update(subject, person, ref, {emptied: CLEAR})))
    accounts = subject.read()
    row = accounts.attributes.loc[[ref]].to_dict(orient="records")[0]
    there = row.get(emptied)
    require(that=is_empty(there), otherwise=f"{emptied} was emptied and holds {there!r}")
    for name in subject.update.keys() - {emptied} - subject.given_by_target:
        same = subject.same(name, before.get(name), row.get(name))
        told = f"{name} was not named: held {before.get(name)!r}, holds {row.get(name)!r}"
        require(that=same, otherwise=told)
    for column in accounts.attributes:
        spelled = SPELLED_OUT & set(map(str, accounts.attributes[column].dropna()))
        require(that=not spelled, otherwise=f"{column} of somebody says {sorted(spelled)}")
