"""Every connector in the registry keeps every law that applies to it."""

from importlib import import_module

import pytest

from connectors import registry
from connectors.sdk.conformance.laws import laws_for

CASES = [
    pytest.param(name, law, id=f"{name}: {law.name}")
    for name in registry.names()
    for law in laws_for(registry.find(name))
]


@pytest.mark.parametrize(("name", "law"), CASES)
def test_law(name, law):
    connector = registry.find(name)
    folder = connector.settings.__module__.rpartition(".")[0]
    subjects = import_module(f"{folder}.conformance").SUBJECTS
    with subjects[name]() as subject:
        assert subject.connector is connector
        law.check(subject)


def test_a_name_in_the_registry_is_the_name_of_the_connector():
    assert [registry.find(name).name for name in registry.names()] == registry.names()
