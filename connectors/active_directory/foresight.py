"""What the changes of many persons will ask of the directory, looked up for all of them at once.

An attribute such as employeeID is not indexed: a search per person reads the whole domain every
time, and one for all of them reads it once.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Generic, TypeVar

from connectors.active_directory.accounts import SMTP, addresses_of, is_account
from connectors.active_directory.directory import Entry
from connectors.active_directory.manifest import MANAGER_ID
from connectors.active_directory.names import escape_filter, filter_bytes, guid_bytes
from connectors.model.change import Change, Verb
from connectors.model.values import Attributes, Value

Search = Callable[[str, Iterable[str]], list[Entry]]

_T = TypeVar("_T")

PORTION: Final = 100
"""Persons per search by a name or a GUID, which are indexed."""
WHOLE: Final = 500
"""Persons per search by the correlation value, each of which reads the whole domain."""


class Foreseen:
    """Answers that were looked up before they are asked for. Each is given once.

    Those of two windows of persons are kept: the next one is foreseen while the last persons of the
    one before are still written.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = threading.Lock()
        self._accounts: _Recent[tuple[Entry, frozenset[str]]] = _Recent()
        self._holders: _Recent[list[Entry]] = _Recent()
        self._names: _Recent[list[Entry]] = _Recent()
        self._managers: _Recent[list[Entry]] = _Recent()
        self._coming: _Recent[bool] = _Recent()
        self._claimed: dict[str, str] = {}

    def turn(self, coming: Iterable[str]) -> None:
        """Begin a window, in which accounts with these correlation values are to be made."""
        with self._lock:
            for answers in self._accounts, self._holders, self._managers, self._names, self._coming:
                answers.turn()
            self._coming.newer.update((value.casefold(), True) for value in coming)

    def claim(self, addresses: Iterable[str], who: str) -> str | None:
        """Note that somebody is about to get addresses; one that another one claimed, if any."""
        with self._lock:
            for address in sorted(addresses):
                if self._claimed.setdefault(address, who) != who:
                    return address
        return None

    def keep(self, account: Entry, attributes: Iterable[str]) -> None:
        """Remember an account, read with `lookup.STATE` and these attributes."""
        with self._lock:
            known = frozenset(name.casefold() for name in attributes)
            self._accounts.newer[account.guid] = account, known

    def account(self, ref: str, attributes: Iterable[str]) -> Entry | None:
        """An account that was read with at least these attributes."""
        with self._lock:
            seen = self._accounts.pop(ref.casefold())
        if seen is None:
            return None
        entry, known = seen
        lacking = {name.casefold() for name in attributes} - known - entry.attributes.keys()
        return None if lacking else entry

    def keep_holders(self, values: Iterable[str], found: Iterable[Entry], correlation: str) -> None:
        """Remember who holds some correlation values, and that nobody else does."""
        with self._lock:
            asked: dict[str, list[Entry]] = {value.casefold(): [] for value in values}
            for entry in found:
                for value in entry.texts(correlation):
                    if is_account(entry) and value.casefold() in asked:
                        asked[value.casefold()].append(entry)
            self._holders.newer |= asked
            self._managers.newer |= {
                value: accounts
                for value, accounts in asked.items()
                if accounts or not self._coming.get(value)
            }

    def holders_of(self, value: str) -> list[Entry] | None:
        """Accounts that hold a correlation value, None when nobody looked."""
        with self._lock:
            return self._holders.pop(value.casefold())

    def manager_of(self, value: str) -> list[Entry] | None:
        """The same, for somebody whom several may name: given as often as it is asked for.

        None too where nobody held it, but an account with it may have been made since.
        """
        with self._lock:
            found = self._managers.get(value.casefold())
            if not found and self._coming.get(value.casefold()):
                return None
            return None if found is None else list(found)

    def keep_names(self, names: Iterable[str], found: Sequence[Entry]) -> None:
        """Remember who holds some logins and addresses, and that nobody else does."""
        with self._lock:
            asked: dict[str, list[Entry]] = {name: [] for name in names}
            for entry in found:
                login = (entry.text("sAMAccountName") or "").casefold()
                for name in {f"={login}", *addresses_of(entry)}:
                    if name in asked:
                        asked[name].append(entry)
            self._names.newer |= asked

    def named(self, addresses: set[str], login: str | None) -> list[Entry] | None:
        """Who holds one of these names, None when nobody looked for one of them."""
        names = [*addresses, *([f"={login.casefold()}"] if login else [])]
        with self._lock:
            if any(self._names.get(name) is None for name in names):
                return None
            return [entry for name in names for entry in self._names.pop(name) or ()]


