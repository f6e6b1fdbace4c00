"""LDAP result codes and what they stop: the one table for controller and sandbox alike.

Source: RFC 4511 appendix A; MS-ADTS 3.1.1.3.1.9 (the hexadecimal Windows error in front of the
message says more than the code).
"""

import re
from typing import Final

from connectors.model.errors import (
    AlreadyExists,
    ConnectorError,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    RateLimited,
    Refused,
    TimedOut,
    Unauthorized,
    Unavailable,
)

SUCCESS: Final = 0
SIZE_LIMIT: Final = 4
NO_SUCH_ATTRIBUTE: Final = 16
CONSTRAINT: Final = 19
VALUE_EXISTS: Final = 20
NO_SUCH_OBJECT: Final = 32
CREDENTIALS: Final = 49
NO_RIGHTS: Final = 50
UNWILLING: Final = 53
NOT_LEAF: Final = 66
ENTRY_EXISTS: Final = 68

_UPN_TAKEN: Final = re.compile(r"000021C8|userPrincipalName.* already in use", re.IGNORECASE)
"""As Windows and as Samba 4.17 say it."""
_AGAINST_POLICY: Final = "0000052D"
"""In front of the message when a password is too short, too simple or was used before."""

NAMES: Final = {
    1: "operationsError",
    2: "protocolError",
    3: "timeLimitExceeded",
    4: "sizeLimitExceeded",
    8: "strongerAuthRequired",
    10: "referral",
    11: "adminLimitExceeded",
    13: "confidentialityRequired",
    16: "noSuchAttribute",
    17: "undefinedAttributeType",
    18: "inappropriateMatching",
    19: "constraintViolation",
    20: "attributeOrValueExists",
    21: "invalidAttributeSyntax",
    32: "noSuchObject",
    34: "invalidDNSyntax",
    49: "invalidCredentials",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    64: "namingViolation",
    65: "objectClassViolation",
    66: "notAllowedOnNonLeaf",
    67: "notAllowedOnRDN",
    68: "entryAlreadyExists",
    69: "objectClassModsProhibited",
    71: "affectsMultipleDSAs",
    80: "other",
    81: "serverDown",
    85: "timeout",
}

_BIND_CODES: Final = {
    "525": "There is no such user: check bind_user.",
    "52e": "The password is wrong: check bind_password. It is not tried again, or AD locks it out.",
    "530": "The account may not sign in at this hour.",
    "531": "The account may not sign in from this machine.",
    "532": "The password has expired: set a new one.",
    "533": "The account is disabled.",
    "701": "The account has expired.",
    "773": "The account must change its password first.",
    "775": "The account is locked out: unlock it before the next try.",
}
_BIND_DATA: Final = re.compile(r"data ([0-9a-fA-F]{3,8})\b")

_CLASSES: Final[dict[int, tuple[type[ConnectorError], str]]] = {
    3: (TimedOut, ""),
    4: (Misconfigured, "The controller cut the answer short: lower page_size."),
    8: (Misconfigured, "The controller wants a protected connection: use ldaps://."),
    10: (Misconfigured, "This name belongs to another domain: check base_dn and server."),
    11: (RateLimited, ""),
    13: (Misconfigured, "The controller wants a protected connection: use ldaps://."),
    16: (Invalid, ""),
    20: (AlreadyExists, ""),
    32: (NotFound, ""),
    51: (Unavailable, "The controller is busy."),
    52: (Unavailable, "The controller is not available."),
    66: (Invalid, "There are objects below it: remove or move them first."),
    68: (AlreadyExists, ""),
    81: (Unavailable, "The controller is down."),
    85: (TimedOut, ""),
}


def error_of(
    code: int, message: str, *, system: str, operation: str, writing: bool
) -> ConnectorError:
    """What a refusal means.

    Args:
        code: LDAP result code, not 0.
        message: The diagnostic message of the server.
        system: Name of the target.
        operation: What was asked, without values that may be secret.
        writing: Whether it was a write. Missing rights stop one change then, because rights in a
            directory hang on the object; for a search they stop the target.
    """
    kind, hint = _CLASSES.get(code, (Invalid, ""))
    if code == CREDENTIALS:
        kind, hint = Unauthorized, _bind_hint(message)
    elif code == NO_RIGHTS and writing:
        kind, hint = (
            Refused,
            "Delegate this right to the account that writes, or protect the object.",
        )
    elif code == NO_RIGHTS:
        kind, hint = Forbidden, "Let the account that reads see this part of the directory."
    elif code == CONSTRAINT and _UPN_TAKEN.search(message):
        kind, hint = AlreadyExists, "The user principal name is in use in the forest."
    elif code in {CONSTRAINT, UNWILLING} and _AGAINST_POLICY in message.upper():
        kind, hint = (
            Invalid,
            "The password does not meet the domain's policy: raise password_length.",
        )
    name = NAMES.get(code, "refused")
    said = " ".join(message.replace("\0", " ").split())
    return kind(
        f"{name}: {said}" if said else name,
        system=system,
        operation=operation,
        hint=hint,
        code=str(code),
    )


def code_of(error: ConnectorError) -> int | None:
    """The LDAP result code behind an error, None when no answer came."""
    return int(error.code) if error.code.isdecimal() else None


def _bind_hint(message: str) -> str:
    found = _BIND_DATA.search(message)
    code = found.group(1).lower() if found else ""
    return _BIND_CODES.get(code, "Check bind_user and bind_password.")
