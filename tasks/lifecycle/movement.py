"""Who comes, moves and goes in a plan, as far as its changes tell; counted, nobody named."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from connectors.model.change import Change, Verb

JOINERS: Final = frozenset({Verb.CREATE, Verb.RESTORE, Verb.ENABLE})
LEAVERS: Final = frozenset({Verb.DISABLE})
MOVERS: Final = frozenset({Verb.MOVE, Verb.GRANT, Verb.REVOKE})
DELETED: Final = frozenset({Verb.DELETE})
MOVEMENTS: Final = ("joiners", "movers", "leavers", "deleted", "others")
"""In the order in which people read them. Others: only fields are written, or an account is taken
over."""


KINDS: Final = (
    ("joiners", JOINERS),
    ("leavers", LEAVERS),
    ("deleted", DELETED),
    ("movers", MOVERS),
)
"""The first that fits counts: an account that is made counts most."""


def movement_of(verbs: Collection[Verb]) -> str:
    """What the changes of one person are called together."""
    for name, those in KINDS:
        if not those.isdisjoint(verbs):
            return name
    return "others"


def count_movements(changes: Iterable[Change], accounts: Collection[str]) -> dict[str, int]:
    """How many persons come, move and go.

    Args:
        changes: Of a plan.
        accounts: Targets that hold accounts: a record in HR comes and goes with none.
    """
    verbs: defaultdict[str, set[Verb]] = defaultdict(set)
    for change in changes:
        if change.target in accounts:
            verbs[change.person].add(change.verb)
        else:
            verbs[change.person]
    counted = Counter(movement_of(each) for each in verbs.values())
    return {name: counted[name] for name in MOVEMENTS}
