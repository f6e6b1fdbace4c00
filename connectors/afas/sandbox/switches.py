"""What an administrator sets in AFAS, and what nobody has confirmed about it, with defaults."""

from dataclasses import dataclass
from typing import Literal

from connectors.afas.sandbox.records import Records


@dataclass(slots=True, kw_only=True)
class Switches:
    """How this environment behaves. AFAS's own material does not confirm those marked (unverified).

    Attributes:
        refuse_unchanged: A field sent with its present value is refused (D16; text unverified).
        unique_work_mail: A person's work mail must be unique too (D19, unverified).
        neighbours: Further environments whose UPNs and user mails count as taken (D19, unverified).
        not_granted: What a known token gets for a connector it was not granted (D2, unverified).
        null: What JSON null does in an update (D17, unverified).
        removed_fields: What the fields do that Profit 3 removed from KnUser (D15, unverified).
        custom_fields: Whether a custom field that nobody made is refused or kept (D15, unverified).
        match_case: Filters distinguish case (D10, unverified).
        empty_needs_value: Operators 8 and 9 without a value are refused (D7, unverified).
        filters_must_fit: Filters are refused when the numbers of fields, values and operators
            differ; else a missing operator is 1 and a missing value empty (D7, unverified).
        outsite_needs_mail: OutSite without a user mail is refused (D26, unverified).
        block_keeps_groups: MtCd 2 leaves the groups alone (D23; AFAS contradicts itself).
        language: Of the environment, for calls that do not say which one they want.
        token_expiry: Day on which the token ends, as MetaInfo gives it; "0" for never.
        max_licences: Users who may be unblocked at once, None for no limit (D23).
        max_parallel: Calls at once (D13).
        max_cells: Columns times rows of one reply (D9).
        max_body: Bytes of a request (D4).
        ip_refused: The app connector does not allow this address (D3).
        maintenance_seconds: Under maintenance for so long, None for not (D3).
        write_seconds: How long a write takes; it is in flight so long (D27).
    """

    refuse_unchanged: bool = True
    unique_work_mail: bool = True
    neighbours: tuple[Records, ...] = ()
    not_granted: Literal["500", "401"] = "500"
    null: Literal["refuse", "ignore", "clear"] = "refuse"
    removed_fields: Literal["refuse", "ignore"] = "refuse"
    custom_fields: Literal["registered", "any"] = "registered"
    match_case: bool = False
    empty_needs_value: bool = True
    filters_must_fit: bool = True
    outsite_needs_mail: bool = True
    block_keeps_groups: bool = False
    language: Literal["en", "nl"] = "en"
    token_expiry: str = "0"
    max_licences: int | None = None
    max_parallel: int = 5
    max_cells: int = 150_000
    max_body: int = 75_000_000
    ip_refused: bool = False
    maintenance_seconds: int | None = None
    write_seconds: float = 0.0
