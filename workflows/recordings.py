"""The record button: windows of a show, opened and closed by a producer.

A press is answered with what is so; pressed again it changes nothing. What counts is the recording's row: the
tag in the segments is a help, and what is stored is the whole show.
"""

from datetime import timedelta

from botocore.exceptions import ClientError

from showrunner import aws, cdn, clock
from showrunner.api import Answer, Call, Caller
from showrunner.errors import Conflict, RecordingNotFound, StopRequested
from showrunner.executions import start_archive, start_recording
from showrunner.recording import Film, Recording, parts_of
from showrunner.session import Session, isotime, now, seconds_since
from showrunner.settings import settings
from showrunner.store import store
from showrunner.tagging import tag
from workflows.answers import FilmView, RecordingAlone, RecordingList, RecordingPressed, RecordingView
from workflows.requests import Nothing, RecordingWish
from workflows.sessions import mine, seen

ADDRESS_SECONDS = 900
DAY = 86_400


def start(call: Call[RecordingWish], session_id: str) -> Answer[RecordingPressed]:
    """Open a window from now on, or from `since` seconds ago; before the show is on air it is armed."""
    session = mine(call.caller, session_id)
    if session.record == "off":
        raise Conflict(f"Session '{session_id}' stores nothing: it was created with record 'off'.")
    if session.resting or session.state == "stopping":
        raise Conflict(f"Session '{session_id}' is {session.state}. Start it first, then record.", state=session.state)
    began = clock.now() - timedelta(seconds=call.body.since)
    from_when = isotime(began) if session.state == "live" else None
    try:
        recording, opened = store().open_recording(session, session.attempt, call.body.name, from_when)
    except StopRequested:
        raise Conflict(f"Session '{session_id}' is stopping: nothing more is recorded.", state="stopping") from None
    if not opened:
        return Answer(200, {"message": f"Recording '{recording.id}' runs already.", "recording": view(recording)})
    attempt = store().attempt(session_id, session.attempt)
    tag(attempt, f"open-{recording.number}")
    message = f"Recording '{recording.id}' " + ("runs." if recording.start else "begins with the first picture.")
    store().note(session_id, session.attempt, f"recording-{recording.number}", message)
    return Answer(202, {"message": message, "recording": view(recording)})


def stop(call: Call[RecordingWish], session_id: str) -> Answer[RecordingPressed]:
    """Close the window of this name, and have it published."""
    session = mine(call.caller, session_id)
    recording = _open(session, call.body.name)
    if recording is None:
        message = f"No recording '{call.body.name}' of session '{session_id}' is running."
        return Answer(200, {"message": message, "recording": None})
    answer = _close(recording, now())
    tag(store().attempt(session_id, recording.attempt), f"close-{recording.number}")
    return answer


def listing(call: Call[None], session_id: str) -> Answer[RecordingList]:
    """Of all attempts, in the order they were opened."""
    seen(call.caller, session_id)
    found = [each for each in store().recordings(session_id) if each.state != "deleted"]
    return Answer(200, {"recordings": [view(each) for each in found]})


def read(call: Call[None], recording_id: str) -> Answer[RecordingAlone]:
    """Its owner's, and producers'; it stays when its session is deleted. With the cookies that open its playlist."""
    recording = _found(recording_id)
    if recording.state == "deleted" or (recording.owner != call.caller.sub and not call.caller.producer):
        raise RecordingNotFound(recording_id)
    shown: RecordingAlone = {**view(recording), "playlist_cookies": None}
    if shown["playlist"] is None:
        return Answer(200, shown)
    until = clock.now() + timedelta(seconds=cdn.COOKIE_SECONDS)
    shown["playlist_cookies"] = {"url": cdn.cookie_address(recording.id), "expires_at": isotime(until)}
    headers: dict[str, str | list[str]] = {
        "Set-Cookie": cdn.set_cookies(recording.show, int(until.timestamp())),
        "Cache-Control": "no-store",
    }
    return Answer(200, shown, headers)


def publish(call: Call[Nothing], recording_id: str) -> Answer[RecordingPressed]:
    """Try again what could not be published, or has no film."""
    recording = _mine(call.caller, recording_id)
    if recording.is_open:
        raise Conflict(f"Recording '{recording_id}' is running. Stop it, and it is published.", state=recording.state)
    if recording.state == "deleted":
        raise RecordingNotFound(recording_id)
    if _is_expired(recording):
        raise Conflict(f"The files of recording '{recording_id}' were removed after the days that they are kept.")
    if recording.film:
        return Answer(200, {"message": f"Recording '{recording_id}' is published.", "recording": view(recording)})
    start_recording(recording, again=recording.state != "closed")
    start_archive(recording.session_id, recording.attempt)
    message = f"Recording '{recording_id}' is being published."
    store().note(recording.session_id, recording.attempt, f"again-{recording.number}", f"{message[:-1]} again")
    return Answer(202, {"message": message, "recording": view(recording)})


