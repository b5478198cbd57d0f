"""The bodies that the API takes. Unknown fields are refused; the predecessor's studio's own are known."""

from typing import Annotated

from msgspec import Meta, Struct, field

from showrunner.profiles import DEFAULT_PROFILE, ProfileName
from showrunner.recording import DEFAULT_NAME, RecordingName
from showrunner.session import Limits, Output, Record, SessionId, Source, SourceName

Text = Annotated[str, Meta(max_length=200)]
MOST_PUSH_SOURCES = 2  # of one channel (MediaLive user guide, input limits)


class NewSession(Struct, forbid_unknown_fields=True, rename={"show_id": "showId", "episode_id": "episodeId"}):
    """POST /sessions. Without an `id` one is made."""

    id: SessionId | None = None
    title: Text = ""
    profile: ProfileName = DEFAULT_PROFILE
    sources: Annotated[list[Source], Meta(min_length=1, max_length=20)] = field(default_factory=lambda: [Source()])
    output: Output = field(default_factory=Output)
    record: Record = "auto"
    limits: Limits = field(default_factory=Limits)
    show_id: Text | None = None
    episode_id: Text | None = None

    def __post_init__(self) -> None:
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ValueError("`sources` must have different names")
        if sum(source.type == "RTMP_PUSH" for source in self.sources) > MOST_PUSH_SOURCES:
            raise ValueError(f"`sources` may hold {MOST_PUSH_SOURCES} of type RTMP_PUSH at most, as MediaLive does")


class SourceWish(Struct, forbid_unknown_fields=True):
    """POST .../source: which of the session's sources to put on air."""

    source: SourceName


class RecordingWish(Struct, forbid_unknown_fields=True):
    """POST .../recording/start and stop. `name` tells recordings apart that overlap; `since`: seconds to include."""

    name: RecordingName = DEFAULT_NAME
    since: Annotated[int, Meta(ge=0, le=86_400)] = 0


class Nothing(Struct, forbid_unknown_fields=True, rename={"show_id": "showId", "episode_id": "episodeId"}):
    """A body that says nothing we need: empty, or what the predecessor's studio sends along."""

    show_id: Text | None = None
    episode_id: Text | None = None
    channelArn: str | None = None
