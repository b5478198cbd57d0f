"""Deploying, updating, failing and destroying a stage, in a sandbox without video."""

import io
from collections.abc import Iterator
from typing import Any

import av
import boto3
import pytest

from infra.deploy import DeployError, Progress, deploy, destroy, outputs
from infra.slate import SECONDS
from sandbox.server import Sandbox
from showrunner import aws
from showrunner.cdn import key_parameter
from showrunner.media import SLATE_KEY
from showrunner.session import Session
from showrunner.store import Store

PARAMETERS = {"InputCidr": "192.0.2.0/24, 198.51.100.7/32", "CorsOrigin": "https://studio.example"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(media=False, stack=False) as running:
        yield running


@pytest.fixture(autouse=True)
def endpoint(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    aws.forget_clients()
    yield
    aws.forget_clients()


def put(stage: str, parameters: dict[str, str] | None = None) -> tuple[dict[str, str], list[Progress]]:
    steps: list[Progress] = []
    return deploy(stage, parameters, architecture="host", report=steps.append), steps


def rules_of(stage: str) -> list[str]:
    """The CIDRs of the stage's input security group."""
    resources = boto3.client("cloudformation").describe_stack_resource(
        StackName=f"showrunner-{stage}", LogicalResourceId="InputSecurityGroup"
    )
    group_id = resources["StackResourceDetail"]["PhysicalResourceId"]
    group = boto3.client("medialive").describe_input_security_group(InputSecurityGroupId=group_id)
    return [rule["Cidr"] for rule in group["WhitelistRules"]]


def cdn_keys() -> list[str]:
    """Of the stage `life`."""
    listed = boto3.client("cloudfront").list_public_keys()["PublicKeyList"].get("Items", [])
    return [each["Id"] for each in listed if each["Name"].startswith("showrunner-life-")]


def test_the_life_of_a_stage() -> None:
    with pytest.raises(DeployError, match="needs CorsOrigin and InputCidr"):
        put("life")
    made, steps = put("life", PARAMETERS)
    assert {"ApiUrl", "UserPoolId", "UserPoolClientId", "TableName", "RecordingsBucket"} <= set(made)
    assert ("showrunner-life", "CREATE_COMPLETE") in [(step.resource, step.status) for step in steps]
    assert {"Table", "SessionMachine", "RestAPI"} <= {step.resource for step in steps}
    slate = boto3.client("s3").get_object(Bucket=made["MediaBucket"], Key=SLATE_KEY)["Body"].read()
    with av.open(io.BytesIO(slate)) as film:
        assert [stream.type for stream in film.streams] == ["video", "audio"]
        assert {float(s.duration * s.time_base) for s in film.streams if s.duration and s.time_base} == {SECONDS}
    assert rules_of("life") == ["192.0.2.0/24", "198.51.100.7/32"]

    unchanged, steps = put("life")
    assert (unchanged, steps) == (made, [])

    put("life", {"CorsOrigin": "https://other.example"})
    handler = boto3.client("lambda").get_function_configuration(FunctionName=made["APIHandlerName"])
    assert handler["Environment"]["Variables"]["SHOWRUNNER_CORS_ORIGIN"] == "https://other.example"

    before = cdn_keys()
    assert put("life")[1] == [], "the key is the same"
    boto3.client("ssm").delete_parameter(Name=key_parameter("life"))
    put("life")
    assert set(cdn_keys()).isdisjoint(before)
    handler = boto3.client("lambda").get_function_configuration(FunctionName=made["APIHandlerName"])
    assert [handler["Environment"]["Variables"]["SHOWRUNNER_CDN_KEY_ID"]] == cdn_keys()

    store = Store(made["TableName"])
    session = Session(id="friday", owner="someone")
    store.create_session(session)
    store.begin_attempt(session, start=True)
    with pytest.raises(DeployError, match=r"friday\. `showrunner stop --all --stage life`"):
        destroy("life")

    store.close_attempt("friday", 1)
    with pytest.raises(DeployError, match=r"recordings of 1 session\(s\) are still being published: friday"):
        destroy("life")

    store.archive_attempt("friday", 1)
    stays = destroy("life")
    assert (stays["the table"], stays["the media bucket"]) == (made["TableName"], made["MediaBucket"])
    assert store.session("friday").id == "friday"
    left = boto3.client("ssm").describe_parameters()["Parameters"]
    assert (cdn_keys(), [each["Name"] for each in left if "/life/" in each["Name"]]) == ([], [])
    with pytest.raises(DeployError, match="There is no stack showrunner-life"):
        outputs("life")


def test_a_failure_names_what_failed_first_and_can_be_tried_again() -> None:
    with pytest.raises(DeployError, match=r"InputSecurityGroup \(AWS::MediaLive::InputSecurityGroup\)"):
        put("again", {**PARAMETERS, "InputCidr": "999.999.999.999/99"})
    made, _ = put("again", PARAMETERS)
    assert made["SessionMachineArn"].endswith(":showrunner-again-session")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"InputCidr": "1.1.1.1/32,2.2.2.2/32,3.3.3.3/32,4.4.4.4/32,5.5.5.5/32"}, "takes 4 CIDRs at most, not 5"),
        ({**PARAMETERS, "Colour": "red"}, "no parameter Colour"),
        ({**PARAMETERS, "InputCidr": "anybody"}, "InputCidr"),
    ],
)
def test_parameters_that_are_wrong_are_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(DeployError, match=said):
        put("wrong", parameters)
