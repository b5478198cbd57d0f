"""How soon a show is live: `python -m benchmarks.going_live`; takes 7 minutes.

Three ways from nothing to a stream that IVS calls live, on one sandbox with AWS's times and at once:
- the product: a start by the API, which begins with the slate;
- a script with boto3's waiters, as they come;
- a state machine that polls: Wait 10 s, Describe, Choice.

Each is measured less the sandbox's own times for creating and starting a channel, twice: cold, when every function is
invoked for the first time, and warm. Goal for the product, warm: below 10 % of those times and 1 s.
"""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.sandbox import inputs, request
from sandbox.medialive.states import AWS
from sandbox.server import Sandbox
from showrunner.cli.client import Client
from showrunner.cli.connection import connect

OWN = AWS.create + AWS.start
QUOTAS = {"channels": 100, "push_inputs": 100, "pull_inputs": 200}
LOOK = 0.1  # seconds
APART = 10.0  # seconds between two starts, so that they do not slow each other
FUNCTION, ROLE, MACHINE = "call", "poller", "polling"
CALL = """
import boto3


def handler(event, context):
    answer = getattr(boto3.client(event["service"]), event["call"])(**event["given"])
    answer.pop("ResponseMetadata")
    return {"State": answer.get("State"), "live": answer.get("stream", {}).get("state") == "LIVE"}
"""


def call(service: str, operation: str, given: dict[str, str], following: str) -> dict[str, Any]:
    payload = {"service": service, "call": operation, "given": given}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": FUNCTION, "Payload": payload},
        "ResultSelector": {"State.$": "$.Payload.State", "live.$": "$.Payload.live"},
        "ResultPath": "$.seen",
        "Retry": [{"ErrorEquals": ["ChannelNotBroadcasting"], "IntervalSeconds": 10, "BackoffRate": 1}],
        "Next": following,
    }


def wait(following: str) -> dict[str, Any]:
    return {"Type": "Wait", "Seconds": 10, "Next": following}


def choice(variable: str, value: dict[str, Any], following: str, otherwise: str) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{"Variable": variable, **value, "Next": following}], "Default": otherwise}


CHANNEL = {"ChannelId.$": "$.channel"}
POLLING = {
    "StartAt": "WaitIdle",
    "States": {
        "WaitIdle": wait("LookIdle"),
        "LookIdle": call("medialive", "describe_channel", CHANNEL, "IsIdle"),
        "IsIdle": choice("$.seen.State", {"StringEquals": "IDLE"}, "Start", "WaitIdle"),
        "Start": call("medialive", "start_channel", CHANNEL, "WaitRunning"),
        "WaitRunning": wait("LookRunning"),
        "LookRunning": call("medialive", "describe_channel", CHANNEL, "IsRunning"),
        "IsRunning": choice("$.seen.State", {"StringEquals": "RUNNING"}, "WaitLive", "WaitRunning"),
        "WaitLive": wait("LookLive"),
        "LookLive": call("ivs", "get_stream", {"channelArn.$": "$.output"}, "IsLive"),
        "IsLive": choice("$.seen.live", {"BooleanEquals": True}, "Live", "WaitLive"),
        "Live": {"Type": "Succeed"},
    },
}


class Ways:
    """The three ways on one sandbox; each answers once its show is live."""

    def __init__(self, aws: Sandbox) -> None:
        self._aws = aws
        self._env = {name: value for name, value in aws.env.items() if name != "SHOWRUNNER_TOKEN"}
        self._medialive, self._ivs, self._states = map(self._client, ("medialive", "ivs", "stepfunctions"))
        self._group = self._medialive.create_input_security_group()["SecurityGroup"]["Id"]
        self._machine = self._polling_machine()

    def product(self) -> None:
        client: Client = connect(self._env)
        session_id = f"bench-{uuid.uuid4().hex[:8]}"
        client.create({"id": session_id, "profile": "360p30"})
        client.start(session_id, hold=True)
        while client.session(session_id)["state"] != "live":
            time.sleep(LOOK)

    def waiters(self) -> None:
        channel, output = self._channel()
        self._medialive.get_waiter("channel_created").wait(ChannelId=channel)
        self._medialive.start_channel(ChannelId=channel)
        self._medialive.get_waiter("channel_running").wait(ChannelId=channel)
        while not self._is_live(output):
            time.sleep(LOOK)

    def polling(self) -> None:
        channel, output = self._channel()
        given = json.dumps({"channel": channel, "output": output})
        arn = self._states.start_execution(stateMachineArn=self._machine, input=given)["executionArn"]
        while (status := self._states.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            time.sleep(LOOK)
        assert status == "SUCCEEDED", self._states.describe_execution(executionArn=arn)

    def _is_live(self, output: str) -> bool:
        try:
            return bool(self._ivs.get_stream(channelArn=output)["stream"]["state"] == "LIVE")
        except self._ivs.exceptions.ChannelNotBroadcasting:  # yet
            return False

    def _client(self, service: str) -> Any:
        return self._aws.session().client(service, endpoint_url=self._aws.url)

    def _channel(self) -> tuple[str, str]:
        """Create a channel with the product's settings; its id, and the IVS channel's ARN."""
        made = {name: self._medialive.create_input(**each) for name, each in inputs(self._group).items()}
        # Nobody publishes: the file is on air.
        attached = {
            name: each["Input"]["Id"] for name, each in sorted(made.items(), key=lambda each: each[0] == "host")
        }
        output = self._ivs.create_channel(name="bench")
        channel = self._medialive.create_channel(**request(output, attached))["Channel"]["Id"]
        return channel, output["channel"]["arn"]

    def _polling_machine(self) -> str:
        iam, functions = self._client("iam"), self._client("lambda")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        principals = ["lambda.amazonaws.com", "states.amazonaws.com"]
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Principal": {"Service": principals}}]}
        role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        may = {"Effect": "Allow", "Action": ["medialive:*", "ivs:*", "lambda:InvokeFunction"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        iam.put_role_policy(RoleName=ROLE, PolicyName="may", PolicyDocument=policy)
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("call.py", CALL)
        functions.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.13",
            Handler="call.handler",
            Role=role,
            Timeout=30,
            Code={"ZipFile": code.getvalue()},
        )
        created = self._states.create_state_machine(name=MACHINE, definition=json.dumps(POLLING), roleArn=role)
        arn: str = created["stateMachineArn"]
        return arn


def seconds(way: Callable[[], None]) -> float:
    began = time.monotonic()
    way()
    return time.monotonic() - began


def main() -> None:
    print(f"over the {OWN:.0f} s that the channel takes by itself:")
    with Sandbox(media=False, timings="aws", quotas=QUOTAS) as aws, ThreadPoolExecutor() as pool:
        ways = Ways(aws)
        for state in ("cold", "warm"):
            running = {}
            for way in (ways.product, ways.waiters, ways.polling):
                running[way.__name__] = pool.submit(seconds, way)
                time.sleep(APART)
            over = {name: each.result() - OWN for name, each in running.items()}
            for name, value in over.items():
                print(f"{state} {name:>8}: {value:4.1f} s, {value / over['waiters']:.1f} times boto3's waiters")


if __name__ == "__main__":
    main()
