"""Screen: whose account may hold something else than it should, without an object per person.

Whoever it leaves out holds exactly what is wanted. Whoever it marks is looked at closely, by the
decisions of `desired` and `updates`; most of them do differ.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model.accounts import Accounts
from connectors.model.texts import TEXT_DTYPE, Texts, as_texts, cut, take
from tasks.lifecycle.columns import given
from tasks.lifecycle.desired import current, meant, room_of, wanted
from tasks.lifecycle.mapping import as_wanted, may_clear, reads_upstream
from tasks.lifecycle.order import paths_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.roster import Mask, Positions
from tasks.lifecycle.world import World


def may_differ(
    policy: TargetPolicy, action: str, world: World, accounts: Accounts, rows: Positions
) -> Mask:
    """Per person of a world whether an update may have something to write or to say.

    Args:
        policy: What the profile decides about the target.
        action: Whose fields count.
        world: Persons with an account.
        accounts: What the target holds.
        rows: Per person the place of their account.

    Raises:
        ConfigError: A customer's function failed.
    """
    look = np.zeros(len(world), dtype=np.bool_)
    for mapping in policy.mapped(action):
        look |= _differs(policy, mapping, world, accounts, rows)
    return look


def _differs(
    policy: TargetPolicy,
    mapping: FieldMapping,
    world: World,
    accounts: Accounts,
    rows: Positions,
) -> Mask:
    known = policy.manifest.attribute(mapping.name)
    # What is wanted of several values is a list, also of one: it is no text to compare as text.
    several = known is not None and known.multi
    texts = None if several else as_wanted(meant(policy, mapping), world)
    longest = room_of(known)
    if texts is not None and longest is not None:
        texts = cut(texts, longest)
    held = _held(accounts, mapping.name)
    if texts is None or held is None:
        values, now = wanted(policy, mapping, world), current(accounts, rows, mapping.name)
        unsaid = reads_upstream(mapping) & ~given(values)
        return np.asarray(unsaid | (given(values) & (values != now)))
    now = take(held, rows)
    silent = _mask(pc.is_null(texts))
    same = _mask(pc.fill_null(pc.equal(texts, now), False))  # noqa: FBT003 - as Arrow has it
    look = ~same & ~silent
    if reads_upstream(mapping):
        look |= silent  # there is something to say about it
        for path in paths_of(mapping):
            look |= world.changes(path)
    elif _clears(mapping, world):
        look |= silent & _mask(pc.is_valid(now))
    return look


def _clears(mapping: FieldMapping, world: World) -> bool:
    """Whether nothing wanted means nothing held; an empty value in the profile always does."""
    return mapping.kind == "value" or may_clear(mapping, world)


def _held(accounts: Accounts, attribute: str) -> Texts | None:
    """What accounts hold; None where that is no text."""
    if attribute not in accounts.attributes.columns:
        return pa.nulls(0, pa.large_string())
    column = accounts.attributes[attribute]
    return as_texts(column) if column.dtype == TEXT_DTYPE else None


def _mask(flags: Texts) -> Mask:
    return np.asarray(flags.to_numpy(zero_copy_only=False), dtype=np.bool_)
