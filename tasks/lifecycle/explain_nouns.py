"""What an explanation is made of: plain values, ready to be shown or written as JSON.

Days are calendar days, first and last included; a last day of None is "no end". Values of fields
are as in a plan: see `connectors.model.values.encode_value`.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Literal

from tasks.lifecycle.primary import Standing
from tasks.lifecycle.rule import Kind, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whom it is about.

    Attributes:
        id: `external_id`.
        name: As HR or the name generators show it; "" when HR does not know the person any more.
        in_hr: Whether the import has them.
        excluded: Left as they are, because HR says so.
        blocked: Blocked in HR; rules can ask for it.
        left_out: Why the import left the person out, None when it did not.
        absent_since: First day they were missing from the import, None when they are there.
    """

    id: str
    name: str
    in_hr: bool
    excluded: bool = False
    blocked: bool = False
    left_out: str | None = None
    absent_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSeen:
    """One contract on the day.

    Attributes:
        id: Its `external_id`.
        standing: What it is on the day.
        primary: Whether it speaks for the person.
        why: Why it does, or the first thing that counts against it beside the one that does.
        start: First day.
        end: Last day.
        department: Id of the department.
        department_name: Its name.
        title: The job.
        fte: Part of a full job, 1 is all of it.
    """

    id: str
    standing: Standing
    primary: bool
    why: str
    start: date | None
    end: date | None
    department: str | None
    department_name: str | None
    title: str | None
    fte: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One condition, asked of one contract.

    Attributes:
        kind: `test`, or what joins the parts.
        holds: The answer.
        path: Of a test: what it asks about.
        operator: How it compares.
        value: With what; several are a list.
        actual: What HR says; None for nothing.
        parts: Of the others: the conditions they join.
    """

    kind: Literal["test", "all", "any", "not"]
    holds: bool
    path: str | None = None
    operator: str | None = None
    value: Any = None
    actual: Any = None
    parts: "tuple[Trial, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When a rule looks at a contract for one kind of thing.

    Attributes:
        kind: Of the thing.
        first: First day, None for never.
        last: Last day, None for no end.
        open: Whether the day lies within.
    """

    kind: Kind
    first: date | None
    last: date | None
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOnContract:
    """A rule and one contract.

    Attributes:
        contract: Its id.
        meets: Whether the conditions hold on it.
        gives: Whether anything is given because of it on the day.
        conditions: The whole tree.
        windows: A window per kind of thing that the rule gives.
    """

    contract: str
    meets: bool
    gives: bool
    conditions: Trial
    windows: tuple[Opening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSeen:
    """A rule and everything it says about the person.

    Attributes:
        id: Of the rule.
        description: What it is for.
        status: `draft` and `retired` rules give nothing, whatever holds.
        meets: Whether the conditions hold on any contract.
        gives: Whether it gives anything on the day.
        contracts: Every contract of the person.
        fault: Why it could not be asked, None when it could.
    """

    id: str
    description: str
    status: Status
    meets: bool
    gives: bool
    contracts: tuple[RuleOnContract, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days on which something is due without a gap.

    Attributes:
        first: First day.
        last: Last day, None for no end.
        because: Rules and contracts behind it, over all its days.
    """

    first: date
    last: date | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """An account, access, a group or a permission: due or held.

    Attributes:
        kind: Which of these.
        name: Of a group or permission, as rules name it or, unnamed by rules, as the target does.
        due: Whether it is due on the day.
        first: First day of the period of the day; of the next one when it is not due now.
        last: Last day of it; of the last one when all are over. None for no end, or for never due.
        because: Rules and contracts that give it on the day; empty when it is not due.
        periods: Every period that today's rules and contracts give.
        held: Whether the target holds it; None where nobody can say.
        ours: Whether we gave it, or took it over.
        plan: What the plan does about it: verbs, none for nothing.
        disable_on: Of an account with an end: the day it is shut.
        delete_on: Of an account with an end: the day it is deleted, None for never.
    """

    kind: Kind
    name: str | None
    due: bool
    first: date | None
    last: date | None
    because: tuple[str, ...]
    periods: tuple[Period, ...]
    held: bool | None
    ours: bool
    plan: tuple[str, ...]
    disable_on: date | None = None
    delete_on: date | None = None


FieldState = Literal[
    "same", "differs", "new", "unknown", "cleared", "waiting", "not_now", "left_alone"
]
"""`new` is written by a create, `differs` by an update; `cleared` empties it. `waiting` is for
another target, `unknown` for HR: the field keeps what it holds. `not_now`: no mapping for what is
done now. `left_alone`: it differs, and nothing is written all the same; a note says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSeen:
    """One attribute of one account.

    Attributes:
        name: Of the attribute.
        state: See `FieldState`.
        wanted: The value it should have; None where nobody knows it.
        held: What the account holds; None for nothing.
        kind: Where the value comes from: `value`, `from`, `template` or `call`.
        origin: The path, the template, the name of the function, or the fixed value.
        parts: What the paths of the origin say of the person, by path; None for nothing.
        on: Actions for which it has a mapping.
        waiting_for: The target that has to say the value first, None for none.
    """

    name: str
    state: FieldState
    wanted: Any
    held: Any
    kind: str
    origin: Any
    parts: dict[str, Any]
    on: tuple[str, ...]
    waiting_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSeen:
    """One target, as far as the person is concerned.

    Attributes:
        target: Its name.
        title: What system that is.
        ref: Native id of the account, None without one.
        label: A name of the account for people to read.
        enabled: Whether it can sign in; None where nobody can say.
        container: Where it stands, None where there are none.
        linked: Whether the ledger knows that it is the person's; else it was recognised just now.
        protected: Whether nobody may touch it.
        gone: Native id of an account that we knew and that is not there any more.
        action: What is done with its fields now, of `policy.ACTIONS`; None for nothing.
        not_due_since: First day without an account being due, for one who was due one once.
        entitlements: Account, access, groups and permissions.
        fields: Every mapped attribute, in the order of the profile.
    """

    target: str
    title: str
    ref: str | None
    label: str | None
    enabled: bool | None
    container: str | None
    linked: bool
    protected: bool
    gone: str | None
    action: str | None
    not_due_since: date | None
    entitlements: tuple[Entitlement, ...]
    fields: tuple[FieldSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Something that speaks against it, or explains a silence.

    Attributes:
        kind: `note` (of the plan), `guard` (nothing at all is written), `in_doubt` (sent, and
            nobody knows what became of it) or `set_aside` (by the last run).
        target: Where; None for everywhere.
        code: What kind of note.
        reason: A sentence.
    """

    kind: Literal["note", "guard", "in_doubt", "set_aside"]
    target: str | None
    code: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why, and why not: everything about one person on one day.

    Attributes:
        profile: Name of the profile.
        as_of: The day.
        person: Who it is.
        contracts: In the order in which they could be primary, where that is known.
        rules: Those that give something first, then those that hold, then the others.
        targets: In dependency order.
        blocks: What speaks against it.
        changes: What the plan would do, in order: as in a report, without an outcome.
        history: What was done last, newest first.
    """

    profile: str
    as_of: date
    person: Who
    contracts: tuple[ContractSeen, ...]
    rules: tuple[RuleSeen, ...]
    targets: tuple[TargetSeen, ...]
    blocks: tuple[Block, ...]
    changes: tuple[dict[str, Any], ...]
    history: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON: days are ISO text, tuples are lists."""
        return {"retour": 1, **_plain(self)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
