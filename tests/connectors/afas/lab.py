"""What the tests of this folder share."""

from datetime import date
from typing import Any

from connectors.afas.sandbox.afas import Afas
from connectors.model.change import Change, UpdateAccount

TODAY = date(2026, 11, 23)


def employee_update(afas: Afas, employee: str, after: dict[str, Any]) -> Change:
    number = afas.records.employees[employee].person
    return UpdateAccount(
        target="afas_employee",
        person=employee,
        ref=employee,
        after=after,
        context={"BcCo": number},
    )


def user_update(employee: str, after: dict[str, Any]) -> Change:
    return UpdateAccount(target="afas_user", person=employee, ref=f"12345.{employee}", after=after)


def user_change(
    kind: type[Change], employee: str, after: dict[str, Any] | None = None, *, ref: str | None = ""
) -> Change:
    """A change of a user, with the context that the planner gives it."""
    return kind(
        target="afas_user",
        person=employee,
        ref=f"12345.{employee}" if ref == "" else ref,
        after=after or {},
        context={"BcCo": employee},
    )


def calls(afas: Afas) -> list[str]:
    """What was asked and written, in order."""
    return [f"{call.verb} {call.connector}" for call in afas.calls]


def bodies(afas: Afas) -> list[dict[str, Any]]:
    """What was written to users: the code and the fields of each call."""
    elements = [call.body["KnUser"]["Element"] for call in afas.writes]
    return [{"UsId": element["@UsId"], **element["Fields"]} for element in elements]
