"""How cassettes are recorded, scrubbed and labelled.

What is kept is an allow-list of headers, and bodies in which private values are replaced by `***`,
in requests as in replies. A replay scrubs its requests before it compares them, so it finds what
was recorded without knowing what stood there.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
import yaml

FOLDER = Path(__file__).parent / "cassettes"
ADDRESS = "https://12345.rest.afas.online/ProfitRestServices"
HEADER = """\
# Recorded from Retour's own sandbox of AFAS Profit, not from AFAS. Invented people; the token is
# left out, private values are ***, the address has AFAS's form.
# To record anew: python -m tests.connectors.afas.recorded
"""
SCRUBBED = "***"
COLUMNS = {
    "Email_prive": "KnPerson.EmA2",
    "Telefoon_prive": "KnPerson.TeN2",
    "Geboortedatum": "KnPerson.DaBi",
    "BSN": "KnPerson.SoSe",
}
"""Private columns that the recorded environment shows, as a customer's might."""
PRIVATE = frozenset({*COLUMNS, *(field.partition(".")[2] for field in COLUMNS.values()), "MbN2"})
"""Keys whose values are in no cassette: fields of KnPerson and the columns that show them."""
KEPT_OF_REQUEST = frozenset({"content-type", "accept-language"})
KEPT_OF_REPLY = frozenset({"content-type"})


@contextmanager
def cassette(name: str, *, mode: str = "none") -> Iterator[Any]:
    """A cassette that is replayed, or recorded with mode `all`."""
    tape = vcr.VCR(
        record_mode=mode,
        match_on=["method", "path_and_query", "body"],
        before_record_request=_request,
        before_record_response=_reply,
        decode_compressed_response=True,
    )
    tape.register_matcher("path_and_query", _same_path_and_query)
    with tape.use_cassette(str(FOLDER / f"{name}.yaml")) as running:
        yield running


def label(name: str, made_from: Mapping[str, Any]) -> None:
    """Let a cassette that was just recorded begin with what it was recorded from.

    Calls that ran side by side are put in order, so that recording anew gives the same file.
    """
    path = FOLDER / f"{name}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not any(one["request"]["method"] == "PUT" for one in content["interactions"]):
        content["interactions"].sort(key=lambda one: one["request"]["uri"])
    labelled = {"recorded_from": dict(made_from), **content}
    text = yaml.safe_dump(labelled, allow_unicode=True, sort_keys=False, width=100)
    path.write_text(HEADER + text, encoding="utf-8")


def content_of(name: str) -> dict[str, Any]:
    """What stands in a cassette."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return content


def scrubbed(content: Any) -> Any:
    """JSON without private values; an empty one stays empty, for that is what is looked at."""
    if isinstance(content, dict):
        return {
            key: SCRUBBED if key in PRIVATE and value else scrubbed(value)
            for key, value in content.items()
        }
    return [scrubbed(item) for item in content] if isinstance(content, list) else content


def _request(request: Any) -> Any:
    """A request as it is kept, and as a replay compares it."""
    parts = urlsplit(request.uri)
    path = parts.path.removeprefix("/ProfitRestServices")
    request.uri = f"{ADDRESS}{path}{'?' + parts.query if parts.query else ''}"
    request.headers = _kept(request.headers, KEPT_OF_REQUEST)
    request.body = _scrubbed_bytes(request.body)
    return request


def _reply(response: dict[str, Any]) -> dict[str, Any]:
    """A reply as it is kept."""
    return {
        **response,
        "headers": _kept(response["headers"], KEPT_OF_REPLY),
        "body": {"string": _scrubbed_bytes(response["body"]["string"])},
    }


def _scrubbed_bytes(body: bytes | None) -> bytes | None:
    """A body without private values; byte for byte the same when there are none in it."""
    if not body:
        return body
    content = json.loads(body)
    clean = scrubbed(content)
    if clean == content:
        return body
    return json.dumps(clean, ensure_ascii=False, separators=(",", ":")).encode()


def _kept(headers: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if name.lower() in names}


def _same_path_and_query(one: Any, other: Any) -> None:
    first, second = (urlsplit(request.uri)[2:4] for request in (one, other))
    if first != second:
        message = f"{first} is not {second}"
        raise AssertionError(message)
