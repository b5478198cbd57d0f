"""boto3's clients as the product uses them, in front of services in process: no HTTP, no signature, no JSON.

A request is checked as botocore's client checks it, and as the sandbox's API layer does by the same model; an answer
has the members of the operation's shape, with aware datetimes; errors are the client's own classes; what may pass by
itself is tried again as often as `showrunner.aws` says, after botocore's pauses.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import urlencode

from botocore import xform_name
from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, HTTPClientError, ReadTimeoutError
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.paginate import Paginator, PaginatorModel
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from botocore.validate import ParamValidator

from sandbox import awsapi
from sandbox.errors import AwsError
from showrunner import aws

Params = dict[str, Any]
TRIES = 1 + aws._CONFIG.retries["max_attempts"]  # type: ignore[attr-defined]
LONGEST_PAUSE = 20.0
BY_ITSELF = set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) | set(
    TransientRetryableChecker._TRANSIENT_ERROR_CODES
)
TRANSIENT_STATUS = set(TransientRetryableChecker._TRANSIENT_STATUS_CODES)
CONNECTION = (ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError, HTTPClientError)
LOADER = Loader()


class Line(Protocol):
    """What lies between a client and its service."""

    def line(self, service: str, operation: str, params: Params, tried: int, act: Callable[[], Params]) -> Params:
        """Carry one request out, or not; the first is `tried` 1. Raises AwsError and botocore's connection errors."""
        ...

    def pause(self, seconds: float) -> None: ...


class Straight:
    """A line on which nothing happens."""

    def line(self, service: str, operation: str, params: Params, tried: int, act: Callable[[], Params]) -> Params:
        return act()

    def pause(self, seconds: float) -> None: ...


@cache
def _model(service: str) -> ServiceModel:
    return awsapi.service_model(service)


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    model = _model(service)
    return {xform_name(name): model.operation_model(name) for name in model.operation_names}


@cache
def _exceptions(service: str) -> Any:
    return ClientExceptionsFactory().create_client_exceptions(_model(service))


@cache
def _paginators(service: str) -> PaginatorModel:
    return PaginatorModel(LOADER.load_service_model(service, "paginators-1"))


