"""What the provider says no with (RFC 7644, section 3.12)."""

from typing import Any, Final

ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """An error reply.

    Args:
        status: HTTP status.
        detail: A sentence.
        scim_type: Keyword of table 9, "" for none.
        headers: Further headers of the reply.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        scim_type: str = "",
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Keep the parts."""
        super().__init__(detail)
        self.status, self.detail, self.scim_type = status, detail, scim_type
        self.headers = headers or {}

    def to_json(self) -> dict[str, Any]:
        """The body: the status is a text, as section 3.12 has it."""
        kind = {"scimType": self.scim_type} if self.scim_type else {}
        return {"schemas": [ERROR], "status": str(self.status), **kind, "detail": self.detail}


def invalid_value(detail: str) -> ScimError:
    """A value that the schema does not allow."""
    return ScimError(400, detail, "invalidValue")


def invalid_syntax(detail: str) -> ScimError:
    """A body that is not what it should be."""
    return ScimError(400, detail, "invalidSyntax")


def invalid_path(detail: str) -> ScimError:
    """A path that is malformed, or names an attribute nobody knows."""
    return ScimError(400, detail, "invalidPath")


def invalid_filter(detail: str) -> ScimError:
    """A filter that is malformed, or compares what cannot be compared."""
    return ScimError(400, detail, "invalidFilter")


def no_target(detail: str) -> ScimError:
    """A path that leads to nothing."""
    return ScimError(400, detail, "noTarget")


def mutability(detail: str) -> ScimError:
    """A change of what cannot be changed."""
    return ScimError(400, detail, "mutability")


def not_found(kind: str, ident: str) -> ScimError:
    """A resource that is not there."""
    return ScimError(404, f"{kind} {ident} not found")
