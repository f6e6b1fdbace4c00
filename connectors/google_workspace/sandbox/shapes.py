"""What a user may be made of: types of fields, sizes, and what only the server writes."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.google_workspace.sandbox.refusals import Refusal, invalid

ADDRESS: Final = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE
)
EPOCH: Final = "1970-01-01T00:00:00.000Z"
LONGEST_NAME: Final = 60
KILOBYTE: Final = 1024
ARRAYS: Final = {
    "addresses": 10,
    "emails": 10,
    "externalIds": 2,
    "ims": 2,
    "keywords": 1,
    "languages": 1,
    "locations": 10,
    "organizations": 10,
    "phones": 1,
    "posixAccounts": 10,
    "relations": 2,
    "sshPublicKeys": 10,
    "websites": 2,
}
"""Arrays of objects, and how many kilobytes each may take."""
FLAGS: Final = frozenset(
    {
        "archived",
        "changePasswordAtNextLogin",
        "includeInGlobalAddressList",
        "ipWhitelisted",
        "suspended",
    }
)
TEXTS: Final = frozenset(
    {"hashFunction", "orgUnitPath", "password", "primaryEmail", "recoveryEmail", "recoveryPhone"}
)
OBJECTS: Final = frozenset({"customSchemas", "gender", "name", "notes"})
SERVER: Final = frozenset(
    {
        "agreedToTerms",
        "aliases",
        "archivalTime",
        "creationTime",
        "customerId",
        "deletionTime",
        "etag",
        "guestAccountInfo",
        "id",
        "isAdmin",
        "isDelegatedAdmin",
        "isEnforcedIn2Sv",
        "isEnrolledIn2Sv",
        "isGuestUser",
        "isMailboxSetup",
        "kind",
        "lastLoginTime",
        "nonEditableAliases",
        "suspensionReason",
        "suspensionTime",
        "thumbnailPhotoEtag",
        "thumbnailPhotoUrl",
    }
)
"""Accepted in a body and ignored: only the server writes them."""
NAME: Final = ("givenName", "familyName", "displayName", "fullName")
HASHES: Final = frozenset({"MD5", "SHA-1", "crypt"})
FORMS: Final = {"recoveryPhone": re.compile(r"\+\d{6,15}"), "recoveryEmail": ADDRESS}


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a body that a client may write, its types and sizes checked; null is kept.

    Raises:
        Refusal: 400, with the field in its message.
    """
    written: dict[str, Any] = {}
    for name, value in body.items():
        if name in SERVER:
            continue
        if name not in FLAGS | TEXTS | OBJECTS and name not in ARRAYS:
            message = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            raise Refusal(400, "invalid", message)
        if value is not None:
            _check(name, value)
        written[name] = value
    return written


def _check(name: str, value: Any) -> None:
    if name in ARRAYS:
        _check_array(name, value)
        return
    kind = bool if name in FLAGS else str if name in TEXTS else dict
    if not isinstance(value, kind):
        raise invalid(name)
    if isinstance(value, dict):
        _check_object(name, value)
    if name == "hashFunction" and value not in HASHES:
        raise invalid("hash_function")
    if name in FORMS and value and not FORMS[name].fullmatch(str(value)):
        raise invalid(name)


def _check_object(name: str, value: Mapping[str, Any]) -> None:
    if name == "name":
        _check_name(value)
    if name == "customSchemas" and not all(isinstance(one, dict | None) for one in value.values()):
        raise invalid("custom_schema")


def _check_array(name: str, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid(name)
    if len(str(value).encode()) > ARRAYS[name] * KILOBYTE:
        raise invalid(f"{name} is too large")
    if any(one.get("type") == "custom" and not one.get("customType") for one in value):
        raise invalid(f"{name}: customType must be set if type is custom")


def _check_name(value: Mapping[str, Any]) -> None:
    for part, text in value.items():
        longest = 256 if part == "displayName" else LONGEST_NAME
        if part not in NAME:
            raise invalid(f"name.{part}")
        if text is not None and (not isinstance(text, str) or len(text) > longest):
            raise invalid(part)


def check_password(password: Any, hash_function: Any) -> None:
    """Raise 400 for a password that Google would not take.

    Source: Directory API, "users": 8 to 100 characters; hexadecimal where a hash function is named.
    """
    if not isinstance(password, str) or not 8 <= len(password) <= 100 or not password.isascii():
        if hash_function == "crypt" and isinstance(password, str) and password.startswith("$"):
            return
        raise Refusal(400, "invalid", "Invalid Password")
    if hash_function in {"MD5", "SHA-1"} and not re.fullmatch(r"[0-9a-fA-F]+", password):
        raise Refusal(400, "invalid", "Invalid Password")
