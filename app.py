"""What Showrunner can be asked, and what it reacts to."""

from importlib import import_module
from typing import Any

from chalice import Blueprint, Chalice, CognitoUserPoolAuthorizer, CORSConfig

from showrunner.api import Answer, Api, Call
from showrunner.fallback import NO_PICTURE
from showrunner.levels import ProgrammeLevel, SourceLevel
from showrunner.overlay import Overlay
from showrunner.sound import Level, Sound
from tasks import TASKS
from workflows import (
    answers,
    channels,
    commands,
    costs,
    cue,
    extend,
    levels,
    media,
    openapi,
    overlays,
    reactions,
    recordings,
    sessions,
    switching,
    thumbnails,
    tracks,
)
from workflows.requests import (
    Command,
    CostWish,
    CueWish,
    Extension,
    HistoryWish,
    Jump,
    MediaPage,
    MonthWish,
    NewChannel,
    NewMedia,
    NewSession,
    Nothing,
    OwnersPage,
    OwnersWish,
    RecordingWish,
    Since,
    SourceWish,
    StartWish,
    TracklistWish,
)

app = Chalice(app_name="showrunner", configure_logs=False)
# The template puts the user pool's ARN and the configured origin in the place of these two.
users = CognitoUserPoolAuthorizer("users", provider_arns=["${UserPool.Arn}"])
cors = CORSConfig(
    allow_origin="${CorsOrigin}",
    allow_headers=["Idempotency-Key", "If-None-Match"],
    expose_headers=["Date", "ETag", "Retry-After"],  # Date: a page's clock may be wrong
    max_age=600,
    allow_credentials=True,
)
api = Api(app, authorizer=users, cors=cors, content_types=["*/*"])


@api.route("GET", "/health", public=True)
def health(call: Call[None]) -> Answer[answers.Health]:
    """Whether the API answers."""
    return Answer(200, {"status": "ok"})


@api.route("GET", "/openapi.json", public=True)
def get_document(call: Call[None]) -> Answer[dict[str, Any]]:
    """This document."""
    return Answer(200, openapi.document(tuple(api.routes)))


@api.route("POST", "/sessions", 201, 409)
def create_session(call: Call[NewSession]) -> Answer[answers.SessionMade]:
    """Create a session. Without an id one is made."""
    return sessions.create(call)


@api.route("GET", "/sessions")
def list_sessions(call: Call[OwnersPage]) -> Answer[answers.SessionPage]:
    """Your sessions, newest first, in pages; with `running`, only those that run."""
    return sessions.listing(call)


@api.route("GET", "/sessions/{session_id}", 200, 304)
def get_session(call: Call[Since], session_id: str) -> Answer[answers.SessionNow]:
    """How a session stands, what its newest start has made, and what has happened since.

    With `after`, the timeline is part of the answer: empty for all of it, then the `cursor` of the answer before. Some
    entries come again; their `id` tells which. 304 while all is as it was under the ETag.
    """
    return sessions.read(call, session_id)


@api.route("DELETE", "/sessions/{session_id}", 202)
def delete_session(call: Call[None], session_id: str) -> Answer[answers.SessionDeleted]:
    """Stop it, clean it up, hide it. Recordings stay."""
    return sessions.delete(call, session_id)


@api.route("POST", "/sessions/{session_id}/streaming/prepare", 200, 202, 409)
def prepare_streaming(call: Call[Nothing], session_id: str) -> Answer[answers.Progress]:
    """Make everything and start nothing; the start is quicker then."""
    return sessions.prepare(call, session_id)


@api.route("POST", "/sessions/{session_id}/streaming/start", 200, 202, 409)
def start_streaming(call: Call[StartWish], session_id: str) -> Answer[answers.Progress]:
    """Go live, or on the slate; creates the session with defaults if there is none of this id."""
    return sessions.start(call, session_id)


@api.route("POST", "/sessions/{session_id}/streaming/stop", 200, 202)
def stop_streaming(call: Call[Nothing], session_id: str) -> Answer[answers.Progress]:
    """End it, in whatever state it is."""
    return sessions.stop(call, session_id)


@api.route("POST", "/sessions/{session_id}/extend", 200, 409)
def extend_show(call: Call[Extension], session_id: str) -> Answer[answers.Extended]:
    """Let a show that waits for its input wait longer, a live one be on air for longer, or a running one cost more."""
    return extend.extend(call, session_id)


@api.route("POST", "/sessions/{session_id}/source", 200, 202, 409)
def take_source(call: Call[SourceWish], session_id: str) -> Answer[answers.Taken]:
    """Put a source on air, now or later; 202 until that is confirmed, 200 if it is on air already."""
    return switching.take(call, session_id)


@api.route("GET", "/sessions/{session_id}/tracklist")
def get_tracklist(call: Call[None], session_id: str) -> Answer[answers.TracklistView]:
    """The tracks in their order, and what is on air of them."""
    return tracks.read(call, session_id)


