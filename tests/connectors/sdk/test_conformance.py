"""The laws themselves: each is broken once, on purpose, and has to notice."""

from dataclasses import replace
from itertools import chain

import pytest
from pydantic import BaseModel, ConfigDict, Field

from connectors.memory.conformance import subject as memory_subject
from connectors.memory.reader import MemoryReader
from connectors.memory.source import MemorySource
from connectors.memory.store import STORES
from connectors.memory.writer import MemoryWriter
from connectors.model.change import Verb
from connectors.model.errors import Conflict, Invalid
from connectors.model.people import People
from connectors.model.receipt import Outcome
from connectors.sdk.conformance.laws import laws_for
from connectors.sdk.conformance.subject import BrokenLaw
from connectors.sdk.fanout import Written, apply_per_person, receipt_of
from tests.connectors.sdk import test_conformance_in_trouble as troubling


@pytest.fixture
def subject():
    with memory_subject() as found:
        yield found


def check(subject, sentence):
    [law] = [law for law in laws_for(subject.connector) if law.name == sentence]
    law.check(subject)


def with_parts(subject, **parts):
    return replace(subject, connector=replace(subject.connector, **parts))


class Liar(MemoryWriter):
    """Says that everything is done."""

    def apply(self, changes):
        for change in changes:
            yield receipt_of(change, Outcome.DONE, ref="m-000001")


class Busybody(MemoryWriter):
    """Touches a field that nobody named."""

    def _execute(self, change):
        written = super()._execute(change)
        for entry in self._store.entries.values():
            entry.attributes["title"] = f"{change.verb} {len(self._store.calls)}"
        return written


class Hasty(MemoryWriter):
    """Enables what it creates, and pulls everything at once."""

    def apply(self, changes):
        return super().apply(list(changes))

    def _execute(self, change):
        written = super()._execute(change)
        if change.verb is Verb.CREATE:
            self._store.entries[written.ref].enabled = True
        return written


class Stubborn(MemoryWriter):
    """Takes what is so already for a failure."""

    def _execute(self, change):
        written = super()._execute(change)
        if written.already and change.verb is not Verb.CORRELATE:
            raise Invalid("it was so already")
        return written


class Careless(MemoryWriter):
    """Writes what it knows of an update and drops the rest, and goes on after a failure."""

    def apply(self, changes):
        for change in changes:
            yield from apply_per_person(iter([change]), self._execute, concurrency=1)

    def _execute(self, change):
        known = {name: value for name, value in change.after.items() if name != "shoeSize"}
        if change.verb is Verb.UPDATE and known != change.after:
            self._store.entries[change.ref].attributes["title"] = "half of it"
            raise Invalid("there is no shoeSize")
        return super()._execute(change)


class Vague(MemoryWriter):
    """Reports values that the account does not hold."""

    def _execute(self, change):
        written = super()._execute(change)
        return Written(
            ref=written.ref, already=written.already, produced={"displayName": "?", "mail": "?"}
        )


class Scribbler(MemoryReader):
    """Writes while it reads."""

    def read(self):
        self._store.groups["g-1"].name += "!"
        return super().read()


class Meddler(MemoryReader):
    """Sends a write that changes nothing."""

    def read(self):
        self._store.calls["update"] += 1
        return super().read()


class Blind(MemoryWriter):
    """Does not look at what it writes over."""

    def __init__(self, settings, target):
        super().__init__(settings, target)
        self._before_image.require = lambda *_, **__: None


class Pedant(MemoryWriter):
    """Refuses also what is as it shall be already, unless the plan saw that."""

    def _send(self, change):
        entry = self._store.entry(change.ref) if change.verb is Verb.UPDATE else None
        for name, seen in change.before.items() if entry is not None else ():
            if entry.attributes.get(name) != seen:
                raise Conflict("this is not what the plan saw")
        return super()._send(change)


class Unstable(MemoryReader):
    """Reads something else every time."""

    def read(self):
        accounts = super().read()
        accounts.permissions["name"] = f"group {id(accounts)}"
        self._kept = accounts
        return accounts


class Talkative(MemoryReader):
    """Gives an attribute that the manifest does not know."""

    def read(self):
        accounts = super().read()
        accounts.attributes["shoeSize"] = None
        return accounts


class Forgetful(MemoryReader):
    """Lists fewer permissions than there are."""

    def permissions(self):
        return super().permissions().iloc[1:]


class Lossy(MemorySource):
    """Loses somebody."""

    def read(self, *, as_of):
        people = super().read(as_of=as_of)
        some = people.persons.iloc[1:]
        theirs = people.contracts[people.contracts["person_id"].isin(some["external_id"])]
        return People(persons=some, contracts=theirs, taken_at=people.taken_at)


