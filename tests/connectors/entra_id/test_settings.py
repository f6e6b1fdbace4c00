"""Settings that are refused, and those that change what is done."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr, ValidationError

from connectors.entra_id import check_writer, open_writer
from connectors.entra_id.graph import roles_in
from connectors.entra_id.manifest import manifest_for
from connectors.entra_id.mapping import FIELDS, fields_for
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.errors import ConfigError, Unauthorized
from connectors.sdk.clock import now
from tests.connectors.entra_id.lab import TARGET, create

GIVEN = {"tenant_id": "contoso.example", "client_id": "app", "client_secret": "s3cret-Value"}


def settings(**others):
    return EntraIdSettings(**{**GIVEN, **others})


@pytest.fixture(scope="module")
def pem() -> str:
    """A private key and its certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "retour")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode() + certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"graph_url": "http://graph.example.org/v1.0"}, "unencrypted"),
        ({"authority_url": "http://login.example.org"}, "unencrypted"),
        ({"graph_url": "https://me:pass@graph.example.org"}, "not an address"),
        ({"graph_url": "graph.microsoft.com"}, "not an address"),
        ({"tenant_id": "a/b"}, "tenant is named"),
        ({"client_secret": None}, "either client_secret or certificate"),
        ({"certificate": "-----BEGIN X-----"}, "either client_secret or certificate"),
        ({"client_secret": None, "certificate": "thumbprint"}, "PEM text"),
        ({"write_client_secret": "x"}, "write_client_id"),
    ],
)
def test_what_cannot_be_used_is_refused(others, told):
    with pytest.raises((ConfigError, ValidationError), match=told) as refused:
        settings(**others)
    assert "pass" not in str(refused.value).replace("password", "")


def test_plain_http_is_for_this_machine_only():
    assert settings(graph_url="http://127.0.0.1:80/v1.0/").graph_url == "http://127.0.0.1:80/v1.0"


def test_secrets_are_in_no_text(lab):
    with_secret = settings(initial_passwords="file:x")
    shown = [repr(with_secret), with_secret.model_dump_json(), repr(open_writer(with_secret, "x"))]
    assert not [text for text in shown if "s3cret-Value" in text]


def test_the_scope_follows_the_cloud():
    assert settings().scope == "https://graph.microsoft.com/.default"
    china = settings(graph_url="https://microsoftgraph.chinacloudapi.cn/v1.0")
    assert china.scope == "https://microsoftgraph.chinacloudapi.cn/.default"


@pytest.mark.parametrize("given", ["text", "file"])
def test_a_certificate_signs_in_without_a_secret(lab, pem, tmp_path, given):
    lab.graph.tokens.certificates.append(pem[pem.index("-----BEGIN CERTIFICATE") :])
    lab.graph.tokens.secrets.clear()
    file = tmp_path / "app.pem"
    file.write_text(pem)
    certificate = pem if given == "text" else f"file:{file}"
    assert len(lab.read(client_secret=None, certificate=certificate)) == 3


def test_a_certificate_that_is_not_registered_is_refused(lab, pem):
    with pytest.raises(Unauthorized, match="AADSTS700027"):
        lab.read(client_secret=None, certificate=pem)


def test_a_certificate_that_cannot_be_read_is_told_before_anything_is_sent(lab, tmp_path):
    for given in (f"file:{tmp_path}/none.pem", "-----BEGIN NONSENSE-----"):
        with pytest.raises(ConfigError):
            lab.read(client_secret=None, certificate=given)
    assert not lab.faults.log


def test_another_app_may_write(lab):
    writer = {
        "write_client_id": lab.graph.tokens.client_id,
        "write_client_secret": lab.graph.tokens.secret,
        "client_id": "reader",
    }
    lab.apply(create(), **writer)
    assert len(lab.users_of("1000123")) == 1
    with pytest.raises(Unauthorized, match="AADSTS700016"):
        lab.read(**writer)


def test_a_writer_says_what_it_lacks_before_the_first_write():
    for others, told in (
        ({}, "say where it goes"),
        ({"initial_passwords": "fax:me"}, "initial passwords can go"),
        ({"initial_passwords": "file:x", "write_client_id": "w"}, "neither secret nor"),
    ):
        with pytest.raises(ConfigError, match=told):
            check_writer(settings(**others), TARGET)
    check_writer(settings(initial_passwords="file:x"), TARGET)


def test_the_usage_location_is_a_setting_or_a_mapping():
    assert "usageLocation" not in FIELDS
    assert fields_for(settings(usage_location="NL"))["usageLocation"]["value"] == "NL"


def test_rights_that_nothing_needs_are_not_asked_for():
    narrow = manifest_for(settings(licences=False, contacts=False, protect_administrators=False))
    assert narrow.read_permissions == (
        "User.Read.All",
        "GroupMember.Read.All",
        "Organization.Read.All",
    )
    assert "LicenseAssignment.ReadWrite.All" not in narrow.write_permissions


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "a.e30.c", "a.W10.c", "a.####.c"])
def test_a_token_of_a_foreign_form_carries_no_rights(token):
    assert roles_in(SecretStr(token)) == frozenset()
