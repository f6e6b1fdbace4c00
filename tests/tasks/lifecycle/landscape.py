"""A tiny model of targets and ledger: enough to execute a plan on, and to plan again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.plan import Plan
from connectors.model.values import CLEAR, Pending, Value, is_empty
from tasks.lifecycle.inputs import Memory
from tasks.lifecycle.policy import TargetPolicy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Target:
    """What one target holds.

    Attributes:
        accounts: ref -> {person, enabled, container, label, protected, keep}.
        attributes: ref -> attribute -> value.
        groups: Native id -> name.
        members: (ref, native id of the group).
        fixed: Native ids of groups that choose their members themselves.
        others: Names that other objects hold: (space, value, native id).
        without_account: Records under which an account could be made.
    """

    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[str, dict[str, Value]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)
    others: list[tuple[str, str, str]] = field(default_factory=list)
    without_account: list[Mapping[str, str]] | None = None


class Landscape:
    """Targets, and what the ledger knows of them.

    Attributes:
        policies: By target.
        targets: What they hold.
        links: (target, person) -> ref.
        grants: (target, person) -> native ids of permissions.
        absences: Person -> first day missing from the source.
        names: (space, value, person) that were given away.
    """

    def __init__(
        self, policies: Mapping[str, TargetPolicy], targets: Mapping[str, Target] | None = None
    ) -> None:
        """Start with these targets; the others are empty."""
        self.policies = dict(policies)
        self.targets = {name: (targets or {}).get(name) or Target() for name in policies}
        self.links: dict[tuple[str, str], str] = {}
        self.grants: dict[tuple[str, str], set[str]] = {}
        self.absences: dict[str, date] = {}
        self.names: list[tuple[str, str, str]] = []

    def read(self) -> dict[str, Accounts]:
        """What readers would give."""
        return {name: self._read(name, target) for name, target in self.targets.items()}

    def memory(self) -> Memory:
        """What the ledger would give."""
        return Memory(
            links=pd.DataFrame(
                [(target, person, ref) for (target, person), ref in self.links.items()],
                columns=["target", "person", "ref"],
            ).astype("str"),
            grants=pd.DataFrame(
                [(*key, permission) for key, held in self.grants.items() for permission in held],
                columns=["target", "person", "permission"],
            ).astype("str"),
            absences=self.absences,
            names=pd.DataFrame(self.names, columns=["space", "value", "person"]).astype("str"),
        )

    def apply(self, plan: Plan) -> None:
        """Do everything the plan says, as strictly as the strictest target."""
        for change in plan.changes:
            if change.verb is Verb.UNMANAGE:
                self._let_go(change)
            else:
                self._apply(change)

    def held(self) -> dict[str, Any]:
        """What targets hold, in a form that can be compared: what is empty is left out."""
        return {
            name: {
                "accounts": {
                    ref: {key: value for key, value in account.items() if value is not None}
                    for ref, account in target.accounts.items()
                },
                "attributes": {
                    ref: {key: value for key, value in values.items() if not is_empty(value)}
                    for ref, values in target.attributes.items()
                },
                "members": set(target.members),
            }
            for name, target in self.targets.items()
        }

    def undo(self, plan: Plan) -> None:
        """Put back in the targets what a plan has changed: the last change first.

        Nothing but the changes themselves says what that was. Accounts that were deleted are gone.
        """
        for change in reversed(list(plan.changes)):
            self._undo(change)

    def _undo(self, change: Change) -> None:
        target = self.targets[change.target]
        ref = change.ref or self.links[change.target, change.person]
        match change.verb:
            case Verb.CREATE:
                del target.accounts[ref], target.attributes[ref]
            case Verb.UPDATE | Verb.ENABLE | Verb.DISABLE | Verb.MOVE | Verb.DELETE:
                was: dict[str, Value] = {**dict.fromkeys(change.after, CLEAR), **change.before}
                for key in was.keys() & {"enabled", "container"}:
                    target.accounts[ref][key] = was.pop(key)
                self._write(target, ref, was)
                correlation = self.policies[change.target].manifest.correlation
                if correlation in was:
                    target.accounts[ref]["person"] = target.attributes[ref].get(correlation)
            case Verb.GRANT if not change.before:
                target.members.discard((ref, str(change.after["permission"])))
            case Verb.REVOKE if change.before:
                target.members.add((ref, str(change.before["permission"])))

    def _read(self, name: str, target: Target) -> Accounts:
        spaces = {
            one.name: one.unique_in
            for one in self.policies[name].manifest.attributes
            if one.unique_in is not None
        }
        held = [
            (spaces[attribute], str(value), ref)
            for ref, values in target.attributes.items()
            for attribute, value in values.items()
            if attribute in spaces
        ]
        accounts = Accounts.from_records(
            target=name,
            records=target.accounts,
            attributes=target.attributes,
            taken_at=NOON,
            grants=sorted(target.members),
            permissions=target.groups,
            taken=[*held, *target.others],
            without_account=target.without_account,
        )
        accounts.permissions["grantable"] = ~accounts.permissions.index.isin(sorted(target.fixed))
        return accounts

    def _apply(self, change: Change) -> None:
        target, policy = self.targets[change.target], self.policies[change.target]
        ref = change.ref or self.links.get((change.target, change.person))
        if change.verb is Verb.CREATE:
            assert ref is None or ref not in target.accounts, "a second account for one person"
            self._create(change, target, policy)
            return
        assert ref is not None, f"{change.verb} without an account"
        if change.verb is Verb.DELETE and policy.manifest.delete_clears:
            self._clear(change, target, ref)
            return
        assert ref in target.accounts, f"{change.verb} of an account that is not there"
        account = target.accounts[ref]
        match change.verb:
            case Verb.CORRELATE:
                self.links[change.target, change.person] = ref
            case Verb.UPDATE:
                self._write(target, ref, self._resolved(change))
                account["person"] = target.attributes[ref].get(policy.manifest.correlation)
            case Verb.ENABLE | Verb.DISABLE:
                wanted = self._resolved(change)
                account["enabled"] = wanted.pop("enabled")
                self._write(target, ref, wanted)
            case Verb.MOVE:
                account["container"] = change.after["container"]
            case Verb.GRANT:
                permission = str(change.after["permission"])
                target.members.add((ref, permission))
                self.grants.setdefault((change.target, change.person), set()).add(permission)
            case Verb.REVOKE:
                permission = str({**change.before, **change.after}["permission"])
                target.members.discard((ref, permission))
                self.grants.get((change.target, change.person), set()).discard(permission)
            case Verb.DELETE:
                del target.accounts[ref], target.attributes[ref]
                target.members = {pair for pair in target.members if pair[0] != ref}
                self.links.pop((change.target, change.person), None)
                self.grants.pop((change.target, change.person), None)

    def _let_go(self, change: Change) -> None:
        """Forget a grant, or an account with all of them; the target is not touched."""
        whose = change.target, change.person
        if "permission" in change.before:
            self.grants[whose].discard(str(change.before["permission"]))
        else:
            del self.links[whose]
            self.grants.pop(whose, None)

    def _clear(self, change: Change, target: Target, ref: str) -> None:
        if ref in target.accounts:
            wanted = self._resolved(change)
            if "enabled" in wanted:
                target.accounts[ref]["enabled"] = wanted.pop("enabled")
            self._write(target, ref, wanted)
        del self.links[change.target, change.person]

    def _create(self, change: Change, target: Target, policy: TargetPolicy) -> None:
        ref = f"{change.target}-{len(target.accounts) + 1}"
        while ref in target.accounts:
            ref += "x"
        wanted = self._resolved(change)
        container = wanted.pop("container", None)
        target.attributes[ref] = {}
        self._write(target, ref, wanted)
        for attribute in policy.manifest.produces:
            target.attributes[ref].setdefault(attribute, f"{attribute}.{change.person}@made.test")
        target.accounts[ref] = {
            "person": wanted[policy.manifest.correlation],
            "enabled": policy.manifest.creates_enabled
            if Verb.ENABLE in policy.manifest.verbs
            else None,
            "container": container,
        }
        self.links[change.target, change.person] = ref
        self.grants.pop((change.target, change.person), None)

    def _resolved(self, change: Change) -> dict[str, Value]:
        after = dict(change.after)
        for need in change.needs:
            if isinstance(after[need.field], Pending):
                upstream = self.links[need.target, change.person]
                after[need.field] = self.targets[need.target].attributes[upstream][need.attribute]
        assert not any(isinstance(value, Pending) for value in after.values()), "a Pending is left"
        return after

    def _write(self, target: Target, ref: str, values: Mapping[str, Value]) -> None:
        held = target.attributes.setdefault(ref, {})
        for name, value in values.items():
            if value is CLEAR:
                held.pop(name, None)
            else:
                assert not is_empty(value), f"{name} is emptied without CLEAR"
                held[name] = value
