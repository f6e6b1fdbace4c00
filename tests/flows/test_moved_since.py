"""Somebody else writes between reading and writing: that stays, is named, and stops nobody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.applying import apply_plan
from tests.flows.site import UNLIMITED, Site, assert_no_traceback, digest_in, report_of, retour


@pytest.fixture
def settled(site: Site) -> Site:
    """A site whose first run is behind it."""
    assert site.provision("--live", "--report", "first.json").exit_code == 0
    return site


def by_hand(site: Site, ref: str, **attributes: str) -> None:
    """Change an account behind the back of a run."""
    site.store.entries[ref].attributes.update(attributes)


def accounts(site: Site) -> dict[str, str]:
    """Person -> ref."""
    return {str(one.attributes["personId"]): ref for ref, one in site.store.entries.items()}


def written_back(site: Site) -> dict[str, str]:
    lines = (site.folder / "hr" / "back.csv").read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split(",")[:2] for line in lines)


def when_it_is_about_to_write(
    monkeypatch: pytest.MonkeyPatch, flow: str, happens: Callable[[], None]
) -> None:
    """Let something happen once, behind the last reading of a run and before its first write."""
    left = [happens]

    def meanwhile(*arguments: Any, **others: Any) -> Any:
        while left:
            left.pop()()
        return apply_plan(*arguments, **others)

    monkeypatch.setattr(f"flows.{flow}.apply_plan", meanwhile)


def changes_of(report: dict[str, Any], person: str) -> list[dict[str, Any]]:
    return [one for one in report["changes"] if one["person"] == person]


def test_of_an_approved_plan_what_moved_is_refused_and_everything_else_is_done(
    settled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = accounts(settled)
    mine, other = sorted(refs)[:2]
    right = {one: settled.store.entries[refs[one]].attributes["displayName"] for one in refs}
    mails = written_back(settled)
    for person in (mine, other):
        by_hand(settled, refs[person], displayName="Somebody Else")
    back = settled.folder / "hr" / "back.csv"
    text = back.read_text(encoding="utf-8")
    for person in (mine, other):
        text = text.replace(mails[person], f"old{person}@example.org")
    back.write_text(text, encoding="utf-8")
    settled.profile["targets"]["directory"]["limits"] = {**UNLIMITED, "update": 1}
    asked = settled.provision("--live")
    assert asked.exit_code == 3, asked.output
    when_it_is_about_to_write(
        monkeypatch, "provision", lambda: by_hand(settled, refs[mine], displayName="Bo, by hand")
    )

    result = settled.provision("--live", "--approve", digest_in(asked), "--report", "r.json")

    assert_no_traceback(result)
    assert result.exit_code == 1, result.output
    assert settled.store.entries[refs[mine]].attributes["displayName"] == "Bo, by hand"
    report = report_of(Path("r.json"))
    refused, behind = changes_of(report, mine)
    assert (refused["target"], refused["outcome"]) == ("directory", "failed")
    for part in ("moved_since", mine, "displayName", "Somebody Else", "Bo, by hand"):
        assert part in refused["detail"]
    assert (behind["target"], behind["outcome"]) == ("hr", "set_aside")
    assert "moved_since" in behind["detail"]
    assert any(one["person"] == mine and one["code"] == "set_aside" for one in report["notes"])
    assert {one["outcome"] for one in changes_of(report, other)} == {"done"}
    assert settled.store.entries[refs[other]].attributes["displayName"] == right[other]
    assert written_back(settled)[other] == mails[other]

    again = settled.provision("--live", "--report", "r.json")

    assert again.exit_code == 0, again.output
    assert {one["person"] for one in report_of(Path("r.json"))["changes"]} == {mine}
    assert settled.store.entries[refs[mine]].attributes["displayName"] == right[mine]
    assert written_back(settled) == mails


def test_an_account_that_was_given_another_hr_id_is_not_shut_for_the_one_who_left(
    settled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = accounts(settled)
    gone = min(refs)
    settled.rules[0]["when"] = {"person.external_id": {"not_in": [gone]}}
    when_it_is_about_to_write(
        monkeypatch, "provision", lambda: by_hand(settled, refs[gone], personId="9999999")
    )

    result = settled.provision("--live", "--report", "r.json")

    assert result.exit_code == 1, result.output
    assert settled.store.entries[refs[gone]].enabled
    [refused, *_] = changes_of(report_of(Path("r.json")), gone)
    assert (refused["verb"], refused["outcome"]) == ("disable", "failed")
    assert f"personId was {gone} and is 9999999 now" in refused["detail"]


def test_taking_a_run_back_leaves_what_somebody_writes_meanwhile(
    settled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = accounts(settled)
    mine, other = sorted(refs)[:2]
    for person in (mine, other):
        by_hand(settled, refs[person], displayName="Before")
    assert settled.provision("--live", "--report", "run.json").exit_code == 0
    run = report_of(Path("run.json"))["run"]
    when_it_is_about_to_write(
        monkeypatch, "undo", lambda: by_hand(settled, refs[mine], displayName="Bo, by hand")
    )

    result = retour("undo", run, "--profile", "site.yaml", "--live", "--report", "u.json")

    assert_no_traceback(result)
    assert result.exit_code == 1, result.output
    assert settled.store.entries[refs[mine]].attributes["displayName"] == "Bo, by hand"
    assert settled.store.entries[refs[other]].attributes["displayName"] == "Before"
    [refused] = changes_of(report_of(Path("u.json")), mine)
    assert "moved_since" in refused["detail"]
