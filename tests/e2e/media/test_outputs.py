"""One channel with every kind of output: IVS, a restream that dies, HLS of both modes, archive files."""

import asyncio
import base64
import itertools
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from one_channel import METADATA, STREAM, Studio, channel, eventually

from sandbox.media.bitstream import VideoUnit
from sandbox.media.flv import FlvReader
from sandbox.media.ingest import Ingest, Unwelcome
from sandbox.media.publisher import Publisher
from sandbox.media.rtmp import Publish, Tag
from sandbox.media.viewer import watch

RESTREAM_KEY = "restream-secret"
BOTH = {"VideoDescriptionName": "video", "AudioDescriptionNames": ["audio"]}
SMALL = {"VideoDescriptionName": "small", "AudioDescriptionNames": ["audio"]}


class Elsewhere:
    """Another RTMP service; counts the pictures that it gets."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.pictures = 0
        self.port = 0
        self._ingest = Ingest(loop, self)
        self._reader = FlvReader()

    async def listen(self) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        await self._ingest.listen(listener)

    def admit(self, publish: Publish) -> str:
        if (publish.app, publish.stream) != ("live", RESTREAM_KEY):
            raise Unwelcome
        return "stage"

    def open(self, place: str) -> "Elsewhere":
        self._reader = FlvReader()
        return self

    def tag(self, tag: Tag) -> None:
        self.pictures += isinstance(self._reader.read(tag), VideoUnit)

    def close(self, reason: str) -> None:
        pass

    def die(self) -> None:
        self._ingest.close()


@pytest.fixture
def elsewhere(studio: Studio) -> Iterator[Elsewhere]:
    made = Elsewhere(studio.loop)
    asyncio.run_coroutine_threadsafe(made.listen(), studio.loop).result(5)
    yield made
    studio.call(made.die)


def group(name: str, settings: dict[str, Any], *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"Name": name, "OutputGroupSettings": settings, "Outputs": list(outputs)}


def hls_output(modifier: str, described: dict[str, Any]) -> dict[str, Any]:
    settings = {"NameModifier": modifier, "HlsSettings": {"StandardHlsSettings": {"M3u8Settings": METADATA}}}
    return {"OutputSettings": {"HlsOutputSettings": settings}, **described}


def everything(restream_port: int) -> dict[str, Any]:
    """A channel with two video descriptions, a key picture a second, and five output groups."""
    made = channel()
    encoder = made["EncoderSettings"]
    (video,) = encoder["VideoDescriptions"]
    video["CodecSettings"]["H264Settings"]["GopSize"] = 1.0
    encoder["VideoDescriptions"].append({**video, "Name": "small", "Width": 160, "Height": 90})
    destinations = {
        "restream": {"Url": f"rtmp://127.0.0.1:{restream_port}/live", "StreamName": RESTREAM_KEY},
        "live": {"Url": "s3ssl://live/show-1/index"},
        "archive": {"Url": "s3ssl://archive/show-1/copy"},
    }
    made["Destinations"] += [{"Id": name, "Settings": [settings]} for name, settings in destinations.items()]
    rtmp = {"Destination": {"DestinationRefId": "restream"}, "ConnectionRetryInterval": 1, "NumRetries": 1}
    live = {
        "Destination": {"DestinationRefId": "live"},
        "Mode": "LIVE",
        "SegmentLength": 1,
        "IndexNSegments": 3,
        "KeepSegments": 5,
        "ManifestDurationFormat": "INTEGER",
        "ProgramDateTime": "EXCLUDE",
    }
    archive = {"Destination": {"DestinationRefId": "archive"}, "RolloverInterval": 3}
    recording = encoder["OutputGroups"][1]
    recording["Outputs"] = [hls_output("_180p30", BOTH), hls_output("_$h$p", SMALL)]
    encoder["OutputGroups"] += [
        group(
            "restream",
            {"RtmpGroupSettings": {"RestartDelay": 1}},
            {"OutputName": "restream", "OutputSettings": {"RtmpOutputSettings": rtmp}, **SMALL},
        ),
        group("live", {"HlsGroupSettings": live}, hls_output("_live", BOTH)),
        group(
            "archive",
            {"ArchiveGroupSettings": archive},
            {"OutputSettings": {"ArchiveOutputSettings": {"NameModifier": "-$dt$"}}, **BOTH},
        ),
    ]
    return made


def segments_in(playlist: Path) -> list[str]:
    return re.findall(r"^[^#].*\.ts$", playlist.read_text(), re.M) if playlist.exists() else []


def test_every_output_gets_its_part(studio: Studio, elsewhere: Elsewhere, host_clip: Path, tmp_path: Path) -> None:
    port = studio.call(studio.plane.allocate_port)
    inputs = {"1": {"Type": "RTMP_PUSH", "Port": port, "StreamNames": [STREAM]}}
    encoder = studio.call(studio.plane.start, everything(elsewhere.port), inputs, studio.reports.append)
    eventually(lambda: studio.reported(event="running"), 60, "the encoder runs")
    publisher = Publisher(f"rtmp://127.0.0.1:{port}/{STREAM}", host_clip)
    publisher.start()
    s3 = tmp_path / "s3"
    recording, live, archive = s3 / "recordings/show-1/hls", s3 / "live/show-1", s3 / "archive/show-1"
    try:
        # Both RTMP targets get pictures.
        eventually(lambda: studio.ivs.told == ["started"], 60, "IVS has the stream")
        eventually(lambda: elsewhere.pictures > 30, 60, "the restream is seen elsewhere")
        assert studio.reported(event="output", output="restream", connected=True, given_up=False)

        # The restream's target dies: tried again once, then given up; it costs nobody else anything.
        studio.call(elsewhere.die)
        eventually(lambda: studio.reported(event="output", output="restream", given_up=True), 60, "given up")
        assert studio.reported(event="alert", id="restream:connection", set=True)
        assert not studio.reported(event="alert", id="restream:connection", set=False)
        assert RESTREAM_KEY not in repr(studio.reports)

        once = base64.b64encode(b"ID3\x04\x00\x00\x00\x00\x00\x0bonce-only!!").decode()
        tag = {"ActionName": "mark", "ScheduleActionSettings": {"HlsTimedMetadataSettings": {"Id3": once}}}
        studio.call(encoder.schedule, tag)
        eventually(lambda: studio.ivs.measured, 60, "a measurement")
        eventually(lambda: len(list(archive.glob("*.m2ts"))) >= 2, 60, "two archive files are closed")
        eventually(lambda: (live / "index_live_00008.ts").exists(), 60, "the live window has moved")
        assert studio.ivs.told == ["started"]
    finally:
        studio.stop(encoder)
        publisher.stop()

    # What arrived at IVS was measured.
    assert studio.ivs.picture == (320, 180, 30.0)
    bitrate, fps, keyframe = studio.ivs.measured[0]
    assert bitrate is not None
    assert 50_000 < bitrate < 2_000_000
    assert fps is not None
    assert fps > 15
    assert keyframe == pytest.approx(1.0, abs=0.01)

    # Two renditions of one show, the second smaller.
    index = (recording / "index.m3u8").read_text()
    assert re.findall(r"RESOLUTION=(\d+x\d+)", index) == ["320x180", "160x90"]
    assert index.splitlines()[-1] == "index_90p.m3u8"
    large, small = (watch(str(recording / name)) for name in ("index_180p30.m3u8", "index_90p.m3u8"))
    assert large.is_card("host")
    assert small.color() == "host"
    assert [seen.counter for seen in large.pictures] == [seen.counter for seen in small.pictures]
    segments = [(recording / name).read_bytes() for name in segments_in(recording / "index_90p.m3u8")]
    assert sum(b"once-only" in segment for segment in segments) == 1

    # The live window: three named, five kept, whole seconds, no dates.
    text = (live / "index_live.m3u8").read_text()
    named = segments_in(live / "index_live.m3u8")
    kept = sorted(path.name for path in live.glob("*.ts"))
    assert (len(named), len(kept)) == (3, 5)
    assert kept[-3:] == named
    assert f"#EXT-X-MEDIA-SEQUENCE:{int(named[0][-8:-3])}" in text
    assert "#EXTINF:1,\n" in text
    assert "PROGRAM-DATE-TIME" not in text
    assert "PLAYLIST-TYPE" not in text

    # The archive: files of three seconds that follow each other without a gap.
    files = sorted(archive.glob("*.m2ts"))
    for n, path in enumerate(files):
        assert re.fullmatch(rf"copy-\d{{8}}T\d{{6}}\.{n:06d}\.m2ts", path.name)
    parts = [[seen.counter for seen in watch(str(path)).pictures] for path in files]
    assert [len(part) for part in parts[:-1]] == [90] * (len(parts) - 1)
    counters = list(itertools.chain.from_iterable(parts))
    assert counters == [seen.counter for seen in large.pictures]
