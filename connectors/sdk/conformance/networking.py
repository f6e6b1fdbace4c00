"""Laws about the network between: it refuses, resets, cuts, swallows, and dawdles."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.model.change import DeleteAccount, Verb
from connectors.model.errors import ConnectorError
from connectors.sdk.conformance.bounds import bounded, unhurried
from connectors.sdk.conformance.changing import create, someone, succeeds, update
from connectors.sdk.conformance.failing import DONE, tells_the_truth, undo
from connectors.sdk.conformance.law import target_law
from connectors.sdk.conformance.proxy import CALM, FaultProxy, Weather
from connectors.sdk.conformance.subject import TARGET, BrokenLaw, Subject, require, same_frame

NEEDS: Final = ("endpoint", "impatient")
STORMS: Final = {
    "refused": Weather(refuse=True),
    "reset in the request": Weather(reset_after=40),
    "cut answer": Weather(cut_answer_after=20),
    "black hole": Weather(hold=True),
    "no answer": Weather(hold_answers=True),
}

SPENT: Final = ("cut answer", "no answer")
"""The two worth trying where every try costs a person: the write was done, and nobody knows."""


@target_law(needs=NEEDS, once=True)
def a_reading_through_a_broken_network_ends_in_time(subject: Subject) -> None:
    with _between(subject) as (proxy, patiently, through):
        calm = _read(subject, patiently)
        for name, weather in STORMS.items():
            proxy.weather = weather
            try:
                with unhurried():
                    bounded(partial(_read, subject, through))
            except ConnectorError:
                continue
            finally:
                proxy.weather = CALM
            message = f"{name}: a reading succeeded that cannot have seen anything"
            raise BrokenLaw(message)
        proxy.weather = Weather(latency_seconds=0.01)
        slow = bounded(partial(_read, subject, patiently))
        same = same_frame(calm.attributes, slow.attributes)
        require(that=same, otherwise="a slow network changed what was read")


@target_law(Verb.UPDATE, needs=NEEDS, once=True)
def an_update_through_a_broken_network_is_told_truly_and_repeated(subject: Subject) -> None:
    person, ref = someone(subject)
    with _between(subject) as (proxy, patiently, through):
        for name, weather in STORMS.items():
            undo(subject, person, ref)
            change = update(subject, person, ref, subject.update)
            proxy.weather = weather
            with unhurried():
                receipts, error = bounded(partial(subject.attempt, change, **through))
            proxy.weather = CALM
            told = f"{name}: neither a receipt nor an error"
            require(that=bool(receipts) or error is not None, otherwise=told)
            for receipt in receipts:
                told = f"{name}: said to be {receipt.outcome}, and nobody could know"
                require(that=receipt.outcome not in DONE, otherwise=told)
                tells_the_truth(subject, change, receipt)
            receipts, error = subject.attempt(change, **patiently)
            require(that=error is None, otherwise=f"{name}: afterwards {error}")
            succeeds(receipts)
            tells_the_truth(subject, change, receipts[0])


@target_law(Verb.CREATE, Verb.DELETE, needs=NEEDS, once=True)
def a_create_through_a_broken_network_makes_one_account_at_most(subject: Subject) -> None:
    removable = not subject.manifest.delete_clears
    one, other = subject.persons[:2]
    plan = [(name, one) for name in STORMS] if removable else [(SPENT[0], one), (SPENT[1], other)]
    with _between(subject) as (proxy, _, through):
        for name, person in plan:
            change = create(subject, person)
            proxy.weather = STORMS[name]
            with unhurried():
                receipts, _ = bounded(partial(subject.attempt, change, **through))
            proxy.weather = CALM
            told = f"{name}: said to be done, and nobody could know"
            require(that=all(one.outcome not in DONE for one in receipts), otherwise=told)
            succeeds(subject.apply(change))
            ref = subject.ref_of(person)
            if removable:
                succeeds(subject.apply(DeleteAccount(target=TARGET, person=person, ref=ref)))


@contextmanager
def _between(subject: Subject) -> Iterator[tuple[FaultProxy, dict[str, Any], dict[str, Any]]]:
    """A proxy in front of the system, and settings that lead through it: patient and impatient."""
    address = str(subject.settings[subject.endpoint])
    parts = urlsplit(address)
    default = 636 if parts.scheme == "ldaps" else 443 if parts.scheme == "https" else 80
    with FaultProxy(parts.hostname or "", parts.port or default) as proxy:
        patiently = {subject.endpoint: proxy.in_front_of(address)}
        yield proxy, patiently, {**subject.impatient, **patiently}


def _read(subject: Subject, through: dict[str, Any]) -> Any:
    with subject.reader(**through) as reader:
        return reader.read()
