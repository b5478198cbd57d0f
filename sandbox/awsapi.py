"""AWS's API layer, driven by botocore's own service models: HTTP in, a plain method call, HTTP out.

`ServiceApi("medialive", implementation)` finds the operation of a request, reads its parameters, checks them,
asks whether the caller may, and calls the implementation's method of that name in snake case:

    def create_channel(self, params: dict[str, Any], caller: Caller) -> dict[str, Any] | None

`params` and the answer have the members of botocore's input and output shapes. What the output shape does not
know is left out, as is what is None. Errors are `AwsError`.

Checked beyond what botocore's client checks: enums, lengths, ranges and patterns, and the bounds that MediaLive
has only in the names of its shapes (`__integerMinNegative60Max6`). A message never repeats a value, which may be
a secret.

An implementation may offer `authorisation(operation, params) -> [(action, resource ARN, condition keys)]`: all
of it must be allowed. Without it the operation is asked about on the ARN that the request names, else on `*`.
It may also offer `throttle(operation, params)`, which raises AwsError when there are too many calls.
"""

import base64
import binascii
import json
import logging
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, unquote

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape

from sandbox.errors import AwsError
from sandbox.ministack import credential_scope

T = TypeVar("T")
Params = dict[str, Any]
Access = tuple[str, str, Mapping[str, Any]]
"""An action ('medialive:CreateChannel'), a resource (an ARN or '*'), condition keys ('aws:ResourceTag/stage')."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Who signed the request: from the credential scope of its SigV4 header."""

    access_key: str
    account: str
    region: str


class Authorise(Protocol):
    """Raises AwsError AccessDeniedException unless the caller's policies allow it."""

    def __call__(self, caller: Caller, action: str, resource: str, context: Mapping[str, Any]) -> None: ...


@dataclass
class Response:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def service_model(service_name: str) -> ServiceModel:
    """botocore's model of a service, e.g. medialive."""
    return ServiceModel(Loader().load_service_model(service_name, "service-2"), service_name)


class ServiceApi:
    """One service (rest-json, json 1.0 or 1.1) in front of the object that behaves like it."""

    def __init__(
        self,
        service_name: str,
        implementation: object,
        authorise: Authorise | None = None,
        *,
        account: str = "000000000000",
        region: str = "us-east-1",
        calls: Counter[str] | None = None,
    ) -> None:
        """`calls`: where it is counted how many were `taken` and how many `throttled`."""
        self.model = service_model(service_name)
        self._implementation = implementation
        self._throttled = hasattr(type(implementation), "throttle")
        self._authorise = authorise
        self._account = account
        self._region = region
        self._calls = Counter() if calls is None else calls
        self._rest = self.model.metadata["protocol"] == "rest-json"
        self._find: Callable[[str, str, Mapping[str, str]], tuple[OperationModel, Params]]
        self._find = _RestRoutes(self.model) if self._rest else _TargetRoutes(self.model)
        version = self.model.metadata.get("jsonVersion", "1.0")
        self._content_type = "application/json" if self._rest else f"application/x-amz-json-{version}"

    def _throttle(self, operation: str, params: Params) -> None:
        try:
            self._implementation.throttle(operation, params)  # type: ignore[attr-defined]
        except AwsError:
            self._calls["throttled"] += 1
            raise
        self._calls["taken"] += 1

    def handle(self, method: str, path: str, query_string: str, headers: dict[str, str], body: bytes) -> Response:
        """Answer a request. `path` is as sent, still percent-encoded; `headers` have names in lower case."""
        try:
            operation, labels = self._find(method, path, headers)
            act = getattr(self._implementation, xform_name(operation.name), None)
            if act is None:
                raise AwsError("NotImplemented", f"The sandbox has no {self.model.service_name} {operation.name}.", 501)
            params = read_request(operation, labels, query_string, headers, body)
            caller = self._caller(headers)
            if self._throttled:
                self._throttle(operation.name, params)
            if self._authorise is not None:
                for action, resource, context in self._accesses(operation, params):
                    self._authorise(caller, action, resource, context)
            return self._answer(operation, act(params, caller) or {})
        except AwsError as error:
            return self.refuse(error)
        except Exception:
            log.exception("%s failed on %s", self.model.service_name, method)
            code = (
                "InternalServerErrorException" if self.model.service_name == "medialive" else "InternalServerException"
            )
            return self.refuse(AwsError(code, "The sandbox itself failed; its log says why.", 500))

    def refuse(self, error: AwsError) -> Response:
        """The answer that tells of an error."""
        shape = _error_shape(self.model, error.code)
        status = error.status
        if shape is not None:
            status = shape.metadata.get("error", {}).get("httpStatusCode", status)
        content: dict[str, Any] = {"__type": error.code, "message": error.message}
        if shape is not None:
            members = {name: error.message for name in shape.members if name.lower().endswith("message")}
            content |= write(shape, members | error.members)
        headers = self._headers() | {"x-amzn-ErrorType": error.code}
        return Response(status, headers, json.dumps(content).encode())

    def _accesses(self, operation: OperationModel, params: Params) -> Iterable[Access]:
        offered = getattr(self._implementation, "authorisation", None)
        if offered is not None:
            accesses: Iterable[Access] = offered(operation.name, params)
            return accesses
        prefix = self.model.signing_name
        named = [value for name, value in params.items() if name.lower().endswith("arn")]
        return [(f"{prefix}:{operation.name}", named[0] if named else "*", {})]

    def _caller(self, headers: Mapping[str, str]) -> Caller:
        access_key, region, _ = credential_scope(headers) or ("", self._region, "")
        return Caller(access_key, self._account, region)

    def _answer(self, operation: OperationModel, result: Params) -> Response:
        shape = operation.output_shape
        status = operation.http.get("responseCode", 200)
        content = write(shape, result) if shape is not None else {}
        body = b"" if status == 204 or (self._rest and shape is None) else json.dumps(content).encode()
        return Response(status, self._headers(), body)

    def _headers(self) -> dict[str, str]:
        return {"content-type": self._content_type, "x-amzn-requestid": str(uuid.uuid4())}


