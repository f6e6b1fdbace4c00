"""A small site for planning tests: a directory, an application behind it, and HR that takes back.

Its manifests are made up, so that what a test says about the planner does not hang on a connector.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from connectors.model.change import Verb
from connectors.model.manifest import ADDRESS, COMMON_NAME, LOGIN, Attribute, Compare, Manifest
from tasks.lifecycle.naming import NameOptions
from tasks.lifecycle.policy import Containers, FieldMapping, Leavers, Limit, TargetPolicy

OPTIONS: Final = NameOptions(domain="example.org")

DIRECTORY: Final = Manifest(
    connector="directory",
    title="Directory",
    verbs=frozenset(Verb),
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
    verbs=frozenset(Verb) - {Verb.MOVE, Verb.DELETE},
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
    verbs=frozenset({Verb.CORRELATE, Verb.UPDATE}),
    correlation="number",
    attributes=(
        Attribute(name="number", clearable=False, on_update=False),
        Attribute(name="EmAd", compare=Compare.IGNORE_CASE, unique_in=ADDRESS),
    ),
    open_attributes=True,
    context=("BcCo",),
    write_back=True,
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


def fields(manifest: Manifest, **mapped: Mapping[str, Any]) -> tuple[FieldMapping, ...]:
    """Mapped fields of a target."""
    return tuple(field(name, raw, manifest) for name, raw in mapped.items())


ADDRESS_OF_NAMES: Final = {
    "template": "{names.local_part}@{names.domain}",
    "on": ["create"],
    "unique": True,
}
POLICIES: Final = {
    "ad": TargetPolicy(
        name="ad",
        manifest=DIRECTORY,
        fields=fields(
            DIRECTORY,
            login={"from": "names.login", "on": ["create"], "unique": True},
            upn=ADDRESS_OF_NAMES,
            mail=ADDRESS_OF_NAMES,
            cn={"from": "names.common_name", "on": ["create"], "unique": True},
            displayName={"from": "names.display_name"},
            title={"from": "contract.title"},
            department={"from": "contract.department_name"},
        ),
        containers=Containers(initial="OU=New", enabled="OU=Active", disabled="OU=Left"),
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
}


def policy(name: str, raw: Mapping[str, Any]) -> TargetPolicy:
    """A target of the site with some decisions of its own, in the shapes of a case file.

    Args:
        name: `ad`, `app` or `hr`.
        raw: Any of `fields` (replace those of that name), `only_fields` (replace all), `verbs`
            (taken out of the manifest with `cannot`), `produces`, `leavers`, `limits`, `correlate`,
            `containers` (false for none), `only_update_on_correlate`, `depends_on`.
    """
    made = POLICIES[name]
    manifest = made.manifest
    if "cannot" in raw:
        manifest = replace(manifest, verbs=manifest.verbs - {Verb(verb) for verb in raw["cannot"]})
    mapped = {} if "only_fields" in raw else {one.name: one for one in made.fields}
    for key, given in (raw.get("only_fields") or raw.get("fields") or {}).items():
        mapped[key] = field(key, given, manifest)
    made = replace(made, manifest=manifest, fields=tuple(mapped.values()))
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
