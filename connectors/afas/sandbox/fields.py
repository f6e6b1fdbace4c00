"""Fields of the UpdateConnectors: names, lengths, and how a value in a body is read.

Source of names and lengths: AFASSoftware/OASContent, "Organisaties en personen.json" 6.6.9
(KnUser_PUT, KnPerson_PUT).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.afas.sandbox.refusals import invalid, unchanged
from connectors.afas.sandbox.switches import Switches

Fields = Mapping[str, Any]
CUSTOM_FIELD: Final = re.compile(r"U[0-9A-F]{32}", re.IGNORECASE)
CUSTOM_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that one UpdateConnector takes.

    Attributes:
        texts: Field -> longest text.
        flags: Boolean fields.
        control: Fields that say what to do or with which record; never compared (D16).
        removed: Fields that AFAS took away.
    """

    texts: Mapping[str, int]
    flags: frozenset[str]
    control: frozenset[str]
    removed: frozenset[str] = frozenset()


PERSON: Final = Form(
    texts={
        **dict.fromkeys(
            ("TeNr", "TeN2", "MbNr", "MbN2", "EmAd", "EmA2", "EmailPortal", "HoPa"), 255
        ),
        **dict.fromkeys(("CaNm", "LaNm", "NmBi", "NmPa"), 80),
        **dict.fromkeys(("In", "Is", "IsBi", "IsPa"), 15),
        **dict.fromkeys(("ViUs", "ViGe"), 20),
        **dict.fromkeys(("SoSe", "DaBi"), 25),
        "FiNm": 50,
        "SeNm": 10,
    },
    flags=frozenset({"SpNm", "Corr"}),
    control=frozenset({"MatchPer", "BcCo", "BcId", "PadAdr", "AutoNum", "AddToPortal"}),
)
USER: Final = Form(
    texts={**dict.fromkeys(("EmAd", "XOEA", "Upn", "CAId", "CANm"), 255), "InLn": 20},
    flags=frozenset({"InSi", "Site", "Awin", "OcUs", "PoMa", "AcUs"}),
    control=frozenset({"MtCd", "UsId", "UsIdNew", "Nm", "BcCo", "GrId", "GrDs"}),
    removed=frozenset({"Acon", "Abac", "Acom", "Pw"}),
)
EMPLOYEE: Final = Form(
    texts={"EmAd": 1, "PsPv": 10, "YsPv": 10}, flags=frozenset(), control=frozenset()
)
"""At the level of the employee `EmAd` is a one-letter selector, and no address (D21)."""
PRIVATE: Final = frozenset({"SoSe", "DaBi", "EmA2", "Pw"})
"""Fields whose values the call log hides."""


def read_flag(field: str, value: Any) -> bool:
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
            raise invalid(field)


def read_values(
    form: Form, given: Fields, held: Fields, switches: Switches, *, inserting: bool = False
) -> dict[str, Any]:
    """What a body sets, checked and in one spelling; "" where it clears.

    Args:
        form: The fields that exist.
        given: `Fields` of the body.
        held: What the record holds.
        switches: How this environment behaves.
        inserting: Whether there was no record before.

    Raises:
        Refusal: Unknown, removed, too long, null, or unchanged (D15 to D18).
    """
    values: dict[str, Any] = {}
    for field, value in given.items():
        if field in form.control:
            continue
        if field in form.removed:
            if switches.removed_fields == "refuse":
                raise invalid(field, "does not exist", "bestaat niet")
            continue
        if value is None and switches.null != "clear":
            if switches.null == "refuse":
                raise invalid(field)
            continue
        new = _read(form, field, "" if value is None else value)
        empty: str | bool = False if isinstance(new, bool) else ""
        if switches.refuse_unchanged and not inserting and held.get(field, empty) == new:
            raise unchanged(field)
        values[field] = new
    return values


def _read(form: Form, field: str, value: Any) -> str | bool:
    if field in form.flags:
        return read_flag(field, value)
    custom = CUSTOM_LENGTH if CUSTOM_FIELD.fullmatch(field) else None
    longest = form.texts.get(field, custom)
    if longest is None:
        raise invalid(field, "does not exist", "bestaat niet")
    if isinstance(value, bool | dict | list):
        raise invalid(field)
    text = str(value)
    if len(text) > longest:
        raise invalid(field, "is too long", "is te lang")
    return text


def redacted(content: Any) -> Any:
    """A body for the call log, private values hidden."""
    if isinstance(content, dict):
        return {
            name: "***" if name in PRIVATE else redacted(value) for name, value in content.items()
        }
    if isinstance(content, list):
        return [redacted(item) for item in content]
    return content
