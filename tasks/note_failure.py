"""Write down why the session failed, in words a producer understands, before everything is cleaned up."""

import json
from typing import Any

from showrunner.observability import logger
from showrunner.session import Failure
from showrunner.store import store

Event = dict[str, Any]

# Errors that do not come with a sentence of ours.
REASONS = {
    "States.Timeout": "AWS took longer than allowed.",
    "Lambda.Unknown": "A function ended without an answer.",
    "AccessDeniedException": "A function lacks a permission. Deploy the stack again.",
}


def handler(event: Event, context: object) -> Event:
    """`error` is what Catch wrote: {"Error", "Cause"}; a Lambda's Cause is JSON with its errorMessage."""
    caught = event["error"]
    error, cause = caught.get("Error") or "Unknown", caught.get("Cause") or ""
    logger.warning("session failed", session_id=event["session_id"], attempt=event["attempt"], error=error)
    reason = REASONS.get(error) or sentence(cause) or error
    store().note_failure(event["session_id"], event["attempt"], Failure(error, reason))
    return {}


def sentence(cause: str) -> str:
    """The message in a Lambda's Cause, or the cause itself where it is not a Lambda's."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, TypeError, KeyError):
        return cause
