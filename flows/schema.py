"""The JSON Schemas that editors check profiles and rules with: `python -m flows.schema [--check]`.

Written from the models, so a description is said once. A profile may hold `${NAME}` wherever it
holds a value, so a schema takes that for a number too; the loader looks at what the variable holds.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

from pydantic import BaseModel

import config
import connectors
from config.conditions import CONDITION_SCHEMA
from config.profile import Profile
from config.rules import RuleSpec

FOLDER: Final = Path(config.__file__).parent / "schema"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REFERENCE: Final = {"type": "string", "pattern": r"\$\{[A-Za-z_]"}
"""A value that comes from the environment."""

ABOUT: Final = ("title", "description", "default")
"""What is said of a value whatever its type."""
UNTOLD: Final = frozenset({"write_only"})
"""Marks for our own code."""
SIMPLE: Final = (str, int, float, bool)
"""Defaults worth telling; those of a group are told by its own fields."""

Schema = dict[str, Any]


def schemas() -> dict[str, str]:
    """Every schema as text, by the name of its file. The same models give the same bytes."""
    models = settings_models()
    files = {
        "profile.schema.json": _profile_schema(models),
        "rules.schema.json": _rules_schema(),
        **{_settings_file(name): _settings_schema(model) for name, model in models.items()},
    }
    return {
        name: json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, content in files.items()
    }


def settings_models() -> dict[str, type[BaseModel]]:
    """Settings model of every connector in this repository, by the connector's name.

    Looks at what the folders offer and opens nothing. Connectors of other packages have no schema
    here, or it would differ from one machine to the next.
    """
    folders = [module.name for module in iter_modules(connectors.__path__) if module.ispkg]
    offers = [import_module(f"{connectors.__name__}.{folder}") for folder in sorted(folders)]
    return {
        connector.name: connector.settings
        for offer in offers
        for connector in getattr(offer, "CONNECTORS", ())
    }


def drifted(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Names of files in the folder that are missing, different, or left over; sorted."""
    held = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in {*held, *wanted} if held.get(name) != wanted.get(name))


def write(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Bring the folder in step; returns the names of the files that changed."""
    changed = drifted(folder, wanted)
    folder.mkdir(exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def _profile_schema(models: Mapping[str, type[BaseModel]]) -> Schema:
    schema = _adapted(Profile.model_json_schema())
    for spec in ("SourceSpec", "FurtherSourceSpec", "TargetSpec"):
        schema["$defs"][spec]["allOf"] = [
            {
                "if": {"properties": {"connector": {"const": name}}, "required": ["connector"]},
                "then": {"properties": {"settings": {"$ref": _settings_file(name)}}},
            }
            for name in sorted(models)
        ]
    return {"$schema": DIALECT, **schema}


def _rules_schema() -> Schema:
    rule = _adapted(RuleSpec.model_json_schema())
    definitions = rule.pop("$defs")
    when = rule["properties"]["when"]
    rule["properties"]["when"] = {
        "$ref": "#/$defs/Condition",
        "description": when["description"],
    }
    return {
        "$schema": DIALECT,
        "title": "Rules",
        "description": "A list of business rules: who is due what.",
        "type": "array",
        "items": {"$ref": "#/$defs/RuleSpec"},
        "$defs": {**definitions, "RuleSpec": rule, "Condition": CONDITION_SCHEMA},
    }


def _settings_schema(model: type[BaseModel]) -> Schema:
    schema = _adapted(model.model_json_schema())
    schema.pop("required", None)  # a block may hold what the profile does not
    return {"$schema": DIALECT, **schema}


def _settings_file(connector: str) -> str:
    return f"settings.{connector}.schema.json"


def _adapted(schema: Any) -> Any:
    """The schema as a profile is written: `${NAME}` may stand for a number, true or false."""
    if isinstance(schema, list):
        return [_adapted(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "description" in schema:
        schema = schema | {"description": _first_paragraph(schema["description"])}
    adapted = {
        name: _adapted_fields(part) if name in {"properties", "$defs"} else _adapted(part)
        for name, part in schema.items()
        if name not in UNTOLD and not (name == "default" and not isinstance(part, SIMPLE))
    }
    if adapted.get("type") not in ("integer", "number", "boolean"):
        return adapted
    about = {name: adapted.pop(name) for name in ABOUT if name in adapted}
    return {"anyOf": [adapted, REFERENCE], **about}


def _adapted_fields(fields: Schema) -> Schema:
    """Fields by name; the title that pydantic made of a name says nothing."""
    adapted = {name: _adapted(part) for name, part in fields.items()}
    for name, part in adapted.items():
        if part.get("title") == name.replace("_", " ").title():
            del part["title"]
    return adapted


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n", 1)[0].split())


def main(arguments: list[str] | None = None) -> int:
    """Write the schemas, or name those that are not in step; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m flows.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name differences")
    checks = parser.parse_args(arguments).check
    wanted = schemas()
    changed = drifted(FOLDER, wanted) if checks else write(FOLDER, wanted)
    shown = ", ".join(changed)
    if checks and changed:
        print(f"config/schema is not in step: {shown}. Run: make schema", file=sys.stderr)
        return 1
    print(f"config/schema: {'all in step' if not changed else f'wrote {shown}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
