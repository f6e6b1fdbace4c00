"""A business rule: who is due what, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from tasks.lifecycle.conditions import Condition

Kind = Literal["account", "access", "group", "permission"]

ACCOUNT: Final = "account"
ACCESS: Final = "access"
GROUP: Final = "group"
PERMISSION: Final = "permission"
KINDS: Final[tuple[Kind, ...]] = (ACCOUNT, ACCESS, GROUP, PERMISSION)

Status = Literal["published", "draft", "retired"]


@dataclass(frozen=True, slots=True)
class Window:
    """The days around a contract on which a rule holds, first and last day included.

    Attributes:
        from_days: Days from the contract's first day; -7 begins a week earlier.
        until_days: Days from the contract's last day; 30 ends a month later. A contract without an
            end has a window without an end.
    """

    from_days: int = 0
    until_days: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a rule gives in one target. An account is needed there before anything else.

    A name may be a template over the contract that the rule looks at, such as
    `G-{contract.department.id}`: one group per department. A contract that lacks the fact gives
    nothing by that name.

    Attributes:
        account: That there is an account.
        access: That the person can sign in.
        groups: Groups, by the names that the target shows for them, or templates of these.
        permissions: Roles, licences and the like, in the same way.
    """

    account: bool = False
    access: bool = False
    groups: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """If these conditions hold on a contract in this window, these things are due.

    Attributes:
        id: Unique; stands in every `because`.
        description: What it is for, in a sentence.
        when: The conditions; `All()` holds for everybody with a contract in the window.
        window: When, for every kind of thing that has no window of its own.
        grant: Target -> what is due there.
        status: `published` counts. `draft` is checked and gives nothing. `retired` gives nothing
            any more, and what it gave stays with those who have it, unmanaged, instead of being
            taken away.
        windows: Windows of single kinds of things.
    """

    id: str
    description: str
    when: Condition
    window: Window
    grant: Mapping[str, Grant]
    status: Status = "published"
    windows: Mapping[Kind, Window] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it gives what it names."""
        return self.status == "published"

    def window_of(self, kind: Kind) -> Window:
        """The days on which it gives things of a kind."""
        return self.windows.get(kind, self.window)
