"""The main job, end to end, on sandboxes: what an administrator bets an organisation on."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.hr_file.sandbox import write_hr_files
from connectors.ledger.ledger import open_ledger
from connectors.sdk.invent import invent
from tests.flows.stage import Stage, a_stage, planned


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    with a_stage(tmp_path) as set_up:
        yield set_up


def on_hr_files(stage: Stage, people: int, *, seed: int = 1, without: int = 0) -> None:
    """Let people come from HR files instead of AFAS, and nobody be written back to."""
    folder = stage.folder / "hr"
    everybody = invent(people, seed, stage.afas.today)
    write_hr_files(everybody, folder)
    for name, key in (("persons.csv", 0), ("contracts.csv", 1)):
        lines = (folder / name).read_text().splitlines()
        gone = set(everybody.persons["external_id"].head(without))
        kept = [line for line in lines[1:] if line.split(",")[key] not in gone]
        (folder / name).write_text("\n".join([lines[0], *kept]) + "\n")
    stage.profile["source"] = {"connector": "hr_file", "settings": {"path": str(folder)}}
    stage.profile["targets"].pop("afas_employee", None)
    stage.profile["targets"].pop("afas_user", None)


def test_a_new_employee_gets_an_account_and_hr_gets_what_the_directory_holds(stage: Stage) -> None:
    assert stage.live().exit == 0
    hired = stage.afas.hire(
        nick_name="Janine",
        prefix="van den",
        family_name="Boele",
        department="CARE",
        title="Nurse",
    )

    ending = stage.live()

    assert ending.exit == 0, ending.report["refused"]
    account = stage.directory.account(hired)
    assert {change["person"] for change in ending.report["changes"]} == {hired}
    assert account["enabled"]
    assert account["groups"] == ["G-All-Staff", "G-Care-Staff"]
    assert stage.held_by_afas()[hired] == (
        account["mail"],
        account["userPrincipalName"],
        account["mail"],
    )
    assert account["mail"] == "janine.vandenboele@example.org"


def test_a_preview_writes_nothing_and_shows_exactly_what_the_live_run_does(stage: Stage) -> None:
    before, usn = stage.directory.snapshot(), stage.directory.usn

    preview = stage.run()

    assert preview.exit == 0
    assert stage.afas.writes == []
    assert stage.directory.usn == usn
    assert stage.directory.snapshot() == before
    assert {c["outcome"] for c in preview.report["changes"]} == {"recorded"}
    assert not (stage.folder / "passwords.csv").exists()

    live = stage.live()

    assert live.exit == 0
    assert planned(live) == planned(preview)
    assert live.report["plan"] == preview.report["plan"]
    assert len(stage.afas.writes) == sum(
        change["verb"] == "update" and change["target"].startswith("afas")
        for change in preview.report["changes"]
    )
    again = stage.live()
    assert again.exit == 0
    assert again.report["plan"]["changes"] == 0


def test_a_preview_does_not_even_look_up_what_only_a_writer_needs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in ("afas_employee", "afas_user"):
        stage.profile["targets"][target]["settings"]["write_token"] = "secret://nowhere"

    assert stage.run().exit == 0
    refused = stage.live()

    assert refused.exit == 2
    assert "nowhere" in refused.report["refused"]
    assert stage.afas.writes == []
    monkeypatch.setenv("RETOUR_SECRET_NOWHERE", stage.afas.token)
    assert stage.live().exit == 0


def test_whom_the_directory_refuses_gets_no_write_back_and_everybody_else_does(
    stage: Stage,
) -> None:
    unlucky = stage.run().report["changes"][0]["person"]
    stage.directory.refuse(unlucky)

    ending = stage.live()

    assert ending.exit == 1
    theirs = [c for c in ending.report["changes"] if c["person"] == unlucky]
    assert [c["outcome"] for c in theirs if c["verb"] == "create"] == ["failed"]
    assert {c["outcome"] for c in theirs if c["verb"] != "create"} == {"set_aside"}
    others = [c for c in ending.report["changes"] if c["person"] != unlucky]
    assert {c["outcome"] for c in others} == {"done"}
    assert stage.held_by_afas()[unlucky] == (None, None, None)
    notes = [
        n for n in ending.report["notes"] if n["person"] == unlucky and n["code"] == "set_aside"
    ]
    assert any("active_directory" in n["reason"] and n["target"] == "afas_user" for n in notes)

    stage.directory.heal()
    healed = stage.live()
    assert healed.exit == 0
    assert {c["person"] for c in healed.report["changes"]} == {unlucky}
    assert stage.held_by_afas()[unlucky][0] == stage.directory.account(unlucky)["mail"]


def test_with_the_directory_down_nothing_is_written_to_hr(stage: Stage) -> None:
    stage.directory.down = True

    ending = stage.live()

    assert ending.exit == 6
    assert list(ending.report["unseen"]) == ["active_directory"]
    assert stage.afas.writes == []


def test_a_directory_that_goes_down_half_way_leaves_hr_with_what_is_really_there(
    stage: Stage,
) -> None:
    before, written = stage.held_by_afas(), 0

    def third_account_and_later(call: object) -> bool:
        nonlocal written
        written += getattr(call, "operation", "") == "add"
        if written > 3:
            stage.directory.down = True
        return False

    stage.directory.refuse(third_account_and_later)

    ending = stage.live()

    assert ending.exit == 6
    stage.directory.down = False
    stage.directory.heal()
    made = {account["mail"] for account in stage.directory.accounts().values()}
    assert 0 < len(made) < 10
    after = stage.held_by_afas()
    assert {mail for person, (mail, _, _) in after.items() if mail != before[person][0]} <= made
    assert stage.live().exit == 0
    assert stage.live().report["plan"]["changes"] == 0
    everybody = stage.directory.accounts()
    assert all(
        mail == everybody[person]["mail"]
        for person, (mail, _, _) in stage.held_by_afas().items()
        if person in everybody
    )


def test_dependencies_in_a_circle_are_refused_when_the_profile_is_loaded(stage: Stage) -> None:
    stage.profile["targets"]["active_directory"]["depends_on"] = ["afas_user"]

    ending = stage.live()

    assert ending.exit == 2
    assert "circle" in ending.report["refused"]
    assert "site.yaml:" in ending.report["refused"]
    assert "depends_on" in ending.report["refused"]
    assert stage.afas.calls == []


def test_a_field_that_nobody_produces_is_refused_when_the_profile_is_loaded(stage: Stage) -> None:
    fields = stage.profile["targets"]["afas_employee"]["fields"]
    fields["EmAd"] = {"from": "accounts.active_directory.shoeSize"}

    ending = stage.live()

    assert ending.exit == 2
    assert "shoeSize" in ending.report["refused"]
    assert "targets.afas_employee.fields.EmAd" in ending.report["refused"]
    assert stage.afas.calls == []


def test_a_missing_directory_account_does_not_empty_what_hr_holds(stage: Stage) -> None:
    assert stage.live().exit == 0
    before = stage.held_by_afas()
    # The target that makes accounts is out of this run, and one account has vanished from it.
    person = sorted(stage.directory.accounts())[3]
    stage.directory.remove_account(person)

    ending = stage.live(targets=["afas_employee", "afas_user"])

    assert ending.exit == 0
    assert stage.held_by_afas() == before
    assert any(
        note["person"] == person and note["code"] == "waiting" for note in ending.report["notes"]
    )


def test_over_a_limit_nothing_is_written_until_exactly_that_plan_is_approved(stage: Stage) -> None:
    stage.limit("active_directory", create=5)

    refused = stage.live()

    assert refused.exit == 3
    assert stage.run().exit == 3
    assert "accounts would be made, 5 are allowed: " in refused.report["refused"]
    assert {c["outcome"] for c in refused.report["changes"]} == {"set_aside"}
    assert stage.afas.writes == []
    assert stage.directory.accounts() == {}

    digest = refused.report["plan"]["digest"]
    assert stage.live(approve=digest).exit == 0
    assert len(stage.directory.accounts()) > 5


def test_an_approved_plan_that_moved_is_refused(stage: Stage) -> None:
    digest = stage.run().report["plan"]["digest"]
    stage.afas.hire(nick_name="Mila", family_name="Kroon", department="HR", title="Adviser")

    stale = stage.live(approve=digest)

    assert stale.exit == 5
    assert stage.afas.writes == []
    assert stage.directory.accounts() == {}


@pytest.mark.parametrize("approved", [False, True])
def test_an_empty_hr_file_changes_nothing_even_when_approved(
    stage: Stage, *, approved: bool
) -> None:
    on_hr_files(stage, 60)
    assert stage.live().exit == 0
    held = stage.directory.snapshot()
    on_hr_files(stage, 60, without=60)

    preview = stage.run()
    ending = stage.live(approve=preview.report["plan"]["digest"] if approved else None)

    assert (preview.exit, ending.exit) == (3, 3)
    assert stage.directory.snapshot() == held
    assert any(change["verb"] == "disable" for change in ending.report["changes"])


def test_half_of_the_people_gone_is_refused_and_the_report_says_what_would_have_happened(
    stage: Stage,
) -> None:
    on_hr_files(stage, 60)
    assert stage.live().exit == 0
    held = stage.directory.snapshot()
    on_hr_files(stage, 60, without=30)

    ending = stage.live()

    assert ending.exit == 3
    assert "have gone from the source" in ending.report["refused"]
    assert stage.directory.snapshot() == held
    assert ending.report["targets"]["active_directory"]["planned"]["disable"] >= 20


def test_most_people_replaced_by_others_is_refused_as_a_whole(stage: Stage) -> None:
    on_hr_files(stage, 60)
    assert stage.live().exit == 0
    held = stage.directory.snapshot()
    on_hr_files(stage, 96, without=36)

    ending = stage.live()

    assert ending.exit == 3
    assert stage.directory.snapshot() == held
    planned_verbs = ending.report["targets"]["active_directory"]["planned"]
    assert planned_verbs["create"] >= 20
    assert planned_verbs["disable"] >= 20


def test_a_second_run_on_the_profile_is_refused_with_the_name_of_the_first(stage: Stage) -> None:
    url = f"sqlite:///{stage.folder / 'ledger.db'}"
    with open_ledger(url) as ledger, ledger.lock("site", "the-first-run"):
        ending = stage.live()

    assert ending.exit == 3
    assert "the-first-run" in ending.report["refused"]
    assert stage.afas.calls == []


def test_names_of_every_kind_end_up_the_same_in_directory_and_hr(stage: Stage) -> None:
    wanted = {
        ("Maeve", "O'Brien"): "maeve.obrien",
        ("Jan Peter", "Smit"): "janpeter.smit",
        ("Øyvind", "Weiß"): "oyvind.weiss",
        ("Ольга", "Петрова"): "olga.petrova",
        ("李", "王"): "li.wang",
    }
    hired = {
        stage.afas.hire(
            nick_name=nick, family_name=family, department="IT", title="Engineer"
        ): start
        for (nick, family), start in wanted.items()
    }
    lonely = stage.afas.hire(
        nick_name="Thirza", family_name="Bakker", department="IT", title="Engineer", convention="2"
    )

    assert stage.live().exit == 0

    for person, start in {**hired, lonely: "thirza.bakker"}.items():
        account = stage.directory.account(person)
        assert account["mail"] == f"{start}@example.org"
        mail, upn, _ = stage.held_by_afas()[person]
        assert (mail, upn) == (account["mail"], account["userPrincipalName"])


def test_two_new_people_with_one_name_get_two_names_in_one_plan(stage: Stage) -> None:
    later, first = (
        stage.afas.hire(
            nick_name="Anna", family_name="Zwart", department="HR", title="Adviser", start=start
        )
        for start in (stage.afas.today, stage.afas.today - timedelta(days=30))
    )

    preview = stage.run()
    mails = {
        c["person"]: c["after"]["mail"] for c in preview.report["changes"] if c["verb"] == "create"
    }

    assert mails[first] == "anna.zwart@example.org"
    assert mails[later] != mails[first]
    assert len(set(mails.values())) == len(mails)
    assert stage.live().exit == 0


def test_a_leaver_is_disabled_and_keeps_the_address_in_hr(stage: Stage) -> None:
    assert stage.live().exit == 0
    person = next(p for p, a in stage.directory.accounts().items() if a["enabled"])
    mail = stage.directory.account(person)["mail"]
    stage.afas.leave(person, stage.afas.today - timedelta(days=1))

    ending = stage.live()

    assert ending.exit == 0
    account = stage.directory.account(person)
    assert not account["enabled"]
    assert account["groups"] == []
    assert account["container"].startswith("OU=Leavers")
    assert stage.held_by_afas()[person][0] == mail


def test_only_the_persons_that_were_asked_for_are_changed(stage: Stage) -> None:
    one, *_ = sorted(stage.held_by_afas())

    ending = stage.live(persons=[one])

    assert ending.exit == 0
    assert {change["person"] for change in ending.report["changes"]} == {one}
    assert set(stage.directory.accounts()) <= {one}


def test_no_secret_is_kept_anywhere(stage: Stage) -> None:
    ending = stage.live()
    assert ending.exit == 0

    with (stage.folder / "passwords.csv").open() as file:
        passwords = [line.rstrip("\n").rsplit(",", 1)[1] for line in file][1:]
    assert len(passwords) > 10
    secrets = [stage.afas.token, *passwords]
    with sqlite3.connect(stage.folder / "ledger.db") as ledger:
        dump = "\n".join(ledger.iterdump())
    ledger.close()
    for text in (dump, str(ending.report)):
        assert not [secret for secret in secrets if secret in text]