class Settings(BaseModel):
    """Settings as they should not be."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(default="memory", description="Name")
    api_token: str = Field(default="t0ken", description="A token as plain text.")


WRITERS = [
    (Liar, "creating then reading gives the planned attributes"),
    (Liar, "creating twice gives one account"),
    (Liar, "a create gives its ref to the changes behind it"),
    (Liar, "chaos around a writer ends where calm would have ended"),
    (Hasty, "creating then reading gives the planned attributes"),
    (Hasty, "a writer pulls changes no faster than it answers"),
    (Busybody, "an update touches only the named fields"),
    (Busybody, "correlating writes nothing"),
    (Stubborn, "creating twice gives one account"),
    (Stubborn, "an update to the same values is quiet"),
    (Stubborn, "an update to the same values says that it was so already"),
    (Stubborn, "clearing empties a field"),
    (Stubborn, "enabling and disabling are read back and quiet the second time"),
    (Stubborn, "moving keeps the ref and is quiet the second time"),
    (Stubborn, "deleting is quiet the second time"),
    (Stubborn, "what was deleted comes back under its ref"),
    (Stubborn, "a missing account can be taken away from and not added to"),
    (Stubborn, "granting what is held and revoking what is absent succeed quietly"),
    (Stubborn, "a missing account can be revoked from and not granted to"),
    (Careless, "what the target does not know is refused and nothing is written"),
    (Careless, "a failure sets the persons other changes aside and no one elses"),
    (Blind, "what moved since the plan is refused and named"),
    (Blind, "what moved of one holds up nobody else"),
    (Blind, "an account that was put elsewhere since stays there"),
    (Blind, "an account that is somebody elses by now is left alone"),
    (Pedant, "what is as wanted already has not moved"),
    (Vague, "receipts report what the manifest promises"),
    (Vague, "the recorder answers what the writer answers"),
]
READERS = [
    (Scribbler, "reading accounts writes nothing"),
    (Meddler, "a preview sends nothing that could write"),
    (Unstable, "two readings of accounts are equal"),
    (Talkative, "a reading has the shape that the manifest declares"),
    (Forgetful, "permissions that are listed are those that are read"),
]
DECLARED = [
    "every setting is described in a sentence",
    "secrets are typed as secrets",
    "an unknown setting is refused",
    "permissions and documentation are named",
    "what is offered and what is declared agree",
    "the manifest carries the name of the connector",
]


@pytest.mark.parametrize(("writer", "sentence"), WRITERS)
def test_a_writer_that_breaks_a_law_is_caught(subject, writer, sentence):
    with pytest.raises(BrokenLaw):
        check(with_parts(subject, open_writer=writer), sentence)


@pytest.mark.parametrize(("reader", "sentence"), READERS)
def test_a_reader_that_breaks_a_law_is_caught(subject, reader, sentence):
    with pytest.raises(BrokenLaw):
        check(with_parts(subject, open_reader=reader), sentence)


def test_a_source_that_loses_somebody_is_caught(subject):
    with pytest.raises(BrokenLaw, match="24 persons of 25"):
        check(
            with_parts(subject, open_source=Lossy),
            "every person is read or left out with a reason",
        )


@pytest.mark.parametrize("sentence", DECLARED)
def test_a_declaration_that_breaks_a_law_is_caught(subject, sentence):
    manifest = replace(
        subject.connector.manifest, connector="other", documentation="", correlation=""
    )
    with pytest.raises(BrokenLaw):
        check(with_parts(subject, settings=Settings, manifest=manifest), sentence)


def test_a_system_that_lets_wrong_credentials_in_is_caught(subject):
    broken = replace(subject, secrets={"name": "somebody else"}, cannot={})
    try:
        with pytest.raises(BrokenLaw, match="wrong credentials were let in"):
            check(broken, "wrong credentials are an error that shows no secret")
    finally:
        del STORES["somebody else"]


def test_every_law_is_broken_by_some_test(subject):
    # Laws about sources and secrets have tests of their own above, or are broken by construction.
    spared = {
        "two readings of people are equal",
        "reading people writes nothing",
        "every person is read or left out with a reason",
        "a verb that is not offered is refused",
        "no repr shows a secret",
        "wrong credentials are an error that shows no secret",
    }
    broken = {sentence for _, sentence in chain(WRITERS, READERS)} | set(DECLARED)
    there = broken | {sentence for _, sentence in chain(troubling.WRITERS, troubling.READERS)}
    assert {law.name for law in laws_for(subject.connector)} - spared == there | troubling.OTHERS
