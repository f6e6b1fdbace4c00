"""Who is told what: the part of a profile that sends messages, about people and about incidents."""

from email.utils import parseaddr
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from config.spec import MAX_DAYS, NO_BOOLEAN, Spec, Text
from connectors.model.addresses import is_address

Occasion = Literal["joined", "enabled", "changed", "left", "failed", "refused", "waiting"]
ABOUT_PEOPLE: Final = frozenset({"joined", "enabled", "changed", "left"})
PERSONS: Final = ("person", "person.manager", "person.personal_email")
"""Recipients that follow from whom a message is about."""

SERVER: Final = r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]|\$\{.*"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


def _as_list(given: Any) -> Any:
    """One is a list of one."""
    return [given] if isinstance(given, str) else given


def _one_or_more(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})


def _recipient(text: str) -> str:
    if text in PERSONS or is_address(text):
        return text
    message = f"must be a mail address, or one of {', '.join(PERSONS)}"
    raise ValueError(message)


def _fixed(text: str) -> str:
    if not is_address(text):
        message = "must be a mail address"
        raise ValueError(message)
    return text


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    if not is_address(address) or not name.isprintable():
        message = "must be a mail address, or `Name <address>`"
        raise ValueError(message)
    return text


def _block(text: str) -> str:
    kind, _, name = text.partition("/")
    if not kind or not name or "/" in name:
        message = "must be the type and the name of a block, such as ms-teams-webhook/it"
        raise ValueError(message)
    return text


def _link(text: str) -> str:
    if not text.startswith("https://"):
        message = "must begin with https://"
        raise ValueError(message)
    try:
        text.format(person="", user_name="", run="")
    except (KeyError, IndexError, ValueError, AttributeError):
        message = "may hold {person}, {user_name} and {run}, and no other braces"
        raise ValueError(message) from None
    return text


_ADDRESS: Final = {"type": "string", "minLength": 3}
Recipients = Annotated[
    tuple[Annotated[str, AfterValidator(_recipient)], ...],
    BeforeValidator(_as_list),
    _one_or_more(_ADDRESS),
]
Occasions = Annotated[
    tuple[Occasion, ...],
    BeforeValidator(_as_list),
    Field(min_length=1),
    _one_or_more({"enum": list(get_args(Occasion))}),
]


class MailSpec(Spec):
    """The server that mail leaves by."""

    server: Annotated[str, Field(pattern=rf"^(?:{SERVER})$")]
    """Name or address of the SMTP server."""
    port: Annotated[int, Field(ge=1, le=65_535), NO_BOOLEAN] | None = None
    """Its port; left out, 587 with `starttls`, 465 with `tls`, 25 with `none`."""
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted; `none` only to this machine, or with `allow_plain`."""
    allow_plain: bool = False
    """Whether mail may leave this machine without encryption; never with a password."""
    ca_file: Text | None = None
    """PEM file of the authority that signed the server's certificate, relative to the profile; left
    out, the authorities that this machine trusts."""
    verify: bool = True
    """Whether the certificate is checked; switch it off for a test only."""
    user: Text | None = None
    """Name to sign in with; left out, nobody signs in."""
    password: Text | None = Field(default=None, repr=False)
    """Its password, as `secret://NAME`."""
    sender: Annotated[str, AfterValidator(_sender)]
    """Whom mail is from: an address, or `Name <address>`."""
    reply_to: Annotated[str, AfterValidator(_fixed)] | None = None
    """Where answers go; left out, to the sender."""
    timeout_seconds: Annotated[int, Field(ge=1, le=600), NO_BOOLEAN] = 30
    """How long the server may take for each answer."""

    @model_validator(mode="after")
    def _safe(self) -> "MailSpec":
        if (self.user is None) != (self.password is None):
            message = "user and password belong together"
            raise ValueError(message)
        if self.encryption != "none" or self.server in LOOPBACK:
            return self
        if self.user is not None:
            message = "a password is not sent without encryption: leave out user and password"
            raise ValueError(message)
        if not self.allow_plain:
            message = "mail would leave this machine in the clear; if that is meant: allow_plain"
            raise ValueError(message)
        return self

    @property
    def at(self) -> tuple[str, int]:
        """Host and port."""
        return self.server.strip("[]"), self.port or PORTS[self.encryption]


class MessageSpec(Spec):
    """One kind of message: on what, and to whom."""

    on: Occasions
    """What it is sent for: `joined` (an account was made, and all that belongs to it), `enabled`,
    `changed`, `left` (disabled or deleted); `failed`, `refused` (a guard said no) or `waiting` (for
    an approval)."""
    to: Recipients = ()
    """Who gets a mail: addresses, `person.manager`, `person` or `person.personal_email`; one, or a
    list."""
    block: Annotated[str, AfterValidator(_block)] | None = None
    """A notification block of Prefect instead of a mail, as TYPE/NAME: `ms-teams-webhook/it`."""
    otherwise: Annotated[str, AfterValidator(_fixed)] | None = None
    """Address that gets it when HR knows no manager, or no address."""
    template: Text | None = None
    """A text of your own, relative to the profile; left out, the one that comes with Retour."""
    fields: dict[Text, Text] | None = None
    """With `joined`: what is told, as heading -> path; left out, name, user name, mail address and
    first day."""
    password: Literal["none", "separate", "link"] = "none"  # noqa: S105 - no password
    """With `joined`: what is said of the initial password, which is never in this message:
    `separate` (another mail to somebody else brings it) or `link` (where to fetch it)."""
    password_link: Annotated[str, AfterValidator(_link)] | None = None
    """With `password: link`: the address, with {person}, {user_name} or {run} in it."""

    @model_validator(mode="after")
    def _agrees(self) -> "MessageSpec":
        if bool(self.to) == (self.block is not None):
            message = "say where it goes: `to` for mail, or `block` for a notification block"
            raise ValueError(message)
        several = set(self.on) & ABOUT_PEOPLE and set(self.on) - ABOUT_PEOPLE
        if several:
            message = "what is about a person and what is not are messages of their own"
            raise ValueError(message)
        if set(self.to) & set(PERSONS) and not set(self.on) <= ABOUT_PEOPLE:
            message = f"{', '.join(self.on)} is about nobody in particular: name an address"
            raise ValueError(message)
        if self.on != ("joined",) and (self.fields is not None or self.password != "none"):  # noqa: S105 - no password
            message = "fields and password go with `on: joined` alone"
            raise ValueError(message)
        if (self.password == "link") != (self.password_link is not None):  # noqa: S105 - no password
            message = "`password: link` and password_link belong together"
            raise ValueError(message)
        return self


class NotifySpec(Spec):
    """Who is told what."""

    mail: MailSpec | None = None
    """The server that mail leaves by."""
    language: Literal["en", "nl"] = "en"
    """Language of the texts that come with Retour."""
    tell: tuple[MessageSpec, ...] = Field(min_length=1)
    """The messages."""
    waiting_hours: Annotated[int, Field(ge=0, le=24 * 90), NO_BOOLEAN] = 4
    """`waiting` is told when nobody has answered for so many hours."""
    again_after_days: Annotated[int, Field(ge=1, le=MAX_DAYS), NO_BOOLEAN] = 7
    """An incident that stays as it is is told again after so many days."""

    @model_validator(mode="after")
    def _mail_leaves(self) -> "NotifySpec":
        if self.mail is None and any(message.to for message in self.tell):
            message = "say how mail leaves: mail: {server: smtp.example.org, sender: …}"
            raise ValueError(message)
        return self

    def has(self, occasion: str) -> bool:
        """Whether anybody is told about this."""
        return any(occasion in message.on for message in self.tell)
