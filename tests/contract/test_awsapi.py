"""The API layer against botocore itself: every operation of three services, both ways, and what is refused."""

import json
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence

from sandbox.awsapi import Caller, ServiceApi, _bounds, _pattern, page, service_model
from sandbox.errors import AwsError

SERVICES = ("medialive", "ivs", "stepfunctions")
PROTOCOL = {"medialive": "rest-json", "ivs": "rest-json", "stepfunctions": "json"}


def operations() -> Iterator[Any]:
    for service in SERVICES:
        model = service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if not operation.has_streaming_output:
                yield pytest.param(operation, id=f"{service}.{name}")


def sample(shape: Any, depth: int = 0) -> Any:
    """A value with every member set that fits the shape and all its constraints."""
    low, high = _bounds(shape.name, shape.metadata.get("min"), shape.metadata.get("max"))
    match shape.type_name:
        case "structure":
            return {name: sample(member, depth + 1) for name, member in shape.members.items()}
        case "list":
            return [sample(shape.member, depth + 1)] * max(1, low or 0)
        case "map":
            return {sample(shape.key, depth + 1): sample(shape.value, depth + 1)}
        case "integer" | "long":
            return max(low or 0, 1) if low is None or low >= 0 else low
        case "double" | "float":
            return float(max(low or 0, 0)) if low is None or low >= 0 else low
        case "boolean":
            return True
        case "timestamp":
            return datetime(2025, 6, 15, 12, 0, 1, 500_000, tzinfo=UTC)
        case "blob":
            return b"blob"
    if shape.enum:
        return str(shape.enum[-1])
    pattern = _pattern(shape)
    text = matching(pattern.pattern) if pattern else "a b/c?%"
    return (text + text[-1:] * max(0, (low or 0) - len(text)))[:high]


def matching(pattern: str) -> str:
    """A text that a pattern matches."""

    def text(parsed: Any) -> str:
        return "".join(one(op, argument) for op, argument in parsed)

    def one(op: Any, argument: Any) -> str:
        if op is sre.LITERAL:
            return chr(argument)
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, what = argument
            return text(what) * int(min(max(least, 1), most))
        if op is sre.SUBPATTERN:
            return text(argument[-1])
        if op is sre.BRANCH:
            return text(argument[1][-1])
        if op is sre.IN:
            if argument[0][0] is sre.NEGATE:
                return "a"
            kind, value = argument[0]
            return chr(value) if kind is sre.LITERAL else chr(value[0]) if kind is sre.RANGE else "a"
        return "" if op is sre.AT else "a"

    return str(text(sre_parser.parse(pattern)))


class Recorder:
    """An implementation of everything: keeps what it is called with, answers what it is told."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.answer = answer
        self.called: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name == "authorisation":
            raise AttributeError(name)

        def act(params: dict[str, Any], caller: Caller) -> dict[str, Any] | None:
            self.called.append((name, params))
            return self.answer

        return act


def request(operation: Any, params: dict[str, Any]) -> dict[str, Any]:
    """handle()'s arguments for what botocore would send."""
    serialized = create_serializer(PROTOCOL[operation.service_model.service_name]).serialize_to_request(
        params, operation
    )
    query = serialized["query_string"]
    pairs: Any = list(query.items() if isinstance(query, Mapping) else query)
    return {
        "method": serialized["method"],
        "path": serialized["url_path"],
        "query_string": percent_encode_sequence(pairs),
        "headers": {name.lower(): value for name, value in serialized["headers"].items()},
        "body": serialized["body"] or b"",
    }


@pytest.mark.parametrize("operation", list(operations()))
def test_what_botocore_sends_arrives_and_what_is_answered_botocore_reads(operation: Any) -> None:
    service = operation.service_model.service_name
    params = sample(operation.input_shape) if operation.input_shape else {}
    result = sample(operation.output_shape) if operation.output_shape else None
    recorder = Recorder(result)
    response = ServiceApi(service, recorder).handle(**request(operation, params))
    assert response.status == operation.http.get("responseCode", 200), response.body
    [(_, arrived)] = recorder.called
    assert arrived == params
    if result:
        parser = create_parser(PROTOCOL[service])
        raw = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
        parsed = parser.parse(raw, operation.output_shape)
        parsed.pop("ResponseMetadata")
        assert parsed == result


