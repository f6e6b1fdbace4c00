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
