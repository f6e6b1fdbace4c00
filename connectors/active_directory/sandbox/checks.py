"""What a controller insists on before it writes: values, names, passwords, rights.

The hexadecimal codes are those a Windows controller reports.

Source: MS-ADTS 3.1.1.5 (updates), MS-SAMR 3.1.1.6 and 3.1.1.8 (account names and their uniqueness),
MS-ADTS 3.1.1.3.1.5 (passwords), MS-ERREF 2.2 (Windows error codes).
"""

from collections.abc import Iterable
from typing import Final

from connectors.active_directory.results import (
    CONSTRAINT,
    ENTRY_EXISTS,
    NO_RIGHTS,
    NO_SUCH_ATTRIBUTE,
    UNWILLING,
)
from connectors.active_directory.sandbox.objects import DirectoryError, Object
from connectors.active_directory.sandbox.schema import (
    COMMON_NAME_LENGTH,
    COMPUTED,
    DISABLED,
    FORBIDDEN_IN_LOGIN,
    KNOWN_FLAGS,
    LOGIN_LENGTH,
    NORMAL,
    PARENTS,
    PASSWORD_NOT_REQUIRED,
    RULES,
    Rule,
)
from connectors.active_directory.sandbox.store import Store

INVALID_SYNTAX: Final = 21
NOT_ON_RDN: Final = 67
LEAST_PASSWORD: Final = 8
LEAST_CLASSES: Final = 3
NAME_IN_PASSWORD: Final = 3
"""A login name of at least this many characters may not be part of the password."""
CREATED_TWICE: Final = {"group": "526"}
"""Windows error for a name in use, by class; 524 for everything that signs in."""


def rule_for(name: str) -> Rule:
    """The rule of an attribute that may be written.

    Raises:
        DirectoryError: There is none, or only the directory writes it.
    """
    lower = name.lower()
    if lower in {"cn", "ou", "dc"}:
        raise DirectoryError(
            NOT_ON_RDN, "2016", f"the leaf of a name is changed by renaming: {name}"
        )
    if lower in COMPUTED:
        raise DirectoryError(UNWILLING, "209A", f"SvcErr: problem 5003 (WILL_NOT_PERFORM), {name}")
    if lower not in RULES:
        raise DirectoryError(
            NO_SUCH_ATTRIBUTE, "57", f"Error in attribute conversion operation, {name}"
        )
    return RULES[lower]


def check_values(rule: Rule, values: Iterable[str]) -> None:
    """Raise `DirectoryError` when values do not fit an attribute."""
    given = list(values)
    if any(value == "" for value in given):
        text = f"Error in attribute conversion operation, {rule.name} is empty"
        raise DirectoryError(INVALID_SYNTAX, "57", text)
    if len(given) > 1 and not rule.multi:
        raise DirectoryError(CONSTRAINT, "2081", f"AtrErr: {rule.name} takes one value")
    for value in given:
        if rule.longest is not None and len(value) > rule.longest:
            text = f"AtrErr: problem 1005 (CONSTRAINT_ATT_TYPE), {rule.name} is too long"
            raise DirectoryError(CONSTRAINT, "2082", text)
        if rule.number and not value.removeprefix("-").isdigit():
            raise DirectoryError(INVALID_SYNTAX, "57", f"{rule.name} is a number")
    if len({value.casefold() for value in given}) < len(given):
        raise DirectoryError(20, "2083", f"AtrErr: {rule.name} holds a value twice")


def check_leaf(value: str) -> None:
    """Raise `DirectoryError` when a common name is too long."""
    if len(value) > COMMON_NAME_LENGTH:
        text = "AtrErr: problem 1005 (CONSTRAINT_ATT_TYPE), cn is too long"
        raise DirectoryError(CONSTRAINT, "2082", text)


def check_account(store: Store, one: Object, *, unique_principals: bool = True) -> None:
    """Raise `DirectoryError` when an object, as it would be, clashes or contradicts itself."""
    login = one.first("sAMAccountName")
    if login is not None:
        if one.kind == "user" and len(login) > LOGIN_LENGTH:
            raise DirectoryError(CONSTRAINT, "2082", "AtrErr: sAMAccountName is too long")
        if FORBIDDEN_IN_LOGIN & set(login) or login.endswith("."):
            raise DirectoryError(UNWILLING, "523", f"not a name for an account: {login}")
        if store.holders("sAMAccountName", login) - {one.guid}:
            windows = CREATED_TWICE.get(one.kind, "524")
            raise DirectoryError(ENTRY_EXISTS, windows, f"UpdErr: the name {login} is in use")
    principal = one.first("userPrincipalName")
    held = store.holders("userPrincipalName", principal or "") - {one.guid}
    if unique_principals and principal is not None and held:
        text = "AtrErr: problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)"
        raise DirectoryError(CONSTRAINT, "21C8", text)
    if one.kind in {"user", "computer"}:
        _check_flags(one)


