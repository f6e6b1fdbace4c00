"""Microsoft's own SDK, and a tester that reads Graph's description, on our sandbox."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.entra_id.sandbox.content import DOMAINS
from connectors.entra_id.sandbox.served import ServedGraph, serve
from connectors.model.connector import SandboxOptions
from tests.real.environments import program

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ENVIRONMENT = "entra_id"
SCRIPT = Path(__file__).parent / "clients" / "entra_id_sdk.py"
CONTRACT = (
    Path(__file__).parents[1]
    / "connectors"
    / "entra_id"
    / "contract"
    / "graph-users-groups.openapi.json"
)


@pytest.fixture
def served() -> Iterator[ServedGraph]:
    with serve(SandboxOptions()) as running:
        yield running


def test_microsofts_sdk_finds_nothing_odd(served):
    served.graph.faults.next(status=429, retry_after=1, only="POST /v1.0/users")
    python = program(ENVIRONMENT, "python")
    command = [python, SCRIPT, served.settings["graph_url"], served.graph.tokens.issue()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "made": [f"sdk{number}@example.org" for number in range(5)],
        "twice": _refused(400, "Request_BadRequest", "userPrincipalName"),
        "missing": _refused(404, "Request_ResourceNotFound"),
        "filtered": ["Nurse, 'night'"],
        "pages": True,
        "manager": True,
        "member twice": _refused(400, "Request_BadRequest"),
        "members": True,
        "no member": _refused(404, "Request_ResourceNotFound"),
        "delta": ["Doctor", True],
        "bad delta": _refused(400, "Directory_ExpiredPageToken"),
        "licence": True,
        "sessions": True,
        "recycle bin": True,
        "restored": True,
        "batch": {"0": 201, "1": 400, "2": 200},
        "organisation": list(DOMAINS),
    }
    assert served.graph.faults.count("POST /v1.0/users") == 5 + 1 + 1 + 2  # one of them slowed down


def test_whatever_the_description_allows_breaks_nothing(served, tmp_path):
    command = [
        program(ENVIRONMENT, "schemathesis"),
        "run",
        CONTRACT,
        "--url",
        served.settings["graph_url"],
        "--header",
        f"Authorization: Bearer {served.graph.tokens.issue()}",
        "--checks",
        "not_a_server_error",
        "--max-examples",
        "20",
        "--seed",
        "1",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(served.graph.faults.log) > 500


def _refused(status: int, code: str, *targets: str) -> dict[str, object]:
    return {"status": status, "code": code, "targets": list(targets)}
