"""The bodies that the API takes. Unknown fields are refused; the predecessor's studio's own are known."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from showrunner.api import Page
from showrunner.media import MediaId, MediaKind
from showrunner.profiles import DEFAULT_PROFILE, ProfileName
from showrunner.recording import DEFAULT_NAME, RecordingName
from showrunner.session import (
    LEAST_EXTENSION,
    LONGEST_SHOW,
    Budget,
    Fallback,
    FallbackOrOff,
    Limits,
    Output,
    Privacy,
    Record,
    SessionId,
    Source,
    SourceName,
    Tracklist,
    check_fallback,
    check_sources,
)
from showrunner.sound import Sound

Text = Annotated[str, Meta(max_length=200)]
Moment = Annotated[
    datetime, Meta(tz=True, description="a time with its zone, such as 2026-01-09T20:00:00Z, 15 s to 14 days ahead")
]
ActionName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,100}\Z", description="current, or the 'action' of an earlier answer")
]
TimelineCursor = Annotated[
    str, Meta(pattern=r"^[0-9TZ:.-]{0,30}\Z", description="the 'cursor' of the answer before, or nothing")
]
OwnerId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,128}\Z", description="a user's id, the 'sub' of a token")]
SourceId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_:-]{1,100}\Z",
        description="a source's name, participants, caller:ID, track:ID or tracklist",
    ),
]


class OwnersPage(Page, frozen=True, forbid_unknown_fields=True):
    """GET /sessions. `running`: only those that run, all on one page. `owner`: another one's, for producers."""

    running: bool = False
    owner: OwnerId | None = None


class OwnersWish(Struct, frozen=True, forbid_unknown_fields=True):
    """GET /channels. `owner`: another one's, for producers."""

    owner: OwnerId | None = None


class HistoryWish(Struct, frozen=True, forbid_unknown_fields=True):
    """GET .../history. `after`: that of an earlier answer, to be told only what happened since."""

    after: Annotated[str, Meta(max_length=6000)] | None = None


class MediaPage(Struct, frozen=True, forbid_unknown_fields=True):
    """GET /media. `cursor`: the `next` of the page before."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: MediaId | None = None


class NewSession(Struct, forbid_unknown_fields=True, rename={"show_id": "showId", "episode_id": "episodeId"}):
    """POST /sessions. Without an `id` one is made; `fallback`: "off", or what it is."""

    id: SessionId | None = None
    title: Text = ""
    profile: ProfileName = DEFAULT_PROFILE
    sources: Annotated[list[Source], Meta(min_length=1, max_length=20)] = field(default_factory=lambda: [Source()])
    slate: MediaId | None = None
    fallback: FallbackOrOff = field(default_factory=Fallback)
    output: Output = field(default_factory=Output)
    record: Record = "auto"
    privacy: Privacy | None = None
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    sound: Sound = field(default_factory=Sound)
    show_id: Text | None = None
    episode_id: Text | None = None

    def __post_init__(self) -> None:
        check_sources(self.sources)
        check_fallback(self.fallback, self.sources)


class NewMedia(Struct, forbid_unknown_fields=True):
    """POST /media: what will be uploaded."""

    kind: MediaKind = "track"
    title: Text = ""


class NewChannel(Struct, forbid_unknown_fields=True):
    """POST /channels. STANDARD takes any of the profiles, BASIC those up to 720p30, and costs less."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z", description="1 to 64 letters, digits, '-' and '_'")]
    type: Literal["STANDARD", "BASIC"] = "STANDARD"


class StartWish(Struct, forbid_unknown_fields=True, rename={"show_id": "showId", "episode_id": "episodeId"}):
    """POST .../streaming/start. `hold`: begin with the slate; the rest is what the predecessor's studio sends along."""

    hold: bool = False
    show_id: Text | None = None
    episode_id: Text | None = None
    channelArn: str | None = None


class Extension(Struct, forbid_unknown_fields=True):
    """POST .../extend: by how many seconds the show may be waited for, or be on air, for longer, by how many dollars it
    may cost more.
    """

    seconds: Annotated[int, Meta(ge=LEAST_EXTENSION, le=LONGEST_SHOW)] | None = None
    dollars: Annotated[int, Meta(ge=1, le=100_000)] | None = None

    def __post_init__(self) -> None:
        if self.seconds is None and self.dollars is None:
            raise ValueError("give `seconds`, `dollars`, or both")


class SourceWish(Struct, forbid_unknown_fields=True):
    """POST .../source: which of the session's sources to put on air, the slate among them; without one, the first.

    `item`: the track of a source of type MP4_FILE. Now, or `at` a time, or `after` the end of the file that is on air
    (`current`), or that another action has put there or will.
    """

    source: SourceName | None = None
    item: MediaId | None = None
    at: Moment | None = None
    after: ActionName | None = None

    def __post_init__(self) -> None:
        if self.at and self.after:
            raise ValueError("give `at` or `after`, not both")


class Since(Struct, frozen=True, forbid_unknown_fields=True):
    """GET /sessions/{id}. `after`: the `cursor` of the answer before, or empty for the whole timeline."""

    after: TimelineCursor | None = None


class CostWish(Struct, frozen=True, forbid_unknown_fields=True):
    """GET .../cost. `minutes`: how long the show is on air that is estimated; `viewers`: how many watch all of it."""

    minutes: Annotated[int, Meta(ge=1, le=1440)] = 60
    viewers: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


Month = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z", description="a month such as 2026-01")]


class MonthWish(Struct, frozen=True, forbid_unknown_fields=True):
    """GET /costs. `month`: which, in UTC, else this one; `owner`: another one's, for producers."""

    month: Month | None = None
    owner: OwnerId | None = None


class CueWish(Struct, forbid_unknown_fields=True):
    """PUT .../cue: which source to have prepared, and which track of it; without a source none."""

    source: SourceName | None = None
    item: MediaId | None = None


class TracklistWish(Tracklist, frozen=True, forbid_unknown_fields=True):
    """A list of tracks; with the `version` that was edited, it is refused where the list is another one by now."""

    version: Annotated[str, Meta(max_length=40)] | None = None

    @property
    def tracklist(self) -> Tracklist:
        return Tracklist(self.items, self.fallback)


class Jump(Struct, forbid_unknown_fields=True):
    """POST .../tracklist/play: from which track on; 0 is the first."""

    position: Annotated[int, Meta(ge=0, le=99)] = 0


class Command(Struct, forbid_unknown_fields=True):
    """POST .../commands, as the predecessor's studio sends it."""

    action: Literal["SWITCH_SOURCE"]
    sourceId: SourceId


class RecordingWish(Struct, forbid_unknown_fields=True):
    """POST .../recording/start and stop. `name` tells recordings apart that overlap; `since`: seconds to include."""

    name: RecordingName = DEFAULT_NAME
    since: Annotated[int, Meta(ge=0, le=86_400)] = 0


class Nothing(Struct, forbid_unknown_fields=True, rename={"show_id": "showId", "episode_id": "episodeId"}):
    """A body that says nothing we need: empty, or what the predecessor's studio sends along."""

    show_id: Text | None = None
    episode_id: Text | None = None
    channelArn: str | None = None
