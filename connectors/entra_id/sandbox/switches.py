"""How this tenant behaves where Graph's behaviour varies, or nobody has confirmed it."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Switches:
    """Settings of the sandbox; those marked (unverified) are not confirmed by Microsoft's pages.

    Attributes:
        visible_after_seconds: How long a new object answers 404, and is in no list (E3); for a
            number of requests instead there is `Faults.unseen_for`.
        token_seconds: How long a token lives (E1).
        requests_per_window: Requests in a window before 429, None for no limit; a part of a batch
            counts as one (E10).
        window_seconds: Length of that window.
        says_retry_after: Whether a 429 says when to come back (E10).
        delta_page: Objects in a page of a delta query; not the client's to choose.
        delta_token_seconds: How long a delta link lives: seven days (E12).
        delta_expired_status: What an expired one gets: 400 or 410, both are documented.
        members_in_delta: Members of a group in one page of a delta query.
        most_per_page: The largest `$top`.
        call_seconds: How long every HTTP call takes, a batch as a whole.
        recycle_days: How long deleted users can be restored (E11).
        ref_delete_deletes: What `DELETE /groups/{id}/members/{id}` without `/$ref` does to the
            member: deletes it (unverified) (E8).
    """

    visible_after_seconds: float = 0.0
    token_seconds: int = 3600
    requests_per_window: int | None = None
    window_seconds: float = 10.0
    says_retry_after: bool = True
    delta_page: int = 200
    delta_token_seconds: float = 7 * 24 * 3600.0
    delta_expired_status: int = 410
    members_in_delta: int = 500
    most_per_page: int = 999
    call_seconds: float = 0.0
    recycle_days: int = 30
    ref_delete_deletes: bool = True
