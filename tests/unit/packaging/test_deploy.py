"""Deploying, updating, failing and destroying a stage, in a sandbox without video."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import boto3
import httpx
import pytest

from infra import studio
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


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a build."""
    monkeypatch.setattr(studio, "BUILT", tmp_path)
    build(tmp_path, "one")
    return tmp_path


def build(folder: Path, version: str) -> None:
    (folder / "assets").mkdir(exist_ok=True)
    for old in (folder / "assets").iterdir():
        old.unlink()
    (folder / "assets" / f"{version}.js").write_text(f"console.log('{version}')")
    (folder / "index.html").write_text(f'<script type="module" src="/assets/{version}.js"></script>')


def look(made: dict[str, str], path: str) -> httpx.Response:
    """At the stage's page."""
    label = made["StudioUrl"].removeprefix("https://").partition(".")[0]
    answer = httpx.get(f"{boto3.client('s3').meta.endpoint_url}/_aws/cloudfront/{label}{path}")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    return answer


def invalidated(made: dict[str, str]) -> list[str]:
    """The paths, of all invalidations together."""
    cloudfront, cdn = boto3.client("cloudfront"), made["CdnId"]
    listed = cloudfront.list_invalidations(DistributionId=cdn)["InvalidationList"].get("Items", [])
    each = [cloudfront.get_invalidation(DistributionId=cdn, Id=one["Id"])["Invalidation"] for one in listed]
    return sorted(path for one in each for path in one["InvalidationBatch"]["Paths"]["Items"])


def look_at_the_page(made: dict[str, str]) -> None:
    for route in ("/", "/index.html", "/sessions/friday"):
        answer = look(made, route)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
        assert (answer.headers["content-type"], "one.js" in answer.text) == ("text/html; charset=utf-8", True)
    script = look(made, "/assets/one.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    told = look(made, "/config.json")
    assert (told.headers["content-type"], told.headers["cache-control"]) == ("application/json", "no-cache")
    config = told.json()
    oidc = config.pop("oidc")
    assert config == {"apiUrl": "/api", "region": "us-east-1", "stage": "life", "console": None}
    endpoint = boto3.client("s3").meta.endpoint_url
    assert (oidc["clientId"], oidc["scope"]) == (made["StudioClientId"], "openid email")
    assert (oidc["domain"], oidc["authority"]) == (endpoint, f"{endpoint}/{made['UserPoolId']}")
    client = boto3.client("cognito-idp").describe_user_pool_client(
        UserPoolId=made["UserPoolId"], ClientId=made["StudioClientId"]
    )["UserPoolClient"]
    assert client["CallbackURLs"] == client["LogoutURLs"] == [oidc["redirectUri"]]
    assert look(made, "/assets/none.js").status_code == 403
    assert invalidated(made) == []
    at_root = httpx.get(f"{endpoint}/", headers={"Accept": "text/html,*/*"}, follow_redirects=True)
    assert (str(at_root.url), at_root.text) == (oidc["redirectUri"], look(made, "/").text)
    assert httpx.get(f"{at_root.url}api/health").json() == {"status": "ok"}
    assert httpx.get(f"{at_root.url}friday/1/index.m3u8").status_code == 403


def build_another_page(made: dict[str, str], page: Path) -> None:
    build(page, "two")
    studio.publish("life", made)
    assert "two.js" in look(made, "/").text
    assert look(made, "/assets/one.js").status_code == 200, "a page that is open may still ask for it"
    assert invalidated(made) == ["/index.html"]
    studio.publish("life", made)
    assert invalidated(made) == ["/index.html"], "nothing else has changed"
    (page / "movie.xyz").write_text("?")
    with pytest.raises(RuntimeError, match=r"studio/dist/movie\.xyz: give its kind a line in TYPES"):
        studio.publish("life", made)


def cdn_keys() -> list[str]:
    """Of the stage `life`."""
    listed = boto3.client("cloudfront").list_public_keys()["PublicKeyList"].get("Items", [])
    return [each["Id"] for each in listed if each["Name"].startswith("showrunner-life-")]


def test_the_life_of_a_stage(page: Path) -> None:
    with pytest.raises(DeployError, match="needs InputCidr"):
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

    look_at_the_page(made)
    unchanged, steps = put("life")
    assert (unchanged, steps) == (made, [])
    build_another_page(made, page)
    (page / "movie.xyz").unlink()

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
    with pytest.raises(boto3.client("s3").exceptions.ClientError, match="404"):
        boto3.client("s3").head_bucket(Bucket=made["StudioBucket"])
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