class Client:
    """One service's client; `implementation` has the operations in snake case: `(params, caller) -> result`."""

    def __init__(
        self, service: str, implementation: object, line: Line, chance: random.Random, tries: int = TRIES
    ) -> None:
        self._service = service
        self._implementation = implementation
        self._line = line
        self._chance = chance
        self._tries = tries
        self.exceptions = _exceptions(service)
        self.meta = SimpleNamespace(region_name="us-east-1")

    def once(self) -> "Client":
        """One that tries no call again."""
        return Client(self._service, self._implementation, self._line, self._chance, 1)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = _operations(self._service).get(name)
        if operation is None:
            raise AttributeError(name)

        def method(**params: Any) -> Any:
            return self._call(operation, params)

        method.__name__ = name  # a paginator names it
        self.__dict__[name] = method
        return method

    def get_paginator(self, name: str) -> Any:
        operation = _operations(self._service)[name]
        return Paginator(getattr(self, name), _paginators(self._service).get_paginator(operation.name), operation)

    def generate_presigned_url(self, method: str, Params: Params, ExpiresIn: int = 3600) -> str:
        overrides = {f"response-{xform_name(n[8:], '-')}": v for n, v in Params.items() if n.startswith("Response")}
        query = urlencode({"expires": ExpiresIn, **overrides})
        return f"https://{Params['Bucket']}.s3.example/{Params['Key']}?{query}"

    def generate_presigned_post(self, Bucket: str, Key: str, **_: Any) -> Params:
        return {"url": f"https://{Bucket}.s3.example/", "fields": {"key": Key}}

    def download_file(self, Bucket: str, Key: str, Filename: str) -> None:
        Path(Filename).write_bytes(self.get_object(Bucket=Bucket, Key=Key)["Body"].read())

    def upload_file(self, Filename: str, Bucket: str, Key: str, ExtraArgs: Params) -> None:
        self.put_object(Bucket=Bucket, Key=Key, Body=Path(Filename).read_bytes(), **ExtraArgs)

    def _call(self, operation: OperationModel, params: Params) -> Any:
        checked = check(operation, params)
        tried = 0
        while True:
            tried += 1
            try:
                result = self._line.line(
                    self._service, operation.name, params, tried, lambda: self._act(operation, checked)
                )
                answer = shown(operation.output_shape, result) if self._service in OWN_RULES else result
                return answer | {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": tried - 1}}
            except AwsError as error:
                if tried == self._tries or (error.code not in BY_ITSELF and error.status not in TRANSIENT_STATUS):
                    raise self._raised(operation, error, tried) from None
            except CONNECTION:
                if tried == self._tries:
                    raise
            self._line.pause(self._chance.random() * min(2 ** (tried - 1), LONGEST_PAUSE))

    def _act(self, operation: OperationModel, params: Params) -> Params:
        if (throttle := getattr(self._implementation, "throttle", None)) is not None:
            throttle(operation.name, params)
        act = getattr(self._implementation, xform_name(operation.name))
        return act(params, awsapi.Caller("", "123456789012", "us-east-1")) or {}

    def _raised(self, operation: OperationModel, error: AwsError, tried: int) -> Exception:
        response = {
            "Error": {"Code": error.code, "Message": error.message},
            "ResponseMetadata": {"HTTPStatusCode": error.status, "RetryAttempts": tried - 1},
            **error.members,
        }
        raised: Exception = self.exceptions.from_code(error.code)(response, operation.name)
        return raised


_validator = ParamValidator()
_valid: set[tuple[Any, ...]] = set()
"""Requests of the table and of S3 that were valid; others from the same place in the code are."""
ECHOED = {"EncoderSettings", "InputSettings"}
"""Shapes of which an answer has what a request had, which was checked."""
OWN_RULES = {"medialive", "ivs", "stepfunctions", "service-quotas"}
"""The sandbox's services: their requests are checked by the model beyond what botocore's client does, and their answers
cut to it.
"""


def check(operation: OperationModel, params: Params) -> Params:
    """The request as the service gets it. Raises botocore's ParamValidationError, AwsError."""
    shape = operation.input_shape
    if shape is None:
        return {}
    alike = (operation.name, *_place(params))
    if alike not in _valid:
        report = _validator.validate(params, shape)
        if report.has_errors():
            raise AssertionError(f"botocore would refuse this {operation.name}: {report.generate_report()}")
        if operation.service_model.service_name not in OWN_RULES:
            _valid.add(alike)
    if operation.service_model.service_name not in OWN_RULES:
        return params
    filled = dict(params)
    for name, member in shape.members.items():
        if member.metadata.get("idempotencyToken") and name not in filled:
            filled[name] = str(random.getrandbits(64))  # as botocore fills in
    faults = awsapi._Faults()
    checked: Params = awsapi.read(shape, awsapi.write(shape, filled), "", faults)
    awsapi._raise(operation.service_model.service_name, faults)
    return checked


def _place(request: Params) -> tuple[Any, ...]:
    """What requests from the same place in the code have in common."""
    writes = [(kind, *_place(write)) for each in request.get("TransactItems", ()) for kind, write in each.items()]
    return (*request, request.get("UpdateExpression"), request.get("ConditionExpression"), *writes)


def shown(shape: Shape | None, value: Any) -> Any:
    """A result as a client gives it: without what the shape does not know, and without None."""
    if isinstance(shape, StructureShape):
        if shape.name in ECHOED:
            return value
        members = shape.members
        return {n: shown(members[n], each) for n, each in value.items() if each is not None and n in members}
    if isinstance(shape, ListShape):
        return [shown(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: shown(shape.value, each) for key, each in value.items()}
    if shape is not None and shape.type_name == "timestamp" and not isinstance(value, datetime):
        return datetime.fromtimestamp(round(value, 3), UTC)
    return {} if shape is None else value
