"""`retour reconcile`: what does not agree, the fixes that are asked for, and what is left alone."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tasks.page import summary
from tests.flows.site import (
    DAY,
    UNLIMITED,
    Site,
    assert_no_traceback,
    digest_in,
    report_of,
    retour,
    today,
)


@pytest.fixture
def settled(site: Site) -> Site:
    """A site where everybody has what they are due, and the ledger knows it."""
    site.rules[0]["grant"]["directory"]["groups"] = ["G-All"]
    limits = {**UNLIMITED, "grant": "unlimited", "revoke": "unlimited"}
    site.profile["targets"]["directory"]["limits"] = limits
    groups = {"g-1": {"name": "G-All"}, "g-2": {"name": "G-Ring"}}
    site.directory_file.write_text(json.dumps({"groups": groups}))
    result = site.provision("--live")
    assert result.exit_code == 0, result.output
    return site


def reconcile(*arguments: str) -> Any:
    return retour("reconcile", "--profile", "site.yaml", "--as-of", DAY, *arguments)


def issues_of(*arguments: str) -> list[dict[str, Any]]:
    """What a report says."""
    assert reconcile("--report", "report.json", *arguments).exit_code == 0
    issues: list[dict[str, Any]] = report_of(Path("report.json"))["issues"]
    return issues


def drift(site: Site) -> str:
    """Somebody changes an account by hand; returns whose it is."""
    ref = min(site.store.entries)
    site.store.entries[ref].attributes["displayName"] = "Wrong"
    return str(site.store.entries[ref].attributes["personId"])


def test_a_site_in_order_has_no_issues(settled: Site) -> None:
    result = reconcile()

    assert result.exit_code == 0, result.output
    assert "IN ORDER - no issues" in result.stdout


def test_issues_are_shown_with_what_the_next_run_does_and_nothing_is_written(
    settled: Site,
) -> None:
    person = drift(settled)
    before = settled.store.content()

    result = reconcile("--report", "report.json")

    assert result.exit_code == 0, result.output
    assert "drifted (1)" in result.stdout
    assert "Wrong -> " in result.stdout
    assert "[next run: update]" in result.stdout
    assert "FOUND - 1 issue; nothing was written" in result.stdout
    assert settled.store.content() == before
    report = report_of(Path("report.json"))
    (issue,) = report["issues"]
    assert (issue["type"], issue["person"], issue["subject"]) == ("drifted", person, "displayName")
    assert report["issue_counts"] == {"drifted": 1}
    assert (report["mode"], report["exit"], report["changes"]) == ("preview", 0, [])


def test_a_fix_is_previewed_and_then_done_and_found_no_more(settled: Site) -> None:
    drift(settled)

    preview = reconcile("--fix", "drifted")
    assert preview.exit_code == 0, preview.output
    assert "PREVIEW - nothing was written" in preview.stdout
    assert len(issues_of()) == 1

    live = reconcile("--fix", "drifted", "--live")
    assert live.exit_code == 0, live.output
    assert "LIVE - 1 change done" in live.stdout
    assert digest_in(live) == digest_in(preview)
    assert issues_of() == []


def test_only_the_issue_that_is_named_is_fixed(settled: Site) -> None:
    drift(settled)
    last = settled.store.entries[max(settled.store.entries)]
    last.attributes["displayName"] = "Also wrong"
    one, other = issues_of()

    assert reconcile("--fix", one["id"], "--live").exit_code == 0

    assert [issue["id"] for issue in issues_of()] == [other["id"]]


def test_a_permission_no_rule_names_is_revoked_by_its_id_only(settled: Site) -> None:
    ref = min(settled.store.entries)
    settled.store.groups["g-2"].members.add(ref)
    (issue,) = issues_of()
    assert issue["type"] == "permission_unmanaged"

    by_type = reconcile("--fix", "permission_unmanaged", "--live")
    assert by_type.exit_code == 0
    assert "name each by its id" in by_type.stdout
    assert ref in settled.store.groups["g-2"].members

    assert reconcile("--fix", issue["id"], "--live").exit_code == 0
    assert ref not in settled.store.groups["g-2"].members


def test_fixes_are_under_the_guards_and_an_approval_lifts_them(settled: Site) -> None:
    drift(settled)
    settled.profile["targets"]["directory"]["limits"] = {"update": 0}
    settled.write()

    refused = reconcile("--fix", "drifted", "--live")
    assert refused.exit_code == 3
    assert len(issues_of()) == 1

    approved = reconcile("--fix", "drifted", "--live", "--approve", digest_in(refused))
    assert approved.exit_code == 0, approved.output
    assert issues_of() == []


def test_an_import_that_is_not_to_be_trusted_is_said_and_exits_3(settled: Site) -> None:
    for name, key in (("persons.csv", 0), ("contracts.csv", 1)):
        file = settled.folder / "hr" / name
        head, *rows = file.read_text().splitlines()
        kept = [row for row in rows if row.split(",")[key] <= "1000003"]
        file.write_text("\n".join([head, *kept]) + "\n")

    result = reconcile()

    assert result.exit_code == 3
    assert "what was read is not to be trusted" in result.stdout
    assert_no_traceback(result)


def test_an_ignored_issue_is_counted_and_comes_back_after_its_day(settled: Site) -> None:
    drift(settled)
    (issue,) = issues_of()
    # Its day is measured by the calendar, the reconciliation by the day it decides for.
    until = today().isoformat()

    said = retour(
        *("reconcile", "--profile", "site.yaml", "--ignore", issue["id"]),
        *("--until", until, "--reason", "named so on purpose"),
    )
    assert said.exit_code == 0, said.output
    assert "1 issue is not shown until" in said.stderr

    day = ("reconcile", "--profile", "site.yaml", "--as-of", until)
    assert "IN ORDER - no issues, 1 ignored" in retour(*day).stdout
    assert "named so on purpose" in retour(*day, "--all").stdout
    later = date.fromisoformat(until).toordinal() + 1
    tomorrow = date.fromordinal(later).isoformat()
    assert "FOUND" in retour("reconcile", "--profile", "site.yaml", "--as-of", tomorrow).stdout


def test_an_ignored_issue_is_shown_again_before_its_day_when_that_is_asked_for(
    settled: Site,
) -> None:
    drift(settled)
    (issue,) = issues_of()
    ignored = ("--until", today().isoformat(), "--reason", "y")
    assert reconcile("--ignore", issue["id"], *ignored).exit_code == 0
    assert "IN ORDER" in reconcile().stdout

    said = reconcile("--unignore", issue["id"])

    assert (said.exit_code, said.stderr) == (0, "1 issue is shown again\n")
    assert "FOUND - 1 issue;" in reconcile().stdout


def test_a_fix_is_suggested_only_where_there_is_one(settled: Site) -> None:
    settled.profile["targets"]["directory"]["protected"] = ["m-stray"]
    settled.write()
    ref = min(settled.store.entries)
    settled.store.entries["m-stray"] = replace(
        settled.store.entries[ref], attributes={"userName": "stray"}, protected=True
    )

    found = reconcile("--fix", "unmanaged")
    assert "1 unmanaged issue is not fixed by type: Retour can do nothing" in found.stdout
    looked = reconcile()
    assert "unmanaged (1)" in looked.stdout
    assert "--fix" not in looked.stdout

    drift(settled)
    assert "--fix ISSUE|TYPE" in reconcile().stdout


def test_what_was_found_is_shown_afterwards_too_on_the_terminal_and_in_prefect(
    settled: Site,
) -> None:
    drift(settled)
    assert reconcile("--report", "report.json").exit_code == 0
    report = report_of(Path("report.json"))

    shown = retour("show", report["run"]).stdout

    assert "site: reconciliation of" in shown
    assert "drifted (1)" in shown
    assert "FOUND - 1 issue; nothing was written" in shown
    assert "nothing to do" not in shown
    page = summary(report)
    assert page.startswith("# site: reconciliation of")
    assert "Issues: 1 drifted; 0 ignored." in page


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--fix", "drift"], "neither the id of an issue nor a type"),
        (["--fix", "0123456789ab"], "there is no issue 0123456789ab"),
        (["--live"], "nothing to write without --fix"),
        (["--ignore", "x", "--until", "2999-01-01", "--reason", "y"], "no id of an issue"),
        (["--unignore", "x"], "no id of an issue"),
        (["--unignore", "0123456789ab"], "0123456789ab: not ignored"),
        (["--until", "2999-01-01"], "--until: it belongs to --ignore"),
        (["--reason", "y"], "--reason: it belongs to --ignore"),
        (["--ignore", "0123456789ab", "--fix", "drifted"], "--fix: leave this out: --ignore does"),
        (["--unignore", "0123456789ab", "--live"], "--live: leave this out: --unignore does"),
        (["--ignore", "0123456789ab", "--reason", "y"], "until when"),
        (["--ignore", "0123456789ab", "--until", "2020-01-01", "--reason", "y"], "is over"),
        (["--ignore", "0123456789ab", "--until", "2999-01-01", "--reason", "y"], "36 months"),
    ],
)
def test_slips_exit_2(site: Site, arguments: list[str], complaint: str) -> None:
    result = reconcile(*arguments)

    assert result.exit_code == 2, result.output
    assert complaint in result.stderr
    assert_no_traceback(result)


def test_ignoring_needs_a_reason(site: Site) -> None:
    result = reconcile("--ignore", "0123456789ab", "--until", today().isoformat())

    assert result.exit_code == 2
    assert "say why" in result.stderr


def test_the_form_in_prefect_can_ignore_too(settled: Site) -> None:
    from flows.reconcile import reconcile as flow

    drift(settled)
    (issue,) = issues_of()

    good = flow("site.yaml", ignore=[issue["id"]], until=today(), reason="y", return_state=True)
    bad = flow("site.yaml", ignore=[issue["id"]], return_state=True)

    both = flow("site.yaml", ignore=[issue["id"]], fix=["drifted"], return_state=True)
    again = flow("site.yaml", unignore=[issue["id"]], return_state=True)

    assert good.is_completed()
    assert "not shown until" in (good.message or "")
    assert bad.is_failed()
    assert both.is_failed()
    assert "one at a time" in (both.message or "")
    assert again.is_completed()
    assert "shown again" in (again.message or "")


def test_the_ledger_keeps_counts_and_not_the_issues(settled: Site) -> None:
    drift(settled)
    issues_of()

    run = report_of(Path("report.json"))["run"]
    shown = retour("show", run, "--json")

    assert '"issue_counts"' in shown.stdout
    assert '"issues"' not in shown.stdout
