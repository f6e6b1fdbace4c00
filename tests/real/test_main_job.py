"""The main job on a real domain controller: people from HR, accounts in the domain, and back."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.active_directory.policy import PasswordPolicy
from connectors.ledger.ledger import open_ledger
from tasks.progress import Listener, heard_by
from tasks.run import Ending
from tests.flows.site import start_retour
from tests.flows.stage import outcomes, planned
from tests.real.company import (
    Company,
    a_company,
    assert_all_done,
    assert_domain_is_right,
    assert_hr_holds_what_the_domain_holds,
    assert_they_can_sign_in,
)
from tests.real.domain import LEAVERS, STAFF, Account, Domain
from tests.real.hr import AfasHr, Held
from tests.real.postgresql import postgresql_server
from tests.real.samba import Samba

pytestmark = [pytest.mark.real, pytest.mark.timeout(300), pytest.mark.usefixtures("prefect_api")]

HR = ("afas", "hr_file")
DIRECTORY = "active_directory"


@pytest.fixture(scope="module")
def domain(samba: Samba) -> Domain:
    return Domain(samba)


@pytest.fixture(params=HR)
def company(request: pytest.FixtureRequest, domain: Domain, tmp_path: Path) -> Iterator[Company]:
    """A small one, with nothing done yet."""
    with a_company(request.param, domain, tmp_path, people=40) as small:
        yield small


# --- Five hundred people --------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """One company's first night: a preview, a live run, a second live run, and what was seen."""

    company: Company
    before: Mapping[str, Held]
    preview: Ending
    usn: tuple[int, int]
    writes_of_preview: int
    passwords_of_preview: Mapping[str, str]
    live: Ending
    accounts: Mapping[str, Account]
    held: Mapping[str, Held]
    let_in: set[str]
    again: Ending


