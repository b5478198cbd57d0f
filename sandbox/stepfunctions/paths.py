"""JSON text, JSONPath (what a state reads) and reference paths (where ResultPath writes).

A path is compiled once into a `Reader`, a function of the state's data and its context object. A path that names
one node answers that node and fails without it; one that may name many (`*`, `..`, slices, filters) answers a list.
Data is never changed in place: a write copies the nodes on its way.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from jsonpath_ng.ext import parse as parse_jsonpath

from sandbox.stepfunctions.errors import PathError, StateFailure

Reader = Callable[[Any, Any], Any]
Writer = Callable[[Any, Any], Any]
"""Of a document and a value: the document with the value in its place."""

Step = str | int

LIMIT = 262_144
"""Bytes of UTF-8 that an input, an output or a result may have."""

_STEP = re.compile(r"\.([^\W\d][\w-]*)|\['([^'\\]*)'\]|\[(\d+)\]")
_MANY = re.compile(r"\*|\.\.|\[[^'\]]*[:,?]")
_CALL = re.compile(r"`|\.\w+\(")
_MISSING = object()


class NoSuchPath(PathError):
    """The path names nothing in the data."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"Invalid path '{path}' : {detail}")
        self.path = path


def dumps(value: Any) -> str:
    """Compact JSON, as AWS writes it into histories."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def loads(text: str) -> Any:
    """Strict JSON: no NaN or Infinity. Raises ValueError."""
    return json.loads(text, parse_constant=_refuse_constant)


def fits(text: str) -> bool:
    return len(text) * 4 <= LIMIT or len(text.encode()) <= LIMIT


def constant(value: Any) -> Reader:
    return lambda *_: value


@functools.lru_cache(maxsize=4096)
def compile_path(path: str) -> Reader:
    """`$...` reads the data, `$$...` the context object. Raises ValueError on what is no JSONPath."""
    if not path.startswith("$"):
        raise ValueError(f"'{path}' is not a JSONPath")
    of_context = path.startswith("$$")
    rest = path[2:] if of_context else path[1:]
    steps = _plain(rest)
    find = _find_many(rest) if steps is None else functools.partial(_find_one, path, steps)

    def read(data: Any, context: Any) -> Any:
        return find(context if of_context else data)

    return read


def compile_reference(path: str) -> Writer:
    """Where ResultPath writes. Raises ValueError on what is no reference path."""
    steps = _plain(path[1:]) if path.startswith("$") else None
    if steps is None:
        raise ValueError(f"'{path}' is not a reference path")
    return lambda document, value: _place(document, steps, value, path)


def _plain(rest: str) -> tuple[Step, ...] | None:
    """The steps of `.a['b'][0]`, or None for anything that is more than names and indices."""
    steps: list[Step] = []
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None:
            return None
        name, quoted, index = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else quoted)
        position = match.end()
    return tuple(steps)


def _find_one(path: str, steps: tuple[Step, ...], node: Any) -> Any:
    for depth, step in enumerate(steps, 1):
        if isinstance(step, str):
            found = node.get(step, _MISSING) if isinstance(node, dict) else _MISSING
        else:
            found = node[step] if isinstance(node, list) and step < len(node) else _MISSING
        if found is _MISSING:
            where = "$" + "".join(f"['{name}']" if isinstance(name, str) else f"[{name}]" for name in steps[:depth])
            what = "No results for path:" if depth == len(steps) else "Missing property in path"
            raise NoSuchPath(path, f"{what} {where}")
        node = found
    return node


def _find_many(rest: str) -> Callable[[Any], Any]:
    path = "$" + rest
    if _CALL.search(path):
        raise ValueError(f"'{path}' calls a function, which is not supported")
    try:
        expression = parse_jsonpath(path)
    except Exception as error:  # the library's lexer and parser raise types of their own, and bare Exception
        raise ValueError(f"'{path}' is not a JSONPath") from error
    many = _MANY.search(path) is not None

    def find(node: Any) -> Any:
        found = [match.value for match in expression.find(node)]
        if many:
            return found
        if not found:
            raise NoSuchPath(path, f"No results for path: {path}")
        return found[0]

    return find


def _place(document: Any, steps: tuple[Step, ...], value: Any, path: str) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str) and document is _MISSING:
        return {step: _place(_MISSING, rest, value, path)}
    if isinstance(step, str) and isinstance(document, dict):
        return {**document, step: _place(document.get(step, _MISSING), rest, value, path)}
    if isinstance(step, int) and isinstance(document, list) and step < len(document):
        return [*document[:step], _place(document[step], rest, value, path), *document[step + 1 :]]
    shown = "" if document is _MISSING else dumps(document)
    raise StateFailure("States.ReferencePathConflict", f"Unable to apply ReferencePath {path} to input {shown}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Unrecognized token '{name}'")
