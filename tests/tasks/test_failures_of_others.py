"""What went wrong elsewhere, and must not go wrong here.

Each test is named after a failure that was seen in another tool: a brake that stops half of a run,
a limit that a small company never meets, an exit code that says all is well. What has to hold every
time: nothing is written, and the exit code says so. Limits are those that are shipped unless a test
says otherwise.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.memory.store import STORES, Entry
from tests.tasks.hr_site import HrSite, refused

UNGUARDED = dict.fromkeys(("removed", "added", "blocked", "changed", "attribute"), "unlimited")


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A ledger that knows nothing, and no settings of the person who runs the tests."""
    for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    STORES.pop(str(tmp_path), None)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> HrSite:
    """Thirty people who have their accounts: loaded once, for all to copy."""
    folder = tmp_path_factory.mktemp("loaded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
        patch.chdir(folder)
        made = HrSite(folder, 30)
        made.load()
    return made


@pytest.fixture
def site(loaded: HrSite, surroundings: Path) -> HrSite:
    """Thirty people who have their accounts."""
    return loaded.copied_to(surroundings)


def codes(objections: list[dict[str, object]]) -> set[object]:
    return {one["code"] for one in objections}


# S1: 600 of 1,000 rows replaced, limit 200. Removals were refused, 600 creates ran, exit code 0.


def test_s1_rows_of_another_company_are_refused_with_their_creates(site: HrSite) -> None:
    site.dismiss(range(1, 19))
    site.hire(range(501, 519))
    assert codes(refused(site)) >= {"removed", "added"}


def test_s1_a_limit_on_leavers_stops_the_joiners_too(site: HrSite) -> None:
    site.limit("source", **UNGUARDED)
    site.limit("directory", disable=6, create="unlimited", enable="unlimited", grant="unlimited")
    site.dismiss(range(1, 19))
    site.hire(range(501, 519))

    objections = refused(site)

    assert {one["key"] for one in objections} >= {"targets.directory.limits.disable"}
    assert not any(one["verb"] == "create" for one in objections), "it is not their own limit"


# S2: an empty file, 150 accounts, an absolute limit of 200. All 150 removed, exit code 0.


def test_s2_an_empty_file_is_refused_and_no_approval_lifts_that(site: HrSite) -> None:
    site.dismiss(range(1, 31))
    site.limit("source", removed="unlimited")
    site.limit("directory", disable="unlimited", revoke="unlimited", delete="unlimited")

    objections = refused(site)

    assert codes(objections) == {"empty_source"}
    before, digest = site.held, site.run(live=False).report["plan"]["digest"]
    assert site.run(approve=digest).exit == 3
    assert site.held == before


def test_s2_limits_are_shares_as_well_so_that_a_small_company_has_them_too(
    surroundings: Path,
) -> None:
    site = HrSite(surroundings, 8)
    site.load()
    site.limit("source", removed={"count": 200, "share": "10%"})
    site.limit("directory", disable={"count": 200, "share": "10%"})
    site.dismiss(range(1, 5))

    assert {one["key"] for one in refused(site)} >= {
        "source.limits.removed",
        "targets.directory.limits.disable",
    }


# S5: a threshold stopped one type of action, the other types went on.


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("directory", "create"),
        ("directory", "enable"),
        ("directory", "update"),
        ("directory", "disable"),
        ("directory", "grant"),
        ("directory", "revoke"),
        ("hr", "update"),
    ],
)
def test_s5_one_limit_of_one_verb_in_one_target_stops_everything(
    site: HrSite, target: str, key: str
) -> None:
    site.limit("source", **UNGUARDED)
    site.dismiss([1, 2])
    site.hire(range(501, 504))
    site.persons[0]["family_name"] = "Married"
    site.contracts[1]["department_id"] = "CARE"
    assert site.run(live=False).exit == 0, "an ordinary day"

    site.limit(target, **{key: 0})

    objections = refused(site)
    assert {one["key"] for one in objections} == {f"targets.{target}.limits.{key}"}


# S6: earlier items were applied when the mark tripped; the simulation forgot what it had made.


