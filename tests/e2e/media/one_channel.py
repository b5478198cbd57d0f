"""What surrounds a media plane under test: an IVS of one channel, an S3 of one directory, a loop's thread."""

import asyncio
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox.media.supervisor import ChildEncoder, VideoPlane

IVS_ARN = "arn:aws:ivs:us-east-1:000000000000:channel/AbCdEfGhIjKl"
ENDPOINT = "0123456789ab.global-contribute.live-video.net"
KEY = "sk_us-east-1_correct"
STREAM = "live/secret-instance"
PAUSE = 0.3
METADATA = {"TimedMetadataBehavior": "PASSTHROUGH"}


def eventually(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The condition's first true value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.02)
    return value


def undisturbed(attempt: Callable[[], Any]) -> Any:
    """What `attempt` gives in a run in which the machine did not pause for `PAUSE` seconds; of five at most."""
    for _ in range(5):
        longest, over = 0.0, threading.Event()

        def watch(over: threading.Event = over) -> None:
            nonlocal longest
            before = time.monotonic()
            while not over.wait(0.01):
                longest, before = max(longest, time.monotonic() - before), time.monotonic()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            result = attempt()
        finally:
            over.set()
            watcher.join()
        if longest < PAUSE:
            break
    return result


class OneChannelIvs:
    """Knows one channel, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.picture: tuple[int | None, int | None, float | None] | None = None
        self.measured: list[tuple[float | None, float | None, float | None]] = []

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str:
        if (endpoint_host, app, key) != (ENDPOINT, "app", KEY):
            raise ValueError("no such channel")
        return IVS_ARN

    def stream_started(
        self, arn: str, *, width: int | None = None, height: int | None = None, fps: float | None = None
    ) -> None:
        self.told.append("started")
        self.picture = width, height, fps

    def stream_measured(
        self,
        arn: str,
        *,
        bitrate: float | None = None,
        fps: float | None = None,
        keyframe_seconds: float | None = None,
    ) -> None:
        self.measured.append((bitrate, fps, keyframe_seconds))

    def stream_ended(self, arn: str) -> None:
        self.told.append("ended")


class DirectoryS3:
    """Answers PutObject, GetObject and DeleteObject over HTTP; objects are files, `order` the keys put."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.order: list[str] = []
        self.content_types: dict[str, str] = {}
        self.failures = 0  # so many of the next calls fail
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                failed = store.failures > 0
                store.failures -= failed
                if not failed:
                    store.keep(self.path.lstrip("/"), body, self.headers["Content-Type"])
                self.send_response(503 if failed else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                path = store.directory / self.path.lstrip("/").partition("?")[0]
                data = path.read_bytes() if path.is_file() else b""
                asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                body = data[int(asked[1]) : int(asked[2]) + 1] if asked else data
                self.send_response(404 if not path.is_file() else 206 if asked else 200)
                if asked:
                    first = int(asked[1])
                    self.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{len(data)}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_DELETE(self) -> None:
                (store.directory / self.path.lstrip("/").partition("?")[0]).unlink(missing_ok=True)
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def keep(self, key: str, body: bytes, content_type: str) -> None:
        path = self.directory / key
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}")
        part.write_bytes(body)
        part.replace(path)
        self.content_types[key] = content_type
        self.order.append(key)

    def client_arguments(self, role_arn: str) -> dict[str, Any]:
        return {
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "aws_access_key_id": "id",
            "aws_secret_access_key": "secret",
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Studio:
    """The plane under test, called from outside its loop."""

    loop: asyncio.AbstractEventLoop
    plane: VideoPlane
    ivs: OneChannelIvs
    s3: DirectoryS3
    reports: list[dict[str, Any]] = field(default_factory=list)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function on the loop's thread."""
        future: Future[Any] = Future()

        def run() -> None:
            try:
                future.set_result(function(*arguments))
            except BaseException as error:
                future.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return future.result(10)

    def start(self, port: int, **changes: Any) -> ChildEncoder:
        inputs = {"1": {"Type": "RTMP_PUSH", "Port": port, "StreamNames": [STREAM]}}
        encoder: ChildEncoder = self.call(self.plane.start, channel(**changes), inputs, self.reports.append)
        return encoder

    def stop(self, encoder: ChildEncoder) -> None:
        stopped = threading.Event()
        self.call(encoder.stop, stopped.set)
        assert stopped.wait(25), "the encoder did not stop"

    def reported(self, **report: Any) -> bool:
        return any(report.items() <= made.items() for made in list(self.reports))


def channel(
    *, loss: dict[str, Any] | None = None, width: int = 320, height: int = 180, retry_interval: int = 1
) -> dict[str, Any]:
    """CreateChannel's content as a session has it, in small."""
    video = {
        "Name": "video",
        "Width": width,
        "Height": height,
        "CodecSettings": {
            "H264Settings": {
                "Bitrate": 600_000,
                "BufSize": 600_000,
                "FramerateNumerator": 30,
                "FramerateDenominator": 1,
                "GopSize": 2.0,
                "GopSizeUnits": "SECONDS",
            }
        },
    }
    audio = {"Name": "audio", "CodecSettings": {"AacSettings": {"Bitrate": 96000.0, "SampleRate": 48000.0}}}
    described = {"VideoDescriptionName": "video", "AudioDescriptionNames": ["audio"]}
    rtmp = {"Destination": {"DestinationRefId": "ivs"}, "ConnectionRetryInterval": retry_interval}
    hls = {
        "Destination": {"DestinationRefId": "recording"},
        "Mode": "VOD",
        "SegmentLength": 2,
        "ProgramDateTime": "INCLUDE",
        "ProgramDateTimePeriod": 2,
        "HlsId3SegmentTagging": "ENABLED",
    }
    return {
        "Id": "1234567",
        "Arn": "arn:aws:medialive:us-east-1:000000000000:channel:1234567",
        "RoleArn": "arn:aws:iam::000000000000:role/medialive",
        "InputAttachments": [{"InputId": "1", "InputAttachmentName": "host", "InputSettings": {}}],
        "Destinations": [
            {"Id": "ivs", "Settings": [{"Url": f"rtmps://{ENDPOINT}:443/app/", "StreamName": KEY}]},
            {"Id": "recording", "Settings": [{"Url": "s3ssl://recordings/show-1/hls/index"}]},
        ],
        "EncoderSettings": {
            "GlobalConfiguration": {"InputLossBehavior": loss or {}},
            "VideoDescriptions": [video],
            "AudioDescriptions": [audio],
            "OutputGroups": [
                {
                    "Name": "ivs",
                    "OutputGroupSettings": {"RtmpGroupSettings": {}},
                    "Outputs": [
                        {
                            "OutputName": "ivs",
                            "OutputSettings": {"RtmpOutputSettings": {**rtmp, "NumRetries": 10000}},
                            **described,
                        }
                    ],
                },
                {
                    "Name": "recording",
                    "OutputGroupSettings": {"HlsGroupSettings": hls},
                    "Outputs": [
                        {
                            "OutputSettings": {
                                "HlsOutputSettings": {
                                    "NameModifier": "_180p30",
                                    "HlsSettings": {"StandardHlsSettings": {"M3u8Settings": METADATA}},
                                }
                            },
                            **described,
                        }
                    ],
                },
            ],
        },
    }
