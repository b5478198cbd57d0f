"""Payload templates (Parameters, ResultSelector) and the intrinsic functions in them.

A field whose name ends in `.$` holds a JSONPath or a call; all else stands as written. A call's arguments are
strings in single quotes, numbers, true, false, null, paths and calls.
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.stepfunctions.errors import PathError, StateFailure
from sandbox.stepfunctions.paths import NoSuchPath, Reader, compile_path, constant, dumps, loads

_TOKEN = re.compile(
    r"\s*(?:(?P<call>States\.\w+)\s*\(|(?P<path>\$(?:\['[^']*'\]|\[[^\]]*\]|[^\s,()\[\]])*)"
    r"|'(?P<string>(?:[^'\\]|\\.)*)'|(?P<literal>-?\d+(?:\.\d+)?|true|false|null)|(?P<mark>[,)]))\s*"
)
_ESCAPE = re.compile(r"\\(.)")
_SLOT = re.compile(r"\\(.)|\{\}")


def compile_template(template: Any) -> Reader:
    """A reader of the filled-in template. Raises ValueError on a field that holds no path and no call."""
    if isinstance(template, dict):
        fields = [_field(name, value) for name, value in template.items()]
        return lambda data, context: {name: read(data, context) for name, read in fields}
    if isinstance(template, list):
        items = [compile_template(item) for item in template]
        return lambda data, context: [read(data, context) for read in items]
    return constant(template)


def compile_expression(text: Any) -> Reader:
    """A JSONPath, or a call such as `States.Format('{}-{}', $.id, $.attempt)`."""
    if isinstance(text, str) and text.startswith("$"):
        return compile_path(text)
    if isinstance(text, str) and text.startswith("States."):
        read, end = _argument(text, 0, raw=False)
        if end == len(text):
            return read
    raise ValueError(f"'{text}' is neither a JSONPath nor an intrinsic function call")


def located(read: Reader, field: str) -> Reader:
    """`read`, whose failure says which field of the definition asked, as AWS words it."""

    def read_located(data: Any, context: Any) -> Any:
        try:
            return read(data, context)
        except NoSuchPath as error:
            raise PathError(
                f"The JSONPath '{error.path}' specified for the field '{field}' could not be found in the input "
                f"'{dumps(data)}'"
            ) from None

    return read_located


def _field(name: str, value: Any) -> tuple[str, Reader]:
    if name.endswith(".$"):
        return name[:-2], located(compile_expression(value), name)
    return name, compile_template(value)


def _argument(text: str, start: int, *, raw: bool) -> tuple[Reader, int]:
    """The argument at `start` and where it ends; `raw` leaves the escapes in a string to Format."""
    token = _TOKEN.match(text, start)
    if token is None or token["mark"]:
        raise ValueError(f"'{text}' is not an intrinsic function call")
    if token["call"]:
        return _call(text, token["call"], token.end())
    if token["path"]:
        return compile_path(token["path"]), token.end()
    if token["literal"]:
        return constant(loads(token["literal"])), token.end()
    return constant(token["string"] if raw else _ESCAPE.sub(r"\1", token["string"])), token.end()


def _call(text: str, name: str, position: int) -> tuple[Reader, int]:
    if name not in FUNCTIONS:
        raise ValueError(f"intrinsic function {name} is not supported (only {', '.join(FUNCTIONS)})")
    function, at_least, at_most = FUNCTIONS[name]
    arguments: list[Reader] = []
    closed = _TOKEN.match(text, position)
    while closed is None or closed["mark"] != ")":
        read, position = _argument(text, position, raw=name == "States.Format" and not arguments)
        arguments.append(read)
        closed = _TOKEN.match(text, position)
        if closed is None or not closed["mark"]:
            raise ValueError(f"'{text}' is not an intrinsic function call")
        if closed["mark"] == ",":
            position = closed.end()
            closed = None
    if not at_least <= len(arguments) <= at_most:
        raise ValueError(f"{name} has the wrong number of arguments in '{text}'")

    def evaluate(data: Any, context: Any) -> Any:
        values = [read(data, context) for read in arguments]
        try:
            return function(*values)
        except ValueError as error:
            raise StateFailure("States.IntrinsicFailure", f"{name} failed: {error}") from None

    return evaluate, closed.end()


def _format(template: Any, *values: Any) -> str:
    if not isinstance(template, str):
        raise ValueError("its first argument must be a string")
    slots = sum(match[1] is None for match in _SLOT.finditer(template))
    if slots != len(values):
        raise ValueError(f"{slots} times {{}} for {len(values)} values")
    texts = iter([value if isinstance(value, str) else dumps(value) for value in values])
    return _SLOT.sub(lambda match: match[1] or next(texts), template)


def _string_to_json(text: Any) -> Any:
    if not isinstance(text, str):
        raise ValueError("its argument must be a string")
    return loads(text)


def _math_add(left: Any, right: Any) -> int:
    if any(isinstance(value, bool) or not isinstance(value, int) for value in (left, right)):
        raise ValueError("its arguments must be integers")
    return int(left + right)


FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "States.Format": (_format, 1, 10_000),
    "States.StringToJson": (_string_to_json, 1, 1),
    "States.JsonToString": (dumps, 1, 1),
    "States.Array": (lambda *values: list(values), 0, 10_000),
    "States.MathAdd": (_math_add, 2, 2),
}
