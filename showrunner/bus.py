"""The account's event bus: what this product tells others of."""

import json
from typing import Any

from showrunner import aws


def publish(detail_type: str, detail: dict[str, Any]) -> None:
    """Send the event `showrunner / DETAIL_TYPE`. Raises RuntimeError if EventBridge does not take it."""
    entry: Any = {"Source": "showrunner", "DetailType": detail_type, "Detail": json.dumps(detail)}
    answer = aws.events().put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge did not take the event: {answer['Entries'][0].get('ErrorCode')}")
