"""The bodies that the API answers. Every field is always there.

Times are UTC, ISO 8601, with milliseconds.
"""

from typing import Any, Literal, TypedDict

from msgspec import field

from showrunner.cost import Rate
from showrunner.diagram import Layout
from showrunner.executions import Described
from showrunner.guards import Kind
from showrunner.levels import ProgrammeLevel, SourceLevel
from showrunner.media import CopyState, MediaKind, MediaState
from showrunner.overlay import Overlay
from showrunner.recording import RecordingState
from showrunner.session import Session, State, StreamHealth, TimelineEntry
from showrunner.standing import IngestState, SessionWarning, Step
from showrunner.switch import Cue


class Health(TypedDict):
    status: Literal["ok"]


class SessionSummary(Session, kw_only=True):
    """A session as lists show it: what it is, how it stands, and what that means."""

    message: str


class PendingSwitch(TypedDict):
    """What was asked for and is not on air, by MediaLive's word; `unconfirmed` is what should be by now."""

    action: str
    source: str
    item: str | None
    asked_at: str
    at: str | None
    after: str | None
    state: Literal["asked", "unconfirmed"]


class DeadlineView(TypedDict):
    """When a session ends by itself, and how to go on."""

    kind: Kind
    at: str
    message: str


class SessionView(SessionSummary, kw_only=True):
    """A session as the API shows it alone: with what its newest attempt has made. `on_air` is MediaLive's word.

    `rates`: what it costs by the hour now. `viewers` and `health` are IVS's, asked for every 15 s while a show is live;
    null where IVS does not tell.
    """

    sound: ProgrammeLevel
    levels: list[SourceLevel]  # type: ignore[assignment]  # by name in the table, in a list for a person
    playback_url: str | None = None
    step: Step | None = None
    running_at: str | None = None
    live_at: str | None = None
    stream_lost_at: str | None = None
    ends_at: str | None = None
    deadlines: list[DeadlineView] = field(default_factory=list)
    warnings: list[SessionWarning] = field(default_factory=list)
    ingest: list[IngestState] = field(default_factory=list)
    viewers: int | None = None
    health: StreamHealth | None = None
    rates: list[Rate] = field(default_factory=list)
    on_air: str | None = None
    on_air_item: str | None = None
    on_air_position: int | None = None
    on_air_at: str | None = None
    on_air_until: str | None = None
    taking: str | None = None
    switches: list[PendingSwitch] = field(default_factory=list)
    cued: Cue | None = None
    overlays: list[Overlay] = field(default_factory=list)
    execution_arn: str | None = None
    recording: str | None = None


class OpenRecording(TypedDict):
    """A window that is open; `start` is null until the first picture of it is stored."""

    id: str
    name: str
    state: RecordingState
    requested_at: str
    start: str | None


class SessionNow(SessionView, kw_only=True):
    """A session, and the entries of its timeline since a `cursor`; without `after` neither is in the answer."""

    open_recordings: list[OpenRecording] = field(default_factory=list)
    timeline: list[TimelineEntry] = field(default_factory=list)
    cursor: str | None = None


class ThumbnailView(TypedDict):
    """A picture of the source on air, `body` in base64, and when MediaLive made it."""

    source: str
    at: str
    content_type: str
    body: str


class SessionMade(TypedDict):
    message: str
    session: SessionView


class SessionPage(TypedDict):
    """Newest first; `next` is the `cursor` of the next page."""

    sessions: list[SessionSummary]
    next: str | None


class SessionDeleted(TypedDict):
    message: str
    sessionId: str


class Progress(TypedDict):
    """How a session stands after a start or stop, with the execution that does it; none before the first start."""

    message: str
    state: State
    session_id: str
    attempt: int
    execution_arn: str | None
    console_url: str | None
    playbackUrl: str | None


