"""AFAS over REST: one method per endpoint, wire objects in and out, no nouns of ours."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from connectors.afas.replies import TooMuch, classify, decoded
from connectors.afas.settings import MAX_PARALLEL, AfasSettings, authorization
from connectors.model.errors import (
    BrokenSource,
    ConnectorError,
    Misconfigured,
    Refused,
    Unreachable,
)
from connectors.sdk.http import Busy, Http, NotSent

Row = dict[str, Any]
"""A row of a GetConnector: field -> text, number, boolean or None."""
Fields = Mapping[str, str | bool]
"""Fields of an update: text (empty to clear) or real booleans."""

MAX_CELLS: Final = 150_000
"""Columns times rows above which AFAS runs out of memory. Source: OASContent, get-connector.md."""
EQUAL: Final = "1"
UPDATE_USER: Final = "1"
"""`MtCd`: insert or update. Fixed here: from a mapping, a slip could block users."""
MATCH_ON_NUMBER: Final = "0"
"""`MatchPer`: find the person by `BcCo`. 7 would insert a new one."""

_slots: dict[str, threading.BoundedSemaphore] = {}
"""Address -> calls that may be under way: AFAS counts them per environment, not per client."""


class AfasClient:
    """A client for one environment.

    Args:
        settings: How to reach it.
        read_only: Whether requests other than GET are refused before they leave the process.
        token: Instead of the one in the settings.
        sleep: Waits between attempts; replaced in tests.
    """

    def __init__(
        self,
        settings: AfasSettings,
        *,
        read_only: bool,
        token: SecretStr | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Prepare the client; nothing is sent yet."""
        headers = {
            "Authorization": authorization(token or settings.token),
            "Accept-Language": settings.language,
            "Content-Type": "application/json;charset=utf-8",
        }
        if settings.integration_id:
            headers["IntegrationId"] = settings.integration_id
        self._http = Http(
            system="afas",
            base_url=settings.base_url,
            read_only=read_only,
            headers=headers,
            classify=classify,
            timeout_seconds=settings.timeout_seconds,
            verify=str(settings.verify) if settings.verify else True,
            max_connections=MAX_PARALLEL,
            sleep=sleep,
        )
        self._max_rows = settings.max_rows
        self._slot = _slots.setdefault(
            settings.base_url.casefold(), threading.BoundedSemaphore(MAX_PARALLEL)
        )

    def __repr__(self) -> str:
        """Name the class only: headers hold the token."""
        return "AfasClient()"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # --- reading ---------------------------------------------------------------------------------

    def version(self) -> str:
        """Version of Profit, such as "22.22.5"."""
        return str(self._get("/ProfitVersion", "ProfitVersion").get("version", ""))

    def metainfo(self) -> Row:
        """What the token may use: `getConnectors`, `updateConnectors`, `info`."""
        return self._get("/MetaInfo", "MetaInfo")

    def get_connector_fields(self, connector: str) -> set[str]:
        """Names of the fields of a GetConnector."""
        content = self._get(
            f"/Metainfo/get/{quote(connector, safe='')}", f"MetaInfo of {connector}"
        )
        return {str(field["id"]) for field in content.get("fields", [])}

    def update_connector_fields(self, connector: str) -> set[str]:
        """Ids of the fields of an UpdateConnector, those of nested objects included."""
        content = self._get(
            f"/Metainfo/update/{quote(connector, safe='')}", f"MetaInfo of {connector}"
        )
        return _field_ids(content)

    def get_rows(self, connector: str, *, order_by: Sequence[str], columns: int) -> list[Row]:
        """Every row of a GetConnector.

        Args:
            connector: Its name.
            order_by: Fields that leave no ties: without them AFAS orders each page anew.
            columns: How many fields a row is expected to have; sets the size of the first page.

        Raises:
            BrokenSource: A page is cut off, came twice or is longer than asked.
            Fatal: The reading broke; nothing partial is returned.
        """
        rows: list[Row] = []
        previous: list[Row] = []
        take = self._take(columns)
        while True:
            try:
                page = self._page(connector, _paged(order_by, skip=len(rows), take=take))
            except TooMuch:
                if take == 1:
                    raise
                take //= 2
                continue
            except Refused as error:
                raise Misconfigured(
                    error.message,
                    system="afas",
                    operation=error.operation,
                    code=error.code,
                    reference=error.reference,
                ) from error
            if len(page) > take or (page and page == previous):
                message = (
                    "AFAS gave the same page twice" if len(page) <= take else "a page is too long"
                )
                raise BrokenSource(message, system="afas", operation=f"GET {connector}")
            rows += page
            if len(page) < take:
                return rows
            previous, take = page, min(take, self._take(len(page[0])))

    def find_rows(
        self, connector: str, *, field: str, value: str, order_by: Sequence[str]
    ) -> list[Row]:
        """The rows in which a field has a value, at most two of them.

        Args:
            connector: Name of the GetConnector.
            field: Field to filter on.
            value: Its value, any text but the empty one: what AFAS does with an empty filter value
                is not documented.
            order_by: Fields that leave no ties.

        Raises:
            ValueError: The value is empty.
        """
        if not value:
            message = f"an empty value to find in {field}"
            raise ValueError(message)
        return self._page(connector, f"{_paged(order_by, skip=0, take=2)}&{_equal(field, value)}")

    # --- writing ---------------------------------------------------------------------------------

    def put_user(self, user_id: str, fields: Fields) -> None:
        """Update fields of a user."""
        element = {"@UsId": user_id, "Fields": {"MtCd": UPDATE_USER, **fields}}
        self._put("KnUser", {"KnUser": {"Element": element}})

    def put_employee(self, employee_id: str, person_number: str, fields: Fields) -> None:
        """Update fields of an employee's person, by way of the employee.

        Fields at the level of the employee are something else: its `EmAd` is no address.
        """
        element = {"@EmId": employee_id, "Objects": [_person(person_number, fields)]}
        self._put("KnEmployee", {"AfasEmployee": {"Element": element}})

    def put_person(self, person_number: str, fields: Fields) -> None:
        """Update fields of a person."""
        self._put("KnPerson", _person(person_number, fields))

    # --- the wire --------------------------------------------------------------------------------

    def _take(self, columns: int) -> int:
        return max(1, min(self._max_rows, (MAX_CELLS - 1) // max(1, columns)))

    def _page(self, connector: str, query: str) -> list[Row]:
        content = self._get(f"/connectors/{quote(connector, safe='')}?{query}", connector)
        rows = content.get("rows")
        if not isinstance(rows, list):
            raise BrokenSource("a reply without rows", system="afas", operation=f"GET {connector}")
        return rows

    def _get(self, path: str, name: str) -> Row:
        """Read JSON; an error names what was read and not the query with its values."""
        try:
            with self._slot:
                content = decoded(self._http.get(path))
        except ConnectorError as error:
            error.system, error.operation = "afas", f"GET {name}"
            raise
        if not isinstance(content, dict):
            raise BrokenSource("a reply that is no object", system="afas", operation=f"GET {name}")
        return content

    def _put(self, connector: str, body: Row) -> httpx.Response:
        """Write. The body of a reply is not described for every connector: any 2xx is success.

        Raises:
            Unreachable: AFAS did not take the request in spite of retries; nothing was written.
            Transient: It may have been written: read back.
        """
        try:
            with self._slot:
                return self._http.write("PUT", f"/connectors/{connector}", json=body)
        except (NotSent, Busy) as error:
            raise Unreachable(
                error.message, system="afas", operation=f"PUT {connector}", code=error.code
            ) from error
        except ConnectorError as error:
            error.system, error.operation = "afas", f"PUT {connector}"
            raise


def _person(person_number: str, fields: Fields) -> Row:
    found_by = {"MatchPer": MATCH_ON_NUMBER, "BcCo": person_number}
    return {"KnPerson": {"Element": {"Fields": {**found_by, **fields}}}}


def _paged(order_by: Sequence[str], *, skip: int, take: int) -> str:
    ordered = ",".join(quote(field, safe="") for field in order_by)
    return f"skip={skip}&take={take}&orderbyfieldids={ordered}"


def _equal(field: str, value: str) -> str:
    """A filter; `,` and `;` separate values even when they are encoded, as far as anybody knows."""
    if not {",", ";"} & set(value):
        return (
            f"filterfieldids={quote(field, safe='')}&filtervalues={quote(value, safe='')}"
            f"&operatortypes={EQUAL}"
        )
    condition = {"@FieldId": field, "@OperatorType": EQUAL, "#text": value}
    filters = {"Filters": {"Filter": [{"@FilterId": "1", "Field": [condition]}]}}
    return f"filterjson={quote(json.dumps(filters, ensure_ascii=False), safe='')}"


def _field_ids(content: Row) -> set[str]:
    ids = {str(field["fieldId"]) for field in content.get("fields", [])}
    for nested in content.get("objects", []):
        ids |= _field_ids(nested)
    return ids
