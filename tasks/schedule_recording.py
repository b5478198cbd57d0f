"""Open the recording of the whole show, where the session asks for one, and mark it in the segments."""

from typing import Any

from showrunner.recording import AUTOMATIC_NAME
from showrunner.session import now
from showrunner.store import store
from showrunner.tagging import tag

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Answers {"recording": id or None}; a tag that fails does not fail it."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    if session.record != "auto":
        return {"recording": None}
    recording, _ = store().open_recording(session, attempt.number, AUTOMATIC_NAME, now())
    tag(attempt, f"open-{recording.number}")
    store().note(session.id, attempt.number, f"recording-{recording.number}", f"Recording '{recording.id}' runs")
    return {"recording": recording.id}
