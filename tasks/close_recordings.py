"""The channel has stopped: end the recordings that are still open, and have all be published.

The one of the whole show is opened here if that failed while the show began: all of it is stored.
"""

from typing import Any

from showrunner.executions import start_recording
from showrunner.recording import AUTOMATIC_NAME
from showrunner.session import now
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """A recording ends when the attempt began to close; what of it was stored is what it has."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    recordings = store().recordings(session.id, attempt.number)
    if session.record == "auto" and attempt.live_at and AUTOMATIC_NAME not in {each.name for each in recordings}:
        recordings.append(store().record_afterwards(session, attempt))
    for recording in recordings:
        if recording.is_open:
            store().close_recording(recording, attempt.closing_at or now())
        if recording.is_open or recording.state == "closed":
            start_recording(recording)
    return {"recordings": len(recordings)}
