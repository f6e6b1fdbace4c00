"""Reading what changed since: whatever happens, the outcome is that of reading everything."""

import random
from collections.abc import Callable

import pytest

from connectors.active_directory import open_reader
from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.names import child_dn, parse_dn, split_dn
from connectors.model.accounts import Accounts
from connectors.model.connector import ReadsChanges
from tests.connectors.active_directory.lab import TARGET, Lab, create, delete, grant, move, update

FRAMES = ("accounts", "attributes", "grants", "permissions", "taken")


class Follower:
    """Reads a domain again and again, and compares each reading with a full one."""

    def __init__(self, lab: Lab, **settings: object) -> None:
        self.lab, self.settings = lab, lab.settings.model_copy(update=settings)
        self.kept: bytes | None = None
        self.read()

    def read(self) -> Accounts:
        reader = open_reader(self.settings, TARGET)
        assert isinstance(reader, ReadsChanges)
        try:
            found, self.kept = reader.read_since(self.kept)
            whole = reader.read()
        finally:
            reader.close()
        require_same(found, whole)
        assert self.kept is not None
        return found


def require_same(one: Accounts, other: Accounts) -> None:
    for name in FRAMES:
        left, right = getattr(one, name), getattr(other, name)
        assert left.equals(right), (
            f"{name}:\n{left}\n{right}\n{left.compare(right) if left.shape == right.shape else ''}"
        )


class Happenings:
    """Things that administrators do, chosen by a source of chance."""

    def __init__(self, lab: Lab, chance: random.Random) -> None:
        self.lab, self.chance = lab, chance
        self.users: list[str] = []
        self.groups: list[str] = []
        self.contacts: list[str] = []
        self.units: list[str] = []
        self.count = 0
        self.kinds: list[Callable[[], None]] = [
            self.hire, self.hire, self.leave, self.rename, self.move, self.change, self.change,
            self.promote, self.join, self.join, self.part, self.found, self.dissolve,
            self.call, self.forget, self.relabel, self.reorganise,
        ]  # fmt: skip

    def some(self, times: int) -> None:
        for _ in range(times):
            self.chance.choice(self.kinds)()

    def _name(self, of: list[str]) -> str | None:
        return self.lab.held(self.chance.choice(of)).dn if of else None

    def _new(self) -> str:
        self.count += 1
        return f"Person {self.count}"

    def _place(self) -> str:
        elsewhere = f"OU=Teams,{split_dn(self.lab.staff)[1]}"
        return self.chance.choice(
            [self.lab.staff, self.lab.leavers, elsewhere, self.lab.users, *self.units]
        )

    def _set(self, dn: str | None, operation: Operation, name: str, *values: str) -> None:
        if dn is not None:
            self.lab.admin.modify(dn, [Modification(operation, name, values)])

    def hire(self) -> None:
        name = self._new()
        self.users.append(
            self.lab.make_user(
                name,
                self._place(),
                sAMAccountName=f"p{self.count}",
                employeeID=str(self.count),
                mail=f"p{self.count}@example.org",
            )
        )

    def leave(self) -> None:
        if self.users:
            self.lab.admin.delete(
                self.lab.held(self.users.pop(self.chance.randrange(len(self.users)))).dn
            )

    def rename(self) -> None:
        dn = self._name(self.users)
        if dn is not None:
            self.lab.admin.rename(dn, f"CN={self._new()}")

    def move(self) -> None:
        dn = self._name(self.users)
        if dn is not None:
            self.lab.admin.rename(dn, split_dn(dn)[0], superior=self._place())

    def change(self) -> None:
        name = self.chance.choice(["title", "department", "mail", "displayName", "employeeID"])
        self.count += 1
        values = [f"x{self.count}"] if self.chance.random() < 0.8 else []
        self._set(self._name(self.users), Operation.REPLACE, name, *values)

    def promote(self) -> None:
        manager = self._name(self.users)
        values = [manager] if manager and self.chance.random() < 0.8 else []
        self._set(self._name(self.users), Operation.REPLACE, "manager", *values)

    def join(self) -> None:
        group, account = self._name(self.groups), self._name(self.users + self.groups)
        if (
            group
            and account
            and account not in self.lab.entry(group).texts("member")
            and group != account
        ):
            self._set(group, Operation.ADD, "member", account)

    def part(self) -> None:
        group = self._name(self.groups)
        members = self.lab.entry(group).texts("member") if group else ()
        if members:
            self._set(group, Operation.DELETE, "member", self.chance.choice(members))

    def found(self) -> None:
        container = self.lab.settings.groups_base if self.chance.random() < 0.8 else self.lab.users
        self.count += 1
        self.groups.append(self.lab.make_group(f"G-New-{self.count}", container))

    def dissolve(self) -> None:
        if self.groups:
            self.lab.admin.delete(
                self.lab.held(self.groups.pop(self.chance.randrange(len(self.groups)))).dn
            )

    def call(self) -> None:
        self.count += 1
        self.contacts.append(
            self.lab.make_contact(f"Contact {self.count}", mail=f"c{self.count}@example.org")
        )

    def forget(self) -> None:
        if self.contacts:
            self.lab.admin.delete(
                self.lab.held(self.contacts.pop(self.chance.randrange(len(self.contacts)))).dn
            )

    def relabel(self) -> None:
        self.count += 1
        self._set(self._name(self.groups), Operation.REPLACE, "sAMAccountName", f"G-{self.count}")

    def reorganise(self) -> None:
        """A new OU, or another name for one with everybody in it."""
        self.count += 1
        above = f"OU=Teams,{split_dn(self.lab.staff)[1]}"
        if self.units and self.chance.random() < 0.5:
            place = self.chance.randrange(len(self.units))
            old = self.units[place]
            rdn = f"OU=Team {self.count}"
            self.lab.admin.rename(old, rdn)
            self.units[place] = f"{rdn},{above}"
        else:
            dn = child_dn(("OU", f"Team {self.count}"), above)
            self.lab.admin.add(dn, {"objectClass": ["top", "organizationalUnit"]})
            self.units.append(dn)

    def clear(self) -> None:
        """Take everything away again."""
        for guid in (*self.groups, *self.users, *self.contacts):
            self.lab.admin.delete(self.lab.held(guid).dn)
        for dn in self.units:
            self.lab.admin.delete(dn)


