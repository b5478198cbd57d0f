"""MediaLive, IVS and Step Functions in process: the simulation's clients, no socket, time that moves when told to."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import VirtualClock
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive
from sandbox.servicequotas import ServiceQuotas
from sandbox.stepfunctions import Invoke, MachineInfo, StepFunctions
from tests.simulation.clients import Client, Params

LIST_LAG = 3.0
"""Seconds until MediaLive's lists show what was made, by the virtual clock."""


class Cloud:
    """One account's services on one virtual clock. `events` holds all that was published, oldest first."""

    def __init__(self, account: str, region: str, machines: dict[str, str], invoke: Invoke = lambda *_: None) -> None:
        """`machines`: state machine ARN -> definition. Without `invoke` no function ever answers."""
        self.clock = VirtualClock()
        self.events: list[dict[str, Any]] = []
        place = {"account": account, "region": region}
        self.ivs = Ivs(self.clock, self._emit, **place)
        self.plane = SimulatedPlane(self.clock, self.ivs)
        self.medialive = MediaLive(self.clock, self._emit, self.plane, list_lag=LIST_LAG, **place)
        self.quotas = ServiceQuotas(self.medialive, self.ivs, **place)
        infos = {arn: MachineInfo(arn.split(":")[-1], definition, "role") for arn, definition in machines.items()}
        self.stepfunctions = StepFunctions(
            clock=self.clock, emit=self._emit, machines=infos.get, invoke=invoke, **place
        )
        self.services: dict[str, object] = {
            "medialive": self.medialive,
            "ivs": self.ivs,
            "service-quotas": self.quotas,
            "stepfunctions": self.stepfunctions,
        }
        self.react: Callable[[dict[str, Any]], None] = lambda _: None
        """What is done about an event, on the clock's next turn."""
        self.after: dict[str, Callable[[], None]] = {}
        """Operation -> what happens right after its effect, once: where a test lets a task die."""

    def client(self, service: str) -> Client:
        return Client(service, self.services[service], self, random.Random(1))

    def line(self, service: str, operation: str, params: Params, tried: int, act: Callable[[], Params]) -> Params:
        answer = act()
        if then := self.after.pop(operation, None):
            then()
        return answer

    def pause(self, seconds: float) -> None:
        """A client tries again at once."""

    def _emit(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        event = {"source": source, "detail-type": detail_type, "detail": detail, "resources": resources}
        event["time"] = datetime.fromtimestamp(int(self.clock.time()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.events.append(event)
        self.clock.call_later(0, lambda: self.react(event))
