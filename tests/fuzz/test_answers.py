"""Whatever a system answers over HTTP: a reading, receipts and findings, or an error of ours."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given, settings

from connectors.model.accounts import Accounts
from connectors.model.change import CHANGES, Change, Verb
from connectors.model.errors import RetourError
from connectors.model.people import People
from connectors.model.receipt import Receipt
from connectors.model.values import is_empty
from connectors.sdk.conformance.cases import conformance_of, find_connector
from connectors.sdk.conformance.changing import context, create, someone, update
from connectors.sdk.conformance.subject import TARGET, Subject
from connectors.sdk.understood import understood
from tests.fuzz.outcome import check_sentence, come_of
from tests.fuzz.wire import BLOWS, Blow, playing, record

DAY: Final = date(2026, 11, 23)
TARGETS: Final = ("afas.employee", "afas.user creating", "entra_id", "google_workspace", "scim")
SOURCES: Final = ("afas",)
EXAMPLES: Final = 2_000 if "RETOUR_SOAK" in os.environ else 25


@contextmanager
def a_subject(name: str) -> Iterator[Subject]:
    """A connector on its sandbox."""
    with conformance_of(find_connector(name.partition(" ")[0])).SUBJECTS[name]() as subject:
        yield subject


def read(subject: Subject) -> Accounts:
    """A reading as a run makes it, of which everything downstream lives."""
    with subject.reader() as reader, understood("subject", "read accounts"):
        accounts = reader.read()
    for name in accounts.attributes:
        for value in accounts.attributes[name]:
            plain = is_empty(value) or isinstance(value, str | int | float | bool)
            texts = isinstance(value, tuple) and all(isinstance(one, str) for one in value)
            assert plain or texts, f"{name} holds {value!r}"
    return accounts


def read_people(subject: Subject) -> People:
    """Everybody whom a source gives."""
    with subject.source() as source, understood("subject", "read people"):
        people = source.read(as_of=DAY)
    assert people.digest
    return people


def check_findings(subject: Subject) -> list[Any]:
    """What `retour check` says."""
    opened = subject.source() if subject.connector.open_source else subject.reader()
    with opened as system, understood("subject", "check"):
        findings = list(system.check())
    for finding in findings:
        check_sentence(f"{finding.subject}: {finding.detail}")
    return findings


def changes_of(subject: Subject) -> list[Change]:
    """Most of what a target can do, for two persons."""
    person, ref = someone(subject)
    changes: list[Change] = [update(subject, person, ref, subject.update)]
    told = {"person": person, "ref": ref, "context": context(subject, subject.held(ref))}
    named = {"permission": subject.permission, "name": "G"}
    for verb in (Verb.DISABLE, Verb.ENABLE, Verb.GRANT, Verb.REVOKE, Verb.DELETE):
        if subject.offers(verb):
            after = named if verb is Verb.GRANT else {}
            before = named if verb is Verb.REVOKE else {}
            changes.append(CHANGES[verb](target=TARGET, after=after, before=before, **told))
    if subject.create is not None:
        changes.append(create(subject, subject.persons[1]))
    return changes


def written(subject: Subject, changes: list[Change]) -> list[Receipt]:
    """Receipts of changes: one for each, and none that says the connector is broken."""
    receipts, end = subject.attempt(*changes)
    told = [one.change for one in receipts]
    assert len(set(told)) == len(told)
    if end is None:
        assert set(told) == {one.id for one in changes}
    else:
        check_sentence(str(end))
    for receipt in receipts:
        assert "is broken" not in (receipt.detail or ""), receipt.detail
        if receipt.detail:
            check_sentence(receipt.detail)
    return receipts


def whatever(act: Callable[[], Any], examples: int = EXAMPLES) -> None:
    """Do it once as it was, and then with all kinds of answers."""
    tape = record(act)

    @settings(max_examples=examples, derandomize=True, database=None)
    @given(BLOWS)
    def is_answered(blow: Blow) -> None:
        tape.play(blow)
        come_of(act)

    with playing(tape):
        tape.play(None)
        assert not isinstance(come_of(act), RetourError)
        is_answered()


@pytest.fixture(params=TARGETS)
def target(request):
    with a_subject(request.param) as subject:
        yield subject


def test_a_reading_is_whole_or_an_error(target):
    whatever(lambda: read(target))


def test_every_change_gets_its_receipt(target):
    changes = changes_of(target)
    whatever(lambda: written(target, changes))


@pytest.mark.parametrize("name", [*SOURCES, *TARGETS])
def test_a_check_says_what_it_finds(name):
    with a_subject(name) as subject:
        whatever(lambda: check_findings(subject), EXAMPLES // 2)


@pytest.mark.parametrize("name", SOURCES)
def test_an_import_is_whole_or_an_error(name):
    with a_subject(name) as subject:
        whatever(lambda: read_people(subject))