class Extended(TypedDict):
    """When it has been on air, or its input been waited for, as long as may be; and what it may cost, with a budget."""

    message: str
    ends_at: str | None
    budget_dollars: int | None


class Taken(TypedDict):
    """What is on air by MediaLive's word, and what was asked for; `action` names the switch, if there is one."""

    message: str
    on_air: str | None
    taking: str | None
    action: str | None


class Cued(TypedDict):
    message: str
    state: Literal["accepted"]
    cued: Cue | None


class Overlaid(TypedDict):
    """AWS tells no more of an overlay than that it was accepted."""

    message: str
    state: Literal["accepted"]
    overlay: Overlay


class ProgramState(TypedDict):
    activeVideoSource: str | None
    requestedVideoSource: str | None


class Commanded(TypedDict):
    message: str
    programState: ProgramState


class Track(TypedDict):
    """`level`: how it stands with the copy at the level that is wanted; null where it is wanted as it was levelled."""

    position: int
    id: str
    title: str | None
    seconds: float | None
    state: MediaState | Literal["missing"]
    level: CopyState | None


Effect = Literal["in_effect", "scheduled", "at_next_play"]


class TracklistEffect(TypedDict):
    """From when on what is played is the list."""

    effect: Effect
    effect_at: str | None
    message: str


class TracklistView(TracklistEffect):
    """The list, with what is on air and what follows by what MediaLive was asked for, and when an edit counts.

    `version` is the same for the same tracks and fallback; an edit of them names it.
    """

    version: str
    tracks: list[Track]
    fallback: str
    on_air: str | None
    position: int | None
    ends_at: str | None
    next: str | None
    locked: list[str]
    follows: list[str]


class TracklistPlayed(TracklistView):
    """`action` names the switch, for another to come `after` it."""

    action: str | None


class FilmView(TypedDict):
    """Bytes, seconds and pixels; the addresses are signed, and anybody may read from them until `expires_at`."""

    size: int
    seconds: float
    width: int
    height: int
    url: str
    picture_url: str
    expires_at: str


class RecordingView(TypedDict):
    """A recording: a window of a show, and where its playlist and its film are."""

    id: str
    session_id: str
    attempt: int
    name: str
    state: RecordingState | Literal["expired"]
    requested_at: str
    start: str | None
    end: str | None
    reason: str | None
    seconds: float | None
    gaps: int | None
    gap_seconds: float | None
    playlist: str | None
    film: FilmView | None
    film_failure: str | None


class PlaylistCookies(TypedDict):
    """Where to ask for the cookies that open the playlist, and until when those of this answer do."""

    url: str
    expires_at: str


class RecordingAlone(RecordingView):
    playlist_cookies: PlaylistCookies | None


class RecordingPressed(TypedDict):
    """What is so after a press; `recording` is null where none runs, or after it was deleted."""

    message: str
    recording: RecordingView | None


class RecordingList(TypedDict):
    """Of all attempts, in the order they were opened."""

    recordings: list[RecordingView]


class Ingest(TypedDict):
    """Where to publish to; `stream_key` is a secret, and part of `url`."""

    source: str
    url: str
    server: str
    stream_key: str


class IngestList(TypedDict):
    sources: list[Ingest]


class Timeline(TypedDict):
    """Oldest first."""

    timeline: list[TimelineEntry]


class Execution(Described):
    """An execution on Step Functions, and the attempt that it worked for."""

    attempt: int


class ExecutionList(TypedDict):
    """The session's own executions and those that cleaned up or published, oldest first."""

    executions: list[Execution]


class Problem(TypedDict):
    """An error of a state, also of a try that was followed by another."""

    at: str
    error: str | None
    cause: str | None


