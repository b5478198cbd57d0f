"""What EventBridge's 'best effort' means, on demand: the next events lost, doubled or late, and old ones again.

MediaLive, IVS and Step Functions publish through here; without an order from a test every event is
passed on at once. Events stay known for a while, the lost ones too, so that one can come again later.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.clock import Clock

Effect = Literal["lose", "double", "delay"]
Record = dict[str, Any]


@dataclass
class Fault:
    """The next `count` events of `detail_type` (`*`: of any) suffer `effect`; `seconds` is a delay's length."""

    detail_type: str
    effect: Effect
    count: int = 1
    seconds: float = 0.0


class EventOutlet:
    """An `Emit`: makes an event and publishes it, unless a fault says otherwise."""

    def __init__(
        self,
        clock: Clock,
        make: Callable[[str, str, dict[str, Any], list[str]], Record],
        publish: Callable[[Record], None],
        remembered: int = 1000,
    ) -> None:
        self._clock = clock
        self._make = make
        self._publish = publish
        self._faults: list[Fault] = []
        self.events: deque[Record] = deque(maxlen=remembered)

    def __call__(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        self.emit(source, detail_type, detail, resources)

    def emit(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> Record:
        """Make and publish an event; returns it."""
        event = self._make(source, detail_type, detail, resources)
        self.events.append(event)
        fault = self._next_fault(detail_type)
        if fault is None:
            self._publish(event)
        elif fault.effect == "double":
            self._publish(event)
            self._publish(event)
        elif fault.effect == "delay":
            self._clock.call_later(fault.seconds, lambda: self._publish(event))
        return event

    def order(self, fault: Fault) -> None:
        """Let the next matching events suffer `fault`."""
        self._faults.append(fault)

    def emit_again(self, event_id: str) -> Record:
        """Publish an earlier event once more, with its own id and time; KeyError when it is not known."""
        for event in self.events:
            if event["EventId"] == event_id:
                self._publish(event)
                return event
        raise KeyError(event_id)

    def _next_fault(self, detail_type: str) -> Fault | None:
        for fault in self._faults:
            if fault.detail_type in ("*", detail_type):
                fault.count -= 1
                if fault.count <= 0:
                    self._faults.remove(fault)
                return fault
        return None
