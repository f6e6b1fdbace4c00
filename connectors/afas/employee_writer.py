"""Writer of `afas.employee`: fields of the person behind an employee."""

from collections.abc import Callable, Mapping
from typing import Final

from connectors.afas.manifest import employee_manifest
from connectors.afas.mapping import DOCUMENTS_TO, EMPLOYEE_KEY, TO_PRIVATE_MAIL
from connectors.afas.patience import Sleep
from connectors.afas.settings import EmployeeSettings
from connectors.afas.telling import say_first, sentences, told
from connectors.afas.writer import (
    AfasWriter,
    NotShown,
    Sent,
    Wanted,
    produced,
)
from connectors.model.change import Change, Verb
from connectors.model.errors import Refused, Transient
from connectors.sdk import clock
from connectors.sdk.fanout import Written

NOT_VISIBLE: Final = (
    "not visible: AFAS does not show this employee; the address may still be taken there"
)
NOTHING_TO_CLEAR: Final = "nothing to clear"
DOCUMENTS_SENT_HOME: Final = "digital documents go to the private mail"


class EmployeeWriter(AfasWriter):
    """Writes fields of the person behind an employee, and empties them; never makes a record."""

    def __init__(
        self, settings: EmployeeSettings, target: str, *, sleep: Sleep = clock.sleep
    ) -> None:
        """Open a client that may write."""
        manifest = employee_manifest(settings)
        super().__init__(settings, target, key=EMPLOYEE_KEY, manifest=manifest, sleep=sleep)
        self._through_person = settings.update_through == "KnPerson"

    def _verbs(self) -> Mapping[Verb, Callable[[Change], Written]]:
        return {Verb.UPDATE: self._update, Verb.DELETE: self._clear}

    def _update(self, change: Change) -> Written:
        sent = self._settle(self._ref_of(change), self._fields(change), self._putting(change))
        return Written(
            ref=change.ref,
            produced=produced(change.after),
            already=sent.already,
            detail=sent.detail,
        )

    def _clear(self, change: Change) -> Written:
        """Empty the fields of a leaver; the record is HR's and stays."""
        fields = self._fields(change, but=frozenset({DOCUMENTS_TO}))
        if not change.after:
            shown = self._is_shown(change)
            return Written(already=True, detail=NOTHING_TO_CLEAR if shown else NOT_VISIBLE)
        put = self._putting(change)
        done = ""
        try:
            if DOCUMENTS_TO in change.after:
                done = self._documents_sent_home(self._ref_of(change))
            sent = self._settle(self._ref_of(change), fields, put) if fields else Sent(already=True)
        except NotShown:
            return Written(already=True, detail=NOT_VISIBLE)
        except (Refused, Transient) as error:
            say_first(done, error)
            raise
        if sent.already:
            return Written(already=not done, detail=sentences(done, NOTHING_TO_CLEAR))
        return Written(detail=sentences(done, told(fields), sent.detail))

    def _documents_sent_home(self, ref: str) -> str:
        """Before the work mail goes: else the last payslip has no address. Gives what was done."""
        selected: Wanted = {DOCUMENTS_TO: TO_PRIVATE_MAIL}
        sent = self._settle(
            ref, selected, lambda _: self._client.put_documents_to_private_mail(ref)
        )
        return "" if sent.already else DOCUMENTS_SENT_HOME

    def _putting(self, change: Change) -> Callable[[Wanted], None]:
        """What sends fields of the person of a change."""
        ref, number = self._ref_of(change), self._number_of(change)
        if self._through_person:
            return lambda fields: self._client.put_person(number, fields)
        return lambda fields: self._client.put_employee(ref, number, fields)
