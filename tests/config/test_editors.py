"""What an editor says with the schemas is what the loader says, as far as a schema can know."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import config
from config.yaml_file import read_yaml
from connectors.model.errors import ConfigError

SCHEMAS = Path(config.__file__).parent / "schema"
CASES = Path(__file__).parent / "cases"
ONLY_THE_LOADER_KNOWS = {
    "a-path-in-a-template-stands-alone",
    "a-variable-that-is-not-set",
    "a-variable-that-is-not-set-is-said-once",
    "an-id-twice-in-one-file",
    "deleted-before-disabled",
    "deleted-and-never-disabled",
    "rules-that-are-not-there",
    "timezone-that-is-an-offset",
    "unknown-timezone",
    "what-is-not-available-is-refused",
}
KEYWORDS_OF_PYDANTIC = {"ge", "gt", "le", "lt", "min_length", "max_length"}
"""Written into a schema where pydantic loses a bound; no editor knows them."""


@pytest.fixture(scope="module")
def validators():
    texts = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    known = Registry().with_resources(
        (name, Resource.from_contents(content)) for name, content in texts.items()
    )
    return {
        kind: Draft202012Validator(texts[f"{kind}.schema.json"], registry=known)
        for kind in ("profile", "rules")
    }


@pytest.mark.parametrize("kind", ["profile", "rules"])
def test_what_the_loader_refuses_an_editor_marks_too(validators, kind):
    accepted = set()
    for path in sorted((CASES / kind).glob("*.yaml")):
        try:
            content = read_yaml(path).content
        except ConfigError:
            continue
        if validators[kind].is_valid(content):
            accepted.add(path.stem)
    assert accepted <= ONLY_THE_LOADER_KNOWS


@pytest.mark.parametrize("kind", ["profile", "rules"])
def test_an_editor_marks_nothing_in_what_is_packaged(validators, kind):
    folder = SCHEMAS.parent / ("profiles" if kind == "profile" else "rules")
    files = sorted(folder.glob("*.yaml"))
    assert files
    for path in files:
        said = [error.message for error in validators[kind].iter_errors(read_yaml(path).content)]
        assert said == [], path


def test_every_bound_is_one_that_editors_know():
    def words(schema):
        if isinstance(schema, list):
            return set().union(*map(words, schema))
        if not isinstance(schema, dict):
            return set()
        return {*schema}.union(*map(words, schema.values()))

    for name in ("profile.schema.json", "rules.schema.json"):
        assert not words(json.loads((SCHEMAS / name).read_text())) & KEYWORDS_OF_PYDANTIC
