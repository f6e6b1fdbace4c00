"""What the in-memory connector can do: everything."""

from typing import Final

from connectors.model.change import OFFERED, Verb
from connectors.model.manifest import ADDRESS, COMMON_NAME, LOGIN, Attribute, Compare, Manifest

PERSON: Final = "personId"

MANIFEST: Final = Manifest(
    connector="memory",
    title="In memory, for tests and as a model to copy",
    verbs=OFFERED | {Verb.RESTORE},
    correlation=PERSON,
    attributes=(
        Attribute(
            name=PERSON,
            description="HR id of the person.",
            on_update=False,
            clearable=False,
            max_length=64,
        ),
        Attribute(
            name="userName",
            description="Name to sign in with.",
            compare=Compare.IGNORE_CASE,
            unique_in=LOGIN,
            clearable=False,
            max_length=64,
        ),
        Attribute(
            name="commonName", description="Name in lists.", unique_in=COMMON_NAME, clearable=False
        ),
        Attribute(
            name="mail",
            description="Mail address.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            max_length=254,
        ),
        Attribute(
            name="aliases",
            description="Further mail addresses.",
            compare=Compare.IGNORE_CASE,
            multi=True,
            unique_in=ADDRESS,
        ),
        Attribute(name="displayName", description="Name as people read it."),
        Attribute(name="title", description="What the person does."),
        Attribute(name="department", description="Where the person works."),
        Attribute(name="manager", description="HR id of the person's manager."),
        Attribute(name="active", description="Whether the person works here now, true or false."),
    ),
    produces=("userName", "mail"),
    max_concurrency=4,
    read_permissions=("None: the store is part of this process.",),
    write_permissions=("None: the store is part of this process.",),
    documentation="https://docs.python.org/3/library/stdtypes.html#mapping-types-dict",
)
