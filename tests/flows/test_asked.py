"""What a form or a REST call asks for: a clear end where it is wrong, and a name that tells it."""

from datetime import date
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

from flows.backfill import backfill
from flows.check import check
from flows.provision import provision
from flows.reconcile import reconcile
from flows.run_names import live_or_preview, run_name
from tests.flows.site import DAY, Site


def ended(flow: Any, **parameters: Any) -> State[Any]:
    """How a run of the site's profile ended."""
    state: State[Any] = flow(profile="site.yaml", return_state=True, **parameters)
    return state


def name_of(state: State[Any]) -> str:
    """Of the run that ended like this."""
    assert state.state_details.flow_run_id is not None
    with get_client(sync_client=True) as client:
        return str(client.read_flow_run(state.state_details.flow_run_id).name)


@pytest.mark.parametrize(
    ("flow", "parameters", "sentence"),
    [
        (provision, {"as_of": "2026-13-01"}, "as_of: '2026-13-01' is no day"),
        (provision, {"dry_run": "no"}, "dry_run: 'no' must be a valid boolean"),
        (backfill, {"hired_since": "soon", "dry_run": False}, "hired_since: 'soon' is no day"),
        (reconcile, {"fix": "drifted"}, "fix: 'drifted' must be a valid list"),
        (reconcile, {"ignore": ["3f0c92d1a7be"], "until": "never"}, "until: 'never' is no day"),
        (provision, {"targets": ["nowhere"]}, "targets: site has no target 'nowhere'"),
    ],
)
def test_what_makes_no_sense_ends_misconfigured_in_one_sentence(
    flow: Any, parameters: dict[str, Any], sentence: str, site: Site
) -> None:
    state = ended(flow, **parameters)
    assert (state.type.value, state.name) == ("FAILED", "Misconfigured")
    assert str(state.message).startswith(sentence)
    assert "\n" not in str(state.message)


def test_a_person_that_nobody_knows_is_said_in_the_end(site: Site) -> None:
    state = ended(provision, persons=["999999"], as_of=DAY)
    assert state.name == "Completed"
    assert str(state.message).startswith("999999: HR does not know this person")
    assert str(state.message).endswith("nothing to do for 12 persons; nothing was written.")
    assert name_of(state) == f"site preview {DAY}"


@pytest.mark.parametrize(
    ("flow", "parameters", "name"),
    [
        (provision, {"as_of": date(2026, 11, 30), "dry_run": False}, "site live 2026-11-30"),
        (backfill, {"as_of": "2026-11-30", "targets": ["x"]}, "site backfill preview 2026-11-30"),
        (reconcile, {"as_of": "2026-11-30"}, "site reconcile 2026-11-30"),
        (reconcile, {"as_of": "2026-11-30", "fix": ["x"]}, "site reconcile preview 2026-11-30"),
    ],
)
def test_a_run_is_called_after_profile_mode_and_day(
    flow: Any, parameters: dict[str, Any], name: str, site: Site
) -> None:
    assert name_of(ended(flow, **parameters)) == name


def test_without_a_day_it_is_today_where_the_profile_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from prefect import runtime

    monkeypatch.setattr("flows.run_names.now", lambda: datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    given: dict[str, Any] = {"profile": str(site.folder / "site.yaml"), "dry_run": False}
    monkeypatch.setattr(runtime.flow_run, "parameters", given, raising=False)
    assert run_name(mode=live_or_preview)() == "site live 2026-12-01"
    given["profile"] = "nowhere"
    assert run_name("backfill", mode=live_or_preview)() == "nowhere backfill live 2026-11-30"
    monkeypatch.undo()
    monkeypatch.chdir(site.folder)
    assert name_of(ended(check)).startswith("site check 20")
