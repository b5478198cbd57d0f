"""The sweeper in the sandbox, with the permissions that it has: what a crash left goes, what is not ours stays."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from showrunner.channel import channel_request
from showrunner.session import Session
from showrunner.sound import Sound
from tests.studio import Studio, eventually

STATES = (
    *("SweepSessions", "SweepRows", "SweepChannels", "SweepInputs", "SweepOutputs", "SweepStorage"),
    *("CountQuotas", "ReportSweep", "Swept"),
)


@pytest.fixture
def over(studio: Studio) -> str:
    """A session that was prepared, and is over."""
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    studio.press(show, "stop")
    studio.until(show, "ended")
    return show


def leave(studio: Studio, session_id: str, **other: str) -> tuple[str, str, str]:
    """What a function leaves that was killed right after its effect: a channel with its input, and an IVS channel."""
    tags = {"stage": "sandbox", "session": session_id, "attempt": "1", "owner": "ann"} | other
    marks = {f"showrunner:{name}": value for name, value in tags.items()}
    name = f"sandbox-{session_id}-1"
    medialive, ivs = studio.aws["medialive"], studio.aws["ivs"]
    source = medialive.create_input(
        Name=f"{name}-slate", Type="MP4_FILE", Sources=[{"Url": "s3ssl://media/a.mp4"}], Tags=marks
    )["Input"]
    request = channel_request(
        Session(session_id, "ann", record="off"),
        name=name,
        tags=marks,
        role_arn=f"arn:aws:iam::000000000000:role/{role(studio)}",
        inputs={"slate": source["Id"], "host": "none"},
        ingest_endpoint="ingest.example",
        stream_key="sk_test",
        recordings="",
        sound=Sound(),
    )
    # A channel of its own, without the input that there are only five of.
    request |= {"RequestId": uuid.uuid4().hex, "InputAttachments": request["InputAttachments"][:1]}
    channel = medialive.create_channel(**request)["Channel"]
    output = ivs.create_channel(name=name, tags=marks)["channel"]
    medialive.get_waiter("channel_created").wait(ChannelId=channel["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def listed() -> bool:
        pages = medialive.get_paginator("list_channels").paginate()
        return channel["Id"] in {each["Id"] for page in pages for each in page["Channels"]}

    eventually(listed, what="the listing of the channel")
    return channel["Id"], source["Id"], output["arn"]


def role(studio: Studio) -> str:
    found = studio.aws["cloudformation"].describe_stack_resource(
        StackName="showrunner-sandbox", LogicalResourceId="MediaLiveRole"
    )
    name: str = found["StackResourceDetail"]["PhysicalResourceId"]
    return name


def remaining(studio: Studio, left: tuple[str, str, str]) -> list[bool]:
    status = studio.status()
    channels, inputs = ({each["Id"] for each in status[kind]} for kind in ("channels", "inputs"))
    pages = studio.aws["ivs"].get_paginator("list_channels").paginate()
    outputs = {each["arn"] for page in pages for each in page["channels"]}
    return [left[0] in channels, left[1] in inputs, left[2] in outputs]


def seen_long_ago(studio: Studio) -> None:
    """The grace of all that sweeps have seen is over."""
    dynamodb, table = studio.aws["dynamodb"], studio.outputs["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["sk"]["S"] == "SEEN":
            dynamodb.update_item(
                TableName=table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET since = :at",
                ExpressionAttributeValues={":at": {"S": "2026-01-01T00:00:00.000Z"}},
            )


def told(swept: dict[str, Any], session_id: str, left: tuple[str, str, str]) -> set[tuple[str, str]]:
    """(kind, action) of what a sweep found of one session."""
    names = (session_id, *left)
    return {(find["kind"], find["action"]) for find in swept["finds"] if any(name in find["name"] for name in names)}


def test_what_a_killed_function_left_behind_the_cleanup_is_cleaned_by_the_sweeper(studio: Studio, over: str) -> None:
    left = leave(studio, over)
    others = [leave(studio, over, stage="prod"), leave(studio, over, attempt="2")]  # both by the name of the first
    kinds = ("channel", "input", "output")
    assert told(studio.sweep(), over, left) == {(kind, "seen") for kind in kinds}
    seen_long_ago(studio)
    assert told(studio.sweep(dry_run=True), over, left) == {(kind, "cleanup") for kind in kinds}
    assert remaining(studio, left) == [True] * 3

    swept = studio.sweep()
    assert swept["status"] == "SUCCEEDED"
    assert told(swept, over, left) == {("channel", "cleanup")}  # from then on its attempt is open again
    eventually(lambda: remaining(studio, left) == [False] * 3, what="the cleanup")
    assert [remaining(studio, other) for other in others] == [[True] * 3] * 2
    assert studio.session(over)["state"] == "ended"
    texts = [entry["text"] for entry in studio.timeline(over)]
    assert "Found what a crash left: channel" in texts
    states = studio.aws["stepfunctions"].get_execution_history(executionArn=swept["arn"], maxResults=1000)["events"]
    entered = [each["stateEnteredEventDetails"]["name"] for each in states if "stateEnteredEventDetails" in each]
    assert entered == list(STATES)
    for other in others:
        forget(studio, other)


def forget(studio: Studio, left: tuple[str, str, str]) -> None:
    medialive, ivs = studio.aws["medialive"], studio.aws["ivs"]
    medialive.delete_channel(ChannelId=left[0])
    eventually(lambda: not remaining(studio, left)[0], what="the deletion of the channel")
    medialive.delete_input(InputId=left[1])
    ivs.delete_channel(arn=left[2])


def test_what_belongs_to_no_row_is_stopped_and_removed_step_by_step(studio: Studio) -> None:
    left = leave(studio, "nobodys-show")
    studio.aws["medialive"].start_channel(ChannelId=left[0])
    studio.sweep()
    seen_long_ago(studio)

    def gone() -> bool:
        studio.sweep()
        return remaining(studio, left) == [False] * 3

    eventually(gone, 60, "the removal")


def test_a_lost_schedule_or_event_is_no_matter_and_the_sweeper_runs_by_its_rule(studio: Studio) -> None:
    before = studio.aws["stepfunctions"].list_executions(stateMachineArn=studio.outputs["SweepMachineArn"])
    studio.sweep_on_schedule()

    def more() -> bool:
        now = studio.aws["stepfunctions"].list_executions(stateMachineArn=studio.outputs["SweepMachineArn"])
        known = {each["executionArn"] for each in before["executions"]}
        return any(e["status"] == "SUCCEEDED" for e in now["executions"] if e["executionArn"] not in known)

    eventually(more, what="the sweep")


@pytest.fixture
def forbidden(studio: Studio) -> Iterator[None]:
    """MediaLive answers no list of channels."""
    order = {"service": "medialive", "operation": "ListChannels", "code": "ForbiddenException", "status": 403}
    fault = studio.control("faults", kind="error", rate=1.0, **order)
    yield
    httpx.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['fault']['id']}")


@pytest.mark.usefixtures("forbidden")
def test_a_step_that_fails_keeps_no_other_from_its_work_and_ends_unswept(studio: Studio) -> None:
    swept = studio.sweep()
    assert swept["status"] == "FAILED"
    states = studio.aws["stepfunctions"].get_execution_history(executionArn=swept["arn"], maxResults=1000)["events"]
    entered = [each["stateEnteredEventDetails"]["name"] for each in states if "stateEnteredEventDetails" in each]
    assert entered == [*STATES[:-1], "Unswept"]
