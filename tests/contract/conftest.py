"""Our AWS services behind a socket, for real boto3 clients: no MiniStack, no video, short times."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config

from sandbox.awsapi import Response, ServiceApi
from sandbox.clock import RealClock
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive
from sandbox.medialive.states import Timings
from sandbox.ministack import credential_scope
from sandbox.servicequotas import ServiceQuotas

T = TypeVar("T")
TIMINGS = Timings(create=0.03, start=0.06, stop=0.04, delete=0.03, recover=0.04, deleted=60.0)


@dataclass
class Cloud:
    """MediaLive and IVS at `url`. Touch `medialive`, `ivs` and `plane` through `on_loop` only."""

    url: str
    loop: asyncio.AbstractEventLoop
    medialive: MediaLive
    ivs: Ivs
    plane: SimulatedPlane
    events: list[tuple[str, dict[str, Any], list[str]]] = field(default_factory=list)

    def client(self, service: str, **config: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    def on_loop(self, do: Callable[[], T]) -> T:
        async def call() -> T:
            return do()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

    def change_timings(self, **seconds: float) -> None:
        """For what is created or deleted from now on."""

        def change() -> None:
            self.medialive.timings = replace(self.medialive.timings, **seconds)

        self.on_loop(change)

    def states(self, arn: str) -> list[str]:
        """The states in the channel's state change events, in order."""
        return [detail["state"] for kind, detail, about in self.events if about == [arn] and "Channel State" in kind]

    def happenings(self, arn: str) -> list[str]:
        """The names in an IVS channel's stream state change events, in order."""
        return [detail["event_name"] for kind, detail, about in self.events if about == [arn] and "Stream" in kind]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with serving() as cloud:
        yield cloud


@contextmanager
def serving() -> Iterator[Cloud]:
    """An account that answers while the context lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    events: list[tuple[str, dict[str, Any], list[str]]] = []

    def emit(source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        events.append((detail_type, detail, resources))

    clock = RealClock(loop)
    ivs = Ivs(clock, emit, playback_url=lambda arn: f"http://127.0.0.1/{arn.rpartition('/')[2]}.m3u8")
    plane = SimulatedPlane(clock, ivs)
    ivs.disconnect = plane.disconnect
    medialive = MediaLive(clock, emit, plane, timings=TIMINGS)
    apis = {
        "medialive": ServiceApi("medialive", medialive),
        "ivs": ServiceApi("ivs", ivs),
        "servicequotas": ServiceApi("service-quotas", ServiceQuotas(medialive, ivs)),
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            path, _, query = self.path.partition("?")
            signed = credential_scope(headers)
            assert signed is not None
            service = signed[2]
            got: Future[Response] = Future()
            loop.call_soon_threadsafe(
                lambda: got.set_result(apis[service].handle(self.command, path, query, headers, body))
            )
            response = got.result(10)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    serving.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield Cloud(url, loop, medialive, ivs, plane, events)
    server.shutdown()
    server.server_close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()
