"""Settings of the three AFAS connectors, checked before anything is sent."""

from typing import ClassVar, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.afas.connection import MAX_PARALLEL, AfasSettings
from connectors.afas.mapping import (
    COLUMNS,
    DOCUMENTS_TO,
    EMPLOYEE_COLUMNS,
    FURTHER,
    GROUP_NAMES,
    GROUPS,
    KEYS,
    NEEDED,
    ONLY_ON_CREATE,
    RESERVED,
    USER_COLUMNS,
    USER_KEY,
    WITH_CUSTOM,
)
from connectors.model.errors import ConfigError, quoted
from connectors.model.people import CUSTOM

OWN_FIELDS: Final = {
    "users": "person_fields",
    "employments": "employment_fields",
    "positions": "position_fields",
    "organizational_units": "department_fields",
    "groups": "group_fields",
    "user_groups": "user_group_fields",
}
"""Kind of GetConnector -> setting that renames its fields."""


class SourceSettings(AfasSettings):
    """Settings of the source `afas`."""

    positions: Literal["use", "employments_only"] = Field(
        "use",
        title="Positions",
        description="Whether positions inside an employment are contracts of their own. Changing it"
        " changes every contract key: the next run is refused until its plan is approved.",
    )
    contract_dates: Literal["contract", "function"] = Field(
        "contract",
        title="Contract dates",
        description="Whose period a contract has: `contract` takes the employment contract and cuts"
        " it only where one function follows another, `function` takes the function line.",
    )
    drop_persons_without_contracts: bool = Field(
        default=True,
        title="Drop persons without contracts",
        description="Whether persons without an employment are left out of the snapshot.",
    )
    starts_within_days: int | None = Field(
        None,
        ge=0,
        title="Starts within days",
        description="Only contracts that start at most so many days after today; by default all"
        " that the GetConnectors show.",
    )
    ended_within_days: int | None = Field(
        None,
        ge=0,
        title="Ended within days",
        description="Only contracts that have not ended, or at most so many days before today; by"
        " default all that the GetConnectors show.",
    )
    read_groups: bool = Field(
        default=False,
        title="Read groups",
        description="Whether persons get the AFAS groups of their user, as `custom.afas_groups` and"
        " `custom.afas_group_names`.",
    )
    person_fields: dict[str, str] = Field(
        default_factory=dict,
        title="Person fields",
        description="Fields of the users GetConnector, where yours differ or say more: person field"
        " or `custom.<name>` -> field; an empty one leaves it unread.",
    )
    employment_fields: dict[str, str] = Field(
        default_factory=dict,
        title="Employment fields",
        description="The same for the employments GetConnector, `custom.<name>` included.",
    )
    position_fields: dict[str, str] = Field(
        default_factory=dict,
        title="Position fields",
        description="The same for the positions GetConnector, `custom.<name>` included. What a"
        " position says counts, whatever its employment says.",
    )
    department_fields: dict[str, str] = Field(
        default_factory=dict,
        title="Department fields",
        description="The same for the units GetConnector, without `custom`.",
    )
    group_fields: dict[str, str] = Field(
        default_factory=dict,
        title="Group fields",
        description="The same for the groups GetConnector, without `custom`.",
    )
    user_group_fields: dict[str, str] = Field(
        default_factory=dict,
        title="Group member fields",
        description="The same for the GetConnector of group members, without `custom`.",
    )

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        for kind, defaults in COLUMNS.items():
            known = {*defaults, *FURTHER.get(kind, ())}
            for field, theirs in self._own(kind).items():
                key = f"{OWN_FIELDS[kind]}.{field}"
                custom = field.startswith(CUSTOM) and field != CUSTOM and kind in WITH_CUSTOM
                if field not in known and not custom:
                    message = (
                        f"there is no field {quoted(field)}; there are {', '.join(sorted(known))}"
                    )
                    raise ConfigError(message, key=key)
                if not theirs and field in NEEDED[kind]:
                    raise ConfigError("this field is needed: it cannot be left unread", key=key)
                if self.read_groups and field in {GROUPS, GROUP_NAMES}:
                    raise ConfigError("`read_groups` fills this field: take another name", key=key)
        return self

    def _own(self, kind: str) -> dict[str, str]:
        own: dict[str, str] = getattr(self, OWN_FIELDS[kind])
        return own

    @property
    def kinds(self) -> tuple[str, ...]:
        """The GetConnectors that an import reads, by their kind."""
        return (
            *("users", "employments"),
            *(("positions",) if self.positions == "use" else ()),
            "organizational_units",
            *(("groups", "user_groups") if self.read_groups else ()),
        )

    @property
    def key_fields(self) -> dict[str, str]:
        """How the keys of persons and contracts are made, as `People.keys` has it."""
        employment = f"{self.columns('employments')['employment_id']} of employments"
        position = f"{self.columns('positions')['position_id']} of positions"
        return {
            "person": self.columns("users")["external_id"],
            "contract": f"{position} ~ {employment}" if self.positions == "use" else employment,
        }

    def columns(self, kind: str) -> dict[str, str]:
        """Fields of the GetConnector of a kind (`users`, `employments`, …): our name -> AFAS's."""
        columns = {**COLUMNS[kind], **self._own(kind)}
        return {ours: theirs for ours, theirs in columns.items() if theirs}


