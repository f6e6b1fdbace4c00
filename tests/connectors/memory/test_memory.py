"""The in-memory connector: how strict it is, trouble on demand, and its file."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from connectors.memory import CONNECTORS
from connectors.memory.reader import MemoryReader
from connectors.memory.settings import MemorySettings
from connectors.memory.store import STORES, open_store
from connectors.memory.writer import MemoryWriter
from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    MoveAccount,
    RevokePermission,
    UpdateAccount,
    Verb,
)
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError, Forbidden, Unreachable
from connectors.model.values import CLEAR


@pytest.fixture
def sandbox():
    [connector] = CONNECTORS
    with connector.serve(SandboxOptions(people=25)) as found:
        yield found


@pytest.fixture
def write(sandbox):
    def apply(*changes):
        return list(MemoryWriter(MemorySettings(**sandbox.settings), "m").apply(changes))

    return apply


def create(person, **attributes):
    names = {"userName": f"u{person}", "mail": f"{person}@example.org", "container": "new"}
    return CreateAccount(
        target="m", person=person, after={"personId": person, **names, **attributes}
    )


def outcomes(receipts):
    return [receipt.outcome for receipt in receipts]


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"mail": "1@EXAMPLE.org"}, "in use as address"),
        ({"aliases": ("x@example.org", "1@example.org")}, "in use as address"),
        ({"userName": "U1"}, "in use as login"),
        ({"shoeSize": "44"}, "no attribute 'shoeSize'"),
        ({"container": "nowhere"}, "no container 'nowhere'"),
        ({"mail": ("a@example.org",)}, "holds one value"),
        ({"aliases": "a@example.org"}, "holds several values"),
        ({"userName": CLEAR}, "cannot be empty"),
        ({"userName": "u" * 65}, "longer than 64"),
    ],
)
def test_it_is_as_strict_as_a_real_system(sandbox, write, attributes, says):
    write(create("1"))
    [receipt] = write(create("2", **attributes))
    assert receipt.outcome == "failed"
    assert says in receipt.detail
    assert len(sandbox.store.entries) == 1


def test_a_create_after_one_that_was_cut_short_takes_the_same_account(write):
    [first] = write(create("1"))
    [second] = write(create("1", mail="other@example.org"))
    assert (second.outcome, second.ref) == ("already", first.ref)
    assert second.produced["mail"] == "1@example.org"


def test_a_name_that_somebody_else_holds_is_not_taken_for_ones_own(write):
    write(create("1"))
    [receipt] = write(create("2", mail="1@example.org"))
    assert receipt.outcome == "failed"


def test_refs_are_never_used_again(sandbox, write):
    [first] = write(create("1"))
    write(DeleteAccount(target="m", person="1", ref=first.ref))
    [second] = write(create("1"))
    assert second.ref != first.ref


def test_deleting_an_account_takes_it_out_of_its_groups(sandbox, write):
    [made] = write(create("1"))
    write(
        GrantPermission(
            target="m", person="1", ref=made.ref, after={"permission": "g-1", "name": "x"}
        )
    )
    assert sandbox.store.members("g-1") == {made.ref}
    write(DeleteAccount(target="m", person="1", ref=made.ref))
    assert sandbox.store.members("g-1") == set()


def test_a_group_that_chooses_its_members_is_read_so_and_refuses(sandbox, write):
    [made] = write(create("1"))
    group = {"permission": "g-4", "name": "x"}
    [receipt] = write(GrantPermission(target="m", person="1", ref=made.ref, after=group))
    assert "chooses its members itself" in receipt.detail
    permissions = MemoryReader(MemorySettings(**sandbox.settings), "m").read().permissions
    assert permissions["grantable"].to_dict() == {
        "g-1": True,
        "g-2": True,
        "g-3": True,
        "g-4": False,
    }


def test_names_in_use_are_read(sandbox, write):
    [made] = write(create("1", aliases=("B@example.org",)))
    taken = MemoryReader(MemorySettings(**sandbox.settings), "m").read().taken
    assert sorted(taken.itertuples(index=False, name=None)) == [
        ("address", "1@example.org", made.ref),
        ("address", "b@example.org", made.ref),
        ("login", "u1", made.ref),
    ]


def test_trouble_strikes_those_it_was_meant_for_as_often_as_was_asked(sandbox, write):
    sandbox.store.trouble.refuse(verb=Verb.CREATE, person="2", times=1)
    receipts = write(create("1"), create("2"), create("3"))
    assert {receipt.person: receipt.outcome for receipt in receipts} == {
        "1": "done",
        "2": "failed",
        "3": "done",
    }
    assert outcomes(write(create("2"))) == ["done"]
    assert sandbox.store.calls["create"] == 4


def test_trouble_can_come_later(sandbox, write):
    sandbox.store.trouble.refuse(skip=2)
    receipts = write(create("1"), create("2"), create("3"), create("4"))
    assert sorted(outcomes(receipts)) == ["done", "done", "failed", "failed"]
    sandbox.store.trouble.clear()
    assert outcomes(write(create("5"))) == ["done"]


def test_a_fatal_fault_stops_the_target(sandbox, write):
    sandbox.store.trouble.fail_fatal()
    with pytest.raises(Forbidden):
        write(create("1"))


def test_a_silent_store_is_given_up_and_holds_nothing(sandbox, write):
    sandbox.store.trouble.silent()
    with pytest.raises(Unreachable):
        write(*(create(str(number)) for number in range(40)))
    assert sandbox.store.entries == {}


def test_after_a_lost_answer_the_writer_looks_and_finds_its_work_done(sandbox, write):
    [made] = write(create("0"))
    common = {"target": "m", "person": "0", "ref": made.ref}
    group = {"permission": "g-1", "name": "x"}
    changes = [
        create("1"),
        UpdateAccount(**common, after={"displayName": "Ольга", "mail": CLEAR}),
        MoveAccount(**common, after={"container": "staff"}),
        EnableAccount(**common, after={"enabled": True}),
        GrantPermission(**common, after=group),
        RevokePermission(**common, before=group),
        DisableAccount(**common, after={"enabled": False}),
        DeleteAccount(**common),
    ]
    sandbox.store.trouble.lose_answer()

    receipts = write(*changes)

    assert outcomes(receipts) == ["done"] * 8
    assert {receipt.detail for receipt in receipts} == {"confirmed by reading back"}
    assert [entry.attributes["personId"] for entry in sandbox.store.entries.values()] == ["1"]


def test_people_are_read_as_they_were_invented(sandbox):
    [connector] = CONNECTORS
    people = connector.open_source(MemorySettings(**sandbox.settings)).read(
        as_of=date(2026, 11, 23)
    )
    assert len(people) == 25
    assert people.person("1000012").fields["family_name"] == "O'Brien"
    assert [contract.fields["fte"] for contract in people.person("1000012").contracts] == [0.6, 0.4]


def test_the_file_outlives_the_process(tmp_path):
    [connector] = CONNECTORS
    file = tmp_path / "store.json"
    with connector.serve(SandboxOptions(people=5, state=file)) as sandbox:
        settings = MemorySettings(**sandbox.settings)
        [made] = MemoryWriter(settings, "m").apply([create("1", aliases=("a@example.org",))])
        content = sandbox.store.content()
    assert sandbox.name not in STORES
    with connector.serve(SandboxOptions(people=99, state=file)) as sandbox:
        assert sandbox.store.content() == content
        assert sandbox.store.entries[made.ref].attributes["aliases"] == ("a@example.org",)
        [other] = MemoryWriter(MemorySettings(**sandbox.settings), "m").apply([create("2")])
        assert other.ref != made.ref


def test_no_receipt_comes_before_the_file_has_what_it_says(tmp_path):
    [connector] = CONNECTORS
    file = tmp_path / "store.json"
    with connector.serve(SandboxOptions(people=0, state=file)) as sandbox:
        changes = [create(str(number)) for number in range(50)]
        for receipt in MemoryWriter(MemorySettings(**sandbox.settings), "m").apply(changes):
            assert receipt.ref in json.loads(file.read_text())["accounts"]


def test_writers_of_several_shards_share_the_file_and_none_saves_what_is_older(tmp_path):
    [connector] = CONNECTORS
    file = tmp_path / "store.json"
    with connector.serve(SandboxOptions(people=0, state=file)) as sandbox:
        settings = MemorySettings(**sandbox.settings)

        def write(shard):
            changes = [create(f"{shard}-{number}") for number in range(60)]
            return [one.ref for one in MemoryWriter(settings, "m").apply(changes)]

        with ThreadPoolExecutor(8) as pool:
            refs = [ref for some in pool.map(write, range(8)) for ref in some]
    assert sorted(json.loads(file.read_text())["accounts"]) == sorted(refs)


def test_receipts_that_waited_for_the_file_come_before_the_reason_to_give_up(tmp_path):
    [connector] = CONNECTORS
    with connector.serve(SandboxOptions(people=0, state=tmp_path / "store.json")) as sandbox:
        sandbox.store.trouble.fail_fatal(person="3")
        settings = MemorySettings(**{**sandbox.settings, "concurrency": 1})
        receipts = MemoryWriter(settings, "m").apply(create(str(number)) for number in range(10))
        heard = []

        def listen():
            for receipt in receipts:
                heard.append(receipt.outcome)  # noqa: PERF401 - what came before the error counts

        with pytest.raises(Forbidden):
            listen()
        assert heard.count("done") == len(sandbox.store.entries) == 3


def test_a_broken_file_is_a_configuration_error(tmp_path):
    file = tmp_path / "store.json"
    file.write_text('{"accounts":\n')
    with pytest.raises(ConfigError, match=r"store\.json:2: is not JSON"):
        open_store("broken", file)
    assert "broken" not in STORES


def test_people_that_contradict_themselves_are_a_configuration_error(tmp_path):
    [connector] = CONNECTORS
    file = tmp_path / "store.json"
    file.write_text(
        json.dumps({"people": {"persons": [{"external_id": "1"}, {"external_id": "1"}]}})
    )
    with (
        connector.serve(SandboxOptions(data=file)) as sandbox,
        pytest.raises(ConfigError, match="twice"),
    ):
        connector.open_source(MemorySettings(**sandbox.settings)).read(as_of=date(2026, 11, 23))
