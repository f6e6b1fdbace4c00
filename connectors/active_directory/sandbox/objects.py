"""An object of the sandbox's directory, and refusals as a controller words them."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Self

from connectors.active_directory.names import Rdn

ROUNDS: Final = 1000
"""Of key derivation: no password is kept in clear, and a thousand binds a second are possible."""

_PLAIN: Final = (
    "guid", "parent", "kind", "salt", "digest", "usn_created", "usn_changed",
)  # fmt: skip
_SEVERAL: Final = ("groups", "delegates", "builders")


class DirectoryError(Exception):
    """A refusal.

    Args:
        code: LDAP result code.
        windows: The Windows error a controller puts in front, hexadecimal without leading zeros.
        text: What it says after that.
    """

    def __init__(self, code: int, windows: str, text: str) -> None:
        """Word it as a controller does."""
        super().__init__(f"{windows:0>8}: {text}")
        self.code, self.message = code, f"{windows:0>8}: {text}"


@dataclass(slots=True)
class Object:
    """One object. References are GUIDs, so that a rename or a move changes this object alone.

    Attributes:
        guid: Its objectGUID, for ever.
        parent: GUID of the container, None for the domain itself.
        rdn: The leaf part of its name.
        kind: Its most specific class, a key of `schema.CLASSES`.
        attributes: Stored values, under the schema's spelling.
        links: Attributes that refer to one other object (`manager`), as GUIDs.
        groups: GUIDs of the groups it is a member of.
        delegates: GUIDs of accounts that may manage what is below this container.
        builders: GUIDs of accounts that may make OUs below this container.
        salt: Of the password, base64; None without a password.
        digest: Of the password, base64.
        usn_created: Update sequence number of the write that made it.
        usn_changed: Of the last write.
    """

    guid: str
    parent: str | None
    rdn: Rdn
    kind: str
    attributes: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    delegates: list[str] = field(default_factory=list)
    builders: list[str] = field(default_factory=list)
    salt: str | None = None
    digest: str | None = None
    usn_created: int = 0
    usn_changed: int = 0

    def buried(self, container: str | None, usn: int) -> Self:
        """What is left of it when it is deleted: its identity (MS-ADTS 3.1.1.5.5.1.1)."""
        kept = {"sAMAccountName", "userAccountControl"} & self.attributes.keys()
        return type(self)(
            guid=self.guid,
            parent=container,
            rdn=(self.rdn[0], f"{self.rdn[1]}\nDEL:{self.guid}"),
            kind=self.kind,
            attributes={name: self.attributes[name] for name in kept} | {"isDeleted": ["TRUE"]},
            usn_created=self.usn_created,
            usn_changed=usn,
        )

    def copy(self) -> Self:
        """A copy to change and then commit."""
        return type(self).from_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The object as JSON, none of it shared."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "rdn": self.rdn,
            "attributes": {name: list(values) for name, values in self.attributes.items()},
            "links": dict(self.links),
            **{name: list(getattr(self, name)) for name in _SEVERAL},
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Undo `to_json`."""
        return cls(**{**content, "rdn": (content["rdn"][0], content["rdn"][1])})

    def first(self, name: str) -> str | None:
        """The first stored value of an attribute."""
        values = self.attributes.get(name)
        return values[0] if values else None

    def number(self, name: str) -> int:
        """The first stored value as a number, 0 without one."""
        return int(self.first(name) or 0)

    @property
    def has_password(self) -> bool:
        """Whether a password was ever set."""
        return self.digest is not None

    def set_password(self, password: str) -> None:
        """Keep a salted digest."""
        salt = secrets.token_bytes(16)
        self.salt = base64.b64encode(salt).decode()
        self.digest = base64.b64encode(_derive(password, salt)).decode()

    def is_password(self, password: str) -> bool:
        """Whether that is the password."""
        if self.salt is None or self.digest is None:
            return False
        derived = _derive(password, base64.b64decode(self.salt))
        return hmac.compare_digest(derived, base64.b64decode(self.digest))


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
