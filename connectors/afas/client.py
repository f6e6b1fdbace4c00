"""AFAS over REST: one method per endpoint, wire objects in and out, no nouns of ours."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from connectors.afas.connection import MAX_PARALLEL, AfasSettings, authorization
from connectors.afas.mapping import TO_PRIVATE_MAIL
from connectors.afas.pages import Row, read_pages, unmoved
from connectors.afas.query import EQUAL, MAX_QUERY, Condition, Filter, page_query
from connectors.afas.replies import classify, decoded
from connectors.model.errors import (
    BrokenSource,
    ConnectorError,
    Misconfigured,
    Refused,
)
from connectors.sdk.http import Busy, Http, NotSent, unreachable

Fields = Mapping[str, str | bool]
"""Fields of an update: text (empty to clear) or real booleans."""

MATCH_ON_NUMBER: Final = "0"
"""`MatchPer`: find the person by `BcCo`. 7 would insert a new one."""
ROWS_EACH: Final = 4
"""Rows that a value is expected to have at most."""

_slots: dict[str, threading.BoundedSemaphore] = {}
"""Address -> calls that may be under way: AFAS counts them per environment, not per client."""


class UserAction(StrEnum):
    """`MtCd`: what a write does with a user. Never from a mapping: a slip could block users.

    Source: AFASSoftware/OASContent, "Organisaties en personen.json", KnUser_PUT.
    """

    BLOCK_AND_LEAVE_GROUPS = "0"
    """All groups but Everybody."""
    UPDATE = "1"
    """Inserts a user whose code does not exist."""
    BLOCK = "2"
    """Whether the groups stay is contradicted by AFAS itself."""
    RENAME = "4"
    """To `UsIdNew`."""
    UNBLOCK = "6"


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

    def update_connector_levels(self, connector: str) -> dict[str, set[str]]:
        """Ids of the fields of an UpdateConnector: "" its own, else those of an object in it.

        An `EmAd` of the employee and one of the person in it are two different things.
        """
        content = self._get(
            f"/Metainfo/update/{quote(connector, safe='')}", f"MetaInfo of {connector}"
        )
        levels = {"": _field_ids(content)}
        for nested in content.get("objects") or []:
            levels[str(nested.get("name") or nested.get("id"))] = _field_ids(nested)
        return levels

    def get_rows(
        self, connector: str, *, order_by: Sequence[str], columns: int, where: Filter = ()
    ) -> list[Row]:
        """Every row of a GetConnector; see `get_pages`. Rows that move are read anew."""
        return unmoved(
            lambda: [
                row
                for page in self.get_pages(
                    connector, order_by=order_by, columns=columns, where=where
                )
                for row in page
            ]
        )

    def get_pages(
        self, connector: str, *, order_by: Sequence[str], columns: int, where: Filter = ()
    ) -> Iterator[list[Row]]:
        """Every row of a GetConnector, a page at a time.

        Args:
            connector: Its name.
            order_by: Fields that leave no ties: without them AFAS orders each page anew.
            columns: How many fields a row is expected to have; sets the size of the first page.
            where: Which rows; all of them without it.

        Raises:
            BrokenSource: A page is cut off, came twice or is longer than asked.
            RowsMoved: Rows came or went in the meantime: begin anew, see `unmoved`.
            Fatal: The reading broke; what came so far is no whole.
        """
        try:
            yield from read_pages(
                lambda query: self._page(connector, query),
                order_by=order_by,
                where=where,
                columns=columns,
                max_rows=self._max_rows,
            )
        except Refused as error:
            raise Misconfigured(
                error.message,
                system="afas",
                operation=error.operation,
                code=error.code,
                reference=error.reference,
            ) from error
        except BrokenSource as error:
            error.system, error.operation = "afas", f"GET {connector}"
            raise

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
        where = [[Condition(field, EQUAL, value)]]
        return self._page(connector, page_query(order_by, skip=0, take=2, where=where))

    def find_many(
        self, connector: str, *, field: str, values: Sequence[str], order_by: Sequence[str]
    ) -> list[Row]:
        """The rows in which a field has one of some values, in one call as far as they fit.

        Args:
            connector: Name of the GetConnector.
            field: Field to filter on.
            values: Any texts but the empty one. Where they have many rows, some rows may be
                missing, but never some of a value's.
            order_by: Fields that leave no ties; `field` comes before them.
        """
        if not values:
            return []
        where = [[Condition(field, EQUAL, value)] for value in values]
        most = ROWS_EACH * len(values)
        ordered = list(dict.fromkeys([field, *order_by]))
        query = page_query(ordered, skip=0, take=most, where=where)
        if len(values) > 1 and len(query) + 1 > MAX_QUERY:
            half = len(values) // 2
            parts = (values[:half], values[half:])
            return [
                row
                for some in parts
                for row in self.find_many(connector, field=field, values=some, order_by=order_by)
            ]
        rows = self._page(connector, query)
        # The last value may have more rows than came.
        return rows if len(rows) < most else [one for one in rows if one[field] != rows[-1][field]]

    # --- writing ---------------------------------------------------------------------------------

    def put_user(
        self, user_id: str, fields: Fields, *, action: UserAction = UserAction.UPDATE
    ) -> None:
        """Set fields of a user, and do something with it in the same call."""
        element = {"@UsId": user_id, "Fields": {"MtCd": action.value, **fields}}
        self._put("KnUser", {"KnUser": {"Element": element}})

    def put_employee(self, employee_id: str, person_number: str, fields: Fields) -> None:
        """Update fields of an employee's person, by way of the employee.

        Fields at the level of the employee are something else: its `EmAd` is no address.
        """
        element = {"@EmId": employee_id, "Objects": [_person(person_number, fields)]}
        self._put("KnEmployee", {"AfasEmployee": {"Element": element}})

    def put_documents_to_private_mail(self, employee_id: str) -> None:
        """Send an employee's digital documents to the private mail of the person."""
        element = {"@EmId": employee_id, "Fields": {"EmAd": TO_PRIVATE_MAIL}}
        self._put("KnEmployee", {"AfasEmployee": {"Element": element}})

    def put_person(self, person_number: str, fields: Fields) -> None:
        """Update fields of a person."""
        self._put("KnPerson", _person(person_number, fields))

    # --- the wire --------------------------------------------------------------------------------

    def _page(self, connector: str, query: str) -> list[Row]:
        if len(query) + 1 > MAX_QUERY:
            message = f"the query has more than {MAX_QUERY} characters"
            raise Misconfigured(
                message,
                system="afas",
                operation=f"GET {connector}",
                hint="Shorten the names of the fields that it filters and orders by.",
            )
        content = self._get(f"/connectors/{quote(connector, safe='')}?{query}", connector)
        rows = content.get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
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
            error.system, error.operation = "afas", f"PUT {connector}"
            raise unreachable(error) from error
        except ConnectorError as error:
            error.system, error.operation = "afas", f"PUT {connector}"
            raise


def _person(person_number: str, fields: Fields) -> Row:
    found_by = {"MatchPer": MATCH_ON_NUMBER, "BcCo": person_number}
    return {"KnPerson": {"Element": {"Fields": {**found_by, **fields}}}}


def _field_ids(content: Row) -> set[str]:
    return {str(field["fieldId"]) for field in content.get("fields") or []}
