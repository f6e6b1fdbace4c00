"""What a profile maps, laid over what a connector maps by itself."""

from dataclasses import replace

import pytest
from pydantic import BaseModel, TypeAdapter

from config.fields import FieldSpecs
from connectors.model.change import OFFERED
from connectors.model.connector import Connector
from connectors.model.errors import ConfigError
from connectors.model.manifest import Attribute, Manifest
from tasks.fields import compile_fields

MANIFEST = Manifest(
    connector="login",
    title="Login",
    verbs=OFFERED,
    correlation="number",
    attributes=(
        Attribute(name="number"),
        Attribute(name="upn"),
        Attribute(name="web", clearable=False),
        Attribute(name="code", clearable=False, on_update=False),
    ),
    open_attributes=True,
    write_back=True,
    delete_clears=True,
)
DEFAULTS = {
    "upn": {"from": "accounts.ad.upn"},
    "web": [
        {"value": True, "on": ["create", "correlate"]},
        {"value": False, "on": ["delete"]},
    ],
}


class Settings(BaseModel):
    rename: bool = False


def asked(settings):
    if not settings.rename:
        return DEFAULTS
    code = {"template": "7.{person.external_id}", "on": ["create", "correlate"]}
    return {**DEFAULTS, "code": code}


LOGIN = Connector(
    name="login", manifest=MANIFEST, settings=Settings, fields=DEFAULTS, fields_for=asked
)
DIRECTORY = replace(LOGIN, manifest=replace(MANIFEST, write_back=False, delete_clears=False))


def mapped(own, connector=LOGIN, settings=None, manifest=None):
    """Attribute -> action -> what is mapped."""
    specs = TypeAdapter(dict[str, FieldSpecs]).validate_python(own)
    found = {}
    for one in compile_fields(
        specs, connector, manifest or connector.manifest, settings, "targets.login"
    ):
        for action in one.on:
            assert action not in found.setdefault(one.name, {}), "two mappings for one action"
            found[one.name][action] = one.argument
    return found


def test_without_a_word_from_the_profile_the_connector_maps_and_a_delete_clears():
    upn = "accounts.ad.upn"
    assert mapped({}) == {
        "upn": {"create": upn, "update": upn, "delete": None},
        "web": {"create": True, "correlate": True, "delete": False},
    }


def test_a_write_back_target_updates_what_the_profile_names_and_nothing_by_the_way():
    phone = {"from": "person.work_phone"}
    assert mapped({"phone": phone}) == {
        "phone": {"create": phone["from"], "update": phone["from"], "delete": None},
        "web": {"create": True, "correlate": True, "delete": False},
    }


def test_the_profile_counts_for_the_actions_it_names():
    own = {"web": {"value": False, "on": ["create"]}}
    assert mapped(own) == {"web": {"create": False, "delete": False}}


def test_another_target_lets_the_profile_replace_an_attribute_as_a_whole():
    plain = replace(
        DIRECTORY,
        fields={"upn": DEFAULTS["upn"], "title": {"from": "contract.title"}},
        fields_for=None,
    )
    own = {"upn": {"from": "person.work_email", "on": ["create"]}}
    title = {"create": "contract.title", "update": "contract.title"}
    assert mapped(own, plain) == {"title": title, "upn": {"create": "person.work_email"}}


def test_what_a_delete_leaves_is_kept_cleared_or_something_else():
    own = {
        "phone": {"from": "person.work_phone", "when_deleted": "keep"},
        "badge": [{"from": "person.title"}, {"value": "returned", "on": ["delete"]}],
        "upn": {"from": "accounts.ad.upn"},
    }
    found = mapped(own)
    assert {name: actions.get("delete", "kept") for name, actions in found.items()} == {
        "phone": "kept",
        "badge": "returned",
        "upn": None,
        "web": False,
    }


def test_what_settings_ask_for_is_mapped_beside_what_the_profile_names():
    wider = replace(
        MANIFEST,
        attributes=tuple(replace(a, on_update=True) for a in MANIFEST.attributes),
    )
    own = {"upn": {"from": "accounts.ad.upn"}}
    found = mapped(own, settings=Settings(rename=True), manifest=wider)
    assert set(found["code"]) == {"create", "correlate"}
    assert "code" not in mapped(own, settings=Settings())


def test_an_attribute_that_is_never_updated_is_not_written_on_correlation_either():
    found = mapped({}, settings=Settings(rename=True))
    assert set(found["code"]) == {"create"}


def test_a_delete_that_removes_an_account_writes_no_field():
    with pytest.raises(ConfigError, match="writes no field") as caught:
        mapped({"upn": {"value": "", "on": ["delete"]}}, DIRECTORY)
    assert caught.value.key == "targets.login.fields.upn"


def test_an_attribute_that_is_not_there_is_named():
    closed = replace(MANIFEST, open_attributes=False)
    with pytest.raises(ConfigError, match="no attribute 'uppn'") as caught:
        mapped({"uppn": {"from": "accounts.ad.upn"}}, manifest=closed)
    assert caught.value.key == "targets.login.fields.uppn"


def test_another_spelling_of_an_attribute_is_told_the_right_one():
    with pytest.raises(ConfigError, match="no attribute 'UPN'; it is upn"):
        mapped({"UPN": {"from": "accounts.ad.upn"}})
