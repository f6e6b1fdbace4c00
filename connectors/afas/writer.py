"""Writers of the two targets: a PUT with exactly the fields of the change, and what comes after.

AFAS refuses a field that already has the value sent, refuses a second writer on one person, and
goes on working when the reply got lost; it says all of that with one status and texts nobody
published. So after anything but success the writer reads the record back and looks.

Source: Tools4everBV/HelloID-Conn-Prov-Target-AFAS-Profit-Employees and -Users, update.ps1, README.
"""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from connectors.afas.client import AfasClient, Fields
from connectors.afas.manifest import EMPLOYEE, USER
from connectors.afas.mapping import EMPLOYEE_KEY, NOT_WRITTEN, USER_KEY
from connectors.afas.settings import EmployeeSettings, TargetSettings, UserSettings
from connectors.model.change import Change, Verb
from connectors.model.errors import (
    Conflict,
    ConnectorError,
    Invalid,
    NotFound,
    Refused,
    Transient,
)
from connectors.model.manifest import Compare, Manifest
from connectors.model.receipt import Receipt
from connectors.model.values import CLEAR, Value
from connectors.sdk.fanout import Written, apply_per_person

CONFLICT_RETRIES: Final = 3
LOST_RETRIES: Final = 1
FIRST_WAIT_SECONDS: Final = 0.2
CONFIRMED: Final = "confirmed by read"

Sleep = Callable[[float], None]


