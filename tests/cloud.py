"""MediaLive, IVS and Step Functions in process: real boto3 clients, no socket, time that moves when told to.

botocore asks its `before-send` handlers before it opens a connection; these answer from the sandbox's own
services. moto answers for DynamoDB in the same way.
"""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from sandbox.awsapi import ServiceApi
from sandbox.clock import VirtualClock
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive
from sandbox.servicequotas import ServiceQuotas
from sandbox.stepfunctions import Invoke, MachineInfo, StepFunctions

LIST_LAG = 3.0
"""Seconds until MediaLive's lists show what was made, by the virtual clock."""


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


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
        self._apis = {
            "medialive": ServiceApi("medialive", self.medialive, **place),
            "ivs": ServiceApi("ivs", self.ivs, **place),
            "service-quotas": ServiceApi("service-quotas", self.quotas, **place),
            "sfn": ServiceApi("stepfunctions", self.stepfunctions, **place),
        }
        self.react: Callable[[dict[str, Any]], None] = lambda _: None
        """What is done about an event, on the clock's next turn."""
        self.after: dict[str, Callable[[], None]] = {}
        """Operation -> what happens right after its effect, once: where a test lets a task die."""

    def attach(self, session: boto3.Session) -> None:
        """Clients of `session` made from now on talk to this cloud."""
        for service, api in self._apis.items():
            session.events.register_first(f"before-send.{service}", self._sender(api))

    def _sender(self, api: ServiceApi) -> Callable[..., AWSResponse]:
        def send(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
            url = urlsplit(request.url)
            headers = {k.lower(): v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
            body = request.body.encode() if isinstance(request.body, str) else (request.body or b"")
            answer = api.handle(request.method, url.path, url.query, headers, body)
            if act := self.after.pop(event_name.rpartition(".")[2], None):
                act()
            return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.body))

        return send

    def _emit(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        event = {"source": source, "detail-type": detail_type, "detail": detail, "resources": resources}
        event["time"] = datetime.fromtimestamp(int(self.clock.time()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.events.append(event)
        self.clock.call_later(0, lambda: self.react(event))