def _check_flags(one: Object) -> None:
    flags = one.number("userAccountControl")
    if flags & ~KNOWN_FLAGS or not flags & (NORMAL | 0x1000):
        raise DirectoryError(UNWILLING, "1F", f"userAccountControl cannot be {flags}")
    if not flags & DISABLED and not flags & PASSWORD_NOT_REQUIRED and not one.has_password:
        text = "SvcErr: problem 5003 (WILL_NOT_PERFORM), an account in use needs a password"
        raise DirectoryError(UNWILLING, "52D", text)


def read_password(values: tuple[str | bytes, ...], *, protected: bool) -> str:
    """The password in a modification of `unicodePwd`.

    Raises:
        DirectoryError: The connection is not protected, or the value is not quoted UTF-16LE.
    """
    text = ""
    if protected and len(values) == 1 and isinstance(values[0], bytes):
        text = values[0].decode("utf-16-le", "replace")
    if len(text) < len('""') or text[0] != '"' or text[-1] != '"':
        raise DirectoryError(UNWILLING, "1F", "SvcErr: problem 5003 (WILL_NOT_PERFORM)")
    return text[1:-1]


def check_password(one: Object, password: str, *, code: int, least: int) -> None:
    """Raise `DirectoryError` with that code when a password does not meet the policy.

    Args:
        one: The account.
        password: What is to be set.
        code: Of the refusal.
        least: Characters that the policy asks for.
    """
    kinds = sum(
        any(test(letter) for letter in password)
        for test in (str.isupper, str.islower, str.isdigit, lambda letter: not letter.isalnum())
    )
    login = (one.first("sAMAccountName") or "").casefold()
    named = len(login) >= NAME_IN_PASSWORD and login in password.casefold()
    if len(password) < least or kinds < LEAST_CLASSES or named:
        raise DirectoryError(code, "52D", "the password does not meet the policy of the domain")


def check_right(store: Store, who: Object, one: Object, attributes: Iterable[str]) -> None:
    """Raise `DirectoryError` when an account may not write an object.

    Members of Domain Admins may write everything. A delegate of a container may write users below
    it, and the members of groups below it; a builder may make OUs below it. Objects with adminCount
    are out of their reach (AdminSDHolder).
    """
    if any(_is_admins(store, guid) for guid in who.groups):
        return
    if one.kind == "organizationalUnit":
        delegated = any(who.guid in above.builders for above in store.ancestors(one))
    else:
        delegated = any(who.guid in above.delegates for above in store.ancestors(one))
    wanted = {name.lower() for name in attributes}
    allowed = one.kind in {"user", "organizationalUnit"} or (
        one.kind == "group" and wanted == {"member"}
    )
    if not delegated or not allowed or one.number("adminCount"):
        raise DirectoryError(NO_RIGHTS, "5", "SecErr: problem 4003 (INSUFF_ACCESS_RIGHTS)")


def _is_admins(store: Store, guid: str) -> bool:
    group = store.get(guid)
    return group is not None and group.first("sAMAccountName") == "Domain Admins"


def classes_to_create(store: Store, who: Object, container: Object) -> list[str]:
    """What an account may make in a container (allowedChildClassesEffective)."""
    if container.kind not in PARENTS:
        return []
    made = (
        Object(guid="", parent=container.guid, rdn=("CN", "x"), kind=kind)
        for kind in ("user", "computer", "contact", "group", "organizationalUnit")
    )
    return [one.kind for one in made if _may(store, who, one, ())]


def attributes_to_write(store: Store, who: Object, one: Object) -> list[str]:
    """What an account may change of an object (allowedAttributesEffective)."""
    names = ["cn", "name", "member", *(rule.name for rule in RULES.values())]
    if one.kind != "group":
        names.remove("member")
    return [name for name in names if _may(store, who, one, (name,))]


def _may(store: Store, who: Object, one: Object, attributes: Iterable[str]) -> bool:
    try:
        check_right(store, who, one, attributes)
    except DirectoryError:
        return False
    return True
