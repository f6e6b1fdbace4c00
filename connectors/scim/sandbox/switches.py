"""What the RFCs leave to the provider, and what providers get wrong: one switch each."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Switches:
    """How the provider behaves.

    Attributes:
        filter: Whether it filters; without, a filter is refused (501 in section 3.12 is too hard on
            clients: 400 invalidFilter), or answered as `filter_answer` says.
        filter_answer: What a filter meets where it is not supported: an error, a web page (as one
            real server does), or everybody, as if it had not been there.
        patch: Whether it knows PATCH.
        patch_answers: 200 with the resource or 204 without (section 3.5.2).
        bulk: Whether it knows Bulk.
        bulk_bodies: Whether the replies inside a bulk have bodies (section 3.7: "MAY").
        max_operations: In one bulk.
        max_payload: Bytes of one bulk.
        etag: Whether resources have versions.
        require_if_match: Whether a write without If-Match is refused (428).
        sort: Whether it sorts.
        max_results: Most resources on a page.
        paging: `right`; `ignored` gives everybody whatever was asked; `stuck` gives the first page
            again and again; `short` a page that is smaller than asked; `from zero` counts so.
        total: What `totalResults` says: how many there are, how many are on the page, the right
            number as a text, or nothing at all.
        spelling: `odd` writes the first letter of every name large, and schemas in capitals: names
            have no case (RFC 7643, section 2.1).
        active_is_text: Whether `active` is shown as "True" and "False".
        passwords: Whether a password is accepted.
        unknown: What an attribute that no schema knows meets.
        unmatched_remove: What removing by a filter that matches nothing meets.
        dangling_members: Whether a member that does not exist is accepted.
        members_returned: Whether lists of groups show their members without being asked.
        on_request: Attributes that are shown only when `attributes` names them (returned: request).
        ignored: Attributes of users that are taken without a word and never change; accounts are
            made active where `active` is one of them.
        describes: Whether there are `/Schemas` and `/ResourceTypes`.
    """

    filter: bool = True
    filter_answer: Literal["error", "page", "everybody"] = "error"
    patch: bool = True
    patch_answers: Literal[200, 204] = 200
    bulk: bool = True
    bulk_bodies: bool = True
    max_operations: int = 100
    max_payload: int = 1_048_576
    etag: bool = True
    require_if_match: bool = False
    sort: bool = True
    max_results: int = 200
    paging: Literal["right", "ignored", "stuck", "short", "from zero"] = "right"
    total: Literal["right", "page", "text", "missing"] = "right"
    spelling: Literal["right", "odd"] = "right"
    active_is_text: bool = False
    passwords: bool = True
    unknown: Literal["refused", "ignored"] = "refused"
    unmatched_remove: Literal["quiet", "noTarget"] = "quiet"
    dangling_members: bool = False
    members_returned: bool = True
    on_request: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    describes: bool = True


def poor() -> Switches:
    """A provider that can do as little as the RFC allows."""
    return Switches(filter=False, patch=False, bulk=False, etag=False, sort=False, passwords=False)