# For implementations


def request_tags(tags: Mapping[str, str], removed: Iterable[str] = ()) -> dict[str, Any]:
    """The condition keys of the tags that a request sets and of those that it removes."""
    keys = [*tags, *removed]
    context: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return context | {"aws:TagKeys": keys} if keys else context


def resource_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """The condition keys of a resource's own tags."""
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def page(items: Sequence[T], key: Callable[[T], str], most: int, token: str | None) -> tuple[list[T], str | None]:
    """At most `most` of `items` from where `token` stands, and the token for the next page if there is one.

    A token names the items on both sides of it, so that what comes and goes meanwhile shifts nothing; if both are gone
    themselves, it counts. Raises ValueError on a token that was not given out.
    """
    start = 0 if token is None else _open_token(token, [key(item) for item in items])
    end = start + most
    if end >= len(items):
        return list(items[start:]), None
    place = json.dumps([end, key(items[end - 1]), key(items[end])])
    return list(items[start:end]), base64.urlsafe_b64encode(place.encode()).decode()


def _open_token(token: str, keys: Sequence[str]) -> int:
    """Where in `keys` the page begins."""
    try:
        number, last, following = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (TypeError, ValueError):
        raise ValueError("a token that was not given out") from None
    if following in keys:
        return keys.index(following)
    return keys.index(last) + 1 if last in keys else int(number)


# Which operation


