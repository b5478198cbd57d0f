"""A session and its attempts: the typed models, and the states a session goes through.

A session is what the producer names and configures. Each start of it is an attempt with resources, names
and rows of its own; a session that ended can be started again as the next attempt.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from showrunner import clock
from showrunner.errors import StopRequested
from showrunner.media import MediaId
from showrunner.overlay import Overlay
from showrunner.profiles import DEFAULT_PROFILE, ProfileName
from showrunner.sound import Level, Sound
from showrunner.switch import Cue, Switch

State = Literal["created", "preparing", "ready", "starting", "waiting_for_input", "live", "stopping", "ended", "failed"]

# From each state to those that may follow it. Every state of a running attempt may go to `stopping`.
TRANSITIONS: dict[State, frozenset[State]] = {
    "created": frozenset({"preparing"}),
    "preparing": frozenset({"ready", "starting", "stopping"}),
    "ready": frozenset({"starting", "stopping"}),
    "starting": frozenset({"waiting_for_input", "live", "stopping"}),
    "waiting_for_input": frozenset({"live", "stopping"}),
    "live": frozenset({"stopping"}),
    "stopping": frozenset({"ended", "failed"}),
    "ended": frozenset({"preparing"}),
    "failed": frozenset({"preparing"}),
}
RESTING: frozenset[State] = frozenset({"created", "ended", "failed"})  # nothing of the session exists on AWS

MEANING: dict[State, str] = {
    "created": "Not started yet. Start it with POST /sessions/{id}/streaming/start.",
    "preparing": "Channel and inputs are being made.",
    "ready": "Everything is made and nothing runs. Start it with POST /sessions/{id}/streaming/start.",
    "starting": "The channel is starting; this takes a few minutes on AWS.",
    "waiting_for_input": "The channel runs and waits for video. Publish to the address that "
    "GET /sessions/{id}/ingest shows.",
    "live": "On air.",
    "stopping": "The session is being stopped and everything it made is removed.",
    "ended": "Ended. Start it again with POST /sessions/{id}/streaming/start.",
    "failed": "Ended by a failure. Start it again with POST /sessions/{id}/streaming/start.",
}
# In place of `waiting_for_input`, for a show that begins with the slate: nobody needs to publish for it.
HOLDING = "The channel runs and sends the slate; the show is live when IVS has it."
# In place of `live`, while IVS has no stream.
NO_STREAM = "The channel runs, and viewers see nothing: IVS has lost the stream. MediaLive tries to connect again."


def may_become(state: State) -> list[State]:
    """The states that may be followed by `state`."""
    return [before for before, after in TRANSITIONS.items() if state in after]


def now() -> str:
    """UTC, ISO 8601 with milliseconds."""
    return isotime(clock.now())


def isotime(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The aware datetime of what `now` and `isotime` write."""
    return datetime.fromisoformat(text)


def month_of(moment: datetime) -> str:
    """In UTC, such as 2026-01."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def span_of(month: str) -> tuple[datetime, datetime]:
    """When a month begins, and when the next one does."""
    year, number = map(int, month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC), datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def seconds_since(moment: str) -> float:
    return (clock.now() - datetime.fromisoformat(moment)).total_seconds()


SessionId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}\Z", description="1 to 40 letters, digits, '-' and '_'")]
SourceName = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9_-]{0,30}\Z", description="up to 31 of a-z, 0-9, '-' and '_', a letter first"),
]
ChannelArn = Annotated[
    str,
    Meta(
        pattern=r"^arn:aws[a-z-]*:ivs:[a-z0-9-]+:[0-9]{12}:channel/[A-Za-z0-9_]+\Z",
        description="the ARN of an IVS channel, arn:aws:ivs:REGION:ACCOUNT:channel/ID",
    ),
]


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """Where pictures and sound come from; the first is on air at the start. An MP4_FILE plays its owner's tracks."""

    name: SourceName = "host"
    type: Literal["RTMP_PUSH", "MP4_FILE"] = "RTMP_PUSH"


SLATE = "slate"  # what every session has beside its sources: a file that loops, with silence
MOST_PUSH_SOURCES = 2  # of one channel (MediaLive user guide, input limits)


def check_sources(sources: list[Source]) -> None:
    """Raises ValueError for sources that MediaLive would refuse, or that nobody could tell apart."""
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise ValueError("`sources` must have different names")
    if SLATE in names:
        raise ValueError(f"`sources` can't hold one named '{SLATE}': every session has it by itself")
    if sources[0].type != "RTMP_PUSH":
        raise ValueError("the first of `sources` is on air at the start, and must be of type RTMP_PUSH")
    if sum(source.type == "MP4_FILE" for source in sources) > 1:
        raise ValueError("`sources` may hold one of type MP4_FILE, which plays any of your tracks")
    if sum(source.type == "RTMP_PUSH" for source in sources) > MOST_PUSH_SOURCES:
        raise ValueError(f"`sources` may hold {MOST_PUSH_SOURCES} of type RTMP_PUSH at most, as MediaLive does")


