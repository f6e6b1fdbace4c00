"""Laws about what a connector says of itself."""
# ruff: noqa: D103 - the name of a law is the sentence that describes it

import re
from dataclasses import fields
from typing import Any

from pydantic import SecretStr, ValidationError

from connectors.model.change import Verb
from connectors.sdk.conformance.law import LAWS, every_law
from connectors.sdk.conformance.subject import KINDS, Subject, require

SECRET = re.compile(r"(^|_)(token|password|secret|service_account|private_key|certificate_key)$")


@every_law
def the_manifest_carries_the_name_of_the_connector(subject: Subject) -> None:
    manifest, name = subject.manifest, subject.connector.name
    require(that=manifest.connector == name, otherwise=f"the manifest says {manifest.connector}")
    require(that=bool(manifest.title), otherwise="the manifest has no title")


@every_law
def every_setting_is_described_in_a_sentence(subject: Subject) -> None:
    for name, field in subject.connector.settings.model_fields.items():
        ends = (field.description or "").endswith(".")
        require(that=ends, otherwise=f"the description of {name} does not end in a period")


@every_law
def secrets_are_typed_as_secrets(subject: Subject) -> None:
    for name, field in subject.connector.settings.model_fields.items():
        if SECRET.search(name):
            typed = "SecretStr" in str(field.annotation)
            require(that=typed, otherwise=f"{name} is {field.annotation}, not SecretStr")


@every_law
def an_unknown_setting_is_refused(subject: Subject) -> None:
    try:
        subject.model(no_such_setting="x")
    except ValidationError:
        return
    require(that=False, otherwise="a slip of the pen in a setting goes unnoticed")


@every_law
def permissions_and_documentation_are_named(subject: Subject) -> None:
    connector = subject.connector
    manifest = subject.manifest
    linked = manifest.documentation.startswith("https://")
    require(that=bool(manifest.read_permissions), otherwise="no permission to read is named")
    if connector.open_writer is not None:
        require(that=bool(manifest.write_permissions), otherwise="no permission to write is named")
    require(that=linked, otherwise="there is no link to the vendor's page")


@every_law
def what_is_offered_and_what_is_declared_agree(subject: Subject) -> None:
    connector = subject.connector
    manifest = subject.manifest
    pair = (connector.open_reader is None) is (connector.open_writer is None)
    require(that=pair, otherwise="a target has a reader and a writer")
    writes = bool(manifest.verbs) is (connector.open_writer is not None)
    require(that=writes, otherwise="verbs and writer do not go together")
    offers = connector.open_source is not None or connector.open_reader is not None
    require(that=offers, otherwise="the connector is neither a source nor a target")
    if connector.open_writer is None:
        return
    require(that=Verb.CORRELATE in manifest.verbs, otherwise="a target has to correlate")
    require(that=bool(manifest.correlation), otherwise="no attribute correlates")
    named = [attribute.name for attribute in manifest.attributes]
    require(that=len(named) == len(set(named)), otherwise="an attribute is declared twice")
    for name in (*manifest.produces, *manifest.context):
        known = manifest.attribute(name) is not None
        require(that=known, otherwise=f"{name} is produced or needed, and no attribute")


@every_law
def what_cannot_be_shown_is_known_and_has_a_reason(subject: Subject) -> None:
    hooks = {field.name for field in fields(subject)}
    known = {law.name for law in LAWS} | hooks | KINDS
    for name, reason in subject.cannot.items():
        require(that=name in known, otherwise=f"there is no law, hook or trouble {name!r}")
        told = f"the reason against {name!r} is no sentence"
        require(that=len(reason.split()) > 2, otherwise=told)


@every_law
def no_repr_shows_a_secret(subject: Subject) -> None:
    model = subject.model()
    shown = [repr(model), str(model), model.model_dump_json()]
    for attempt in (subject.source, subject.reader, subject.writer):
        if _opens(subject, attempt.__name__):
            with attempt() as opened:
                shown += [repr(opened), *_attributes(opened)]
    for secret in subject.secret_texts():
        for text in shown:
            require(
                that=secret not in text,
                otherwise=f"a secret stands in {text.replace(secret, '***')}",
            )


def _opens(subject: Subject, kind: str) -> bool:
    return getattr(subject.connector, f"open_{kind}") is not None


def _attributes(opened: Any) -> list[str]:
    """What a log line would show of the parts: `vars` as text, without the values of secrets."""
    parts = getattr(opened, "__dict__", {})
    return [repr(value) for value in parts.values() if not isinstance(value, SecretStr)]