@pytest.fixture(scope="module", params=HR)
def story(
    request: pytest.FixtureRequest, domain: Domain, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp(request.param)
    with a_company(request.param, domain, folder, people=500) as company:
        before, usn = company.hr.held(), domain.usn()
        preview = company.preview()
        usns, writes, passwords = (usn, domain.usn()), company.hr.writes(), company.passwords()
        yield Story(
            company=company,
            before=before,
            preview=preview,
            usn=usns,
            writes_of_preview=writes,
            passwords_of_preview=passwords,
            live=company.live(),
            accounts=domain.accounts(),
            held=company.hr.held(),
            let_in=domain.who_signs_in(company.passwords()),
            again=company.live(),
        )


class TestFiveHundredPeople:
    def test_the_preview_wrote_nothing_anywhere(self, story: Story) -> None:
        assert story.preview.exit == 0
        assert {one["outcome"] for one in story.preview.report["changes"]} == {"recorded"}
        assert story.writes_of_preview == 0
        assert story.usn[0] == story.usn[1]
        assert story.passwords_of_preview == {}

    def test_the_live_run_did_exactly_what_the_preview_showed(self, story: Story) -> None:
        assert planned(story.live) == planned(story.preview)
        assert story.live.report["plan"] == story.preview.report["plan"]
        assert_all_done(story.live.report["changes"])

    def test_accounts_places_and_groups_are_those_that_are_due(self, story: Story) -> None:
        due = story.company.due()
        assert 400 < sum(one.access for one in due.values()) < len(due) < 500
        assert_domain_is_right(story.company, story.accounts)

    def test_the_password_that_was_handed_over_lets_in_whoever_may_and_nobody_else(
        self, story: Story
    ) -> None:
        assert story.company.passwords().keys() == {one.login for one in story.accounts.values()}
        assert story.let_in == {one.login for one in story.accounts.values() if one.enabled}

    def test_hr_holds_exactly_what_a_fresh_look_at_the_controller_gives(self, story: Story) -> None:
        assert_hr_holds_what_the_domain_holds(
            story.company, story.accounts, story.held, story.before
        )

    def test_a_further_run_has_nothing_to_do(self, story: Story) -> None:
        assert story.again.exit == 0
        assert story.again.report["plan"]["changes"] == 0

    def test_the_ledger_holds_no_password_and_an_unbroken_trail(self, story: Story) -> None:
        content = (Path(story.company.ledger_url.removeprefix("sqlite:///"))).read_bytes()
        assert not [one for one in story.company.passwords().values() if one.encode() in content]
        with open_ledger(story.company.ledger_url) as ledger:
            assert ledger.verify_audit() is None
            assert len(list(ledger.audit())) == story.live.report["plan"]["changes"]


# --- A mover and a leaver -------------------------------------------------------------------------


def two_with_one_contract(company: Company, accounts: Mapping[str, Account]) -> tuple[str, str]:
    """A carer, and somebody else."""
    owners = company.hr.people.contracts["person_id"]
    single = sorted(set(owners[~owners.duplicated(keep=False)]) & accounts.keys())
    carer = next(p for p in single if accounts[p].groups == ("G-All-Staff", "G-Care-Staff"))
    return carer, next(p for p in single if accounts[p].groups == ("G-All-Staff",))


def test_a_mover_changes_groups_and_a_leaver_is_shut_out(company: Company) -> None:
    assert company.live().exit == 0
    before, held = company.domain.accounts(), company.hr.held()
    mover, leaver = two_with_one_contract(company, before)
    company.hr.move(mover, "IT", "System administrator")
    company.hr.leave(leaver)

    ending = company.live()

    assert ending.exit == 0, ending.report["refused"]
    assert {one["person"] for one in ending.report["changes"]} == {mover, leaver}
    after = company.domain.accounts()
    moved, left = after[mover], after[leaver]
    assert moved.groups == ("G-All-Staff", "G-IT")
    assert (moved.title, moved.container, moved.enabled) == ("System administrator", STAFF, True)
    assert (left.groups, left.container, left.enabled) == ((), LEAVERS, False)
    assert {p: one for p, one in after.items() if p not in {mover, leaver}} == {
        p: one for p, one in before.items() if p not in {mover, leaver}
    }
    assert company.hr.held() == held, "a name is for ever, and HR keeps it"
    passwords = company.passwords()
    assert company.domain.who_signs_in({p.login: passwords[p.login] for p in (moved, left)}) == {
        moved.login
    }
    assert company.live().report["plan"]["changes"] == 0


# --- What the domain refuses ----------------------------------------------------------------------


class Meanwhile(Listener):
    """Lets something happen between planning and writing, or while a target is being written."""

    def __init__(
        self, *, planned: Callable[[], Any] | None = None, written: Callable[[], Any] | None = None
    ) -> None:
        self._planned, self._written, self._answers = planned, written, 0

    def planned(self, changes: Mapping[str, int]) -> None:
        if self._planned is not None:
            self._planned()

    def answered(self, target: str, changes: int) -> None:
        self._answers += 1
        if self._written is not None and self._answers == 20:
            self._written()


@pytest.mark.parametrize(
    ("company", "in_the_way"),
    [("afas", "user_principal_name"), ("hr_file", "common_name")],
    indirect=["company"],
)
def test_whom_the_domain_refuses_is_not_written_back_and_everybody_else_is(
    company: Company, in_the_way: str
) -> None:
    before = company.hr.held()
    preview = company.preview()
    wanted = next(one for one in preview.report["changes"] if one["verb"] == "create")
    unlucky, after = wanted["person"], wanted["after"]

    def somebody_is_faster() -> None:
        if in_the_way == "common_name":
            company.domain.add_contact(after["cn"], after["container"])
        else:
            upn = after["userPrincipalName"]
            company.domain.add_user("Faster", sAMAccountName="faster", userPrincipalName=upn)

    with heard_by(Meanwhile(planned=somebody_is_faster)):
        ending = company.live()

    assert ending.exit == 1
    theirs = [one for one in ending.report["changes"] if one["person"] == unlucky]
    assert [one["outcome"] for one in theirs if one["verb"] == "create"] == ["failed"]
    assert {one["outcome"] for one in theirs if one["verb"] != "create"} == {"set_aside"}
    others = [one for one in ending.report["changes"] if one["person"] != unlucky]
    assert_all_done(others)
    accounts, held = company.domain.accounts(), company.hr.held()
    assert unlucky not in accounts
    assert_hr_holds_what_the_domain_holds(company, accounts, held, before)
    notes = [one for one in ending.report["notes"] if one["person"] == unlucky]
    assert {one["target"] for one in notes if one["code"] == "set_aside"} == {
        one["target"] for one in theirs
    }

    # The next plan sees what is in the way, and takes another name.
    assert company.live().exit == 0
    accounts = company.domain.accounts()
    assert_domain_is_right(company, accounts)
    assert_hr_holds_what_the_domain_holds(company, accounts, company.hr.held(), before)
    assert in_the_way == "common_name" or accounts[unlucky].upn != after["userPrincipalName"]


@pytest.mark.parametrize("company", ["afas"], indirect=True)
def test_a_password_that_the_policy_refuses_leaves_nobody_half_done(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a filter of the controller does, of which no attribute tells."""
    monkeypatch.setattr(PasswordPolicy, "least_length", lambda *_: 0)
    before = company.hr.held()

    with heard_by(Meanwhile(planned=lambda: company.domain.demand_passwords_of(50))):
        ending = company.live()

    assert ending.exit == 1
    assert outcomes(ending, DIRECTORY).keys() == {"failed", "set_aside"}
    assert "password_length" in ending.report["changes"][0]["detail"]
    assert not any(account.enabled for account in company.domain.accounts().values())
    assert company.hr.held() == before

    company.domain.demand_passwords_of(8)
    assert company.live().exit == 0
    accounts = company.domain.accounts()
    assert_domain_is_right(company, accounts)
    assert_hr_holds_what_the_domain_holds(company, accounts, company.hr.held(), before)
    assert_they_can_sign_in(company, accounts)


# --- A controller that is away --------------------------------------------------------------------


@pytest.mark.parametrize("state", ["hanging", "dead"])
def test_without_a_controller_nothing_is_written_to_hr(company: Company, state: str) -> None:
    before = company.hr.held()
    company.profile["targets"][DIRECTORY]["settings"]["timeout_seconds"] = 1

    if state == "hanging":
        with company.domain.samba.hanging():
            ending = company.live()
    else:
        company.domain.samba.kill()
        ending = company.live()

    assert ending.exit == 6
    assert list(ending.report["unseen"]) == [DIRECTORY]
    assert (company.hr.writes(), company.hr.held()) == (0, before)


def test_a_controller_that_dies_half_way_leaves_hr_with_what_is_really_there(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETOUR_SHARD_SIZE", "10")
    before, samba = company.hr.held(), company.domain.samba

    # So that half-way is seen: a person at a time of each shard, and not all shards at once.
    monkeypatch.setenv("RETOUR_TASK_WORKERS", "1")
    company.profile["targets"][DIRECTORY]["concurrency"] = 1
    company.profile["targets"][DIRECTORY]["settings"]["batch_size"] = 5
    with heard_by(Meanwhile(written=samba.kill)):
        ending = company.live()

    assert ending.exit == 6
    samba.start()
    accounts, held = company.domain.accounts(), company.hr.held()
    assert 0 < len(accounts) < len(company.due())
    changed = {person: values for person, values in held.items() if values != before[person]}
    assert changed == {
        person: company.hr.after_write_back(person, accounts[person]) for person in changed
    }

    assert company.live().exit == 0
    accounts = company.domain.accounts()
    assert_domain_is_right(company, accounts)
    assert_hr_holds_what_the_domain_holds(company, accounts, company.hr.held(), before)
    assert_they_can_sign_in(company, accounts)
    assert company.live().report["plan"]["changes"] == 0


# --- kill -9 --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    with postgresql_server() as server:
        yield server


def killed_when(company: Company, reached: Callable[[], bool]) -> None:
    """A `retour provision --live` of its own, killed at the moment when something is reached."""
    process = start_retour(
        "provision", "--live", "--profile", str(company.write()), "--as-of", str(company.today),
        **company.variables,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not reached():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("kind", "ledger"), [("afas", "sqlite"), ("hr_file", "sqlite"), ("afas", "postgresql")]
)
def test_killed_again_and_again_it_ends_where_an_undisturbed_run_would(
    request: pytest.FixtureRequest,
    domain: Domain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    ledger: str,
) -> None:
    monkeypatch.setenv("RETOUR_SHARD_SIZE", "10")
    url = request.getfixturevalue(ledger).url_of_nothing() if ledger == "postgresql" else None
    with a_company(kind, domain, tmp_path, people=40, ledger_url=url) as company:
        before = company.hr.held()
        undisturbed = {
            one["person"]: one["after"]["mail"]
            for one in company.preview().report["changes"]
            if one["verb"] == "create"
        }

        killed_when(company, lambda: len(company.passwords()) >= 3)
        killed_when(company, lambda: len(company.passwords()) >= 15)
        killed_when(company, lambda: company.hr.writes() >= 15)
        ending = company.live()

        assert ending.exit == 0, ending.report["refused"]
        accounts = domain.accounts()
        assert {person: account.mail for person, account in accounts.items()} == undisturbed
        assert_domain_is_right(company, accounts)
        assert_hr_holds_what_the_domain_holds(company, accounts, company.hr.held(), before)
        assert_they_can_sign_in(company, accounts)
        assert company.live().report["plan"]["changes"] == 0
        with open_ledger(company.ledger_url) as memory:
            assert memory.open_intents("site") == []
            assert memory.verify_audit() is None
            links = memory.links("site")
            assert set(links.loc[links["target"] == DIRECTORY, "person"]) == accounts.keys()
        if isinstance(company.hr, AfasHr):
            assert company.hr.afas.counts["inserted_persons"] == 0