def delete(call: Call[None], recording_id: str) -> Answer[RecordingPressed]:
    """Its owner's alone. What is stored of it goes, but for segments that another recording needs."""
    recording = _mine(call.caller, recording_id)
    if not store().delete_recording(recording):
        raise Conflict(f"Recording '{recording_id}' is running. Stop it, then delete it.", state=recording.state)
    start_archive(recording.session_id, recording.attempt, f"delete-{recording.number}")
    text = f"Recording '{recording_id}' is deleted by its owner"
    store().note(recording.session_id, recording.attempt, f"deleted-{recording.number}", text)
    return Answer(202, {"message": f"Recording '{recording_id}' is deleted.", "recording": None})


def view(recording: Recording) -> RecordingView:
    """A recording as the API shows it; one whose files a lifecycle rule has removed is `expired`."""
    expired = _is_expired(recording)
    playlist = recording.playlist
    return {
        "id": recording.id,
        "session_id": recording.session_id,
        "attempt": recording.attempt,
        "name": recording.name,
        "state": "expired" if expired else recording.state,
        "requested_at": recording.requested_at,
        "start": recording.start,
        "end": recording.end,
        "reason": recording.reason,
        "seconds": playlist.milliseconds / 1000 if playlist else None,
        "gaps": playlist.gaps if playlist else None,
        "gap_seconds": playlist.gap_milliseconds / 1000 if playlist else None,
        "playlist": cdn.address(playlist.key) if playlist and not expired else None,
        "film": _film(recording.id, recording.film) if recording.film and not expired else None,
        "film_failure": recording.film_failure,
    }


def _is_expired(recording: Recording) -> bool:
    """S3 is asked about those that are old enough: it keeps a day as the least."""
    if recording.state != "published" or recording.playlist is None or seconds_since(recording.end or now()) < DAY:
        return False
    try:
        aws.s3().head_object(Bucket=settings().recordings_bucket, Key=recording.playlist.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return True
    return False


def _film(recording_id: str, film: Film) -> FilmView:
    """With addresses that anybody may read from, for `ADDRESS_SECONDS`; a browser that follows the film's saves it."""
    return {
        "size": film.size,
        "seconds": film.milliseconds / 1000,
        "width": film.width,
        "height": film.height,
        "url": _address(film.key, ResponseContentDisposition=f'attachment; filename="{recording_id}.mp4"'),
        "picture_url": _address(film.picture_key),
        "expires_at": isotime(clock.now() + timedelta(seconds=ADDRESS_SECONDS)),
    }


def _address(key: str, **answered: str) -> str:
    """Signed here, without a call to AWS. `answered`: headers that S3 is to answer with."""
    where = {"Bucket": settings().recordings_bucket, "Key": key, **answered}
    return aws.s3().generate_presigned_url("get_object", Params=where, ExpiresIn=ADDRESS_SECONDS)


def _found(recording_id: str) -> Recording:
    parts = parts_of(recording_id)
    recording = store().recording(*parts) if parts else None
    if recording is None:
        raise RecordingNotFound(recording_id)
    return recording


def _mine(caller: Caller, recording_id: str) -> Recording:
    """Raises RecordingNotFound for a recording of another owner: it does not tell that it exists."""
    recording = _found(recording_id)
    if recording.owner != caller.sub:
        raise RecordingNotFound(recording_id)
    return recording


def _close(recording: Recording, end: str) -> Answer[RecordingPressed]:
    store().close_recording(recording, end)
    start_recording(recording)
    text = f"Recording '{recording.id}' has ended, and is being published"
    store().note(recording.session_id, recording.attempt, f"closed-{recording.number}", text)
    closed = store().recording(recording.session_id, recording.attempt, recording.number) or recording
    return Answer(202, {"message": f"Recording '{recording.id}' is being published.", "recording": view(closed)})


def _open(session: Session, name: str) -> Recording | None:
    if session.attempt == 0:
        return None
    recordings = store().recordings(session.id, session.attempt)
    return next((each for each in recordings if each.name == name and each.is_open), None)
