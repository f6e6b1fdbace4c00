import errno
import os
import pickle
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from config.loader import PACKAGED, load_profile, profile_names
from connectors.model.errors import ConfigError

PROFILE = """\
timezone: Europe/Amsterdam
source:
  connector: hr_file
  settings: {path: hr}
targets:
  active_directory:
    connector: active_directory
    settings:
      server: "${SERVER}"
      bind_password: secret://ad-password
      nested: [{token: "${TOKEN:-plain}"}]
    limits: {create: 5}
rules: [rules, more.yaml]
"""
RULE = "- id: {id}\n  description: For a test\n  grant: {{active_directory: {{account: true}}}}\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The working directory: a profile, two rule files in a folder and one beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVER", "ldaps://dc.example.org")
    monkeypatch.delenv("RETOUR_SECRETS_DIR", raising=False)
    folder = tmp_path / "config" / "profiles"
    (folder / "rules").mkdir(parents=True)
    (folder / "site.yaml").write_text(PROFILE)
    (folder / "rules" / "20-b.yaml").write_text("\n" + RULE.format(id="b"))
    (folder / "rules" / "10-a.yml").write_text(RULE.format(id="a") + RULE.format(id="a2"))
    (folder / "rules" / "README.md").write_text("no rules")
    (folder / "more.yaml").write_text(RULE.format(id="c") + "  status: draft\n")
    return folder


def refused(name: str) -> str:
    with pytest.raises(ConfigError) as error:
        load_profile(name)
    return str(error.value)


def test_a_profile_is_found_by_name_and_by_path(site):
    assert load_profile("site") == load_profile("config/profiles/site.yaml")
    assert load_profile(str(site / "site.yaml")).path == site / "site.yaml"
    assert load_profile("site").name == "site"


def test_a_profile_of_the_working_directory_comes_before_the_packaged_one(site):
    (site / "demo.yaml").write_text(PROFILE)
    assert load_profile("demo").path == site / "demo.yaml"
    assert (PACKAGED / "demo.yaml").is_file()


def test_an_unknown_profile_lists_the_known_ones(site):
    assert profile_names() == ["demo", "more", "site"]
    assert refused("sites") == "there is no profile 'sites'; did you mean site?"
    assert refused("zzz") == "there is no profile 'zzz'; known are demo, more, site"
    assert refused("no/such.yaml") == "no/such.yaml: there is no such file"


def test_rules_come_in_the_order_of_entries_files_and_lines(site):
    rules = load_profile("site").rules
    assert [(rule.id, str(rule.source), rule.status) for rule in rules] == [
        ("a", "config/profiles/rules/10-a.yml:1", "published"),
        ("a2", "config/profiles/rules/10-a.yml:4", "published"),
        ("b", "config/profiles/rules/20-b.yaml:2", "published"),
        ("c", "config/profiles/more.yaml:1", "draft"),
    ]


def test_an_id_twice_names_both_places(site):
    (site / "more.yaml").write_text("\n\n" + RULE.format(id="b"))
    assert refused("site") == (
        "config/profiles/more.yaml:3: b.id: the id b stands twice; "
        "the first is config/profiles/rules/20-b.yaml:2"
    )


def test_problems_of_all_rule_files_are_said_together(site):
    (site / "more.yaml").write_text("")
    (site / "rules" / "20-b.yaml").write_text("- id: b\n  description: x\n  grants: {}\n")
    assert refused("site") == (
        "config/profiles/rules/20-b.yaml:1: b.grant: is missing. Target -> what is due there.\n"
        "config/profiles/rules/20-b.yaml:3: b.grants: unknown key; did you mean grant?\n"
        "config/profiles/more.yaml: the file is empty"
    )


def test_a_folder_without_rules_is_said_so(site):
    for path in (site / "rules").glob("*.y*ml"):
        path.unlink()
    assert refused("site") == (
        "config/profiles/site.yaml:13: rules[0]: "
        "there is no rule file (*.yaml) in config/profiles/rules"
    )


def test_a_rule_file_named_twice_is_said_so(site):
    (site / "site.yaml").write_text(PROFILE.replace("more.yaml", "rules/20-b.yaml"))
    assert refused("site") == (
        "config/profiles/site.yaml:13: rules[1]: "
        "config/profiles/rules/20-b.yaml is named by rules[0] already"
    )


