"""The API's document as a test reads it: whether an answer is one that it promises."""

from typing import Any

from jsonschema import Draft202012Validator

from app import api
from workflows.openapi import document

DOCUMENT = document(tuple(api.routes))


def check(method: str, path: str, status: int, body: Any) -> None:
    """`path` as the document has it. Raises AssertionError for what it does not say."""
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(status) in responses, f"{method} {path} answers {status}; the document says {', '.join(responses)}"
    if status == 304:
        assert body is None, "a 304 has no body"
        return
    wrong = misfits(content_of(responses[str(status)])["schema"], body)
    assert not wrong, f"{method} {path} answers {status} with what is not in the document: {wrong}"


def misfits(schema: Any, value: Any) -> list[str]:
    """Where a value does not fit a schema of the document."""
    found = Draft202012Validator({**schema, "components": DOCUMENT["components"]}).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def content_of(node: Any) -> Any:
    """The schema and the example of a body or a response, also of one that is a reference."""
    name = node.get("$ref", "").rpartition("/")[2]
    return (DOCUMENT["components"]["responses"][name] if name else node)["content"]["application/json"]
