"""Fields of the UpdateConnectors: names, types, lengths, codes, and how a value is read.

Source: AFASSoftware/OASContent, "Organisaties en personen.json" 6.6.9 (KnUser_PUT, KnPerson_PUT);
of AfasEmployee the fields that howto-medewerker-ad.md names, with lengths of our own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from connectors.afas.sandbox.refusals import Refusal, invalid, unchanged
from connectors.afas.sandbox.switches import Switches

Fields = Mapping[str, Any]
Level = Literal["KnPerson", "KnUser", "KnEmployee"]
"""Where a field belongs; of a body for KnEmployee, the part that is called AfasEmployee."""
SpecKind = Literal["string", "boolean", "date", "int", "blob"]
CUSTOM_FIELD: Final = re.compile(r"U[0-9A-F]{32}", re.IGNORECASE)
WINDOWS_CODE_LENGTH: Final = 20
"""Longest code of a user who may sign in to Profit Windows."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One field.

    Attributes:
        length: Longest text.
        kind: Type, by the name MetaInfo has for it.
        codes: The values it takes, none for any.
        label: What people call it.
    """

    length: int = 255
    kind: SpecKind = "string"
    codes: tuple[str, ...] = ()
    label: str = ""

    def read(self, name: str, value: Any) -> str | bool:
        """A value in any of AFAS's spellings; "" clears.

        Raises:
            Refusal: Of another type, too long, or no code of this field (D15, D18).
        """
        if self.kind == "boolean":
            return read_flag(name, value)
        if isinstance(value, bool | dict | list):
            raise invalid(name)
        text = str(value)
        if len(text) > self.length:
            raise too_long(name)
        if text and ((self.codes and text not in self.codes) or not self._is_of_kind(text)):
            raise invalid(name)
        return text

    def _is_of_kind(self, text: str) -> bool:
        if self.kind == "int":
            return text.isdigit()
        if self.kind != "date":
            return True
        try:
            date.fromisoformat(text[:10])
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one level.

    Attributes:
        fields: Those that a record holds.
        control: Those that say what to do or with which record; never compared (D16).
        removed: Fields that AFAS took away.
        key: What finds the record.
        required: What an update cannot do without.
    """

    fields: Mapping[str, Spec]
    control: Mapping[str, Spec]
    removed: frozenset[str] = frozenset()
    key: str = ""
    required: frozenset[str] = field(default_factory=frozenset)

    def spec(self, name: str) -> Spec | None:
        """A field of either sort."""
        return self.fields.get(name) or self.control.get(name)


def _all(names: str, spec: Spec) -> dict[str, Spec]:
    return dict.fromkeys(names.split(), spec)


def _codes(text: str, length: int = 20) -> Spec:
    return Spec(length, codes=tuple(text.split()))


FLAG: Final = Spec(1, "boolean")
DAY: Final = Spec(25, "date")
BLOB: Final = Spec(75_000_000, "blob")
_MONTHS: Final = "01 02 03 04 05 06 07 08 09 10 11 12"