def test_s6_changes_are_counted_before_the_first_of_them_however_many_hands_there_are(
    site: HrSite,
) -> None:
    site.profile["targets"]["directory"]["settings"]["concurrency"] = 64
    site.limit("source", **UNGUARDED)
    site.limit("directory", create=5)
    site.hire(range(501, 521))

    creates = [one for one in refused(site) if one["verb"] == "create"]

    assert [(one["figure"], one["limit"]) for one in creates] == [(20, "5")]


def test_s6_a_preview_remembers_what_it_would_have_made(site: HrSite) -> None:
    site.hire(range(501, 504))

    preview = site.run(live=False)

    planned = [(one["target"], one["verb"]) for one in preview.report["changes"]]
    assert planned.count(("directory", "create")) == 3
    assert planned.count(("hr", "update")) == 3, "what is written back comes from these accounts"
    mails = [
        one["after"]["work_email"]
        for one in preview.report["changes"]
        if (one["target"], one["verb"]) == ("hr", "update")
    ]
    live = site.run()
    assert live.exit == 0
    assert live.report["plan"]["digest"] == preview.report["plan"]["digest"]
    assert all(mail in site.held[1] for mail in mails)


# S8: an empty source is guarded, a half-empty one is not.


@pytest.mark.parametrize("left", [15, 26])
def test_s8_a_source_that_shrank_is_refused(site: HrSite, left: int) -> None:
    site.limit("directory", disable="unlimited", revoke="unlimited")
    site.dismiss(range(left + 1, 31))

    (objection,) = refused(site)

    assert (objection["code"], objection["figure"], objection["of"]) == ("removed", 30 - left, 30)


def test_s8_a_source_without_its_contracts_is_refused(site: HrSite) -> None:
    site.contracts = site.contracts[:15]
    assert "removed" in codes(refused(site))


# S10: one exit code for "simulation done" and for "problems".


def test_s10_every_end_has_an_exit_code_of_its_own(site: HrSite) -> None:
    ends = {"nothing to do": site.run().exit, "preview": site.run(live=False).exit}
    site.hire([501, 502])
    ends["preview with changes"] = site.run(live=False).exit
    site.store.trouble.refuse(person="0501")
    ends["a change failed"] = site.run().exit
    site.store.trouble.clear()
    site.limit("directory", create=0)
    ends["refused"] = site.run().exit
    site.profile["approval"] = "ask"
    ends["waiting"] = site.run().exit
    ends["stale"] = site.run(approve=f"sha256:{'0' * 64}").exit
    site.limit("directory", create=50)
    site.store.trouble.fail_fatal()
    ends["unreachable"] = site.run().exit
    site.profile["approval"] = "perhaps"
    ends["misconfigured"] = site.run().exit

    assert ends == {
        "nothing to do": 0,
        "preview": 0,
        "preview with changes": 0,
        "a change failed": 1,
        "misconfigured": 2,
        "refused": 3,
        "waiting": 4,
        "stale": 5,
        "unreachable": 6,
    }


# S11: a threshold per cycle never sees a slow leak; whoever lacked a field was disabled.


def test_s11_a_slow_leak_is_refused_when_its_days_are_full(site: HrSite) -> None:
    site.limit("source", removed="unlimited")
    site.limit("directory", disable=2, cumulative={"disable": 4}, over_days=7)
    for gone in ([1, 2], [3, 4]):
        site.dismiss(gone)
        assert site.run().exit == 0
        site.next_day()
    site.dismiss([5])

    (objection,) = refused(site)

    assert (objection["code"], objection["figure"], objection["limit"]) == ("window", 5, "4")
    assert objection["persons"] == ["0005"]


def test_s11_a_column_that_was_left_out_is_not_a_column_full_of_no(site: HrSite) -> None:
    """Who has `active` is let in. An export without the column lets nobody out."""
    for row in site.persons:
        row["active"] = "yes"
    site.limit("source", changed="unlimited")
    site.rules[0]["grant"] = {"directory": {"account": True}}
    site.rules.append(
        {
            "id": "active",
            "description": "Who is active signs in.",
            "when": {"person.custom.active": "yes"},
            "grant": {"directory": {"access": True}},
        }
    )
    assert site.run().exit == 0
    site.limit("directory", disable="unlimited")

    for row in site.persons:
        row["active"] = ""
    (objection,) = refused(site)
    assert (objection["code"], objection["field"]) == ("emptied", "person.custom.active")

    for row in site.persons:
        del row["active"]
    before = site.held
    assert site.run().exit in {2, 3}, "a rule reads a column that is not there"
    assert site.held == before


