"""Names from RFC 7643 and RFC 7644, as they go over the wire."""

from typing import Final

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SCIM_JSON: Final = "application/scim+json"
WRITING: Final = {"Content-Type": SCIM_JSON}
"""Headers of a request with a body (RFC 7644, section 3.1)."""
