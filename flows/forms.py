"""The form behind the Run button: the parameters of a flow, titled, described, with choices."""

from collections.abc import Mapping
from typing import Any, Final

from prefect import Flow
from prefect.utilities.callables import parameter_schema

from tasks.setup import Choices

TITLES: Final = {
    "profile": "Profile",
    "dry_run": "Preview only",
    "as_of": "Day to decide for",
    "persons": "Only these persons",
    "departments": "Only these departments",
    "hired_since": "Only persons hired since",
    "targets": "Only these targets",
    "fields": "Only these fields",
    "approve": "Digest of the approved plan",
    "rules": "Rules to try",
    "resume": "Go on with an earlier run",
    "fix": "Issues to fix",
    "ignore": "Issues to ignore",
    "until": "Ignored until",
    "reason": "Why they are ignored",
    "unignore": "Issues to show again",
}
"""As the form calls the parameters; Prefect would make "As Of" of `as_of`."""

Schema = dict[str, Any]


def form_of(flow: Flow[..., Any], choices: Choices, given: Mapping[str, Any]) -> Schema:
    """The schema from which Prefect makes the form, and against which it checks what comes in.

    Args:
        flow: Its docstring describes its parameters.
        choices: What there is to choose from in the profile.
        given: Parameters of the deployment; the form starts from them.
    """
    schema: Schema = parameter_schema(flow.fn).model_dump(mode="json")
    offered = {"targets": choices.targets, "fields": choices.fields}
    schema["properties"] = {
        name: _field(name, {**part, "default": given.get(name, part.get("default"))}, offered)
        for name, part in schema["properties"].items()
    }
    return schema


def _field(name: str, part: Schema, offered: Mapping[str, tuple[str, ...]]) -> Schema:
    """A field, as a form shows it best."""
    shown = {**part, "title": TITLES.get(name, part["title"])}
    about = part.get("description") or ""
    shown["description"] = " ".join(about.replace("`", "").split())  # the form shows plain text
    kept = [kind for kind in part.get("anyOf", []) if kind.get("type") != "null"]
    if len(kept) == 1:
        # A date picker or a line of text that may stay empty, rather than a switch to "None".
        del shown["anyOf"]
        shown = {k: v for k, v in shown.items() if k != "default"} | kept[0]
    if name in offered:
        shown["items"] = {**part["items"], "enum": list(offered[name])}
    return shown
