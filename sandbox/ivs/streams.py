"""A broadcast, as GetStream shows it while it lasts and GetStreamSession during and after it."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.ivs.limits import SESSION_EVENTS

Params = dict[str, Any]


@dataclass
class Stream:
    """`started` and `ended`: UTC seconds. `channel` and `recording` are shown as they were when it began.

    `video` holds what the ingest measured, by VideoConfiguration's names. `events` are the newest first.
    """

    id: str
    started: float
    channel: Params
    recording: Params | None = None
    ended: float | None = None
    health: str = "HEALTHY"
    video: Params = field(default_factory=dict)
    events: deque[Params] = field(default_factory=lambda: deque(maxlen=SESSION_EVENTS))
    failed: bool = False
    breaches: int = 0

    @property
    def lines(self) -> int:
        """The shorter side of the picture in pixels; 0 when not known."""
        return min(int(self.video.get("videoWidth", 0)), int(self.video.get("videoHeight", 0)))


def show_stream(stream: Stream, viewers: int) -> Params:
    """A live stream."""
    return {
        "channelArn": stream.channel["arn"],
        "streamId": stream.id,
        "startTime": stream.started,
        "state": "LIVE",
        "health": stream.health,
        "viewerCount": viewers,
        "playbackUrl": stream.channel["playbackUrl"],
    }


def show_offline(arn: str) -> Params:
    """The stream of a channel that is not live."""
    return {"channelArn": arn, "state": "OFFLINE", "health": "UNKNOWN", "viewerCount": 0}


def show_summary(stream: Stream) -> Params:
    """A session in a list."""
    return {
        "streamId": stream.id,
        "startTime": stream.started,
        "endTime": stream.ended,
        "hasErrorEvent": stream.failed,
    }


def show_session(stream: Stream) -> Params:
    """A whole session. Both forms of the ingest configuration, as long as there is one track only."""
    ingest = {"video": {"codec": "avc1"} | stream.video, "audio": {"codec": "mp4a"}}
    tracks = {f"{kind}Configurations": [settings | {"track": "Track0"}] for kind, settings in ingest.items()}
    return {
        "streamId": stream.id,
        "startTime": stream.started,
        "endTime": stream.ended,
        "channel": stream.channel,
        "ingestConfiguration": ingest,
        "ingestConfigurations": tracks,
        "recordingConfiguration": stream.recording,
        "truncatedEvents": list(stream.events),
    }
