"""What the connector can do, and what it needs to be granted."""

from typing import Final

from connectors.model.change import OFFERED, Verb
from connectors.model.manifest import ADDRESS, LOGIN, Attribute, Compare, Manifest

PERSON: Final = "person"
"""Holds the HR id: immutable, and neither a name nor an address."""

MANIFEST: Final = Manifest(
    connector="skeleton",
    title="Skeleton: accounts and groups",
    verbs=OFFERED - {Verb.MOVE},
    correlation=PERSON,
    attributes=(
        Attribute(
            name=PERSON, description="HR id of the person.", on_update=False, clearable=False
        ),
        Attribute(
            name="login",
            description="Name to sign in with.",
            compare=Compare.IGNORE_CASE,
            unique_in=LOGIN,
            clearable=False,
            max_length=64,
        ),
        Attribute(
            name="mail",
            description="Mail address.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
        ),
        Attribute(name="name", description="Name as people read it."),
        Attribute(name="title", description="What the person does."),
        Attribute(name="phone", description="Telephone number at work."),
    ),
    produces=("login", "mail"),
    max_concurrency=4,
    read_permissions=("accounts:read",),
    write_permissions=("accounts:write",),
    documentation="https://example.org/skeleton/api",
)
