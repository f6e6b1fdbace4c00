"""Whatever somebody fills in on the form of a block: settings, or a sentence that names the block.

A form checks little, and a block can be written by anything that talks to Prefect.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.loader import load_profile
from connectors.model.errors import RetourError
from tasks import setup
from tasks.block_store import read_block
from tasks.compile import located
from tasks.connector_settings import ConnectorSettings
from tests.fuzz.damage import ODD, SHAPES, wounded, wounds
from tests.fuzz.outcome import come_of

EXAMPLES: Final = 3_000 if "RETOUR_SOAK" in os.environ else 60
SECRET: Final = "hunter2-of-the-block"
TOKEN: Final = f"<token><version>1</version><data>{'A1' * 32}</data></token>"
FORMS: Final[dict[str, dict[str, Any]]] = {
    "active_directory": {
        "server": "ldaps://dc.example.org",
        "bind_user": "reader@example.org",
        "bind_password": SECRET,
        "base_dn": "DC=example,DC=org",
        "containers": {"initial": "OU=New,DC=example,DC=org", "disabled": "", "home": None},
        "protected": ["svc-backup"],
        "concurrency": 4,
    },
    "entra_id": {
        "tenant_id": "11111111-1111-4111-8111-111111111111",
        "client_id": "22222222-2222-4222-8222-222222222222",
        "client_secret": SECRET,
        "domains": ["example.org"],
        "patience_seconds": 20.5,
        "restore_deleted": True,
    },
    "google_workspace": {
        "service_account": "secret://google",
        "subject": "retour@example.org",
        "containers": {"initial": "/New"},
        "licences": {"enterprise": "Google-Apps/1010020020"},
        "on_disable": "suspend",
    },
    "scim": {
        "base_url": "https://app.example.org/scim/v2",
        "token": SECRET,
        "names": {"mail": 'emails[type eq "work"].value'},
        "permissions": {"roles": ["admin"]},
        "overrule": {"bulk": False},
    },
    "afas.employee": {
        "base_url": "https://12345.rest.afas.online/ProfitRestServices",
        "token": TOKEN,
    },
}
"""Connector -> a form as somebody fills it in."""
SECRETS: Final = ("bind_password", "client_secret", "token")
CERTIFICATES: Final = (
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN X----------END X-----",
    "-----BEGIN " + "A " * 20_000,
    "-----BEGIN A-----" + "QUJD" * 20_000 + "-----END B-----",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A profile whose every target takes its settings from a block."""
    folder = tmp_path_factory.mktemp("blocks")
    profile = {
        "timezone": "Europe/Amsterdam",
        "source": {"connector": "hr_file", "settings": {"path": "hr"}},
        "targets": {name.replace(".", "_"): {"connector": name, "block": "corp"} for name in FORMS},
        "rules": [],
        "names": {"domain": "example.org"},
    }
    (folder / "site.yaml").write_text(yaml.safe_dump(profile))
    here = Path.cwd()
    os.chdir(folder)
    with patch.dict(os.environ, {"PATH": os.environ["PATH"]}, clear=True):
        yield folder / "site.yaml"
    os.chdir(here)


@contextmanager
def prefect_with(held: Any) -> Iterator[None]:
    """A server whose every block holds that."""
    client = SimpleNamespace(
        read_block_document_by_name=lambda *_, **__: SimpleNamespace(data=held)
    )

    @contextmanager
    def get_client(**_: Any) -> Iterator[Any]:
        yield client

    with patch("prefect.client.orchestration.get_client", get_client):
        yield


def settings_from(site: Path, connector: str, held: Any) -> Any:
    """The settings of a target whose block holds that, or the error of ours."""

    def read() -> Any:
        loaded = load_profile(str(site))
        with located(loaded):
            given = ConnectorSettings(
                loaded,
                setup._connectors(loaded),
                block_secret=lambda name: SECRET,
                read_block=read_block,
                writes=True,
            )
            return given.of_target(connector.replace(".", "_"), to_write=True)

    with prefect_with(held):
        found = come_of(read)
    if isinstance(found, RetourError):
        public = {name: value for name, value in held.items() if name not in SECRETS}
        assert SECRET in str(public) or SECRET not in str(found)  # in a wrong field it is a value
        assert "corp" in str(found), found
    return found


@pytest.mark.parametrize("connector", FORMS)
def test_a_form_that_is_filled_in_as_it_should_be_gives_settings(
    site: Path, connector: str
) -> None:
    found = settings_from(site, connector, FORMS[connector])
    assert not isinstance(found, RetourError), found
    assert SECRET not in repr(found)


@pytest.mark.parametrize("connector", FORMS)
def test_a_form_with_something_wrong_in_it_gives_settings_or_a_sentence(
    site: Path, connector: str
) -> None:
    odd = st.one_of(ODD, st.sampled_from(CERTIFICATES))

    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(wounds(odd))
    def is_read_or_refused(some: Any) -> None:
        held = wounded(FORMS[connector], some)
        settings_from(site, connector, held if isinstance(held, dict) else {"": held})

    is_read_or_refused()


@pytest.mark.parametrize("connector", FORMS)
def test_a_field_of_any_kind_gives_settings_or_a_sentence(site: Path, connector: str) -> None:
    for name in FORMS[connector]:
        for odd in (*SHAPES, *CERTIFICATES, {"a": {"b": {"c": []}}}, b"\xff".hex(), 10**400):
            settings_from(site, connector, FORMS[connector] | {name: odd})
