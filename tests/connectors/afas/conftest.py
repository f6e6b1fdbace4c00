from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from typing import Any

import pytest

from connectors.afas.employee_writer import EmployeeWriter
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.settings import EmployeeSettings, SourceSettings, UserSettings
from connectors.afas.source import AfasSource
from connectors.afas.user_writer import UserWriter
from connectors.model.change import Change, CreateAccount
from connectors.model.people import People
from connectors.model.receipt import Receipt
from tests.connectors.afas.lab import TODAY, employee_update, user_change, user_update


@pytest.fixture
def served() -> Iterator[ServedAfas]:
    """An environment with two colleagues in two departments, both with a user."""
    afas = Afas.empty(today=TODAY)
    with ServedAfas(afas) as running:
        afas.hire(
            nick_name="Janine",
            prefix="van den",
            family_name="Boele",
            partner_prefix="de",
            partner_name="Vries",
            convention="1",
            department="CARE",
            title="Nurse",
            start=date(2020, 1, 1),
        )
        afas.hire(
            nick_name="Seán",
            family_name="O'Connor",
            department="IT",
            title="Developer",
            start=date(2024, 5, 1),
        )
        yield running


@pytest.fixture
def afas(served: ServedAfas) -> Afas:
    return served.afas


@pytest.fixture
def source_settings(served: ServedAfas) -> Callable[..., SourceSettings]:
    return lambda **more: SourceSettings(**served.settings, **more)


@pytest.fixture
def employee_settings(served: ServedAfas) -> Callable[..., EmployeeSettings]:
    return lambda **more: EmployeeSettings(**served.settings, **more)


@pytest.fixture
def user_settings(served: ServedAfas) -> Callable[..., UserSettings]:
    return lambda **more: UserSettings(**served.settings, **more)


@pytest.fixture
def opened() -> Iterator[Callable[[Any], Any]]:
    """Give something back as it is, and close it after the test."""
    with ExitStack() as stack:
        yield lambda part: stack.enter_context(closing(part))


@pytest.fixture
def read(
    source_settings: Callable[..., SourceSettings], opened: Callable[[Any], Any]
) -> Callable[..., People]:
    """Import everybody, with these settings."""
    return lambda **more: opened(AfasSource(source_settings(**more))).read(as_of=TODAY)


@pytest.fixture
def waits() -> list[float]:
    """Seconds that were waited between attempts; nobody really waits."""
    return []


@pytest.fixture
def write_employee(
    afas: Afas,
    employee_settings: Callable[..., EmployeeSettings],
    waits: list[float],
    opened: Callable[[Any], Any],
) -> Callable[..., Receipt]:
    """Update fields of an employee and give the receipt."""

    def write(employee: str, after: dict[str, Any], **settings: Any) -> Receipt:
        writer = opened(
            EmployeeWriter(employee_settings(**settings), "afas_employee", sleep=waits.append)
        )
        return next(iter(writer.apply([employee_update(afas, employee, after)])))

    return write


@pytest.fixture
def write_user(
    user_settings: Callable[..., UserSettings], waits: list[float], opened: Callable[[Any], Any]
) -> Callable[..., Receipt]:
    """Update fields of a user and give the receipt."""

    def write(employee: str, after: dict[str, Any], **settings: Any) -> Receipt:
        writer = opened(UserWriter(user_settings(**settings), "afas_user", sleep=waits.append))
        return next(iter(writer.apply([user_update(employee, after)])))

    return write


@pytest.fixture
def apply_user(
    user_settings: Callable[..., UserSettings], waits: list[float], opened: Callable[[Any], Any]
) -> Callable[..., list[Receipt]]:
    """Execute changes of users and give the receipts."""

    def apply(*changes: Change, **settings: Any) -> list[Receipt]:
        given = user_settings(**{"customer": "12345", **settings})
        return list(opened(UserWriter(given, "afas_user", sleep=waits.append)).apply(changes))

    return apply


@pytest.fixture
def apply_employee(
    employee_settings: Callable[..., EmployeeSettings],
    waits: list[float],
    opened: Callable[[Any], Any],
) -> Callable[..., list[Receipt]]:
    """Execute changes of employees and give the receipts."""

    def apply(*changes: Change, **settings: Any) -> list[Receipt]:
        given = employee_settings(**settings)
        return list(
            opened(EmployeeWriter(given, "afas_employee", sleep=waits.append)).apply(changes)
        )

    return apply


@pytest.fixture
def kim(afas: Afas) -> str:
    """Somebody without a user."""
    return afas.hire(
        nick_name="Kim", family_name="Smit", department="IT", title="T", with_user=False
    )


@pytest.fixture
def create(kim: str) -> Change:
    """The create of Kim's user, as the planner makes it."""
    return user_change(
        CreateAccount,
        kim,
        {
            "Medewerker": kim,
            "Gebruiker": f"12345.{kim}",
            "Nm": "Kim Smit",
            "InSi": True,
            "Upn": "kim@example.org",
        },
        ref=None,
    )