def test_s11_an_exclusion_that_was_left_out_lets_nobody_in(site: HrSite) -> None:
    for row in site.persons[:4]:
        row["excluded"] = "yes"
    assert site.run().exit == 0
    for row in site.persons:
        del row["excluded"]

    (objection,) = refused(site)

    assert (objection["code"], objection["field"]) == ("emptied", "person.excluded")
    assert objection["persons"] == ["0001", "0002", "0003", "0004"]


# S12: an import that changed a property of a group rule passed the safeguard.


def test_s12_group_losses_behind_a_changed_field_are_counted(site: HrSite) -> None:
    site.limit("source", changed="unlimited", attribute="unlimited")
    site.limit("directory", revoke="unlimited", grant="unlimited")
    for row in site.contracts[:6]:
        row["department_id"] = "OLD"

    (objection,) = refused(site)

    assert (objection["code"], objection["figure"]) == ("losses", 6)
    assert "contract.department.id changed for 6 of them" in objection["reason"]


def test_s12_one_field_with_another_value_for_many_is_refused(site: HrSite) -> None:
    site.limit("directory", revoke="unlimited", grant="unlimited", losses="unlimited")
    for row in site.contracts[:14]:
        row["department_id"] = "OLD"

    (objection,) = refused(site)

    assert (objection["code"], objection["field"]) == ("attribute", "contract.department.id")


# S13: a threshold on the side that reads, and none on the side that writes.


def test_s13_a_rule_that_lets_go_of_everybody_is_stopped_though_hr_changed_nothing(
    site: HrSite,
) -> None:
    site.rules[0]["when"] = {"contract.department.id": "CARE"}

    objections = refused(site)

    assert {one["verb"] for one in objections} >= {"disable"}
    assert all(one["target"] == "directory" for one in objections)


def test_s13_a_field_that_is_mapped_otherwise_is_stopped_too(site: HrSite) -> None:
    site.profile["targets"]["directory"]["fields"]["displayName"] = {"from": "person.family_name"}

    (objection,) = refused(site)

    assert (objection["verb"], objection["figure"]) == ("update", 30)


# S14: a clean-up deleted every stale object without a limit; a wrong filter removed all users.


def test_s14_accounts_that_nobody_knows_are_never_cleaned_up(site: HrSite) -> None:
    strangers = {f"s-{number}": {"userName": f"stranger{number}"} for number in range(20)}
    for ref, attributes in strangers.items():
        site.store.entries[ref] = Entry(dict(attributes), enabled=True)
    before = site.held

    ending = site.run()

    assert ending.exit == 0
    assert site.held == before
    assert any(
        note["code"] == "unmanaged" and note["reason"].startswith("20 accounts")
        for note in ending.report["notes"]
    )


def test_s14_a_filter_that_shows_no_accounts_makes_none_anew(site: HrSite) -> None:
    site.limit("directory", create="unlimited", enable="unlimited", grant="unlimited")
    site.store.entries.clear()

    assert "vanished" in codes(refused(site))


def test_s14_a_leaver_has_grace_and_deleting_has_a_limit_of_its_own(site: HrSite) -> None:
    leavers = site.profile["targets"]["directory"]
    leavers["leavers"] = {"disable_after_days": 0, "delete_after_days": 2}
    site.limit("source", removed="unlimited")
    site.limit("directory", delete=1, disable="unlimited", revoke="unlimited")
    site.dismiss([1, 2])

    assert site.run().exit == 0, "shut today"
    assert [entry.enabled for entry in site.store.entries.values()].count(False) == 2
    site.next_day()
    assert site.run().exit == 0
    assert len(site.store.entries) == 30, "and still there tomorrow"
    site.next_day()

    (objection,) = refused(site)
    assert (objection["verb"], objection["figure"], objection["limit"]) == ("delete", 2, "1")