class _Writer(ABC):
    """Writes one kind of record.

    Args:
        settings: Of the target.
        target: Its name in the profile.
        key: Update field of the native id.
        manifest: Says how values are compared.
        sleep: Waits before another try; replaced in tests.
    """

    def __init__(
        self, settings: TargetSettings, target: str, *, key: str, manifest: Manifest, sleep: Sleep
    ) -> None:
        self._settings, self._target, self._key, self._sleep = settings, target, key, sleep
        self._manifest = manifest
        self._columns = settings.readable
        token = settings.write_token or settings.token
        self._client = AfasClient(settings, read_only=False, token=token, sleep=sleep)
        self._verbs: dict[Verb, Callable[[Change], Written]] = {
            Verb.CORRELATE: self._correlate,
            Verb.UPDATE: self._update,
        }

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes, persons side by side.

        Raises:
            Fatal: The token is refused, the connector is not granted, or AFAS does not answer.
        """
        return apply_per_person(changes, self._execute, concurrency=self._settings.concurrency)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @abstractmethod
    def _put(self, change: Change, fields: Fields) -> None:
        """Send fields of the record that the change names."""

    def _execute(self, change: Change) -> Written:
        execute = self._verbs.get(change.verb)
        if execute is None:
            message = f"this target has no {change.verb.value}"
            raise Invalid(message, system=self._target)
        return execute(change)

    def _correlate(self, change: Change) -> Written:
        """The link is ours: nothing is sent."""
        return Written(ref=self._ref_of(change))

    def _update(self, change: Change) -> Written:
        """Send what is to change; after a refusal or silence, what still differs.

        Raises:
            Transient: Two tries and the readings between them did not settle it.
            Refused: AFAS refuses what still differs.
        """
        fields = self._fields(change)
        produced = {name: value for name, value in change.after.items() if value is not CLEAR}
        conflicts = losses = 0
        while True:
            try:
                self._put(change, fields)
            except (Refused, Transient) as error:
                losses += isinstance(error, Transient)
                conflicts += isinstance(error, Conflict)
                differing = self._still_differing(change, fields, error)
                if not differing:
                    detail = CONFIRMED if losses else None
                    return Written(
                        ref=change.ref, produced=produced, already=not losses, detail=detail
                    )
                if losses > LOST_RETRIES or conflicts > CONFLICT_RETRIES:
                    raise
                final = not isinstance(error, Transient | Conflict)
                if final and len(differing) == len(fields):
                    raise
                if isinstance(error, Conflict):
                    self._sleep(_wait_seconds(conflicts))
                fields = differing
            else:
                return Written(ref=change.ref, produced=produced)

    def _fields(self, change: Change) -> dict[str, str | bool]:
        """The change as AFAS wants it: text, real booleans, "" to clear.

        Raises:
            Invalid: A field that no update sends, or one that no GetConnector shows.
        """
        fields: dict[str, str | bool] = {}
        for name, value in change.after.items():
            if name in NOT_WRITTEN:
                raise Invalid(f"{name} is never updated", system=self._target, operation="update")
            if name not in self._columns:
                raise Invalid(
                    f"no GetConnector field shows {name}",
                    system=self._target,
                    operation="update",
                    hint="Name it under `columns` in the settings of the target.",
                )
            fields[name] = _sendable(name, value)
        return fields

    def _still_differing(
        self, change: Change, fields: dict[str, str | bool], error: ConnectorError
    ) -> dict[str, str | bool]:
        """Read the record back: the fields that do not hold what was sent.

        Raises:
            NotFound: AFAS does not show the record that it refused to update.
            ConnectorError: `error`, when reading back does not settle it.
        """
        try:
            rows = self._client.find_rows(
                self._settings.get_connectors.users,
                field=self._columns[self._key],
                value=self._ref_of(change),
                order_by=[self._columns[EMPLOYEE_KEY], self._columns["BcCo"]],
            )
        except ConnectorError:
            raise error from None
        if len(rows) != 1:
            if isinstance(error, Transient):
                raise error
            raise _not_one(len(rows), error) from error
        return {
            name: value
            for name, value in fields.items()
            if not self._same(name, rows[0].get(self._columns[name]), value)
        }

    def _same(self, name: str, held: Any, wanted: Any) -> bool:
        """Whether a field holds what was wanted, by the rule that the planner compares with."""
        attribute = self._manifest.attribute(name)
        if attribute is not None and attribute.compare is Compare.IGNORE_CASE:
            return _plain(held).casefold() == _plain(wanted).casefold()
        return _plain(held) == _plain(wanted)

    def _ref_of(self, change: Change) -> str:
        if not change.ref:
            message = "the change names no record"
            raise Invalid(message, system=self._target, operation=change.verb.value)
        return change.ref


class EmployeeWriter(_Writer):
    """Writes fields of the person behind an employee."""

    def __init__(
        self, settings: EmployeeSettings, target: str, *, sleep: Sleep = time.sleep
    ) -> None:
        """Open a client that may write."""
        super().__init__(settings, target, key=EMPLOYEE_KEY, manifest=EMPLOYEE, sleep=sleep)
        self._update_through = settings.update_through

    def _update(self, change: Change) -> Written:
        if not change.context.get("BcCo"):
            raise Invalid("the person number is not known", system=self._target, operation="update")
        return super()._update(change)

    def _put(self, change: Change, fields: Fields) -> None:
        if self._update_through == "KnPerson":
            self._client.put_person(change.context["BcCo"], fields)
        else:
            self._client.put_employee(self._ref_of(change), change.context["BcCo"], fields)


class UserWriter(_Writer):
    """Writes fields of a user."""

    def __init__(self, settings: UserSettings, target: str, *, sleep: Sleep = time.sleep) -> None:
        """Open a client that may write."""
        super().__init__(settings, target, key=USER_KEY, manifest=USER, sleep=sleep)
        self._profit_users = (
            settings.get_connectors.profit_users if settings.send_description else None
        )

    def _put(self, change: Change, fields: Fields) -> None:
        user = self._ref_of(change)
        described = (
            {"Nm": self._description(self._profit_users, user)} if self._profit_users else {}
        )
        self._client.put_user(user, {**described, **fields})

    def _description(self, connector: str, user: str) -> str:
        """The user's description as it stands: what the employee is called is another field."""
        rows = self._client.find_rows(connector, field="UserId", value=user, order_by=["UserId"])
        if len(rows) != 1 or not rows[0].get("Description"):
            message = f"no description of user {user}"
            raise NotFound(message, system=self._target, operation=f"GET {connector}")
        return str(rows[0]["Description"])


def _sendable(name: str, value: Value) -> str | bool:
    if value is CLEAR:
        return ""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return str(value)
    message = f"{name} cannot hold {value!r}"
    raise Invalid(message)


def _plain(value: Any) -> str:
    """A value in one form: nothing is "", a boolean AFAS's 1 or 0."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def _wait_seconds(conflicts: int) -> float:
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - keeps two writers apart, protects nothing
    return float(FIRST_WAIT_SECONDS * 2 ** (conflicts - 1) * jitter)


def _not_one(count: int, error: ConnectorError) -> Refused:
    """What to say when AFAS shows no row, or several, for the record it was asked to update."""
    shown = "AFAS shows no such record" if count == 0 else "AFAS shows several records for this key"
    return NotFound(
        f"{error.message}; {shown}",
        system=error.system,
        operation=error.operation,
        code=error.code,
        reference=error.reference,
        hint="A contract that ended more than three months ago leaves the GetConnector."
        if count == 0
        else "",
    )
