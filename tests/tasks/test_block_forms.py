"""The block types of all connectors: what the Prefect UI makes a form of."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from config.problems import bare
from connectors import registry
from connectors.model.connector import Connector
from connectors.model.manifest import Manifest
from tasks import blocks
from tasks.block_forms import make_block_type
from tasks.block_store import slug_of
from tasks.blocks import block_type, block_types

NAMES = registry.names()


def schema_of(connector: str) -> dict[str, Any]:
    """As the server gets it: by way of JSON."""
    schema: dict[str, Any] = json.loads(json.dumps(block_type(connector).model_json_schema()))
    return schema


def fields_of(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field, those of groups too."""
    for group in (schema, *schema.get("definitions", {}).values()):
        yield from group.get("properties", {}).items()


def test_there_is_one_for_every_connector_and_each_is_found_in_the_module_that_prefect_registers():
    assert [one.get_block_type_slug() for one in block_types()] == [slug_of(n) for n in NAMES]
    assert all(getattr(blocks, one.__name__) is one for one in block_types())
    assert all(one.__module__ == blocks.__name__ for one in block_types())


@pytest.mark.parametrize("name", NAMES)
def test_a_form_has_a_field_for_every_setting_in_order_each_titled_and_described(name):
    schema = schema_of(name)
    assert list(schema["properties"]) == list(registry.find(name).settings.model_fields)
    for field, told in fields_of(schema):
        assert told["title"][:1].isupper() or told["title"][:1].isdigit(), field
        assert "_" not in told["title"], field
        assert told["description"].endswith("."), field
        assert "`" not in told["description"], field
    for group in (schema, *schema.get("definitions", {}).values()):
        places = [told["position"] for told in group["properties"].values()]
        assert places == list(range(len(places)))


@pytest.mark.parametrize("name", NAMES)
def test_a_form_can_fill_in_every_field(name):
    """No choice between types: V2 of the UI would ask "str or None?", and "str or str?"."""
    for field, told in fields_of(schema_of(name)):
        assert "anyOf" not in told, field
        assert "prefixItems" not in told, field
        assert told.keys() & {"type", "enum", "$ref"}, field


@pytest.mark.parametrize("name", NAMES)
def test_what_is_required_and_what_is_secret_is_so_in_the_form(name):
    schema, model = schema_of(name), registry.find(name).settings
    required = {field for field, told in model.model_fields.items() if told.is_required()}
    assert set(schema.get("required", ())) == required
    secret = {f for f, told in model.model_fields.items() if bare(told.annotation) is SecretStr}
    assert set(schema["secret_fields"]) == secret
    assert all(schema["properties"][field]["format"] == "password" for field in secret)


def test_constraints_survive():
    schema = schema_of("active_directory")["properties"]
    assert (schema["page_size"]["minimum"], schema["page_size"]["maximum"]) == (1, 1000)
    assert schema["bind_password"]["minLength"] == 1
    assert schema_of("entra_id")["properties"]["usage_location"]["pattern"] == "^[A-Z]{2}$"


def test_titles_are_words():
    schema = schema_of("active_directory")["properties"]
    titles = {name: schema[name]["title"] for name in ("base_dn", "ca_file", "start_tls")}
    assert titles == {"base_dn": "Base DN", "ca_file": "CA file", "start_tls": "Start TLS"}
    schema = schema_of("afas")["properties"]
    assert schema["token"]["title"] == "Token in XML format"
    assert schema["get_connectors"]["title"] == "GetConnectors"


def test_a_group_of_free_names_says_how_it_is_written():
    told = schema_of("afas")["properties"]["person_fields"]["description"]
    assert told.endswith('Write {"name": "value", "another name": "value"}.')


def test_one_of_several_words_is_one_choice():
    told = schema_of("hr_file")["properties"]["format"]
    assert told["enum"] == ["csv", "xlsx", "json", "parquet", "auto"]
    assert told["default"] == "auto"


def test_a_type_says_what_it_is_and_how_a_profile_names_it():
    kind = block_type("afas.employee")._to_block_type()
    assert kind.slug == "retour-afas-employee"
    assert kind.name == "Retour: AFAS Profit: employee"
    assert kind.description is not None
    assert kind.description.endswith("In a profile: `connector: afas.employee` and `block: NAME`.")
    assert "connector: afas.employee\nblock: BLOCK_NAME\n" in str(kind.code_example)
    assert kind.logo_url is None, "a browser would fetch it from outside"
    assert str(kind.documentation_url).startswith("https://")


def test_no_repr_shows_a_secret():
    held = block_type("scim")(base_url="https://app.example.org", token="hunter2-value")
    assert "hunter2-value" not in repr(held) + str(held)


def test_a_connector_of_another_package_gets_a_form_of_its_settings():
    class Settings(BaseModel):
        """Where it is.

        More about it.
        """

        base_url: str
        keys: dict[str, SecretStr] = {}

    manifest = Manifest(connector="acme_hr", title="Acme HR")
    kind = make_block_type(Connector(name="acme_hr", manifest=manifest, settings=Settings))
    assert (kind.__name__, kind.get_block_type_slug()) == ("AcmeHr", "retour-acme-hr")
    assert kind.get_description() == (
        "Where it is. In a profile: `connector: acme_hr` and `block: NAME`."
    )
    assert kind.model_json_schema()["properties"]["base_url"]["title"] == "Base URL"
