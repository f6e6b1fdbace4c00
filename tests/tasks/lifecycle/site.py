"""A small site for planning tests: a directory, an application behind it, and HR that takes back.

Its manifests are made up, so that what a test says about the planner does not hang on a connector.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from connectors.model.change import OFFERED, Verb
from connectors.model.manifest import ADDRESS, COMMON_NAME, LOGIN, Attribute, Compare, Manifest
from tasks.lifecycle.naming import NameOptions
from tasks.lifecycle.policy import Containers, FieldMapping, Leavers, Limit, TargetPolicy

OPTIONS: Final = NameOptions(domain="example.org")

DIRECTORY: Final = Manifest(
    connector="directory",
    title="Directory",
    verbs=OFFERED,
    correlation="employeeID",
    attributes=(
        Attribute(name="employeeID", max_length=16),
        Attribute(name="login", compare=Compare.IGNORE_CASE, unique_in=LOGIN, clearable=False),
        Attribute(name="upn", compare=Compare.IGNORE_CASE, unique_in=ADDRESS),
        Attribute(name="mail", compare=Compare.IGNORE_CASE, unique_in=ADDRESS),
        Attribute(name="cn", unique_in=COMMON_NAME, clearable=False),
        Attribute(name="proxyAddresses", multi=True),
        Attribute(name="displayName"),
        Attribute(name="sn", clearable=False),
        Attribute(name="title", max_length=40),
        Attribute(name="department"),
        Attribute(name="manager", compare=Compare.DN),
        Attribute(name="dn", compare=Compare.DN, on_update=False),
    ),
    open_attributes=True,
    produces=("mail", "upn", "dn"),
)
APPLICATION: Final = Manifest(
    connector="application",
    title="Application",
    verbs=OFFERED - {Verb.MOVE, Verb.DELETE},
    correlation="number",
    attributes=(
        Attribute(name="number"),
        Attribute(name="userName", compare=Compare.IGNORE_CASE, unique_in=ADDRESS),
    ),
    open_attributes=True,
    produces=("userName",),
)
EMPLOYEE: Final = Manifest(
    connector="employee",
    title="HR: employee",
    verbs=frozenset({Verb.CORRELATE, Verb.UPDATE, Verb.DELETE}),
    correlation="number",
    attributes=(
        Attribute(name="number", clearable=False, on_update=False),
        Attribute(name="EmAd", compare=Compare.IGNORE_CASE, unique_in=ADDRESS),
    ),
    open_attributes=True,
    context=("BcCo",),
    write_back=True,
    delete_clears=True,
    shows_leavers_days=85,
)
USER: Final = Manifest(
    connector="user",
    title="HR: user",
    verbs=OFFERED - {Verb.MOVE, Verb.GRANT, Verb.REVOKE},
    correlation="number",
    attributes=(
        Attribute(name="number", clearable=False, on_update=False),
        Attribute(name="code", clearable=False),
        Attribute(name="Upn", compare=Compare.IGNORE_CASE, unique_in=ADDRESS),
        Attribute(name="InSi", clearable=False),
    ),
    open_attributes=True,
    context=("BcCo",),
    write_back=True,
    creates_enabled=True,
    enable_updates=True,
    delete_clears=True,
)


def field(name: str, raw: Mapping[str, Any], manifest: Manifest) -> FieldMapping:
    """A mapped field as in a profile, compiled as `tasks.compile` does it."""
    (kind,) = raw.keys() & {"value", "from", "template", "call"}
    attribute = manifest.attribute(name) or Attribute(name=name)
    on = frozenset(raw.get("on", ("create", "update")))
    return FieldMapping(
        name=name,
        kind=kind,
        argument=tuple(raw[kind]) if isinstance(raw[kind], list) else raw[kind],
        on=on if attribute.on_update else on - {"update"},
        unique=raw.get("unique", False),
        compare=Compare(raw["compare"]) if "compare" in raw else attribute.compare,
        when_empty=raw.get("when_empty", "keep"),
    )


def fields(manifest: Manifest, **mapped: Any) -> tuple[FieldMapping, ...]:
    """Mapped fields of a target; what a delete clears is added as `tasks.fields` does it."""
    made: list[FieldMapping] = []
    for name, given in mapped.items():
        several = given if isinstance(given, list) else [given]
        own = [field(name, raw, manifest) for raw in several]
        attribute = manifest.attribute(name) or Attribute(name=name)
        kept = any(
            "delete" in one.on or raw.get("when_deleted") == "keep"
            for one, raw in zip(own, several, strict=True)
        )
        if manifest.delete_clears and attribute.clearable and not kept:
            own.append(
                FieldMapping(name=name, kind="value", argument=None, on=frozenset({"delete"}))
            )
        made += own
    return tuple(made)


ADDRESS_OF_NAMES: Final = {
    "template": "{names.local_part}@{names.domain}",
    "on": ["create"],
    "unique": True,
}
NAMES_FOR_GOOD: Final = {
    "login": {"from": "names.login", "on": ["create"], "unique": True},
    "upn": ADDRESS_OF_NAMES,
    "mail": ADDRESS_OF_NAMES,
    "cn": {"from": "names.common_name", "on": ["create"], "unique": True},
}
"""What the directory calls somebody: chosen when the account is made, and kept."""
POLICIES: Final = {
    "ad": TargetPolicy(
        name="ad",
        manifest=DIRECTORY,
        fields=fields(
            DIRECTORY,
            **NAMES_FOR_GOOD,
            displayName={"from": "names.display_name"},
            title={"from": "contract.title"},
            department={"from": "contract.department_name"},
        ),
        containers=Containers(initial="OU=New", enabled="OU=Active", disabled="OU=Shut"),
        named_by_rules=True,
    ),
    "app": TargetPolicy(
        name="app",
        manifest=APPLICATION,
        depends_on=("ad",),
        fields=fields(
            APPLICATION,
            userName={"from": "accounts.ad.upn"},
            shownAs={"from": "names.display_name"},
        ),
        named_by_rules=True,
    ),
    "hr": TargetPolicy(
        name="hr",
        manifest=EMPLOYEE,
        depends_on=("ad",),
        fields=fields(EMPLOYEE, EmAd={"from": "accounts.ad.mail"}),
    ),
    "user": TargetPolicy(
        name="user",
        manifest=USER,
        depends_on=("ad",),
        fields=fields(
            USER,
            code={"template": "77.{person.external_id}", "on": ["create"]},
            Upn={"from": "accounts.ad.upn"},
            InSi=[
                {"value": True, "on": ["create", "correlate"]},
                {"value": False, "on": ["delete"]},
            ],
        ),
    ),
}


def policy(name: str, raw: Mapping[str, Any]) -> TargetPolicy:
    """A target of the site with some decisions of its own, in the shapes of a case file.

    Args:
        name: `ad`, `app`, `hr` or `user`.
        raw: Any of `fields` (replace those of that name), `only_fields` (replace all), `verbs`
            (taken out of the manifest with `cannot`), `produces`, `leavers`, `limits`, `correlate`,
            `containers` (false for none), `only_update_on_correlate`, `depends_on`.
    """
    made = POLICIES[name]
    manifest = made.manifest
    if "cannot" in raw:
        manifest = replace(manifest, verbs=manifest.verbs - {Verb(verb) for verb in raw["cannot"]})
    if "can" in raw:
        manifest = replace(manifest, verbs=manifest.verbs | {Verb(verb) for verb in raw["can"]})
    own = fields(manifest, **(raw.get("only_fields") or raw.get("fields") or {}))
    named = {one.name for one in own}
    others = () if "only_fields" in raw else made.fields
    mapped = (*(one for one in others if one.name not in named), *own)
    made = replace(made, manifest=manifest, fields=mapped)
    if raw.get("containers") is False:
        made = replace(made, containers=None)
    if "leavers" in raw:
        made = replace(made, leavers=Leavers(**raw["leavers"]))
    if "limits" in raw:
        limits = {Verb(verb): Limit(**limit) for verb, limit in raw["limits"].items()}
        made = replace(made, limits=limits)
    plain = {
        key: tuple(raw[key]) if isinstance(raw[key], list) else raw[key]
        for key in ("correlate", "only_update_on_correlate", "depends_on")
        if key in raw
    }
    return replace(made, **plain)
