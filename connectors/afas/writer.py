"""What the writers of both targets share: sending, and finding out what became of it.

AFAS refuses a field that already has the value sent, refuses a second writer on one person, and
goes on working when the reply got lost; it says all of that with one status and texts nobody
published. So after anything but success the writer reads the record back and looks.

Source: Tools4everBV/HelloID-Conn-Prov-Target-AFAS-Profit-Employees and -Users, update.ps1, README.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.afas.client import AfasClient
from connectors.afas.mapping import (
    BLOCKED,
    EMPLOYEE_KEY,
    KEYS,
    PERSON_KEY,
    RIGHTS,
    USER_KEY,
)
from connectors.afas.pages import Row
from connectors.afas.patience import Patience, Sleep
from connectors.afas.settings import TargetSettings
from connectors.afas.telling import capped, without_private
from connectors.afas.turns import TURNS
from connectors.model.change import Change, Verb
from connectors.model.errors import (
    ConnectorError,
    Invalid,
    NotFound,
    Refused,
    Transient,
)
from connectors.model.manifest import Compare, Manifest
from connectors.model.receipt import Receipt
from connectors.model.values import CLEAR, Attributes, Value
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.fanout import Written
from connectors.sdk.windows import apply_in_windows

PERSONS: Final = 100
"""Whose records are looked at together, right before they are written."""
CONFIRMED: Final = "confirmed by read"
UNIQUE: Final = frozenset({"Upn", "EmAd"})
MUST_BE_UNIQUE: Final = (
    "If that is about an address: AFAS wants it to be unique, perhaps over all environments."
)
"""What AFAS says to a value in use is not published, so no text can be recognised."""
ENABLED: Final = "enabled"
"""Not a field: what an enable, a disable and a delete say of the account."""

Wanted = dict[str, str | bool]
"""What a record shall hold: fields as they are sent, or others that a reading shows."""


class NotShown(NotFound):
    """The GetConnector does not show the record: it is gone, or outside the window."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How a write ended well.

    Attributes:
        already: AFAS refused it, and the record holds everything that was wanted.
        detail: "confirmed by read" when the reply got lost, else None.
    """

    already: bool = False
    detail: str | None = None


class AfasWriter(ABC):
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
        """Open a client that may write."""
        self._settings, self._target, self._key, self._sleep = settings, target, key, sleep
        self._manifest, self._before_image = manifest, BeforeImage(manifest, target)
        self._columns = settings.readable
        self._order = [self._columns[EMPLOYEE_KEY], self._columns[PERSON_KEY]]
        self._seen: dict[str, list[Row]] = {}
        token = settings.write_token or settings.token
        self._client = AfasClient(settings, read_only=False, token=token, sleep=sleep)
        verbs = {**self._verbs(), Verb.CORRELATE: self._correlate}
        self._offered = {verb: execute for verb, execute in verbs.items() if verb in manifest.verbs}

    @abstractmethod
    def _verbs(self) -> Mapping[Verb, Callable[[Change], Written]]:
        """What executes which verb; those that the manifest does not offer are refused."""

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes, persons side by side.

        Raises:
            Fatal: The token is refused, the connector is not granted, or AFAS does not answer.
        """
        return apply_in_windows(
            changes,
            self._execute,
            foresee=self._look,
            size=PERSONS,
            concurrency=self._settings.concurrency,
            eager=True,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _execute(self, change: Change) -> Written:
        execute = self._offered.get(change.verb)
        if execute is None:
            raise self._invalid(change, f"this target has no {change.verb.value}")
        try:
            with self._turn(change):
                self._require_unmoved(change)
                written = execute(change)
        except ConnectorError as error:
            error.message = capped(without_private(error.message, change))
            if isinstance(error, Refused) and not error.hint and UNIQUE & change.after.keys():
                error.hint = MUST_BE_UNIQUE
            raise
        return replace(written, detail=written.detail and capped(written.detail))

    def _look(self, changes: Sequence[Change]) -> None:
        """Read the records that are about to be written: a call for many instead of one for each.

        What it does not show, because AFAS spells a key otherwise, say, is looked for again.
        """
        refs = {change.ref for change in changes if self._before_image.is_known(change)}
        key = self._columns[self._key]
        rows = self._client.find_many(
            self._settings.get_connectors.users,
            field=key,
            values=sorted(ref for ref in refs if ref),
            order_by=self._order,
        )
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(str(row.get(key)), []).append(row)
        self._seen.update(found)  # over what an earlier look saw of the same record

    def _require_unmoved(self, change: Change) -> None:
        """Raise `Moved` unless AFAS shows the record as the plan saw it, or as it shall be.

        Of a record that AFAS does not show, the writing finds out what there is to know.
        """
        if not self._before_image.is_known(change):
            return
        ref = self._ref_of(change)
        rows = self._seen.pop(ref, None) or self._rows_of(ref)
        if len(rows) != 1:
            return
        held: dict[str, Value | None] = {
            name: _shown(rows[0].get(self._columns[name]))
            for name in change.after
            if name in self._columns
        }
        if BLOCKED in self._columns:
            held[ENABLED] = _plain(rows[0].get(self._columns[BLOCKED])) != "1"
        hr_id = _shown(rows[0].get(self._columns[EMPLOYEE_KEY]))
        hidden = change.after.keys() - held.keys()
        self._before_image.require(change, held, hr_id=hr_id, but=hidden)

    def _turn(self, change: Change) -> AbstractContextManager[None]:
        """The turn of the person in AFAS: two HR persons may be one there, with two employments."""
        number = change.context.get(PERSON_KEY)
        if not number or change.verb is Verb.CORRELATE:
            return nullcontext()
        return TURNS.of((self._settings.base_url.casefold(), number))

    def _correlate(self, change: Change) -> Written:
        """The link is ours: nothing is sent."""
        return Written(ref=self._ref_of(change))

    def _settle(self, ref: str, wanted: Wanted, put: Callable[[Wanted], None]) -> Sent:
        """Send what is wanted; after a refusal or silence, what the record still lacks of it.

        Args:
            ref: Native id of the record.
            wanted: A name that no column shows counts as lacking until a reply says otherwise.
            put: Sends some of it.

        Raises:
            NotShown: AFAS refuses, and shows no such record.
            Transient: Two tries and the readings between them did not settle it.
            Refused: AFAS refuses what the record still lacks.
        """
        patience = Patience(self._sleep)
        while True:
            try:
                put(wanted)
            except (Refused, Transient) as error:
                patience.count(error)
                lacking = self._lacking(ref, wanted, error)
                if not lacking:
                    return Sent(not patience.lost, CONFIRMED if patience.lost else None)
                patience.again(error, progress=len(lacking) < len(wanted))
                wanted = lacking
            else:
                return Sent()

    def _lacking(self, ref: str, wanted: Wanted, error: ConnectorError) -> Wanted:
        """Read the record back: what it does not hold.

        Raises:
            NotShown: AFAS does not show the record that it refused to write.
            ConnectorError: `error`, when reading back does not settle it.
        """
        rows = self._read_back(ref, error)
        if not rows:
            if isinstance(error, Transient):
                raise error
            raise _not_shown(error) from error
        return {
            name: value
            for name, value in wanted.items()
            if name not in self._columns
            or not self._same(name, rows[0].get(self._columns[name]), value)
        }

    def _read_back(self, ref: str, error: ConnectorError) -> list[Row]:
        """The row of a record, none when it is not shown; `error` when that cannot be read."""
        try:
            rows = self._rows_of(ref)
        except ConnectorError:
            raise error from None
        if len(rows) > 1:
            raise _ambiguous(error, self._target)
        return rows

    def _rows_of(self, ref: str) -> list[Row]:
        """The rows of the users GetConnector for a record, at most two."""
        return self._client.find_rows(
            self._settings.get_connectors.users,
            field=self._columns[self._key],
            value=ref,
            order_by=self._order,
        )

    def _is_shown(self, change: Change) -> bool:
        """Whether AFAS shows the record of a change, asked anew.

        Raises:
            Invalid: It shows several.
        """
        rows = self._rows_of(self._ref_of(change))
        if len(rows) > 1:
            raise _ambiguous(self._invalid(change, "nothing was sent"), self._target)
        return bool(rows)

    def _fields(self, change: Change, *, but: frozenset[str] = frozenset()) -> Wanted:
        """The change as AFAS wants it: text, real booleans, "" to clear.

        Args:
            change: Its `after` is sent.
            but: Names that are something else and left out.

        Raises:
            Invalid: A field that is never sent, or one that no GetConnector shows.
        """
        fields: Wanted = {}
        for name, value in change.after.items():
            if name in but:
                continue
            self._require_field(change, name)
            if name not in self._columns:
                error = self._invalid(change, f"no GetConnector field shows {name}")
                error.hint = "Name it under `columns` in the settings of the target."
                raise error
            fields[name] = sendable(name, value)
        return fields

    def _require_field(self, change: Change, name: str) -> None:
        """Refuse what no mapping may send.

        Raises:
            Invalid: It says which record or what to do, and is no field to write.
        """
        if name in KEYS or name == USER_KEY or self._manifest.attribute(name) is None:
            raise self._invalid(change, f"{name} is never updated")

    def _same(self, name: str, held: Any, wanted: Any) -> bool:
        """Whether a field holds what was wanted, by the rule that the planner compares with."""
        attribute = self._manifest.attribute(name)
        if attribute is not None and attribute.compare is Compare.IGNORE_CASE:
            return _plain(held).casefold() == _plain(wanted).casefold()
        return _plain(held) == _plain(wanted)

    def _ref_of(self, change: Change) -> str:
        if not change.ref:
            raise self._invalid(change, "the change names no record")
        return change.ref

    def _number_of(self, change: Change) -> str:
        """The person number: an empty one would find anybody."""
        number = change.context.get(PERSON_KEY)
        if not number:
            raise self._invalid(change, "the person number is not known")
        return number

    def _invalid(self, change: Change, message: str) -> Invalid:
        return Invalid(message, system=self._target, operation=change.verb.value)


def produced(after: Attributes) -> dict[str, Value]:
    """What a record holds once a change is done."""
    return {name: value for name, value in after.items() if value is not CLEAR and name != ENABLED}


def sendable(name: str, value: Value) -> str | bool:
    """A value as AFAS takes it; cleared rights are false, cleared text is empty.

    Raises:
        Invalid: It is a list. The message does not show it: it may be private.
    """
    if value is CLEAR:
        return False if name in RIGHTS else ""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return str(value)
    message = f"{name} cannot hold a {type(value).__name__}"
    raise Invalid(message)


def _shown(value: Any) -> Value | None:
    """A value as a reading shows it: booleans as they are, anything else as text."""
    if value is None or isinstance(value, bool):
        return value
    return str(value) if str(value).strip() else None


def _plain(value: Any) -> str:
    """A value in one form: nothing is "", a boolean AFAS's 1 or 0."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def _not_shown(error: ConnectorError) -> NotShown:
    return NotShown(
        f"{error.message}; AFAS shows no such record",
        system=error.system,
        operation=error.operation,
        code=error.code,
        reference=error.reference,
        hint="A contract that ended more than three months ago leaves the GetConnector.",
    )


def _ambiguous(error: ConnectorError, target: str) -> Invalid:
    return Invalid(
        f"{error.message}; AFAS shows several records for this key",
        system=error.system or target,
        operation=error.operation,
        code=error.code,
        reference=error.reference,
    )
