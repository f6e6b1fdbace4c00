"""Writes cells of the write-back file."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from typing import Final

from connectors.hr_file.manifest import KEY, MANIFEST
from connectors.hr_file.reader import field_names, headings, read_known, read_sheet, write_back_path
from connectors.hr_file.settings import HrFileSettings
from connectors.hr_file.sheet import Sheet, locked
from connectors.model.change import Change, Verb
from connectors.model.errors import ConfigError, Fatal, Invalid, Misconfigured, NotFound, Refused
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Value
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.fanout import receipt_of, takes_over

BATCH: Final = 500
"""Changes between two replacements of the file."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins with one of these for a formula, and runs it."""


class HrFileWriter:
    """Writes changed cells, some hundreds of changes per replacement of the file.

    Args:
        settings: Where the files are.
        target: Name of the target in the profile.

    Raises:
        ConfigError: `write_back_path` is not set.
    """

    def __init__(self, settings: HrFileSettings, target: str) -> None:
        """Check the settings; nothing is opened yet."""
        self._settings, self._target = settings, target
        self._path = write_back_path(settings)
        self._before_image = BeforeImage(MANIFEST, target)

    @cached_property
    def _known(self) -> dict[str, str]:
        return read_known(self._settings)

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Write a batch, answer for it, write the next one.

        Raises:
            Fatal: The file cannot be written. The changes of that batch have failed; nothing of it
                is in the file.
        """
        people = (list(group) for _, group in groupby(changes, key=lambda change: change.person))
        batch: list[Change] = []
        for person in people:
            batch.extend(person)
            if len(batch) >= BATCH:
                yield from self._apply_batch(batch)
                batch = []
        if batch:
            yield from self._apply_batch(batch)

    def _apply_batch(self, batch: list[Change]) -> Iterator[Receipt]:
        try:
            with locked(self._path):
                sheet = read_sheet(self._settings)
                receipts = list(self._execute_all(batch, sheet))
                if any(receipt.outcome is Outcome.DONE for receipt in receipts):
                    sheet.replace(self._path)
        except (Fatal, ConfigError) as error:
            yield from (receipt_of(change, Outcome.FAILED, detail=str(error)) for change in batch)
            if isinstance(error, Fatal):
                raise
            raise Misconfigured(str(error), system=self._target, operation="write back") from error
        yield from receipts

    def _execute_all(self, batch: list[Change], sheet: Sheet) -> Iterator[Receipt]:
        failed: set[str] = set()
        for change in batch:
            if change.person in failed:
                message = "an earlier change of this person failed"
                yield receipt_of(change, Outcome.SET_ASIDE, detail=message)
                continue
            try:
                yield self._execute(change, sheet)
            except Refused as error:
                failed.add(change.person)
                yield receipt_of(change, Outcome.FAILED, detail=str(error))

    def _execute(self, change: Change, sheet: Sheet) -> Receipt:
        person = change.ref if change.ref is not None else change.person
        if takes_over(change):  # between us and the ledger
            return receipt_of(change, Outcome.ALREADY, ref=change.ref)
        if change.verb not in MANIFEST.verbs:
            message = f"hr_file cannot {change.verb.value}"
            raise Invalid(message, system=self._target)
        if person not in self._known:
            message = f"{person} is not in {self._settings.path}"
            raise NotFound(message, system=self._target, operation=change.verb.value)
        if change.verb is Verb.CORRELATE:
            return receipt_of(
                change, Outcome.ALREADY, ref=person, produced=self._produced(person, sheet)
            )
        named = headings(self._settings)
        cells = {
            named.get(field, field): self._text(field, value)
            for field, value in change.after.items()
        }
        for heading, text in cells.items():
            if not sheet.can_hold(text):
                message = (
                    f"the encoding {self._settings.encoding} has no letters for {heading} {text!r}"
                )
                raise Invalid(message, system=self._target, operation="update")
            if text.startswith(FORMULA):
                message = f"{heading} {text!r} would be a formula in a spreadsheet"
                raise Invalid(message, system=self._target, operation="update")
        self._before_image.require(change, self._row(person, sheet), hr_id=person)
        changed = sheet.put(person, cells)
        outcome = Outcome.DONE if changed else Outcome.ALREADY
        return receipt_of(change, outcome, ref=person, produced=self._produced(person, sheet))

    def _text(self, field: str, value: Value) -> str:
        if field == KEY:
            message = f"{KEY} is the key and is never written"
            raise Invalid(message, system=self._target, operation="update")
        if value is CLEAR:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        message = f"a cell holds one value, {field} has several"
        raise Invalid(message, system=self._target, operation="update")

    def _produced(self, person: str, sheet: Sheet) -> dict[str, Value]:
        row = self._row(person, sheet)
        return {name: row[name] for name in MANIFEST.produces if row.get(name)}

    def _row(self, person: str, sheet: Sheet) -> dict[str, Value]:
        """The cells of a person, by field; the lock on the file keeps them as they are."""
        fields = field_names(self._settings)
        cells = sheet.rows.get(person, {})
        return {fields.get(heading, heading): text for heading, text in cells.items()}

    def close(self) -> None:
        """Nothing is kept open."""