class Tracklist(Struct, frozen=True, forbid_unknown_fields=True):
    """Tracks in their order, by the ids of their owner's files, and the source that follows the last one."""

    items: Annotated[list[MediaId], Meta(max_length=100)] = field(default_factory=list)
    fallback: SourceName = SLATE


class Output(Struct, frozen=True, forbid_unknown_fields=True):
    """Where viewers watch: an IVS channel of the session's own, or `channel_arn` of one to borrow."""

    channel_arn: ChannelArn | None = None


LONGEST_SHOW = 86_400  # seconds
LONGEST_WAIT = 7200  # for the first input, where it has a limit
LONGEST_START = 106_200  # without limits: half an hour before the state machine's own time-out, to end as others do
LEAST_EXTENSION = 60


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a session may stay in a state before it is ended, in seconds.

    `input_seconds`: without anybody publishing, or without IVS's stream; `live_seconds`: on air; `idle_seconds`: with
    nobody's picture on air. 0 is no limit: then it ends 29.5 hours after its start.
    """

    ready_seconds: Annotated[int, Meta(ge=60, le=7200)] = 7200
    input_seconds: Annotated[int, Meta(ge=0, le=LONGEST_WAIT)] = 1800
    live_seconds: Annotated[int, Meta(ge=0, le=LONGEST_SHOW)] = 28_800
    idle_seconds: Annotated[int, Meta(ge=0, le=LONGEST_SHOW)] = 1800

    def __post_init__(self) -> None:
        for name, least in (("input_seconds", 10), ("live_seconds", 60)):
            if 0 < getattr(self, name) < least:
                raise ValueError(f"`{name}` must be {least} at least, or 0 for no limit")


class Budget(Struct, frozen=True, forbid_unknown_fields=True):
    """What one start of a session may cost by the estimate, in dollars, 0 for anything; and whether it is stopped then.

    At 80 % and at all of it is warned in any case.
    """

    dollars: Annotated[int, Meta(ge=0, le=100_000)] = 0
    stop: bool = False


class MonthWarning(Struct, frozen=True):
    """That a month's budget is used up by 80 %, or all of it, and since when the attempt knows."""

    since: str
    message: str


class Share(Struct, frozen=True):
    """What of an attempt's cost is a month's: billionths of a dollar at its beginning, and more with each second."""

    spent: int
    rate: int


