"""Settings, and what opening a reader or a writer refuses."""

import pytest
from pydantic import ValidationError

from connectors.active_directory import CONNECTORS, open_reader, open_writer
from connectors.active_directory.names import dn_key
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.errors import ConfigError

BASE = "DC=example,DC=org"
GIVEN = {
    "server": "ldaps://dc.example.org",
    "bind_user": "svc@example.org",
    "bind_password": "Public#2026!x",
    "base_dn": BASE,
    "containers": {"initial": f"OU=Staff,{BASE}"},
}


def settings(**values):
    return ActiveDirectorySettings(**{**GIVEN, **values})


def test_the_port_may_be_left_out():
    assert (settings().host, settings().port) == ("dc.example.org", 636)
    assert settings(server="ldaps://127.0.0.1:1636").port == 1636


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("ldap://dc.example.org", "use ldaps://, or add start_tls"),
        ("ldap://", "should read ldaps://host"),
        ("dc.example.org", "should read ldaps://host"),
        ("ldaps://", "should read ldaps://host"),
        ("ldaps://user@dc.example.org", "should read ldaps://host"),
        ("ldaps://dc.example.org/DC=x", "should read ldaps://host"),
        ("ldaps://dc.example.org:99999", "out of range"),
        ("sandbox:", "a sandbox has a file or a name"),
        ("sandbox://", "a sandbox has a file or a name"),
    ],
)
def test_another_address_is_refused(server, why):
    with pytest.raises(ValidationError, match=why):
        settings(server=server)


@pytest.mark.parametrize("server", ["hunter2", "ldaps://dc:hunter2@dc.example.org"])
def test_what_may_be_a_password_in_the_wrong_field_is_not_quoted(server):
    with pytest.raises(ValidationError) as refused:
        settings(server=server)
    assert "hunter2" not in refused.value.errors()[0]["msg"]


def test_no_more_of_a_name_is_quoted_than_a_sentence_bears():
    with pytest.raises(ValidationError) as refused:
        settings(base_dn="x" * 70_000)
    assert len(refused.value.errors()[0]["msg"]) < 300


def test_ldap_is_good_enough_when_it_is_protected_before_anything_is_sent():
    given = settings(server="ldap://dc.example.org", start_tls=True)
    assert (given.host, given.port) == ("dc.example.org", 389)
    with pytest.raises(ValidationError, match="protected from its first byte"):
        settings(start_tls=True)


def test_a_container_may_be_a_template():
    containers = settings(
        containers={
            "initial": f"OU=New,{BASE}",
            "enabled": f"OU={{contract.title}} team,OU={{contract.employer}},OU=Staff,{BASE}",
        }
    ).containers
    assert containers.named() == (f"OU=New,{BASE}", f"OU=Staff,{BASE}")
    _, template = containers.templates()
    assert template.covers(dn_key(f"OU=Nurse\\, night team, ou=St. Mary,OU=staff,{BASE}"))
    assert not template.covers(dn_key(f"OU=Nurse,OU=St. Mary,OU=Staff,{BASE}"))
    assert not template.covers(dn_key(f"OU=Nurse team,OU=Staff,{BASE}"))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"containers": {"initial": f"OU={{contract.title,{BASE}"}}, "stray brace"),
        ({"containers": {"initial": f"CN={{contract.title}},{BASE}"}}, "only the name of an OU"),
        ({"containers": {"initial": "OU={contract.title}"}}, "no end without a path"),
        ({"containers": {"initial": "OU={contract.title},DC=other"}}, "is not below base_dn"),
        ({"batch_size": 501}, "less than or equal to 500"),
        ({"base_dn": "example.org"}, "not a distinguished name"),
        ({"base_dn": ""}, "an empty text"),
        ({"containers": {"initial": "Staff"}}, "not a distinguished name"),
        ({"containers": {"initial": "OU=Staff,DC=other"}}, "is not below base_dn"),
        ({"containers": {"initial": f"OU=x,{BASE}", "leavers": "x"}}, "Extra inputs"),
        ({"bind_password": ""}, "at least 1"),
        ({"page_size": 1001}, "less than or equal to 1000"),
        ({"password_length": 7}, "greater than or equal to 8"),
        ({"pagesize": 5}, "Extra inputs"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(values, why):
    with pytest.raises(ValidationError, match=why):
        settings(**values)


def test_no_secret_is_shown():
    shown = repr(settings(write_bind_password="Other#2026!x"))
    assert "Public#2026!x" not in shown
    assert "Other#2026!x" not in shown


def test_a_writer_needs_to_know_where_passwords_go():
    with pytest.raises(ConfigError, match=r"file:initial-passwords\.csv") as caught:
        open_writer(settings(), "directory")
    assert caught.value.key == "targets.directory.settings.initial_passwords"
    with pytest.raises(ConfigError, match="file:PATH"):
        open_writer(settings(initial_passwords="mailto:x@example.org"), "directory")


def test_a_writing_account_needs_its_password(tmp_path):
    given = settings(initial_passwords=f"file:{tmp_path}/p.csv", write_bind_user="w@example.org")
    with pytest.raises(ConfigError, match=r"w@example\.org has no password"):
        open_writer(given, "directory")
    open_reader(given, "directory").close()  # a preview never needs it


def test_a_missing_authority_file_is_told_before_anything_is_sent(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot use .*absent\.pem as a certificate authority"):
        open_reader(settings(ca_file=tmp_path / "absent.pem"), "directory")


def test_what_only_a_writer_needs_is_marked():
    marked = {
        name
        for name, field in ActiveDirectorySettings.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("write_only")
    }
    assert marked == {"write_bind_user", "write_bind_password", "initial_passwords"}


def test_the_default_mapping_names_known_attributes():
    [connector] = CONNECTORS
    known = {attribute.name for attribute in connector.manifest.attributes}
    assert set(connector.fields) <= known
    assert connector.manifest.correlation in connector.fields
    unique = {name for name, field in connector.fields.items() if field.get("unique")}
    assert unique == {"sAMAccountName", "userPrincipalName", "mail", "cn"}
