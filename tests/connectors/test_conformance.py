"""Every connector in the registry keeps every law that applies to it, under all its settings."""

from importlib import import_module

import pytest

from connectors import registry
from connectors.model.change import Verb
from connectors.sdk.conformance.laws import laws_for


def conformance_of(name):
    """The module in which the folder of a connector presents it to the laws."""
    folder = registry.find(name).settings.__module__.rpartition(".")[0]
    return import_module(f"{folder}.conformance")


def subjects_of(name):
    """Names of its subjects: that of the connector, and those that begin with it and a space."""
    return [one for one in conformance_of(name).SUBJECTS if one.partition(" ")[0] == name]


def manifest_of(name, subject):
    """What is said before the sandbox runs."""
    said = getattr(conformance_of(name), "MANIFESTS", {})
    return said.get(subject, registry.find(name).manifest)


CASES = [
    pytest.param(name, subject, law, id=f"{subject}: {law.name}")
    for name in registry.names()
    for subject in subjects_of(name)
    for law in laws_for(registry.find(name), manifest_of(name, subject))
]


@pytest.mark.parametrize(("name", "subject", "law"), CASES)
def test_law(name, subject, law):
    with conformance_of(name).SUBJECTS[subject]() as running:
        assert running.connector is registry.find(name)
        law.check(running)


@pytest.mark.parametrize(
    ("name", "subject"), [(name, one) for name in registry.names() for one in subjects_of(name)]
)
def test_the_laws_are_chosen_by_what_the_subject_can_do(name, subject):
    with conformance_of(name).SUBJECTS[subject]() as running:
        assert running.manifest.verbs == manifest_of(name, subject).verbs


def test_a_name_in_the_registry_is_the_name_of_the_connector():
    assert [registry.find(name).name for name in registry.names()] == registry.names()


def test_a_user_of_afas_is_under_the_laws_of_every_verb_it_can_be_set_to():
    under_law = {
        verb
        for subject in subjects_of("afas.user")
        for verb in manifest_of("afas.user", subject).verbs
    }
    assert under_law >= {Verb.CREATE, Verb.UPDATE, Verb.ENABLE, Verb.DISABLE, Verb.DELETE}
