"""Functional errors, in AFAS's words where they are known and in two languages.

Texts marked (unverified) are made up: connectors must not steer on them.

Source: AFASSoftware/OASContent, troubleshooting.md; README of v2.1.0 of
Tools4everBV/HelloID-Conn-Prov-Target-AFAS-Profit-Users.
"""


class Refusal(Exception):
    """What AFAS answers with HTTP 500.

    Args:
        number: AFAS's errorNumber.
        english: externalMessage for `en-us`.
        dutch: externalMessage for `nl-nl` and `nl-be`.
    """

    def __init__(self, number: int, english: str, dutch: str) -> None:
        """Keep both texts; the request says which one it gets."""
        super().__init__(english)
        self.number, self.english, self.dutch = number, english, dutch


FUNCTIONAL = -2147220469
UNEXPECTED = -2147180999
NOT_GRANTED = -2147180996


def unexpected() -> Refusal:
    """AFAS's answer to much that it does not understand."""
    return Refusal(
        UNEXPECTED, "An unexpected error has occurred.", "Er is een onverwachte fout opgetreden."
    )


def unknown_value(field: str) -> Refusal:
    """A key that does not exist."""
    return Refusal(
        FUNCTIONAL,
        f"The entered value for '{field}' does not exist.",
        f"De ingevulde waarde bij '{field}' bestaat niet.",
    )


def not_granted(*, reading: bool) -> Refusal:
    """A connector that is not in the app connector."""
    kind = "GetConnector" if reading else "UpdateConnector"
    return Refusal(
        NOT_GRANTED,
        f"{kind} not supported for this app or the user is not authorized",
        f"{kind} wordt niet ondersteund of de gebruiker is niet geautoriseerd",
    )


def no_field(field: str) -> Refusal:
    """A filter or an order on a field that the GetConnector does not have."""
    return Refusal(
        UNEXPECTED,
        f"Connector field '{field}' not found",
        f"Connector-veld '{field}' niet gevonden",
    )


def conflict() -> Refusal:
    """Two writers on one person. The English text is unverified."""
    return Refusal(
        UNEXPECTED,
        "The data has been changed by another user.",
        "De gegevens zijn inmiddels gewijzigd door een andere gebruiker.",
    )


def out_of_memory() -> Refusal:
    """Too many cells in one reply."""
    return Refusal(UNEXPECTED, "Out of memory", "Out of memory")


def locked() -> Refusal:
    """Too many calls at once (text unverified)."""
    return Refusal(
        UNEXPECTED, "The rows are locked by another process.", "De regels zijn vergrendeld."
    )


def timed_out() -> Refusal:
    """AFAS's own limit of 900 seconds. The rest of both texts is unverified."""
    return Refusal(
        UNEXPECTED,
        "The maximum duration of the request was exceeded.",
        "De maximale tijdsduur van de aanvraag is overschreden.",
    )


def blocked() -> Refusal:
    """A GetConnector that AFAS or the customer blocked. The Dutch text is unverified."""
    return Refusal(
        UNEXPECTED,
        "This GetConnector (definition) is blocked",
        "Deze GetConnector (definitie) is geblokkeerd",
    )


def unchanged(field: str) -> Refusal:
    """A field that has the value already (text unverified)."""
    return Refusal(
        FUNCTIONAL, f"The field '{field}' is not changed.", f"Het veld '{field}' is niet gewijzigd."
    )


def taken(field: str) -> Refusal:
    """A value that must be unique (text unverified)."""
    return Refusal(
        FUNCTIONAL,
        f"The value for '{field}' already occurs.",
        f"De waarde bij '{field}' komt al voor.",
    )


def invalid(field: str, english: str = "is not valid", dutch: str = "is ongeldig") -> Refusal:
    """A field or a value that AFAS does not take (texts unverified)."""
    return Refusal(FUNCTIONAL, f"The field '{field}' {english}.", f"Het veld '{field}' {dutch}.")


def required(field: str) -> Refusal:
    """A field that must be filled (text unverified)."""
    return invalid(field, "must be filled", "moet zijn gevuld")
