"""Who is told what: mails that really leave, to a mail server on loopback, once."""

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.model.change import Verb
from tests.flows.notify_site import BOSS, HIRED, IT, hire, live, outcomes, run, trouble
from tests.flows.site import Site
from tests.flows.test_guards import in_hr
from tests.mail_server import MailServer, words


@pytest.fixture
def loaded(telling: Site) -> Site:
    """The same, where everybody has an account already, of before anybody was told anything."""
    notify = telling.profile.pop("notify")
    assert telling.provision("--live").exit_code == 0
    telling.profile["notify"] = notify
    return telling


def test_the_manager_of_a_joiner_gets_the_account_data_once(
    telling: Site, smtp: MailServer
) -> None:
    hire(telling)

    code, preview = run(telling)
    assert code == 0
    assert smtp.mails == []
    (listed,) = preview["messages"]
    assert (listed["to"], listed["outcome"]) == (BOSS, "would_send")
    assert (listed["subject"], listed["person"]) == ("Zoë Bakker has an account", HIRED)
    assert "rule:staff" in listed["why"]

    code, report = live(telling)
    assert code == 0
    assert outcomes(report) == [("joined", HIRED, "sent")]
    (mail,) = smtp.mails
    assert (mail["To"], mail["From"]) == (BOSS, "Retour <retour@example.org>")
    assert mail["Subject"] == "Zoë Bakker has an account"
    assert words(mail).startswith(
        "Zoë Bakker starts on 16 November 2026. The account is ready.\n\n"
        "Name: Zoë Bakker\n"
        "User name: zbakker\n"
        "Mail address: zoe.bakker@example.org\n"
        "First day: 16 November 2026\n"
    )
    assert mail["Auto-Submitted"] == "auto-generated"

    assert outcomes(live(telling)[1]) == []
    assert len(smtp.mails) == 1


def test_the_terminal_and_the_list_of_prefect_say_how_many(loaded: Site, smtp: MailServer) -> None:
    hire(loaded)
    assert "Tells  1 would be sent" in loaded.provision().stdout
    assert "Tells  1 sent" in loaded.provision("--live").stdout


def test_switching_messages_on_tells_nothing_of_what_was_before(
    loaded: Site, smtp: MailServer
) -> None:
    assert outcomes(live(loaded, whole=True)[1]) == []
    assert smtp.mails == []


def test_whoever_hr_excludes_is_not_told_about(telling: Site, smtp: MailServer) -> None:
    hire(telling)
    trouble(telling).refuse(person=HIRED, verb=Verb.ENABLE)
    assert live(telling)[0] == 1
    assert smtp.to(BOSS) == []
    trouble(telling).clear()
    in_hr(
        telling,
        "persons.csv",
        lambda rows: [
            row | {"excluded": "true" if row["external_id"] == HIRED else ""} for row in rows
        ],
    )

    report = live(telling, whole=True)[1]

    assert ("joined", HIRED, "held") in outcomes(report)
    assert [one["detail"] for one in report["messages"] if one["person"] == HIRED] == [
        "excluded in HR"
    ]
    assert smtp.to(BOSS) == []


def test_a_joiner_is_told_of_when_all_that_belongs_to_it_is_done(
    telling: Site, smtp: MailServer
) -> None:
    hire(telling)
    trouble(telling).refuse(person=HIRED, verb=Verb.ENABLE, times=1)

    code, report = live(telling)

    assert code == 1
    assert ("joined", HIRED, "held") in outcomes(report)
    assert smtp.to(BOSS) == []
    (failed,) = smtp.to(IT)
    assert failed["Subject"] == "site: 1 thing went wrong"
    assert f"* directory: person {HIRED}: enable failed: " in words(failed)

    code, report = live(telling)
    assert code == 0
    assert outcomes(report) == [("joined", HIRED, "sent")]
    (mail,) = smtp.to(BOSS)
    assert "User name: zbakker" in words(mail)


def test_the_same_failure_is_told_once_and_again_when_it_comes_back(
    loaded: Site, smtp: MailServer
) -> None:
    hire(loaded)
    trouble(loaded).refuse(person=HIRED, verb=Verb.CREATE, times=2)
    assert live(loaded, whole=True)[0] == 1
    assert live(loaded, whole=True)[0] == 1
    assert len(smtp.to(IT)) == 1
    assert live(loaded, whole=True)[0] == 0
    trouble(loaded).refuse(person="1000007", verb=Verb.UPDATE, times=1)
    loaded.profile["targets"]["directory"]["fields"]["title"] = {"value": "Colleague"}
    assert live(loaded, whole=True)[0] == 1
    assert len(smtp.to(IT)) == 2
    with open_ledger(f"sqlite:///{loaded.folder / 'ledger.db'}") as ledger:
        assert list(ledger.told_incidents("site")) == ["change:directory:1000007:update:"]


