"""Whether what our services answer is what botocore's model knows."""

import json
from typing import Any

import pytest
from botocore import xform_name
from botocore.parsers import create_parser

from sandbox.awsapi import Response, ServiceApi, service_model


def built(service: str, implementation: object) -> set[str]:
    """The operations that an implementation has."""
    return {name for name in service_model(service).operation_names if hasattr(implementation, xform_name(name))}


def record(monkeypatch: pytest.MonkeyPatch, service: str) -> dict[str, tuple[Any, Response]]:
    """Operation -> its model and its last successful answer, from now on."""
    seen: dict[str, tuple[Any, Response]] = {}
    answer = ServiceApi._answer

    def remember(api: ServiceApi, operation: Any, result: Any) -> Response:
        response = answer(api, operation, result)
        if operation.service_model.service_name == service:
            seen[operation.name] = operation, response
        return response

    monkeypatch.setattr(ServiceApi, "_answer", remember)
    return seen


def assert_known(operation: Any, response: Response) -> None:
    """All that was sent survives botocore's parser: as many values come out as went in."""
    sent = json.loads(response.body) if response.body else {}
    raw = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
    parser = create_parser(operation.service_model.metadata["protocol"])
    parsed = parser.parse(raw, operation.output_shape) if operation.output_shape else {}
    parsed.pop("ResponseMetadata", None)
    assert values(parsed) == values(sent), operation.name


def values(of: Any) -> int:
    """How many values there are, containers included."""
    if isinstance(of, dict):
        return 1 + sum(map(values, of.values()))
    return 1 + sum(map(values, of)) if isinstance(of, list) else 1
