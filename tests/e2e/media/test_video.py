"""A show with real video: a foreign publisher, the encoder process, a viewer of IVS and of the recording."""

import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import av
import pytest
from one_channel import IVS_ARN, KEY, STREAM, Studio, channel, eventually

from sandbox.media.publisher import Publisher
from sandbox.media.viewer import Seen, watch

RECORDING = "recordings/show-1/hls"
SLATE = (128, 0, 255)
OTHERS = {"black": (0, 0, 0), "slate": SLATE}
FRAME = 1 / 30


@pytest.fixture
def port(studio: Studio) -> int:
    port: int = studio.call(studio.plane.allocate_port)
    return port


@pytest.fixture
def publisher(port: int, host_clip: Path) -> Iterator[Publisher]:
    made = Publisher(f"rtmp://127.0.0.1:{port}/{STREAM}", host_clip)
    yield made
    made.stop()


def segments_in(playlist: Path) -> list[str]:
    return re.findall(r"^[^#].*\.ts$", playlist.read_text(), re.M) if playlist.exists() else []


def on_air_since(playlist: Path) -> float:
    """The UTC of the playlist's first picture."""
    found = re.search(r"^#EXT-X-PROGRAM-DATE-TIME:(.+)$", playlist.read_text(), re.M)
    assert found
    return datetime.fromisoformat(found[1]).timestamp()


def runs(pictures: list[Seen]) -> list[tuple[str, float, float]]:
    """Colours in their order, with the times of their first and last picture."""
    grouped = (list(group) for _, group in itertools.groupby(pictures, key=lambda seen: seen.color))
    return [(group[0].color, group[0].time, group[-1].time) for group in grouped]


def steps(pictures: list[Seen]) -> list[int]:
    return [after.counter - before.counter for before, after in itertools.pairwise(pictures)]


def test_a_show_with_a_lost_input(studio: Studio, port: int, publisher: Publisher, tmp_path: Path) -> None:
    loss = {"RepeatFrameMsec": 1000, "BlackFrameMsec": 1500, "InputLossImageColor": bytes(SLATE).hex()}
    encoder = studio.start(port, loss=loss)
    recording = tmp_path / "s3" / RECORDING / "index_180p30.m3u8"
    live = studio.plane.hls_dir(IVS_ARN)
    eventually(lambda: studio.reported(event="running"), 60, "the encoder runs")

    # A wrong stream name is refused; and without an input there is no output.
    wrong = Publisher(f"rtmp://127.0.0.1:{port}/live/wrong-instance", publisher._clip)
    wrong.start()
    failure = wrong.wait(10)
    assert failure is not None
    assert "wrong-instance" not in failure
    assert not studio.reported(event="input")
    assert studio.ivs.told == []

    # The host publishes, and a viewer sees and hears the host, picture for picture.
    publisher.start()
    eventually(lambda: studio.reported(event="input", attachment="host", connected=True), 60, "an input")
    connected = time.time()
    eventually(lambda: studio.ivs.told == ["started"], 60, "the stream is live")
    eventually(lambda: len(segments_in(live / "live.m3u8")) >= 2, 60, "two segments for viewers")
    viewing = watch(str(live / "master.m3u8"), seconds=3.0, others=OTHERS)
    assert viewing.is_card("host")
    assert {seen.color for seen in viewing.pictures} == {"host"}
    assert set(steps(viewing.pictures)) == {1}

    # The host is lost, and comes back.
    studio.call(encoder.schedule, tag("on air"))
    publisher.stop()
    eventually(lambda: studio.reported(event="input", attachment="host", connected=False), 60, "input lost")
    time.sleep(3.5)  # the show goes on without it: repeat, black, slate
    publisher.start()
    eventually(lambda: len(segments_in(recording)) >= 5, 60, "the show goes on")
    studio.stop(encoder)

    # The recording holds all of it, without a gap.
    text = recording.read_text()
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in text
    whole = watch(str(recording.with_name("index.m3u8")), others=OTHERS)
    (first, black, slate, last) = runs(whole.pictures)
    assert [first[0], black[0], slate[0], last[0]] == ["host", "black", "slate", "host"]
    assert black[2] - black[1] == pytest.approx(1.5, abs=0.1)
    gaps = {round(after.time - before.time, 3) for before, after in itertools.pairwise(whole.pictures)}
    assert gaps <= {0.033, 0.034}
    assert whole.tone(first[1], black[1] - 1.5) == "host"
    assert whole.tone(black[1] + 0.1, slate[2] - 0.1) == "silence"
    assert whole.tone(last[1] + 0.2, last[2]) == "host"

    # From the first picture on the same latency: PROGRAM-DATE-TIME tells when a picture was sent.
    live_pictures = [seen for seen in whole.pictures if seen.time < black[1] - 1.3]
    origin = on_air_since(recording) - live_pictures[0].time
    sent = [origin + seen.time - seen.counter * FRAME for seen in live_pictures]
    assert max(sent) - min(sent) < 0.1
    assert 0 <= sent[0] - connected < 1.5
    assert on_air_since(live / "live.m3u8") == pytest.approx(on_air_since(recording), abs=1.0)

    # The tag stands in the segments that began after it.
    tags = [id3_of(recording.with_name(name)) for name in segments_in(recording)]
    assert tags[0] == b""
    assert b"TXXX" in tags[-1]
    assert b"on air" in tags[-1]


