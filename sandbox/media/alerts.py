"""A channel's alerts: each is set once when something goes wrong, and cleared once when it is well again.

MediaLive's own names of alert types are used where they are known ('JSON for an alert event' in its user
guide); what it says of other faults is not documented.
"""

import threading
from collections.abc import Callable
from typing import Any

NO_OUTPUT = "Failed to Create Output File or Socket"


class Alerts:
    """Reports `{"event": "alert", "id", "type", "set", "message"}`; may be called from any thread."""

    def __init__(self, report: Callable[[dict[str, Any]], None]) -> None:
        self._report = report
        self._open: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def set(self, id: str, type: str, message: str) -> None:
        """Something is wrong; nothing new if it was so before."""
        with self._lock:
            if id in self._open:
                return
            self._open[id] = type, message
        self._report({"event": "alert", "id": id, "type": type, "set": True, "message": message})

    def clear(self, id: str) -> None:
        """It is well again; nothing new if it was."""
        with self._lock:
            alert = self._open.pop(id, None)
        if alert is not None:
            type, message = alert
            self._report({"event": "alert", "id": id, "type": type, "set": False, "message": message})