class TargetSettings(AfasSettings):
    """What both targets share."""

    default_columns: ClassVar[dict[str, str]] = {}
    only_on_create: ClassVar[frozenset[str]] = frozenset()

    write_token: SecretStr | None = Field(
        None,
        title="Token that may write",
        description="Token that may write, when `token` may only read.",
        json_schema_extra={"write_only": True},
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        title="Columns",
        description="Fields of the users GetConnector, where yours differ or say more: update field"
        " -> field that shows it.",
    )
    mapped: tuple[str, ...] = Field(
        (),
        title="Mapped fields",
        description="Update fields that the profile maps; filled in from its `fields`.",
    )
    only_update_on_correlate: bool = Field(
        default=False,
        title="Only update on correlate",
        description="Whether fields are written only in the run that takes a record over.",
    )
    concurrency: int = Field(
        MAX_PARALLEL,
        ge=1,
        le=MAX_PARALLEL,
        title="Persons at once",
        description="Persons written side by side.",
    )

    @model_validator(mode="after")
    def _mapped_can_be_sent(self) -> Self:
        reserved = {name.casefold() for name in (*RESERVED, *KEYS)}
        for name in self.mapped:
            if name.casefold() in reserved:
                message = f"{name} is set by Retour, per action: take it out of `fields`"
                raise ConfigError(message, key=f"mapped.{name}")
            if name not in self.readable and name not in self.only_on_create:
                message = (
                    f"{name} is mapped and no field of {self.get_connectors.users} shows it, so"
                    " nobody could tell whether it differs: name the field that does"
                )
                raise ConfigError(message, key=f"columns.{name}")
        return self

    @property
    def readable(self) -> dict[str, str]:
        """Update field -> field of the users GetConnector."""
        return {**self.default_columns, **self.columns}


class EmployeeSettings(TargetSettings):
    """Settings of the target `afas.employee`."""

    default_columns: ClassVar[dict[str, str]] = EMPLOYEE_COLUMNS

    update_through: Literal["KnEmployee", "KnPerson"] = Field(
        "KnEmployee",
        title="UpdateConnector",
        description="The UpdateConnector that writes the fields of the employee's person.",
    )
    payslips_to_private_mail: bool = Field(
        default=False,
        title="Payslips to private mail",
        description="Whether a leaver's digital documents are sent to the private mail before the"
        " work mail is cleared; without a private mail nothing is cleared.",
    )
    private_mail_column: str | None = Field(
        None,
        title="Column of the private mail",
        description="Field of the users GetConnector that shows the private mail; only whether it"
        " is empty is looked at.",
    )
    documents_column: str | None = Field(
        None,
        title="Column of the mail for digital documents",
        description="Field of the users GetConnector that shows which mail gets digital documents.",
    )

    @model_validator(mode="after")
    def _payslips_have_columns(self) -> Self:
        for name in ("private_mail_column", "documents_column"):
            if self.payslips_to_private_mail and not getattr(self, name):
                message = (
                    "payslips_to_private_mail needs it: add the field to the definition of"
                    f" {self.get_connectors.users}, which leaves it out, and name it here"
                )
                raise ConfigError(message, key=name)
        return self

    @property
    def readable(self) -> dict[str, str]:
        """Update field -> field of the users GetConnector; `DocumentsTo` is the selector."""
        shown = super().readable
        if self.payslips_to_private_mail and self.documents_column:
            shown[DOCUMENTS_TO] = self.documents_column
        return shown


class UserSettings(TargetSettings):
    """Settings of the target `afas.user`."""

    default_columns: ClassVar[dict[str, str]] = USER_COLUMNS
    only_on_create: ClassVar[frozenset[str]] = ONLY_ON_CREATE

    create_user: bool = Field(
        default=False,
        title="Create user",
        description="Whether a person who has none gets a user.",
    )
    customer: str | None = Field(
        None,
        pattern=r"^\w+$",
        title="Customer number",
        description="Number that user codes begin with, as in `12345.1000123`; by default the five"
        " digits of the address.",
    )
    update_user_id: bool = Field(
        default=False,
        title="Update user id",
        description="Whether taking a user over gives it the code that is mapped. AFAS advises to"
        " block and add instead: a new code breaks workflow links.",
    )
    manage_access: bool = Field(
        default=True,
        title="Manage access",
        description="Whether users are blocked and unblocked. A delete blocks in any case.",
    )
    on_disable: Literal["block", "block_and_leave_groups"] = Field(
        "block",
        title="On disable",
        description="What blocking a user does: `block` leaves the groups to AFAS,"
        " `block_and_leave_groups` takes the user out of all of them but Everybody.",
    )
    send_description: bool = Field(
        default=False,
        title="Send description",
        description="Whether writes repeat the description (`Nm`), read from Profit_Users first.",
    )

    @model_validator(mode="after")
    def _codes_can_be_made(self) -> Self:
        wanted = self.create_user or self.update_user_id
        if wanted and not self.customer_number and USER_KEY not in self.mapped:
            message = (
                "create_user and update_user_id need the number that user codes begin with, and the"
                " address does not say it"
            )
            raise ConfigError(message, key="customer")
        return self

    @property
    def customer_number(self) -> str | None:
        """The number before the dot of a user code."""
        return self.customer or self.customer_of_address
