"""How cassettes are recorded, whatever the connector: scrubbed before anything reaches the disk.

What is kept is an allow-list: some headers, and bodies that can be taken apart (JSON, forms,
batches of JSON), in which values of secrets and of private life are replaced by `***`, in requests
as in replies. A body that cannot be taken apart is left out whole, and a secret that was sent also
where a reply quotes it. A replay scrubs its requests before it compares them, so it finds what
was recorded without knowing what stood there.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import vcr

from connectors.model.private import MASK, is_private

SCRUBBED: Final = MASK
SECRETS: Final = frozenset(
    {
        "accesstoken",
        "apikey",
        "assertion",
        "authorization",
        "clientassertion",
        "clientsecret",
        "idtoken",
        "password",
        "privatekey",
        "refreshtoken",
        "secret",
        "token",
    }
)
"""Names of what is a secret, in lower case and without marks: `client_secret`, `clientSecret`."""
KEPT_OF_REQUEST: Final = frozenset(
    {"accept-language", "consistencylevel", "content-type", "if-match", "prefer"}
)
KEPT_OF_REPLY: Final = frozenset({"content-type", "etag", "location", "retry-after"})
HOME: Final = 'type eq "home"'
"""In the path of an attribute of SCIM: it is about somebody's home."""
NO_VALUES: Final = frozenset({"type", "customType", "primary", "op", "path"})
"""What says of which kind a value is."""
SHORTEST: Final = 8
"""A secret of fewer letters is not looked for in texts: it would be found in words."""
_PART: Final = re.compile(rb"(?s)(?<=\r\n\r\n)(\{.*?\})(?=\r\n--)")
"""JSON in a part of a batch."""
_HEADER_OF_PART: Final = re.compile(rb"(?im)^(?!content-|if-match:)[a-z][\w-]*:[^\r\n]*\r\n")


@dataclass(frozen=True, slots=True)
class Tape:
    """Records the cassettes of one connector, and plays them.

    Attributes:
        folder: Where they are.
        address: Of the vendor, scheme and host: what stands in the place of a sandbox's.
        private: Keys whose values are private, beside those that are named so.
    """

    folder: Path
    address: str
    private: frozenset[str] = frozenset()

    @contextmanager
    def cassette(self, name: str, *, mode: str = "none") -> Iterator[Any]:
        """A cassette that is replayed, or recorded with mode `all`."""
        scrubbing = _Scrubbing(self)
        recorder = vcr.VCR(
            record_mode=mode,
            match_on=["method", "path_and_query", "body"],
            before_record_request=scrubbing.request,
            before_record_response=scrubbing.reply,
            decode_compressed_response=True,
        )
        recorder.register_matcher("path_and_query", _same_path_and_query)
        with recorder.use_cassette(str(self.folder / f"{name}.yaml")) as running:
            yield running

    def scrubbed(self, content: Any) -> Any:
        """JSON without secrets and private values.

        An empty value stays empty, for that is what is looked at.
        """
        return _Scrubbing(self).json(content)


