"""A bad body is answered with the field's name and what it may be."""

import json
from typing import Any

import msgspec
import pytest

from showrunner.validation import explain
from workflows.requests import NewSession, Nothing


def complaint(body: Any, kind: type[Any] = NewSession) -> tuple[str, str]:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(json.dumps(body), type=kind)
    return explain(raised.value, kind)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"colour": "red"}, "colour", "Known: id, title, profile, sources"),
        ({"record": "always"}, "record", "Allowed: auto, manual, off"),
        ({"profile": "8k"}, "profile", "Allowed: 1080p30, 360p30, 480p30, 720p30"),
        ({"title": 5}, "title", "expected `str"),
        ({"id": "no spaces"}, "id", "1 to 40 letters, digits"),
        ({"id": "x" * 41}, "id", "1 to 40 letters"),
        ({"id": "line\n"}, "id", "1 to 40 letters"),
        ({"limits": {"live_seconds": -1}}, "limits.live_seconds", "Allowed: 0 to 86400"),
        ({"limits": {"live_seconds": 5}}, "limits", "`live_seconds` must be 60 at least, or 0 for no limit"),
        ({"limits": {"input_seconds": 5}}, "limits", "`input_seconds` must be 10 at least, or 0 for no limit"),
        ({"limits": {"days": 5}}, "limits.days", "Known: ready_seconds, input_seconds, live_seconds, idle_seconds"),
        ({"sources": [{"type": "SRT"}]}, "sources[0].type", "Allowed: MP4_FILE, RTMP_PUSH"),
        ({"sources": []}, "sources", "length >= 1"),
        ({"sources": [{"name": "a"}, {"name": "a"}]}, "body", "different names"),
        ({"sources": [{"type": "MP4_FILE"}]}, "body", "must be of type RTMP_PUSH"),
        (
            {"sources": [{}, {"name": "a", "type": "MP4_FILE"}, {"name": "b", "type": "MP4_FILE"}]},
            "body",
            "one of type MP4_FILE",
        ),
        ({"sources": [{"name": "slate"}]}, "body", "every session has it by itself"),
        ({"sources": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}, "body", "2 of type RTMP_PUSH at most"),
        ({"fallback": {"source": "tracklist"}}, "body", "must be one of: slate, host"),
        ({"fallback": {"seconds": 0}}, "fallback.seconds", "Allowed: 1 to 600"),
        ({"fallback": "never"}, "fallback", "Allowed: off"),
        ({"output": {"channel_arn": "arn:aws:s3:::bucket"}}, "output.channel_arn", "arn:aws:ivs:REGION"),
        ([], "body", "expected `object`"),
    ],
)
def test_the_field_and_what_is_allowed_are_named(body: Any, field: str, says: str) -> None:
    sentence, where = complaint(body)
    assert where == field
    assert says in sentence
    assert field in sentence


def test_a_body_that_says_nothing_takes_what_the_predecessors_studio_sends() -> None:
    assert msgspec.json.decode(b'{"showId": "s", "episodeId": "e", "channelArn": "x"}', type=Nothing).show_id == "s"
    assert complaint({"channel": 1}, Nothing)[1] == "channel"
