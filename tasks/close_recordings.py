"""The channel has stopped: end the recordings that are still open, and have all be published."""

from typing import Any

from showrunner.executions import start_recording
from showrunner.session import now
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """A recording ends when the attempt began to close; what of it was stored is what it has."""
    attempt = store().attempt(event["session_id"], event["attempt"])
    recordings = store().recordings(attempt.session_id, attempt.number)
    for recording in recordings:
        if recording.is_open:
            store().close_recording(recording, attempt.closing_at or now())
        if recording.is_open or recording.state == "closed":
            start_recording(recording)
    return {"recordings": len(recordings)}