def test_a_stopped_stream_and_a_crash(studio: Studio, port: int, publisher: Publisher, tmp_path: Path) -> None:
    studio.s3.failures = 1
    encoder = studio.start(port)
    recording = tmp_path / "s3" / RECORDING / "index_180p30.m3u8"
    live = studio.plane.hls_dir(IVS_ARN) / "live.m3u8"
    eventually(lambda: studio.reported(event="running"), 60, "the encoder runs")
    publisher.start()
    eventually(lambda: studio.ivs.told == ["started"], 60, "the stream is live")

    # StopStream ends the stream; the encoder comes back by itself, as MediaLive does.
    studio.call(studio.plane.disconnect, IVS_ARN)
    assert studio.ivs.told == ["started", "ended"]
    eventually(lambda: studio.ivs.told == ["started", "ended", "started"], 60, "the encoder came back")
    eventually(lambda: "#EXT-X-DISCONTINUITY\n" in live.read_text(), 60, "a discontinuity")

    # The encoder dies: what it had finished can be played.
    eventually(lambda: len(segments_in(recording)) >= 2, 60, "two segments are stored")
    os.kill(encoder.pid, signal.SIGKILL)
    eventually(lambda: studio.reported(event="died"), 60, "its death is told")
    eventually(lambda: studio.ivs.told[-1] == "ended", 60, "the stream ended")
    assert "#EXT-X-ENDLIST" not in recording.read_text()
    finished = segments_in(recording)
    for name in finished:
        assert watch(str(recording.with_name(name))).color() == "host"

    # The next one goes on behind it, on the same port.
    publisher.stop()
    studio.reports.clear()
    second = studio.start(port)
    eventually(lambda: studio.reported(event="running"), 60, "the second encoder runs")
    publisher.start()
    eventually(lambda: len(segments_in(recording)) > len(finished), 60, "the recording goes on")
    studio.stop(second)
    assert segments_in(recording)[: len(finished)] == finished
    assert "#EXT-X-DISCONTINUITY\n" in recording.read_text()
    assert recording.read_text().endswith("#EXT-X-ENDLIST\n")
    assert watch(str(recording.with_name("index.m3u8"))).is_card("host")

    # No secret is in what was written down or told.
    secret = STREAM.rpartition("/")[2]
    written = [p.read_text() for p in (tmp_path / "work").rglob("*") if p.is_file() and p.suffix != ".ts"]
    assert not any(word in text for text in [*written, json.dumps(studio.reports)] for word in (secret, KEY))


def test_what_cannot_be_encoded_is_a_death_with_a_reason(studio: Studio, port: int) -> None:
    asked = channel(width=0)
    inputs = {"1": {"Type": "RTMP_PUSH", "Port": port, "StreamNames": [STREAM]}}
    encoder = studio.call(studio.plane.start, asked, inputs, studio.reports.append)

    eventually(lambda: studio.reported(event="died"), 60, "a death")

    assert studio.reports[-1]["reason"] == "not supported: video without H264Settings, Width or Height"
    studio.stop(encoder)  # a stop of the dead answers at once


PARENT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from one_channel import STREAM, OneChannelIvs, channel
from sandbox.media.supervisor import VideoPlane

async def main():
    plane = VideoPlane(asyncio.get_running_loop(), Path({work!r}), OneChannelIvs(), lambda role: {{}})
    inputs = {{"1": {{"Type": "RTMP_PUSH", "Port": plane.allocate_port(), "StreamNames": [STREAM]}}}}
    asked = channel()
    del asked["EncoderSettings"]["OutputGroups"][1]
    running = asyncio.Event()
    encoder = plane.start(asked, inputs, lambda report: running.set())
    await running.wait()
    print(encoder.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_encoder_dies_with_the_sandbox(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    code = PARENT.format(tests=str(Path(__file__).parent), work=str(tmp_path))
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    eventually(lambda: not alive(pid), 60, "the encoder is gone")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def tag(text: str) -> dict[str, object]:
    return {
        "ActionName": "tag",
        "ScheduleActionStartSettings": {"ImmediateModeScheduleActionStartSettings": {}},
        "ScheduleActionSettings": {"HlsId3SegmentTaggingSettings": {"Tag": text}},
    }


def id3_of(segment: Path) -> bytes:
    # Named, because FFmpeg takes a last segment of a single picture for another format.
    with av.open(io.BytesIO(segment.read_bytes()), "r", format="mpegts") as container:
        return b"".join(bytes(packet) for packet in container.demux(container.streams.data[0]) if packet.size)
