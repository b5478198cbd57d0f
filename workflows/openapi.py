"""The API's document: OpenAPI 3.1, made of its routes and of the types that check what is asked and answered.

`python -m workflows.openapi` prints it; `make docs` keeps that as `docs/openapi.json`.
"""

import json
import re
from functools import cache
from http import HTTPStatus
from importlib import import_module
from types import NoneType
from typing import Any, TypedDict

import msgspec

from showrunner import errors
from showrunner.api import KEY, PARAMETERS, Route
from workflows.examples import BODIES, VALUES

Schema = dict[str, Any]
SCHEMAS = "#/components/schemas/"
ASKED = "Input"  # ends the name of what is asked for in another shape than it is answered

# What API Gateway answers by itself, in the words of infra/template.yaml, where every status has one error.
GATEWAY = {
    401: ("Unauthorized", "Send a valid ID token in the Authorization header."),
    403: ("Forbidden", "This token may not do that."),
    404: ("RouteNotFound", "There is no such route. See docs/architecture.md for the list."),
    413: ("BodyTooLarge", "The body is too large."),
    429: ("TooManyRequests", "Too many requests at once. Try again in a second."),
    500: ("InternalError", "Something broke on our side. Try again."),
    502: ("InternalError", "Something broke on our side. Try again."),
    503: ("InternalError", "Something broke on our side. Try again."),
    504: ("InternalError", "Something broke on our side. Try again."),
}
MEANING = {
    400: "The body, the query or the path is not what the API takes; `details.field` names it.",
    401: "No ID token, one that has expired, or none of this user pool.",
    403: "The token may not do that.",
    404: "There is no such thing, or it is another owner's.",
    409: "The state of things does not allow it now; the message says what to do.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key came with another request before.",
    429: "Too many requests at once. Try again in a second.",
    500: "Something broke on our side. Try again.",
    502: "The function did not answer. Try again.",
    503: "Another request is at it. Try again.",
    504: "The function took longer than 29 seconds. Try again: a request that came through is not done twice.",
}
ABOUT = """\
What takes time answers 202. A start or stop that comes again is a 2xx that says what is so. POST honours
`Idempotency-Key`: for a day the same request gets the same answer. Every error has the shape of `Error`. What is no
route, or no method of one, answers 404 `RouteNotFound`."""


class Error(TypedDict):
    """`error` is a name for programs, `message` says what to do, `details` name fields and values."""

    error: str
    message: str
    details: dict[str, Any]


@cache
def document(routes: tuple[Route, ...]) -> Schema:
    """Of these routes, in their order. Not to be changed by who gets it."""
    answered = _of_answers([*(each.answer for each in routes), Error])
    asked = _of_bodies([each.wish for each in routes if _has_body(each)], answered)
    known = asked | answered
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, known)
    for component in answered.values():  # what may be left out when it is asked is always there when it is answered
        for each in component.get("properties", {}).values():
            each.pop("default", None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Showrunner", "version": "1", "summary": "Live-stream sessions", "description": ABOUT},
        "servers": [{"url": ".", "description": "Where this document is."}],
        "security": [{"idToken": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(known.items())),
            "responses": {_name(status): _error(status) for status in MEANING},
            "securitySchemes": {
                "idToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An ID token of the stack's Cognito user pool.",
                }
            },
        },
    }


def _operation(route: Route, known: dict[str, Schema]) -> Schema:
    summary, _, more = route.about.partition("\n")
    operation: Schema = {"operationId": route.name, "summary": summary, "parameters": _parameters(route)}
    if more.strip():
        operation["description"] = more.strip()
    if route.public:
        operation["security"] = []
    if _has_body(route):
        name = route.wish.__name__
        reference = {"$ref": SCHEMAS + (f"{name}{ASKED}" if f"{name}{ASKED}" in known else name)}
        content = {"schema": reference, "example": BODIES.get(route.wish, {})}
        operation["requestBody"] = {"content": {"application/json": content}}
    operation["responses"] = {
        str(int(status)): _success(status, route, known) for status in route.statuses if status < 400
    } | {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in _failures(route)}
    return operation


def _success(status: int, route: Route, known: dict[str, Schema]) -> Schema:
    tagged: Schema = {"headers": {"ETag": {"schema": {"type": "string"}}}} if _has_etag(route) else {}
    if status == HTTPStatus.NOT_MODIFIED:
        return {"description": "All is as it was under that ETag.", **tagged}
    name = route.answer.__name__
    schema: Schema = {"$ref": SCHEMAS + name} if name in known else {"type": "object"}
    content = {"schema": schema, "example": _example(schema, "", "", known)}
    return {"description": HTTPStatus(status).phrase, **tagged, "content": {"application/json": content}}


