"""Each field of an account: the value it should have, where that comes from, and what it holds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.compare import same
from connectors.model.private import VEIL, is_private
from connectors.model.values import CLEAR, Pending, Value, as_text, encode_value
from tasks.lifecycle.desired import current, desire
from tasks.lifecycle.explain_nouns import FieldSeen, FieldState
from tasks.lifecycle.order import UPSTREAM, parse_template, paths_of, split_upstream
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.world import NAMES, World

WRITING = frozenset({Verb.CREATE, Verb.UPDATE, Verb.ENABLE, Verb.DELETE})


def action_of(ref: str | None, changes: Sequence[Change], *, linked: bool, due: bool) -> str | None:
    """What is done with the fields of an account now, None for nothing."""
    verbs = {change.verb for change in changes}
    if Verb.DELETE in verbs:
        return "delete"
    if not due:
        return None
    if ref is None:
        return "create"
    return "update" if linked else "correlate"


def see_fields(
    policy: TargetPolicy,
    accounts: Accounts,
    ref: str | None,
    changes: Sequence[Change],
    action: str | None,
    world: World,
) -> tuple[FieldSeen, ...]:
    """Every mapped attribute, in the order of the profile.

    Args:
        policy: Of the target.
        accounts: What it holds.
        ref: Native id of the account, None without one.
        changes: What the plan does for the person here.
        action: From `action_of`.
        world: What is known of this one person.

    Raises:
        ConfigError: A customer's function failed.
    """
    written: dict[str, Value] = {}
    for change in changes:
        if change.verb in WRITING:
            written |= change.after
    chosen = {one.name: one for one in policy.mapped(action)} if action is not None else {}
    wanted = desire(policy, action, world).columns if action is not None and len(world) else {}
    on: dict[str, list[FieldMapping]] = {}
    for mapping in policy.fields:
        on.setdefault(mapping.name, []).append(mapping)
    rows = np.flatnonzero(accounts.attributes.index.isin([] if ref is None else [ref]))
    # Names are chosen with the account: without a create there are none, and HR lacks nothing.
    nameless = action == "create" and all(change.verb is not Verb.CREATE for change in changes)
    seen: list[FieldSeen] = []
    for name, mappings in on.items():
        mapping = chosen.get(name, mappings[0])
        held = current(accounts, rows, name)[0] if len(rows) else None
        value = written.get(name, wanted[name][0] if name in wanted else None)
        state: FieldState = "not_now"
        waiting_for: str | None = None
        if name in chosen:
            state, waiting_for = _state(
                mapping, value, held, world, action, is_written=name in written
            )
            if (
                nameless
                and state == "unknown"
                and any(p.startswith(NAMES) for p in paths_of(mapping))
            ):
                state = "left_alone"
        veiled = name in policy.manifest.private
        parts = _parts(mapping, value, world) if name in chosen else {}
        seen.append(
            FieldSeen(
                name=name,
                state=state,
                wanted=_shown(value, veiled=veiled),
                held=_shown(held, veiled=veiled),
                kind=mapping.kind,
                origin=_origin(mapping),
                parts={
                    path: _shown(part, veiled=veiled or is_private(path))
                    for path, part in parts.items()
                },
                on=tuple(sorted({one for each in mappings for one in each.on})),
                waiting_for=waiting_for,
            )
        )
    return tuple(seen)


def _state(
    mapping: FieldMapping,
    value: Any,
    held: Any,
    world: World,
    action: str | None,
    *,
    is_written: bool,
) -> tuple[FieldState, str | None]:
    if is_written:
        waiting_for = value.target if isinstance(value, Pending) else None
        if value is CLEAR:
            return "cleared", waiting_for
        return ("new" if action == "create" else "differs"), waiting_for
    if value is None:
        for path in paths_of(mapping):
            if path.startswith(UPSTREAM) and _is_open(world.column(path)[0]):
                return "waiting", split_upstream(path)[0]
        return "unknown", None
    return ("same" if same(value, held, mapping.compare) else "left_alone"), None


def _is_open(value: Any) -> bool:
    return value is None or isinstance(value, Pending)


def _origin(mapping: FieldMapping) -> Any:
    if mapping.kind == "call":
        module = getattr(mapping.argument, "__module__", "?")
        return f"{module}:{getattr(mapping.argument, '__qualname__', '?')}"
    return mapping.argument


def _parts(mapping: FieldMapping, value: Any, world: World) -> dict[str, Any]:
    """What the paths of a mapping say; a name that was just chosen is read off the value."""
    paths = dict.fromkeys(paths_of(mapping))
    parts = {path: world.column(path)[0] for path in paths}
    if mapping.kind == "from" and parts[mapping.argument] is None:
        return {mapping.argument: value}
    chosen = [path for path in paths if path.startswith(NAMES) and parts[path] is None]
    if mapping.kind == "template" and len(chosen) == 1 and isinstance(value, str):
        before, after = _around(mapping.argument, chosen[0], parts)
        inside = value.removeprefix(before).removesuffix(after)
        parts[chosen[0]] = inside or None
    return parts


def _around(template: str, path: str, parts: Mapping[str, Any]) -> tuple[str, str]:
    """The text of a filled template before and after one path."""
    texts, place = [""], 0
    for part in parse_template(template):
        texts[place] += part.literal
        if part.path == path:
            texts.append("")
            place += 1
        elif part.path is not None and parts[part.path] is not None:
            texts[place] += as_text(parts[part.path])
    return texts[0], "".join(texts[1:])


def _shown(value: Any, *, veiled: bool) -> Any:
    if value is None:
        return None
    return VEIL if veiled and value is not CLEAR else encode_value(value)
