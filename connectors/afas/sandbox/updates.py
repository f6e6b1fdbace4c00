"""The UpdateConnectors KnUser, KnPerson and KnEmployee: what a body does to the records."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from connectors.afas.sandbox.fields import EMPLOYEE, PERSON, USER, Fields, read_values
from connectors.afas.sandbox.records import EVERYBODY, Employee, Person, Records, User
from connectors.afas.sandbox.refusals import invalid, required, taken, unexpected, unknown_value
from connectors.afas.sandbox.switches import Switches

ROOTS: Final = {"KnUser": "KnUser", "KnPerson": "KnPerson", "KnEmployee": "AfasEmployee"}
"""UpdateConnector -> root object of its body."""
BLOCK_AND_LEAVE, UPDATE, BLOCK, UPDATE_WITH_GROUP, RENAME, UNBLOCK = "0", "1", "2", "3", "4", "6"
RIGHTS: Final = ("InSi", "Awin")
"""Rights that an insert turns on when it does not name them (D22)."""

Reply = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Updates:
    """Writes to the records of one environment. One call at a time: the caller holds the lock.

    Attributes:
        records: What is written to.
        switches: How the environment behaves.
        counts: What tests count: `inserted_persons`, `inserted_users`.
    """

    records: Records
    switches: Switches
    counts: Counter[str]

    def person_of(self, connector: str, body: Any) -> str | None:
        """Number of the person whom a body writes to, None when there is none yet.

        Raises:
            Refusal: The body has another form.
        """
        element = next(_elements(connector, body))
        fields = element.get("Fields") or {}
        if connector == "KnUser":
            user = self.records.users.get(_user_code(element))
            return user.person if user else fields.get("BcCo")
        if connector == "KnEmployee":
            employee = self.records.employees.get(str(element.get("@EmId")))
            return employee.person if employee else None
        return fields.get("BcCo")

    def apply(self, connector: str, body: Any) -> Reply:
        """Execute a body and give the content of the reply, None for an empty one (D14).

        Raises:
            Refusal: AFAS does not do it; nothing was changed.
        """
        reply: Reply = None
        for element in _elements(connector, body):
            match connector:
                case "KnUser":
                    self._write_user(element)
                case "KnPerson":
                    person = self._write_person(element.get("Fields") or {})
                    reply = {"KnPerson": {"BcCo": person.number, "BcId": str(person.internal)}}
                case _:
                    employee = self._write_employee(element)
                    reply = {"KnEmployee": {"EmId": employee.number}}
            self.records.touch()
        return reply and {"results": reply}

    # --- persons and employees -------------------------------------------------------------------

    def _write_person(self, fields: Fields, *, of: Employee | None = None) -> Person:
        person = self._matched(fields, of)
        inserting = person is None
        held = person.fields if person else {}
        values = read_values(PERSON, fields, held, self.switches, inserting=inserting)
        mail = str(values.get("EmAd", "")).casefold()
        if mail and self.switches.unique_work_mail:
            for other in self.records.persons.values():
                if other is not person and other.fields.get("EmAd", "").casefold() == mail:
                    raise taken("EmAd")
        if person is None:
            self.counts["inserted_persons"] += 1
            number = self.records.next_number(self.records.persons)
            person = Person(number=number, internal=len(self.records.persons) + 1)
            self.records.persons[number] = person
        _store(person.fields, values)
        return person

    def _matched(self, fields: Fields, of: Employee | None) -> Person | None:
        """The person that `MatchPer` finds; None to insert one (D20)."""
        match str(fields.get("MatchPer", "")):
            case "0":
                person = self.records.persons.get(str(fields.get("BcCo") or ""))
                if person is None or (of is not None and of.person != person.number):
                    raise unknown_value("BcCo")
                return person
            case "7" if of is None:
                return None
            case _:
                raise invalid("MatchPer")

    def _write_employee(self, element: dict[str, Any]) -> Employee:
        employee = self.records.employees.get(str(element.get("@EmId") or ""))
        if employee is None:
            raise unknown_value("EmId")
        held = {"EmAd": employee.documents_to}
        own = read_values(EMPLOYEE, element.get("Fields") or {}, held, self.switches)
        for nested in _listed(element.get("Objects")):
            if set(nested) != {"KnPerson"}:
                raise invalid(", ".join(nested), "does not exist", "bestaat niet")
            for person in _elements("KnPerson", nested):
                self._write_person(person.get("Fields") or {}, of=employee)
        employee.documents_to = own.get("EmAd", employee.documents_to)
        return employee

    # --- users -----------------------------------------------------------------------------------

    def _write_user(self, element: dict[str, Any]) -> None:
        fields, code = element.get("Fields") or {}, _user_code(element)
        action = str(fields.get("MtCd", ""))
        user = self.records.users.get(code)
        if action not in {BLOCK_AND_LEAVE, UPDATE, BLOCK, UPDATE_WITH_GROUP, RENAME, UNBLOCK}:
            raise invalid("MtCd")
        if user is None:
            if action not in {UPDATE, UPDATE_WITH_GROUP}:
                raise unknown_value("UsId")
            self._insert_user(code, fields, action)
            return
        values = self._user_values(user, fields)
        group = self._group(fields, action)
        match action:
            case "0" | "2":
                self._block(
                    user, leave=action == BLOCK_AND_LEAVE or not self.switches.block_keeps_groups
                )
            case "4":
                self._rename(user, str(fields.get("UsIdNew") or ""))
            case "6":
                self._unblock(user)
            case _:
                pass
        user.description = str(fields.get("Nm") or user.description)
        _store(user.fields, values)
        if group and group not in user.groups:
            user.groups.append(group)

    def _insert_user(self, code: str, fields: Fields, action: str) -> None:
        """A new user (D22)."""
        person = str(fields.get("BcCo") or "")
        if not fields.get("Nm"):
            raise required("Nm")
        if person not in self.records.persons:
            raise unknown_value("BcCo")
        if self.records.user_of(person):
            raise taken("BcCo")
        user = User(code=code, person=person, description=str(fields["Nm"]), groups=[EVERYBODY])
        values = self._user_values(user, {**dict.fromkeys(RIGHTS, True), **fields}, inserting=True)
        group = self._group(fields, action)
        _store(user.fields, values)
        if group:
            user.groups.append(group)
        self.records.users[code] = user
        self.counts["inserted_users"] += 1

    def _user_values(
        self, user: User, fields: Fields, *, inserting: bool = False
    ) -> dict[str, Any]:
        if len(str(fields.get("Nm") or "")) > 80:
            raise invalid("Nm", "is too long", "is te lang")
        values = read_values(USER, fields, user.fields, self.switches, inserting=inserting)
        if values.get("Awin"):
            values["InSi"] = True
        for field in ("Upn", "EmAd"):
            self._require_free(user, field, str(values.get(field, "")))
        after = {**user.fields, **values}
        if self.switches.outsite_needs_mail and after.get("Site") and not after.get("EmAd"):
            raise required("EmAd")
        return values

    def _require_free(self, user: User, field: str, value: str) -> None:
        """UPN and user mail occur once, over all environments (D19)."""
        for records in (self.records, *self.switches.neighbours):
            for other in records.users.values():
                held = str(other.fields.get(field, ""))
                if value and other is not user and held.casefold() == value.casefold():
                    raise taken(field)

    def _group(self, fields: Fields, action: str) -> str | None:
        """The group to join: MtCd 1 wants it to exist, MtCd 3 makes it (D25)."""
        group = str(fields.get("GrId") or "")
        if not group or action not in {UPDATE, UPDATE_WITH_GROUP}:
            return None
        if group not in self.records.groups:
            if action == UPDATE:
                raise unknown_value("GrId")
            self.records.groups[group] = str(fields.get("GrDs") or group)
        return group

    def _block(self, user: User, *, leave: bool) -> None:
        user.blocked = True
        if leave:
            user.groups = [EVERYBODY]

    def _unblock(self, user: User) -> None:
        active = sum(not other.blocked for other in self.records.users.values())
        limit = self.switches.max_licences
        if user.blocked and limit is not None and active >= limit:
            raise invalid("MtCd", "exceeds the licence", "overschrijdt de licentie")
        user.blocked = False

    def _rename(self, user: User, new: str) -> None:
        """Another code for a user (D24)."""
        if not new:
            raise required("UsIdNew")
        if new in self.records.users:
            raise taken("UsIdNew")
        del self.records.users[user.code]
        user.code = new
        self.records.users[new] = user


def _user_code(element: dict[str, Any]) -> str:
    code = str(element.get("@UsId") or (element.get("Fields") or {}).get("UsId") or "")
    if not code:
        raise required("UsId")
    return code


def _elements(connector: str, body: Any) -> Iterator[dict[str, Any]]:
    """The elements of a body; AFAS takes an object or a list of them."""
    root = body.get(ROOTS[connector]) if isinstance(body, dict) else None
    elements = _listed(root.get("Element") if isinstance(root, dict) else None)
    if not elements:
        raise unexpected()
    yield from elements


def _listed(given: Any) -> list[dict[str, Any]]:
    items = given if isinstance(given, list) else [] if given is None else [given]
    if not all(isinstance(item, dict) for item in items):
        raise unexpected()
    return items


def _store(held: dict[str, Any], values: dict[str, Any]) -> None:
    for field, value in values.items():
        if value == "":
            held.pop(field, None)
        else:
            held[field] = value
