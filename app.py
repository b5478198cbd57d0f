"""What Showrunner can be asked, and what it reacts to."""

from importlib import import_module
from typing import Any

from chalice import Blueprint, Chalice, CognitoUserPoolAuthorizer, CORSConfig

from showrunner.api import Answer, Api, Call
from showrunner.fallback import NO_PICTURE
from showrunner.overlay import Overlay
from showrunner.session import Tracklist
from showrunner.sound import Level, Sound
from tasks import TASKS
from workflows import (
    commands,
    cue,
    levels,
    media,
    overlays,
    reactions,
    recordings,
    sessions,
    switching,
    tracks,
)
from workflows.requests import (
    Command,
    CueWish,
    Jump,
    NewMedia,
    NewSession,
    Nothing,
    RecordingWish,
    SourceWish,
    StartWish,
)

app = Chalice(app_name="showrunner", configure_logs=False)
# The template puts the user pool's ARN and the configured origin in the place of these two.
users = CognitoUserPoolAuthorizer("users", provider_arns=["${UserPool.Arn}"])
cors = CORSConfig(allow_origin="${CorsOrigin}", allow_headers=["Idempotency-Key"], max_age=600, allow_credentials=True)
api = Api(app, authorizer=users, cors=cors, content_types=["*/*"])

PAGE = frozenset({"limit", "cursor", "owner"})


@api.route("GET", "/health", public=True)
def health(call: Call[None]) -> Answer:
    return Answer(200, {"status": "ok"})


@api.route("POST", "/sessions", body=NewSession)
def create_session(call: Call[NewSession]) -> Answer:
    return sessions.create(call)


@api.route("GET", "/sessions", query=PAGE)
def list_sessions(call: Call[None]) -> Answer:
    return sessions.listing(call)


@api.route("GET", "/sessions/{session_id}")
def get_session(call: Call[None], session_id: str) -> Answer:
    return sessions.read(call, session_id)


@api.route("DELETE", "/sessions/{session_id}")
def delete_session(call: Call[None], session_id: str) -> Answer:
    return sessions.delete(call, session_id)


@api.route("POST", "/sessions/{session_id}/streaming/prepare", body=Nothing)
def prepare_streaming(call: Call[Nothing], session_id: str) -> Answer:
    return sessions.prepare(call, session_id)


@api.route("POST", "/sessions/{session_id}/streaming/start", body=StartWish)
def start_streaming(call: Call[StartWish], session_id: str) -> Answer:
    return sessions.start(call, session_id)


@api.route("POST", "/sessions/{session_id}/streaming/stop", body=Nothing)
def stop_streaming(call: Call[Nothing], session_id: str) -> Answer:
    return sessions.stop(call, session_id)


@api.route("POST", "/sessions/{session_id}/source", body=SourceWish)
def take_source(call: Call[SourceWish], session_id: str) -> Answer:
    return switching.take(call, session_id)


@api.route("GET", "/sessions/{session_id}/tracklist")
def get_tracklist(call: Call[None], session_id: str) -> Answer:
    return tracks.read(call, session_id)


@api.route("PUT", "/sessions/{session_id}/tracklist", body=Tracklist)
def put_tracklist(call: Call[Tracklist], session_id: str) -> Answer:
    return tracks.put(call, session_id)


@api.route("POST", "/sessions/{session_id}/tracklist/play", body=Jump)
def play_tracklist(call: Call[Jump], session_id: str) -> Answer:
    return tracks.play(call, session_id)


@api.route("POST", "/sessions/{session_id}/tracklist/next", body=Nothing)
def next_track(call: Call[Nothing], session_id: str) -> Answer:
    return tracks.following(call, session_id)


@api.route("POST", "/sessions/{session_id}/tracklist/stop", body=Nothing)
def stop_tracklist(call: Call[Nothing], session_id: str) -> Answer:
    return tracks.stop(call, session_id)


@api.route("POST", "/sessions/{session_id}/commands", body=Command)
def command(call: Call[Command], session_id: str) -> Answer:
    return commands.command(call, session_id)


