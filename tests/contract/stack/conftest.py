"""One sandbox for the tests of this folder, without video, and in it a small stack from `template.yaml`."""

import io
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox

HERE = Path(__file__).parent
STACK = "small"


@pytest.fixture(scope="session")
def aws() -> Iterator[Sandbox]:
    with Sandbox(media=False, stack=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def clients(aws: Sandbox) -> Any:
    return clients_of(aws)


@pytest.fixture(scope="session")
def outputs(clients: Any) -> dict[str, str]:
    return deploy(clients)


def clients_of(aws: Sandbox) -> Any:
    """`clients("s3")`: a boto3 client of the account's root user."""
    session = aws.session()
    return cache(lambda service: session.client(service, endpoint_url=aws.url))


def deploy(clients: Any) -> dict[str, str]:
    """The stack, by a change set; its outputs."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.write(HERE / "functions.py", "functions.py")
    s3 = clients("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="functions.zip", Body=archive.getvalue())
    change(clients("cloudformation"), (HERE / "template.yaml").read_text(), "CREATE")
    return stack_outputs(clients("cloudformation"))


def change(cloudformation: Any, template: str, kind: str) -> None:
    """Create and run a change set, and wait for its end."""
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    cloudformation.create_change_set(
        StackName=STACK,
        ChangeSetName=f"{kind.lower()}-it",
        ChangeSetType=kind,
        TemplateBody=template,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": "CodeBucket", "ParameterValue": "code"},
            {"ParameterKey": "CodeKey", "ParameterValue": "functions.zip"},
            {"ParameterKey": "Runtime", "ParameterValue": runtime},
        ],
    )
    fast = {"Delay": 1, "MaxAttempts": 20}
    name = {"StackName": STACK}
    cloudformation.get_waiter("change_set_create_complete").wait(
        **name, ChangeSetName=f"{kind.lower()}-it", WaiterConfig=fast
    )
    cloudformation.execute_change_set(**name, ChangeSetName=f"{kind.lower()}-it")
    cloudformation.get_waiter(f"stack_{kind.lower()}_complete").wait(**name, WaiterConfig=fast)


def stack_outputs(cloudformation: Any) -> dict[str, str]:
    """The outputs of the stack."""
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
