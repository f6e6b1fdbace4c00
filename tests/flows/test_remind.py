"""A plan that nobody answers: somebody is told, once."""

from typing import Any

from flows.remind import remind
from tests.flows.notify_site import HIRED, hire, live, outcomes
from tests.flows.site import Site, retour
from tests.mail_server import MailServer, words

IT = "it@example.org"


def ask(site: Site) -> None:
    """Let a plan wait for an approval."""
    site.profile["approval"] = "ask"
    site.profile["targets"]["directory"]["limits"] = {"create": 3}
    assert site.provision("--live").exit_code == 4


def reminded(**given: Any) -> list[tuple[str, str]]:
    state = remind(profile="site.yaml", return_state=True, **given)
    assert state.is_completed(), state
    retold = state.result()
    return [(one["to"], one["outcome"]) for one in retold.messages]


def test_who_waits_too_long_is_told_once_and_without_any_credential_of_a_writer(
    site: Site, smtp: MailServer
) -> None:
    ask(site)
    site.profile["targets"]["intranet"] = {
        "connector": "scim",
        "settings": {
            "base_url": "https://intranet.example.org/scim",
            "token": "reads",
            "write_token": "secret://nowhere",
        },
    }
    refused = site.provision("--live")
    assert refused.exit_code == 2
    assert "nowhere" in refused.stderr

    assert reminded(dry_run=False) == [], "the profile tells nobody"
    site.profile["notify"] = {
        "mail": smtp.settings,
        "tell": [{"on": "waiting", "to": IT}],
        "waiting_hours": 5,
    }
    site.write()
    assert reminded(dry_run=False) == [], "it does not wait for long yet"
    site.profile["notify"]["waiting_hours"] = 0
    site.write()

    assert reminded() == [(IT, "would_send")]
    assert smtp.mails == []
    assert reminded(dry_run=False) == [(IT, "sent")]
    assert reminded(dry_run=False) == []
    assert reminded() == []
    (mail,) = smtp.mails
    assert "has been waiting for an approval since" in mail["Subject"]
    assert "3" in words(mail)
    assert "retour approve " in words(mail)


def test_what_could_not_be_sent_is_sent_by_the_next_one_and_what_is_about_people_waits(
    telling: Site, smtp: MailServer
) -> None:
    telling.profile["notify"]["tell"] = [{"on": "joined", "to": "person.manager"}]
    hire(telling)
    port, telling.profile["notify"]["mail"]["port"] = smtp.settings["port"], 9
    assert outcomes(live(telling)[1]) == [("joined", HIRED, "failed")]
    ask(telling)
    telling.profile["notify"]["tell"].append({"on": "waiting", "to": IT})
    telling.profile["notify"]["waiting_hours"] = 0
    telling.write()

    assert reminded(dry_run=False) == [(IT, "failed")]
    assert reminded() == [(IT, "would_send")]
    telling.profile["notify"]["mail"]["port"] = port
    telling.write()
    assert reminded(dry_run=False) == [(IT, "sent")]
    assert [mail["To"] for mail in smtp.mails] == [IT]
    assert reminded(dry_run=False) == []


def test_a_profile_that_is_wrong_is_told_in_a_sentence(site: Site) -> None:
    site.profile["notify"] = {"tell": [{"on": "waiting", "to": IT}]}
    site.write()
    state = remind(profile="site.yaml", return_state=True)
    assert state.is_failed()
    assert "site.yaml:" in str(state.message)
    assert "say how mail leaves" in str(state.message)


def test_a_check_greets_the_mail_server_and_says_when_it_is_not_there(telling: Site) -> None:
    telling.write()
    found = retour("check", "--profile", "site.yaml")
    assert "it answers, in the clear; nobody signed in" in found.stdout
    assert found.exit_code == 0, found.output
    telling.profile["notify"]["mail"] = {**telling.profile["notify"]["mail"], "port": 9}
    telling.write()
    found = retour("check", "--profile", "site.yaml")
    assert found.exit_code == 6
    assert "Connection refused" in found.stdout
