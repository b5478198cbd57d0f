"""A stack that changes and goes, in a sandbox of its own: tests take turns as they like, and others need theirs."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.server import Sandbox

from .conftest import HERE, STACK, change, clients_of, deploy, stack_outputs


@pytest.fixture
def own_clients() -> Iterator[Any]:
    with Sandbox(media=False, stack=False) as sandbox:
        yield clients_of(sandbox)


def test_the_stack_changes_in_place_and_leaves_what_it_says(own_clients: Any) -> None:
    cloudformation, medialive, outputs = own_clients("cloudformation"), own_clients("medialive"), deploy(own_clients)
    template = (HERE / "template.yaml").read_text().replace("There is no such route.", "No such route.")
    template = template.replace("[Wide, 10.0.0.0/8", "[Wide, 10.2.0.0/16")
    change(cloudformation, template, "UPDATE")
    assert stack_outputs(cloudformation) == outputs
    group = medialive.describe_input_security_group(InputSecurityGroupId=outputs["Publishers"])
    assert group["WhitelistRules"] == [{"Cidr": "10.2.0.0/16"}]

    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert own_clients("dynamodb").list_tables()["TableNames"] == [outputs["Table"]]
    assert own_clients("stepfunctions").list_state_machines()["stateMachines"] == []
    group = medialive.describe_input_security_group(InputSecurityGroupId=outputs["Publishers"])
    assert group["State"] == "DELETED"
