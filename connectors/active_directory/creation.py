"""Making an account, and giving it its first password.

An account is made disabled and without a password; then it gets one, which went to the sink before.
A run that stopped in between is no harm: who finds the account later takes it over and sets a new
one.
"""

import threading
from typing import Final

from connectors.active_directory.accounts import DISABLED, NORMAL, is_enabled
from connectors.active_directory.containers import ExistingContainers
from connectors.active_directory.directory import Directory, Entry, Modification, Operation
from connectors.active_directory.foresight import addresses_in
from connectors.active_directory.lookup import Lookup, produced
from connectors.active_directory.managers import with_manager
from connectors.active_directory.names import child_dn
from connectors.active_directory.policy import PasswordPolicy, names_of
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.active_directory.values import check_writable, surely, text_of, values_of
from connectors.model.change import Change
from connectors.model.errors import Conflict, Invalid, Misconfigured, NotFound
from connectors.sdk.fanout import Written
from connectors.sdk.passwords import PasswordSink, make_password

USER: Final = ("top", "person", "organizationalPerson", "user")
_NAMES: Final = ("sAMAccountName", "userPrincipalName", "mail")


class Creation:
    """Makes accounts.

    Args:
        settings: Password rules, correlation attribute.
        directory: Bound as the account that writes.
        lookup: Of the same directory.
        containers: Of the same directory.
        sink: Where initial passwords go.
        system: Name of the target, for messages.
    """

    def __init__(
        self,
        settings: ActiveDirectorySettings,
        directory: Directory,
        lookup: Lookup,
        containers: ExistingContainers,
        sink: PasswordSink,
        system: str,
    ) -> None:
        """Remember the parts."""
        self._settings, self._directory, self._lookup = settings, directory, lookup
        self._containers, self._sink, self._system = containers, sink, system
        self._policy = PasswordPolicy(directory, lookup)
        self._lock = threading.Lock()
        self._given: set[str] = set()

    def create(self, change: Change) -> Written:
        """Make the account of a change, or take over the one that an earlier try of it made.

        Raises:
            AlreadyExists: A name belongs to somebody else.
            Conflict: The person has an account that this change did not make.
            Invalid: The container does not exist, or a value is not acceptable.
        """
        wanted, said = with_manager(change.after, self._lookup)
        container, cn = text_of(wanted.pop("container", None)), text_of(wanted.pop("cn", None))
        person = text_of(wanted.get(self._settings.correlation))
        if not container or not cn or not person:
            message = f"a new account needs container, cn and {self._settings.correlation}"
            raise Invalid(
                message, system=self._system, hint="Map them in the fields of this target."
            )
        several = {name: values_of(value) for name, value in wanted.items() if value != ""}
        content = {name: values for name, values in several.items() if values}
        check_writable(content, self._system)
        known = self._lookup.accounts_of(person)
        if known:
            return self._adopt(change, known, cn, person)
        self._lookup.require_free(
            addresses=addresses_in(wanted),
            who=change.person,
            login=text_of(wanted.get("sAMAccountName")),
        )
        self._containers.require(container)
        dn = child_dn(("CN", cn), container)
        surely(
            lambda: self._directory.add(
                dn, {"objectClass": USER, "userAccountControl": [str(NORMAL | DISABLED)], **content}
            ),
            lambda: bool(self._lookup.accounts_of(person)),
        )
        made = self._lookup.at(dn)
        if made is None:
            message = f"{dn} was made and is gone again"
            raise NotFound(message, system=self._system)
        self.give_password(made, change.person)
        self._lookup.remember(made)
        handed_over = "its initial password was handed over"
        return Written(
            ref=made.guid,
            produced=produced(made),
            detail=f"{handed_over}; {said}" if said else handed_over,
        )

    def needs_password(self, account: Entry) -> bool:
        """Whether nobody can have a password for an account: disabled, never used, never given one.

        `pwdLastSet` is 0 without a password, and also while one must be replaced at the next logon;
        in both cases a new one does no harm to somebody who never signed in.
        """
        used = account.number("lastLogon") or account.number("lastLogonTimestamp")
        fresh = not is_enabled(account) and not used and not account.number("pwdLastSet")
        return fresh and account.guid not in self._given

    def give_password(self, account: Entry, person: str) -> None:
        """Hand over a new password, then set it.

        Raises:
            Fatal: The sink does not take it. It was not set.
            Invalid: The directory does not accept it.
        """
        login = account.text("sAMAccountName") or account.dn
        password = make_password(
            max(self._settings.password_length, self._policy.least_length(account)),
            without=names_of(account),
        )
        try:
            self._sink.deliver(person=person, login=login, password=password)
        except OSError as error:
            message = f"the initial password of {login} could not be handed over ({error.strerror})"
            raise Misconfigured(
                message, system=self._system, hint="Check initial_passwords."
            ) from error
        quoted = f'"{password}"'.encode("utf-16-le")
        modifications = [Modification(Operation.REPLACE, "unicodePwd", (quoted,))]
        if self._settings.change_password_at_next_logon:
            modifications.append(Modification(Operation.REPLACE, "pwdLastSet", ("0",)))
        # Setting the same password again is always possible for somebody who resets it.
        surely(lambda: self._directory.modify(account.dn, modifications), lambda: False)
        with self._lock:
            self._given.add(account.guid)

    def _adopt(self, change: Change, known: list[Entry], cn: str, person: str) -> Written:
        """Take over the account that is there already, if it is the one that was to be made."""
        self._lookup.require_one(known, person)
        account = known[0]
        differing = [
            name
            for name, value in {**{key: change.after.get(key) for key in _NAMES}, "cn": cn}.items()
            if value is not None and (account.text(name) or "").casefold() != str(value).casefold()
        ]
        if differing:
            names = " and ".join(differing)
            message = f"{account.dn} belongs to this person already, with another {names}"
            raise Conflict(
                message, system=self._system, hint="Run again: the next plan takes it over."
            )
        self._lookup.refuse_protected(account)
        detail = "the account was there already"
        if self.needs_password(account):
            self.give_password(account, change.person)
            detail += "; it got a new initial password"
        return Written(ref=account.guid, produced=produced(account), already=True, detail=detail)
