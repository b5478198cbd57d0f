"""A channel's alerts, as ListAlerts and the event 'MediaLive Channel Alert' tell them.

An alert is SET when something goes wrong and CLEARED when it is well again; each time it is a new one, with an id
of its own. Those of a channel that no longer runs are cleared. The newest `KEPT` cleared ones are listed; how long
AWS lists them is not known. The event's detail is that of MediaLive's user guide, 'JSON for an alert event'.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import Clock

KEPT = 100
FILTERS = frozenset({"SET", "CLEARED", "ALL"})


@dataclass
class Alert:
    """`source`: what the encoder calls it. Times are UTC seconds."""

    id: str
    source: str
    type: str
    message: str
    set_at: float
    cleared_at: float | None = None

    @property
    def state(self) -> str:
        return "SET" if self.cleared_at is None else "CLEARED"

    def shown(self) -> dict[str, Any]:
        """As ListAlerts shows it."""
        times = {"SetTimestamp": self.set_at, "ClearedTimestamp": self.cleared_at}
        return {
            "Id": self.id,
            "AlertType": self.type,
            "Message": self.message,
            "PipelineId": "0",
            "State": self.state,
            **{name: datetime.fromtimestamp(time, UTC) for name, time in times.items() if time is not None},
        }


class Alerts:
    """`tell` sends the event of an alert's change: its detail, without the channel."""

    def __init__(self, channel_id: str, clock: Clock, tell: Callable[[dict[str, Any]], None]) -> None:
        self._channel_id = channel_id
        self._clock = clock
        self._tell = tell
        self._alerts: list[Alert] = []
        self._count = 0

    def listed(self, state: str) -> list[Alert]:
        """Those in a state, or ALL of them, the oldest first."""
        return [alert for alert in self._alerts if state in ("ALL", alert.state)]

    def set(self, source: str, type: str, message: str) -> None:
        """Something is wrong; nothing new if it was so before."""
        if any(alert.source == source for alert in self.listed("SET")):
            return
        self._count += 1
        alert = Alert(f"{self._channel_id}-{self._count}", source, type, message, self._clock.time())
        self._alerts.append(alert)
        self._announce(alert)

    def clear(self, source: str | None = None) -> None:
        """It is well again; without `source`, all is."""
        for alert in self.listed("SET"):
            if source in (None, alert.source):
                alert.cleared_at = self._clock.time()
                self._announce(alert)
        for alert in self.listed("CLEARED")[:-KEPT]:
            self._alerts.remove(alert)

    def _announce(self, alert: Alert) -> None:
        self._tell(
            {
                "alarm_state": alert.state,
                "alarm_id": alert.id,
                "alert_type": alert.type,
                "pipeline": "0",
                "message": alert.message,
            }
        )
