"""The schemas of this provider: User, EnterpriseUser and Group (RFC 7643), and one of its own."""

from typing import Final

from connectors.scim.sandbox.schema import Attribute, Kind, Schema

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
STAFF: Final = "urn:example:params:scim:schemas:extension:staff:1.0:User"


def _several(name: str, description: str, *kinds: str, required: bool = False) -> Attribute:
    """A multi-valued attribute with the usual parts (RFC 7643, section 2.4)."""
    return Attribute(
        name=name,
        description=description,
        type="complex",
        multi=True,
        parts=(
            Attribute(name="value", description="The value.", required=required),
            Attribute(name="display", description="As it is shown."),
            Attribute(name="type", description="What it is for.", canonical=kinds),
            Attribute(name="primary", description="Whether it comes first.", type="boolean"),
        ),
    )


_COMMON: Final = (
    Attribute(
        name="id",
        description="Identifier, given by the provider.",
        case_exact=True,
        mutability="readOnly",
        returned="always",
        uniqueness="server",
    ),
    Attribute(name="externalId", description="Identifier of the client.", case_exact=True),
    Attribute(
        name="meta",
        description="About the resource.",
        type="complex",
        mutability="readOnly",
        parts=(
            Attribute(name="resourceType", case_exact=True, mutability="readOnly"),
            Attribute(name="created", type="dateTime", mutability="readOnly"),
            Attribute(name="lastModified", type="dateTime", mutability="readOnly"),
            Attribute(
                name="location", type="reference", references=("uri",), mutability="readOnly"
            ),
            Attribute(name="version", case_exact=True, mutability="readOnly"),
        ),
    ),
)
"""Attributes of every resource (RFC 7643, section 3.1); `/Schemas` does not list them."""
COMMON: Final = Schema(id="", name="common", description="", attributes=_COMMON)

_ADDRESS: Final = Attribute(
    name="addresses",
    description="Postal addresses.",
    type="complex",
    multi=True,
    parts=(
        *(
            Attribute(name=name)
            for name in (
                "formatted",
                "streetAddress",
                "locality",
                "region",
                "postalCode",
                "country",
            )
        ),
        Attribute(name="type", canonical=("work", "home", "other")),
        Attribute(name="primary", type="boolean"),
    ),
)

_USER: Final = Schema(
    id=USER,
    name="User",
    description="User Account",
    attributes=(
        Attribute(
            name="userName",
            description="Name to sign in with.",
            required=True,
            uniqueness="server",
        ),
        Attribute(
            name="name",
            description="Parts of the name.",
            type="complex",
            parts=tuple(
                Attribute(name=name)
                for name in (
                    "formatted",
                    "familyName",
                    "givenName",
                    "middleName",
                    "honorificPrefix",
                    "honorificSuffix",
                )
            ),
        ),
        *(
            Attribute(name=name)
            for name in (
                "displayName",
                "nickName",
                "title",
                "userType",
                "preferredLanguage",
                "locale",
                "timezone",
            )
        ),
        Attribute(name="profileUrl", type="reference", references=("external",)),
        Attribute(name="active", description="May sign in.", type="boolean"),
        Attribute(
            name="password",
            description="Never shown.",
            case_exact=True,
            mutability="writeOnly",
            returned="never",
        ),
        _several("emails", "Mail addresses.", "work", "home", "other"),
        _several("phoneNumbers", "Telephones.", "work", "home", "mobile", "fax", "pager", "other"),
        _several("ims", "Instant messaging."),
        Attribute(
            name="photos",
            description="Pictures.",
            type="complex",
            multi=True,
            parts=(
                Attribute(name="value", type="reference", references=("external",)),
                Attribute(name="display"),
                Attribute(name="type", canonical=("photo", "thumbnail")),
                Attribute(name="primary", type="boolean"),
            ),
        ),
        _ADDRESS,
        Attribute(
            name="groups",
            description="Groups that it is in, directly.",
            type="complex",
            multi=True,
            mutability="readOnly",
            parts=(
                Attribute(name="value", case_exact=True, mutability="readOnly"),
                Attribute(
                    name="$ref", type="reference", references=("Group",), mutability="readOnly"
                ),
                Attribute(name="display", mutability="readOnly"),
                Attribute(name="type", canonical=("direct", "indirect"), mutability="readOnly"),
            ),
        ),
        _several("entitlements", "What it may use."),
        _several("roles", "What it is."),
        Attribute(
            name="x509Certificates",
            description="Certificates.",
            type="complex",
            multi=True,
            parts=(
                Attribute(name="value", type="binary", case_exact=True),
                Attribute(name="display"),
                Attribute(name="type"),
                Attribute(name="primary", type="boolean"),
            ),
        ),
    ),
)

_ENTERPRISE: Final = Schema(
    id=ENTERPRISE,
    name="EnterpriseUser",
    description="Enterprise User",
    attributes=(
        *(
            Attribute(name=name)
            for name in (
                "employeeNumber",
                "costCenter",
                "organization",
                "division",
                "department",
            )
        ),
        Attribute(
            name="manager",
            description="The manager's account.",
            type="complex",
            parts=(
                Attribute(name="value", description="Its id.", case_exact=True),
                Attribute(name="$ref", type="reference", references=("User",)),
                Attribute(name="displayName", mutability="readOnly"),
            ),
        ),
    ),
)

_STAFF: Final = Schema(
    id=STAFF,
    name="Staff",
    description="What this customer adds",
    attributes=(
        Attribute(name="badge", description="Number on the badge.", case_exact=True),
        Attribute(name="location", description="Where it works."),
        Attribute(name="hours", description="Hours a week.", type="integer"),
    ),
)

_GROUP: Final = Schema(
    id=GROUP,
    name="Group",
    description="Group",
    attributes=(
        Attribute(name="displayName", description="Name.", required=True),
        Attribute(
            name="members",
            description="Who is in it.",
            type="complex",
            multi=True,
            parts=(
                Attribute(name="value", case_exact=True, mutability="immutable"),
                Attribute(
                    name="$ref",
                    type="reference",
                    references=("User", "Group"),
                    mutability="immutable",
                ),
                Attribute(name="type", canonical=("User", "Group"), mutability="immutable"),
            ),
        ),
    ),
)

USERS: Final = Kind(name="User", endpoint="/Users", core=_USER, extensions=(_ENTERPRISE, _STAFF))
GROUPS: Final = Kind(name="Group", endpoint="/Groups", core=_GROUP)
KINDS: Final = (USERS, GROUPS)
