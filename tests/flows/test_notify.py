"""Who is told what: mails that really leave, to a mail server on loopback, once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock

from connectors.ledger import messages as ledger_messages
from connectors.ledger.ledger import open_ledger
from connectors.memory.store import open_store
from connectors.memory.trouble import Trouble
from connectors.model.change import Verb
from connectors.sdk.loopback_tls import loopback_tls
from tests.flows.site import Site, assert_no_traceback, report_of
from tests.flows.stage import a_stage
from tests.flows.test_guards import in_hr
from tests.mail_server import PASSWORD, USER, MailServer, a_mail_server, a_webhook, words

IT, BOSS = "it@example.org", "sophie.zwartestra@example.org"
HIRED = "1000050"


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def telling(site: Site, smtp: MailServer) -> Site:
    """A site that tells managers and IT."""
    in_hr(
        site,
        "persons.csv",
        lambda rows: [
            row | ({"work_email": BOSS} if row["external_id"] == "1000009" else {}) for row in rows
        ],
    )
    site.profile["notify"] = {
        "mail": smtp.settings,
        "tell": [
            {"on": "joined", "to": "person.manager"},
            {"on": ["failed", "refused"], "to": IT},
        ],
    }
    return site


@pytest.fixture
def loaded(telling: Site) -> Site:
    """The same, where everybody has an account already, of before anybody was told anything."""
    notify = telling.profile.pop("notify")
    assert telling.provision("--live").exit_code == 0
    telling.profile["notify"] = notify
    return telling


def trouble(site: Site) -> Trouble:
    return open_store(str(site.folder), site.directory_file).trouble


def hire(site: Site, person: str = HIRED, **fields: str) -> None:
    """Somebody starts in IT, whose leader is 1000009."""
    named = {
        "external_id": person,
        "given_name": "Zoë",
        "nick_name": "Zoë",
        "family_name": "Bakker",
        "personal_email": "zoe@home.example.org",
    }
    employed = {
        "external_id": f"{person}-1",
        "person_id": person,
        "department_id": "IT",
        "start_date": "2026-11-16",
        "title": "Developer",
    }
    in_hr(site, "persons.csv", lambda rows: [*rows, dict.fromkeys(rows[0], "") | named | fields])
    in_hr(site, "contracts.csv", lambda rows: [*rows, dict.fromkeys(rows[0], "") | employed])


def run(site: Site, *arguments: str, whole: bool = False) -> tuple[int, dict[str, Any]]:
    """A run for the person who was hired, or for everybody."""
    only = () if whole else ("--person", HIRED)
    result = site.provision(*only, *arguments, "--report", "report.json")
    assert_no_traceback(result)
    return result.exit_code, report_of(site.folder / "report.json")


def live(site: Site, *arguments: str, whole: bool = False) -> tuple[int, dict[str, Any]]:
    return run(site, "--live", *arguments, whole=whole)


def outcomes(report: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(one["on"], one["person"], one["outcome"]) for one in report["messages"]]


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


def test_with_the_mail_server_down_the_run_is_as_good_and_the_next_one_sends(telling: Site) -> None:
    with a_mail_server() as gone:
        settings = gone.settings
    telling.profile["notify"] = {
        "mail": settings,
        "tell": [{"on": "joined", "to": "person.manager"}],
    }
    hire(telling)

    code, report = live(telling)

    assert code == 0
    assert outcomes(report) == [("joined", HIRED, "failed")]
    (note,) = [note for note in report["notes"] if note["code"] == "not_told"]
    assert f"the mail server 127.0.0.1:{settings['port']}: Connection refused" in note["reason"]
    assert outcomes(run(telling)[1]) == [("joined", HIRED, "would_send")]

    with a_mail_server(port=settings["port"]) as server:
        assert outcomes(live(telling)[1]) == [("joined", HIRED, "sent")]
        assert outcomes(live(telling)[1]) == []
        assert len(server.mails) == 1


def test_who_dies_between_sending_and_noting_sends_it_again_under_the_same_id(
    telling: Site, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(telling)

    with monkeypatch.context() as patch:  # what the ledger holds when the process dies there
        patch.setattr(ledger_messages.Messages, "note_sent", lambda *_: None)
        live(telling)
    assert len(smtp.mails) == 1
    assert live(telling)[0] == 0
    assert len(smtp.mails) == 1, "somebody may still be at it"
    monkeypatch.setattr(ledger_messages, "CLAIM", timedelta(0))
    assert live(telling)[0] == 0

    assert len(smtp.mails) == 2
    assert len({mail["Message-ID"] for mail in smtp.mails}) == 1
    assert outcomes(live(telling)[1]) == []


def test_one_recipient_that_is_refused_keeps_nobody_else_from_theirs(
    telling: Site, smtp: MailServer
) -> None:
    smtp.refuses = {BOSS}
    telling.profile["notify"]["tell"][0]["to"] = ["person.manager", IT]
    hire(telling)
    code, report = live(telling)
    assert code == 0
    assert {one["to"]: one["outcome"] for one in report["messages"]} == {BOSS: "failed", IT: "sent"}
    assert "refused the recipient (550 no such mailbox here)" in report["notes"][-1]["reason"]


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


@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")  # aiosmtpd sets it itself
def test_mail_leaves_encrypted_and_signed_in(
    telling: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = loopback_tls(tmp_path)
    monkeypatch.setenv("RETOUR_SECRET_SMTP", PASSWORD)
    hire(telling)
    with a_mail_server(start_tls=context) as server:
        telling.profile["notify"]["mail"] = {
            **server.settings,
            "encryption": "starttls",
            "ca_file": trusted.name,
            "user": USER,
            "password": "secret://smtp",
        }
        assert outcomes(live(telling)[1]) == [("joined", HIRED, "sent")]
        assert (server.encrypted, server.signed_in) == ([True], [True])
    for file in telling.folder.rglob("*"):
        assert not (file.is_file() and PASSWORD.encode() in file.read_bytes()), file


def test_a_server_that_nobody_vouches_for_gets_nothing(telling: Site, tmp_path: Path) -> None:
    context, trusted = loopback_tls(tmp_path)
    hire(telling)
    with a_mail_server(tls=context) as server:
        telling.profile["notify"]["mail"] = {**server.settings, "encryption": "tls"}
        code, report = live(telling)
        assert code == 0
        assert outcomes(report) == [("joined", HIRED, "failed")]
        assert "its certificate is not trusted" in report["notes"][-1]["reason"]
        assert server.mails == []
        telling.profile["notify"]["mail"]["ca_file"] = str(trusted)
        assert outcomes(live(telling)[1]) == [("joined", HIRED, "sent")]
        assert server.encrypted == [True]


def test_a_wrong_or_missing_password_is_a_note_without_it(
    telling: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = loopback_tls(tmp_path)
    hire(telling)
    with a_mail_server(start_tls=context) as server:
        telling.profile["notify"]["mail"] = {
            **server.settings,
            "encryption": "starttls",
            "ca_file": str(trusted),
            "user": USER,
            "password": "secret://smtp",
        }
        code, report = live(telling)
        assert code == 0
        assert "the secret smtp is nowhere" in report["notes"][-1]["reason"]
        monkeypatch.setenv("RETOUR_SECRET_SMTP", "not-Sesame")
        report = live(telling)[1]
        assert "did not take user and password" in report["notes"][-1]["reason"]
        assert "not-Sesame" not in (telling.folder / "report.json").read_text()


def test_a_notification_block_of_prefect_tells_it_in_a_room(telling: Site) -> None:
    with a_webhook() as (address, told):
        CustomWebhookNotificationBlock(
            name="room", url=address, json_data={"title": "{{subject}}", "text": "{{body}}"}
        ).save("notify-room", overwrite=True)
        telling.profile["notify"] = {
            "tell": [{"on": "joined", "block": "custom-webhook/notify-room"}]
        }
        hire(telling)
        assert outcomes(run(telling)[1]) == [("joined", HIRED, "would_send")]
        assert told == []
        assert outcomes(live(telling)[1]) == [("joined", HIRED, "sent")]
    (said,) = told
    assert said["title"] == "Zoë Bakker has an account"
    assert "User name: zbakker" in said["text"]


def test_a_block_that_is_not_there_is_a_note(telling: Site) -> None:
    telling.profile["notify"] = {"tell": [{"on": "joined", "block": "custom-webhook/nowhere"}]}
    hire(telling)
    code, report = live(telling)
    assert code == 0
    assert "Prefect did not give the block custom-webhook/nowhere" in report["notes"][-1]["reason"]


def test_what_hr_says_makes_no_header_and_no_line_of_its_own(
    telling: Site, smtp: MailServer
) -> None:
    hire(telling, family_name="Bakker\nBcc: everybody@example.org\n\nHello <b>")
    (telling.folder / "hello.txt").write_text(
        "Subject: About {{ person.name }}\nHi {{ manager.name }}\n"
    )
    (telling.folder / "hello.html").write_text("<p>{{ person.name }}</p>")
    telling.profile["notify"]["tell"][0]["template"] = "hello.txt"
    code, report = live(telling)
    assert code == 0, report
    (mail,) = smtp.mails
    assert mail["Subject"] == "About Zoë Bakker Bcc: everybody@example.org Hello <b>"
    assert mail["Bcc"] is None
    assert mail["To"] == BOSS
    html = mail.get_body(("html",))
    assert html is not None
    assert "Hello &lt;b&gt;</p>" in html.get_content()


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


def test_an_initial_password_leaves_by_a_mail_of_its_own_and_stands_nowhere_else(
    tmp_path: Path, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    with a_stage(tmp_path, people=12) as stage:
        stage.profile["targets"]["active_directory"]["settings"]["initial_passwords"] = (
            "mail:person.personal_email|desk@example.org"
        )
        stage.profile["notify"] = {
            "mail": smtp.settings,
            "tell": [{"on": "joined", "to": IT, "password": "separate"}],
        }
        hired = stage.afas.hire(
            nick_name="Janine", family_name="Boele", department="CARE", title="Nurse"
        )

        ending = stage.live(persons=[hired])

        assert ending.exit == 0, ending.report
        (password,) = smtp.to("desk@example.org") or [
            mail for mail in smtp.mails if mail["To"] != IT
        ]
        secret = words(password).split("\n\n")[1].strip()
        assert len(secret) >= 16
        (account,) = smtp.to(IT)
        assert secret not in account.as_string()
        assert "sent in a message of its own, to somebody else" in words(account)
        assert "boele" not in password.as_string().casefold()
        assert secret not in str(ending.report)
        assert secret not in caplog.text
        for file in tmp_path.rglob("*"):
            assert not (file.is_file() and secret.encode() in file.read_bytes()), file
