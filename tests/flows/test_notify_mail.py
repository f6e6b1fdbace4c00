"""Mail and blocks: how messages leave, what happens when they cannot, and what may not get in."""

from datetime import timedelta
from pathlib import Path

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock

from connectors.ledger import messages as ledger_messages
from connectors.sdk.loopback_tls import loopback_tls
from tests.flows.notify_site import BOSS, HIRED, IT, hire, live, outcomes, run
from tests.flows.site import Site
from tests.flows.stage import a_stage
from tests.mail_server import PASSWORD, USER, MailServer, a_mail_server, a_webhook, words


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
