"""A target that cannot be read stops what needs it, and the next run does the rest: whole runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.memory.manifest import PERSON
from connectors.memory.store import STORES
from connectors.model.errors import ConnectorError, Misconfigured, Unauthorized, Unreachable
from tasks.run import Ending
from tests.profiles import names_of_accounts
from tests.tasks.hr_site import HrSite
from tests.unreadable import WHY, Outage, reason_of

UNLIMITED = dict.fromkeys(
    ("correlate", "create", "update", "enable", "disable", "grant", "revoke", "delete", "losses"),
    "unlimited",
)
UNGUARDED = dict.fromkeys(
    ("removed", "added", "blocked", "changed", "attribute", "emptied"), "unlimited"
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HrSite]:
    """Six people, a directory, and an application that needs nothing of it."""
    for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.chdir(tmp_path)
    made = HrSite(tmp_path, 6)
    made.profile["targets"]["app"] = {
        "connector": "memory",
        "settings": {"name": f"{tmp_path}-app"},
        "fields": {"userName": {"from": "person.external_id", "on": ["create"]}},
    }
    made.rules[0]["grant"]["app"] = {"account": True, "access": True}
    for target in made.profile["targets"]:
        made.limit(target, **UNLIMITED)
    made.limit("source", **UNGUARDED)
    yield made
    STORES.pop(str(tmp_path), None)
    STORES.pop(f"{tmp_path}-app", None)


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    return Outage(monkeypatch)


def in_app(site: HrSite) -> list[dict[str, Any]]:
    """What the accounts of the application hold."""
    entries = STORES[f"{site.folder}-app"].entries.values()
    return sorted(({"enabled": one.enabled, **one.attributes} for one in entries), key=str)


def done(ending: Ending) -> set[tuple[str, str, str]]:
    changes = ending.report["changes"]
    assert {one["outcome"] for one in changes} <= {"done", "already", "recorded"}
    return {(one["target"], one["person"], one["verb"]) for one in changes}


def targets(ending: Ending) -> set[str]:
    return {target for target, _, _ in done(ending)}


@pytest.mark.parametrize("error", [Unreachable, Unauthorized])
def test_the_others_are_provisioned_and_the_next_run_does_the_rest_and_nothing_twice(
    site: HrSite, outage: Outage, error: type[ConnectorError]
) -> None:
    outage.of("directory", error=error)
    preview, live = site.run(live=False), site.run()

    assert (preview.exit, live.exit) == (6, 6)
    assert preview.report["plan"] == live.report["plan"]
    assert done(preview) == done(live)
    assert targets(live) == {"app"}
    assert (live.report["refused"], live.report["unseen"]) == (
        None,
        {"directory": reason_of("directory")},
    )
    (note,) = [one for one in live.report["notes"] if one["code"] == "unseen" and not one["person"]]
    assert note["target"] == "directory"
    assert note["reason"].startswith(f"could not be read: {reason_of('directory')}.")

    outage.over()
    healed = site.run()

    assert healed.exit == 0
    assert targets(healed) == {"directory", "hr"}
    assert healed.report["unseen"] == {}
    assert len(site.store.entries) == len(in_app(site)) == 6
    again = site.run()
    assert (again.exit, again.report["changes"]) == (0, [])


def test_it_ends_where_an_undisturbed_run_ends(site: HrSite, outage: Outage) -> None:
    """Joiners, a leaver and a mover on a day on which the directory is down, then on which not."""
    assert site.run().exit == 0
    site.hire([7])
    site.contracts[0]["end_date"] = "2026-11-01"
    site.contracts[1]["department_id"] = "CARE"
    outage.of("directory")
    partly = site.run()
    assert done(partly) == {
        ("app", "0001", "disable"),
        ("app", "0007", "create"),
        ("app", "0007", "enable"),
    }
    outage.over()
    assert site.run().exit == 0
    accounts = {one.attributes[PERSON]: one for one in site.store.entries.values()}
    assert len(accounts) == 7
    assert not accounts["0001"].enabled
    assert accounts["0007"].enabled
    assert site.run().report["changes"] == []


def test_no_name_is_given_while_one_of_those_who_give_names_is_unseen(
    site: HrSite, outage: Outage
) -> None:
    site.profile["targets"]["app"]["fields"] = names_of_accounts()
    outage.of("app")

    live = site.run()

    assert live.exit == 6
    assert {(target, verb) for target, _, verb in done(live)} == {("hr", "correlate")}
    assert site.store.entries == {}
    notes = [one for one in live.report["notes"] if one["target"] == "directory"]
    assert {(one["code"], one["person"]) for one in notes} == {
        ("waiting", f"000{number}") for number in range(1, 7)
    }
    assert all("app could not be read" in one["reason"] for one in notes)
    outage.over()
    assert site.run().exit == 0
    assert len(site.store.entries) == len(in_app(site)) == 6


def test_limits_hold_and_an_approval_is_of_exactly_that_plan(site: HrSite, outage: Outage) -> None:
    site.limit("app", create=1)
    outage.of("directory")

    refused = site.run()
    assert (refused.exit, list(refused.report["unseen"])) == (3, ["directory"])
    digest = refused.report["plan"]["digest"]
    assert in_app(site) == []

    outage.over()
    assert site.run(approve=digest).exit == 5
    outage.of("directory")
    approved = site.run(approve=digest)
    assert (approved.exit, targets(approved)) == (6, {"app"})
    assert len(in_app(site)) == 6


def test_what_is_not_seen_is_not_gone_and_the_import_is_not_accepted_for_it(
    site: HrSite, outage: Outage
) -> None:
    assert site.run().exit == 0
    with open_ledger(site.ledger_url) as ledger:
        accepted, links = ledger.snapshot("site"), ledger.links("site")
    before = site.store.content()
    site.dismiss([6])
    outage.of("directory")

    live = site.run()

    assert live.exit == 6
    assert done(live) == {("app", "0006", "disable")}
    assert site.store.content() == before
    with open_ledger(site.ledger_url) as ledger:
        kept, after = ledger.snapshot("site"), ledger.links("site")
        assert ledger.absences("site") == {"0006": site.day}
    assert accepted is not None
    assert kept is not None
    assert kept.digest == accepted.digest
    assert after.query("target == 'directory'").equals(links.query("target == 'directory'"))
    outage.over()
    site.next_day()
    assert ("directory", "0006", "disable") in done(site.run())


def test_without_a_target_that_may_be_written_the_run_is_refused(
    site: HrSite, outage: Outage
) -> None:
    outage.of("directory", "app")
    del site.profile["targets"]["hr"]

    live = site.run()

    assert (live.exit, live.report["refused"]) == (6, reason_of("app"))
    assert (live.report["plan"], live.report["unseen"]) == (None, {})


def test_a_target_that_has_not_what_the_settings_name_still_stops_the_run(
    site: HrSite, outage: Outage
) -> None:
    outage.of("app", error=Misconfigured)
    live = site.run()
    assert (live.exit, live.report["refused"]) == (2, reason_of("app"))
    assert WHY in live.report["refused"]
