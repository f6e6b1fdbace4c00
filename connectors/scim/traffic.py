"""How the calls of conversations travel: one by one, or many in a Bulk (RFC 7644, section 3.7)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx

from connectors.model.errors import ConnectorError, Misconfigured, Refused, Unavailable
from connectors.scim.announced import Announced
from connectors.scim.client import ScimClient
from connectors.scim.everybody import Everybody, Readings
from connectors.scim.memberships import Membership, Memberships
from connectors.scim.replies import TooLarge, without
from connectors.scim.urns import BULK_REQUEST, WRITING
from connectors.sdk.calls import Call, Reply

BULKED: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ROOM: Final = 8_192
"""Bytes of an operation that are more than enough."""
FRAME: Final = 200
"""Bytes of a bulk around its operations, at most."""

Outcome = Reply | ConnectorError


class Traffic:
    """Sends calls.

    Args:
        client: One that may write.
        announced: What the provider can.
        side_by_side: Requests at once for what a bulk cannot hold.
        page_size: Of lists; 0 to leave it to the provider.
    """

    def __init__(
        self, client: ScimClient, announced: Announced, *, side_by_side: int, page_size: int
    ) -> None:
        """Remember the parts; nothing is sent yet."""
        self._client, self._announced = client, announced
        self._memberships = Memberships(client.send, announced, client.system)
        self._readings = Readings(client.send, page_size=page_size, system=client.system)
        self._side_by_side = side_by_side

    def send(self, call: Call) -> Reply:
        """Send one call.

        Raises:
            ConnectorError: What the answer means.
        """
        if isinstance(call.json, Membership):
            return self._memberships.send(call.json)
        if isinstance(call.json, Everybody):
            return self._readings.send(call.path, call.json)
        return self._client.send(call)

    def send_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Send calls of different persons: writes in a bulk, members by group, the rest beside.

        Returns:
            An outcome per call, in their order.
        """
        if len(calls) == 1:
            return [self._outcome(calls[0])]
        outcomes: dict[int, Outcome] = {}
        joining = {at: one.json for at, one in enumerate(calls) if isinstance(one.json, Membership)}
        bulked = {
            at: call
            for at, call in enumerate(calls)
            if at not in joining and call.method in BULKED and not call.params
        }
        others = [at for at in range(len(calls)) if at not in joining and at not in bulked]
        if others:
            with ThreadPoolExecutor(max_workers=min(self._side_by_side, len(others))) as pool:
                found = pool.map(self._outcome, [calls[at] for at in others])
                outcomes.update(zip(others, found, strict=True))
        found_all = self._memberships.send_all(list(joining.values()))
        outcomes.update(zip(joining, found_all, strict=True))
        for chunk in self._chunks(bulked):
            outcomes.update(self._bulk(chunk))
        return [outcomes[at] for at in range(len(calls))]

    def _outcome(self, call: Call) -> Outcome:
        try:
            return self.send(call)
        except ConnectorError as error:
            return error

    def _chunks(self, calls: Mapping[int, Call]) -> Iterator[dict[int, Call]]:
        """As many calls as a bulk holds, by number and by size."""
        most, longest = self._announced.max_operations, self._announced.max_payload
        # Not weighed where there is plenty of room: one that is too large after all comes back.
        weighs = 0 < longest < ROOM * min(most, len(calls))
        chunk: dict[int, Call] = {}
        size = FRAME
        for at, call in calls.items():
            length = len(json.dumps(_operation(at, call)).encode()) + 2 if weighs else 0
            if chunk and (len(chunk) >= most or (weighs and size + length > longest)):
                yield chunk
                chunk, size = {}, FRAME
            chunk[at] = call
            size += length
        if chunk:
            yield chunk

    def _bulk(self, calls: Mapping[int, Call]) -> dict[int, Outcome]:
        """Send calls as one request; what is too large as two, what is refused one by one."""
        if len(calls) == 1:
            return {at: self._outcome(call) for at, call in calls.items()}
        body = {
            "schemas": [BULK_REQUEST],
            "Operations": [_operation(at, call) for at, call in calls.items()],
        }
        try:
            reply = self._client.send(Call("POST", "/Bulk", json=body, headers=WRITING))
        except TooLarge:
            half = list(calls)[: len(calls) // 2]
            return {
                **self._bulk({at: calls[at] for at in half}),
                **self._bulk({at: call for at, call in calls.items() if at not in half}),
            }
        except (Refused, Misconfigured):  # of the bulk as a whole: nothing of it was done
            return {at: self._outcome(call) for at, call in calls.items()}
        except ConnectorError as error:
            return dict.fromkeys(calls, without(error, _passwords(calls.values())))
        told = _told(reply.json, list(calls))
        return {
            at: self._meaning(call, told[at]) if at in told else _untold(call, self._client.system)
            for at, call in calls.items()
        }

    def _meaning(self, call: Call, told: Mapping[str, Any]) -> Outcome:
        """What the answer to one operation means, by the rules for whole answers."""
        headers = {
            header: str(told[name])
            for header, name in (("Location", "location"), ("ETag", "version"))
            if told.get(name)
        }
        status, response = _status(told.get("status")), told.get("response")
        if status is None:
            return _untold(call, self._client.system)
        if 300 <= status < 400:  # a location here is where it is, not where to go
            headers.pop("Location", None)
        if status < 300:
            told_in = {name.lower(): text for name, text in headers.items()}
            return Reply(status, response, told_in)  # spelled already, with the bulk around it
        content = {"json": response} if response is not None else {}
        return self._client.meaning(call, httpx.Response(status, headers=headers, **content))


def _passwords(calls: Iterable[Call]) -> Iterator[str]:
    """Passwords in bodies: an answer about all of them may quote somebody else's."""
    for call in calls:
        if isinstance(call.json, Mapping) and isinstance(call.json.get("password"), str):
            yield call.json["password"]


def _operation(at: int, call: Call) -> dict[str, Any]:
    """A call as an operation; its place is its name."""
    version = call.headers.get("If-Match")
    return {
        "method": call.method,
        "path": call.path,
        "bulkId": f"c{at}",
        **({"version": version} if version else {}),
        **({"data": call.json} if call.json is not None else {}),
    }


def _told(content: Any, places: list[int]) -> dict[int, Mapping[str, Any]]:
    """Place of a call -> what is told of it: by its name; by order where names are left out."""
    listed = content.get("Operations") if isinstance(content, Mapping) else None
    told = [one for one in listed or [] if isinstance(one, Mapping)]
    named = {str(one["bulkId"]): one for one in told if one.get("bulkId")}
    if len(named) < len(told) == len(places):
        return dict(zip(places, told, strict=True))
    return {at: named[f"c{at}"] for at in places if f"c{at}" in named}


def _status(said: Any) -> int | None:
    """The status of an operation: a text in RFC 7644, an object with a code before it."""
    if isinstance(said, Mapping):
        said = said.get("code")
    text = str(said)
    return int(text) if re.fullmatch("[2-5][0-9]{2}", text) else None


def _untold(call: Call, system: str) -> ConnectorError:
    message = "the answer to the bulk says nothing about this operation"
    return Unavailable(message, system=system, operation=str(call))