class Fallback(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes on air when the push source that is on air has had no picture for so many seconds of a live show."""

    source: SourceName = SLATE
    seconds: Annotated[int, Meta(ge=1, le=600)] = 10


FallbackOrOff = Annotated[Fallback | Literal["off"], Meta(description="off, or {source, seconds}")]


def check_fallback(fallback: FallbackOrOff, sources: list[Source]) -> None:
    """Raises ValueError for one that can't be shown without being told what of it."""
    known = [SLATE, *(source.name for source in sources if source.type == "RTMP_PUSH")]
    if fallback != "off" and fallback.source not in known:
        raise ValueError(f"the `source` of `fallback` must be one of: {', '.join(known)}")


Record = Literal["auto", "manual", "off"]
Privacy = Literal["trim", "keep"]  # what stays of a stored show at its end: the recordings alone, or all of it


class Session(Struct):
    """A session as the table keeps it. Times are UTC ISO 8601 with milliseconds."""

    id: SessionId
    owner: str
    title: str = ""
    profile: ProfileName = DEFAULT_PROFILE
    sources: list[Source] = field(default_factory=lambda: [Source()])
    tracklist: Tracklist = field(default_factory=Tracklist)
    slate: MediaId | None = None  # of the owner's; else the one that every session has
    fallback: FallbackOrOff = field(default_factory=Fallback)
    output: Output = field(default_factory=Output)
    record: Record = "auto"
    privacy: Privacy | None = None
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    sound: Sound = field(default_factory=Sound)
    levels: dict[str, Level] = field(default_factory=dict)  # source name -> how loud it is wanted
    show_id: str | None = None
    episode_id: str | None = None
    state: State = "created"
    state_at: str = ""  # since when; of a row from before that was kept, when it was last written
    reason: str | None = None
    attempt: int = 0
    version: int = 1
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    deleted_at: str | None = None

    def __post_init__(self) -> None:
        self.state_at = self.state_at or self.updated_at

    def level(self, source: str) -> Level:
        """How loud a source is wanted."""
        return self.levels.get(source, Level())

    @property
    def resting(self) -> bool:
        return self.state in RESTING

    @property
    def switchable(self) -> bool:
        """Whether its channel runs, so that sources can be switched."""
        return self.state in ("waiting_for_input", "live")

    @property
    def pushed(self) -> list[str]:
        """The sources that somebody publishes to."""
        return [source.name for source in self.sources if source.type == "RTMP_PUSH"]

    @property
    def file_source(self) -> str | None:
        """The source that plays its owner's tracks, if it has one."""
        return next((source.name for source in self.sources if source.type == "MP4_FILE"), None)

    @property
    def trims(self) -> bool:
        """Whether what lies outside all recordings is to go; a show that is recorded by hand is not kept unasked."""
        return self.privacy == "trim" if self.privacy else self.record == "manual"


class Failure(Struct, frozen=True):
    """Why an attempt failed: the error's name, and a sentence for a person."""

    error: str
    reason: str


StreamHealth = Literal["HEALTHY", "STARVING", "UNKNOWN"]  # IVS's StreamHealth


class NoPicture(Struct, frozen=True):
    """The push source on air without a picture, and since when, by MediaLive's alert."""

    source: SourceName
    since: str


class Attempt(Struct):
    """One start of a session, and what AWS made for it."""

    session_id: str
    number: int
    created_at: str = field(default_factory=now)
    start_requested_at: str | None = None
    hold: bool = False  # begin with the slate, not with the first source
    sound: Sound = field(default_factory=Sound)  # what its channel is made with
    stop_requested_at: str | None = None
    made_at: str | None = None  # when the last of it was made
    closing_at: str | None = None  # a cleanup of this attempt has begun: nothing new may be made for it
    ended_at: str | None = None
    archived_at: str | None = None  # its recordings are published or failed, and only what should stay is stored
    running_at: str | None = None
    stopped_at: str | None = None  # when the channel that ran was seen not to run any more
    live_at: str | None = None
    stream_lost_at: str | None = None  # since then IVS has no stream, although the channel runs
    extended_seconds: int = 0  # beyond the session's longest time on air
    extended_wait: int = 0  # seconds beyond the session's longest wait for the first input
    extended_dollars: int = 0  # beyond its budget
    spending: dict[str, Share] = field(default_factory=dict)  # month -> what that was told of its cost
    month_warnings: dict[str, MonthWarning] = field(default_factory=dict)  # of the owner, of the stage
    channel_id: str | None = None
    channel_arn: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)  # source name, or `slate` -> MediaLive input id
    ivs_channel_arn: str | None = None
    ivs_borrowed: bool = False
    ivs_type: str | None = None  # STANDARD, BASIC, ADVANCED_SD or ADVANCED_HD
    ingest_endpoint: str | None = None
    playback_url: str | None = None
    on_air: str | None = None  # the source that is, or was last, on air by MediaLive's word
    on_air_item: str | None = None  # and which of its files
    on_air_position: int | None = None  # and where that is in the tracklist that was played
    on_air_copy: str | None = None  # and at which level it plays, if not as it was levelled
    on_air_action: str | None = None  # and the switch that has put it there
    on_air_at: str | None = None  # and when
    on_air_until: str | None = None  # and when it ends, of a file
    switches: dict[str, Switch] = field(default_factory=dict)  # by action: what was asked for and not confirmed yet
    cued: Cue | None = None  # what MediaLive was last asked to prepare
    overlays: dict[str, Overlay] = field(default_factory=dict)  # layer -> what MediaLive has accepted for it
    recordings: int = 0  # how many windows were opened
    no_picture: NoPicture | None = None
    viewers: int | None = None  # as IVS counts them
    health: StreamHealth | None = None  # of IVS's stream
    starving_at: str | None = None  # since then IVS gets too little
    failure: Failure | None = None

    @property
    def name(self) -> str:
        """Its session execution's name, and the stem of every name of what is made for it."""
        return f"{self.session_id}-{self.number}"

    @staticmethod
    def named(name: str) -> tuple[str, int]:
        """The session id and the number in such a name."""
        session_id, _, number = name.rpartition("-")
        return session_id, int(number)

    @property
    def latest(self) -> Switch | None:
        """What was asked for last to be on air at once, until it is."""
        asked = [each for each in self.switches.values() if each.at is None and each.after is None]
        return max(asked, key=lambda switch: switch.asked_at, default=None)

    @property
    def lost_picture(self) -> NoPicture | None:
        """What is on air without a picture."""
        return self.no_picture if self.no_picture and self.no_picture.source == self.on_air else None

    @property
    def taking(self) -> str | None:
        return self.latest.source if self.latest else None

    @property
    def stopping(self) -> bool:
        return self.stop_requested_at is not None or self.closing_at is not None

    def raise_if_stopping(self) -> None:
        if self.stopping:
            raise StopRequested


class TimelineEntry(Struct, frozen=True):
    """What happened, when, in which attempt: what the studio shows.

    The `id` tells it from others of the session, once the table has it.
    """

    at: str
    kind: str
    text: str
    attempt: int = 0
    state: State | None = None
    by: str | None = None  # who asked for it: the `sub` of a token
    id: str = ""
