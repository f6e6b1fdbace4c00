"""Reading what changed since, on the sandbox: when it is enough, and when everything is read."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies

from connectors.active_directory import open_reader
from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.names import guid_dn
from connectors.active_directory.sandbox import SandboxDirectory, serve
from connectors.active_directory.sandbox.content import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    SERVICE_PASSWORD,
    STAFF,
    TEAMS,
)
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.active_directory.snapshot import Snapshot
from connectors.active_directory.whole import WholeReading
from connectors.model.connector import SandboxOptions
from tests.connectors.active_directory.behaviours.increments import (
    Follower,
    Happenings,
    require_same,
)
from tests.connectors.active_directory.lab import TARGET, Lab
from tests.examples import tries


def lab_of(served):
    domain = served.directory
    return Lab(
        settings=ActiveDirectorySettings(**served.settings),
        admin=SandboxDirectory(domain, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD),
        can_bind=domain.can_bind,
        users=f"CN=Users,{domain.base_dn}",
    )


@pytest.fixture
def served():
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def lab(served):
    return lab_of(served)


@pytest.fixture
def whole(monkeypatch):
    """Counts full readings."""
    counted = Counter()
    real = WholeReading.read

    def read(self, **options):
        counted["to keep" if options else "plain"] += 1
        return real(self, **options)

    monkeypatch.setattr(WholeReading, "read", read)
    return counted


def rename_the_ou(lab, served):
    lab.admin.rename(STAFF, "OU=Personnel")


def restore_the_database(lab, served):
    served.directory.store.invocation = "00000000-0000-4000-8000-000000000001"


def let_somebody_else_be_seen(lab, served):
    lab.admin.modify(
        f"OU=Managed,{served.directory.base_dn}",
        [Modification(Operation.REPLACE, "description", ("what can be seen may have changed",))],
    )


def go_back_to_an_older_copy(lab, served):
    served.directory.store.usn -= 1


class TestWhenItIsEnough:
    @pytest.mark.parametrize(
        "kind", ["hire", "leave", "rename", "change", "promote", "join", "part", "found",
                 "dissolve", "call", "forget", "relabel"],
    )  # fmt: skip
    def test_what_happens_every_day_needs_no_full_reading(self, lab, whole, kind):
        happenings = Happenings(lab, random.Random(7))
        for _ in range(3):
            happenings.hire()
            happenings.found()
            happenings.call()
            happenings.join()
        follower = Follower(lab)
        getattr(happenings, kind)()
        follower.read()
        assert whole["to keep"] == 1

    def test_a_new_ou_needs_none(self, lab, whole):
        follower = Follower(lab)
        dn = f"OU=New,{TEAMS}"
        lab.admin.add(dn, {"objectClass": ["top", "organizationalUnit"]})
        ref = lab.make_user("One", dn, sAMAccountName="one")
        assert follower.read().accounts.at[ref, "container"] == dn
        assert whole["to keep"] == 1

    def test_it_asks_a_fixed_number_of_questions(self, lab, served):
        reader = open_reader(lab.settings, TARGET)
        lab.make_user("Zero", sAMAccountName="zero")
        _, kept = reader.read_since(None)
        lab.make_user("One", sAMAccountName="one")
        served.directory.faults.calls.clear()
        reader.read_since(kept)
        asked = len(served.directory.faults.calls)  # however many accounts there are
        assert asked == 6
        for number in range(20):
            lab.make_user(f"P {number}", sAMAccountName=f"p{number}")
        served.directory.faults.calls.clear()
        reader.read_since(kept)
        assert len(served.directory.faults.calls) == asked


class TestWhenItIsNot:
    @pytest.mark.parametrize(
        "happens",
        [
            rename_the_ou,
            restore_the_database,
            let_somebody_else_be_seen,
            go_back_to_an_older_copy,
        ],
    )
    def test_what_leaves_a_doubt_is_read_anew(self, lab, served, whole, happens):
        lab.make_user("One", sAMAccountName="one")
        reader = open_reader(lab.settings, TARGET)
        _, kept = reader.read_since(None)
        happens(lab, served)
        found, _ = reader.read_since(kept)
        require_same(found, reader.read())
        assert whole["to keep"] == 2

    def test_somebody_who_was_brought_back_is_read_anew(self, lab, served, whole):
        guid = lab.make_user("One", sAMAccountName="one")
        store = served.directory.store
        with store.locked():
            before = store.get(guid).copy()
        lab.admin.delete(f"CN=One,{STAFF}")
        reader = open_reader(lab.settings, TARGET)
        _, kept = reader.read_since(None)
        with store.locked():
            store.commit(put=[before])
        found, _ = reader.read_since(kept)
        assert guid in found.accounts.index
        assert whole["to keep"] == 2

    def test_an_old_reading_is_too_old(self, lab, whole, monkeypatch):
        reader = open_reader(lab.settings, TARGET)
        _, kept = reader.read_since(None)
        from connectors.active_directory import increment

        later = increment.now() + timedelta(days=31)
        monkeypatch.setattr(increment, "now", lambda: later)
        reader.read_since(kept)
        assert whole["to keep"] == 2

    def test_a_controller_that_does_not_say_which_database_it_has_is_always_read_whole(
        self, lab, served
    ):
        served.directory.faults.refuse(lambda call: "NTDS" in call.dn)
        reader = open_reader(lab.settings, TARGET)
        assert reader.read_since(None)[1] is None

    def test_names_of_others_in_an_attribute_nobody_knows_leave_a_doubt(self, lab, whole):
        one = lab.make_user("One", sAMAccountName="one")
        two = lab.make_user("Two", sAMAccountName="two", info=f"CN=One,{STAFF}")
        extra = {"extra_attributes": ("msDS-cloudExtensionAttribute1",)}
        lab.set(two, **{"msDS-cloudExtensionAttribute1": f"CN=One,{STAFF}"})
        follower = Follower(lab, **extra)
        lab.set(two, title="Nurse")
        follower.read()
        assert whole["to keep"] == 1  # nobody was renamed
        lab.admin.rename(lab.held(one).dn, "CN=Another")
        follower.read()
        assert whole["to keep"] == 2


class TestWithoutTheRightToSeeDeletedObjects:
    @pytest.fixture
    def lab(self, served):
        store = served.directory.store
        with store.locked():
            cemetery = store.resolve(f"CN=Deleted Objects,{store.base_dn}").copy()
            cemetery.delegates = []
            store.commit(quiet=[cemetery])
        return lab_of(served)

    def test_whoever_is_gone_is_missed(self, lab, whole):
        guid = lab.make_user("One", sAMAccountName="one")
        follower = Follower(lab)
        lab.admin.delete(lab.held(guid).dn)
        assert guid not in follower.read().accounts.index
        assert whole["to keep"] == 1

    def test_whatever_happens_it_is_as_if_everything_had_been_read(self, lab):
        happenings = Happenings(lab, random.Random(3))
        follower = Follower(lab)
        for _ in range(5):
            happenings.some(6)
            follower.read()

    def test_check_says_so(self, lab):
        found = [one for one in open_reader(lab.settings, TARGET).check() if one.warns]
        assert [one.subject for one in found] == ["right to read: deleted objects"]


@settings(max_examples=tries(6))
@given(
    chance=strategies.randoms(use_true_random=False),
    steps=strategies.lists(strategies.integers(0, 9), max_size=3),
)
def test_reading_changes_equals_reading_everything(chance, steps):
    with serve(SandboxOptions()) as served:
        lab = lab_of(served)
        happenings = Happenings(lab, chance)
        happenings.some(8)
        followers = [Follower(lab), Follower(lab, base_dn=f"OU=Managed,{served.directory.base_dn}")]
        for times in steps:
            happenings.some(times)
            for follower in followers:
                follower.read()


class TestWhatIsKept:
    def test_it_comes_back_as_it_was(self, lab):
        lab.make_user(
            "Ольга, née Weiß", sAMAccountName="one", proxyAddresses="SMTP:o@example.org", title="x"
        )
        group = lab.make_group("G-Care")
        lab.join(group, lab.make_user("Two", sAMAccountName="two"))
        reader = open_reader(lab.settings, TARGET)
        found, kept = reader.read_since(None)
        again = Snapshot.from_bytes(kept)
        require_same(again.to_accounts(TARGET), found)
        assert again.to_bytes() == kept

    def test_it_holds_no_secret(self, lab):
        lab.create()
        kept = Follower(lab).kept
        assert SERVICE_PASSWORD.encode() not in kept
        for password in lab.passwords().values():
            assert password.encode() not in kept

    def test_a_file_of_another_form_is_none(self):
        assert Snapshot.from_bytes(b'{"format": 0}\n') is None
        assert Snapshot.from_bytes(guid_dn("00000000-0000-4000-8000-000000000000").encode()) is None
