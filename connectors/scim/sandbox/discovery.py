"""What the provider says of itself (RFC 7644, section 4)."""

from typing import Any, Final

from connectors.scim.sandbox.catalogue import KINDS
from connectors.scim.sandbox.errors import ScimError, not_found
from connectors.scim.sandbox.listing import LIST
from connectors.scim.sandbox.schema import Schema
from connectors.scim.sandbox.switches import Switches

CONFIG: Final = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
PATHS: Final = ("ServiceProviderConfig", "ResourceTypes", "Schemas")


def config(base: str, switches: Switches) -> dict[str, Any]:
    """The capabilities."""
    bulk = {"maxOperations": switches.max_operations, "maxPayloadSize": switches.max_payload}
    return {
        "schemas": [CONFIG],
        "documentationUri": "https://example.org/scim",
        "patch": {"supported": switches.patch},
        "bulk": {"supported": switches.bulk, **(bulk if switches.bulk else _NOTHING)},
        "filter": {
            "supported": switches.filter,
            "maxResults": switches.max_results if switches.filter else 0,
        },
        "changePassword": {"supported": switches.passwords},
        "sort": {"supported": switches.sort},
        "etag": {"supported": switches.etag},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A bearer token, given by hand or by the token endpoint",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }


_NOTHING: Final = {"maxOperations": 0, "maxPayloadSize": 0}


def _schema(schema: Schema, base: str, switches: Switches) -> dict[str, Any]:
    """A schema, without what this provider does not keep."""
    content = schema.to_json(base)
    for one in content["attributes"]:
        if one["name"] in switches.on_request:
            one["returned"] = "request"
    if not switches.passwords:
        content["attributes"] = [one for one in content["attributes"] if one["name"] != "password"]
    return content


def described(parts: list[str], query: dict[str, str], base: str, switches: Switches) -> Any:
    """The answer at one of the discovery paths.

    Raises:
        ScimError: 404; 403 for a filter, which section 4 forbids.
    """
    if "filter" in query:
        raise ScimError(403, "discovery is not filtered")
    if parts == ["ServiceProviderConfig"]:
        return config(base, switches)
    what, *named = parts
    if what == "ServiceProviderConfig" or not switches.describes or len(named) > 1:
        raise ScimError(404, f"nothing at /{'/'.join(parts)}")
    if what == "ResourceTypes":
        found = {kind.name: kind.to_json(base) for kind in KINDS}
    else:
        found = {one.id: _schema(one, base, switches) for kind in KINDS for one in kind.schemas}
    if not named:
        return {
            "schemas": [LIST],
            "totalResults": len(found),
            "startIndex": 1,
            "itemsPerPage": len(found),
            "Resources": list(found.values()),
        }
    if named[0] not in found:
        raise not_found(what.removesuffix("s"), named[0])
    return found[named[0]]