PERSON: Final = Form(
    key="BcCo",
    required=frozenset({"MatchPer"}),
    fields={
        "EmAd": Spec(label="E-mail werk"),
        "EmA2": Spec(label="E-mail privé"),
        "EmailPortal": Spec(label="E-mail toegang"),
        "TeNr": Spec(label="Telefoonnr. werk"),
        "TeN2": Spec(label="Telefoonnr. privé"),
        "MbNr": Spec(label="Mobielnr. werk"),
        "MbN2": Spec(label="Mobielnr. privé"),
        **_all("FaNr HoPa LeHe SocN Face Link Twtr FileName", Spec()),
        **_all("CaNm LaNm NmBi NmPa", Spec(80)),
        **_all("In Is IsBi IsPa", Spec(15)),
        **_all("FiNm RsBi", Spec(50)),
        **_all("CcNr BrNr", Spec(30)),
        **_all("PsNa StId", Spec(20)),
        **_all("SeNm Sdla SBIc", Spec(10)),
        **_all("CrIb FiNr", Spec(9)),
        **_all("CoBi TtId TtEx LgId", Spec(3)),
        **_all("DaBi DaMa DaDi DaDe CcDa", DAY),
        **_all("SpNm Corr", FLAG),
        **_all("Re FileStream", BLOB),
        "SoSe": Spec(25),
        "CoLw": Spec(2),
        "FileId": Spec(32),
        "ViUs": _codes("0 1 2 3"),
        "ViGe": _codes("M O V X"),
        "ViCs": _codes("DZ GH GP GS OG OV WE"),
        "ViMd": _codes("EMA FAX PRS PST TEL"),
        "EmAm": _codes(_MONTHS),
    },
    control={
        "MatchPer": _codes("0 1 2 3 4 5 6 7", 1),
        "BcCo": Spec(15),
        "BcId": Spec(10, "int"),
        **_all("PadAdr AutoNum AddToPortal", FLAG),
    },
)
USER: Final = Form(
    key="UsId",
    required=frozenset({"MtCd", "UsId"}),
    fields={
        "Upn": Spec(label="UPN"),
        "EmAd": Spec(label="E-mail"),
        **_all("XOEA CAId CANm", Spec()),
        "InLn": _codes("1031 1036 1043 2057 2067"),
        **_all("InSi Site Awin OcUs PoMa AcUs", FLAG),
    },
    control={
        "MtCd": _codes("0 1 2 3 4 5 6", 1),
        **_all("UsId UsIdNew Nm", Spec(80)),
        "BcCo": Spec(15),
        "GrId": Spec(20),
        "GrDs": Spec(50),
    },
    removed=frozenset({"Acon", "Abac", "Acom", "Pw"}),
)
EMPLOYEE: Final = Form(
    key="EmId",
    required=frozenset({"EmId"}),
    fields={
        "EmAd": Spec(1, label="E-mail voor digitale documenten"),
        **_all("PsPv YsPv", Spec(10)),
        "SeAt": FLAG,
        "PwEm": Spec(50),
    },
    control={"EmId": Spec(15)},
)
"""At the level of the employee `EmAd` is a one-letter selector, and no address (D21)."""
FORMS: Final[Mapping[Level, Form]] = {"KnPerson": PERSON, "KnUser": USER, "KnEmployee": EMPLOYEE}
PRIVATE: Final = frozenset({"SoSe", "DaBi", "EmA2", "TeN2", "MbN2", "Pw", "PwEm"})
"""Fields whose values the call log hides."""


def read_flag(name: str, value: Any) -> bool:
    """A boolean in any of AFAS's spellings (D15).

    Raises:
        Refusal: It is none of them.
    """
    match str(value).casefold():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise invalid(name)


def read_values(
    level: Level,
    given: Fields,
    held: Fields,
    switches: Switches,
    custom: Mapping[str, Spec],
    *,
    inserting: bool = False,
) -> dict[str, str | bool]:
    """What a body sets, checked and in one spelling; "" where it clears.

    Args:
        level: Whose fields these are.
        given: `Fields` of the body.
        held: What the record holds.
        switches: How this environment behaves.
        custom: The custom fields of this level.
        inserting: Whether there was no record before.

    Raises:
        Refusal: Unknown, removed, too long, null, or unchanged (D15 to D18).
    """
    form = FORMS[level]
    values: dict[str, str | bool] = {}
    for name, value in given.items():
        if name in form.removed:
            if switches.removed_fields == "refuse":
                raise unknown_field(name)
            continue
        if value is None and switches.null != "clear":
            if switches.null == "refuse":
                raise invalid(name)
            continue
        spec = form.spec(name) or _custom(name, custom, switches)
        if spec is None:
            raise unknown_field(name)
        new = spec.read(name, "" if value is None else value)
        if name in form.control:
            continue
        empty: str | bool = False if isinstance(new, bool) else ""
        if switches.refuse_unchanged and not inserting and held.get(name, empty) == new:
            raise unchanged(name)
        values[name] = new
    return values


def _custom(name: str, custom: Mapping[str, Spec], switches: Switches) -> Spec | None:
    if name in custom:
        return custom[name]
    anything = switches.custom_fields == "any" and CUSTOM_FIELD.fullmatch(name)
    return Spec() if anything else None


def unknown_field(name: str) -> Refusal:
    """A field that the UpdateConnector does not have."""
    return invalid(name, "does not exist", "bestaat niet")


def too_long(name: str) -> Refusal:
    """A text that does not fit."""
    return invalid(name, "is too long", "is te lang")


def redacted(content: Any) -> Any:
    """A body for the call log, private values hidden."""
    if isinstance(content, dict):
        return {
            name: "***" if name in PRIVATE else redacted(value) for name, value in content.items()
        }
    if isinstance(content, list):
        return [redacted(item) for item in content]
    return content
