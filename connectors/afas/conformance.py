"""AFAS Profit under the laws: the source and both targets, each on an environment of its own."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

from connectors.afas import CONNECTORS
from connectors.afas.mapping import RIGHTS
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.application import invented_token
from connectors.afas.sandbox.faults import Kind as FaultKind
from connectors.afas.sandbox.serve import serve
from connectors.model.connector import Connector, SandboxOptions
from connectors.model.manifest import Manifest
from connectors.model.values import Attributes
from connectors.sdk.conformance.subject import Subject, manifest_under
from connectors.sdk.trouble import Trouble

PEOPLE: Final = 25
WRONG_TOKEN: Final = f"<token><version>1</version><data>{'0F' * 32}</data></token>"
EXAMPLE: Final = {
    "base_url": "https://12345.rest.afas.online/ProfitRestServices",
    "token": invented_token("12345"),
}
"""Settings to ask for a manifest; nothing is sent there."""
WITH_USER: Final = ("1000012", "1000013")
WITHOUT_USER: Final = ("1000021", "1000025")
UPDATES: Final[dict[str, Attributes]] = {
    "afas": {},
    "afas.employee": {"EmAd": "sean.o'brien@example.org", "TeNr": "030 0000001"},
    "afas.user": {"EmAd": "sean.o'brien@example.org", "Upn": "sobrien@example.org"},
}
MISSING: Final = {"afas.employee": "9999999", "afas.user": "12345.9999999"}
RENAMES: Final[dict[str, Attributes]] = {
    "afas.employee": {"EmAd": "renamed@example.org"},
    "afas.user": {"EmAd": "renamed@example.org", "Upn": "renamed@example.org"},
}
FAULTS: Final[dict[Trouble, FaultKind]] = {
    Trouble.UNAUTHORIZED: "401",
    Trouble.FORBIDDEN: "403",
    Trouble.NOT_FOUND: "404",
    Trouble.CONFLICT: "conflict",
    Trouble.SLOW_DOWN: "503",
    Trouble.BUSY: "503",
    Trouble.BROKEN: "500",
    Trouble.CUT: "cut",
    Trouble.LOST: "drop_reply",
    Trouble.REPEATED_PAGE: "same_page",
}
CANNOT: Final = {
    "not found": "AFAS answers 404 for a connector that is not there, which stops the target.",
    "slow down, unsaid": "AFAS asks for patience with a time or not at all.",
    "odd_persons": "A number of an employee is digits; AFAS gives it out itself.",
    "free_text": "Mail addresses and phone numbers are all that is written back.",
    "what is so already is not sent again": "The plan has compared; AFAS itself refuses what is "
    "so, and only then is the record read.",
}
NOT_SHOWN: Final = frozenset({"Nm", "OcUs", "PoMa", "AcUs"})
USERS: Final = "T4E_HelloID_Users_v2"
VARIANTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "afas.user creating": {"create_user": True, "customer": "12345"},
    "afas.user leaving groups": {"on_disable": "block_and_leave_groups"},
    "afas.user described": {"send_description": True},
    "afas.employee through the person": {"update_through": "KnPerson"},
    "afas.employee with payslips": {
        "payslips_to_private_mail": True,
        "private_mail_column": "Email_prive",
        "documents_column": "Documenten",
    },
}
"""What else a target can be set to: its name and a word about it -> settings."""


@contextmanager
def subject(name: str) -> Iterator[Subject]:
    """An environment with invented people; those of the laws have an employee.

    They have a user too, unless the connector is to make it.
    """
    connector, more = _connector(name), VARIANTS.get(name, {})
    creates = bool(more.get("create_user"))
    with serve(SandboxOptions(people=PEOPLE)) as sandbox:
        if more.get("payslips_to_private_mail"):
            _show_payslips(sandbox.afas)
        yield Subject(
            connector=connector,
            settings={**sandbox.settings, **more},
            content=lambda: repr(sandbox.afas.records).encode(),
            people=PEOPLE,
            persons=WITHOUT_USER if creates else WITH_USER,
            create=_create if creates else None,
            not_shown=NOT_SHOWN,
            update=UPDATES[connector.name],
            unsupported={"Medewerker": "1"},
            missing_ref=MISSING.get(connector.name, ""),
            secrets={"token": WRONG_TOKEN},
            rename=RENAMES.get(connector.name, {}),
            page_size="max_rows",
            page_sizes=(1, 10_000),
            faults=AfasFaults(sandbox.afas),
            endpoint="base_url",
            impatient={"timeout_seconds": 0.3},
            cannot=CANNOT,
        )


class AfasFaults:
    """Trouble of an environment, in the words of the laws.

    Args:
        afas: The one that has it.
    """

    def __init__(self, afas: Afas) -> None:
        """Look at the environment."""
        self._afas = afas

    @property
    def kinds(self) -> Collection[Trouble]:
        """What AFAS can do. To slow down is maintenance there: 503 with a time (D3)."""
        return FAULTS.keys()

    @property
    def writes(self) -> int:
        """Calls to UpdateConnectors."""
        return len(self._afas.writes)

    def order(
        self, trouble: Trouble, *, writing: bool, times: int = 1, skip: int = 0, seconds: int = 1
    ) -> None:
        """Let the next calls meet trouble."""
        self._afas.fail_next(
            FAULTS[trouble],
            verb="PUT" if writing else "GET",
            times=times if times >= 0 else 10_000,
            seconds=seconds if trouble is Trouble.SLOW_DOWN else 0,
            after=skip,
        )

    def heal(self) -> None:
        """No more trouble."""
        self._afas.fail_no_more()


def _connector(name: str) -> Connector:
    """The connector of a subject, which its name begins with."""
    [connector] = [offered for offered in CONNECTORS if offered.name == name.partition(" ")[0]]
    return connector


def _show_payslips(afas: Afas) -> None:
    """Columns that a customer adds, and a private mail for everybody in the laws."""
    afas.add_column(USERS, "Email_prive", "KnPerson.EmA2")
    afas.add_column(USERS, "Documenten", "KnEmployee.EmAd")
    for employee in WITH_USER:
        afas.person_of(employee).fields["EmA2"] = f"at.home.{employee}@example.org"
    afas.records.touch()


def _create(person: str) -> Attributes:
    """A new user as the default mapping has it."""
    return {
        "Medewerker": person,
        "Gebruiker": f"12345.{person}",
        "Nm": "O'Brien, Ольга (née Weiß)",
        "Upn": f"{person}@example.org",
        "EmAd": f"{person}@example.org",
        **dict.fromkeys(RIGHTS, False),
        "InSi": True,
    }


def _manifest(name: str) -> Manifest:
    connector = _connector(name)
    return manifest_under(connector, connector.settings(**EXAMPLE, **VARIANTS[name]))


SUBJECTS: Final[Mapping[str, Callable[[], AbstractContextManager[Subject]]]] = {
    name: partial(subject, name)
    for name in (*(connector.name for connector in CONNECTORS), *VARIANTS)
}
MANIFESTS: Final = {name: _manifest(name) for name in VARIANTS}