class _Recent(Generic[_T]):
    """What is known by a key, of this window and of the one before."""

    def __init__(self) -> None:
        self.newer: dict[str, _T] = {}
        self._older: dict[str, _T] = {}

    def turn(self) -> None:
        """Forget what is of the window before."""
        self.newer, self._older = {}, self.newer

    def get(self, key: str) -> _T | None:
        """What is known, None when nothing is."""
        found = self.newer.get(key)
        return self._older.get(key) if found is None else found

    def pop(self, key: str) -> _T | None:
        """The same, and it is forgotten."""
        older = self._older.pop(key, None)
        found = self.newer.pop(key, None)
        return older if found is None else found


class Foresight:
    """Looks up what changes will ask for.

    Args:
        correlation: The attribute that holds the HR id.
        search: Finds objects anywhere in the domain, with `lookup.STATE` and more attributes.
        foreseen: Takes the answers.
    """

    def __init__(self, correlation: str, search: Search, foreseen: Foreseen) -> None:
        """Remember the parts."""
        self._correlation, self._search, self._foreseen = correlation, search, foreseen

    def look(self, changes: Sequence[Change]) -> None:
        """Look up accounts by their GUID, and for new ones whether person and names are free."""
        self._foreseen.turn(self._coming(changes))
        if len(changes) == 1:  # it can as well ask itself
            return
        refs = {change.ref for change in changes if change.ref is not None}
        wanted = {
            name
            for change in changes
            if change.verb is Verb.UPDATE
            for name in change.after
            if name != MANAGER_ID
        }
        for some in portions(sorted(_guids(refs)), PORTION):
            terms = (f"(objectGUID={filter_bytes(guid_bytes(ref))})" for ref in some)
            for entry in self._search(f"(|{''.join(terms)})", wanted):
                self._foreseen.keep(entry, wanted)
        self._look_for_persons(changes)
        self._look_for_names(changes)

    def _coming(self, changes: Sequence[Change]) -> Iterator[str]:
        for change in changes:
            value = change.after.get(self._correlation)
            if change.verb is Verb.CREATE and isinstance(value, str):
                yield value

    def _look_for_persons(self, changes: Sequence[Change]) -> None:
        values = {
            value
            for change in changes
            for name in (self._correlation if change.verb is Verb.CREATE else "", MANAGER_ID)
            if isinstance(value := change.after.get(name), str) and value
        }
        for some in portions(sorted(values), WHOLE):
            terms = (f"({self._correlation}={escape_filter(value)})" for value in some)
            found = self._search(f"(|{''.join(terms)})", ())
            self._foreseen.keep_holders(some, found, self._correlation)

    def _look_for_names(self, changes: Sequence[Change]) -> None:
        naming = [one for one in changes if one.verb in {Verb.CREATE, Verb.UPDATE}]
        for some in portions(naming, PORTION):
            addresses = {address for one in some for address in addresses_in(one.after)}
            logins = {
                login.casefold()
                for one in some
                if one.verb is Verb.CREATE and (login := _text(one.after.get("sAMAccountName")))
            }
            terms = [term for login in sorted(logins) for term in naming_terms(set(), login)]
            terms += naming_terms(addresses, None)
            if terms:
                found = self._search(f"(|{''.join(terms)})", ())
                self._foreseen.keep_names({*addresses, *(f"={one}" for one in logins)}, found)


def portions(whole: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """A sequence, cut into pieces of a size at most."""
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def naming_terms(addresses: set[str], login: str | None) -> list[str]:
    """Terms of a filter for whoever holds an address or a login."""
    terms = [f"(sAMAccountName={escape_filter(login)})"] if login else []
    for address in sorted(addresses):
        value = escape_filter(address)
        terms.append(f"(mail={value})(userPrincipalName={value})(proxyAddresses=smtp:{value})")
    return terms


def addresses_in(values: Attributes) -> set[str]:
    """The addresses that values claim, folded, without `smtp:`."""
    claimed = {_text(values.get(name)) for name in ("mail", "userPrincipalName")}
    proxies = values.get("proxyAddresses", ())
    for value in (
        (proxies,) if isinstance(proxies, str) else proxies if isinstance(proxies, tuple) else ()
    ):
        if value.casefold().startswith(SMTP):
            claimed.add(value[len(SMTP) :])
    return {address.casefold() for address in claimed if address}


def _guids(refs: Iterable[str]) -> Iterator[str]:
    """Those that are GUIDs; what is none is refused when its turn comes."""
    for ref in refs:
        try:
            guid_bytes(ref)
        except ValueError:
            continue
        yield ref


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) and value else None
