"""`retour deploy`: what a Prefect server holds afterwards; a second time changes nothing."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import temporary_settings

from flows.deployments import ROOT, read_deployments
from flows.forms import TITLES
from flows.zombies import NAME
from tests.flows.site import Site, assert_no_traceback, retour

NAMES = (
    "provision/provision-nightly",
    "provision/preview-hourly",
    "provision/provision-manual",
    "backfill/backfill",
    "reconcile/reconcile-weekly",
    "remind/remind-hourly",
    "check/check",
)


def held(tag: str = "retour") -> dict[str, DeploymentResponse]:
    """Deployments by name, as the server knows them."""
    wanted = DeploymentFilter(tags=DeploymentFilterTags(all_=[tag]))
    with get_client(sync_client=True) as client:
        return {one.name: one for one in client.read_deployments(deployment_filter=wanted)}


@pytest.fixture
def fresh(site: Site) -> Iterator[Site]:
    """A small site, and a server that knows no deployment."""
    site.write()
    yield site
    with get_client(sync_client=True) as client:
        for one in held().values():
            client.delete_deployment(one.id)


def test_everything_is_made_once_and_then_stays_as_it_is(fresh: Site) -> None:
    first = retour("deploy", "--profile", "site.yaml")
    assert first.exit_code == 0, first.stderr
    for name in NAMES:
        assert name in first.stdout
    before = held()
    assert len(before) == len(NAMES)

    again = retour("deploy", "--profile", "site.yaml")

    assert again.exit_code == 0, again.stderr
    assert again.stderr == "Nothing had to be changed.\n"
    assert "made" not in again.stdout
    assert "changed" not in again.stdout
    assert held() == before
    with get_client(sync_client=True) as client:
        assert len(client.read_automations_by_name(NAME)) == 1
        assert client.read_work_pool("retour").type == "process"
        assert client.read_block_type_by_slug("retour-afas").name == "Retour: AFAS Profit"


def test_a_click_is_a_preview_and_only_the_night_and_mail_are_live(fresh: Site) -> None:
    fresh.profile["timezone"] = "America/New_York"
    fresh.write()
    assert retour("deploy", "--profile", "site.yaml").exit_code == 0

    for name, one in held().items():
        assert one.parameters["profile"] == str(fresh.folder / "site.yaml")
        assert one.parameters.get("dry_run", True) is True
        assert one.tags == ["retour", "profile:site"]
        assert one.enforce_parameter_schema
        for schedule in one.schedules:
            assert schedule.schedule.timezone == "America/New_York"  # type: ignore[union-attr]
            live = schedule.parameters.get("dry_run") is False
            assert live is (name in {"provision-nightly", "remind-hourly"})
            assert schedule.active is (name != "provision-nightly")


def test_a_schedule_that_somebody_switched_stays_so_and_one_of_their_own_too(fresh: Site) -> None:
    assert retour("deploy", "--profile", "site.yaml").exit_code == 0
    nightly = held()["provision-nightly"]
    own = CronSchedule(cron="0 4 * * *", timezone="UTC")
    with get_client(sync_client=True) as client:
        client.update_deployment_schedule(
            nightly.id,
            nightly.schedules[0].id,
            active=True,
            schedule=CronSchedule(cron="0 3 * * *", timezone="UTC"),
        )
        client.create_deployment_schedules(nightly.id, [(own, False)])

    again = retour("deploy", "--profile", "site.yaml")

    assert "0 2 * * * Europe/Amsterdam, on; 0 4 * * * UTC, switched off; schedules" in again.stdout
    found = {one.slug: one for one in held()["provision-nightly"].schedules}
    assert found["nightly"].active
    assert found["nightly"].schedule.cron == "0 2 * * *"  # type: ignore[union-attr]
    assert not found[None].active
    assert retour("deploy", "--profile", "site.yaml").stderr == "Nothing had to be changed.\n"


def test_forms_offer_what_the_profile_has(fresh: Site) -> None:
    assert retour("deploy", "--profile", "site.yaml").exit_code == 0
    for one in held().values():
        assert one.parameter_openapi_schema is not None
        fields: dict[str, Any] = one.parameter_openapi_schema["properties"]
        for name, field in fields.items():
            assert field["title"] == TITLES[name]
            assert field["description"].endswith("."), f"{one.name}: {name}"
            assert "`" not in field["description"]
        if "targets" in fields:
            assert fields["targets"]["items"]["enum"] == ["directory", "hr"]
        if "as_of" in fields:
            assert (fields["as_of"]["type"], fields["as_of"]["format"]) == ("string", "date")
        if "dry_run" in fields:
            assert fields["dry_run"]["default"] is True
        assert fields["profile"]["default"] == str(fresh.folder / "site.yaml")
    schema = held()["backfill"].parameter_openapi_schema
    assert schema is not None
    offered = schema["properties"]["fields"]["items"]["enum"]
    assert {"displayName", "directory.displayName", "hr.work_email"} <= {*offered}


def test_every_title_is_that_of_a_parameter() -> None:
    flows = [load_flow_from_entrypoint(one.entrypoint) for one in read_deployments()]
    assert {name for flow in flows for name in flow.parameters.properties} == {*TITLES}


def test_a_set_for_each_profile_of_a_folder(fresh: Site) -> None:
    folder = fresh.folder / "sites"
    folder.mkdir()
    for name, zone in (("groningen", "Europe/Amsterdam"), ("dublin", "Europe/Dublin")):
        content = {**fresh.profile, "timezone": zone, "rules": ["../rules.yaml"]}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    done = retour("deploy", "--profiles", "sites", "--pool", "north")

    assert done.exit_code == 0, done.stderr
    found = held()
    assert len(found) == 2 * len(NAMES)
    assert {*held("profile:dublin")} == {f"{name.partition('/')[2]}-dublin" for name in NAMES}
    assert {one.work_pool_name for one in found.values()} == {"north"}
    nightly = found["provision-nightly-dublin"].schedules[0]
    assert nightly.schedule.timezone == "Europe/Dublin"  # type: ignore[union-attr]
    assert nightly.parameters["profile"] == str(folder / "dublin.yaml")
    assert "A run by hand (provision-manual-groningen): http" in done.stdout

    (folder / "dublin.yaml").unlink()
    fewer = retour("deploy", "--profiles", "sites", "--pool", "north")
    assert "provision-nightly-dublin" in fewer.stderr
    assert "`prefect deployment delete` them" in fewer.stderr
    alone = retour("deploy", "--profile", "site.yaml")
    assert "dublin" not in alone.stderr


def test_prefect_deploys_the_same_file(fresh: Site, prefect_api: str) -> None:
    """And what it makes differs from ours in what depends on the profile alone."""
    with get_client(sync_client=True) as client:
        assert client.read_work_pool("retour")
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(held()) == len(NAMES)

    ours = retour("deploy", "--profile", "site.yaml")

    said = [
        row.rpartition("changed")[2] for row in ours.stdout.splitlines() if "deployment " in row
    ]
    assert len(said) == len(NAMES)
    for row in said:
        changed = {*row.rpartition("; ")[2].strip().split(", ")}
        assert changed <= {"parameters", "tags", "form", "folder", "schedules"}, row


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers everything in one way."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - as the base class looks it up

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()


def test_a_server_that_does_not_let_us_in_exits_6(fresh: Site) -> None:
    from prefect.settings import PREFECT_API_URL

    with answering(401) as address, temporary_settings({PREFECT_API_URL: address}):
        result = retour("deploy", "--profile", "site.yaml")
    assert result.exit_code == 6
    assert "did not let us in" in result.stderr
    assert "PREFECT_API_AUTH_STRING" in result.stderr
    assert_no_traceback(result)


def test_a_server_that_is_away_exits_6(fresh: Site) -> None:
    from prefect.settings import PREFECT_API_URL

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        result = retour("deploy", "--profile", "site.yaml")
    assert result.exit_code == 6
    assert "does PREFECT_API_URL name it?" in result.stderr
    assert_no_traceback(result)


def test_without_a_server_it_is_told_to_name_one(fresh: Site) -> None:
    from prefect.settings import PREFECT_API_URL

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        result = retour("deploy", "--profile", "site.yaml")
    assert result.exit_code == 2
    assert "PREFECT_API_URL: no Prefect server is configured" in result.stderr
    assert_no_traceback(result)


def test_a_profile_that_is_wrong_is_not_deployed(fresh: Site) -> None:
    fresh.profile["targets"]["directory"]["connector"] = "memory2"
    fresh.write()
    result = retour("deploy", "--profile", "site.yaml")
    assert result.exit_code == 2
    assert "targets.directory.connector" in result.stderr
    assert held() == {}
    both = retour("deploy", "--profile", "site.yaml", "--profiles", ".")
    assert both.exit_code == 2
    none = retour("deploy", "--profiles", "hr")
    assert (none.exit_code, "there is no profile in hr" in none.stderr) == (2, True)
    assert Path("hr").is_dir()
