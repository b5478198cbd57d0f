"""The API's document: made of what the API is, and of nothing else."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from app import api, app
from tests.document import DOCUMENT, content_of, misfits
from workflows.examples import BODIES
from workflows.openapi import GATEWAY

ROOT = Path(__file__).parents[2]
OPERATIONS = [
    pytest.param(operation, id=operation["operationId"])
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
]
# Of API Gateway's names of what it answers, those that have a status of their own in the template.
NAMED = {
    "UNAUTHORIZED": 401,
    "ACCESS_DENIED": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "DEFAULT_5XX": 500,
}


def test_the_committed_document_is_the_api_as_it_is() -> None:
    committed = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert committed == DOCUMENT, "docs/openapi.json is out of date: make docs (after a rebase, too)"


def test_it_has_every_route_and_nothing_else() -> None:
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == {(method, path) for path, methods in app.routes.items() for method in methods}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_described_and_its_examples_are_what_it_says(operation: dict[str, Any]) -> None:
    assert operation["summary"], f"'{operation['operationId']}' in app.py has no docstring"
    assert operation["security"] == [] if "401" not in operation["responses"] else "security" not in operation
    answers = [node for status, node in operation["responses"].items() if status != "304"]
    for node in [operation.get("requestBody"), *answers]:
        if node is not None:
            content = content_of(node)
            assert misfits(content["schema"], content["example"]) == []


@pytest.mark.parametrize("route", [pytest.param(each, id=each.name) for each in api.routes if each.method != "GET"])
def test_a_body_has_an_example_that_the_api_takes(route: Any) -> None:
    if route.wish is not type(None):
        assert route.wish in BODIES, f"workflows/examples.py has none of {route.wish.__name__}"
        msgspec.convert(BODIES[route.wish], route.wish)


@pytest.mark.parametrize(("name", "status"), NAMED.items())
def test_the_gateways_errors_are_those_of_the_template(name: str, status: int) -> None:
    template = yaml.load((ROOT / "infra" / "template.yaml").read_text(), Loader=_AnyTag)
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    answer = body["x-amazon-apigateway-gateway-responses"][name]
    assert answer.get("statusCode", status) == status
    told = json.loads(answer["responseTemplates"]["application/json"])
    assert (told["error"], told["message"]) == GATEWAY[status]


def test_what_is_asked_may_be_left_out_where_it_has_a_default_and_is_always_answered() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["SoundInput"]["required"] == []
    assert set(schemas["Sound"]["required"]) == {"gain_db", "mute", "loudness_lkfs"}
    assert "\\Z" not in json.dumps(DOCUMENT), "a pattern that is not one of ECMA-262"


class _AnyTag(yaml.SafeLoader):
    """CloudFormation's tags, as nothing."""


_AnyTag.add_multi_constructor("!", lambda *_: None)
