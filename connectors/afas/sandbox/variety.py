"""What an environment has besides the people who are imported from it; the same each time."""

from datetime import timedelta
from typing import Final

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.records import EVERYBODY

GROUPS: Final = {"Managers": "Heads of department", "Schedulers": "Who makes the schedules"}
PHONES_EVERY: Final = 4
MOBILES_EVERY: Final = 7
SCHEDULERS_EVERY: Final = 9
LEFT_PER_HUNDRED: Final = 2
LEFT_AT_MOST: Final = 20
LEFT_DAYS_AGO: Final = 200


def add_variety(afas: Afas) -> None:
    """Give some people phones and private addresses, some users groups, and remember some leavers.

    Two in a hundred more have left long ago: no GetConnector of the import shows them, and
    `Profit_Users` still has their users, of whom every second one was never blocked.
    """
    records = afas.records
    records.groups |= GROUPS
    bosses = {unit.manager for unit in records.units.values()}
    for place, (number, employee) in enumerate(list(records.employees.items())):
        held = records.persons[employee.person].fields
        if place % PHONES_EVERY == 1:
            held.setdefault("TeNr", f"030 555{place:04}")
        if place % MOBILES_EVERY == 1:
            held.setdefault("MbNr", f"06 5550{place:04}")
        held.setdefault("MbN2", f"06 5559{place:04}")
        user = records.user_of(employee.person)
        if user and number in bosses:
            user.groups.append("Managers")
        if user and place % SCHEDULERS_EVERY == 1:
            user.groups.append("Schedulers")
    for place in range(min(LEFT_AT_MOST, len(records.employees) * LEFT_PER_HUNDRED // 100)):
        last_day = afas.today - timedelta(days=LEFT_DAYS_AGO + 30 * place)
        employee_number = afas.hire(
            nick_name="Gone",
            family_name=f"Leaver {place + 1}",
            department="CARE",
            title="Nurse",
            start=last_day - timedelta(days=1000),
            last_day=last_day,
        )
        user = afas.user_of(employee_number)
        if user:
            address = f"gone.{employee_number}@example.org"
            user.fields |= {"Upn": address, "EmAd": address}
            user.blocked = place % 2 == 0
            user.groups = [EVERYBODY]
    records.touch()
