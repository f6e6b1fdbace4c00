"""AFAS Profit under the laws: the source and both targets, each on an environment of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from connectors.afas import CONNECTORS
from connectors.afas.sandbox.serve import serve
from connectors.model.connector import SandboxOptions
from connectors.model.values import Attributes
from connectors.sdk.conformance.subject import Subject

PEOPLE: Final = 25
WRONG_TOKEN: Final = f"<token><version>1</version><data>{'0F' * 32}</data></token>"
UPDATES: Final[dict[str, Attributes]] = {
    "afas": {},
    "afas.employee": {"EmAd": "sean.o'brien@example.org", "TeNr": "030 0000001"},
    "afas.user": {"EmAd": "sean.o'brien@example.org", "Upn": "sobrien@example.org"},
}
MISSING: Final = {"afas.employee": "9999999", "afas.user": "12345.9999999"}


@contextmanager
def subject(name: str) -> Iterator[Subject]:
    """An environment with invented people; those of the laws have an employee and a user."""
    [connector] = [offered for offered in CONNECTORS if offered.name == name]
    with serve(SandboxOptions(people=PEOPLE)) as sandbox:
        yield Subject(
            connector=connector,
            settings=sandbox.settings,
            content=lambda: repr(sandbox.afas.records).encode(),
            people=PEOPLE,
            persons=("1000012", "1000013"),
            update=UPDATES[name],
            unsupported={"Medewerker": "1"},
            missing_ref=MISSING.get(name, ""),
            secrets={"token": WRONG_TOKEN},
        )


SUBJECTS: Final = {connector.name: partial(subject, connector.name) for connector in CONNECTORS}
