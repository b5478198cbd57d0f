import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.media import ingest
from sandbox.media.alerts import Alerts
from sandbox.media.bitstream import CLOCK, AudioConfig, VideoConfig, VideoUnit
from sandbox.media.ingest import Ingest, Unwelcome
from sandbox.media.push import Cache, Push, PushTarget
from sandbox.media.rtmp import Accepted, Publish, PublisherSide, Refused, ServerSide, Tag


class Door:
    """One place, 'stage', behind the name 'right'; remembers what came in."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.closed: list[str] = []
        self.opened = 0

    def admit(self, publish: Publish) -> str:
        if (publish.app, publish.stream) != ("app", "right"):
            raise Unwelcome
        return "stage"

    def open(self, place: str) -> "Door":
        self.opened += 1
        return self

    def tag(self, tag: Tag) -> None:
        self.tags.append(tag)

    def close(self, reason: str) -> None:
        self.closed.append(reason)


class Client:
    """A publisher on a socket."""

    def __init__(self, port: int, stream: str = "right") -> None:
        self.port = port
        self.rtmp = PublisherSide(f"rtmp://127.0.0.1:{port}/app", "app", stream)

    async def ask(self) -> Accepted | Refused:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        while True:
            self.flush()
            for event in self.rtmp.receive(await self.reader.read(65536)):
                return event

    def flush(self) -> None:
        self.writer.write(bytes(self.rtmp.outgoing))
        self.rtmp.outgoing.clear()


def served(test: Callable[[Ingest, Door, int], Awaitable[None]]) -> Callable[[], None]:
    """Run the test with a server on a free port."""

    async def run() -> None:
        door = Door()
        server = Ingest(asyncio.get_running_loop(), door)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        await server.listen(listener)
        try:
            await asyncio.wait_for(test(server, door, listener.getsockname()[1]), 10)
        finally:
            server.close()

    def wrapper() -> None:
        asyncio.run(run())

    wrapper.__name__ = test.__name__
    return wrapper


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


@served
async def test_tags_reach_the_sink(server: Ingest, door: Door, port: int) -> None:
    client = Client(port)
    assert await client.ask() == Accepted()
    client.rtmp.tag(9, 1, b"picture")
    client.rtmp.finish()
    client.flush()

    await until(lambda: door.closed)

    assert (door.tags, door.closed) == ([Tag(9, 1, b"picture")], ["finished"])


@served
async def test_a_wrong_name_is_refused_at_once(server: Ingest, door: Door, port: int) -> None:
    begun = time.monotonic()

    assert await Client(port, "wrong").ask() == Refused("NetStream.Publish.BadName")

    assert time.monotonic() - begun < 0.2
    assert door.opened == 0


@served
async def test_a_second_publisher_is_refused(server: Ingest, door: Door, port: int) -> None:
    first = Client(port)
    assert await first.ask() == Accepted()

    assert await Client(port).ask() == Refused("NetStream.Publish.BadName")

    assert (door.opened, door.closed) == (1, [])


def test_a_second_publisher_takes_over_from_an_idle_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "TAKEOVER", 0.05)

    @served
    async def run(server: Ingest, door: Door, port: int) -> None:
        first = Client(port)
        assert await first.ask() == Accepted()
        await until(lambda: server.publishers["stage"].idle > 0.05)
        second = Client(port)
        assert await second.ask() == Accepted()
        assert (door.opened, door.closed) == (2, ["taken over"])
        assert await first.reader.read() == b""
        assert "stage" in server.publishers

    run()


def test_the_silent_are_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "SILENCE", 0.1)
    monkeypatch.setattr(ingest, "HANDSHAKE", 0.1)

    @served
    async def run(server: Ingest, door: Door, port: int) -> None:
        silent = Client(port)
        assert await silent.ask() == Accepted()
        await until(lambda: door.closed == ["silent"])
        reader, _ = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""

    run()


@served
async def test_a_stream_can_be_ended_from_here(server: Ingest, door: Door, port: int) -> None:
    client = Client(port)
    assert await client.ask() == Accepted()

    server.disconnect("stage")

    assert door.closed == ["disconnected"]
    while await client.reader.read(65536):
        pass
    assert not server.publishers


VIDEO = VideoConfig((b"\x67\x42\xc0\x0dsps",), (b"\x68pps",))
AUDIO = AudioConfig(b"\x11\x90")


def pushing(port: int, reports: list[dict[str, Any]], stream: str = "right", retries: int = 10) -> Push:
    target = PushTarget(
        "out",
        "rtmps://far.example:443/app/",
        stream,
        retry_interval=0.05,
        retries=retries,
        connect_to=("127.0.0.1", port),
    )
    return Push(target, VIDEO, AUDIO, reports.append, Alerts(reports.append))


def connections(reports: list[dict[str, Any]]) -> list[bool]:
    return [report["connected"] for report in reports if report["event"] == "output"]


@served
async def test_a_push_comes_back_and_begins_with_a_key(server: Ingest, door: Door, port: int) -> None:
    reports: list[dict[str, Any]] = []
    push = pushing(port, reports)
    push.start()
    await until(lambda: door.opened == 1)
    server.disconnect("stage")
    await until(lambda: door.opened == 2)
    await until(lambda: connections(reports) == [True, False, True])

    push.send(VideoUnit(90_000, 90_000, False, (b"\x41x",)))
    push.send(VideoUnit(93_000, 93_000, True, (b"\x65x",)))
    push.send(VideoUnit(96_000, 96_000, False, (b"\x41x",)))
    await until(lambda: len(door.tags) >= 6)
    await push.stop()
    await until(lambda: len(door.closed) == 2)

    # twice the two headers, then the key picture at time 0
    assert [(tag.kind, tag.timestamp) for tag in door.tags[-2:]] == [(9, 0), (9, 33)]
    assert door.closed[-1] == "finished"


@served
async def test_a_push_gives_up_after_its_retries(server: Ingest, door: Door, port: int) -> None:
    reports: list[dict[str, Any]] = []
    push = pushing(port, reports, stream="wrong-secret", retries=1)
    push.start()

    await until(lambda: any(report.get("given_up") for report in reports))

    alert, *_ = (report for report in reports if report["event"] == "alert")
    assert alert == {
        "event": "alert",
        "id": "out:connection",
        "type": "Failed to Create Output File or Socket",
        "set": True,
        "message": "RTMP output out to far.example: NetStream.Publish.BadName",
    }
    refused = {"event": "output", "output": "out", "connected": False, "reason": "NetStream.Publish.BadName"}
    assert [report for report in reports if report is not alert] == [
        {**refused, "given_up": False},
        {**refused, "given_up": True},
    ]
    assert "wrong-secret" not in repr(reports)
    await push.stop()


def test_a_cache_knows_how_old_what_waits_is() -> None:
    cache = Cache()
    for n in range(4):
        cache.wrote(100, n * CLOCK)

    assert cache.seconds(waiting=400, now=4 * CLOCK) == 4.0
    assert cache.seconds(waiting=150, now=4 * CLOCK) == 2.0
    assert cache.seconds(waiting=100, now=4 * CLOCK) == 1.0
    assert cache.seconds(waiting=0, now=9 * CLOCK) == 0.0


class Deaf:
    """A server that takes the stream and then reads no more; `taken` counts its connections."""

    def __init__(self) -> None:
        self.taken = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rtmp = ServerSide()
        published = False
        while not published:
            published = any(isinstance(event, Publish) for event in rtmp.receive(await reader.read(65536)))
            if published:
                rtmp.accept()
            writer.write(bytes(rtmp.outgoing))
            rtmp.outgoing.clear()
        self.taken += 1
        await asyncio.sleep(20)


@pytest.mark.parametrize(("restart_delay", "given_up"), [(0, True), (0.01, False)])
def test_a_server_that_takes_too_little_is_left(restart_delay: float, given_up: bool) -> None:
    async def run() -> None:
        deaf = Deaf()
        server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=4096)
        target = PushTarget(
            "out",
            f"rtmp://127.0.0.1:{server.sockets[0].getsockname()[1]}/app",
            "right",
            retry_interval=60,
            cache=30.0,
            restart_delay=restart_delay,
        )
        reports: list[dict[str, Any]] = []
        push = Push(target, VIDEO, AUDIO, reports.append, Alerts(reports.append))
        push.start()
        await until(lambda: connections(reports) == [True])
        second = 0
        while connections(reports)[-1]:
            push.send(VideoUnit(second * CLOCK, second * CLOCK, True, (bytes(1 << 18),)))
            second += 1
            await asyncio.sleep(0.001)
        lost = next(report for report in reports if report.get("connected") is False)
        assert (lost["reason"], lost["given_up"]) == ("cache full", given_up)
        assert second > 30
        if not given_up:
            await until(lambda: deaf.taken == 2)
        await push.stop()
        server.close()

    asyncio.run(asyncio.wait_for(run(), 15))


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize("verify", [True, False])
def test_rtmps_with_a_self_signed_certificate(self_signed: ssl.SSLContext, verify: bool) -> None:
    async def run() -> None:
        door = Door()
        server = Ingest(asyncio.get_running_loop(), door)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        await server.listen(listener, self_signed)
        url = f"rtmps://127.0.0.1:{listener.getsockname()[1]}/app/"
        reports: list[dict[str, Any]] = []
        target = PushTarget("out", url, "right", retries=0, verify=verify)
        push = Push(target, VIDEO, AUDIO, reports.append, Alerts(reports.append))
        push.start()
        await until(lambda: connections(reports))
        assert connections(reports)[0] is not verify
        if verify:
            assert reports[-1]["reason"] == "SSLCertVerificationError"
        await push.stop()
        server.close()

    asyncio.run(asyncio.wait_for(run(), 15))