def test_a_guard_that_says_no_is_told_with_limit_figures_and_people_once(
    telling: Site, smtp: MailServer
) -> None:
    telling.profile["targets"]["directory"]["limits"] = {"create": 0}
    hire(telling)
    code, preview = run(telling)
    assert code == 3
    assert smtp.mails == []
    assert outcomes(preview) == [("refused", None, "would_send")]

    code, report = live(telling)
    assert code == 3
    assert outcomes(report) == [("refused", None, "sent")]
    (mail,) = smtp.mails
    assert mail["Subject"] == "site: the run was refused"
    assert HIRED in words(mail)
    assert "targets.directory.limits.create" in words(mail) or "create" in words(mail)
    assert outcomes(live(telling)[1]) == []
    assert len(smtp.mails) == 1


def test_a_plan_that_waits_says_how_to_answer(telling: Site, smtp: MailServer) -> None:
    telling.profile["approval"] = "ask"
    telling.profile["targets"]["directory"]["limits"] = {"create": 0}
    hire(telling)
    code, report = live(telling)
    assert code == 4
    (mail,) = smtp.mails
    assert mail["Subject"] == "site: the run was stopped; it waits for an approval"
    assert f"retour approve {report['run']}" in words(mail)


def test_without_a_manager_it_goes_to_the_other_address_or_waits_for_one(
    telling: Site, smtp: MailServer
) -> None:
    in_hr(telling, "departments.csv", lambda rows: [row | {"manager_id": ""} for row in rows])
    hire(telling)
    code, report = live(telling)
    assert code == 0
    assert outcomes(report) == [("joined", HIRED, "failed")]
    assert report["notes"][-1]["reason"] == "joined, to person.manager: HR names no manager"

    telling.profile["notify"]["tell"][0]["otherwise"] = IT
    code, report = live(telling)
    assert outcomes(report) == [("joined", HIRED, "sent")]
    assert len(smtp.to(IT)) == 1


def test_movers_and_leavers_are_told_with_what_changed(loaded: Site, smtp: MailServer) -> None:
    loaded.profile["notify"] |= {
        "language": "nl",
        "tell": [{"on": ["changed", "left"], "to": ["person.manager", "person"]}],
    }
    loaded.profile["targets"]["directory"]["fields"]["title"] = {"from": "contract.title"}
    in_hr(
        loaded,
        "contracts.csv",
        lambda rows: [
            row | {"end_date": "2026-11-20"} if row["person_id"] == "1000008" else row
            for row in rows
        ],
    )
    code, report = live(loaded, "--person", "1000007", "--person", "1000008", whole=True)

    assert code == 0
    assert {(one["on"], one["person"]) for one in report["messages"]} == {
        ("changed", "1000007"),
        ("left", "1000008"),
    }
    assert len(smtp.mails) == 4
    texts = "\n".join(map(words, smtp.mails))
    assert "title: (leeg) -> " in texts
    assert ": geblokkeerd" in texts


def test_an_address_that_is_none_gets_nothing(telling: Site, smtp: MailServer) -> None:
    in_hr(
        telling,
        "persons.csv",
        lambda rows: [
            row | {"work_email": "a@example.org, b@example.org"}
            if row["external_id"] == "1000009"
            else row
            for row in rows
        ],
    )
    hire(telling)
    report = live(telling)[1]
    assert ("joined", HIRED, "failed") in outcomes(report)
    assert "what stands there as an address is none" in str(report["notes"])
    assert smtp.to(BOSS) == []


def test_two_runs_at_different_times_with_messages_for_a_person_only(
    telling: Site, smtp: MailServer
) -> None:
    hire(telling)
    report = live(telling, "--target", "directory")[1]
    assert outcomes(report) == [("joined", HIRED, "held")]
    assert report["messages"][0]["detail"] == "this run did not look at all that belongs to it"
    assert outcomes(live(telling)[1]) == [("joined", HIRED, "sent")]
