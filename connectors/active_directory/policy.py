"""What the domain asks of a password.

Source: MS-SAMR 3.1.1.7 (minPwdLength, complexity), MS-ADTS 3.1.1.4.5.36 (msDS-ResultantPSO).
"""

import re
import threading
from collections.abc import Iterator

from connectors.active_directory.directory import Directory, Entry, Scope
from connectors.active_directory.domain import ANY
from connectors.active_directory.lookup import Lookup
from connectors.model.errors import Refused

_BETWEEN = re.compile(r"[\s,.\-_#]+")
"""What separates the parts of a display name that a complex password must not hold."""


class PasswordPolicy:
    """The policy of a domain, and finer ones of its accounts as far as they can be read.

    Args:
        directory: Bound as the account that writes.
        lookup: Of the same directory.
    """

    def __init__(self, directory: Directory, lookup: Lookup) -> None:
        """Remember the parts; the policy is read with the first password."""
        self._directory, self._lookup = directory, lookup
        self._lock = threading.Lock()
        self._domain: int | None = None
        self._finer: dict[str, int] = {}

    def least_length(self, account: Entry) -> int:
        """Characters that a password of the account needs, 0 when nothing is known of that."""
        with self._lock:
            if self._domain is None:
                self._domain = self._of_the_domain()
                self._finer = dict(self._finer_ones())
        if not self._finer:
            return self._domain
        found = self._directory.search(account.dn, ANY, ["msDS-ResultantPSO"], scope=Scope.BASE)
        name = found[0].text("msDS-ResultantPSO") if found else None
        return self._finer.get((name or "").casefold(), self._domain)

    def _of_the_domain(self) -> int:
        found = self._directory.search(self._lookup.domain, ANY, ["minPwdLength"], scope=Scope.BASE)
        return found[0].number("minPwdLength") if found else 0

    def _finer_ones(self) -> Iterator[tuple[str, int]]:
        """Only whom somebody lets can read them; by default administrators."""
        container = f"CN=Password Settings Container,CN=System,{self._lookup.domain}"
        asked = ["msDS-MinimumPasswordLength"]
        try:
            found = self._directory.search(
                container, "(objectClass=msDS-PasswordSettings)", asked, scope=Scope.ONE_LEVEL
            )
        except Refused:
            return
        for entry in found:
            yield entry.dn.casefold(), entry.number("msDS-MinimumPasswordLength")


def names_of(account: Entry) -> set[str]:
    """What a complex password must not hold: the login, and the parts of the name."""
    names = {account.text("sAMAccountName") or ""}
    for name in ("displayName", "cn"):
        names.update(_BETWEEN.split(account.text(name) or ""))
    return names - {""}
