"""`Afas`: an environment in which a demo or a test makes things happen."""

from datetime import date, timedelta
from typing import Self

from connectors.afas.sandbox.application import Environment
from connectors.afas.sandbox.fill import guid, records_of
from connectors.afas.sandbox.records import (
    EVERYBODY,
    Employee,
    Line,
    Person,
    Place,
    Records,
    Unit,
    User,
)
from connectors.afas.sandbox.switches import Switches
from connectors.model.people import People


class Afas(Environment):
    """An invented environment, and what an HR officer does in it."""

    @classmethod
    def from_people(
        cls,
        people: People,
        *,
        customer: str = "12345",
        today: date | None = None,
        switches: Switches | None = None,
    ) -> Self:
        """An environment in which these people work.

        Args:
            people: No `user_id`, no user; contracts become employments with a position.
            customer: Number of the invented customer.
            today: The day there; that on which the people were taken when it is not given.
            switches: How the environment behaves.
        """
        return cls(
            customer=customer,
            records=records_of(people),
            today=today or people.taken_at.date(),
            switches=switches or Switches(),
        )

    @classmethod
    def empty(cls, *, today: date, customer: str = "12345") -> Self:
        """An environment in which nobody works."""
        return cls(customer=customer, records=Records(), today=today, switches=Switches())

    def hire(  # noqa: PLR0913 - what an HR officer fills in
        self,
        *,
        nick_name: str,
        family_name: str,
        department: str,
        title: str,
        start: date | None = None,
        last_day: date | None = None,
        prefix: str = "",
        initials: str = "",
        partner_name: str = "",
        partner_prefix: str = "",
        convention: str = "0",
        with_user: bool = True,
        fte: float = 1.0,
    ) -> str:
        """Employ somebody.

        Args:
            nick_name: First name in use.
            family_name: Birth name.
            department: Code of a unit; one that does not exist is made.
            title: Name of a job; an existing one keeps its code.
            start: First day, today when not given.
            last_day: Last day, None for no end.
            prefix: Of the birth name.
            initials: With dots.
            partner_name: Birth name of the partner.
            partner_prefix: Prefix of that.
            convention: Code: 0 birth, 1 partner - birth, 2 partner, 3 birth - partner.
            with_user: Whether there is a user, without UPN and mail.
            fte: Size of the employment.

        Returns:
            The employee number (`Medewerker`).
        """
        with self.lock:
            number = self.records.next_number(self.records.persons)
            employee = self.records.next_number(self.records.employees)
            fields = {
                "CaNm": nick_name,
                "FiNm": nick_name,
                "In": initials or f"{nick_name[0]}.",
                "IsBi": prefix,
                "NmBi": family_name,
                "IsPa": partner_prefix,
                "NmPa": partner_name,
                "ViUs": convention,
            }
            name = " ".join(part for part in (nick_name, prefix, family_name) if part)
            self.records.persons[number] = Person(
                number=number,
                internal=len(self.records.persons) + 1,
                fields={field: value for field, value in fields.items() if value},
            )
            self.records.inserted(self.records.persons[number])
            hired = Employee(number=employee, person=number, name=name)
            hired.lines.append(
                self._line(hired, department, title, start or self.today, last_day, fte=fte)
            )
            self.records.employees[employee] = hired
            self.records.inserted(hired)
            if with_user:
                code = f"{self.customer}.{employee}"
                user = User(
                    code=code,
                    person=number,
                    description=name,
                    fields={"InSi": True, "Site": False, "Awin": False},
                    groups=[EVERYBODY],
                )
                self.records.users[code] = user
                self.records.inserted(user)
            self.records.wrote("person", number)
        return employee

    def move(self, employee: str, department: str, title: str, *, on: date | None = None) -> None:
        """Give somebody another function: what runs ends, and the last contract goes on with it.

        Args:
            employee: Employee number.
            department: Code of a unit.
            title: Name of a job.
            on: First day there, today when not given.

        Raises:
            KeyError: There is no such employee.
            ValueError: Nobody works there on that day.
        """
        first = on or self.today
        with self.lock:
            moved = self.records.employees[employee]
            running = [line for line in moved.lines if line.end is None or line.end >= first]
            if not running:
                message = f"{employee} has no employment on {first}"
                raise ValueError(message)
            before = first - timedelta(days=1)
            last = running[-1]
            line = self._line(moved, department, title, first, last.contract_end, fte=last.fte)
            line.contract, line.contract_start = last.contract, last.contract_start
            for old in running:
                old.end = before
                if old.contract != last.contract:
                    old.contract_end = before
                for position in old.positions:
                    position.end = before
            moved.lines.append(line)
            self.records.wrote("person", moved.person)

    def leave(self, employee: str, last_day: date) -> None:
        """End every contract that runs on the last day.

        Args:
            employee: Employee number.
            last_day: Inclusive.

        Raises:
            KeyError: There is no such employee.
        """
        with self.lock:
            left = self.records.employees[employee]
            for line in left.lines:
                if line.contract_end is None or line.contract_end > last_day:
                    line.contract_end = last_day
                for place in (line, *line.positions):
                    if place.end is None or place.end > last_day:
                        place.end = last_day
            self.records.wrote("person", left.person)

    def rename(self, employee: str, *, family_name: str) -> None:
        """Correct a birth name."""
        with self.lock:
            renamed = self.person_of(employee)
            renamed.fields["NmBi"] = family_name
            self.records.wrote("person", renamed.number)

    def user_of(self, employee: str) -> User | None:
        """The user of an employee."""
        return self.records.user_of(self.records.employees[employee].person)

    def person_of(self, employee: str) -> Person:
        """The person of an employee."""
        return self.records.persons[self.records.employees[employee].person]

    def _line(
        self,
        employee: Employee,
        department: str,
        title: str,
        start: date,
        end: date | None,
        *,
        fte: float | None,
    ) -> Line:
        if department not in self.records.units:
            self.records.units[department] = Unit(code=department, name=department)
            self.records.wrote("unit", department)
        unit = self.records.units[department]
        titles = {
            line.title: line.title_id
            for other in self.records.employees.values()
            for line in other.lines
        }
        key = f"{employee.number} {len(employee.lines) + 1}"
        share = None if fte is None else fte * 100
        position = Place(
            guid=guid(f"position {key}"),
            unit=department,
            title_id=titles.get(title, title.upper().replace(" ", "-")),
            title=title,
            manager=unit.manager if unit.manager != employee.number else "",
            start=start,
            end=end,
            percentage=share,
        )
        return Line(
            guid=guid(f"employment {key}"),
            contract=len(employee.lines) + 1,
            contract_start=start,
            contract_end=end,
            hours=None if fte is None else fte * 36,
            fte=fte,
            positions=[position],
            unit=position.unit,
            title_id=position.title_id,
            title=title,
            manager=position.manager,
            start=start,
            end=end,
            percentage=share,
        )
