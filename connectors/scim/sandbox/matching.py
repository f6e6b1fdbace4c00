"""Whether a resource fits a filter."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any, Final

from connectors.scim.sandbox.errors import invalid_filter
from connectors.scim.sandbox.filters import And, Compare, Filter, Not, Or, Within
from connectors.scim.sandbox.names import place_of
from connectors.scim.sandbox.schema import Attribute, Kind

Fits = Callable[[dict[str, Any]], bool]
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"gt": gt, "ge": ge, "lt": lt, "le": le}
_PARTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "co": lambda held, given: given in held,
    "sw": str.startswith,
    "ew": str.endswith,
}
_NO_ORDER: Final = frozenset({"boolean", "binary"})


def fits(kind: Kind, tree: Filter) -> Fits:
    """The test that a filter is for resources of a type.

    Raises:
        ScimError: It names an attribute nobody knows, or compares what cannot be compared.
    """
    return _compiled(tree, lambda name: _values(kind, name))


def fits_value(attribute: Attribute, tree: Filter) -> Fits:
    """The test that a value filter is for the values of a multi-valued attribute.

    Raises:
        ScimError: As `fits`.
    """
    return _compiled(tree, lambda name: _parts(attribute, name))


_Values = Callable[[dict[str, Any]], Iterator[Any]]
_Look = Callable[[str], tuple[Attribute, _Values]]


def _compiled(tree: Filter, look: _Look) -> Fits:
    match tree:
        case And(filters):
            tests = [_compiled(one, look) for one in filters]
            return lambda content: all(test(content) for test in tests)
        case Or(filters):
            tests = [_compiled(one, look) for one in filters]
            return lambda content: any(test(content) for test in tests)
        case Not(inner):
            test = _compiled(inner, look)
            return lambda content: not test(content)
        case Within(name, inner):
            attribute, values = look(name)
            if not attribute.parts and attribute.multi:
                test = _compiled(inner, lambda part: _parts(attribute, part))
                return lambda content: any(test({"value": one}) for one in values(content))
            if not attribute.parts:
                raise invalid_filter(f"{name} has no parts to filter by")
            test = fits_value(attribute, inner)
            return lambda content: any(test(one) for one in values(content))
        case Compare(name, operator, value):
            attribute, values = look(name)
            if operator == "pr":
                return lambda content: any(map(_present, values(content)))
            compared = _comparison(attribute, operator, value)
            if operator == "ne" or value is None:
                return lambda content: compared(list(values(content)))
            return lambda content: any(compared([one]) for one in values(content))


def _values(kind: Kind, name: str) -> tuple[Attribute, _Values]:
    """The attribute of that name, and how to find its values in a resource."""
    place = place_of(kind, name)
    if place is None or place.attribute is None:
        raise invalid_filter(f"{name} is no attribute of a {kind.name}")
    if place.attribute.returned == "never":
        raise invalid_filter(f"{name} is never shown")
    attribute = place.attribute
    part = place.part

    def values(resource: dict[str, Any]) -> Iterator[Any]:
        for value in _all(place.root(resource).get(attribute.name)):
            yield from _all(value.get(part.name)) if part is not None else (value,)

    return part or attribute, values


def _parts(attribute: Attribute, name: str) -> tuple[Attribute, _Values]:
    """The same for the parts of one value."""
    part = attribute.part(name) if attribute.parts else None
    if part is None and name.casefold() == "value" and not attribute.parts:
        return attribute, lambda content: _all(content.get("value"))
    if part is None:
        raise invalid_filter(f"{name} is no part of {attribute.name}")
    key = part.name
    return part, lambda content: _all(content.get(key))


def _all(value: Any) -> Iterator[Any]:
    """The values that are there."""
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _present(value: Any) -> bool:
    return value not in ("", [], {})


def _comparison(attribute: Attribute, operator: str, given: Any) -> Callable[[list[Any]], bool]:
    """How the values of an attribute are compared with a given one; all of them at once."""
    if attribute.parts:
        return _comparison_by_value(attribute, operator, given)
    if given is None:
        return _comparison_with_nothing(operator)
    if operator in _ORDERS and attribute.type in _NO_ORDER:
        raise invalid_filter(f"{attribute.name} has no order")
    comparable = comparable_by(attribute)
    if not _same_type(attribute, given):
        raise invalid_filter(
            f"{attribute.name} is {attribute.type}, and the value is something else"
        )
    wanted = comparable(given)
    if operator == "eq":
        return lambda held: any(comparable(one) == wanted for one in held)
    if operator == "ne":
        return lambda held: not any(comparable(one) == wanted for one in held)
    if operator in _PARTS:
        if not isinstance(wanted, str):
            raise invalid_filter(f"{operator} is for texts, and {attribute.name} is none")
        part = _PARTS[operator]
        return lambda held: any(part(comparable(one), wanted) for one in held)
    order = _ORDERS[operator]
    return lambda held: any(order(comparable(one), wanted) for one in held)


def _comparison_by_value(
    attribute: Attribute, operator: str, given: Any
) -> Callable[[list[Any]], bool]:
    """A complex attribute stands for its `value`."""
    value = attribute.part("value")
    if value is None:
        raise invalid_filter(f"{attribute.name} is complex: name one of its parts")
    inner, name = _comparison(value, operator, given), value.name
    return lambda held: inner([one[name] for one in held if name in one])


def _comparison_with_nothing(operator: str) -> Callable[[list[Any]], bool]:
    if operator not in {"eq", "ne"}:
        raise invalid_filter(f"null cannot be compared by {operator}")
    return lambda held: (not any(map(_present, held))) is (operator == "eq")


def comparable_by(attribute: Attribute) -> Callable[[Any], Any]:
    """What a value is compared by: moments as moments, texts without case unless it counts."""
    if attribute.type == "dateTime":
        return _moment
    if attribute.type in {"boolean", "integer", "decimal"} or attribute.case_exact:
        return lambda value: value
    return lambda value: value.casefold() if isinstance(value, str) else value


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid_filter("that is no moment such as 2026-11-24T08:00:00Z") from None
    if moment.tzinfo is None:
        raise invalid_filter("a moment has a time zone")
    return moment


def _same_type(attribute: Attribute, given: Any) -> bool:
    match attribute.type:
        case "boolean":
            return isinstance(given, bool)
        case "integer" | "decimal":
            return isinstance(given, int | float) and not isinstance(given, bool)
        case _:
            return isinstance(given, str)