def api(service: str = "medialive", answer: dict[str, Any] | None = None) -> tuple[ServiceApi, Recorder]:
    recorder = Recorder(answer)
    return ServiceApi(service, recorder), recorder


def create_channel(body: Any) -> tuple[int, dict[str, Any]]:
    served, _ = api()
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = served.handle("POST", "/prod/channels", "", {}, text)
    return response.status, json.loads(response.body)


def remix(gain: Any) -> dict[str, Any]:
    levels = {"channelMappings": [{"outputChannel": 0, "inputChannelLevels": [{"inputChannel": 0, "gain": gain}]}]}
    audio = {"name": "a", "audioSelectorName": "s", "remixSettings": levels}
    return {
        "encoderSettings": {
            "audioDescriptions": [audio],
            "videoDescriptions": [],
            "outputGroups": [],
            "timecodeConfig": {"source": "EMBEDDED"},
        }
    }


@pytest.mark.parametrize("gain", [-60, 0, 6])
def test_bounds_in_a_shapes_name_let_in_what_they_allow(gain: int) -> None:
    assert create_channel(remix(gain))[0] == 201


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (remix(7), "less than or equal to 6"),
        (remix(-61), "greater than or equal to -60"),
        (remix("1"), "not an integer"),
        (remix(True), "not an integer"),
        (remix(1.5), "not an integer"),
        ({"channelClass": "DOUBLE"}, "enum value set: [STANDARD, SINGLE_PIPELINE]"),
        ({"name": 5}, "not a string"),
        ({"destinations": {}}, "not a list"),
        ({"tags": {"a": 1}}, "not a string"),
        ({"dryRun": "yes"}, "not a boolean"),
        ({"encoderSettings": {"audioDescriptions": []}}, "outputGroups' failed to satisfy constraint: Member must not"),
        ({"maintenance": {"maintenanceStartTime": "12:30", "maintenanceDay": "MONDAY"}}, "regular expression"),
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not a JSON object"),
    ],
)
def test_what_does_not_fit_the_model_is_a_bad_request(body: Any, says: str) -> None:
    status, content = create_channel(body)
    assert (status, content["__type"]) == (400, "BadRequestException")
    assert says in content["message"]


def test_refusals_do_not_repeat_values() -> None:
    served, _ = api("ivs")
    response = served.handle("POST", "/GetStreamKey", "", {}, b'{"arn": "sk_us-east-1_abcdef"}')
    assert response.status == 400
    assert response.headers["x-amzn-ErrorType"] == "ValidationException"
    assert b"abcdef" not in response.body


@pytest.mark.parametrize("most", ["0", "1001", "x", "1e3"])
def test_the_page_size_is_bounded(most: str) -> None:
    served, _ = api()
    assert served.handle("GET", "/prod/channels", f"maxResults={most}", {}, b"").status == 400


def test_unknown_members_go_neither_in_nor_out() -> None:
    served, recorder = api(answer={"Channel": {"Arn": "a", "RequestId": "r", "Name": None, "PipelinesRunningCount": 0}})
    response = served.handle("POST", "/prod/channels", "", {}, b'{"name": "x", "colour": "red", "roleArn": null}')
    assert recorder.called == [("create_channel", {"Name": "x"})]
    assert json.loads(response.body) == {"channel": {"arn": "a", "pipelinesRunningCount": 0}}


def test_paths_that_are_no_operation() -> None:
    served, _ = api()
    assert served.handle("GET", "/prod/nothing", "", {}, b"").status == 404
    assert served.handle("PATCH", "/prod/channels", "", {}, b"").status == 404
    steps, _ = api("stepfunctions")
    assert steps.handle("POST", "/", "", {"x-amz-target": "AWSStepFunctions.Dance"}, b"{}").status == 404


def test_an_operation_that_is_not_built_names_itself() -> None:
    response = ServiceApi("medialive", object()).handle("GET", "/prod/offerings", "", {}, b"")
    assert response.status == 501
    assert b"ListOfferings" in response.body


