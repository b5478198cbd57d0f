"""An HLS recording in a store that may fail, from hand-made access units."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox.media import hls
from sandbox.media.bitstream import VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.hls import HlsOutput, multivariant
from sandbox.media.settings import AudioSettings, HlsGroup, HlsRendition, VideoSettings
from sandbox.media.timeline import Timeline

GROUP = HlsGroup("rec", "bucket", "show/index", 2.0, True, True, (HlsRendition("_m", "v", "a"),))


class Store:
    def __init__(self) -> None:
        self.order: list[str] = []
        self.texts: dict[str, str] = {}
        self.broken: set[str] = set()

    def put(self, key: str, body: bytes, content_type: str) -> None:
        if key in self.broken:
            raise OSError("unreachable")
        assert content_type == ("video/MP2T" if key.endswith(".ts") else "application/vnd.apple.mpegurl")
        self.order.append(key)
        if key.endswith(".m3u8"):
            self.texts[key] = body.decode()


@pytest.fixture(scope="module")
def encoders() -> tuple[VideoEncoder, AudioEncoder]:
    video = VideoEncoder(VideoSettings("v", 64, 48, Fraction(30), 100_000, 100_000, 60))
    return video, AudioEncoder(AudioSettings("a", 64_000, 48_000))


class Recorder:
    def __init__(self, encoders: tuple[VideoEncoder, AudioEncoder], directory: Path) -> None:
        self.store = Store()
        self.reports: list[dict[str, Any]] = []
        self.journal = directory / "journal.json"
        self._encoders = encoders

    def output(self) -> HlsOutput:
        video, audio = self._encoders
        timeline = Timeline(Fraction(30))
        timeline.utc = 1_750_000_000.0
        index = multivariant(GROUP, {"v": video}, {"a": audio})
        return HlsOutput(
            GROUP, GROUP.renditions[0], video, audio, index, timeline, self.store, self.journal, self.reports.append
        )

    @property
    def playlist(self) -> list[str]:
        return self.store.texts["show/index_m.m3u8"].splitlines()


@pytest.fixture
def recorder(encoders: tuple[VideoEncoder, AudioEncoder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setattr(hls, "_RETRY_AFTER", 0.0)
    return Recorder(encoders, tmp_path)


def pictures(seconds: int) -> list[VideoUnit]:
    return [VideoUnit(3_000 * n, 3_000 * n, n % 60 == 0, (b"\x65x",)) for n in range(seconds * 30)]


def record(output: HlsOutput, seconds: int) -> None:
    for unit in pictures(seconds):
        output.add(unit)


def test_a_segment_is_stored_before_a_playlist_names_it(recorder: Recorder) -> None:
    output = recorder.output()
    record(output, 5)
    output.finish(5)

    segment, playlist = "show/index_m_0000{}.ts", "show/index_m.m3u8"
    assert recorder.store.order == [
        *(segment.format(1), playlist, "show/index.m3u8"),
        *(segment.format(2), playlist),
        *(segment.format(3), playlist, playlist),
    ]
    assert recorder.playlist[4:] == [
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-PROGRAM-DATE-TIME:2025-06-15T15:06:40.000Z",
        "#EXTINF:2.00000,",
        "index_m_00001.ts",
        "#EXT-X-PROGRAM-DATE-TIME:2025-06-15T15:06:42.000Z",
        "#EXTINF:2.00000,",
        "index_m_00002.ts",
        "#EXT-X-PROGRAM-DATE-TIME:2025-06-15T15:06:44.000Z",
        "#EXTINF:1.00000,",
        "index_m_00003.ts",
        "#EXT-X-ENDLIST",
    ]
    assert recorder.store.texts["show/index.m3u8"].splitlines()[-1] == "index_m.m3u8"


def test_what_cannot_be_stored_is_reported_and_left_out(recorder: Recorder) -> None:
    recorder.store.broken.add("show/index_m_00002.ts")
    output = recorder.output()
    record(output, 6)
    output.finish(5)

    assert [line for line in recorder.playlist if line.endswith(".ts")] == ["index_m_00001.ts", "index_m_00003.ts"]
    assert recorder.playlist.count("#EXT-X-DISCONTINUITY") == 1
    assert recorder.reports == [{"event": "alert", "message": "could not store index_m_00002.ts: OSError"}] * 5


def test_the_next_encoder_goes_on_behind_a_crash(recorder: Recorder) -> None:
    crashed = recorder.output()
    record(crashed, 5)
    while not recorder.journal.exists() or json.loads(recorder.journal.read_text())[0] < 2:
        crashed._thread.join(0.01)
    next_one = recorder.output()
    record(next_one, 2)
    next_one.finish(5)

    names = [line for line in recorder.playlist if line.endswith(".ts")]
    assert names == ["index_m_00001.ts", "index_m_00002.ts", "index_m_00003.ts"]
    assert recorder.playlist.index("#EXT-X-DISCONTINUITY") > recorder.playlist.index("index_m_00002.ts")
    assert recorder.playlist[-1] == "#EXT-X-ENDLIST"


def test_a_stopped_channel_begins_anew(recorder: Recorder) -> None:
    for _ in range(2):
        output = recorder.output()
        record(output, 1)
        output.finish(5)

    assert [line for line in recorder.playlist if line.endswith(".ts")] == ["index_m_00001.ts"]


def test_nothing_is_stored_of_nothing(recorder: Recorder) -> None:
    recorder.output().finish(5)

    assert recorder.store.order == []


def test_encoders_put_out_what_their_settings_say(encoders: tuple[VideoEncoder, AudioEncoder]) -> None:
    video, audio = encoders

    assert 'RESOLUTION=64x48,FRAME-RATE=30.000,CODECS="avc1.42' in multivariant(GROUP, {"v": video}, {"a": audio})
    assert len(audio.encode(np.zeros((2, 4_096), np.float32), 0)) >= 2
