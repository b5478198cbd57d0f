"""DynamoDB's expressions: parsed once, then applied to items as the wire has them (`{"pk": {"S": "x"}}`).

Rules (DynamoDB developer guide, 'Using expressions'): every name and value that is given is used; a bare name is no
reserved word; paths of one update do not overlap; the parent of a path exists; all values are read before any is
written. What breaks one of these is a ValidationException.
"""

import re
from collections.abc import Callable, Iterator
from copy import copy
from functools import cache
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from sandbox.errors import AwsError

Item = dict[str, Any]
Path = tuple[str | int, ...]
Node = tuple[Any, ...]

_TOKEN = re.compile(r"\s*(?:(<>|<=|>=|[()=<>,.+\-\[\]])|(:\w+)|(#\w+)|([A-Za-z_]\w*)|(\d+))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_FUNCTIONS = {"attribute_exists", "attribute_not_exists", "begins_with", "contains", "attribute_type", "size"}
_INVALID_PATH = "The document path provided in the update expression is invalid for update"


class MisfitError(AwsError):
    """An expression that is right, and does not fit the item: it is noticed when it is applied."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message, 400)


def refuse(message: str) -> AwsError:
    return AwsError("ValidationException", message, 400)


@cache
def _reserved() -> frozenset[str]:
    return frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())


class Names:
    """The names and values of one request, and which of them its expressions have used."""

    def __init__(self, names: dict[str, str] | None, values: Item | None) -> None:
        if names == {} or values == {}:
            raise refuse("ExpressionAttributeNames and ExpressionAttributeValues must not be empty")
        self._names, self._values = names or {}, values or {}
        self._used: set[str] = set()

    def name(self, text: str) -> str:
        return self._names[text] if text[0] == "#" else text

    def value(self, text: str) -> Any:
        return self._values[text]

    def touch(self, node: Node | None) -> None:
        """What an expression names must be there, and counts as used, whether it is looked at or not."""
        for text in _placeholders(node):
            if text not in (self._names if text[0] == "#" else self._values):
                kind = "name used in the document path" if text[0] == "#" else "value used in expression"
                raise refuse(f"An expression attribute {kind} is not defined; {text}")
            self._used.add(text)

    def check(self) -> None:
        for kind, given in (("Names", self._names), ("Values", self._values)):
            if unused := sorted(given.keys() - self._used):
                raise refuse(f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: {unused}")


@cache
def _placeholders(node: Any) -> tuple[str, ...]:
    """The `#names` and `:values` of an expression or of several."""
    if isinstance(node, str):
        return (node,) if node[:1] in ("#", ":") else ()
    return tuple(each for part in node for each in _placeholders(part)) if isinstance(node, tuple) else ()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected is not None and token.upper() != expected):
            raise refuse(f"Invalid expression: Syntax error; token: {token or '<EOF>'}")
        self._at += 1
        return token

    def is_next(self, word: str) -> bool:
        if self.peek().upper() != word:
            return False
        self._at += 1
        return True

    def condition(self) -> Node:
        node = self._both()
        while self.is_next("OR"):
            node = ("or", node, self._both())
        return node

    def _both(self) -> Node:
        node = self._not()
        while self.is_next("AND"):
            node = ("and", node, self._not())
        return node

    def _not(self) -> Node:
        if self.is_next("NOT"):
            return ("not", self._not())
        if self.is_next("("):
            node = self.condition()
            self.take(")")
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        left = self.operand()
        if left[0] == "function" and left[1] != "size":
            return left
        if self.is_next("IN"):
            self.take("(")
            others = [self.operand()]
            while self.is_next(","):
                others.append(self.operand())
            self.take(")")
            return ("in", left, tuple(others))
        if self.is_next("BETWEEN"):
            low = self.operand()
            self.take("AND")
            return ("between", left, low, self.operand())
        operator = self.take()
        if operator not in _COMPARE:
            raise refuse(f"Invalid expression: Syntax error; token: {operator}")
        return ("compare", operator, left, self.operand())

    def operand(self) -> Node:
        token = self.peek()
        if token.startswith(":"):
            return ("value", self.take())
        if token in _FUNCTIONS | {"if_not_exists", "list_append"}:
            name = self.take()
            self.take("(")
            arguments = [self.operand()]
            while self.is_next(","):
                arguments.append(self.operand())
            self.take(")")
            return ("function", name, tuple(arguments))
        return self.path()

    def path(self) -> Node:
        parts: list[str | int] = [self._part()]
        while self.peek() in (".", "["):
            if self.take() == ".":
                parts.append(self._part())
            else:
                parts.append(int(self.take()))
                self.take("]")
        return ("path", tuple(parts))

    def _part(self) -> str:
        token = self.take()
        if token.startswith("#"):
            return token
        if not re.fullmatch(r"[A-Za-z_]\w*", token):
            raise refuse(f"Invalid expression: Syntax error; token: {token}")
        if token.upper() in _reserved():
            raise refuse(f"Invalid expression: Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def update(self) -> list[Node]:
        """[("SET" | "REMOVE" | "ADD" | "DELETE", path, what)]."""
        actions: list[Node] = []
        while word := self.peek().upper():
            if word not in ("SET", "REMOVE", "ADD", "DELETE"):
                raise refuse(f"Invalid UpdateExpression: Syntax error; token: {word}")
            self.take()
            while True:
                actions.append(self._action(word))
                if not self.is_next(","):
                    break
        return actions

    def _action(self, word: str) -> Node:
        path = self.path()
        if word == "REMOVE":
            return (word, path, None)
        if word != "SET":
            return (word, path, self.operand())
        self.take("=")
        value = self.operand()
        while self.peek() in ("+", "-"):
            value = ("arithmetic", self.take(), value, self.operand())
        return (word, path, value)

    def end(self) -> None:
        if self.peek():
            raise refuse(f"Invalid expression: Syntax error; token: {self.peek()}")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise refuse(f"Invalid expression: Syntax error near {text[at : at + 10]!r}")
        yield match[match.lastindex or 0]
        at = match.end()


@cache
def parse_condition(text: str) -> Node:
    parser = _Parser(text)
    node = parser.condition()
    parser.end()
    return node


@cache
def parse_update(text: str) -> tuple[Node, ...]:
    parser = _Parser(text)
    actions = parser.update()
    parser.end()
    return tuple(actions)


def holds(node: Node, item: Item, names: Names) -> bool:
    """Whether a condition is so of an item; of one that is not there with `{}`."""
    return condition(node)(item, names)


@cache
def condition(node: Node) -> Callable[[Item, Names], bool]:
    """`holds` of one condition, for many items."""
    match node:
        case ("or", left, right):
            one, other = condition(left), condition(right)
            return lambda item, names: one(item, names) or other(item, names)
        case ("and", left, right):
            one, other = condition(left), condition(right)
            return lambda item, names: one(item, names) and other(item, names)
        case ("not", inner):
            one = condition(inner)
            return lambda item, names: not one(item, names)
        case ("compare", operator, left, right):
            a, b = _reader(left), _reader(right)
            return lambda item, names: _compared(operator, a(item, names), b(item, names))
        case ("between", value, low, high):
            return condition(("and", ("compare", ">=", value, low), ("compare", "<=", value, high)))
        case ("in", value, others):
            it, each_of = _reader(value), [_reader(other) for other in others]
            return lambda item, names: any(_compared("=", it(item, names), each(item, names)) for each in each_of)
        case ("function", name, arguments):
            readers = [_reader(each) for each in arguments]
            return lambda item, names: _function(name, [each(item, names) for each in readers])
    raise AssertionError(node)


def _function(name: str, values: list[Any]) -> bool:
    match name, values:
        case "attribute_exists", [value]:
            return value is not None
        case "attribute_not_exists", [value]:
            return value is None
        case "begins_with", [{"S": text}, {"S": start}]:
            return bool(text.startswith(start))
        case "contains", [{"S": text}, {"S": part}]:
            return part in text
        case "contains", [{"L": values}, part]:
            return part in values
        case "attribute_type", [value, {"S": kind}]:
            return value is not None and kind in value
        case (("begins_with" | "contains" | "attribute_type"), _):
            return False
    raise refuse(f"Invalid expression: Incorrect number of operands for operator or function; {name}")


def _compared(operator: str, left: Any, right: Any) -> bool:
    """What is not there equals nothing, and differs from everything."""
    if left is None or right is None:
        return operator == "<>" and left is not right
    ((left_type, a),) = left.items()
    ((right_type, b),) = right.items()
    if left_type != right_type:
        return operator == "<>"
    if left_type == "N":
        a, b = float(a), float(b)
    elif operator not in ("=", "<>") and left_type not in ("S", "B"):
        raise refuse(f"Invalid expression: Incorrect operand type for operator {operator}")
    return _COMPARE[operator](a, b)


def _read(node: Node, item: Item, names: Names) -> Any:
    return _reader(node)(item, names)


@cache
def _reader(node: Node) -> Callable[[Item, Names], Any]:
    """What gives an operand's value."""
    match node:
        case ("value", text):
            return lambda _, names: names.value(text)
        case ("path", (part,)):
            return lambda item, names: item.get(names.name(part))
        case ("path", parts):
            return lambda item, names: _at(item, _resolved(parts, names))
        case ("function", "if_not_exists", (path, other)):
            first, second = _reader(path), _reader(other)

            def there_or(item: Item, names: Names) -> Any:
                there = first(item, names)
                return second(item, names) if there is None else there

            return there_or
        case ("function", "list_append", (left, right)):
            a, b = _reader(left), _reader(right)
            return lambda item, names: {"L": [*a(item, names)["L"], *b(item, names)["L"]]}
        case ("function", "size", (path,)):
            of = _reader(path)

            def size(item: Item, names: Names) -> Any:
                there = of(item, names)
                return None if there is None else {"N": str(len(next(iter(there.values()))))}

            return size
        case ("arithmetic", sign, left, right):
            a, b = _reader(left), _reader(right)
            way = 1 if sign == "+" else -1
            return lambda item, names: {"N": str(_number(a(item, names)) + way * _number(b(item, names)))}
    raise AssertionError(node)


def _number(value: Any) -> int:
    if value is None or "N" not in value:
        raise refuse("An operand in the update expression has an incorrect data type")
    return int(value["N"])


def _resolved(parts: Path, names: Names) -> Path:
    return tuple(names.name(part) if isinstance(part, str) else part for part in parts)


def _at(item: Item, path: Path) -> Any:
    value: Any = item.get(path[0])
    for part in path[1:]:
        inner = value.get("L" if isinstance(part, int) else "M") if value is not None else None
        if inner is None or (isinstance(part, int) and part >= len(inner)):
            return None
        value = inner[part] if isinstance(part, int) else inner.get(part)
    return value


def updated(actions: tuple[Node, ...], item: Item, keys: set[str], names: Names) -> Item:
    """The item after an update expression; it is not changed itself."""
    paths = [_resolved(action[1][1], names) for action in actions]
    for number, path in enumerate(paths):
        if path[0] in keys:
            raise refuse(f"Cannot update attribute {path[0]}. This attribute is part of the key")
        for other in paths[number + 1 :]:
            if path[: len(other)] == other or other[: len(path)] == path:
                raise refuse("Invalid UpdateExpression: Two document paths overlap with each other")
    values = [_read(action[2], item, names) if action[2] is not None else None for action in actions]
    if any(value is None and action[0] == "SET" for action, value in zip(actions, values, strict=True)):
        raise MisfitError("The provided expression refers to an attribute that does not exist in the item")
    after = dict(item)
    for action, path, value in zip(actions, paths, values, strict=True):
        _write(after, path, action[0], value)
    return after


def _write(item: Item, path: Path, word: str, value: Any) -> None:
    holder: Any = item
    for number, part in enumerate(path[:-1]):
        following = path[number + 1]
        there = holder.get(part) if isinstance(holder, dict) else holder[part]
        kind = "L" if isinstance(following, int) else "M"
        if there is None or kind not in there:
            raise MisfitError(_INVALID_PATH)
        inner = copy(there[kind])  # the item before goes on to be what it was
        holder[part] = {kind: inner}
        holder = inner
    last = path[-1]
    if word == "REMOVE":
        if isinstance(holder, dict):
            holder.pop(last, None)
        elif last < len(holder):  # type: ignore[operator]
            del holder[last]
    elif word == "SET":
        holder[last] = value
    elif word == "ADD" and "N" in value:
        holder[last] = {"N": str(_number(holder.get(last, {"N": "0"})) + _number(value))}
    elif "SS" in value:  # of an empty set there is nothing
        before = set(holder.get(last, {"SS": []})["SS"])
        after = before | set(value["SS"]) if word == "ADD" else before - set(value["SS"])
        holder.pop(last, None)
        holder |= {last: {"SS": sorted(after)}} if after else {}
    else:
        raise refuse(f"Not built here: {word} of {next(iter(value))}")
