"""Faults on demand: what is ordered, what it applies to, when it ends.

`KINDS` is the whole list. A fault applies to what its `service`, `operation`, `event` (a detail-type) and `resource`
name; `*` is everything. A request or an event applies when it mentions the resource, a channel or a stream when it is
it, by id, ARN or name. Those that befall something that passes by (a request, an event, a creation) hit the first
`count` of them, or each one with the probability `rate`, drawn from `seed`. Those that last (`LASTING`) hold until
they are cleared. Any of them ends by itself after `lasts` seconds.

Who carries them out: requests `sandbox.wire`, events `EventOutlet` here, the others `sandbox.accidents`.
"""

import itertools
import json
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sandbox.clock import Clock

Layer = Literal["request", "event", "channel", "input", "stream"]
Record = dict[str, Any]

KINDS: dict[str, tuple[Layer, str]] = {
    "error": (
        "request",
        "an error instead of the effect; `code`, `status` and `message` if the service's own won't do",
    ),
    "error_after": ("request", "an error although the effect took place"),
    "throttle": ("request", "the service's answer to too many calls"),
    "latency": ("request", "`seconds` later"),
    "drop": ("request", "the connection ends without an answer or an effect"),
    "drop_after": ("request", "the connection ends without an answer, after the effect"),
    "lose": ("event", "never delivered"),
    "double": ("event", "delivered twice"),
    "delay": ("event", "delivered `seconds` later"),
    "reorder": ("event", "delivered after the one that follows, or after `seconds` (5) if none does"),
    "wrong_state": ("event", "says `state` instead of what is so"),
    "create_failed": ("channel", "a MediaLive channel's creation fails"),
    "never_start": ("channel", "a MediaLive channel does not leave STARTING"),
    "recover": ("channel", "a MediaLive channel that runs loses its encoder and stays RECOVERING"),
    "die": ("channel", "the encoder of a running MediaLive channel is killed, now"),
    "input_drop": ("input", "who publishes to a MediaLive input is cut off, now, and let in again after `seconds` (5)"),
    "stream_never_starts": ("stream", "an IVS stream does not start although its encoder sends"),
    "stream_starve": ("stream", "an IVS stream starves"),
    "stream_end": ("stream", "an IVS stream is cut off, now; its encoder may come back"),
}
"""Kind -> what it befalls, what it does."""

LASTING = frozenset({"never_start", "recover", "stream_never_starts", "stream_starve"})
AT_ONCE = frozenset({"die", "input_drop", "stream_end"})
"""Done when they are ordered, and over then."""


@dataclass
class Fault:
    """An order. `count` None: as often as it matches. `hits`: how often it has. `seconds`, `lasts`: seconds."""

    kind: str
    service: str = "*"
    operation: str = "*"
    event: str = "*"
    resource: str = "*"
    count: int | None = 1
    rate: float = 1.0
    seed: int | None = None
    seconds: float | None = None
    lasts: float | None = None
    code: str | None = None
    status: int | None = None
    message: str | None = None
    state: str | None = None
    id: str = ""
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    @property
    def layer(self) -> Layer:
        """What it befalls."""
        return KINDS[self.kind][0]

    def show(self) -> dict[str, Any]:
        """Its members that say something, for JSON."""
        shown = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "dice"}
        if self.rate == 1:
            del shown["rate"]
        return {name: value for name, value in shown.items() if value not in (None, "*", "")}


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "service", "operation", "event", "resource", "code", "message", "state"), (str,)),
    **dict.fromkeys(("count", "seed", "status"), (int,)),
    **dict.fromkeys(("rate", "seconds", "lasts"), (int, float)),
}


def parse_fault(order: dict[str, Any]) -> Fault:
    """A fault from JSON; raises ValueError with a sentence that says what is wrong."""
    for name, value in order.items():
        if name not in _TYPES:
            raise ValueError(f"a fault has no {name}; it has {', '.join(_TYPES)}")
        if isinstance(value, bool) or not isinstance(value, _TYPES[name]):
            raise ValueError(f"{name} must be {'text' if _TYPES[name] == (str,) else 'a number'}")
    if order.get("kind") not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    if order.get("count", 1) < 1 or not 0 < order.get("rate", 1) <= 1:
        raise ValueError("count is at least 1, rate is more than 0 and at most 1")
    if order.get("seconds", 0) < 0 or order.get("lasts", 1) <= 0:
        raise ValueError("seconds and lasts are not negative")
    if order["kind"] == "latency" and "seconds" not in order:
        raise ValueError("latency needs seconds")
    open_ended = order["kind"] in LASTING or "rate" in order
    return Fault(**({"count": None} if open_ended and "count" not in order else {}) | order)


