"""A recording is published: in its row, in the timeline, and as an event on the bus."""

from typing import Any

from showrunner import bus
from showrunner.recording import Recording
from showrunner.store import store

Event = dict[str, Any]
NO_FILM = "The film could not be made. Publish the recording again."


def handler(event: Event, context: object) -> Event:
    """The event may come twice, and has all that the recording's row tells of its files: `film` is None without one."""
    recording = store().recording(event["session_id"], event["attempt"], event["recording"])
    if recording is None or recording.playlist is None:
        raise LookupError("the recording is not there, or not cut")
    if recording.state == "deleted":
        return {}
    if not (recording.film or recording.film_failure):  # noting it failed as well
        recording.film_failure = NO_FILM
        store().fail_film(recording, NO_FILM, recording.next_try("FilmFailed"))
    store().publish_recording(recording)
    bus.publish("Recording Published", _detail(recording))
    kind = "published" if recording.film else "playlist"
    store().note(recording.session_id, recording.attempt, f"{kind}-{recording.number}", _text(recording))
    return {}


def _detail(recording: Recording) -> dict[str, Any]:
    playlist, film = recording.playlist, recording.film
    assert playlist is not None
    return {
        "session_id": recording.session_id,
        "recording_id": recording.id,
        "milliseconds": playlist.milliseconds,
        "gaps": playlist.gaps,
        "playlist_key": playlist.key,
        "film": {"key": film.key, "picture_key": film.picture_key, "size": film.size} if film else None,
        "film_failure": recording.film_failure,
    }


def _text(recording: Recording) -> str:
    assert recording.playlist is not None
    seconds, gaps = recording.playlist.milliseconds / 1000, recording.playlist.gaps
    text = f"Recording '{recording.id}' is published: {seconds:.1f} s" + (", with gaps" if gaps else "")
    if recording.film:
        return f"{text}, {recording.film.size / 1e6:.1f} MB"
    return f"{text}, as a playlist without a film: {recording.film_failure}"