class _Scrubbing:
    """The scrubbing of one cassette: it learns the secrets that are sent, and their server."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._origin = tape.address
        self._sent: set[str] = set()

    def request(self, request: Any) -> Any:
        """A request as it is kept, and as a replay compares it."""
        parts = urlsplit(request.uri)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        query = _form(parts.query, self._form) if parts.query else ""
        request.uri = f"{self._tape.address}{parts.path}{'?' + query if query else ''}"
        for name, value in request.headers.items():
            if name.lower() == "authorization":
                self._learn_header(str(value))
        kind = str(request.headers.get("content-type", ""))
        request.headers = self._kept(request.headers, KEPT_OF_REQUEST)
        body = request.body
        request.body = self._body(body.encode() if isinstance(body, str) else body, kind)
        return request

    def reply(self, response: dict[str, Any]) -> dict[str, Any]:
        """A reply as it is kept."""
        headers = response["headers"]
        kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
        body = self._body(response["body"]["string"], str(*kinds[:1]))
        return {
            "status": response["status"],
            "headers": self._kept(headers, KEPT_OF_REPLY),
            "body": {"string": body},
        }

    # --- What is in a body ------------------------------------------------------------------------

    def _body(self, body: bytes | None, kind: str) -> bytes | None:
        """A body without them; byte for byte the same when there are none in it."""
        if not body:
            return body
        if "multipart/" in kind:
            parts = _PART.sub(lambda found: self._json(found[1]), body)
            return self._text(_HEADER_OF_PART.sub(b"", parts))
        if "x-www-form-urlencoded" in kind:
            return self._text(_form(body.decode("utf-8", "replace"), self._form).encode())
        return self._text(self._json(body))

    def _json(self, body: bytes) -> bytes:
        try:
            content = json.loads(body)
            clean = self.json(content)
        except (ValueError, RecursionError):
            return SCRUBBED.encode()
        if clean == content:
            return body
        return json.dumps(clean, ensure_ascii=False, separators=(",", ":")).encode()

    def json(self, content: Any) -> Any:
        """JSON without them."""
        if isinstance(content, list):
            return [self.json(item) for item in content]
        if not isinstance(content, dict):
            return content
        at_home = str(content.get("type")).casefold() == "home" or self._is_left_out(
            str(content.get("path"))
        )
        return {
            key: self._veiled(value, key)
            if self._is_left_out(key) or (at_home and key not in NO_VALUES)
            else self.json(value)
            for key, value in content.items()
        }

    def _form(self, name: str, value: str) -> str:
        return str(self._veiled(value, name)) if self._is_left_out(name) else value

    def _is_left_out(self, name: str) -> bool:
        private = name in self._tape.private or HOME in name or is_private(name)
        return private or _is_secret(name)

    def _veiled(self, value: Any, name: str) -> Any:
        """Something of the same form that says nothing."""
        if isinstance(value, list):
            return [self._veiled(item, name) for item in value]
        if isinstance(value, dict):
            return {key: self._veiled(item, name) for key, item in value.items()}
        if not value:
            return value
        if _is_secret(name):
            self._learn(str(value))
        return SCRUBBED

    # --- What was sent, and is quoted -------------------------------------------------------------

    def _learn_header(self, value: str) -> None:
        _, _, credential = value.partition(" ")
        self._learn(value, credential)
        try:
            plain = base64.b64decode(credential, validate=True).decode()
        except ValueError:
            return
        self._learn(plain, unquote_plus(plain.partition(":")[2]))

    def _learn(self, *secrets: str) -> None:
        self._sent |= {one for one in secrets if len(one) >= SHORTEST}

    def _text(self, body: bytes) -> bytes:
        body = body.replace(self._origin.encode(), self._tape.address.encode())
        for secret in sorted(self._sent, key=len, reverse=True):
            for spelled in (secret, json.dumps(secret)[1:-1]):
                body = body.replace(spelled.encode(), SCRUBBED.encode())
        return body

    def _kept(self, headers: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
        """Headers of an allow-list: values as they are given, or each in a list."""

        def clean(value: Any) -> Any:
            if isinstance(value, list):
                return [clean(one) for one in value]
            return self._text(str(value).encode()).decode()

        return {name: clean(value) for name, value in headers.items() if name.lower() in names}


def _is_secret(name: str) -> bool:
    return re.sub(r"[^a-z]", "", name.casefold()) in SECRETS


def _form(text: str, veil: Any) -> str:
    """A form or a query with some values veiled; letter for letter the same when there are none."""
    fields = parse_qsl(text, keep_blank_values=True)
    clean = [(name, veil(name, value)) for name, value in fields]
    return text if clean == fields else urlencode(clean, safe="*")


def _same_path_and_query(one: Any, other: Any) -> None:
    first, second = (urlsplit(request.uri)[2:4] for request in (one, other))
    if first != second:
        message = f"{first} is not {second}"
        raise AssertionError(message)