@api.route("PUT", "/sessions/{session_id}/tracklist", 200, 409)
def put_tracklist(call: Call[TracklistWish], session_id: str) -> Answer[answers.TracklistView]:
    """Set the tracks, their order, and what follows them; while they play, from the end of a track on.

    With the `version` that was edited nobody's edit is lost: 409 where somebody else has edited the list since.
    """
    return tracks.put(call, session_id)


@api.route("POST", "/sessions/{session_id}/tracklist/play", 202, 409)
def play_tracklist(call: Call[Jump], session_id: str) -> Answer[answers.TracklistPlayed]:
    """Cut to the track at a position, the others behind it, and then the fallback."""
    return tracks.play(call, session_id)


@api.route("POST", "/sessions/{session_id}/tracklist/next", 200, 202, 409)
def next_track(call: Call[Nothing], session_id: str) -> Answer[answers.TracklistPlayed]:
    """Cut to the track behind the one that is on air; behind the last, to the fallback."""
    return tracks.following(call, session_id)


@api.route("POST", "/sessions/{session_id}/tracklist/stop", 200, 202, 409)
def stop_tracklist(call: Call[Nothing], session_id: str) -> Answer[answers.Taken]:
    """Cut to the fallback."""
    return tracks.stop(call, session_id)


@api.route("POST", "/sessions/{session_id}/commands", 200, 202, 409)
def command(call: Call[Command], session_id: str) -> Answer[answers.Commanded]:
    """Switch as the predecessor's studio asks for it."""
    return commands.command(call, session_id)


@api.route("POST", "/sessions/{session_id}/panic", 200, 202, 409)
def panic(call: Call[Nothing], session_id: str) -> Answer[answers.Taken]:
    """Cut to the slate, in whatever state the show is."""
    return switching.panic(call, session_id)


@api.route("PUT", "/sessions/{session_id}/cue", 202, 409)
def cue_source(call: Call[CueWish], session_id: str) -> Answer[answers.Cued]:
    """Have one source prepared for a cut, which never waits for it; without a source none."""
    return cue.put(call, session_id)


@api.route("PUT", "/sessions/{session_id}/overlay", 202, 409)
def put_overlay(call: Call[Overlay], session_id: str) -> Answer[answers.Overlaid]:
    """Lay an image over the picture; without an image its layer is emptied."""
    return overlays.put(call, session_id)


@api.route("PUT", "/sessions/{session_id}/audio")
def set_programme_level(call: Call[Sound], session_id: str) -> Answer[ProgrammeLevel]:
    """Set the programme's level; the answer says when it counts."""
    return levels.set_programme(call, session_id)


@api.route("PUT", "/sessions/{session_id}/sources/{name}/audio")
def set_source_level(call: Call[Level], session_id: str, name: str) -> Answer[SourceLevel]:
    """Set a source's level; the answer says when it counts."""
    return levels.set_source(call, session_id, name)


@api.route("POST", "/sessions/{session_id}/recording/start", 200, 202, 409)
def start_recording(call: Call[RecordingWish], session_id: str) -> Answer[answers.RecordingPressed]:
    """Open a window of the show: a recording."""
    return recordings.start(call, session_id)


@api.route("POST", "/sessions/{session_id}/recording/stop", 200, 202)
def stop_recording(call: Call[RecordingWish], session_id: str) -> Answer[answers.RecordingPressed]:
    """Close the window of this name, and have it published."""
    return recordings.stop(call, session_id)


@api.route("GET", "/sessions/{session_id}/recordings")
def list_recordings(call: Call[None], session_id: str) -> Answer[answers.RecordingList]:
    """What was recorded, and how that stands."""
    return recordings.listing(call, session_id)


@api.route("GET", "/recordings/{recording_id}")
def get_recording(call: Call[None], recording_id: str) -> Answer[answers.RecordingAlone]:
    """How a recording stands, and where its film is; with the cookies that open its playlist."""
    return recordings.read(call, recording_id)


@api.route("DELETE", "/recordings/{recording_id}", 202, 409)
def delete_recording(call: Call[None], recording_id: str) -> Answer[answers.RecordingPressed]:
    """Delete a recording."""
    return recordings.delete(call, recording_id)


@api.route("POST", "/recordings/{recording_id}/publish", 200, 202, 409)
def publish_recording(call: Call[Nothing], recording_id: str) -> Answer[answers.RecordingPressed]:
    """Try again what could not be published, or has no film."""
    return recordings.publish(call, recording_id)


@api.route("GET", "/sessions/{session_id}/ingest", 200, 409)
def get_ingest(call: Call[None], session_id: str) -> Answer[answers.IngestList]:
    """Where to publish to, with the stream key. For the owner alone."""
    return sessions.ingest(call, session_id)


@api.route("GET", "/sessions/{session_id}/thumbnail", 200, 409)
def get_thumbnail(call: Call[None], session_id: str) -> Answer[answers.ThumbnailView]:
    """A picture of the source on air, as MediaLive gets it; a new one every 2 s.

    404 while there is none: nobody sends one, or the newest is of before the cut.
    """
    return thumbnails.read(call, session_id)


