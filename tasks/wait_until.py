"""Every state that waits: store the task token, then look whether it is so already (see showrunner/waits.py)."""

from typing import Any

from showrunner import waits
from showrunner.store import Wait, store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """`until` names a condition of showrunner.waits; the answer goes to the token, not to the caller."""
    wait = Wait(event["session_id"], event["attempt"], event["execution"], event["until"], event["token"])
    store().put_wait(wait)
    return {"settled": waits.settle(wait)}
