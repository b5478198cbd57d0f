"""A session on air for the unit tests: its tasks run in order, and its events come as they do."""

import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from showrunner import aws
from showrunner.media import Media
from showrunner.session import Session, Source
from showrunner.store import Store
from tests.cloud import Cloud
from workflows import reactions

TRACK_SECONDS = 60.0
MAKING_SECONDS = 60.0


def put_on_air(cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Attempt 1 of the session 'show', its channel running with the host on air, and two tracks of ann's."""
    cloud.clock.advance(time.time() - cloud.clock.time() - MAKING_SECONDS)
    group = aws.medialive().create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}])["SecurityGroup"]
    monkeypatch.setenv("SHOWRUNNER_INPUT_SECURITY_GROUP", group["Id"])
    cloud.plane.file_seconds = TRACK_SECONDS
    sources = [Source("host"), Source("callers"), Source("tracklist", "MP4_FILE")]
    table.create_session(Session(id="show", owner="ann", profile="360p30", sources=sources))
    assert table.begin_attempt(table.session("show"), start=True)
    for task in ("plan", "create_output", "create_inputs", "create_channel", "start_channel"):
        event = {"session_id": "show", "attempt": 1, "execution": "arn:aws:states:x:1:execution:m:show-1"}
        import_module(f"tasks.{task}").handler(event, SimpleNamespace(aws_request_id="run"))
        cloud.clock.advance(5)
    cloud.clock.advance(time.time() - cloud.clock.time())  # the API goes by the real clock
    table.advance("show", 1, "live", "On air")
    for track in ("one", "two"):
        table.add_media(ready(track))
    table.add_media(Media("raw", "ann", "track", "raw", "2026"))
    table.add_media(Media("picture", "ann", "image", "", "2026", "ready", suffix="png"))
    cloud.react = react
    return table.session("show")


def ready(track: str, seconds: float = TRACK_SECONDS) -> Media:
    return Media(track, "ann", "track", track, "2026", "ready", suffix="mp4", milliseconds=round(seconds * 1000))


def react(event: dict[str, Any]) -> None:
    if event["detail-type"] == "MediaLive Channel Input Change":
        reactions.on_input_event(event)