@api.route("GET", "/sessions/{session_id}/cost")
def get_cost(call: Call[CostWish], session_id: str) -> Answer[answers.CostView]:
    """What a show would cost, costs so far, and has cost: estimates from list prices."""
    return costs.read(call, session_id)


@api.route("GET", "/costs")
def get_costs(call: Call[MonthWish]) -> Answer[answers.MonthView]:
    """What your sessions have cost in a month; for producers the stage's. Estimates from list prices."""
    return costs.month(call)


@api.route("GET", "/sessions/{session_id}/timeline")
def get_timeline(call: Call[None], session_id: str) -> Answer[answers.Timeline]:
    """What happened to a session."""
    return sessions.timeline(call, session_id)


@api.route("GET", "/sessions/{session_id}/executions")
def list_executions(call: Call[None], session_id: str) -> Answer[answers.ExecutionList]:
    """The executions that worked for a session."""
    return sessions.execution_list(call, session_id)


@api.route("GET", "/sessions/{session_id}/executions/{name}/history")
def get_history(call: Call[HistoryWish], session_id: str, name: str) -> Answer[answers.History]:
    """The states that an execution went through."""
    return sessions.history(call, session_id, name)


@api.route("POST", "/channels", 200, 201, 409)
def create_channel_to_borrow(call: Call[NewChannel]) -> Answer[answers.ChannelMade]:
    """Make a persistent IVS channel of your own, for sessions to borrow."""
    return channels.create(call)


@api.route("GET", "/channels")
def list_channels_to_borrow(call: Call[OwnersWish]) -> Answer[answers.ChannelList]:
    """Your persistent channels, and which session has each."""
    return channels.listing(call)


@api.route("DELETE", "/channels/{channel_id}", 200, 409)
def delete_channel_to_borrow(call: Call[None], channel_id: str) -> Answer[answers.ChannelDeleted]:
    """Delete a persistent channel of your own, unless a session has it; its id ends its ARN."""
    return channels.delete(call, channel_id)


@api.route("POST", "/media", 201)
def add_media(call: Call[NewMedia]) -> Answer[answers.MediaAdded]:
    """Add a file: the answer says where to send it."""
    return media.add(call)


@api.route("GET", "/media")
def list_media(call: Call[MediaPage]) -> Answer[answers.MediaList]:
    """Your files, newest first, in pages."""
    return media.listing(call)


@api.route("GET", "/media/{media_id}")
def get_media(call: Call[None], media_id: str) -> Answer[answers.MediaView]:
    """How a file stands."""
    return media.read(call, media_id)


@api.route("DELETE", "/media/{media_id}")
def delete_media(call: Call[None], media_id: str) -> Answer[answers.MediaDeleted]:
    """Delete a file."""
    return media.delete(call, media_id)


@app.on_cw_event({"source": ["aws.medialive"], "detail-type": ["MediaLive Channel State Change"]})
def on_channel_event(event: Any) -> None:
    reactions.on_channel_event(event.to_dict())


@app.on_cw_event({"source": ["aws.medialive"], "detail-type": ["MediaLive Channel Input Change"]})
def on_input_event(event: Any) -> None:
    reactions.on_input_event(event.to_dict())


@app.on_cw_event(
    {
        "source": ["aws.medialive"],
        "detail-type": ["MediaLive Channel Alert"],
        "detail": {"alert_type": [NO_PICTURE]},
    }
)
def on_alert_event(event: Any) -> None:
    reactions.on_alert_event(event.to_dict())


@app.on_cw_event({"source": ["aws.ivs"], "detail-type": ["IVS Stream State Change"]})
def on_stream_event(event: Any) -> None:
    reactions.on_stream_event(event.to_dict())


@app.on_cw_event(
    {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        # The template adds which machines: this stage's sessions and cleanups.
        "detail": {"status": ["ABORTED", "FAILED", "TIMED_OUT"]},
    }
)
def on_execution_event(event: Any) -> None:
    reactions.on_execution_event(event.to_dict())


def register(module: str, name: str) -> None:
    """A Blueprint's import name becomes the handler's module: the Lambda is MODULE.handler, without this file."""
    blueprint = Blueprint(module)

    @blueprint.lambda_function(name=name)
    def handler(event: Any, context: Any) -> Any:
        return import_module(module).handler(event, context)

    app.register_blueprint(blueprint)


for each in TASKS:
    register(f"tasks.{each}", each)
register("workflows.media_failures", "on_media_failure")
register("workflows.streams", "watch_streams")  # the template has its schedule

uploads = Blueprint("workflows.uploads")  # likewise: it has the recorder's code and PyAV in its zip


@uploads.on_cw_event(
    {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["${Media}"]}, "object": {"key": [{"prefix": "uploads/"}]}},
    },
    name="check_media",
)
def handler(event: Any) -> Any:
    return import_module("workflows.uploads").handler(event.to_dict(), None)


app.register_blueprint(uploads)
