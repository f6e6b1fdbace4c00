"""A Prefect block type for a connector: its settings as a form, made from their model."""

import re
from abc import ABC
from types import new_class
from typing import Any, Final

from prefect.blocks.core import Block

from connectors.model.connector import Connector
from tasks.block_store import slug_of

_MODULE: Final = "tasks.blocks"
"""Where the classes stand, for `prefect block register` to find them."""

_JSON: Final = '{"name": "value", "another name": "value"}'
"""How a group of free names is written on a form."""

_SPELLED: Final = {"ad": "AD", "ca": "CA", "dn": "DN", "hr": "HR", "id": "id", "ou": "OU"} | {
    "api": "API",
    "scim": "SCIM",
    "tls": "TLS",
    "url": "URL",
    "xml": "XML",
}
"""Words of a setting's name that are no plain words."""

_EXAMPLE: Final = """\
```python
# in a profile, for the source or for a target
connector: {connector}
block: BLOCK_NAME
```"""
"""What the page of a block offers to copy. The UI puts the name in, and looks for Python."""

Schema = dict[str, Any]


class SettingsForm(Block, ABC):
    """What the blocks of all connectors share: their schema is one that a form can show.

    The fields are those of the settings, as they are there. Rules that look at several of them, or
    at the text of one, are those of the settings alone, and asked when a run has all layers.
    """

    @classmethod
    def model_json_schema(cls, *arguments: Any, **named: Any) -> Schema:
        """The schema from which the Prefect UI makes the form."""
        schema: Schema = super().model_json_schema(*arguments, **named)
        for name, field in cls.model_fields.items():
            if field.title:  # pydantic drops the title of a group that is called like its class
                schema["properties"][name]["title"] = field.title
        for group in (schema, *schema.get("definitions", {}).values()):
            for position, (name, part) in enumerate(group.get("properties", {}).items()):
                _show(name, part)
                part.setdefault("position", position)
        return schema


def make_block_type(connector: Connector) -> type[Block]:
    """The block type of a connector: a field for each of its settings.

    Args:
        connector: Its title becomes the name, the docstring of its settings the description.
    """
    fields = connector.settings.model_fields
    about = " ".join((connector.settings.__doc__ or "").split("\n\n")[0].split())
    use = f"In a profile: `connector: {connector.name}` and `block: NAME`."
    words = re.split(r"[^A-Za-z0-9]+", connector.name)
    body = {
        "__module__": _MODULE,
        "__doc__": about,
        "__annotations__": {name: field.annotation for name, field in fields.items()},
        "_block_type_name": f"Retour: {connector.manifest.title}",
        "_block_type_slug": slug_of(connector.name),
        "_description": f"{about} {use}".strip(),
        "_documentation_url": connector.manifest.documentation or None,
        "_code_example": _EXAMPLE.format(connector=connector.name),
        **fields,
    }
    name = "".join(word.capitalize() for word in words)
    return new_class(name, (SettingsForm,), exec_body=lambda space: space.update(body))


def _show(name: str, part: Schema) -> None:
    """Change the schema of a field so that a form can show it."""
    if part.get("title", "").casefold() in ("", name.replace("_", " ").casefold()):
        part["title"] = _title_of(name)
    if "description" in part:  # the form shows plain text
        part["description"] = " ".join(part["description"].replace("`", "").split())
    if part.get("type") == "object" and "properties" not in part:  # an empty editor of JSON
        part["description"] = f"{part.get('description', '')} Write {_JSON}.".lstrip()
    kinds = part.get("anyOf", [])
    kept = [kind for kind in kinds if kind.get("type") != "null"]
    if len(kept) < len(kinds) and len(kept) == 1 and part.get("default") is None:
        # A field that may be left empty, rather than a choice between "str" and "None".
        part |= kept[0]
        del part["anyOf"]
        part.pop("default", None)
    elif kinds and all("enum" in kind or "const" in kind for kind in kinds):
        # One list to choose from, rather than a choice between two texts.
        choices = [one for kind in kinds for one in kind.get("enum", [kind.get("const")])]
        part |= {"type": "string", "enum": list(dict.fromkeys(choices))}
        del part["anyOf"]


def _title_of(name: str) -> str:
    """A name as words: `base_dn` is "Base DN"."""
    title = " ".join(_SPELLED.get(word, word) for word in name.split("_"))
    return title[:1].upper() + title[1:]
