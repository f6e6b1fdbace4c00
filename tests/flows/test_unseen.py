"""A target that cannot be read: what the terminal, the history and the other commands say of it."""

from collections.abc import Iterator

import pytest

from connectors.memory.store import STORES
from tests.flows.site import DAY, UNLIMITED, Site, report_of, retour
from tests.unreadable import Outage, reason_of


@pytest.fixture
def apart(site: Site) -> Iterator[Site]:
    """The small site with an application that needs nothing of the directory."""
    name = f"{site.folder}-app"
    site.profile["targets"]["app"] = {
        "connector": "memory",
        "settings": {"name": name, "path": "app.json"},
        "fields": {"userName": {"from": "person.external_id", "on": ["create"]}},
        "limits": UNLIMITED,
    }
    site.rules[0]["grant"]["app"] = {"account": True, "access": True}
    yield site
    STORES.pop(name, None)


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    return Outage(monkeypatch)


def in_a_line(text: str) -> str:
    return " ".join(text.split())


def test_the_others_are_provisioned_and_everything_says_which_one_was_not(
    apart: Site, outage: Outage
) -> None:
    outage.of("directory")
    preview = apart.provision("--report", "preview.json")
    live = apart.provision("--live", "--report", "live.json")

    assert (preview.exit_code, live.exit_code) == (6, 6)
    why = reason_of("directory")
    seen, done = (report_of(apart.folder / f"{name}.json") for name in ("preview", "live"))
    assert seen["plan"] == done["plan"]
    assert {(one["target"], one["outcome"]) for one in done["changes"]} == {("app", "done")}
    assert done["unseen"] == seen["unseen"] == {"directory": why}
    said = f"error: directory could not be read, and nothing is planned there: {why}"
    for result in (preview, live):
        assert said in result.stderr
        assert "directory ? could not be read -" in in_a_line(result.stdout)
        assert "; without directory, which could not be read" in result.stdout
    assert preview.stdout.splitlines()[-1].endswith("--live")
    assert in_a_line(retour("runs").stdout).count("6 without directory") == 2
    assert reason_of("directory") in in_a_line(retour("show", done["run"]).stdout)

    told = retour("explain", "1000001", "--profile", "site.yaml", "--as-of", DAY)
    assert told.exit_code == 0
    assert "directory" in told.stdout
    assert "could not be read" in in_a_line(told.stdout)

    outage.over()
    assert apart.provision("--live", "--report", "again.json").exit_code == 0
    healed = report_of(apart.folder / "again.json")
    assert {one["target"] for one in healed["changes"]} == {"directory", "hr"}


def test_reconcile_looks_at_the_others_and_undo_takes_back_all_or_what_is_named(
    apart: Site, outage: Outage
) -> None:
    apart.provision("--live", "--report", "live.json")
    run = report_of(apart.folder / "live.json")["run"]
    outage.of("directory")

    looked = retour("reconcile", "--profile", "site.yaml", "--as-of", DAY)
    assert looked.exit_code == 6
    assert "NOT SEEN - no issues in the other targets; nobody knows those of directory" in (
        in_a_line(looked.stdout)
    )
    fix = retour("reconcile", "--profile", "site.yaml", "--fix", "0123456789ab")
    assert fix.exit_code == 2
    assert "nobody knows those of directory, which could not be read" in fix.stderr

    whole = retour("undo", run)
    part = retour("undo", run, "--target", "app", "--report", "part.json")
    assert (whole.exit_code, part.exit_code) == (6, 6)
    assert "nothing is taken back while it cannot be read" in whole.stderr
    assert {one["target"] for one in report_of(apart.folder / "part.json")["changes"]} == {"app"}
