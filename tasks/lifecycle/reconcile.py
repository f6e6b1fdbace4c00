"""Reconciliation: every place where targets, ledger and rules do not agree.

It looks at the plan of everybody, so what it calls wrong is what a run would put right; and at what
no run touches: accounts of nobody, permissions no rule names, links that lead nowhere.
"""

from collections.abc import Callable, Iterator
from typing import Final

from tasks.lifecycle.plan import Decision
from tasks.lifecycle.reconcile_accounts import (
    not_switched,
    unmanaged,
    unmanaged_permissions,
    without_account,
)
from tasks.lifecycle.reconcile_changes import settled_by_itself
from tasks.lifecycle.reconcile_issue import Issue
from tasks.lifecycle.reconcile_links import claimed_twice, dangling, waiting
from tasks.lifecycle.reconcile_view import View, views

_LOOKS: Final[tuple[Callable[[View], Iterator[Issue]], ...]] = (
    settled_by_itself,
    unmanaged,
    not_switched,
    without_account,
    unmanaged_permissions,
    dangling,
    claimed_twice,
    waiting,
)


def find_issues(decided: Decision) -> list[Issue]:
    """Every issue, by kind and then by whose it is.

    Args:
        decided: What was decided about everybody, in every target.
    """
    found = [issue for view in views(decided) for look in _LOOKS for issue in look(view)]
    return sorted(found, key=lambda issue: issue.order)
