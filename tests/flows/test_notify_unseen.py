"""A target that could not be read: who is told of somebody who joined meanwhile, and when."""

from collections.abc import Iterator

import pytest

from connectors.memory.store import STORES
from tests.flows.notify_site import BOSS, HIRED, IT, hire, live, outcomes, run, trouble
from tests.flows.site import UNLIMITED, Site
from tests.mail_server import MailServer, words
from tests.unreadable import Outage, reason_of

UNSEEN = "a target could not be read, and this run knows nothing of it"


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    return Outage(monkeypatch)


@pytest.fixture
def apart(telling: Site) -> Iterator[Site]:
    """Everybody has accounts in the directory and in an application that needs nothing of it."""
    name = f"{telling.folder}-app"
    telling.profile["targets"]["app"] = {
        "connector": "memory",
        "settings": {"name": name, "path": "app.json"},
        "fields": {"userName": {"from": "person.external_id", "on": ["create"]}},
        "limits": UNLIMITED,
    }
    telling.rules[0]["grant"]["app"] = {"account": True, "access": True}
    notify = telling.profile.pop("notify")
    assert telling.provision("--live").exit_code == 0
    telling.profile["notify"] = notify
    assert live(telling, whole=True)[0] == 0  # from here on what happens is news
    yield telling
    STORES.pop(name, None)


@pytest.fixture
def dependent(apart: Site) -> Site:
    """The application takes a value of the directory, so its new accounts wait for that."""
    app = apart.profile["targets"]["app"]
    app["depends_on"] = ["directory"]
    app["fields"]["mail"] = {"from": "accounts.directory.mail", "on": ["create"]}
    return apart


def of_the_joiner(report: dict[str, object]) -> list[tuple[str, str | None]]:
    messages = report["messages"]
    assert isinstance(messages, list)
    return [(one["outcome"], one["detail"]) for one in messages if one["person"] == HIRED]


def made_in(report: dict[str, object]) -> set[str]:
    changes = report["changes"]
    assert isinstance(changes, list)
    return {one["target"] for one in changes if (one["person"], one["verb"]) == (HIRED, "create")}


def test_the_manager_hears_once_and_only_when_all_accounts_are_there(
    apart: Site, smtp: MailServer, outage: Outage
) -> None:
    """One account is made while the other target is down; the data waits for both."""
    hire(apart)
    outage.of("directory")

    code, preview = run(apart, whole=True)
    assert (code, of_the_joiner(preview)) == (6, [("held", UNSEEN)])
    assert smtp.mails == []

    for night in range(2):
        code, report = live(apart, whole=True)
        assert code == 6
        assert made_in(report) == ({"app"} if night == 0 else set())
        assert of_the_joiner(report) == [("held", UNSEEN)]
    assert smtp.to(BOSS) == []

    outage.over()
    code, report = live(apart, whole=True)
    assert (code, made_in(report)) == (0, {"directory"})
    assert of_the_joiner(report) == [("sent", None)]
    (mail,) = smtp.to(BOSS)
    # As without an outage: the name in the directory, though the other one is older.
    assert "User name: zbakker" in words(mail)
    assert "Mail address: zoe.bakker@example.org" in words(mail)

    assert of_the_joiner(live(apart, whole=True)[1]) == []
    assert len(smtp.to(BOSS)) == 1


def test_who_waits_for_names_that_nobody_can_look_up_is_not_told_of_either(
    apart: Site, smtp: MailServer, outage: Outage
) -> None:
    hire(apart)
    outage.of("app")

    code, report = live(apart, whole=True)
    assert (code, made_in(report), of_the_joiner(report)) == (6, set(), [])
    assert smtp.to(BOSS) == []

    outage.over()
    code, report = live(apart, whole=True)
    assert (code, made_in(report)) == (0, {"directory", "app"})
    assert of_the_joiner(report) == [("sent", None)]
    assert "User name: zbakker" in words(smtp.to(BOSS)[0])


def test_of_who_waits_for_an_unseen_target_nothing_is_said_until_there_is_an_account(
    dependent: Site, smtp: MailServer, outage: Outage
) -> None:
    hire(dependent)
    outage.of("directory")

    code, report = live(dependent, whole=True)
    assert (code, made_in(report), of_the_joiner(report)) == (6, set(), [])
    waits = [one["reason"] for one in report["notes"] if one["person"] == HIRED]
    assert any("the account here waits for it" in one for one in waits)
    assert smtp.to(BOSS) == []

    outage.over()
    code, report = live(dependent, whole=True)
    assert (code, made_in(report)) == (0, {"directory", "app"})
    assert of_the_joiner(report) == [("sent", None)]
    assert "Mail address: zoe.bakker@example.org" in words(smtp.to(BOSS)[0])
    assert of_the_joiner(live(dependent, whole=True)[1]) == []


def test_an_account_that_fails_after_the_outage_still_holds_the_message_back(
    dependent: Site, smtp: MailServer, outage: Outage
) -> None:
    hire(dependent)
    outage.of("directory")
    assert live(dependent, whole=True)[0] == 6
    outage.over()
    trouble(dependent).refuse(person=HIRED, times=1)

    code, report = live(dependent, whole=True)
    assert (code, smtp.to(BOSS)) == (1, [])
    code, report = live(dependent, whole=True)
    assert (code, of_the_joiner(report)) == (0, [("sent", None)])
    assert len(smtp.to(BOSS)) == 1


def test_a_run_for_that_person_alone_does_not_tell_too_early(
    apart: Site, smtp: MailServer, outage: Outage
) -> None:
    hire(apart)
    outage.of("directory")
    assert of_the_joiner(live(apart)[1]) == [("held", UNSEEN)]
    outage.over()
    report = live(apart, "--target", "app")[1]
    assert of_the_joiner(report) == [("held", "this run did not look at all that belongs to it")]
    assert of_the_joiner(live(apart)[1]) == [("sent", None)]
    assert len(smtp.to(BOSS)) == 1


def test_it_hears_that_a_target_was_down_once_and_again_when_it_is_down_again(
    apart: Site, smtp: MailServer, outage: Outage
) -> None:
    outage.of("app")
    code, preview = run(apart, whole=True)
    assert (code, outcomes(preview)) == (6, [("failed", None, "would_send")])
    assert live(apart, whole=True)[0] == 6
    (mail,) = smtp.to(IT)
    assert mail["Subject"] == "site: 1 thing went wrong"
    assert f"\n* app could not be read: {reason_of('app')}" in words(mail)

    assert live(apart, whole=True)[0] == 6
    assert len(smtp.to(IT)) == 1

    outage.over()
    assert outcomes(live(apart, whole=True)[1]) == []
    outage.of("app")
    assert live(apart, whole=True)[0] == 6
    assert len(smtp.to(IT)) == 2
    assert smtp.to(BOSS) == []