class Increments:
    def test_nothing_happened(self, lab: Lab):
        lab.create()
        follower = Follower(lab)
        follower.read()

    def test_what_we_wrote_ourselves_is_seen(self, lab: Lab):
        group = lab.make_group("G-Care")
        follower = Follower(lab)
        ref = lab.apply(create(container=lab.starters), grant(None, group))[0].ref
        assert ref in follower.read().grants["ref"].tolist()
        lab.apply(update(ref, cn="Janine de Vries", title="Nurse"), move(ref, lab.staff))
        accounts = follower.read()
        assert accounts.attributes.at[ref, "title"] == "Nurse"
        assert accounts.accounts.at[ref, "container"] == lab.staff
        assert accounts.grants["ref"].tolist() == [ref]
        lab.apply(delete(ref))
        assert ref not in follower.read().accounts.index

    def test_a_new_name_is_seen_in_everybody_who_refers_to_it(self, lab: Lab):
        boss = lab.make_user("Boss", sAMAccountName="boss", employeeID="1")
        one = lab.make_user("One", sAMAccountName="one", employeeID="2")
        lab.set(one, manager=f"CN=Boss,{lab.staff}")
        follower = Follower(lab)
        lab.admin.rename(f"CN=Boss,{lab.staff}", "CN=Big\\, boss", superior=lab.leavers)
        held = follower.read().attributes.loc[one]
        assert parse_dn(str(held["manager"]))[0] == ("CN", "Big, boss")
        assert held["managerId"] == "1"
        lab.admin.delete(lab.held(boss).dn)
        held = follower.read().attributes.loc[one]
        assert held["manager"] is None
        assert held["managerId"] is None

    def test_a_name_that_somebody_else_has_got_meanwhile_means_nobody(self, lab: Lab):
        lab.make_user("Boss", sAMAccountName="boss")
        one = lab.make_user("One", sAMAccountName="one")
        lab.set(one, manager=f"CN=Boss,{lab.staff}")
        follower = Follower(lab)
        lab.admin.delete(f"CN=Boss,{lab.staff}")
        lab.make_user("Boss", sAMAccountName="boss2")
        assert follower.read().attributes.at[one, "manager"] is None

    def test_an_ou_that_is_renamed_takes_everybody_along(self, lab: Lab):
        happenings = Happenings(lab, random.Random(1))
        follower = Follower(lab)
        happenings.reorganise()
        dn = happenings.units[0]
        ref = lab.make_user("One", dn, sAMAccountName="one", employeeID="1")
        assert follower.read().accounts.at[ref, "container"] == dn
        lab.admin.rename(dn, "OU=Another name")
        container = follower.read().accounts.at[ref, "container"]
        lab.admin.delete(lab.held(ref).dn)
        lab.admin.delete(str(container))
        assert str(container).startswith("OU=Another name,")

    def test_who_comes_into_view_from_elsewhere_brings_their_groups(self, lab: Lab):
        group = lab.make_group("G-Care")
        ref = lab.make_user("Janine elsewhere", lab.users, sAMAccountName="one")
        lab.join(group, ref)
        managed = split_dn(lab.staff)[1]
        follower = Follower(lab, base_dn=managed)
        assert follower.read().grants.empty
        lab.admin.rename(f"CN=Janine elsewhere,{lab.users}", "CN=One", superior=lab.staff)
        assert follower.read().grants["ref"].tolist() == [ref]
        lab.admin.rename(f"CN=One,{lab.staff}", "CN=Janine elsewhere", superior=lab.users)
        assert follower.read().grants.empty

    def test_other_settings_need_a_full_reading(self, lab: Lab):
        ref = lab.make_user("One", sAMAccountName="one", employeeNumber="77")
        follower = Follower(lab)
        follower.settings = lab.settings.model_copy(update={"correlation": "employeeNumber"})
        assert follower.read().accounts.at[ref, "person"] == "77"

    @pytest.mark.parametrize("kept", [b"", b"{}", b"[1]\n", b'{"format": 1}\nxyz'])
    def test_what_cannot_be_read_is_read_anew(self, lab: Lab, kept: bytes):
        ref = lab.create().ref
        follower = Follower(lab)
        follower.kept = kept
        assert ref in follower.read().accounts.index

    @pytest.mark.parametrize("seed", [0])
    def test_whatever_happens_it_is_as_if_everything_had_been_read(self, lab: Lab, seed: int):
        happenings = Happenings(lab, random.Random(seed))
        follower = Follower(lab)
        within = Follower(lab, base_dn=split_dn(lab.staff)[1])
        try:
            for _ in range(6):
                happenings.some(happenings.chance.randrange(1, 9))
                follower.read()
                within.read()
        finally:
            happenings.clear()

    def test_memberships_stay_with_a_member_that_only_changed(self, lab: Lab):
        group = lab.make_group("G-Care")
        ref = lab.make_user("One", sAMAccountName="one")
        lab.join(group, ref)
        follower = Follower(lab)
        lab.set(ref, title="Nurse")
        assert follower.read().grants.to_numpy().tolist() == [[ref, group]]
        lab.admin.delete(lab.held(ref).dn)
        assert follower.read().grants.empty

    def test_reading_changes_writes_nothing(self, lab: Lab):
        follower = Follower(lab)
        lab.create()
        before = lab.usn()
        follower.read()
        assert lab.usn() == before


__all__ = ["FRAMES", "Follower", "Happenings", "Increments", "require_same"]
