"""Writer of `afas.user`: makes, changes, unblocks, blocks and empties users; never deletes one.

What to do with a user (`MtCd`) is fixed per verb, here. The description (`Nm`) is sent for a new
user, and otherwise only as it stands, on request: what the employee is called is another field.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from connectors.afas.client import Fields, UserAction
from connectors.afas.manifest import user_manifest
from connectors.afas.mapping import (
    BLOCKED,
    DESCRIPTION,
    EMPLOYEE_KEY,
    PERSON_KEY,
    RIGHTS,
    USER_KEY,
)
from connectors.afas.pages import Row
from connectors.afas.patience import Patience, Sleep
from connectors.afas.settings import UserSettings
from connectors.afas.telling import say_first, sentences, told
from connectors.afas.writer import (
    CONFIRMED,
    ENABLED,
    AfasWriter,
    NotShown,
    Sent,
    Wanted,
    produced,
    sendable,
)
from connectors.model.change import Change, Verb
from connectors.model.errors import (
    AlreadyExists,
    ConnectorError,
    NotFound,
    Refused,
    Transient,
    Unavailable,
)
from connectors.model.values import CLEAR
from connectors.sdk import clock
from connectors.sdk.fanout import Written

IN_GROUPS: Final = "groups"
"""Not a field, and no column shows it: being out of all groups cannot be confirmed by reading."""
OUT: Final = "blocked and out of all groups"
NOT_VISIBLE: Final = "not visible: AFAS does not show this user"
STILL_TAKEN: Final = f"{NOT_VISIBLE}; UPN and mail may still be taken there"


class UserWriter(AfasWriter):
    """Writes users."""

    def __init__(self, settings: UserSettings, target: str, *, sleep: Sleep = clock.sleep) -> None:
        """Open a client that may write."""
        manifest = user_manifest(settings)
        super().__init__(settings, target, key=USER_KEY, manifest=manifest, sleep=sleep)
        self._profit_users = settings.get_connectors.profit_users
        self._repeats_description = settings.send_description
        self._renames = settings.update_user_id
        self._leaves_groups = settings.on_disable == "block_and_leave_groups"

    def _verbs(self) -> Mapping[Verb, Callable[[Change], Written]]:
        return {
            Verb.CREATE: self._create,
            Verb.UPDATE: self._update,
            Verb.ENABLE: self._enable,
            Verb.DISABLE: self._disable,
            Verb.DELETE: self._clear,
        }

    # --- create ----------------------------------------------------------------------------------

    def _create(self, change: Change) -> Written:
        """Make a user for a person who has none.

        A write on a code that exists would change somebody else's user, so the code is looked up
        before every try.

        Raises:
            AlreadyExists: The code is somebody else's.
        """
        number, code = self._number_of(change), self._new_code(change)
        fields = self._fields_of_new(change, number)
        patience = Patience(self._sleep)
        while True:
            if self._is_made(change, code, number):
                detail = CONFIRMED if patience.lost else f"user {code} was there"
                return self._made(change, code, already=not patience.lost, detail=detail)
            try:
                self._client.put_user(code, fields)
            except (Refused, Transient) as error:
                patience.count(error)
                if self._has_code(change, code, error):
                    lost = patience.lost
                    return self._made(
                        change, code, already=not lost, detail=CONFIRMED if lost else None
                    )
                patience.again(error)
            else:
                return self._made(change, code)

    def _made(
        self, change: Change, code: str, *, already: bool = False, detail: str | None = None
    ) -> Written:
        return Written(ref=code, produced=produced(change.after), already=already, detail=detail)

    def _new_code(self, change: Change) -> str:
        code = change.after.get(USER_KEY)
        if not isinstance(code, str) or not code:
            raise self._invalid(change, f"there is no code for the new user: map {USER_KEY}")
        return code

    def _fields_of_new(self, change: Change, number: str) -> Wanted:
        """Every right is named: AFAS counts some as given when they are left out."""
        fields: Wanted = {PERSON_KEY: number, DESCRIPTION: "", **dict.fromkeys(RIGHTS, False)}
        for name, value in change.after.items():
            if name in {USER_KEY, EMPLOYEE_KEY} or value is CLEAR:
                continue
            self._require_field(change, name)
            fields[name] = sendable(name, value)
        if not fields[DESCRIPTION]:
            raise self._invalid(change, f"a new user has a description: map {DESCRIPTION}")
        return fields

    def _is_made(self, change: Change, code: str, number: str) -> bool:
        """Whether the code is in use already, by this very person.

        Raises:
            AlreadyExists: By somebody else.
        """
        rows = self._client.find_rows(
            self._profit_users, field="UserId", value=code, order_by=["UserId"]
        )
        if rows and any(str(row.get("PersonId")) != number for row in rows):
            message = f"user {code} exists and belongs to somebody else"
            raise AlreadyExists(message, system=self._target, operation=change.verb.value)
        return bool(rows)

    # --- update ----------------------------------------------------------------------------------

    def _update(self, change: Change) -> Written:
        """Send what is to change."""
        return self._write(change, self._fields(change, but=frozenset({USER_KEY})))

    def _write(self, change: Change, wanted: Wanted) -> Written:
        """Send what is wanted of a user; another user code first, and the rest under that."""
        ref = self._ref_of(change)
        new = change.after.get(USER_KEY, ref)
        if not isinstance(new, str) or (new != ref and not self._renames):
            raise self._invalid(change, f"{USER_KEY} is never updated")
        sent, renamed = Sent(already=True), ""
        if new != ref:
            sent = self._rename(change, ref, new)
            renamed = f"the user code is {new} now"
        if wanted:
            try:
                rest = self._settle(new, wanted, partial(self._put, new))
            except (Refused, Transient) as error:
                say_first(renamed, error)
                raise
            sent = Sent(sent.already and rest.already, rest.detail or sent.detail)
        return Written(
            ref=new,
            produced=produced(change.after),
            already=sent.already,
            detail=sentences(renamed, sent.detail),
        )

    def _rename(self, change: Change, old: str, new: str) -> Sent:
        """Give a user another code, and see it there.

        Raises:
            NotShown: Neither code is there.
            Refused: AFAS refuses the code, perhaps because somebody else has it.
            Transient: Nobody can say which code the user has.
        """
        patience = Patience(self._sleep)
        while True:
            try:
                described = self._described(old)
                fields = {**described, "UsIdNew": new}
                self._client.put_user(old, fields, action=UserAction.RENAME)
            except (Refused, Transient) as error:
                patience.count(error)
                if self._has_code(change, new, error):
                    return Sent(not patience.lost, CONFIRMED if patience.lost else None)
                self._lacking(old, {}, error)  # raises where the old code is not there either
                patience.again(error)
            else:
                message = f"AFAS took the user code {new} and does not show it"
                silent = Unavailable(message, system=self._target, operation=change.verb.value)
                if self._has_code(change, new, silent):
                    return Sent()
                raise silent

    def _has_code(self, change: Change, code: str, error: ConnectorError) -> bool:
        """Whether the person of a change is the one who has a code; `error` if it is another."""
        rows = self._read_back(code, error)
        if rows and not self._is_of(rows[0], change):
            error.message = f"{error.message}; user code {code} is somebody else's"
            raise error
        return bool(rows)

    def _is_of(self, row: Row, change: Change) -> bool:
        """Whether a row is about the person of a change."""
        number = change.context.get(PERSON_KEY)
        if number:
            return str(row.get(self._columns[PERSON_KEY])) == number
        return str(row.get(self._columns[EMPLOYEE_KEY])) == change.person

    # --- access ----------------------------------------------------------------------------------

    def _enable(self, change: Change) -> Written:
        """Unblock a user, and set fields in the same write."""
        fields = self._fields(change, but=frozenset({ENABLED, USER_KEY}))
        return self._write(change, {BLOCKED: False, **fields})

    def _disable(self, change: Change) -> Written:
        """Block a user; one that AFAS does not show cannot sign in with anything we know."""
        ref = self._ref_of(change)
        wanted: Wanted = {IN_GROUPS: False} if self._leaves_groups else {BLOCKED: True}
        try:
            sent = self._settle(ref, wanted, partial(self._put, ref))
        except NotShown:
            return Written(ref=ref, already=True, detail=NOT_VISIBLE)
        done = OUT if self._leaves_groups else None
        return Written(ref=ref, already=sent.already, detail=sent.detail or done)

    # --- delete ----------------------------------------------------------------------------------

    def _clear(self, change: Change) -> Written:
        """Block a leaver first, then empty the fields: a failing clear still locks them out."""
        ref, fields = self._ref_of(change), self._fields(change, but=frozenset({ENABLED}))
        if not change.after and not self._is_shown(change):
            return Written(already=True, detail=STILL_TAKEN)
        try:
            self._settle(ref, {IN_GROUPS: False}, partial(self._put, ref))
        except NotShown:
            return Written(already=True, detail=STILL_TAKEN)
        if not fields:
            return Written(detail=OUT)
        action = UserAction.BLOCK_AND_LEAVE_GROUPS
        try:
            sent = self._settle(ref, fields, partial(self._put, ref, action=action))
        except (Refused, Transient) as error:
            say_first(f"the user is {OUT}", error)
            raise
        return Written(detail=sentences(OUT, told(fields), sent.detail))

    # --- the wire --------------------------------------------------------------------------------

    def _put(self, user: str, wanted: Wanted, *, action: UserAction | None = None) -> None:
        """Send what is wanted of a user, by the action that brings it about."""
        if action is None:
            action = _action_for(wanted)
        fields = {n: value for n, value in wanted.items() if n not in {BLOCKED, IN_GROUPS}}
        self._client.put_user(user, {**self._described(user), **fields}, action=action)

    def _described(self, user: str) -> Fields:
        """The description as it stands, when it is to be repeated.

        Raises:
            NotFound: Profit has none.
        """
        if not self._repeats_description:
            return {}
        rows = self._client.find_rows(
            self._profit_users, field="UserId", value=user, order_by=["UserId"]
        )
        if len(rows) != 1 or not rows[0].get("Description"):
            message = f"no description of user {user}"
            operation = f"GET {self._profit_users}"
            raise NotFound(message, system=self._target, operation=operation)
        return {DESCRIPTION: str(rows[0]["Description"])}


def _action_for(wanted: Wanted) -> UserAction:
    if IN_GROUPS in wanted:
        return UserAction.BLOCK_AND_LEAVE_GROUPS
    if BLOCKED in wanted:
        return UserAction.BLOCK if wanted[BLOCKED] else UserAction.UNBLOCK
    return UserAction.UPDATE