def test_a_profile_without_rules_has_none(site):
    (site / "site.yaml").write_text(PROFILE.replace("rules: [rules, more.yaml]", ""))
    assert load_profile("site").rules == ()


def test_variables_are_expanded_and_paths_are_relative_to_the_profile(site, monkeypatch):
    monkeypatch.setenv("SERVER", "sandbox:ad.json")
    profile = load_profile("site").profile
    assert profile.source.settings == {"path": str(site / "hr")}
    assert profile.targets["active_directory"].settings["server"] == f"sandbox:{site / 'ad.json'}"


def test_variables_are_expanded_in_rules_too(site, monkeypatch):
    monkeypatch.setenv("CARE", "CARE-1")
    (site / "more.yaml").write_text(
        RULE.format(id="c") + "  when: {contract.department.id: '${CARE}'}\n"
    )
    assert load_profile("site").rules[-1].when.value == "CARE-1"


def test_numbers_may_come_from_variables(site, monkeypatch):
    monkeypatch.setenv("MOST", "7")
    (site / "site.yaml").write_text(PROFILE.replace("create: 5", "create: '${MOST}'"))
    assert load_profile("site").profile.limits_of("active_directory")["create"].count == 7


def test_a_variable_is_never_shown_expanded(site, monkeypatch):
    monkeypatch.setenv("SERVER", "hunter2")
    (site / "site.yaml").write_text(
        PROFILE.replace("create: 5", 'create: "${SERVER}", bogus: "${SERVER}"')
        + 'approval: "${SERVER}"\nnames: {mail: "${SERVER}", domain: "${SERVER}"}\n'
    )
    said = refused("site")
    assert "approval: must be refuse or ask, not '${SERVER}'" in said
    assert "hunter2" not in said


def test_secrets_stay_references_until_somebody_asks(site, monkeypatch):
    monkeypatch.setenv("RETOUR_SECRET_AD_PASSWORD", "hunter2")
    loaded = load_profile("site")
    assert (
        loaded.profile.targets["active_directory"].settings["bind_password"]
        == "secret://ad-password"
    )
    assert loaded.settings("targets", "active_directory")["bind_password"] == "hunter2"
    skipped = loaded.settings("targets", "active_directory", skip=frozenset({"bind_password"}))
    assert skipped["bind_password"] == "secret://ad-password"


def test_a_secret_that_is_nowhere_has_its_line(site, monkeypatch):
    monkeypatch.delenv("RETOUR_SECRET_AD_PASSWORD", raising=False)
    with pytest.raises(ConfigError) as error:
        load_profile("site").settings("targets", "active_directory")
    assert str(error.value).startswith(
        "config/profiles/site.yaml:10: targets.active_directory.settings.bind_password: "
        "the secret ad-password is nowhere, or empty: set RETOUR_SECRET_AD_PASSWORD"
    )


def test_no_value_of_a_setting_is_in_a_repr(site, monkeypatch):
    monkeypatch.setenv("TOKEN", "hunter2")
    loaded = load_profile("site")
    assert loaded.profile.targets["active_directory"].settings["nested"] == [{"token": "hunter2"}]
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in str(loaded.profile)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("targets.active_directory.settings.server", 9),
        ("targets.active_directory.settings.nested[0].token", 11),
        ("targets.active_directory.settings.nested[3]", 11),
        ("targets.active_directory.fields.mail", 6),
        ("targets.active_directory_two", 5),
        ("rules[1]", 13),
        ("names.domain", 1),
        ("", 1),
    ],
)
def test_a_later_error_finds_its_line_by_its_key(site, key, line):
    assert load_profile("site").where(key) == ("config/profiles/site.yaml", line)


def test_an_error_that_has_a_place_keeps_it(site):
    loaded = load_profile("site")
    located = loaded.locate(ConfigError("no", key="targets.active_directory"))
    assert str(located) == "config/profiles/site.yaml:6: targets.active_directory: no"
    placed = ConfigError("no", file="x.csv", line=3, key="targets")
    assert loaded.locate(placed) is placed


