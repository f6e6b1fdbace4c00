"""Names without case: `USERNAME` and `userName` are one attribute (RFC 7643, section 2.1).

What a provider sends is brought to one spelling where it comes in, so that nothing else has to
think of it; what nobody knows keeps its own. `active` as a text, which some send, is brought to
true and false.
"""

from collections.abc import Iterable
from typing import Any, Final

from connectors.scim.urns import ENTERPRISE, GROUP, USER

_NAMES: Final = """
    id externalId meta schemas resourceType created lastModified location version
    userName name formatted familyName givenName middleName honorificPrefix honorificSuffix
    displayName nickName profileUrl title userType preferredLanguage locale timezone active password
    emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates
    value display type primary $ref streetAddress locality region postalCode country
    employeeNumber costCenter organization division department manager members
    totalResults startIndex itemsPerPage Resources Operations method bulkId path data response
    status scimType detail
    patch bulk filter changePassword sort etag supported maxOperations maxPayloadSize maxResults
    endpoint schema schemaExtensions attributes subAttributes multiValued mutability returned
    required uniqueness caseExact
"""
_KNOWN: Final = {name.casefold(): name for name in (*_NAMES.split(), USER, GROUP, ENTERPRISE)}
MOST_SHAPES: Final = 1_000
"""Sets of names that are remembered: of users and their parts there are few."""
_STATES: Final = {"true": True, "false": False}


def canonical(name: str) -> str:
    """A name as the RFCs spell it; one that they do not have stays as it is."""
    return _KNOWN.get(name.casefold(), name)


class Spelling:
    """Brings what comes in to one spelling.

    Args:
        names: How attributes and schemas are spelled beside those of the RFCs.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Know the names."""
        self._known = dict(_KNOWN)
        self._seen: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.learn(names)

    def learn(self, names: Iterable[str]) -> None:
        """Know further names; whoever spelled one first was right."""
        for name in names:
            self._known.setdefault(name.casefold(), name)
        self._seen = {}

    def spelled(self, content: Any) -> Any:
        """A resource or a list of them, with names as we know them."""
        found = self._spelled(content)
        if isinstance(found, dict):
            listed = found.get("Resources")
            for one in listed if isinstance(listed, list) else [found]:
                if isinstance(one, dict) and isinstance(one.get("active"), str):
                    one["active"] = _STATES.get(one["active"].strip().casefold(), one["active"])
        return found

    def _spelled(self, content: Any) -> Any:
        if isinstance(content, list):
            return [self._spelled(one) if isinstance(one, dict | list) else one for one in content]
        if not isinstance(content, dict):
            return content
        given = tuple(content)
        names = self._names(given)
        found = content if names is given else dict(zip(names, content.values(), strict=True))
        for name, value in found.items():
            if isinstance(value, dict | list):
                found[name] = self._spelled(value)
        return found

    def _names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Names of one object, the same tuple where they are spelled so already.

        Most objects have the names of another one.
        """
        known = self._seen.get(names)
        if known is None:
            known = tuple(self._name(name, beside=names) for name in names)
            known = () if known == names else known
            if len(self._seen) < MOST_SHAPES:
                self._seen[names] = known
        return known or names

    def _name(self, name: str, *, beside: tuple[str, ...]) -> str:
        known = self._known.get(name.casefold(), name)
        return name if known in beside else known  # both spellings are there: they stay apart