class HistoryState(TypedDict):
    """A state that an execution went through. `event`: the number of its first event, by which it can be told.

    `looks`: time-outs of a wait, which then looked again, and `looked_at` when. `error` and `cause` are those of the
    last of `problems`. `next` is the state that followed, by a Catch if the outcome is `caught` or `stopped`, which is
    what a stop makes of it, and no failure. `child`: an execution that it has started.
    Task tokens in `input` and `output` are left out.
    """

    event: int
    name: str
    type: str
    outcome: Literal["running", "waiting", "done", "stopped", "caught", "failed", "aborted"]
    entered_at: str
    left_at: str | None
    next: str | None
    attempts: int
    looks: int
    looked_at: list[str]
    error: str | None
    cause: str | None
    problems: list[Problem]
    child: str | None
    input: Any
    output: Any


class History(TypedDict):
    """`drawing`: the state machine as it was when the execution began, in pixels; null once that machine is gone.

    `after` is how far it was read. An answer to it has no drawing, and only the states that something has happened to
    since: their `problems` and `looked_at` are those to add, and what is null did not change.
    """

    execution: Execution
    states: list[HistoryState]
    drawing: Layout | None
    after: str


class MediaView(TypedDict):
    """A file of the caller's. `seconds` and `gain_db`, what its sound was changed by, are a film's."""

    id: str
    kind: MediaKind
    title: str
    state: MediaState
    message: str
    created_at: str
    size: int | None
    width: int | None
    height: int | None
    seconds: float | None
    gain_db: float | None


class CostLine(TypedDict):
    """`dollars` is null where the price is not known, `checked` whether it is AWS's by a page or list of its: `source`.

    `as_of`: of when that is; null where it has no date.
    """

    item: str
    quantity: float
    unit: str
    dollars: float | None
    checked: bool
    source: str | None
    as_of: str | None


class CostSum(TypedDict):
    """`unpriced` are items whose price is not known: they are in no sum. `billed_minutes`: of the running channel."""

    dollars: float
    billed_minutes: int
    lines: list[CostLine]
    unpriced: list[str]


class PlannedCost(CostSum):
    show_minutes: int


class AttemptCost(CostSum):
    """Of one start of the session; until it is `final` it grows."""

    attempt: int
    final: bool


class CostView(TypedDict):
    """`dollars`: of all attempts. Estimates, and no bill: the `notice` says of what."""

    session_id: str
    notice: str
    planned: PlannedCost
    attempts: list[AttemptCost]
    dollars: float


class MonthCost(TypedDict):
    """Of so many starts; a budget if there is one."""

    dollars: float
    starts: int
    budget_dollars: int | None


class OwnersCost(TypedDict):
    owner: str
    dollars: float


class MonthView(MonthCost):
    """An owner's; for producers with the `stage`'s and all `owners`', the largest first. `unpriced` are in no sum.

    Estimates, and no bill: the `notice` says of what.
    """

    month: str
    notice: str
    owner: str
    stage: MonthCost | None
    owners: list[OwnersCost] | None
    unpriced: list[str]


class LeaseView(TypedDict):
    """Which session has borrowed a channel, and until when at least."""

    session_id: str
    attempt: int
    until: str


class ChannelView(TypedDict):
    """A persistent IVS channel, which sessions borrow by its `arn`."""

    arn: str
    name: str
    type: str
    lease: LeaseView | None


class ChannelMade(TypedDict):
    message: str
    channel: ChannelView


class ChannelDeleted(TypedDict):
    message: str
    arn: str


class ChannelList(TypedDict):
    """By name."""

    channels: list[ChannelView]


class Upload(TypedDict):
    """A form that S3 takes for an hour: the `fields`, then the file as the field `file`, posted to `url`."""

    url: str
    fields: dict[str, str]


class MediaAdded(TypedDict):
    message: str
    media: MediaView
    upload: Upload


class MediaList(TypedDict):
    """Newest first."""

    media: list[MediaView]
    next: str | None


class MediaDeleted(TypedDict):
    """`missing_in`: sessions at rest that have it in their tracklist or as their slate."""

    message: str
    id: str
    missing_in: list[str]
