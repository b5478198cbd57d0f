"""Whether four 360p channels with media hold real time on two cores: `python -m benchmarks.media` (Linux).

First one channel, then four, each with a foreign publisher, pushing to IVS and recording to S3 as the product's own
channels do. A picture is late when it reaches IVS more than `LATE` after the steadiest ones do, counted by the time
that it carries; those of the first seconds are left out. CPU is that of the encoders' processes and of this one
(IVS's ingest, the store's answers), in cores; the publishers' is not counted. Only the ratios between four channels
and one say much: the rest depends on the machine. Goal: with four channels at most 1 % of the pictures late, and
less than two cores in all.
"""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from sandbox.media.chunks import VIDEO
from sandbox.media.ingest import Ingest, Sink
from sandbox.media.publisher import Publisher
from sandbox.media.rtmp import Publish, Tag
from sandbox.media.supervisor import ChildEncoder, VideoPlane
from sandbox.media.testcard import write_clip
from showrunner.channel import channel_request
from showrunner.session import SLATE, Session

CHANNELS, SECONDS, SETTLING = 4, 20.0, 5.0
LATE = 0.15  # seconds
ENDPOINT = ".global-contribute.live-video.net"
STREAM = "live/stage"


class AnyIvs:
    """Takes every stream; the endpoint's name is the channel's."""

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str:
        return f"arn:aws:ivs:us-east-1:000000000000:channel/{endpoint_host.removesuffix(ENDPOINT)}"

    def stream_started(self, arn: str, **picture: Any) -> None:
        """Nobody asks."""

    def stream_measured(self, arn: str, **measured: Any) -> None:
        """Nobody asks."""

    def stream_ended(self, arn: str) -> None:
        """Nobody asks."""


class Discard(BaseHTTPRequestHandler):
    """An S3 that takes everything and keeps nothing."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@dataclass
class Watched:
    """A sink and the delays of its pictures: the time of arrival less the time that each carries, in seconds."""

    sink: Sink
    delays: list[float] = field(default_factory=list)

    def tag(self, tag: Tag) -> None:
        if tag.kind == VIDEO and tag.timestamp:
            self.delays.append(time.monotonic() - tag.timestamp / 1000)
        self.sink.tag(tag)

    def close(self, reason: str) -> None:
        self.sink.close(reason)


class WatchedDoor:
    """IVS's door, with a clock beside it."""

    def __init__(self, ingest: Ingest) -> None:
        self._door = ingest.door
        self.streams: list[Watched] = []
        ingest.door = self

    def admit(self, publish: Publish) -> str:
        return self._door.admit(publish)

    def open(self, place: str) -> Watched:
        watched = Watched(self._door.open(place))
        self.streams.append(watched)
        return watched


@dataclass
class Result:
    """`late` is a share, `encoders` and `sandbox` are cores."""

    pictures: int
    late: float
    worst: float
    encoders: float
    sandbox: float


def request(number: int) -> dict[str, Any]:
    session = Session(id="bench", owner="bench", profile="360p30")
    asked = channel_request(
        session,
        name=f"bench-{number}",
        tags={},
        role_arn="arn:aws:iam::000000000000:role/medialive",
        inputs={name: name for name in (SLATE, *(source.name for source in session.sources))},
        ingest_endpoint=f"bench{number}{ENDPOINT}",
        stream_key="key",
        sound=session.sound,
        recordings=f"bench/{number}",
    )
    return {**asked, "Id": str(number), "StartAttachment": session.sources[0].name}


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def started(plane: VideoPlane, asked: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> ChildEncoder:
    """A channel's encoder, once it runs."""
    running = asyncio.Event()
    encoder = plane.start(asked, inputs, lambda _: running.set())
    await asyncio.wait_for(running.wait(), 30)
    return encoder


async def stopped(encoder: ChildEncoder) -> None:
    """Until its outputs are finished."""
    done = asyncio.Event()
    encoder.stop(done.set)
    await done.wait()


async def run(count: int, clip: Path, directory: Path, s3: dict[str, Any]) -> Result:
    """`count` channels for `SECONDS`."""
    plane = VideoPlane(asyncio.get_running_loop(), directory, AnyIvs(), lambda _: s3)
    door = WatchedDoor(plane._ivs_ingest.rtmp)
    publishers, encoders = [], []
    for number in range(count):
        port = plane.allocate_port()
        asked = request(number)
        source = asked["StartAttachment"]
        inputs = {
            source: {"Type": "RTMP_PUSH", "Port": port, "StreamNames": [STREAM]},
            SLATE: {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://bench/slate.mp4"}]},
        }
        encoders.append(await started(plane, asked, inputs))
        publishers.append(Publisher(f"rtmp://127.0.0.1:{port}/{STREAM}", clip))
        publishers[-1].start()
    try:
        async with asyncio.timeout(60):
            while len(door.streams) < count or not all(stream.delays for stream in door.streams):
                await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLING)
        for stream in door.streams:
            stream.delays.clear()
        used = [cpu_seconds(encoder.pid) for encoder in encoders]
        own, begin = time.process_time(), time.monotonic()
        await asyncio.sleep(SECONDS)
        passed = time.monotonic() - begin
        return _result(
            [stream.delays for stream in door.streams],
            (sum(cpu_seconds(encoder.pid) for encoder in encoders) - sum(used)) / passed,
            (time.process_time() - own) / passed,
        )
    finally:
        for publisher in publishers:
            publisher.stop()
        await asyncio.gather(*map(stopped, encoders))
        await plane.close()


def _result(delays: list[list[float]], encoders: float, sandbox: float) -> Result:
    late = [delay - min(each) for each in delays for delay in each]
    return Result(len(late), sum(each > LATE for each in late) / len(late), max(late), encoders, sandbox)


def show(name: str, result: Result) -> None:
    print(
        f"{name}: {result.pictures} pictures, {result.late:.2%} late (worst {result.worst * 1000:.0f} ms), "
        f"encoders {result.encoders:.2f} cores, sandbox {result.sandbox:.2f}"
    )


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Discard)
    Thread(target=server.serve_forever, daemon=True).start()
    s3 = {
        "endpoint_url": f"http://127.0.0.1:{server.server_address[1]}",
        "region_name": "us-east-1",
        "aws_access_key_id": "id",
        "aws_secret_access_key": "secret",
    }
    with tempfile.TemporaryDirectory() as scratch:
        clip = Path(scratch, "host.mp4")
        write_clip(clip, "host", seconds=30)
        one = asyncio.run(run(1, clip, Path(scratch, "one"), s3))
        show("1 channel", one)
        four = asyncio.run(run(CHANNELS, clip, Path(scratch, "four"), s3))
        show(f"{CHANNELS} channels", four)
    expected = CHANNELS * 30 * SECONDS
    print(
        f"{CHANNELS} channels against one: {four.pictures / one.pictures:.2f} times the pictures "
        f"({four.pictures / expected:.1%} of real time), "
        f"{four.encoders / one.encoders / CHANNELS:.2f} times the CPU a channel"
    )
    holds = four.late <= 0.01 and four.encoders + four.sandbox < 2
    print(f"{'holds' if holds else 'does NOT hold'} real time (goal: at most 1 % late, below 2 cores)")


if __name__ == "__main__":
    main()
