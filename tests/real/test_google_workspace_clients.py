"""Google's own client on our sandbox, and Google's description between our connector and it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.google_workspace.sandbox import ServedWorkspace, serve
from connectors.google_workspace.sandbox.content import ADMIN, BUSINESS_STARTER, PRODUCT
from connectors.google_workspace.sandbox.serve import AUTH, LICENSING
from connectors.model.connector import SandboxOptions
from connectors.model.values import CLEAR
from tests.connectors.google_workspace.lab import (
    apply,
    create,
    delete,
    disable,
    enable,
    grant,
    move,
    outcomes,
    read,
    revoke,
    update,
)
from tests.real.environments import program

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ENVIRONMENT = "google_workspace"
CLIENTS = Path(__file__).parent / "clients"
ALL = frozenset(
    f"{AUTH}{scope}"
    for scope in (
        "admin.directory.user",
        "admin.directory.group",
        "admin.directory.orgunit",
        "admin.directory.rolemanagement",
        "admin.directory.domain",
        "apps.licensing",
    )
)


@pytest.fixture
def served() -> Iterator[ServedWorkspace]:
    with serve(SandboxOptions()) as running:
        yield running


def run(*command: object, **more: object) -> str:
    done = subprocess.run(  # type: ignore[call-overload]  # the paths among them are text to it
        list(map(str, command)), capture_output=True, text=True, timeout=240, check=False, **more
    )
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    return str(done.stdout)


def test_googles_own_client_finds_nothing_odd(served, tmp_path):
    served.tokens.delegated = ALL
    key = tmp_path / "key.json"
    key.write_text(served.tokens.service_account())
    python = program(ENVIRONMENT, "python")
    seen = json.loads(run(python, CLIENTS / "google_workspace_client.py", served.url, key))
    assert seen == {
        "token": True,
        "audience": "https://oauth2.googleapis.com/token",
        "scope not delegated": ["unauthorized_client"],
        "subject unknown": ["invalid_grant"],
        "insert": {
            "kind": "admin#directory#user",
            "primaryEmail": "client1@example.org",
            "orgUnitPath": "/Staff",
            "suspended": False,
        },
        "password shown": False,
        "get by address": True,
        "search": [True],
        "search with a quote": 1,
        "nothing found has no key": True,
        "put replaces arrays": [{"type": "work", "value": "030 2"}],
        "put merges objects": ["Shaun", "O'Brien 1"],
        "null clears": True,
        "patch clears no array": [
            400,
            "invalid",
            "Invalid Input: externalIds cannot be cleared by patch",
        ],
        "patch": [True, "ADMIN"],
        "rename": ["renamed1@example.org", ["client1@example.org"]],
        "get by alias": True,
        "duplicate": [409, "duplicate", "Entity already exists."],
        "unknown unit": [400, "invalid", "Invalid Input: INVALID_OU_ID"],
        "nobody": [404, "notFound", "Resource Not Found: userKey"],
        "aliases": ["client1@example.org", "second1@example.org"],
        "alias twice gone": [404, "notFound", "Resource Not Found: alias"],
        "unit": "/Staff/Ward 3",
        "units": ["/Leavers", "/Service accounts", "/Staff", "/Staff/Starters", "/Staff/Ward 3"],
        "unit by path": "Ward 3",
        "domains": [["example.org", True], ["care.example.org", True]],
        "delegated admin": True,
        "member twice": [409, "duplicate", "Member already exists."],
        "role in group": "MANAGER",
        "has member": True,
        "members": [["renamed1@example.org", "MANAGER", "USER", "SUSPENDED"]],
        "revoked twice": [404, "notFound", "Resource Not Found: memberKey"],
        "batch": [32, "client12@example.org", "duplicate", "notFound"],
        "batch of 1001": 400,
        "pages": [True, True],
        "a strange page token": [400, "invalid"],
        "fields": ["id", "name"],
        "licence": ["renamed1@example.org", BUSINESS_STARTER],
        "licence twice": [412, "conditionNotMet"],
        "licences": ["renamed1@example.org"],
        "licence twice gone": [404, "notFound"],
        "deleted": [412, "conditionNotMet", "User is deleted."],
        "deleted are listed": [True],
        "address stays taken": [409, "duplicate"],
        "undeleted": "/Staff",
    }


def test_our_requests_and_the_sandboxs_answers_keep_to_googles_description(served, tmp_path):
    record = tmp_path / "exchanges.jsonl"
    exchanges = []
    served.application.witness = lambda request, answer: exchanges.append(
        {
            "method": request.method,
            "path": request.path.removeprefix("/licensing"),
            "query": request.query,
            "request": json.loads(request.body) if request.body else None,
            "status": answer.status,
            "response": json.loads(answer.body) if answer.body else None,
        }
    )
    _work(served, batch_size=1)
    _work(served, batch_size=50)
    record.write_text("\n".join(map(json.dumps, exchanges)), encoding="utf-8")
    python = program(ENVIRONMENT, "python")
    found = json.loads(run(python, CLIENTS / "google_workspace_contract.py", "check", record))
    assert found["departures"] == []
    assert found["exchanges"] > 100
    kinds = {(one["method"], one["path"].rpartition("/")[0]) for one in exchanges}
    assert len(kinds) > 20
    wrong = {**exchanges[0], "query": "maxResult=1", "response": {"user": []}}
    record.write_text(json.dumps(wrong), encoding="utf-8")
    found = json.loads(run(python, CLIENTS / "google_workspace_contract.py", "check", record))
    assert "no such parameter maxResult" in found["departures"][0]
    assert "'user' was unexpected" in found["departures"][1]


def _work(served: ServedWorkspace, *, batch_size: int) -> None:
    """Everything that the connector ever sends, once."""
    served.tokens.delegated |= {LICENSING}
    licence = f"{PRODUCT}/{BUSINESS_STARTER}"
    field = "customSchemas.Care.ward"
    more = {
        "licences": {"Starter": licence},
        "batch_size": batch_size,
        "undelete": True,
        "extra_attributes": (field,),
        "page_size": 2,
    }
    group = served.workspace.holder("it@example.org")
    values = {
        "manager": ADMIN,
        "workPhone": "030 1",
        "aliases": ("a@example.org", "b@example.org"),
        "displayName": "Ольга",
        "recoveryEmail": "home@example.com",
        "locality": "Utrecht",
    }
    [made] = apply(served, create(**values), **more)
    ref = made.ref
    receipts = apply(
        served,
        update(ref, department="Ward 3", workPhone=CLEAR, title=CLEAR, aliases=("c@example.org",)),
        update(ref, primaryEmail="jan@example.org", **{field: "3"}),
        move(ref, "/Staff"),
        enable(ref),
        grant(ref, group),
        grant(ref, f"{group}:MANAGER"),
        grant(ref, f"licence:{licence}"),
        **more,
    )
    assert set(outcomes(receipts)) == {"done"}
    read(served, **more)
    receipts = apply(
        served,
        revoke(ref, f"licence:{licence}"),
        revoke(ref, f"{group}:MANAGER"),
        revoke(ref, group),
        disable(ref),
        delete(ref),
        **more,
    )
    assert set(outcomes(receipts)) == {"done"}
    [back] = apply(served, create(title="Nurse"), **more)
    assert back.ref == ref
    [back] = apply(served, create(), **more)
    assert back.outcome.value == "already"
    apply(served, delete(ref), **more)


def test_whatever_the_description_allows_breaks_nothing(served, tmp_path):
    python = program(ENVIRONMENT, "python")
    description = tmp_path / "google.openapi.json"
    known = {
        "userKey": ADMIN,
        "groupKey": "it@example.org",
        "memberKey": ADMIN,
        "customer": "my_customer",
        "customerId": "my_customer",
        "orgUnitPath": "Staff",
        "productId": PRODUCT,
        "skuId": BUSINESS_STARTER,
        "userId": ADMIN,
    }
    given = [f"{name}={value}" for name, value in known.items()]
    script = CLIENTS / "google_workspace_contract.py"
    description.write_text(run(python, script, "openapi", *given))
    token = served.tokens.issue(ALL, subject=served.workspace.holder(ADMIN) or "")
    out = run(
        program(ENVIRONMENT, "schemathesis"),
        "run",
        description,
        "--url",
        served.url,
        "--header",
        f"Authorization: Bearer {token}",
        "--checks",
        "not_a_server_error",
        "--max-examples",
        "20",
        "--seed",
        "1",
        cwd=tmp_path,
    )
    assert re.search(r"(\d+) generated, \1 passed", out), out[-3000:]
    assert served.application.requests > 1_000
