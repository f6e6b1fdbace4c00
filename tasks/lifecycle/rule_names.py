"""Names in rules against the groups and permissions that a target really has."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import pandas as pd

from tasks.lifecycle.order import TemplatePart, parse_template
from tasks.lifecycle.rule import Rule
from tasks.lifecycle.rule_checks import Finding


def unknown_names(rules: Iterable[Rule], target: str, permissions: pd.DataFrame) -> list[Finding]:
    """What published rules give in a target and what is not there, or is not ours to give.

    A name that is made from a contract is held against the text around its facts only: which groups
    it comes to, the people say.

    Args:
        rules: Without anything for `check_rules` to find.
        target: Name of the target.
        permissions: As in `Accounts.permissions`.

    Returns:
        In the order of the rules; empty when every name is there.
    """
    names = permissions["name"].dropna()
    known: dict[str, set[str]] = {}
    for permission, name in zip(names.index, names, strict=True):
        for key in (permission, name):
            known.setdefault(key.casefold(), set()).add(permission)
    fixed = frozenset(permissions.index[~permissions["grantable"]])
    spelled = {name.casefold(): name for name in names}
    findings: list[Finding] = []
    for rule in rules:
        grant = rule.grant.get(target)
        if grant is None or not rule.counts:
            continue
        for key, what, given in (
            ("groups", "group", grant.groups),
            ("permissions", "permission", grant.permissions),
        ):
            for name in given:
                findings += [
                    Finding(rule.id, sentence, ("grant", target, key))
                    for sentence in _against(name, f"{what} {name!r}", known, fixed, spelled)
                ]
    return findings


def _against(
    name: str,
    what: str,
    known: dict[str, set[str]],
    fixed: frozenset[str],
    spelled: dict[str, str],
) -> Iterator[str]:
    parts = parse_template(name)
    if any(part.path is not None for part in parts):
        if not _is_like_any(parts, spelled):
            yield f"no name is like that of {what}"
        return
    wanted = "".join(part.literal for part in parts).casefold()
    found = known.get(wanted, set())
    if not found:
        close = get_close_matches(wanted, spelled, n=1)
        yield f"there is no {what}{f'; did you mean {spelled[close[0]]}?' if close else ''}"
    elif len(found) > 1:
        yield f"{len(found)} are called like {what}; name one by its id"
    elif found & fixed:
        yield f"the members of {what} are not ours to set"


def _is_like_any(parts: tuple[TemplatePart, ...], known: Iterable[str]) -> bool:
    """Whether some name begins and ends as a template does."""
    begin = parts[0].literal.casefold()
    end = parts[-1].literal.casefold() if parts[-1].path is None else ""
    return any(
        name.startswith(begin) and name.endswith(end) and len(name) > len(begin) + len(end)
        for name in known
    )