def test_a_fault_of_the_implementation_is_a_500_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def list_channels(self, params: dict[str, Any], caller: Caller) -> None:
            raise KeyError("hidden")

    response = ServiceApi("medialive", Broken()).handle("GET", "/prod/channels", "", {}, b"")
    assert response.status == 500
    assert b"hidden" not in response.body
    assert "medialive failed" in caplog.text


@pytest.mark.parametrize(
    ("service", "error", "status"),
    [
        ("medialive", AwsError("ConflictException", "busy"), 409),
        ("medialive", AwsError("AccessDeniedException", "no", 403), 403),
        ("ivs", AwsError("ChannelNotBroadcasting", "off"), 404),
        ("stepfunctions", AwsError("ExecutionDoesNotExist", "gone"), 400),
    ],
)
def test_errors_have_the_models_status(service: str, error: AwsError, status: int) -> None:
    served, _ = api(service)
    response = served.refuse(error)
    assert response.status == status
    raw = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
    nothing: Any = None
    parsed = create_parser(PROTOCOL[service]).parse(raw, nothing)
    assert parsed["Error"] == {"Code": error.code, "Message": error.message}


def test_the_caller_is_whom_the_signature_names() -> None:
    seen: list[Caller] = []

    class Service:
        def list_channels(self, params: dict[str, Any], caller: Caller) -> None:
            seen.append(caller)

    signature = (
        "AWS4-HMAC-SHA256 Credential=AKIA1/20250615/eu-west-1/medialive/aws4_request, SignedHeaders=h, Signature=s"
    )
    served = ServiceApi("medialive", Service(), account="123456789012")
    served.handle("GET", "/prod/channels", "", {"authorization": signature}, b"")
    assert seen == [Caller("AKIA1", "123456789012", "eu-west-1")]


def test_everything_that_is_authorised_must_be_allowed() -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = []

    def judge(caller: Caller, action: str, resource: str, context: Mapping[str, Any]) -> None:
        asked.append((action, resource, dict(context)))
        if action == "iam:PassRole":
            raise AwsError("AccessDeniedException", "no", 403)

    class Service:
        created = 0

        def authorisation(self, operation: str, params: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
            return [(f"medialive:{operation}", "arn:c", {"k": "v"}), ("iam:PassRole", "arn:r", {})]

        def create_channel(self, params: dict[str, Any], caller: Caller) -> None:
            self.created += 1

    service = Service()
    assert ServiceApi("medialive", service, judge).handle("POST", "/prod/channels", "", {}, b"{}").status == 403
    assert asked == [("medialive:CreateChannel", "arn:c", {"k": "v"}), ("iam:PassRole", "arn:r", {})]
    assert service.created == 0


@pytest.mark.parametrize(
    ("operation", "body", "resource"),
    [
        ("StartExecution", {"stateMachineArn": "arn:aws:states:m"}, "arn:aws:states:m"),
        ("SendTaskSuccess", {"taskToken": "t", "output": "{}"}, "*"),
    ],
)
def test_without_a_say_of_the_implementation_the_named_arn_is_asked_about(
    operation: str, body: dict[str, str], resource: str
) -> None:
    asked: list[tuple[str, str]] = []

    def judge(caller: Caller, action: str, resource: str, context: Mapping[str, Any]) -> None:
        asked.append((action, resource))

    served = ServiceApi("stepfunctions", Recorder(), judge)
    served.handle("POST", "/", "", {"x-amz-target": f"AWSStepFunctions.{operation}"}, json.dumps(body).encode())
    assert asked == [(f"states:{operation}", resource)]


def test_pages_lead_through_everything_while_items_go() -> None:
    items = list("abcdefg")
    first, token = page(items, str, 3, None)
    assert token is not None
    second, token2 = page([item for item in items if item != "a"], str, 3, token)
    third, end = page([item for item in items if item != second[-1]], str, 3, token2)
    assert (first, second, third, end) == (["a", "b", "c"], ["d", "e", "f"], ["g"], None)
    assert re.fullmatch(r"[a-zA-Z0-9+/=_-]*", token)  # IVS's pattern for tokens


@pytest.mark.parametrize("token", ["", "x", "ééé", "bm9udW1iZXI6YQ=="])
def test_a_token_that_was_not_given_out(token: str) -> None:
    with pytest.raises(ValueError):
        page(["a"], str, 1, token)
