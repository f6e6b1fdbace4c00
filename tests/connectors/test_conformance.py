"""Every connector in the registry is held to the laws, by the test_laws.py of its folder."""

from pathlib import Path

import pytest

from connectors import registry
from connectors.model.change import Verb
from connectors.sdk.conformance.cases import cases_of


@pytest.mark.parametrize("name", registry.names())
def test_it_is_held_to_the_laws(name):
    laws = Path(__file__).parent / name.partition(".")[0] / "test_laws.py"
    assert f'"{name}"' in laws.read_text(encoding="utf-8")


def test_a_name_in_the_registry_is_the_name_of_the_connector():
    assert [registry.find(name).name for name in registry.names()] == registry.names()


def test_a_user_of_afas_is_under_the_laws_of_every_verb_it_can_be_set_to():
    under_law = {verb for case in cases_of("afas.user") for verb in case.manifest.verbs}
    assert under_law >= {Verb.CREATE, Verb.UPDATE, Verb.ENABLE, Verb.DISABLE, Verb.DELETE}
