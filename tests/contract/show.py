"""A show for the contract tests of MediaLive: an IVS channel, inputs and a channel, made with boto3."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.conftest import Cloud
from tests.contract.medialive_requests import channel_request, input_request

WAIT = {"Delay": 0.02, "MaxAttempts": 3000}


def until(so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it is so; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


class Show:
    """An IVS channel, a security group and two inputs, with the client."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.medialive = cloud.client("medialive")
        self.ivs = cloud.client("ivs")
        made = self.ivs.create_channel(name="show")
        self.ivs_arn = made["channel"]["arn"]
        self.endpoint, self.key = made["channel"]["ingestEndpoint"], made["streamKey"]["value"]
        group = self.medialive.create_input_security_group(WhitelistRules=[{"Cidr": "0.0.0.0/0"}])
        self.group = group["SecurityGroup"]["Id"]
        self.inputs = [self.input(name) for name in ("host", "callers")]

    def input(self, name: str) -> str:
        return str(self.medialive.create_input(**input_request(name, self.group))["Input"]["Id"])

    def request(self) -> dict[str, Any]:
        return channel_request(self.inputs, self.endpoint, self.key)

    def create(self) -> tuple[str, str]:
        """A channel that is IDLE: (id, ARN)."""
        channel = self.medialive.create_channel(**self.request())["Channel"]
        self.wait("channel_created", channel["Id"])
        return channel["Id"], channel["Arn"]

    def run(self) -> tuple[str, str]:
        """A channel that is RUNNING."""
        channel_id, arn = self.create()
        self.medialive.start_channel(ChannelId=channel_id)
        self.wait("channel_running", channel_id)
        return channel_id, arn

    def wait(self, waiter: str, channel_id: str) -> None:
        self.medialive.get_waiter(waiter).wait(ChannelId=channel_id, WaiterConfig=WAIT)


def refused(call: Callable[..., Any], code: str, status: int, **params: Any) -> dict[str, Any]:
    """The error's response, after a look at its code, its status and its class."""
    client = call.__self__  # type: ignore[attr-defined]
    with pytest.raises(client.exceptions.from_code(code)) as error:
        call(**params)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert error.value.response["Error"]["Code"] == code
    response: dict[str, Any] = error.value.response
    return response


def in_seconds(seconds: float) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
