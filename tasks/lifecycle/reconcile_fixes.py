"""Fixes as a plan: a part of the plan of everybody, and changes that only a person asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from connectors.model.change import (
    HR_ID,
    Change,
    CorrelateAccount,
    DeleteAccount,
    DisableAccount,
    GrantPermission,
    RevokePermission,
    Unmanage,
    Verb,
)
from connectors.model.plan import Plan, Section
from connectors.model.values import Value
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.plan import Decision
from tasks.lifecycle.reconcile_issue import (
    ADOPT,
    APPLY,
    DELETE,
    DISABLE,
    REVOKE,
    TAKE_OVER,
    Fix,
    Issue,
    Kind,
)
from tasks.lifecycle.reconcile_wishes import Chosen
from tasks.lifecycle.sequence import place_of

_VALUE_GIVING: Final = frozenset({Verb.UPDATE, Verb.MOVE, Verb.ENABLE})


def plan_fixes(decided: Decision, chosen: Chosen) -> Plan:
    """The plan that fixes what was chosen, and nothing else.

    What the next run would do by itself is taken from its plan as it stands, so it has the same id
    there; with it comes what it builds on upstream.
    """
    parts, inputs = _Parts(decided.plan), decided.inputs
    for issue, fix in chosen.fixes:
        if fix is APPLY:
            parts.take(issue)
        else:
            parts.add(_asked_for(inputs, issue, fix))
    changes = parts.changes()
    sections = tuple(
        Section(
            target=section.target,
            depends_on=section.depends_on,
            changes=tuple(sorted(changes.get(section.target, ()), key=place_of)),
            managed=section.managed,
        )
        for section in decided.plan.sections
    )
    return Plan(
        profile=inputs.profile, as_of=inputs.as_of, sections=sections, notes=tuple(chosen.notes)
    )


class _Parts:
    """Parts of a plan.

    Args:
        plan: The whole.
    """

    def __init__(self, plan: Plan) -> None:
        self._of: dict[tuple[str, str], list[Change]] = {}
        for change in plan.changes:
            self._of.setdefault((change.target, change.person), []).append(change)
        self._whole: dict[str, Change] = {}
        self._fields: dict[str, tuple[Change, set[str]]] = {}

    def take(self, issue: Issue) -> None:
        """Take what the plan does about an issue; of a drifted account only the field."""
        for change in issue.changes:
            if issue.kind is Kind.DRIFTED:
                self._fields.setdefault(change.id, (change, set()))[1].add(issue.subject)
            else:
                self.add(change)
        for change in issue.changes:
            fields = {issue.subject} if issue.kind is Kind.DRIFTED else None
            self._take_upstream(change, fields)

    def add(self, change: Change) -> None:
        """Take a change."""
        self._whole[change.id] = change

    def _take_upstream(self, change: Change, fields: set[str] | None) -> None:
        """Take what gives a change its values: the account upstream, or what is written to it."""
        for need in change.needs:
            if fields is not None and need.field not in fields:
                continue
            feeding = self._of.get((need.target, change.person), [])
            made = any(one.verb in {Verb.CREATE, Verb.CORRELATE} for one in feeding)
            for one in feeding:
                if one.id not in self._whole and (made or one.verb in _VALUE_GIVING):
                    self.add(one)
                    self._take_upstream(one, None)

    def changes(self) -> dict[str, list[Change]]:
        """What was taken, by target."""
        taken: dict[str, list[Change]] = {}
        parts = [
            _only(change, fields)
            for change, fields in self._fields.values()
            if change.id not in self._whole
        ]
        for change in [*self._whole.values(), *parts]:
            taken.setdefault(change.target, []).append(change)
        return taken


def _only(change: Change, fields: set[str]) -> Change:
    """An update of these fields and no others."""
    if fields >= change.after.keys():
        return change
    return replace(
        change,
        before={name: value for name, value in change.before.items() if name in fields},
        after={name: value for name, value in change.after.items() if name in fields},
        needs=tuple(need for need in change.needs if need.field in fields),
    )


def _asked_for(inputs: Inputs, issue: Issue, fix: Fix) -> Change:
    """A change that no run makes by itself."""
    accounts, manifest = inputs.accounts[issue.target], inputs.policies[issue.target].manifest
    number: Mapping[str, Value] = {}
    if issue.ref in accounts.accounts.index:
        carried = accounts.accounts.at[issue.ref, "person"]
        number = {manifest.correlation: carried} if isinstance(carried, str) else {}
    # Of an account of nobody: its number is the id of the person, whom HR does not know any more.
    person = issue.person or str(number.get(manifest.correlation, ""))
    permission: Mapping[str, Value] = {}
    if issue.kind is Kind.PERMISSION_UNMANAGED:
        name = accounts.permissions.at[issue.subject, "name"]
        permission = {"permission": issue.subject, "name": str(name)}
    kind, before, after = {
        TAKE_OVER.name: (CorrelateAccount, number, number),
        DISABLE.name: (DisableAccount, {"enabled": True}, {"enabled": False}),
        DELETE.name: (DeleteAccount, number, {}),
        REVOKE.name: (RevokePermission, permission, {}),
        ADOPT.name: (GrantPermission, permission, permission),
    }.get(fix.name, (Unmanage, {}, {}))
    return kind(
        target=issue.target,
        person=person,
        ref=issue.ref,
        before=before,
        after=after,
        because=(f"issue:{issue.id}",),
        context=dict(_context(inputs, issue)),
    )


def _context(inputs: Inputs, issue: Issue) -> Iterator[tuple[str, str]]:
    """What the writer needs to find the record, and to see that it is whose it was."""
    accounts = inputs.accounts[issue.target]
    if issue.ref in accounts.accounts.index:
        carried = accounts.accounts.at[issue.ref, "person"]
        yield HR_ID, carried if isinstance(carried, str) else ""
    for name in inputs.policies[issue.target].manifest.context:
        if issue.ref in accounts.attributes.index:
            value = accounts.value(issue.ref, name)
            if value is not None:
                yield name, str(value)
