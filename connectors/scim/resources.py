"""Users on the wire: bodies of new ones, and what makes one that is there what it should be."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.model.values import Value
from connectors.scim.paths import VALUE, Path
from connectors.scim.urns import USER

Wanted = Mapping[Path, Value | None]
"""Path -> the value it shall hold, None for none."""
Resource = dict[str, Any]


def differing(resource: Mapping[str, Any], wanted: Wanted) -> dict[Path, Value | None]:
    """What a resource does not hold yet. Several values are in no order."""
    return {path: value for path, value in wanted.items() if not _same(path.held(resource), value)}


def _same(held: Value | None, wanted: Value | None) -> bool:
    if isinstance(held, tuple) and isinstance(wanted, tuple):
        return sorted(set(held)) == sorted(set(wanted))
    # True and 1 are equal to Python, not to JSON.
    return held == wanted and isinstance(held, bool) is isinstance(wanted, bool)


def body(wanted: Wanted) -> Resource:
    """A new user that holds the wanted values."""
    resource: Resource = {"schemas": [USER]}
    put(resource, {path: value for path, value in wanted.items() if value is not None})
    return resource


def put(resource: Resource, wanted: Wanted) -> None:
    """Give a resource other values, in place; what becomes empty leaves."""
    for path, value in wanted.items():
        root = resource
        if path.schema is not None:
            if not isinstance(resource.get(path.schema), dict):  # null is no extension
                resource[path.schema] = {}
            root = resource[path.schema]
        held = root.get(path.attribute)
        if isinstance(value, tuple):
            left: Any = [*_kept(path, held, value)]
        elif path.by is not None:
            left = _with_chosen(path, held if isinstance(held, list) else [], value)
        elif path.part is not None or isinstance(held, Mapping) or _is_complex(path):
            left = _with_part(path, held if isinstance(held, Mapping) else {}, value)
        else:
            left = value
        if left in (None, [], {}, ""):
            root.pop(path.attribute, None)
        else:
            root[path.attribute] = left
    _name_schemas(resource, {path.schema for path in wanted if path.schema})


def operations(
    resource: Mapping[str, Any], wanted: Wanted, *, whole: bool = False
) -> list[dict[str, Any]]:
    """The operations of a PATCH that bring a resource to the wanted values, in their order.

    What is there is replaced and removed by its path; a value that is to be chosen and is not there
    is added whole, because a path that leads to nothing is an error (RFC 7644, 3.5.2.3: noTarget).

    Args:
        resource: As it is.
        wanted: What of it shall be otherwise.
        whole: Replace all values of an attribute where one of them is chosen: for a provider that
            does not understand such paths.
    """
    found: list[dict[str, Any]] = []
    in_whole = {
        path.whole
        for path, value in wanted.items()
        if path.by is not None and (whole or (value is not None and _is_ambiguous(path, resource)))
    }
    if in_whole:
        chosen = {
            path: value
            for path, value in wanted.items()
            if path.by is not None and path.whole in in_whole
        }
        wanted = {path: value for path, value in wanted.items() if path not in chosen}
        found.extend(_replaced(resource, chosen))
    added: dict[str, dict[str, Any]] = {}
    for path, value in wanted.items():
        held = path.root(resource).get(path.attribute)
        there = path.by is None or any(map(path.fits, held if isinstance(held, list) else []))
        if value is None:
            leaving = {"op": "remove", "path": _removed(path, held, wanted)}
            if path.held(resource) is not None and leaving not in found:
                found.append(leaving)
        elif isinstance(value, tuple):
            kept = list(_kept(path, held, value))
            found.append({"op": "replace", "path": path.whole, "value": kept})
        elif not there:
            new = added.setdefault(path.chosen, {str(path.by): path.of})
            if len(new) == 1:
                found.append({"op": "add", "path": path.whole, "value": [new]})
            new[path.leaf] = value
        elif _is_complex(path):
            found.append({"op": "replace", "path": path.whole, "value": {VALUE: value}})
        else:
            target = str(path) if path.by is None or path.part else f"{path.chosen}.{path.leaf}"
            found.append({"op": "replace", "path": target, "value": value})
    return found


def _is_ambiguous(path: Path, resource: Mapping[str, Any]) -> bool:
    """Whether several values are chosen: a PATCH by that path would make all of them the same."""
    held = path.root(resource).get(path.attribute)
    return isinstance(held, list) and sum(map(path.fits, held)) > 1


def _replaced(resource: Mapping[str, Any], chosen: Wanted) -> Iterable[dict[str, Any]]:
    """Every attribute with a chosen value, replaced by all that it shall hold."""
    changed: Resource = copy.deepcopy(dict(resource))
    put(changed, chosen)
    for whole in {path.whole: path for path in chosen}.values():
        left = whole.root(changed).get(whole.attribute)
        if left:
            yield {"op": "replace", "path": whole.whole, "value": left}
        else:
            yield {"op": "remove", "path": whole.whole}


def _removed(path: Path, held: Any, wanted: Wanted) -> str:
    """What to remove to empty a path: a value of which nothing else is left goes altogether."""
    if path.by is not None:
        there = held if isinstance(held, list) else []
        chosen: Resource = next(filter(path.fits, there), {})
        same = {one.leaf: value for one, value in wanted.items() if one.chosen == path.chosen}
        going = {leaf for leaf, value in same.items() if value is None}
        gone = path.leaf == VALUE or chosen.keys() <= going | {path.by}
        return path.chosen if gone and going == same.keys() else str(path)
    return path.whole if path.several or _is_complex(path) else str(path)


def _is_complex(path: Path) -> bool:
    """Whether a single value has parts and is known by its `value`, as the manager's id is."""
    return path.by is None and not path.several and path.part == VALUE


