"""Under which licences we depend on others, and whether we have looked at them."""

from importlib.metadata import Distribution
from typing import Final

from license_expression import get_spdx_licensing

ALLOWED: Final = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC",
        "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib",
        "LGPL-3.0-only",  # ldap3, psycopg: used as libraries, unchanged, and replaceable
    }
)  # fmt: skip
SPELLED: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Classifiers -> SPDX."""
LOOKED_AT: Final = {
    "pyrage": "MIT",  # says nothing in its metadata; LICENSE in its repository
}
"""What a package does not say itself."""
ONLY_WHERE_WE_WORK: Final = {
    "codespell": "GPL-2.0-only",
    "text-unidecode": "Artistic-1.0-Perl OR GPL-2.0-or-later",
}
"""Tools that we do not ship, and text-unidecode, which is taken under the Artistic License."""


def licence_of(name: str, distribution: Distribution) -> str:
    """The SPDX expression of a package; "" where it does not say."""
    if name in LOOKED_AT or name in ONLY_WHERE_WE_WORK:
        return LOOKED_AT.get(name) or ONLY_WHERE_WE_WORK[name]
    about = distribution.metadata
    told = about.get("License-Expression")
    if told:
        return str(told)
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in about.get_all("Classifier") or []
        if one.startswith("License ::")
    ]
    named = [SPELLED[one] for one in classifiers if one in SPELLED]
    if named:
        return " OR ".join(dict.fromkeys(named))
    plain = str(about.get("License") or "").strip()
    return SPELLED.get(plain, plain if "\n" not in plain else "")


def objection(name: str, licence: str) -> str:
    """Why a licence is not accepted; "" when it is."""
    if name in ONLY_WHERE_WE_WORK:
        return ""
    if not licence:
        return f"{name} does not say under which licence it is: look, and add it to LOOKED_AT"
    spdx = get_spdx_licensing()
    parsed = spdx.parse(licence)
    unknown = sorted({str(one) for one in spdx.license_keys(parsed)} - ALLOWED)
    return f"{name} is under {licence}: {', '.join(unknown)} is not on the list" if unknown else ""