def _failures(route: Route) -> list[int]:
    """The errors that a route may answer: those that follow from what it is, and those that it names."""
    found = {400, 429, 500, 502, 503, 504} | {status for status in route.statuses if status >= 400}
    found |= set() if route.public else {401, 403}
    found |= {404} if "{" in route.path else set()
    found |= {413, 415} if _has_body(route) else set()
    found |= {422} if route.method == "POST" else set()
    return sorted(found)


def _has_body(route: Route) -> bool:
    return route.method != "GET" and route.wish is not NoneType


def _has_etag(route: Route) -> bool:
    return HTTPStatus.NOT_MODIFIED in route.statuses


def _parameters(route: Route) -> list[Schema]:
    found: list[Schema] = []
    for name in re.findall(r"{(\w+)}", route.path):
        pattern, rule = PARAMETERS[name]
        schema = {"type": "string", "pattern": f"^{pattern.pattern}$", "examples": [VALUES[name]]}
        about = f"{rule} letters, digits, '-' and '_'"
        found.append({"name": name, "in": "path", "required": True, "description": about, "schema": schema})
    if route.method == "GET" and route.wish is not NoneType:
        for name, schema in _of_bodies([route.wish], {})[route.wish.__name__]["properties"].items():
            one = next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)
            found.append({"name": name, "in": "query", "required": False, "schema": one})
    if _has_etag(route):
        header = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
        found.append({**header, "description": "The ETag of the answer before."})
    if route.method == "POST":
        schema = {"type": "string", "pattern": f"^{KEY.pattern}$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})
    return found


def _error(status: int) -> Schema:
    names = sorted(_names(status))
    said = GATEWAY.get(status, (names[0], MEANING[status]))
    schema = {"allOf": [{"$ref": f"{SCHEMAS}Error"}, {"properties": {"error": {"enum": names}}}]}
    example = {"error": said[0], "message": said[1], "details": {}}
    return {"description": MEANING[status], "content": {"application/json": {"schema": schema, "example": example}}}


def _names(status: int) -> set[str]:
    """Of the errors that are answered with a status."""
    found = {GATEWAY[status][0]} if status in GATEWAY else set()
    kinds = [errors.ShowrunnerError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return found | {kind.__name__ for kind in kinds[1:] if kind.status == status and status != 500}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _of_answers(types: list[Any]) -> dict[str, Schema]:
    """The components that they are made of. What has a default is there all the same when it is answered."""
    _, components = msgspec.json.schema_components(dict.fromkeys(types), ref_template=SCHEMAS + "{name}")
    found = {name: _plain(component, {}) for name, component in components.items()}
    return {name: {**each, "required": list(each.get("properties", {}))} for name, each in found.items()}


def _of_bodies(types: list[Any], answered: dict[str, Schema]) -> dict[str, Schema]:
    """Likewise. What is answered under the same name, and is not the same, gets a name of its own."""
    _, components = msgspec.json.schema_components(dict.fromkeys(types), ref_template=SCHEMAS + "{name}")
    names = {name: f"{name}{ASKED}" if name in answered else name for name in components}
    refs = {SCHEMAS + name: SCHEMAS + other for name, other in names.items()}
    return {names[name]: _plain(component, refs) for name, component in components.items()}


def _plain(node: Any, refs: dict[str, str]) -> Any:
    """With patterns as ECMA-262 has them, which knows no `\\Z`, and references by their new names."""
    if isinstance(node, list):
        return [_plain(each, refs) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _plain(value, refs) for name, value in node.items()}
    if isinstance(plain.get("pattern"), str):
        plain["pattern"] = plain["pattern"].replace(r"\Z", "$")
    if "$ref" in plain:
        plain["$ref"] = refs.get(plain["$ref"], plain["$ref"])
    return plain


def _example(schema: Schema, name: str, owner: str, known: dict[str, Schema]) -> Any:
    """Of what stands at `name` in the component `owner`."""
    for key in (f"{owner}.{name}", name, "at" if name.endswith("_at") else ""):
        if key in VALUES and not ("$ref" in schema and key == name):
            return VALUES[key]
    if "default" in schema:
        return schema["default"]
    if "$ref" in schema:
        component = schema["$ref"].removeprefix(SCHEMAS)
        return _example(known[component], "", component, known)
    if "anyOf" in schema:
        whole = [each for each in schema["anyOf"] if "$ref" in each]
        return _example(whole[0], name, owner, known) if whole else None
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {each: _example(kind, each, owner, known) for each, kind in schema["properties"].items()}
    if "prefixItems" in schema:
        return [_example(each, name, owner, known) for each in schema["prefixItems"]]
    if schema.get("type") == "array":
        return [_example(schema["items"], name, owner, known)]
    return {"string": name, "integer": 0, "number": 0.0, "boolean": False, "null": None}.get(schema.get("type", ""), {})


def main() -> None:
    api = import_module("app").api  # which imports this
    print(json.dumps(document(tuple(api.routes)), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