@api.route("POST", "/sessions/{session_id}/panic", body=Nothing)
def panic(call: Call[Nothing], session_id: str) -> Answer:
    return switching.panic(call, session_id)


@api.route("PUT", "/sessions/{session_id}/cue", body=CueWish)
def cue_source(call: Call[CueWish], session_id: str) -> Answer:
    return cue.put(call, session_id)


@api.route("PUT", "/sessions/{session_id}/overlay", body=Overlay)
def put_overlay(call: Call[Overlay], session_id: str) -> Answer:
    return overlays.put(call, session_id)


@api.route("PUT", "/sessions/{session_id}/audio", body=Sound)
def set_programme_level(call: Call[Sound], session_id: str) -> Answer:
    return levels.set_programme(call, session_id)


@api.route("PUT", "/sessions/{session_id}/sources/{name}/audio", body=Level)
def set_source_level(call: Call[Level], session_id: str, name: str) -> Answer:
    return levels.set_source(call, session_id, name)


@api.route("POST", "/sessions/{session_id}/recording/start", body=RecordingWish)
def start_recording(call: Call[RecordingWish], session_id: str) -> Answer:
    return recordings.start(call, session_id)


@api.route("POST", "/sessions/{session_id}/recording/stop", body=RecordingWish)
def stop_recording(call: Call[RecordingWish], session_id: str) -> Answer:
    return recordings.stop(call, session_id)


@api.route("GET", "/sessions/{session_id}/recordings")
def list_recordings(call: Call[None], session_id: str) -> Answer:
    return recordings.listing(call, session_id)


@api.route("GET", "/recordings/{recording_id}")
def get_recording(call: Call[None], recording_id: str) -> Answer:
    return recordings.read(call, recording_id)


@api.route("DELETE", "/recordings/{recording_id}")
def delete_recording(call: Call[None], recording_id: str) -> Answer:
    return recordings.delete(call, recording_id)


@api.route("POST", "/recordings/{recording_id}/publish", body=Nothing)
def publish_recording(call: Call[Nothing], recording_id: str) -> Answer:
    return recordings.publish(call, recording_id)


@api.route("GET", "/sessions/{session_id}/ingest")
def get_ingest(call: Call[None], session_id: str) -> Answer:
    return sessions.ingest(call, session_id)


@api.route("GET", "/sessions/{session_id}/timeline")
def get_timeline(call: Call[None], session_id: str) -> Answer:
    return sessions.timeline(call, session_id)


@api.route("GET", "/sessions/{session_id}/executions")
def list_executions(call: Call[None], session_id: str) -> Answer:
    return sessions.execution_list(call, session_id)


@api.route("GET", "/sessions/{session_id}/executions/{name}/history")
def get_history(call: Call[None], session_id: str, name: str) -> Answer:
    return sessions.history(call, session_id, name)


@api.route("POST", "/media", body=NewMedia)
def add_media(call: Call[NewMedia]) -> Answer:
    return media.add(call)


@api.route("GET", "/media")
def list_media(call: Call[None]) -> Answer:
    return media.listing(call)


@api.route("GET", "/media/{media_id}")
def get_media(call: Call[None], media_id: str) -> Answer:
    return media.read(call, media_id)


@api.route("DELETE", "/media/{media_id}")
def delete_media(call: Call[None], media_id: str) -> Answer:
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
        # The template adds which machine: this stage's.
        "detail": {"status": ["ABORTED", "FAILED", "TIMED_OUT"]},
    }
)
def on_execution_event(event: Any) -> None:
    reactions.on_execution_event(event.to_dict())


def register(task: str) -> None:
    """A Blueprint's import name becomes the handler's module: the Lambda is tasks.NAME.handler, without this file."""
    blueprint = Blueprint(f"tasks.{task}")

    @blueprint.lambda_function(name=task)
    def handler(event: Any, context: Any) -> Any:
        return import_module(f"tasks.{task}").handler(event, context)

    app.register_blueprint(blueprint)


for each in TASKS:
    register(each)

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
