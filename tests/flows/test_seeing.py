"""What people see in Prefect: how a run ended, its page, its tables, and nothing that is masked."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State

from connectors.ledger.ledger import open_ledger
from flows.provision import provision
from tests.flows.site import DAY, Site, start_retour
from tests.flows.test_guards import in_hr

pytestmark = pytest.mark.timeout(300)  # the first of them starts Prefect


class Seen:
    """A run as Prefect shows it.

    Attributes:
        type: Of its state.
        name: Of its state.
        message: Of its state.
        artifacts: By key.
    """

    def __init__(self, state: State[Any]) -> None:
        self.type, self.name, self.message = state.type.value, state.name, state.message or ""
        flow_run = state.state_details.flow_run_id
        assert flow_run is not None
        only = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run]))
        with get_client(sync_client=True) as client:
            found = client.read_artifacts(artifact_filter=only)
        self.artifacts = {str(one.key): one for one in found}

    def rows(self, key: str) -> list[dict[str, str]]:
        """A table."""
        data = self.artifacts[key].data
        rows: list[dict[str, str]] = json.loads(data) if isinstance(data, str) else data
        return rows

    @property
    def page(self) -> str:
        """The summary."""
        return str(self.artifacts["summary"].data)


@pytest.fixture
def see(site: Site) -> Callable[..., Seen]:
    """Run the flow on the site; a preview unless `dry_run=False`."""

    def run(**parameters: Any) -> Seen:
        site.write()
        given = {"as_of": date.fromisoformat(DAY), **parameters}
        state = provision(profile="site.yaml", return_state=True, **given)
        return Seen(state)

    return run


def live(see: Callable[..., Seen], **parameters: Any) -> Seen:
    return see(dry_run=False, **parameters)


def test_a_preview_a_live_run_and_one_with_nothing_to_do_say_so(see: Callable[..., Seen]) -> None:
    preview = see()
    assert (preview.type, preview.name) == ("COMPLETED", "Completed")
    assert preview.message.startswith("Preview: ")
    assert preview.message.endswith(" persons; nothing was written.")
    assert preview.artifacts.keys() >= {"plan", "summary", "outcome"}

    done = live(see)
    assert done.message.startswith(f"{len(done.rows('plan'))} changes done")
    assert "## Guards" in done.page
    assert "| people | " in done.page

    again = live(see)
    assert again.message == "Nothing to do for 12 persons; nothing was written."


def test_a_failure_shows_in_the_name_in_the_message_and_in_the_first_rows(
    see: Callable[..., Seen], site: Site
) -> None:
    see()
    site.store.trouble.refuse(person="1000012")
    run = live(see)
    assert (run.type, run.name) == ("COMPLETED", "CompletedWithFailures")
    count = len(run.rows("plan"))
    assert f" of {count} changes done" in run.message
    assert ", 1 failed, " in run.message
    assert run.message.endswith(" set aside.")
    rows = run.rows("outcome")
    assert [row["outcome"] for row in rows[:2]] == ["failed", "set_aside"]
    assert rows[0]["person"] == "1000012"
    assert "| failed | directory | 1 | 1000012 | " in run.page


def test_a_lost_answer_is_in_doubt_until_the_next_run_has_looked(
    see: Callable[..., Seen], site: Site
) -> None:
    see()
    site.store.trouble.lose_answer(person="1000012", verb="create")
    site.store.trouble.silent()
    run = live(see)
    assert run.name in {"CompletedWithFailures", "Unreachable"}
    assert "in doubt" in run.message
    site.store.trouble.clear()
    settling = live(see)
    assert settling.name == "Completed"
    assert "| earlier run | " in settling.page


def test_a_target_that_is_given_up_is_named_with_its_reason(
    see: Callable[..., Seen], site: Site
) -> None:
    see()
    site.store.trouble.fail_fatal()
    run = live(see)
    assert (run.type, run.name) == ("FAILED", "Unreachable")
    assert " changes done" in run.message
    assert "; directory was given up: " in run.message
    assert "**directory was given up:** " in run.page


def test_over_a_limit_it_is_refused_or_waits_and_an_approval_shows_as_lifted(
    see: Callable[..., Seen], site: Site
) -> None:
    site.profile["targets"]["directory"]["limits"] = {"create": 3}
    refused = see()
    assert (refused.type, refused.name) == ("FAILED", "Refused")
    assert refused.message.startswith("Refused: 1 guard says no (directory create ")
    assert refused.message.endswith(", limit 3); nothing was written.")
    assert "| **over** | directory | create | " in refused.page

    site.profile["approval"] = "ask"
    needs = see()
    assert (needs.type, needs.name) == ("COMPLETED", "NeedsApproval")
    assert "it would have to wait" in needs.message
    waits = live(see)
    assert (waits.type, waits.name) == ("COMPLETED", "WaitingForApproval")
    assert "a person has to approve it" in waits.message

    digest = waits.artifacts["plan"].description.split()[-1]  # type: ignore[union-attr]
    approved = live(see, approve=digest)
    assert approved.name == "Completed"
    assert "| over, lifted by the approval | directory | create | " in approved.page
    stale = live(see, approve=f"sha256:{'0' * 64}")
    assert (stale.type, stale.name) == ("FAILED", "StalePlan")
    assert stale.message.startswith("The approved plan holds no longer: ")


def test_a_profile_that_is_wrong_and_a_source_that_is_away_are_failures(
    see: Callable[..., Seen], site: Site
) -> None:
    site.profile["targets"]["directory"]["connector"] = "nothing"
    wrong = see()
    assert (wrong.type, wrong.name) == ("FAILED", "Misconfigured")
    assert wrong.message.endswith("; nothing was written.")


def test_a_run_that_was_killed_is_told_by_the_next_one(
    see: Callable[..., Seen], site: Site
) -> None:
    killed = start_retour(
        *("provision", "--profile", "site.yaml", "--as-of", DAY, "--live"),
        patch=(
            "import os, signal; from connectors.memory.writer import MemoryWriter as W\n"
            "W._send = lambda self, change: os.kill(os.getpid(), signal.SIGKILL)\n"
        ),
    )
    killed.communicate(timeout=100)
    run = live(see)
    assert run.name == "Completed", run.message
    assert "writes whose answer was lost were looked up" in run.page
    with open_ledger(f"sqlite:///{site.folder / 'ledger.db'}") as ledger:
        assert [one.exit for one in ledger.runs("site")] == [0, 137]


def test_masked_artifacts_and_messages_hold_no_value_of_anybody(
    see: Callable[..., Seen], site: Site
) -> None:
    names: set[str] = set()

    def note(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        names.update(row["family_name"] for row in rows)
        return rows

    in_hr(site, "persons.csv", note)
    shown = see()
    assert any(name in str(shown.rows("plan")) for name in names)

    site.profile["artifacts"] = {"values": "mask", "rows": 5}
    site.store.trouble.refuse(person="1000012")
    run = live(see)
    seen = [run.message, *(f"{one.data} {one.description}" for one in run.artifacts.values())]
    assert names
    for name in names:
        assert not any(name in text for text in seen), name
    assert "example.org" not in str(seen)
    rows = run.rows("outcome")
    assert (rows[0]["outcome"], rows[0]["person"]) == ("failed", "1000012")
    assert "mail" in rows[0]["what"]
    assert rows[-1]["target"].startswith("and ")
    assert len(rows) == 6


def test_pictures_are_drawn_where_something_changed_and_one_that_fails_fails_no_run(
    see: Callable[..., Seen], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = see()
    assert str(preview.artifacts["pictures"].data).count("](data:image/svg+xml;base64,") == 1
    done = live(see)
    page = str(done.artifacts["pictures"].data)
    assert [part.partition("]")[0] for part in page.split("![")[1:]] == [
        "Changes by target and verb",
        "Persons who came, moved and went",
        "Outcome of the latest live runs",
    ]
    nothing = live(see)
    assert "pictures" not in nothing.artifacts
    assert "Nothing changes, so no picture is drawn." in nothing.page

    def broken(targets: object) -> str:
        raise RuntimeError("no font")

    monkeypatch.setattr("tasks.pictures.changes_by_verb", broken)
    site.store.entries[min(site.store.entries)].attributes["displayName"] = "Wrong"
    again = see()
    assert again.type == "COMPLETED"
    assert again.rows("plan")
    assert "pictures" not in again.artifacts
