"""Live HLS of an IVS channel, from hand-made tags and without a socket."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.media import flv, ivs_ingest
from sandbox.media.bitstream import AudioConfig, VideoConfig, VideoUnit
from sandbox.media.ingest import Unwelcome
from sandbox.media.ivs_ingest import PLAYLIST, IvsIngest
from sandbox.media.rtmp import Publish

ARN = "arn:aws:ivs:us-east-1:000000000000:channel/AbCd"
VIDEO, AUDIO = VideoConfig((b"\x67\x42\xc0\x0dsps",), (b"\x68pps",)), AudioConfig(b"\x11\x90")


class Ivs:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.measured: list[tuple[float | None, float | None, float | None]] = []

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str:
        if (endpoint_host, app, key) != ("a1.live-video.net", "app", "key"):
            raise ValueError("no such channel")
        return ARN

    def stream_started(
        self, arn: str, *, width: int | None = None, height: int | None = None, fps: float | None = None
    ) -> None:
        self.told.append("started")

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


class Channel:
    """One channel's ingest, and its files."""

    def __init__(self, directory: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.ivs = Ivs()
        self.loop = loop
        self.ingest = IvsIngest(loop, directory, self.ivs)
        self.directory = self.ingest.hls_dir(ARN)

    def stream(self, seconds: int) -> None:
        """A whole connection: key pictures each second, segments of two."""
        stream = self.ingest.open(ARN)
        for header in flv.headers(VIDEO, AUDIO):
            stream.tag(header)
        for n in range(seconds * 10):
            tag = flv.write(VideoUnit(9_000 * n, 9_000 * n, n % 10 == 0, (b"\x65x",)), 0)
            assert tag is not None
            stream.tag(tag)
        stream.close("finished")

    @property
    def lines(self) -> list[str]:
        return (self.directory / "live.m3u8").read_text().splitlines()

    @property
    def segments(self) -> list[str]:
        return [line for line in self.lines if line.endswith(".ts")]


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    loop = asyncio.new_event_loop()
    yield Channel(tmp_path, loop)
    loop.close()


@pytest.mark.parametrize(
    "publish",
    [
        Publish("rtmps://b2.live-video.net:443/app", "app", "key"),
        Publish("rtmps://a1.live-video.net:443/app", "other", "key"),
        Publish("rtmps://a1.live-video.net:443/app", "app", "wrong"),
        Publish("", "app", "key"),
    ],
    ids=["endpoint", "application", "key", "no tcUrl"],
)
def test_only_the_right_endpoint_and_key_are_let_in(channel: Channel, publish: Publish) -> None:
    assert channel.ingest.admit(Publish("rtmps://a1.live-video.net:443/app", "app", "key")) == ARN
    with pytest.raises(Unwelcome):
        channel.ingest.admit(publish)


def test_a_stream_is_live_from_its_first_key_picture(channel: Channel) -> None:
    stream = channel.ingest.open(ARN)
    for tag in flv.headers(VIDEO, AUDIO):
        stream.tag(tag)
    assert channel.ivs.told == []

    key = flv.write(VideoUnit(0, 0, True, (b"\x65x",)), 0)
    assert key is not None
    stream.tag(key)
    assert channel.ivs.told == ["started"]
    assert not (channel.directory / PLAYLIST).exists()

    stream.close("finished")
    assert channel.ivs.told == ["started", "ended"]
    assert (channel.directory / PLAYLIST).read_text().endswith("live.m3u8\n")


def test_the_window_moves_and_old_segments_go(channel: Channel) -> None:
    channel.stream(seconds=40)

    assert channel.segments == [f"segment{n:06d}.ts" for n in range(14, 20)]
    assert "#EXT-X-MEDIA-SEQUENCE:14" in channel.lines
    assert {path.name for path in channel.directory.glob("*.ts")} == {f"segment{n:06d}.ts" for n in range(11, 20)}
    assert "#EXT-X-ENDLIST" not in channel.lines


def test_a_connection_that_comes_back_goes_on_behind_a_discontinuity(channel: Channel) -> None:
    channel.stream(seconds=4)
    channel.stream(seconds=4)

    assert len(channel.segments) == 4
    assert channel.lines.index("#EXT-X-DISCONTINUITY") > channel.lines.index("segment000001.ts")
    assert channel.lines.count("#EXT-X-DISCONTINUITY") == 1
    channel.stream(seconds=14)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:2" in channel.lines


def test_a_later_stream_shows_nothing_of_the_last_one(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ivs_ingest, "FORGET", 0.0)
    channel.stream(seconds=4)
    channel.loop.run_until_complete(asyncio.sleep(0.01))
    assert channel.lines[-1] == "#EXT-X-ENDLIST"

    channel.stream(seconds=4)

    assert channel.segments == ["segment000002.ts", "segment000003.ts"]
    assert "#EXT-X-MEDIA-SEQUENCE:2" in channel.lines
    assert {path.name for path in channel.directory.glob("*.ts")} == set(channel.segments)


def test_what_arrives_is_measured_until_the_end(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ivs_ingest, "MEASURE", 0.01)
    stream = channel.ingest.open(ARN)
    for header in flv.headers(VIDEO, AUDIO):
        stream.tag(header)
    for n in range(21):
        tag = flv.write(VideoUnit(9_000 * n, 9_000 * n, n % 10 == 0, (bytes(991),)), 0)
        assert tag is not None
        stream.tag(tag)
    channel.loop.run_until_complete(asyncio.sleep(0.05))
    stream.close("finished")
    told = len(channel.ivs.measured)
    channel.loop.run_until_complete(asyncio.sleep(0.05))

    first, second, *_ = channel.ivs.measured
    assert first[0] == pytest.approx(80_000)  # ten tags of 1,000 bytes a second
    assert first[2] == 1.0
    assert second[:2] == (0.0, 0.0)
    assert len(channel.ivs.measured) == told
