"""A file, or a copy of one, that could not be looked at or made: three times the function ended without a result."""

from typing import Any

from showrunner.media import parts_of
from showrunner.sound import Level
from showrunner.store import store

Event = dict[str, Any]


def handler(record: Event, context: object) -> Event:
    """`record`: Lambda's of an asynchronous invocation that failed, with the event and the last error.

    It goes on to the queue of failed events, for the operator.
    """
    event, error = record["requestPayload"], (record.get("responsePayload") or {}).get("errorType", "no answer")
    if "copy" in event:
        wanted = event["copy"]
        media, copy = store().media(wanted["owner"], wanted["id"]), Level(wanted["gain_db"], wanted["mute"]).copy
        if media and copy:
            store().settle_copy(media, copy, made=False)
    elif media := store().media(*parts_of(event["detail"]["object"]["key"])):
        reason = f"Three times it could not be looked at ({error}). Add it again, shorter or encoded anew."
        store().settle_media(media, state="failed", reason=reason)
    return record
