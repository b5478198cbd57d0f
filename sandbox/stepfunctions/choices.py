"""The rules of a Choice state, compiled into predicates over the state's data and context object.

A comparison with a value of another type is false, as on AWS; a variable that isn't there fails the state unless
the rule asks `IsPresent`.
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.stepfunctions.errors import DefinitionError, PathError
from sandbox.stepfunctions.paths import NoSuchPath, Reader, compile_path, constant

Predicate = Callable[[Any, Any], bool]

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_WILD = re.compile(r"\\(.)|(\*)|([^\\*]+)|\\")


def timestamp(value: Any) -> float | None:
    """Epoch seconds of an RFC 3339 text with an offset; None for anything else."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError:
        return None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


TYPES: dict[str, Callable[[Any], Any]] = {
    "String": _string,
    "Numeric": _number,
    "Boolean": _boolean,
    "Timestamp": timestamp,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
OPERATORS = {
    kind + name: (as_type, compare)
    for kind, as_type in TYPES.items()
    for name, compare in COMPARISONS.items()
    if kind != "Boolean" or name == "Equals"
}


def compile_rule(rule: Any, at: str) -> Predicate:
    """Raises DefinitionError. `Next` and `Comment` are the caller's."""
    if not isinstance(rule, dict):
        raise DefinitionError(at, "A choice rule must be an object")
    names = set(rule) - {"Next", "Comment", "Variable"}
    if len(names) != 1:
        raise DefinitionError(at, f"A choice rule needs exactly one operator, not {sorted(names)}")
    name = names.pop()
    operand = rule[name]
    if name in ("And", "Or"):
        if not isinstance(operand, list) or not operand:
            raise DefinitionError(f"{at}/{name}", "Value cannot be empty")
        parts = [compile_rule(part, f"{at}/{name}[{index}]") for index, part in enumerate(operand)]
        combine = all if name == "And" else any
        return lambda data, context: combine(part(data, context) for part in parts)
    if name == "Not":
        negated = compile_rule(operand, f"{at}/Not")
        return lambda data, context: not negated(data, context)
    try:
        return _comparison(name, operand, compile_path(rule["Variable"]))
    except KeyError:
        raise DefinitionError(at, "These fields are required: [Variable]") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise DefinitionError(f"{at}/{name}", str(error)) from None


def _comparison(name: str, operand: Any, find: Reader) -> Predicate:
    if name == "IsPresent":
        wanted = _require(operand, _boolean)
        return lambda data, context: _present(find, data, context) is wanted
    read = _checked(find)
    if name == "IsNull":
        wanted = _require(operand, _boolean)
        return lambda data, context: (read(data, context) is None) is wanted
    if name == "StringMatches":
        pattern = re.compile("".join(map(_wild, _WILD.finditer(_require(operand, _string)))), re.DOTALL)

        def matches(data: Any, context: Any) -> bool:
            value = read(data, context)
            return isinstance(value, str) and pattern.fullmatch(value) is not None

        return matches
    base = name.removesuffix("Path")
    if base not in OPERATORS:
        raise ValueError(f"operator {name} is not supported")
    as_type, compare = OPERATORS[base]
    other = _checked(compile_path(operand)) if name != base else constant(_require(operand, as_type, keep=True))

    def decide(data: Any, context: Any) -> bool:
        left, right = as_type(read(data, context)), as_type(other(data, context))
        return left is not None and right is not None and compare(left, right)

    return decide


def _require(operand: Any, as_type: Callable[[Any], Any], *, keep: bool = False) -> Any:
    value = as_type(operand)
    if value is None:
        raise ValueError(f"{operand!r} has the wrong type")
    return operand if keep else value


def _present(find: Reader, data: Any, context: Any) -> bool:
    try:
        find(data, context)
    except NoSuchPath:
        return False
    return True


def _checked(find: Reader) -> Reader:
    def read(data: Any, context: Any) -> Any:
        try:
            return find(data, context)
        except NoSuchPath as error:
            raise PathError(
                f"Invalid path '{error.path}': The choice state's condition path references an invalid value."
            ) from None

    return read


def _wild(match: re.Match[str]) -> str:
    escaped, star, text = match.groups()
    return ".*" if star else re.escape(escaped or text or "\\")
