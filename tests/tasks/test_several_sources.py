"""Two sources and a list of badges provision people together, from the profile to the account."""

from contextlib import nullcontext
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
import yaml

from config.loader import load_profile
from connectors.hr_file.source import HrFileSource
from connectors.memory.store import STORES
from connectors.model.errors import ConfigError
from tasks.examine import examine
from tasks.setup import forget, load_site, open_site
from tests.plainly import a_run, decide, run_plainly

DAY = date(2026, 11, 23)
HR = {
    "persons": "external_id,nick_name,family_name\n1,Ann,Smit\n2,Bo,Vos\n",
    "contracts": "external_id,person_id,start_date,department_id\na,1,2020-01-01,CARE\n"
    "b,2,2020-01-01,CARE\n",
}
VOLUNTEERS = {
    "persons": "external_id,nick_name,family_name,employee\nv1,Cas,Bos,\nv2,Bo,Vos,2\n",
    "contracts": "external_id,person_id,start_date,department_id\na,v1,2020-01-01,GARDEN\n"
    "b,v2,2020-01-01,GARDEN\n",
}
BADGES = {"persons": "external_id,badge\n1,b1\n2,b2\n"}


def put(folder: Path, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    for name, files in (("hr", HR), ("volunteers", VOLUNTEERS), ("badges", BADGES)):
        put(tmp_path / name, files)
    write(tmp_path)
    yield tmp_path
    STORES.pop(str(tmp_path), None)


def write(folder: Path, **changes):
    sources = {
        "volunteers": {
            "connector": "hr_file",
            "settings": {"path": "volunteers"},
            "key": "custom.employee",
            "adds": True,
        },
        "badges": {"connector": "hr_file", "settings": {"path": "badges", "persons_only": True}},
    }
    for name, change in changes.items():
        sources[name] |= change
    profile = {
        "timezone": "Europe/Amsterdam",
        "source": {"connector": "hr_file", "settings": {"path": "hr"}},
        "sources": sources,
        "targets": {
            "directory": {
                "connector": "memory",
                "settings": {"name": str(folder)},
                "fields": {
                    "userName": {"from": "person.external_id"},
                    "title": {"from": "person.custom.badge"},
                },
                "limits": {"create": "unlimited"},
            }
        },
        "rules": ["rules.yaml"],
    }
    rules = [
        {
            "id": name,
            "description": f"Everybody of {name}.",
            "when": {"contract.department.id": {"in": [name.upper()]}},
            "grant": {"directory": {"account": True, "access": True}},
        }
        for name in ("care", "garden")
    ]
    (folder / "site.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))


def test_people_of_every_source_get_one_account_each(site):
    done = run_plainly(site / "site.yaml", live=True, as_of=DAY)
    assert not done.objections
    created = {
        change.person: change for change in done.plan.changes if change.verb.value == "create"
    }
    assert sorted(created) == ["1", "2", "volunteers:v1"]
    assert [created[who].after.get("title") for who in sorted(created)] == ["b1", "b2", None]
    both = created["2"].because
    assert {"contract:b", "contract:volunteers:b", "rule:care", "rule:garden"} <= set(both)
    assert all(receipt.outcome.succeeded for receipt in done.receipts.values())
    again = run_plainly(site / "site.yaml", live=True, as_of=DAY)
    assert len(again.plan) == 0


def test_sources_are_read_side_by_side(site, monkeypatch):
    all_at_once, read = Barrier(3, timeout=10), HrFileSource.read

    def wait_for_the_others(source, *, as_of):
        all_at_once.wait()
        return read(source, as_of=as_of)

    monkeypatch.setattr(HrFileSource, "read", wait_for_the_others)
    assert len(run_plainly(site / "site.yaml", live=False, as_of=DAY).plan) > 0


def test_a_source_that_falls_silent_wipes_nothing(site):
    run_plainly(site / "site.yaml", live=True, as_of=DAY)
    put(site / "badges", {"persons": "external_id,badge\n"})
    done = run_plainly(site / "site.yaml", live=True, as_of=DAY)
    assert any(
        one.structural and "badges holds no persons" in one.reason for one in done.objections
    )
    assert not done.receipts


def test_a_source_that_cannot_be_read_stops_the_run(site):
    (site / "badges" / "persons.csv").unlink()
    run = a_run(site / "site.yaml", live=True, as_of=DAY)
    try:
        with pytest.raises(ConfigError, match="holds no persons"):
            decide(run)
    finally:
        forget(run)


@pytest.mark.parametrize("status", ["published", "draft"])
def test_a_published_rule_reads_a_column_that_one_of_the_sources_has(site, status):
    rules = yaml.safe_load((site / "rules.yaml").read_text())
    columns = ("badge", "employee", "bagde")
    rules[0]["when"] = {"any": [{f"person.custom.{one}": {"exists": True}} for one in columns]}
    rules[0]["status"] = status
    (site / "rules.yaml").write_text(yaml.safe_dump(rules))
    run = a_run(site / "site.yaml", live=False, as_of=DAY)
    slip = r"rules\.yaml.*person\.custom\.bagde; did you mean person\.custom\.badge\?"
    try:
        with nullcontext() if status == "draft" else pytest.raises(ConfigError, match=slip):
            decide(run)
    finally:
        forget(run)


def test_a_check_looks_at_every_source(site):
    run = a_run(site / "site.yaml", live=False, as_of=DAY)
    try:
        assert list(open_site(run).further) == ["volunteers", "badges"]
        [finding] = examine.fn(run, "sources.badges").findings
        assert (finding.ok, finding.detail) == (True, "2 persons, 0 contracts")
    finally:
        forget(run)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"connector": "hr_fiel"}, "sources.badges.connector"),
        ({"connector": "afas.employee", "settings": {}}, "is a target and cannot be a source"),
        ({"settings": {"path": "badges", "pathh": 1}}, "sources.badges.settings.pathh"),
        ({"block": "Badges of 2026"}, "sources.badges.block"),
        ({"block": "afas/main"}, "a block of afas says nothing about hr_file"),
        ({"key": "work_email"}, "nobody is recognised by them"),
        ({"owns": ["shoe_size"]}, "there is no field 'shoe_size' of a person"),
        ({"owns": ["work_phone"], "takes": ["custom.badge"]}, "which is not among what it takes"),
        ({"adds": True, "matches": "person_number"}, "is joined on external_id"),
    ],
)
def test_what_cannot_work_is_told_when_the_profile_is_loaded(site, change, says):
    write(site, badges=change)
    with pytest.raises(ConfigError) as refused:
        load_site("site.yaml")
    assert says in str(refused.value)
    assert "site.yaml" in str(refused.value)


def test_a_key_that_the_first_source_does_not_have_is_told_with_its_line(site):
    write(site, badges={"matches": "custom.nothing"})
    run = a_run(site / "site.yaml", live=False, as_of=DAY)
    try:
        with pytest.raises(ConfigError, match=r"site\.yaml.*sources\.badges\.matches"):
            decide(run)
    finally:
        forget(run)


def test_fields_and_secrets_reach_the_connector_of_a_further_source(site, monkeypatch):
    put(site / "badges", {"persons": "number,badge\n1,b1\n"})
    monkeypatch.setenv("RETOUR_SECRET_FOLDER", str(site / "badges"))
    write(
        site,
        badges={
            "fields": {"persons": {"external_id": "number"}},
            "settings": {"path": "secret://folder", "persons_only": True},
        },
    )
    loaded = load_profile("site.yaml")
    assert loaded.profile.sources["badges"].settings["path"] == "secret://folder"
    run = a_run(site / "site.yaml", live=False, as_of=DAY)
    try:
        people = decide(run).people
        assert people.persons["custom.badge"].dropna().tolist() == ["b1"]
    finally:
        forget(run)