class _RestRoutes:
    """rest-json: by HTTP method and path."""

    def __init__(self, model: ServiceModel) -> None:
        self._routes: list[tuple[str, re.Pattern[str], OperationModel]] = []
        for name in model.operation_names:
            operation = model.operation_model(name)
            path = operation.http["requestUri"].partition("?")[0]
            labels = re.sub(r"\\{(.+?)(\\\+)?\\}", _label, re.escape(path))
            self._routes.append((operation.http["method"], re.compile(labels), operation))

    def __call__(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[OperationModel, Params]:
        for verb, pattern, operation in self._routes:
            if verb == method and (match := pattern.fullmatch(path)):
                names = re.findall(r"{(.+?)\+?}", operation.http["requestUri"])
                return operation, dict(zip(names, map(unquote, match.groups()), strict=True))
        raise AwsError("UnknownOperationException", f"There is no operation {method} {path}", 404)


@cache
def _rest_routes(service_name: str) -> _RestRoutes:
    return _RestRoutes(service_model(service_name))


def rest_operation(service_name: str, method: str, path: str) -> str | None:
    """The operation that a request of a rest-json service names; raises botocore's UnknownServiceError."""
    try:
        return _rest_routes(service_name)(method, path, {})[0].name
    except AwsError:
        return None


def _label(match: re.Match[str]) -> str:
    return "(.+)" if match[2] else "([^/]+)"


class _TargetRoutes:
    """json 1.0 and 1.1: by the X-Amz-Target header."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._names = {f"{model.metadata['targetPrefix']}.{name}": name for name in model.operation_names}

    def __call__(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[OperationModel, Params]:
        name = self._names.get(headers.get("x-amz-target", ""))
        if name is None:
            raise AwsError("UnknownOperationException", "There is no such operation", 404)
        return self._model.operation_model(name), {}


# Reading


@dataclass
class _Faults:
    """What is wrong with a request: `malformed` cannot even be read, `invalid` breaks a constraint."""

    malformed: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


def read_request(
    operation: OperationModel, labels: Params, query_string: str, headers: Mapping[str, str], body: bytes
) -> Params:
    """The operation's parameters, by the members of its input shape; raises AwsError if they are wrong."""
    shape = operation.input_shape
    if shape is None:
        return {}
    faults = _Faults()
    document = _document(body, faults)
    query = parse_qs(query_string, keep_blank_values=True)
    sent: Params = {}
    for name, member in shape.members.items():
        wire, location = member.serialization.get("name", name), member.serialization.get("location")
        if location == "uri":
            value = labels.get(wire)
        elif location == "querystring":
            value = _text_value(member, query.get(wire))
        elif location == "header":
            value = _text_value(member, [headers[wire.lower()]] if wire.lower() in headers else None)
        else:
            value = document.get(wire)
        if value is not None:
            sent[wire] = value
    params: Params = read(shape, sent, "", faults)
    _raise(operation.service_model.service_name, faults)
    return params


def _document(body: bytes, faults: _Faults) -> Params:
    try:
        document = json.loads(body) if body.strip() else {}
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    faults.malformed.append("The body is not a JSON object")
    return {}


def _text_value(shape: Shape, texts: list[str] | None) -> Any:
    """A query parameter or header: always text, so numbers and truth values are made of it."""
    if texts is None:
        return None
    if isinstance(shape, ListShape):
        return texts
    text = texts[-1]
    if shape.type_name in ("integer", "long"):
        return int(text) if re.fullmatch(r"-?\d{1,18}", text) else text
    return {"true": True, "false": False}.get(text, text) if shape.type_name == "boolean" else text


def _raise(service_name: str, faults: _Faults) -> None:
    """MediaLive has one code for both kinds; the others tell them apart."""
    found = faults.malformed or faults.invalid
    if not found:
        return
    if service_name == "medialive":
        code = "BadRequestException"
    else:
        code = "SerializationException" if faults.malformed else "ValidationException"
    errors = "error" if len(found) == 1 else "errors"
    raise AwsError(code, f"{len(found)} validation {errors} detected: {'; '.join(found)}", 400)


def read(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    """A JSON value as a parameter; what is wrong with it goes to `faults` under its dotted `path`."""
    if isinstance(shape, StructureShape):
        return _read_structure(shape, value, path, faults)
    if isinstance(shape, ListShape):
        if not _is(list, value, path, faults):
            return None
        _check_size(shape, len(value), "length", path, faults)
        return [read(shape.member, each, f"{path}.{at + 1}", faults) for at, each in enumerate(value)]
    if isinstance(shape, MapShape):
        if not _is(dict, value, path, faults):
            return None
        _check_size(shape, len(value), "length", path, faults)
        for key in value:
            read(shape.key, key, f"{path}'s keys", faults)
        return {key: read(shape.value, each, f"{path}'s values", faults) for key, each in value.items()}
    return _SCALARS[shape.type_name](shape, value, path, faults)


def _read_structure(shape: StructureShape, value: Any, path: str, faults: _Faults) -> Params | None:
    if not _is(dict, value, path, faults):
        return None
    result = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        where = f"{path}.{wire}" if path else wire
        if value.get(wire) is not None:
            result[name] = read(member, value[wire], where, faults)
        elif name in shape.required_members:
            faults.invalid.append(_fault(where, "Member must not be null"))
    return result


def _read_string(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    if not _is(str, value, path, faults):
        return None
    allowed = shape.enum if isinstance(shape, StringShape) else []
    if allowed and value not in allowed:
        faults.invalid.append(_fault(path, f"Member must satisfy enum value set: [{', '.join(allowed)}]"))
    _check_size(shape, len(value), "length", path, faults)
    pattern = _pattern(shape)
    if pattern is not None and not pattern.fullmatch(value):
        faults.invalid.append(_fault(path, f"Member must satisfy regular expression pattern: {pattern.pattern}"))
    return value


def _read_integer(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    if not _is(int, None if isinstance(value, bool) else value, path, faults):
        return None
    _check_size(shape, value, "value", path, faults)
    return value


def _read_float(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    number = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not _is(float, number, path, faults):
        return None
    _check_size(shape, number, "value", path, faults)
    return number


def _read_boolean(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    return value if _is(bool, value, path, faults) else None


def _read_timestamp(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        parsed = datetime.fromisoformat(value)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        faults.malformed.append(f"The value at '{path}' is not a timestamp")
        return None


def _read_blob(shape: Shape, value: Any, path: str, faults: _Faults) -> Any:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        faults.malformed.append(f"The value at '{path}' is not base64")
        return None


_SCALARS: dict[str, Callable[[Shape, Any, str, _Faults], Any]] = {
    "string": _read_string,
    "character": _read_string,
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_float,
    "double": _read_float,
    "boolean": _read_boolean,
    "timestamp": _read_timestamp,
    "blob": _read_blob,
}
_JSON_NAMES = {
    list: "a list",
    dict: "an object",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
}


def _is(kind: type, value: Any, path: str, faults: _Faults) -> bool:
    if isinstance(value, kind):
        return True
    faults.malformed.append(f"The value at '{path}' is not {_JSON_NAMES[kind]}")
    return False


def _fault(path: str, constraint: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: {constraint}"


def _check_size(shape: Shape, size: float, what: str, path: str, faults: _Faults) -> None:
    low, high = _bounds(shape.name, shape.metadata.get("min"), shape.metadata.get("max"))
    if low is not None and size < low:
        faults.invalid.append(_fault(path, f"Member must have {what} greater than or equal to {low}"))
    if high is not None and size > high:
        faults.invalid.append(_fault(path, f"Member must have {what} less than or equal to {high}"))


_NAMED_BOUNDS = re.compile(r"__(?:integer|long|float|double|string)(?:Min(Negative)?(\d+))?(?:Max(Negative)?(\d+))?")


_BOUNDS = {"MaxResults": (1, 1000)}
"""Bounds that MediaLive's API reference has, but not the model."""


@cache
def _bounds(name: str, low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """The least and the greatest value or length that a shape allows, from the model or from the shape's name."""
    low, high = _BOUNDS.get(name, (low, high))
    named = _NAMED_BOUNDS.match(name)
    if named is not None:
        low = low if named[2] is None else int(named[2]) * (-1 if named[1] else 1)
        high = high if named[4] is None else int(named[4]) * (-1 if named[3] else 1)
    return low, high


# Patterns that a shape's name only hints at (MediaLive API reference), and one that is misprinted in IVS's model:
# `[a-z-]/` would allow a resource type of one letter.
_PATTERNS = {
    "__stringPattern010920300": r"([0,1]?[0-9]|2[0-3]):00",
    "ResourceArn": r"arn:aws:ivs:[a-z0-9-]+:[0-9]+:[a-z-]+/[a-zA-Z0-9-]+",
}


def _pattern(shape: Shape) -> re.Pattern[str] | None:
    text = _PATTERNS.get(shape.name) or shape.metadata.get("pattern")
    return _compiled(text) if text else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Java's character classes, which occur in tags and trace headers, as Python's nearest."""
    for java, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s"), (r"\p{ASCII}", r"[\x00-\x7f]")):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


# Writing


def write(shape: Shape, value: Any) -> Any:
    """A result as JSON by its shape: without what the shape does not know, and without None."""
    if isinstance(shape, StructureShape):
        return {
            member.serialization.get("name", name): write(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [write(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: write(shape.value, each) for key, each in value.items()}
    if shape.type_name == "timestamp":
        return _write_timestamp(shape, value)
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return value


def _write_timestamp(shape: Shape, value: datetime | float) -> str | float:
    moment = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    if shape.serialization.get("timestampFormat", "unixTimestamp") == "iso8601":
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return round(moment.timestamp(), 3)


def _error_shape(model: ServiceModel, code: str) -> StructureShape | None:
    for shape in model.error_shapes:
        if isinstance(shape, StructureShape) and code in (shape.name, shape.error_code):
            return shape
    return None
