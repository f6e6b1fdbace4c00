"""Settings, paths, and the manifest that follows from them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.model.errors import ConfigError
from connectors.model.manifest import ADDRESS
from connectors.scim import check_writer
from connectors.scim.manifest import WORK_MAIL, manifest_for
from connectors.scim.mapping import fields_for
from connectors.scim.paths import parse_path
from connectors.scim.resources import body, differing, operations, put
from connectors.scim.sandbox.catalogue import USERS
from connectors.scim.sandbox.patch import PATCH_OP, patched
from connectors.scim.sandbox.switches import Switches
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import ENTERPRISE, USER

BASE = {"base_url": "https://app.example.org/scim/v2", "token": "t"}


def settings(**others):
    return ScimSettings(**{**BASE, **others})


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"base_url": "http://app.example.org"}, "unencrypted"),
        ({"base_url": "app.example.org"}, "not an address"),
        ({"base_url": "https://u:p@app.example.org"}, "not an address"),
        ({"base_url": "https://app.example.org?x=1"}, "neither"),
        ({"token": None}, "how to sign in"),
        ({"client_id": "x"}, "a token or a client"),
        ({"token": None, "client_id": "x", "client_secret": "y"}, "a client needs"),
        ({"token": None, "token_url": "http://x.example/t"}, "unencrypted"),
        ({"names": {"active": "title"}}, "has a meaning"),
    ],
)
def test_settings_that_cannot_work_are_told(others, said):
    with pytest.raises(ConfigError, match=said) as caught:
        settings(**others)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    "others",
    [
        {"correlation": "a b"},
        {"extra_attributes": ["emails[type"]},
        {"overrule": {"teleport": True}},
        {"permissions": {"groups": []}},
        {"page_size": -1},
    ],
)
def test_settings_of_another_form_are_told(others):
    with pytest.raises(ValidationError):
        settings(**others)


def test_loopback_may_be_plain_http():
    assert settings(base_url="http://127.0.0.1:1/v2/").base_url == "http://127.0.0.1:1/v2"


def test_passwords_go_where_somebody_knows():
    check_writer(settings(), "app")
    check_writer(settings(initial_passwords="file:x.csv"), "app")
    with pytest.raises(ConfigError, match="initial_passwords"):
        check_writer(settings(initial_passwords="pigeon"), "app")


def test_the_manifest_follows_the_settings():
    key = f"{ENTERPRISE}:employeeNumber"
    manifest = manifest_for(
        settings(
            correlation=key,
            names={"mail": WORK_MAIL, "all": "phoneNumbers.value"},
            extra_attributes=('emails[type eq "other"].value', "USERNAME", "active"),
            permissions={"roles": ()},
        )
    )
    assert manifest.correlation == key
    assert manifest.attribute("mail").unique_in == ADDRESS
    assert manifest.attribute("all").multi
    assert manifest.attribute('emails[type eq "other"].value').unique_in == ADDRESS
    assert [manifest.attribute(name) for name in ("USERNAME", "active", "roles")] == [None] * 3
    assert "mail" in manifest.produces
    fields = fields_for(settings(correlation=key))
    assert fields[key] == {"from": "person.external_id", "on": ["create", "update"]}
    assert "externalId" not in fields


@pytest.mark.parametrize(
    "text",
    [
        "userName",
        "name.familyName",
        'emails[type eq "work"].value',
        'emails[type eq "a\\"b]"].value',
        "emails[primary eq true].value",
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:manager.value",
        'urn:x:y:1.0:User:things[kind eq "a:b"].value',
    ],
)
def test_a_path_is_written_as_it_was_read(text):
    assert str(parse_path(text)) == text


def test_the_core_schema_in_front_of_a_path_says_nothing():
    assert parse_path(f"{USER}:userName") == parse_path("userName")


PATHS = [
    parse_path(text)
    for text in (
        "displayName",
        "name.familyName",
        "name.givenName",
        'emails[type eq "work"].value',
        'emails[type eq "home"].value',
        'addresses[type eq "work"].locality',
        'addresses[type eq "work"].postalCode',
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:manager.value",
    )
]
WANTED = st.dictionaries(st.sampled_from(PATHS), st.none() | st.text(min_size=1, max_size=5))


TOWN, CODE = PATHS[5], PATHS[6]


@example({TOWN: "a"}, {TOWN: None, CODE: "b"}, False)
@example({CODE: "b"}, {TOWN: "a", CODE: None}, False)
@given(WANTED, WANTED, st.booleans())
def test_a_patch_and_a_put_come_to_what_was_wanted_and_to_the_same(before, wanted, whole):
    """By the sandbox's own reading of RFC 7644, which shares no code with the connector's."""
    resource = {**body(before), "userName": "bo"}
    done = operations(resource, wanted, whole=whole)
    kept = {name: value for name, value in resource.items() if name != "schemas"}
    if done:
        asked = {"schemas": [PATCH_OP], "Operations": done}
        kept = patched(USERS, kept, asked, Switches())
    assert differing(kept, wanted) == {}
    put(resource, wanted)
    assert differing(resource, wanted) == {}
    others = [path for path in before if path not in wanted]
    assert all(path.held(kept) == before[path] for path in others)
    assert all(path.held(resource) == before[path] for path in others)
