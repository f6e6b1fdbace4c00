"""What of a run people can read in Prefect."""

from typing import Annotated, Literal

from pydantic import Field

from config.spec import NO_BOOLEAN, Spec


class ArtifactsSpec(Spec):
    """What of a run stands in Prefect's database, where whoever reaches its UI can read it."""

    values: Literal["show", "mask"] = "show"
    """`mask` names persons by their HR id and fields by their name, and leaves out every value and
    what systems said; all of it stays in the ledger, for `retour show`."""
    rows: Annotated[int, Field(ge=1, le=10_000), NO_BOOLEAN] = 1000
    """Rows of a table; Prefect's older UI draws thousands of them slowly."""
