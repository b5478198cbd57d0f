"""Requests that Schemathesis makes of the API's document, and what it finds in the answers."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from zlib import crc32

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as of_document

from tests.document import DOCUMENT
from tests.studio import Studio

Known = dict[str, list[str]]
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 3}  # of each operation
CHECKS: list[Any] = [
    checks.not_a_server_error,
    of_document.status_code_conformance,
    of_document.content_type_conformance,
    of_document.response_schema_conformance,
]


def operations() -> Iterator[tuple[str, Callable[[Studio, Known], set[int]]]]:
    """Each operation's name, and what tries it: with what is known for the paths' parameters, to the statuses seen."""
    for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations():
        operation = found.ok()
        yield operation.definition.raw["operationId"], partial(_try, operation)


def _try(operation: Any, producer: Studio, known: Known) -> set[int]:
    seen: set[int] = set()
    nothing_to_spoil = not operation.definition.raw["parameters"] and "requestBody" not in operation.definition.raw
    for mode in [GenerationMode.POSITIVE] if nothing_to_spoil else EXAMPLES:
        _try_in(mode, operation, producer, known, seen)
    return seen


def _try_in(mode: GenerationMode, operation: Any, producer: Studio, known: Known, seen: set[int]) -> None:
    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        for name, values in known.items():
            if mode is GenerationMode.POSITIVE and name in case.path_parameters:
                number = crc32(case.path_parameters[name].encode()) % (len(values) + 1)
                case.path_parameters[name] = [case.path_parameters[name], *values][number]
        headers = {"Authorization": f"Bearer {producer.token}"}
        response = case.call(base_url=str(producer.api.base_url).rstrip("/"), headers=headers)
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    one()