def _kept(path: Path, held: Any, values: Iterable[str]) -> Iterable[Any]:
    """The values, each as it stands there already, or anew."""
    there = held if isinstance(held, list) else []
    plain = bool(there) and not any(isinstance(one, Mapping) for one in there)
    if plain or (path.schema is not None and path.part is None and not there):
        yield from values
        return
    by_value = {
        one[path.leaf]: one
        for one in there
        if isinstance(one, Mapping) and isinstance(one.get(path.leaf), str)
    }
    for value in values:
        yield by_value.get(value, {path.leaf: value})


def _with_chosen(path: Path, held: list[Any], value: Value | None) -> list[Any]:
    if value is None and path.leaf == VALUE:
        return [one for one in held if not path.fits(one)]
    if value is None:
        less = [
            {k: v for k, v in one.items() if k != path.leaf} if path.fits(one) else one
            for one in held
        ]
        return [one for one in less if not path.fits(one) or one.keys() - {path.by}]
    for at, one in enumerate(held):
        if path.fits(one):  # the first: it is the one that was read
            return [*held[:at], {**one, path.leaf: value}, *held[at + 1 :]]
    return [*held, {str(path.by): path.of, path.leaf: value}]


def _with_part(path: Path, held: Mapping[str, Any], value: Value | None) -> dict[str, Any]:
    if _is_complex(path):  # what else stood there belonged to the old value
        return {} if value is None else {VALUE: value}
    kept = {name: one for name, one in held.items() if name != path.leaf}
    return kept if value is None else {**kept, path.leaf: value}


def _name_schemas(resource: Resource, extensions: Iterable[str]) -> None:
    """`schemas` names every extension that is there, and those only (RFC 7643, section 3)."""
    named = resource.get("schemas")
    if not isinstance(named, list):
        named = resource["schemas"] = [USER]
    there = {name for name in resource if ":" in name and isinstance(resource[name], dict)}
    for urn in sorted(there.union(extensions)):
        if not resource.get(urn):
            resource.pop(urn, None)
        elif urn.casefold() not in {str(one).casefold() for one in named}:
            named.append(urn)


def replacement(resource: Mapping[str, Any], wanted: Wanted, read_only: Iterable[Path]) -> Resource:
    """The whole of a resource with other values, for a PUT.

    What is read-only is left out: a provider should ignore it (RFC 7644, 3.5.1), and some do not.
    """
    changed: Resource = copy.deepcopy(dict(resource))
    for path in read_only:
        root = path.root(changed)
        held = root.get(path.attribute)
        if not isinstance(root, dict) or path.attribute in {"id", "schemas"}:
            continue
        if path.part is None:
            root.pop(path.attribute, None)
        else:
            for one in held if isinstance(held, list) else [held]:
                if isinstance(one, dict):
                    one.pop(path.part, None)
    put(changed, wanted)
    return changed
