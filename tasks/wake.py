"""It is time: look at what the session waits for (see showrunner/guards.py)."""

from typing import Any

from showrunner import waits

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Answers how many waits go on."""
    return {"waiting": len(waits.wake(event["session_id"], event["attempt"], waits.SESSION_CONDITIONS))}
