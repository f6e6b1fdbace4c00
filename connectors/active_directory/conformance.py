"""Active Directory under the laws."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from connectors.active_directory import CONNECTORS
from connectors.active_directory.results import CREDENTIALS, NO_RIGHTS, NO_SUCH_OBJECT
from connectors.active_directory.sandbox import SandboxDomain, serve
from connectors.active_directory.sandbox.faults import READS, Call
from connectors.model.connector import SandboxOptions
from connectors.model.values import Value
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject
from connectors.sdk.trouble import Trouble, Troubled

CODES: Final = {
    Trouble.UNAUTHORIZED: (CREDENTIALS, "data 52e"),
    Trouble.FORBIDDEN: (NO_RIGHTS, "INSUFF_ACCESS_RIGHTS"),
    Trouble.NOT_FOUND: (NO_SUCH_OBJECT, "NO_OBJECT"),
    Trouble.BUSY: (51, "BUSY"),
    Trouble.BROKEN: (52, "UNAVAILABLE"),
}
"""What a controller answers for a trouble."""
CANNOT: Final = {
    "conflict": "A controller takes one write after the other and tells nobody of a conflict.",
    "slow down": "A controller has no quota.",
    "slow down, unsaid": "A controller has no quota.",
    "repeated page": "The cookie of a paged search is between the controller and ldap3.",
    "endpoint": "This sandbox is in the process; the proxy stands before a real controller.",
}


@contextmanager
def subject() -> Iterator[Subject]:
    """A domain with OUs and groups, and no account but the built-in ones."""
    with serve(SandboxOptions()) as sandbox:
        domain = sandbox.directory
        yield subject_of(
            sandbox.settings,
            content=lambda: json.dumps(domain.snapshot(), sort_keys=True).encode(),
            permission=domain.add_group("G-Conformance (all)"),
            faults=DomainFaults(domain),
            cannot=CANNOT,
        )


def subject_of(
    settings: Mapping[str, Any],
    *,
    content: Callable[[], bytes],
    permission: str,
    faults: Troubled | None,
    cannot: Mapping[str, str],
    **others: Any,
) -> Subject:
    """A domain under the laws: the sandbox, or a real one.

    Args:
        settings: Under which it is reached.
        content: Everything it holds, as bytes.
        permission: GUID of a group that can be granted.
        faults: Makes trouble.
        cannot: What it is not held to, and why.
        others: Further hooks.
    """
    containers = settings["containers"]
    return Subject(
        connector=CONNECTORS[0],
        settings=settings,
        content=content,
        persons=("1000001", "1000002"),
        odd_persons=ODD_IDS,
        create=lambda person: {**_create(person), "container": containers["initial"]},
        update={
            "displayName": "O'Brien, Ольга (née Weiß)",
            "otherTelephone": ("+31 30 000 0002", "+31 30 000 0001"),
        },
        rename={
            "cn": "Bo Jansen, zzp",
            "sAMAccountName": "renamed",
            "userPrincipalName": "renamed@example.org",
            "mail": "renamed@example.org",
            "proxyAddresses": ("SMTP:renamed@example.org", "smtp:1000001@example.org"),
        },
        free_text=("displayName", "title"),
        unsupported={"noSuchAttribute": "x"},
        container=containers["enabled"],
        permission=permission,
        missing_ref="00000000-0000-4000-8000-000000000000",
        secrets={"bind_password": "Not-The-Password-1"},
        page_size="page_size",
        page_sizes=(1, 1000),
        faults=faults,
        cannot=cannot,
        **others,
    )


class DomainFaults:
    """Trouble of the sandbox, in the words of the laws.

    Args:
        domain: The one that has it.
    """

    def __init__(self, domain: SandboxDomain) -> None:
        """Look at the domain."""
        self._domain = domain

    @property
    def kinds(self) -> Collection[Trouble]:
        """What a controller can do to those who ask."""
        return {*CODES, Trouble.CUT, Trouble.LOST}

    @property
    def writes(self) -> int:
        """Writes that have reached the domain."""
        return sum(call.operation not in READS for call in self._domain.faults.calls)

    def order(
        self, trouble: Trouble, *, writing: bool, times: int = 1, skip: int = 0, seconds: int = 1
    ) -> None:
        """Let the next calls meet trouble; `times` -1 is for good."""
        counted = itertools.count()
        end = None if times < 0 else skip + times

        def is_meant(call: Call) -> bool:
            if (call.operation not in READS) is not writing or call.operation == "bind":
                return False
            number = next(counted)
            return number >= skip and (end is None or number < end)

        faults = self._domain.faults
        if trouble in CODES:
            code, text = CODES[trouble]
            faults.refuse(is_meant, code=code, text=text)
        else:
            faults.drop_reply(is_meant, times=10**9, applied=trouble is Trouble.LOST)

    def heal(self) -> None:
        """No more trouble."""
        self._domain.heal()


def _create(person: str) -> dict[str, Value]:
    name = plain(person)
    return {
        "cn": f"Bo Smit, {person}",
        "sAMAccountName": f"u{name}",
        "userPrincipalName": f"{name}@example.org",
        "mail": f"{name}@example.org",
        "employeeID": person,
        "displayName": "Bo Smit",
        "sn": "Smit",
    }


SUBJECTS: Final = {"active_directory": subject}