def test_settings_of_a_connector_are_explained_like_the_profile(site, monkeypatch):
    class Settings(BaseModel):
        model_config = ConfigDict(extra="forbid")
        server: str
        base_dn: str
        bind_password: int

    monkeypatch.setenv("RETOUR_SECRET_AD_PASSWORD", "hunter2")
    loaded = load_profile("site")
    with pytest.raises(ValidationError) as error:
        Settings.model_validate(loaded.settings("targets", "active_directory"))
    said = loaded.explain(error.value, Settings, "targets", "active_directory", "settings")
    key = "targets.active_directory.settings"
    assert str(said).replace("config/profiles/site.yaml", "FILE").splitlines() == [
        f"FILE:8: {key}.base_dn: is missing.",
        f"FILE:10: {key}.bind_password: must be a whole number, not such text",
        f"FILE:11: {key}.nested: unknown key; known are server, base_dn, bind_password",
    ]


def test_a_loaded_profile_travels_to_another_process(site):
    loaded = load_profile("site")
    again = pickle.loads(pickle.dumps(loaded))  # noqa: S301 - our own bytes
    assert again == loaded
    assert again.rules[2].source == loaded.rules[2].source
    assert again.where("rules[1]") == loaded.where("rules[1]")


def test_the_demo_profile_loads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFAS_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("AD_SERVER", "sandbox://demo")
    loaded = load_profile("demo")
    profile = loaded.profile
    assert {name: spec.depends_on for name, spec in profile.targets.items()} == {
        "active_directory": (),
        "entra_id": ("active_directory",),
        "google_workspace": (),
        "afas_employee": ("entra_id",),
        "afas_user": ("active_directory", "entra_id"),
    }
    assert profile.targets["afas_user"].settings == profile.source.settings
    assert profile.targets["afas_user"].fields["Upn"].origin == (
        "from",
        "accounts.active_directory.userPrincipalName",
    )
    assert [rule.id for rule in loaded.rules if rule.status == "published"] == [
        "staff",
        "care-staff",
        "care-on-tablets",
        "department-group",
        "managers",
    ]
    assert Path(loaded.where("rules").file) == PACKAGED / "demo.yaml"


def test_the_demo_rules_speak_of_departments_and_titles_that_invented_people_have(monkeypatch):
    from connectors.sdk.invented_names import DEPARTMENTS, LEAD_TITLE

    monkeypatch.setenv("AFAS_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("AD_SERVER", "sandbox://demo")
    named: dict[str, set] = {}
    queue = [rule.when for rule in load_profile("demo").rules]
    while queue:
        condition = queue.pop()
        queue += getattr(condition, "parts", ())
        queue += [condition.part] if hasattr(condition, "part") else []
        if hasattr(condition, "path"):
            values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
            named.setdefault(condition.path, set()).update(values)
    assert named["contract.department.id"] <= {key for key, *_ in DEPARTMENTS}
    assert named["contract.title.id"] == {LEAD_TITLE[0]}


def test_a_number_where_a_secret_stands_is_not_quoted(site, monkeypatch):
    class Settings(BaseModel):
        server: bool
        bind_password: SecretStr

    (site / "site.yaml").write_text(PROFILE.replace("secret://ad-password", "123456"))
    loaded = load_profile("site")
    with pytest.raises(ValidationError) as error:
        Settings.model_validate(loaded.settings("targets", "active_directory"))
    said = str(loaded.explain(error.value, Settings, "targets", "active_directory", "settings"))
    assert "bind_password: must be text; as text it needs quotes" in said
    assert "123456" not in said


def test_hidden_files_of_a_rules_folder_do_not_count(site):
    for name in ("._10-a.yml", ".#20-b.yaml"):
        (site / "rules" / name).write_bytes(b"\x00\x05\x16\x07")
    assert [rule.id for rule in load_profile("site").rules] == ["a", "a2", "b", "c"]


def test_a_rules_folder_that_may_not_be_read_is_named(site, monkeypatch):
    def refuse(folder):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert refused("site") == (
        "config/profiles/site.yaml:13: rules[0]: "
        "config/profiles/rules cannot be read: Permission denied"
    )