class Faults:
    """The faults of one sandbox, in the order in which they were ordered.

    `began` and `ended` are told of each; `began` may raise ValueError, and then there is no fault.
    """

    def __init__(self, clock: Clock) -> None:
        self.began: Callable[[Fault], None] = lambda _: None
        self.ended: Callable[[Fault], None] = lambda _: None
        self._clock = clock
        self._numbers = itertools.count(1)
        self._faults: dict[str, Fault] = {}

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults.values())

    def __len__(self) -> int:
        return len(self._faults)

    def order(self, fault: Fault) -> Fault:
        """Let it apply from now on. Without a seed it gets one, which its listing shows."""
        fault.id = f"fault-{next(self._numbers)}"
        if fault.rate < 1 and fault.seed is None:
            fault.seed = random.randrange(1_000_000)
        fault.dice = random.Random(fault.seed)
        self._faults[fault.id] = fault
        try:
            self.began(fault)
        except ValueError:
            del self._faults[fault.id]
            raise
        if fault.kind in AT_ONCE:
            fault.hits += 1
            self.clear(fault.id)
        elif fault.lasts is not None:
            self._clock.call_later(fault.lasts, lambda: self._expire(fault))
        return fault

    def _expire(self, fault: Fault) -> None:
        self.clear(fault.id)

    def clear(self, fault_id: str | None = None) -> int:
        """End one fault, or all; returns how many there were."""
        ending = [each for each in self._faults.values() if fault_id in (None, each.id)]
        for fault in ending:
            del self._faults[fault.id]
        for fault in ending:
            self.ended(fault)
        return len(ending)

    def has(self, layer: Layer) -> bool:
        """Whether any fault is of that layer."""
        return any(each.layer == layer for each in self._faults.values())

    def holds(self, kind: str, *names: str) -> bool:
        """Whether a fault that lasts applies to a resource, by any of its names."""
        return any(each.kind == kind and _names(each, names) for each in self._faults.values())

    def take(
        self,
        layer: Layer,
        *,
        kinds: frozenset[str] | None = None,
        service: str = "",
        operation: str = "",
        event: str = "",
        names: tuple[str, ...] = (),
    ) -> Fault | None:
        """The first fault that strikes what passes by. It counts, and is over with its last one."""
        for fault in list(self._faults.values()):
            if fault.layer != layer or (kinds is not None and fault.kind not in kinds):
                continue
            wanted = ((fault.service, service), (fault.operation, operation), (fault.event, event))
            if any(asked not in ("*", given) for asked, given in wanted) or not _names(fault, names):
                continue
            if fault.rate < 1 and fault.dice.random() >= fault.rate:
                continue
            fault.hits += 1
            if fault.count is not None and fault.hits >= fault.count:
                self.clear(fault.id)
            return fault
        return None


def _names(fault: Fault, names: tuple[str, ...]) -> bool:
    """A request or an event need only mention the resource."""
    if fault.resource == "*":
        return True
    if fault.layer in ("request", "event"):
        return any(fault.resource in name for name in names)
    return fault.resource in names


class EventOutlet:
    """An `Emit`: makes an event and publishes it, unless a fault says otherwise.

    MediaLive, IVS and Step Functions publish through here. Events stay known for a while, the lost ones too, so that
    one can come again later. `sent` counts what was delivered, by detail-type.
    """

    def __init__(
        self,
        clock: Clock,
        make: Callable[[str, str, dict[str, Any], list[str]], Record],
        publish: Callable[[Record], None],
        faults: Faults | None = None,
        remembered: int = 1000,
    ) -> None:
        self.faults = Faults(clock) if faults is None else faults
        self.events: deque[Record] = deque(maxlen=remembered)
        self.sent: Counter[str] = Counter()
        self._clock = clock
        self._make = make
        self._deliver = publish
        self._waiting: list[Record] = []

    def __call__(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        self.emit(source, detail_type, detail, resources)

    def emit(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> Record:
        """Make and publish an event; returns it."""
        names = (*resources, json.dumps(detail, default=str)) if len(self.faults) else ()
        fault = self.faults.take("event", service=source.removeprefix("aws."), event=detail_type, names=names)
        if fault is not None and fault.kind == "wrong_state":
            detail = wrong_state(detail, fault.state)
        event = self._make(source, detail_type, detail, resources)
        self.events.append(event)
        match fault.kind if fault is not None else "none":
            case "lose":
                pass
            case "double":
                self._publish(event)
                self._publish(event)
            case "delay":
                assert fault is not None
                self._clock.call_later(fault.seconds or 0.0, lambda: self._publish(event))
            case "reorder":
                assert fault is not None
                self._waiting.append(event)
                self._clock.call_later(5.0 if fault.seconds is None else fault.seconds, lambda: self._let_go(event))
            case _:
                self._publish(event)
                for each in list(self._waiting):
                    self._let_go(each)
        return event

    def emit_again(self, event_id: str) -> Record:
        """Publish an earlier event once more, with its own id and time; KeyError when it is not known."""
        for event in self.events:
            if event["EventId"] == event_id:
                self._publish(event)
                return event
        raise KeyError(event_id)

    def _let_go(self, event: Record) -> None:
        if event in self._waiting:
            self._waiting.remove(event)
            self._publish(event)

    def _publish(self, event: Record) -> None:
        self.sent[event.get("DetailType", "")] += 1
        self._deliver(event)


_OTHER_STATE = {"RUNNING": "STOPPED", "STOPPED": "RUNNING", "Stream Start": "Stream End", "Stream End": "Stream Start"}


def wrong_state(detail: dict[str, Any], state: str | None) -> dict[str, Any]:
    """The detail with another state, by whichever member tells it."""
    for member in ("state", "event_name", "status"):
        if member in detail:
            wrong = state or _OTHER_STATE.get(detail[member], "RUNNING" if member != "event_name" else "Stream Start")
            return detail | {member: wrong}
    return detail
