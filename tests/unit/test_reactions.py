"""What an event leaves in the session's timeline."""

import json

from showrunner.session import Session
from showrunner.store import Store
from tests.cloud import Cloud
from tests.inprocess import MACHINES
from workflows import reactions

CHANNEL = "arn:aws:medialive:us-east-1:123456789012:channel:1"
STREAM = "arn:aws:ivs:us-east-1:123456789012:channel/abc"


def channel_event(state: str, time: str = "2026-01-09T20:00:00Z") -> reactions.Event:
    return {"time": time, "detail": {"channel_arn": CHANNEL, "state": state}}


def stream_event(name: str) -> reactions.Event:
    return {"time": "2026-01-09T20:00:00Z", "resources": [STREAM], "detail": {"event_name": name}}


def test_what_aws_tells_stands_in_the_timeline_once(cloud: Cloud, table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    table.begin_attempt(table.session("show"), start=True)
    table.link(CHANNEL, "show", 1)
    table.link(STREAM, "show", 1)
    for event in (channel_event("RUNNING"), channel_event("RUNNING"), channel_event("RUNNING", "2026-01-09T20:09:00Z")):
        reactions.on_channel_event(event)
    reactions.on_stream_event(stream_event("Session Created"))
    told = [(entry.kind, entry.text, entry.attempt) for entry in table.timeline("show") if entry.state is None]
    running = ("medialive", "MediaLive: the channel is running", 1)
    assert sorted(told) == [("ivs", "IVS: session created", 1), running, running]


def test_what_is_not_ours_is_passed_over(cloud: Cloud, table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    reactions.on_channel_event(channel_event("RUNNING"))
    reactions.on_stream_event(stream_event("Stream Start"))
    assert table.timeline("show") == []


def test_what_is_of_a_session_that_the_table_has_lost_is_passed_over(cloud: Cloud, table: Store) -> None:
    """As in one that was restored from a backup: the sweeper removes what there is."""
    table.link(CHANNEL, "lost", 1)
    table.link(STREAM, "lost", 1)
    reactions.on_channel_event(channel_event("STOPPED"))
    reactions.on_stream_event(stream_event("Stream End"))
    about = json.dumps({"session_id": "lost", "attempt": 1})
    for machine in ("session", "cleanup"):
        detail = {"status": "ABORTED", "input": about, "stateMachineArn": MACHINES[machine], "name": "lost-1-session"}
        reactions.on_execution_event({"detail": detail})
    assert table.timeline("lost") == []
