import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel
from referencing import Registry, Resource

import config
from config.conditions import KNOWN
from config.yaml_file import read_yaml
from flows import schema

CONFIG = Path(config.__file__).parent
BAD = Path(__file__).parents[1] / "config" / "cases"


@pytest.fixture(scope="module")
def written() -> dict:
    return {name: json.loads(text) for name, text in schema.schemas().items()}


@pytest.fixture(scope="module")
def problems_of(written):
    """A function from the name of a schema and a file to what an editor would underline."""
    registry = Registry().with_resources(
        (name, Resource.from_contents(content)) for name, content in written.items()
    )

    def problems(name: str, path: Path) -> list[str]:
        validator = jsonschema.Draft202012Validator(written[name], registry=registry)
        return [error.message for error in validator.iter_errors(read_yaml(path).content)]

    return problems


def test_every_schema_is_one(written):
    assert {"profile.schema.json", "rules.schema.json", "settings.afas.schema.json"} <= set(written)
    for content in written.values():
        jsonschema.Draft202012Validator.check_schema(content)


def test_the_same_models_give_the_same_bytes():
    assert schema.schemas() == schema.schemas()


@pytest.mark.parametrize(
    "path", sorted((CONFIG / "profiles").glob("*.yaml")), ids=lambda path: path.stem
)
def test_an_editor_has_nothing_against_our_profiles(problems_of, path):
    assert problems_of("profile.schema.json", path) == []


@pytest.mark.parametrize(
    "path", sorted((CONFIG / "rules").glob("*.yaml")), ids=lambda path: path.stem
)
def test_an_editor_has_nothing_against_our_rules(problems_of, path):
    assert problems_of("rules.schema.json", path) == []


@pytest.mark.parametrize(
    "name",
    [
        "profile/unknown-key-on-top",
        "profile/fields-say-where-a-value-comes-from",
        "profile/limits-of-no-known-form",
        "rules/unknown-operator",
        "rules/enabled-is-written-as-status",
        "rules/window-of-an-unknown-kind",
        "rules/ranges-and-departments-of-a-wrong-kind",
        "rules/conditions-of-a-wrong-kind",
        "rules/missing-keys",
    ],
)
def test_an_editor_sees_what_the_loader_refuses(problems_of, name):
    kind = "profile" if name.startswith("profile") else "rules"
    assert problems_of(f"{kind}.schema.json", BAD / f"{name}.yaml") != []


def test_settings_of_a_connector_are_checked_by_its_own_schema(problems_of, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "timezone: Europe/Amsterdam\nsource: {connector: afas, settings: {bogus: 1}}\n"
        "targets: {ad: {connector: somebody_elses, settings: {bogus: 1}}}\n"
    )
    [said] = problems_of("profile.schema.json", path)
    assert "'bogus' was unexpected" in said


def test_a_variable_may_stand_for_a_number(problems_of, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        'timezone: "${ZONE}"\nsource: {connector: afas, settings: {max_rows: "${ROWS}"}}\n'
        'targets: {ad: {connector: x, concurrency: "${M}", leavers: {delete_after_days: "${N}"}}}\n'
    )
    assert problems_of("profile.schema.json", path) == []


def test_every_key_of_profile_and_rules_is_described(written):
    for name in ("profile.schema.json", "rules.schema.json"):
        models = [written[name], *written[name]["$defs"].values()]
        for model in models:
            for key, field in model.get("properties", {}).items():
                if "$ref" not in field:
                    assert field.get("description", "").endswith("."), f"{name}: {key}"


def test_the_schema_of_conditions_knows_every_operator(written):
    [paths] = written["rules.schema.json"]["$defs"]["Condition"]["patternProperties"].values()
    assert set(paths["anyOf"][1]["properties"]) == set(KNOWN)


def test_a_difference_is_named_and_written_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(schema, "FOLDER", tmp_path / "schema")
    assert schema.main(["--check"]) == 1
    assert "profile.schema.json" in capsys.readouterr().err
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    capsys.readouterr()

    (tmp_path / "schema" / "rules.schema.json").write_text("{}\n")
    (tmp_path / "schema" / "settings.gone.schema.json").write_text("{}\n")
    assert schema.main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "config/schema is not in step: rules.schema.json, settings.gone.schema.json. "
        "Run: make schema\n"
    )
    assert schema.main([]) == 0
    assert not (tmp_path / "schema" / "settings.gone.schema.json").exists()
    assert schema.main(["--check"]) == 0


def test_every_connector_of_this_repository_has_its_settings():
    models = schema.settings_models()
    assert {"afas", "afas.employee", "afas.user"} <= set(models)
    assert all(issubclass(model, BaseModel) for model in models.values())
