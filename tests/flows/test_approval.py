"""A run over a limit where the profile asks: it waits, and somebody answers in a terminal."""

from pathlib import Path

import pytest

from connectors.ledger.ledger import open_ledger
from tests.flows.site import Site, assert_no_traceback, report_of, retour
from tests.flows.test_guards import in_hr


@pytest.fixture
def asking(site: Site) -> Site:
    """A site whose first load is over a limit, and that asks."""
    site.profile["approval"] = "ask"
    site.profile["targets"]["directory"]["limits"] = {
        **site.profile["targets"]["directory"]["limits"],
        "create": 3,
    }
    return site


def ledger_of(site):
    return open_ledger(f"sqlite:///{site.folder / 'ledger.db'}")


def waiting_run(site):
    result = site.provision("--live")
    assert result.exit_code == 4, result.output
    with ledger_of(site) as ledger:
        (asked,) = ledger.approvals()
    return asked.run


def test_what_waits_is_carried_out_when_somebody_approves_it(asking: Site, tmp_path: Path) -> None:
    run = waiting_run(asking)
    assert not asking.store.entries

    result = retour("approve", run, "--by", "Ann", "--note", "first load", "--report", "r.json")

    assert result.exit_code == 0, result.output
    assert (
        len(asking.store.entries)
        == report_of(tmp_path / "r.json")["targets"]["directory"]["planned"]["create"]
    )
    with ledger_of(asking) as ledger:
        assert ledger.approvals() == []
        asked = ledger.approval(run)
        assert (asked.answer, asked.by, asked.note) == ("approved", "Ann", "first load")
        trail = [line for line in ledger.audit() if line.action == "ApprovePlan"]
        assert [line.ref for line in trail] == [asked.digest] * 2
        assert trail[0].because == "by:Ann"
        assert ledger.verify_audit() is None
    assert asking.provision("--live").exit_code == 0


def test_what_is_refused_is_not_written(asking: Site) -> None:
    run = waiting_run(asking)

    result = retour("refuse", run[:-2], "--by", "Ann", "--note", "not today")

    assert result.exit_code == 0, result.output
    assert result.stdout == f"Run {run} is refused. Nothing was written.\n"
    assert not asking.store.entries
    with ledger_of(asking) as ledger:
        (line,) = [line for line in ledger.audit() if line.action == "RefusePlan"]
        assert line.text.startswith("not today; directory: ")
    again = retour("approve", run)
    assert again.exit_code == 2
    assert f"run {run} was refused by Ann on" in again.stderr
    assert not asking.store.entries


def test_when_hr_changed_meanwhile_nothing_is_written(asking: Site) -> None:
    run = waiting_run(asking)
    in_hr(asking, "persons.csv", lambda rows: [rows[0] | {"family_name": "Newname"}, *rows[1:]])

    result = retour("approve", run)

    assert result.exit_code == 5, result.output
    assert "was approved, but what is planned now is" in result.stderr
    assert not asking.store.entries


def test_only_the_newest_question_counts_and_one_plan_is_asked_for_once(asking: Site) -> None:
    first = waiting_run(asking)
    same = asking.provision("--live")
    assert same.exit_code == 4
    with ledger_of(asking) as ledger:
        assert [one.run for one in ledger.approvals()] == [first]

    asking.profile["targets"]["directory"]["fields"]["title"] = {"value": "Colleague"}
    assert asking.provision("--live").exit_code == 4
    with ledger_of(asking) as ledger:
        (second,) = ledger.approvals()
        assert second.run != first
    result = retour("approve", first)
    assert result.exit_code == 2
    assert f"run {first} waits no longer: run {second.run} asked for another plan" in result.stderr


def test_a_preview_asks_nobody(asking: Site) -> None:
    result = asking.provision()
    assert result.exit_code == 4
    with ledger_of(asking) as ledger:
        assert ledger.approvals() == []
        (run,) = ledger.runs()
    told = retour("approve", run.run)
    assert told.exit_code == 2
    assert "does not wait for an approval; those that do: none does" in told.stderr


@pytest.mark.parametrize("command", ["approve", "refuse"])
def test_a_run_that_is_not_there_and_a_name_that_is_none_are_told(
    asking: Site, command: str
) -> None:
    missing = retour(command, "nothing")
    assert (missing.exit_code, "there is no run 'nothing'" in missing.stderr) == (2, True)
    run = waiting_run(asking)
    nameless = retour(command, run, "--by", " ")
    assert nameless.exit_code == 2
    assert "a name has at least two letters" in nameless.stderr
    assert_no_traceback(nameless)


def test_one_that_waits_in_prefect_needs_to_know_where_that_is(
    asking: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting_run(asking)
    with ledger_of(asking) as ledger:
        asked = ledger.approval(run)
        ledger.ask_approval(
            run,
            asked.profile,
            digest=asked.digest,
            reasons=asked.reasons,
            flow=asked.flow,
            parameters=asked.parameters,
            flow_run="00000000-0000-0000-0000-000000000000",
            hours=1,
        )
    result = retour("approve", run)
    assert result.exit_code in {2, 6}, result.output
    assert "Prefect" in result.stderr
    with ledger_of(asking) as ledger:
        assert ledger.approval(run).answer is None
