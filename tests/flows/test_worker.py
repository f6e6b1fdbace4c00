"""A real server, a real worker, our deployments: as an operator runs them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from config.loader import PACKAGED
from connectors.ledger.ledger import open_ledger
from connectors.sdk.trouble import Trouble
from flows.engine import running
from flows.playground import SERVED, playground
from tests.prefect_database import begin_with
from tests.prefect_operator import MANUAL, NIGHTLY, PREVIEW, Operator
from tests.traces import marked_people, marked_secrets, people_found, secrets_found, tokens_found

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

SINKS: Final = ("INITIAL_PASSWORDS", "ENTRA_PASSWORDS", "GOOGLE_PASSWORDS")
"""Variables that say where initial passwords go."""
AT_HOME = "030 7654321"
"""A value that is private everywhere."""


@pytest.fixture(scope="module")
def operator(
    prefect_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("worker")
    home = begin_with(prefect_database, folder / "prefect")
    with (
        playground(folder, people=24) as ground,
        running(home=home, variables=ground.variables) as address,
    ):
        asking = Operator(address, ground, folder)
        yield asking
        asking.close()


def test_a_deployment_previews_and_writes_in_order_and_leaves_artifacts(
    operator: Operator,
) -> None:
    afas, directory = operator.ground.afas, operator.ground.directory

    preview = operator.run(MANUAL, profile="demo", dry_run=True)

    # A first load is over every limit: an operator looks at the plan and approves exactly that.
    assert preview["state"]["name"] == "Refused", preview["state"]["message"]
    assert preview["name"].startswith("demo preview 20")
    assert afas.writes == []
    assert directory.accounts() == {}
    plan = operator.artifacts(preview)["plan"]
    shown = json.loads(plan["data"])
    assert {row["target"] for row in shown} == {
        "active_directory",
        "entra_id",
        "google_workspace",
        "afas_employee",
        "afas_user",
    }

    digest = plan["description"].split()[-1]
    live = operator.run(MANUAL, profile="demo", dry_run=False, approve=digest)

    assert live["state"]["name"] == "Completed", live["state"]["message"]
    everybody = directory.accounts()
    assert len(everybody) > 15
    for row in afas.rows("T4E_HelloID_Users_v2"):
        if row["Medewerker"] in everybody:
            assert row["Email_werk"] == everybody[row["Medewerker"]]["mail"]
    assert {"plan", "summary", "outcome"} <= operator.artifacts(live).keys()

    runs = operator.tasks(live)
    order = ["active_directory", "entra_id", "afas_employee", "afas_user"]
    applied = [runs[f"apply {target} 0"] for target in order]
    for one, behind in pairwise(applied):
        assert one["end_time"] <= behind["start_time"]
    for one, behind in pairwise(applied[:3]):
        assert one["id"] in [each["id"] for each in behind["task_inputs"]["upstream"]]

    again = operator.run(NIGHTLY, profile="demo", dry_run=False)
    assert again["state"]["message"].startswith("Nothing to do for ")


def test_a_plan_over_a_limit_waits_for_the_form_and_is_carried_out_or_refused(
    operator: Operator,
) -> None:
    asking = a_profile_that_asks(operator)
    before = writes(operator)

    run = waiting(operator, asking)
    assert operator.fill_in(run, approve=True)["status"] == "REJECT"
    assert operator.fill_in(run, approve=True, approver="  ")["status"] == "REJECT"
    no = operator.answer(run, approve=False, approver="Ann", note="not today")
    assert (no["state"]["type"], no["state"]["name"]) == ("FAILED", "Refused")
    assert "Ann refused the plan: not today" in no["state"]["message"]
    assert writes(operator) == before

    run = waiting(operator, asking)
    again = operator.run(NIGHTLY, profile=asking, dry_run=False)
    assert (again["state"]["type"], again["state"]["name"]) == ("COMPLETED", "WaitingForApproval")
    assert "waits for the approval of the same plan already" in again["state"]["message"]
    done = operator.answer(run, approve=True, approver="Ann", note="looked at it")
    assert done["state"]["name"] == "Completed", done["state"]["message"]
    assert writes(operator) > before


def test_a_terminal_refuses_and_approves_as_the_form_does(operator: Operator) -> None:
    asking = a_profile_that_asks(operator, title="Somebody else")
    before = writes(operator)

    run = waiting(operator, asking)
    said = terminal(operator, "refuse", "--note", "not today")
    assert said.endswith(" is refused. A worker goes on with it.\n")
    no = operator.wait(run["id"])
    assert (no["state"]["type"], no["state"]["name"]) == ("FAILED", "Refused")
    assert "Ann refused the plan: not today" in no["state"]["message"]
    assert writes(operator) == before

    run = waiting(operator, asking)
    said = terminal(operator, "approve")
    assert said.endswith(" is approved. A worker goes on with it.\n")
    done = operator.wait(run["id"])
    assert done["state"]["name"] == "Completed", done["state"]["message"]
    assert writes(operator) > before


def test_when_hr_changed_while_a_run_waited_nothing_is_written(operator: Operator) -> None:
    run = waiting(operator, a_profile_that_asks(operator, title="Yet another"))
    somebody = min(row["Medewerker"] for row in operator.ground.afas.rows("T4E_HelloID_Users_v2"))
    operator.ground.afas.rename(somebody, family_name="Renamed")
    before = writes(operator)

    stale = operator.answer(run, approve=True, approver="Ann")

    assert (stale["state"]["type"], stale["state"]["name"]) == ("FAILED", "StalePlan")
    assert "was approved, but what is planned now is" in stale["state"]["message"]
    assert writes(operator) == before


def waiting(operator: Operator, profile: str) -> dict[str, Any]:
    """A live run that waits for a person."""
    run = operator.run(MANUAL, profile=profile, dry_run=False)
    found = (run["state"]["type"], run["state"]["name"])
    assert found == ("PAUSED", "WaitingForApproval"), run["state"]["message"]
    return run


def terminal(operator: Operator, answer: str, *more: str) -> str:
    """What a terminal says to the answer to the one run that waits."""
    variables = operator.ground.variables
    with open_ledger(variables["RETOUR_LEDGER_URL"]) as ledger:
        (asked,) = ledger.approvals()
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli", answer, asked.run, "--by", "Ann", *more],
        env={**os.environ, **variables, "PREFECT_API_URL": f"{operator.address}/api"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def writes(operator: Operator) -> tuple[int, int]:
    """How much was written so far: to the directory, and back to HR."""
    return operator.ground.directory.usn, len(operator.ground.afas.writes)


def a_profile_that_asks(operator: Operator, title: str = "Colleague") -> str:
    """The demo's, with another title for everybody: more changes than a limit allows."""
    leavers = "    leavers: {disable_after_days: 0, delete_after_days: 90}\n"
    fields = f'{{title: {{value: {title}}}, homePhone: {{value: "{AT_HOME}"}}}}'
    text = (PACKAGED / "demo.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("[../rules]", f"[{PACKAGED.parent / 'rules'}]"),
        ("approval: refuse", "approval: ask"),
        (leavers, f"    fields: {fields}\n{leavers}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path = operator.folder / "demo.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_refused_run_is_failed_in_the_ui_and_says_why(operator: Operator) -> None:
    # A field that was left empty in the form is sent as null, and no slip.
    run = operator.run(MANUAL, profile="nowhere", dry_run=True, as_of=None, approve=None)

    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Misconfigured")
    assert "there is no profile 'nowhere'" in run["state"]["message"]


@pytest.mark.parametrize(
    ("flow", "deployment", "parameters", "sentence"),
    [
        ("provision", MANUAL, {"as_of": "2026-13-01"}, "as_of: '2026-13-01' is no day"),
        ("backfill", "backfill", {"hired_since": "soon"}, "hired_since: 'soon' is no day"),
    ],
)
def test_what_the_form_does_not_check_ends_misconfigured_in_a_sentence(
    flow: str, deployment: str, parameters: dict[str, Any], sentence: str, operator: Operator
) -> None:
    run = operator.run(deployment, flow, **parameters)
    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Misconfigured")
    assert run["state"]["message"].startswith(sentence)
    assert "\n" not in run["state"]["message"]


def test_what_is_no_choice_of_the_form_never_becomes_a_run(operator: Operator) -> None:
    for name, value in (("targets", ["nowhere"]), ("dry_run", "no"), ("persons", "1000123")):
        with pytest.raises(httpx.HTTPStatusError) as refused:
            operator.run(MANUAL, **{name: value})
        assert refused.value.response.status_code == 409
        assert name in refused.value.response.json()["detail"]


def test_no_deployment_runs_live_beside_another_run_of_the_profile(operator: Operator) -> None:
    writes = len(operator.ground.afas.writes)
    with (
        open_ledger(operator.ground.variables["RETOUR_LEDGER_URL"]) as ledger,
        ledger.lock("demo", "20261130-another"),
    ):
        run = operator.run(NIGHTLY, dry_run=False)
    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Refused")
    assert "20261130-another" in run["state"]["message"]
    assert len(operator.ground.afas.writes) == writes


def test_a_check_runs_and_says_so(operator: Operator) -> None:
    run = operator.run("check", "check")
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    assert run["name"].startswith("demo check 20")
    assert "check" in operator.artifacts(run)


def test_an_active_schedule_has_runs(operator: Operator) -> None:
    found = operator.call("GET", f"/deployments/name/provision/{PREVIEW}")
    deadline = time.monotonic() + 120
    body = {"deployments": {"id": {"any_": [found["id"]]}}, "limit": 5}
    while not (runs := operator.call("POST", "/flow_runs/filter", body)):
        assert time.monotonic() < deadline, "an active schedule created no run"
        time.sleep(0.5)
    # One of them may be due while these tests run.
    assert "SCHEDULED" in {run["state"]["type"] for run in runs}


def test_prefect_keeps_no_secret_and_names_people_in_the_tables_of_changes_only(
    operator: Operator,
) -> None:
    """Whatever the runs above left behind; without them, that of a preview and of a failed run."""
    above = {run["state"]["name"] for run in operator.call("POST", "/flow_runs/filter", {})}
    if not above & {"Completed", "Refused"}:
        operator.run(MANUAL, profile="demo", dry_run=True)
    if "Misconfigured" not in above:
        operator.run(MANUAL, profile="nowhere", dry_run=True)
    home = operator.folder / "prefect"
    people = marked_people(operator.ground)

    assert secrets_found(home, [*marked_secrets(operator.ground), AT_HOME]) == []
    assert people_found(home, people) == []
    assert not list(home.glob("storage/*"))
    # The search is not blind: the tables do name them.
    assert people_found(home, people, shown=())


def test_no_secret_is_left_anywhere_by_anything(operator: Operator) -> None:
    """Live, failing in places, check, undo, exports: every byte that is left is searched."""
    ground, left = operator.ground, operator.folder / "left"
    left.mkdir(exist_ok=True)
    variables = {**ground.variables, "RETOUR_LOG_LEVEL": "DEBUG"}
    profile = a_profile_that_asks(operator, title="Marked")
    Path(profile).write_text(
        Path(profile).read_text(encoding="utf-8").replace("approval: ask", "approval: refuse"),
        encoding="utf-8",
    )

    def retour(*arguments: str) -> int:
        """The command line; what it says is kept where it is searched."""
        name = f"{len(list(left.iterdir())):02}-{arguments[0]}"
        said = subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            env={**os.environ, **variables, "PREFECT_API_URL": f"{operator.address}/api"},
            capture_output=True,
            check=False,
        )
        (left / f"{name}.txt").write_bytes(said.stdout + said.stderr)
        return said.returncode

    def live(name: str, **overlaid: str) -> int:
        """Exactly the plan of a preview, live, with a report."""
        report = left / f"{name}-preview.json"
        retour("provision", "--profile", profile, "--report", str(report))
        digest = json.loads(report.read_text(encoding="utf-8"))["plan"]["digest"]
        more = ("--live", "--approve", digest, "--report", str(left / f"{name}.json"))
        variables.update(overlaid)
        return retour("provision", "--profile", profile, *more)

    ground.google.faults.order(Trouble.BROKEN, writing=True, times=3)
    ground.google.faults.order(Trouble.LOST, writing=True, skip=1)
    ground.afas.fail_next("conflict", verb="PUT", times=2, after=1)
    ground.afas.fail_next("drop_reply", verb="PUT", after=3)
    assert live("troubled") in {0, 1, 6}
    assert live("calm") == 0
    run = json.loads((left / "troubled.json").read_text(encoding="utf-8"))["run"]
    assert retour("check", "--profile", profile) in {0, 1, 2}
    assert retour("undo", run, "--live", "--report", str(left / "undo.json")) in {0, 1, 3}
    assert retour("audit", "export", "--output", str(left / "audit.jsonl")) == 0
    assert retour("audit", "export", "--with-private", "--output", str(left / "all.jsonl")) == 0
    assert retour("show", run, "--json") == 0
    variables["RETOUR_SECRET_AFAS_TOKEN"] = variables["RETOUR_SECRET_AFAS_TOKEN"].replace("0", "1")
    variables["RETOUR_SECRET_ENTRA_CLIENT_SECRET"] += "-and-not"
    assert retour("provision", "--profile", profile) in {2, 6}

    wrong = [variables[f"RETOUR_SECRET_{one}"] for one in ("AFAS_TOKEN", "ENTRA_CLIENT_SECRET")]
    secrets = [*marked_secrets(ground), *wrong]
    kept = [Path(ground.variables[one]).name for one in SINKS] + [f"{one}.json" for one in SERVED]
    assert secrets_found(operator.folder, secrets, but=kept) == []
    assert tokens_found(operator.folder, but=kept) == []
    # The search is not blind: the files of passwords do hold them.
    assert len(secrets_found(operator.folder, secrets)) >= len(SINKS)
    # What is private is in the journal, for an undo; and for who asks for it.
    private = secrets_found(operator.folder, [AT_HOME], but=[*kept, "demo.yaml"])
    assert {place.partition(":")[0] for place in private} <= {
        "ledger.db",
        "ledger.db-wal",
        "left/all.jsonl",
    }
