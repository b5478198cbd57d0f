"""What IVS allows: calls a second, sizes, and what an encoder may send to a channel of each type.

Sources: docs.aws.amazon.com/ivs/latest/LowLatencyUserGuide, 'Service Quotas' (call rates, none of them adjustable),
'Channel Types' (resolution and bitrate), 'Using Amazon EventBridge' (Limit Breach); botocore's text on PutMetadata.

Not known of AWS, and chosen here:
- how long a bitrate may be too high before the stream is cut off: `BREACHES` measurements in a row;
- the unit in which a breach of the resolution is told: lines of the shorter side, "pixels";
- the unit in which a breach of the broadcasts at once is told: "Count"; and that the stream then never starts;
- what key frames that are too far apart do: nothing is documented but the advice of 2 s. Without a key frame there
  is no new segment, so beyond `KEYFRAME` seconds the stream counts as starving.
"""

from dataclasses import dataclass
from typing import Any

BREACHES = 2
KEYFRAME = 10.0
METADATA_BYTES = 1024
SESSION_EVENTS = 500

CALLS = 5.0
RATES: dict[str, float] = {
    **dict.fromkeys((f"{verb}RecordingConfiguration" for verb in ("Create", "Get", "Delete")), 3.0),
    "ListRecordingConfigurations": 3.0,
    **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource"), 10.0),
    "PutMetadata": 155.0,
}
"""Calls a second of an operation in one account; `CALLS` for all others. The burst is one second's calls."""
METADATA_CALLS = 5.0
"""PutMetadata a second on one channel."""


@dataclass(frozen=True)
class Quotas:
    """Resources of an account."""

    channels: int = 5000
    recording_configurations: int = 20
    streams: int = 100


@dataclass(frozen=True)
class Ingest:
    """`longer` and `shorter`: pixels. `bitrates`: (up to so many lines, bits per second), ascending."""

    bitrates: tuple[tuple[int, int], ...]
    longer: int = 1920
    shorter: int = 1080


_FULL = Ingest(((1080, 8_500_000),))
TYPES: dict[str, Ingest] = {
    "BASIC": Ingest(((480, 1_500_000), (1080, 3_500_000))),
    "STANDARD": _FULL,
    "ADVANCED_SD": _FULL,
    "ADVANCED_HD": _FULL,
}


def resolution_breach(channel_type: str, width: int, height: int) -> dict[str, Any] | None:
    """The members of a Limit Breach event, if the picture is too large; it may stand upright."""
    allowed = TYPES[channel_type]
    longer, shorter = max(width, height), min(width, height)
    if shorter > allowed.shorter:
        return _breach("Ingest Resolution", allowed.shorter, shorter, "pixels")
    if longer > allowed.longer:
        return _breach("Ingest Resolution", allowed.longer, longer, "pixels")
    return None


def bitrate_breach(channel_type: str, lines: int, bitrate: float) -> dict[str, Any] | None:
    """Likewise, if there is too much of it; `lines`: the picture's shorter side, 0 when not known."""
    bitrates = TYPES[channel_type].bitrates
    allowed = next((most for height, most in bitrates if 0 < lines <= height), bitrates[-1][1])
    return _breach("Ingest Bitrate", allowed, int(bitrate), "bits per second") if bitrate > allowed else None


def broadcasts_breach(most: int, live: int) -> dict[str, Any] | None:
    """Likewise, if one more stream than there are `live` is too many."""
    return _breach("Concurrent Broadcasts", most, live + 1, "Count") if live >= most else None


def _breach(name: str, allowed: int, seen: int, unit: str) -> dict[str, Any]:
    return {"limit_name": name, "limit_value": allowed, "exceeded_by": seen - allowed, "limit_unit": unit}
