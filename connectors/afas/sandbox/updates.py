"""The UpdateConnectors KnUser, KnPerson and KnEmployee: what a body does to the records."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.afas.sandbox.fields import (
    FORMS,
    WINDOWS_CODE_LENGTH,
    Fields,
    Level,
    Spec,
    read_values,
    too_long,
    unknown_field,
)
from connectors.afas.sandbox.records import (
    EVERYBODY,
    UNIQUE_OF_USER,
    Employee,
    Person,
    Records,
    User,
    Values,
)
from connectors.afas.sandbox.refusals import invalid, required, taken, unexpected, unknown_value
from connectors.afas.sandbox.switches import Switches

ROOTS: Final[Mapping[Level, str]] = {
    "KnUser": "KnUser",
    "KnPerson": "KnPerson",
    "KnEmployee": "AfasEmployee",
}
"""UpdateConnector -> root object of its body."""
BLOCK_AND_LEAVE, UPDATE, BLOCK, UPDATE_WITH_GROUP, RENAME, UNBLOCK = "0", "1", "2", "3", "4", "6"
ACTIONS: Final = {BLOCK_AND_LEAVE, UPDATE, BLOCK, UPDATE_WITH_GROUP, RENAME, UNBLOCK}
"""Without 5, the password: its field was removed in Profit 3."""
RIGHTS: Final = ("InSi", "Awin")
"""Rights that an insert turns on when it does not name them (D22)."""
ATTRIBUTES: Final = {"Fields", "Objects", "@Action", "@action"}

Reply = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Updates:
    """Writes to the records of one environment. One call at a time: the caller holds the lock.

    Attributes:
        records: What is written to.
        switches: How the environment behaves.
        counts: What tests count: `inserted_persons`, `inserted_users`.
        custom: The custom fields of each level.
    """

    records: Records
    switches: Switches
    counts: Counter[str]
    custom: Mapping[Level, Mapping[str, Spec]]

    def person_of(self, connector: Level, body: Any) -> str | None:
        """Number of the person whom a body writes to, None when there is none yet.

        Raises:
            Refusal: The body has another form.
        """
        element = _elements(connector, body)[0]
        fields = element.get("Fields") or {}
        if connector == "KnUser":
            user = self.records.users.get(_user_code(element))
            return user.person if user else fields.get("BcCo")
        if connector == "KnEmployee":
            employee = self.records.employees.get(_key(element, "EmId"))
            return employee.person if employee else None
        return fields.get("BcCo")

    def apply(self, connector: Level, body: Any) -> Reply:
        """Execute a body and give the content of the reply, None for an empty one (D14).

        Raises:
            Refusal: AFAS does not do it; nothing was changed.
        """
        reply: Reply = None
        for element in _elements(connector, body):
            if connector != "KnEmployee" and element.get("Objects"):
                raise unknown_field(", ".join(_names(element["Objects"])))
            match connector:
                case "KnUser":
                    self._write_user(element)
                case "KnPerson":
                    person = self._write_persons([element.get("Fields") or {}])[0]
                    reply = {"KnPerson": {"BcCo": person.number, "BcId": str(person.internal)}}
                case _:
                    employee = self._write_employee(element)
                    reply = {"KnEmployee": {"EmId": employee.number}}
        return reply and {"results": reply}

    def _values(
        self, level: Level, given: Fields, held: Fields, *, inserting: bool = False
    ) -> Values:
        return read_values(
            level, given, held, self.switches, self.custom[level], inserting=inserting
        )

    # --- persons and employees -------------------------------------------------------------------

    def _write_persons(self, bodies: list[Fields], *, of: Employee | None = None) -> list[Person]:
        """Check all of them, then write them."""
        checked = [(self._matched(fields, of), fields) for fields in bodies]
        values = [self._person_values(person, fields) for person, fields in checked]
        return [
            self._store_person(person, new)
            for (person, _), new in zip(checked, values, strict=True)
        ]

    def _person_values(self, person: Person | None, fields: Fields) -> Values:
        held = person.fields if person else {}
        values = self._values("KnPerson", fields, held, inserting=person is None)
        mail = str(values.get("EmAd", ""))
        if (
            mail
            and self.switches.unique_work_mail
            and self.records.person_with("EmAd", mail, but=person)
        ):
            raise taken("EmAd")
        return values

    def _store_person(self, person: Person | None, values: Values) -> Person:
        if person is None:
            self.counts["inserted_persons"] += 1
            number = self.records.next_number(self.records.persons)
            person = Person(number=number, internal=len(self.records.persons) + 1)
            self.records.persons[number] = person
            self.records.inserted(person)
        _store(person.fields, values)
        self.records.wrote("person", person.number)
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
        employee = self.records.employees.get(_key(element, "EmId"))
        if employee is None:
            raise unknown_value("EmId")
        own = self._values("KnEmployee", element.get("Fields") or {}, employee.fields)
        persons: list[Fields] = []
        for nested in _listed(element.get("Objects")):
            if set(nested) != {"KnPerson"}:
                raise unknown_field(", ".join(nested))
            persons += [body.get("Fields") or {} for body in _elements("KnPerson", nested)]
        self._write_persons(persons, of=employee)
        _store(employee.fields, own)
        self.records.wrote("person", employee.person)
        return employee

    # --- users -----------------------------------------------------------------------------------

    def _write_user(self, element: dict[str, Any]) -> None:
        fields, code = element.get("Fields") or {}, _user_code(element)
        action = str(fields.get("MtCd", ""))
        user = self.records.users.get(code)
        if action not in ACTIONS:
            raise invalid("MtCd")
        if user is None:
            if action not in {UPDATE, UPDATE_WITH_GROUP}:
                raise unknown_value("UsId")
            self._insert_user(code, fields, action)
            return
        person = self._person_of_user(user, str(fields.get("BcCo") or user.person))
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
        if person != user.person:
            user.person = person
            self.records.inserted(user)
        user.description = str(fields.get("Nm") or user.description)
        _store(user.fields, values)
        if group and group not in user.groups:
            user.groups.append(group)
        self.records.wrote("person", user.person)

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
        self.records.inserted(user)
        self.records.wrote("person", person)
        self.counts["inserted_users"] += 1

    def _person_of_user(self, user: User, person: str) -> str:
        """The person whose user it is; one that has none may get one, and nobody another one."""
        if person != user.person:
            if user.person or person not in self.records.persons:
                raise unknown_value("BcCo")
            if self.records.user_of(person):
                raise taken("BcCo")
        return person

    def _user_values(self, user: User, fields: Fields, *, inserting: bool = False) -> Values:
        values = self._values("KnUser", fields, user.fields, inserting=inserting)
        if values.get("Awin"):
            values["InSi"] = True
        after = {**user.fields, **values}
        if len(user.code) > (WINDOWS_CODE_LENGTH if after.get("Awin") else 80):
            raise too_long("UsId")
        for name in UNIQUE_OF_USER:
            self._require_free(user, name, str(values.get(name, "")))
        if self.switches.outsite_needs_mail and after.get("Site") and not after.get("EmAd"):
            raise required("EmAd")
        return values

    def _require_free(self, user: User, name: str, value: str) -> None:
        """UPN and user mail occur once, over all environments (D19)."""
        for records in (self.records, *self.switches.neighbours):
            if value and records.user_with(name, value, but=user):
                raise taken(name)

    def _group(self, fields: Fields, action: str) -> str | None:
        """The group to join: MtCd 1 wants it to exist, MtCd 3 makes it (D25)."""
        group = str(fields.get("GrId") or "")
        if not group or action not in {UPDATE, UPDATE_WITH_GROUP}:
            return None
        if group not in self.records.groups:
            if action == UPDATE:
                raise unknown_value("GrId")
            self.records.groups[group] = str(fields.get("GrDs") or group)
            self.records.wrote("group", group)
        return group

    def _block(self, user: User, *, leave: bool) -> None:
        user.blocked = True
        if leave:
            user.groups = [EVERYBODY]

    def _unblock(self, user: User) -> None:
        limit = self.switches.max_licences
        if user.blocked and limit is not None:
            active = sum(not other.blocked for other in self.records.users.values())
            if active >= limit:
                raise invalid("MtCd", "exceeds the licence", "overschrijdt de licentie")
        user.blocked = False

    def _rename(self, user: User, new: str) -> None:
        """Another code for a user (D24)."""
        if not new:
            raise required("UsIdNew")
        if new in self.records.users:
            raise taken("UsIdNew")
        if user.fields.get("Awin") and len(new) > WINDOWS_CODE_LENGTH:
            raise too_long("UsIdNew")
        del self.records.users[user.code]
        user.code = new
        self.records.users[new] = user


def _user_code(element: dict[str, Any]) -> str:
    code = _key(element, "UsId") or str((element.get("Fields") or {}).get("UsId") or "")
    if not code:
        raise required("UsId")
    return code


def _key(element: dict[str, Any], name: str) -> str:
    return str(element.get(f"@{name}") or "")


def _elements(connector: Level, body: Any) -> list[dict[str, Any]]:
    """The elements of a body; AFAS takes an object or a list of them."""
    root = body.get(ROOTS[connector]) if isinstance(body, dict) else None
    elements = _listed(root.get("Element") if isinstance(root, dict) else None)
    if not elements:
        raise unexpected()
    for element in elements:
        strange = element.keys() - ATTRIBUTES - {f"@{FORMS[connector].key}"}
        if strange:
            raise unknown_field(", ".join(sorted(strange)))
        if not isinstance(element.get("Fields", {}), dict):
            raise unexpected()
    return elements


def _listed(given: Any) -> list[dict[str, Any]]:
    items = given if isinstance(given, list) else [] if given is None else [given]
    if not all(isinstance(item, dict) for item in items):
        raise unexpected()
    return items


def _names(objects: Any) -> list[str]:
    return [name for item in _listed(objects) for name in item]


def _store(held: Values, values: Values) -> None:
    for name, value in values.items():
        if value == "":
            held.pop(name, None)
        else:
            held[name] = value
