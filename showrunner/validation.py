"""What is wrong with a body, in words: the field, and what it may be."""

import re
from typing import Any

import msgspec
from msgspec import inspect


def explain(error: msgspec.ValidationError, expected: type[Any]) -> tuple[str, str]:
    """(a sentence that names the field and the allowed values, the field's path without `$.`)."""
    text = str(error)
    what, _, where = text.partition(" - at `")
    path = where.rstrip("`").removeprefix("$").removeprefix(".")
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown:
        owner = _plain(_at(inspect.type_info(expected), path))
        name = f"{path}.{unknown[1]}" if path else unknown[1]
        return f"'{name}' is not a field here. Known: {', '.join(_fields(owner))}.", name
    allowed = _allowed(_at(inspect.type_info(expected), path)) if path else None
    sentence = f"'{path or 'body'}': {what[0].lower()}{what[1:]}."
    return (f"{sentence} Allowed: {allowed}." if allowed else sentence), path or "body"


def _at(kind: inspect.Type, path: str) -> inspect.Type:
    """The type that stands at `path`, e.g. `sources[0].type`."""
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        kind = _plain(kind)
        if isinstance(kind, inspect.ListType) and step.startswith("["):
            kind = kind.item_type
        elif isinstance(kind, inspect.StructType):
            kind = next(each.type for each in kind.fields if each.encode_name == step)
    return kind


def _plain(kind: inspect.Type) -> inspect.Type:
    """Without `| None` and annotations."""
    if isinstance(kind, inspect.Metadata):
        return _plain(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _plain(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
    return kind


def _fields(kind: inspect.Type) -> list[str]:
    return [each.encode_name for each in kind.fields] if isinstance(kind, inspect.StructType) else []


def _allowed(kind: inspect.Type) -> str | None:
    """The type's own description, where it has one, or what its rules say."""
    if isinstance(kind, inspect.UnionType):
        return _allowed(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
    if isinstance(kind, inspect.Metadata):
        return (kind.extra_json_schema or {}).get("description") or _allowed(kind.type)
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(str(value) for value in kind.values)
    if isinstance(kind, inspect.IntType) and kind.ge is not None and kind.le is not None:
        return f"{kind.ge} to {kind.le}"
    return None
