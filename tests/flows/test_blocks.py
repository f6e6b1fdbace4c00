"""Settings from blocks of a Prefect server: registered, filled in, read, and run with."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect.client.orchestration import get_client
from pydantic import BaseModel, SecretStr

from config.loader import PACKAGED, load_profile
from config.yaml_file import read_yaml
from connectors import registry
from connectors.model.errors import ConfigError, Unauthorized, Unreachable
from connectors.sdk.conformance.cases import cases_of
from flows.playground import playground
from flows.provision import provision
from tasks.block_store import read_block, slug_of
from tasks.blocks import block_type, register_blocks
from tasks.run import Ending
from tests.flows.site import DAY, Site, assert_no_traceback, report_of, retour

NAMES = registry.names()


@pytest.fixture(scope="module")
def registered(prefect_api: str) -> list[str]:
    """The block types, known to the server."""
    return register_blocks()


@contextmanager
def sandbox_settings(connector: str) -> Iterator[dict[str, Any]]:
    """Settings under which a connector reaches its sandbox."""
    with next(cases_of(connector)).open() as subject:
        yield dict(subject.settings)


def save(connector: str, name: str, /, **settings: Any) -> None:
    block_type(connector)(**settings).save(name, overwrite=True)


def read(connector: str, name: str) -> dict[str, Any]:
    return read_block(slug_of(connector), name, registry.find(connector).settings)


def in_clear(settings: BaseModel) -> list[str]:
    """Every secret in some settings."""
    values = [value for _, value in settings]
    return [one.get_secret_value() for one in values if isinstance(one, SecretStr)]


def test_registering_again_changes_nothing(registered: list[str]) -> None:
    assert registered == [slug_of(name) for name in NAMES]
    with get_client(sync_client=True) as client:
        before = {one.slug: one for one in client.read_block_types() if one.slug in registered}
        assert register_blocks() == registered
        after = {one.slug: one for one in client.read_block_types() if one.slug in registered}
    assert after == before
    assert after["retour-afas"].name == "Retour: AFAS Profit"


def test_prefect_can_register_them_by_its_own_command(registered: list[str]) -> None:
    command = [sys.executable, "-m", "prefect", "block", "register", "-m", "tasks.blocks"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert f"Successfully registered {len(NAMES)} blocks" in done.stdout, done.stderr


@pytest.mark.parametrize("connector", NAMES)
def test_a_block_holds_the_settings_of_its_connector(
    connector: str, registered: list[str], prefect_api: str
) -> None:
    model = registry.find(connector).settings
    with sandbox_settings(connector) as given:
        settings = model.model_validate(given)
        save(connector, "round-trip", **given)

        assert model.model_validate(read(connector, "round-trip")) == settings

        place = f"/block_types/slug/{slug_of(connector)}/block_documents/name/round-trip"
        shown = httpx.get(f"{prefect_api}{place}").raise_for_status().text
        assert not [secret for secret in in_clear(settings) if json.dumps(secret)[1:-1] in shown]
        assert ("****" in shown) is bool(in_clear(settings))


def test_a_field_left_empty_on_the_form_is_left_out(registered: list[str]) -> None:
    """The form of a browser sends null or an empty text; an empty name in a group is meant."""
    with get_client(sync_client=True) as client:
        kind = client.read_block_type_by_slug("retour-afas")
        block_type("afas").register_type_and_schema()
        from prefect.client.schemas.actions import BlockDocumentCreate

        data = {
            "base_url": "https://12345.rest.afas.online/ProfitRestServices",
            "token": "<token/>",
            "integration_id": "",
            "verify": None,
            "get_connectors": {"users": "Mine", "groups": ""},
            "person_fields": {"nick_name": ""},
        }
        schema = block_type("afas")._block_schema_id
        client.create_block_document(
            BlockDocumentCreate(
                name="by-form", data=data, block_type_id=kind.id, block_schema_id=schema
            )
        )
    assert read("afas", "by-form") == {
        "base_url": "https://12345.rest.afas.online/ProfitRestServices",
        "token": "<token/>",
        "get_connectors": {"users": "Mine"},
        "person_fields": {"nick_name": ""},
    }


def test_a_key_that_the_form_put_on_one_line_gets_its_lines_back(registered: list[str]) -> None:
    body = ["A" * 64, "B" * 64, "C" * 10]
    key = "\n".join(("-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----", ""))
    given = {"tenant_id": "example.org", "client_id": "retour"}
    for number, line in enumerate((key.replace("\n", " ").strip(), key.replace("\n", ""), key)):
        save("entra_id", f"key-{number}", **given, certificate=line)
        assert read("entra_id", f"key-{number}")["certificate"] == key


def test_a_block_that_is_not_there_is_told_with_what_there_is(registered: list[str]) -> None:
    save("scim", "intranet", base_url="https://app.example.org", token="x")
    with pytest.raises(ConfigError, match=r"did you mean intranet.*Prefect UI: Retour: SCIM"):
        read("scim", "intrnet")
    with pytest.raises(ConfigError, match="intranet is a retour-scim; this takes a retour-memory"):
        read("memory", "intranet")


def test_a_type_that_the_server_does_not_know_is_told_with_the_command(prefect_api: str) -> None:
    settings = registry.find("memory").settings
    with pytest.raises(ConfigError, match=r"no block type retour-acme yet: run `retour deploy`"):
        read_block("retour-acme", "main", settings)


@pytest.mark.parametrize(
    ("status", "error"), [(401, Unauthorized), (403, Unauthorized), (500, Unreachable)]
)
def test_a_server_that_refuses_is_told_without_a_traceback(
    status: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch, prefect_api: str
) -> None:
    from prefect.client.orchestration import SyncPrefectClient

    def refuse(*_: Any, **__: Any) -> Any:
        request = httpx.Request("GET", prefect_api)
        reply = httpx.Response(status, request=request, text="hunter2-value")
        raise httpx.HTTPStatusError("hunter2-value", request=request, response=reply)

    monkeypatch.setattr(SyncPrefectClient, "read_block_document_by_name", refuse)
    with pytest.raises(error) as refused:
        read("memory", "main")
    assert "hunter2" not in str(refused.value)
    assert "Prefect read the block retour-memory/main" in str(refused.value)


def test_a_server_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch, prefect_api: str) -> None:
    from prefect.client.orchestration import SyncPrefectClient

    def away(*_: Any, **__: Any) -> Any:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(SyncPrefectClient, "read_block_document_by_name", away)
    with pytest.raises(Unreachable, match=r"did not answer.*does PREFECT_API_URL name it"):
        read("memory", "main")


@pytest.fixture
def with_blocks(site: Site, registered: list[str]) -> Site:
    """The small site: what stood under `settings` is in blocks, with paths from the profile on."""
    hr = site.profile["source"].pop("settings")
    save("hr_file", "files", **hr)
    for target, connector, name in (("directory", "memory", "store"), ("hr", "hr_file", "files")):
        given = site.profile["targets"][target].pop("settings")
        site.profile["targets"][target]["block"] = name
        save(connector, name, **given)
    site.profile["source"]["block"] = "files"
    site.write()
    return site


def test_a_run_a_check_and_an_explanation_work_from_blocks(with_blocks: Site) -> None:
    assert with_blocks.provision("--live", "--report", "report.json").exit_code == 0
    created = report_of(Path("report.json"))["targets"]["directory"]["outcomes"]["done"]
    assert created > 0
    assert (with_blocks.folder / "hr" / "back.csv").is_file(), "as the profile lies, not the block"
    assert retour("check", "--profile", "site.yaml").exit_code == 0
    person = report_of(Path("report.json"))["changes"][0]["person"]
    explained = retour("explain", person, "--profile", "site.yaml", "--as-of", DAY)
    assert explained.exit_code == 0, explained.output


def test_a_block_that_is_missing_exits_2_with_file_and_line(with_blocks: Site) -> None:
    with_blocks.profile["targets"]["directory"]["block"] = "stores"
    result = with_blocks.provision()
    assert result.exit_code == 2
    assert "targets.directory.block: there is no block retour-memory/stores" in result.stderr
    assert "did you mean store?" in result.stderr
    assert result.stderr.startswith("error: site.yaml:")
    assert_no_traceback(result)


def test_a_catalogue_names_the_block_type() -> None:
    result = retour("connectors", "show", "afas.employee")
    assert "retour-afas-employee" in result.stdout


def test_the_demo_runs_from_blocks_as_from_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registered: list[str]
) -> None:
    """The same plan to the last byte, with one AFAS form for HR and for both write-backs."""
    with playground(tmp_path / "ground", people=15) as ground:
        for name, value in ground.variables.items():
            monkeypatch.setenv(name, value)
        by_settings = _preview("demo")
        loaded = load_profile("demo")
        profile = deepcopy(read_yaml(PACKAGED / "demo.yaml").content)
        profile["rules"] = [str(PACKAGED.parent / "rules")]
        for spot in (("source",), *(("targets", name) for name in profile["targets"])):
            part = profile["source"] if spot == ("source",) else profile["targets"][spot[1]]
            part.pop("settings")
            part["block"] = "demo" if spot == ("source",) else "afas/demo"
            if not part["connector"].startswith("afas."):
                save(part["connector"], "demo", **loaded.settings(*spot))
                part["block"] = "demo"
        copy = tmp_path / "demo.yaml"
        copy.write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
        for name in ground.variables:
            if name != "RETOUR_LEDGER_URL":
                monkeypatch.delenv(name)

        by_blocks = _preview(str(copy))

    assert by_blocks["plan"]["changes"] > 0
    assert by_blocks["plan"] == by_settings["plan"]
    assert "secret" not in json.dumps(by_blocks["refused"] or "")


def _preview(profile: str) -> dict[str, Any]:
    state = provision(profile=profile, return_state=True)
    ending = state.result(raise_on_failure=False)
    assert isinstance(ending, Ending), ending
    assert ending.report["plan"], ending.report["refused"]
    report: dict[str, Any] = ending.report
    return report
