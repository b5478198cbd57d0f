"""An HLS recording in a store that may fail, from hand-made access units."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox.media import store
from sandbox.media.alerts import Alerts
from sandbox.media.bitstream import CLOCK, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.hls import HlsOutput, Multivariant, multivariant
from sandbox.media.output_settings import HlsGroup, HlsRendition
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.store import PatientStore
from sandbox.media.timeline import Timeline

GROUP = HlsGroup(
    name="rec",
    bucket="bucket",
    path="show/index",
    renditions=(HlsRendition("_m", "v", "a"),),
    mode="VOD",
    segment_length=2.0,
    date_time=True,
    date_time_period=2,
    tagging=True,
)


class Store:
    def __init__(self) -> None:
        self.order: list[str] = []
        self.texts: dict[str, str] = {}
        self.segments: dict[str, bytes] = {}
        self.broken: set[str] = set()

    def put(self, key: str, body: bytes | Path, content_type: str) -> None:
        if key in self.broken:
            raise OSError("unreachable")
        assert isinstance(body, bytes)
        assert content_type == ("video/MP2T" if key.endswith(".ts") else "application/vnd.apple.mpegurl")
        self.order.append(key)
        if key.endswith(".m3u8"):
            self.texts[key] = body.decode()
        else:
            self.segments[key] = body

    def delete(self, key: str) -> None:
        del self.segments[key]
        self.order.append(f"delete {key}")


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

    def output(self, group: HlsGroup = GROUP, index: Multivariant | None = None, rendition: int = 0) -> HlsOutput:
        video, audio = self._encoders
        timeline = Timeline(Fraction(30))
        timeline.utc = 1_750_000_000.0
        kept = PatientStore(self.store, group.name, Alerts(self.reports.append))
        index = index or self.index(group)
        return HlsOutput(group, group.renditions[rendition], video, audio, index, timeline, kept, self.journal)

    def index(self, group: HlsGroup) -> Multivariant:
        video, audio = self._encoders
        kept = PatientStore(self.store, group.name, Alerts(self.reports.append))
        text = multivariant(group, {"v": video}, {"a": audio})
        return Multivariant(kept, f"{group.path}.m3u8", text, len(group.renditions))

    @property
    def playlist(self) -> list[str]:
        return self.store.texts["show/index_m.m3u8"].splitlines()


@pytest.fixture
def recorder(encoders: tuple[VideoEncoder, AudioEncoder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setattr(store, "RETRY_AFTER", 0.0)
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
    alert = {
        "event": "alert",
        "id": "rec:store",
        "type": "Failed to Create Output File or Socket",
        "message": "could not store index_m_00002.ts: OSError",
    }
    assert recorder.reports == [{**alert, "set": True}, {**alert, "set": False}]


def test_the_next_encoder_goes_on_behind_a_crash(recorder: Recorder) -> None:
    crashed = recorder.output()
    record(crashed, 5)
    while not recorder.journal.exists() or json.loads(recorder.journal.read_text())["number"] < 2:
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


def lines_of(recorder: Recorder, tag: str) -> list[str]:
    return [line.partition(":")[2] for line in recorder.playlist if line.startswith(tag)]


def test_a_live_group_names_the_last_segments_and_deletes_old_ones(recorder: Recorder) -> None:
    live = replace(GROUP, mode="LIVE", index=3, keep=5)
    recorder.store.broken.add("show/index_m_00002.ts")
    output = recorder.output(live)
    record(output, 18)
    output.finish(5)

    assert [line for line in recorder.playlist if line.endswith(".ts")] == [f"index_m_0000{n}.ts" for n in (7, 8, 9)]
    assert lines_of(recorder, "#EXT-X-MEDIA-SEQUENCE") == ["6"]  # eight were named in all
    assert lines_of(recorder, "#EXT-X-DISCONTINUITY-SEQUENCE") == ["1"]
    assert not lines_of(recorder, "#EXT-X-PLAYLIST-TYPE")
    assert sorted(recorder.store.segments) == [f"show/index_m_0000{n}.ts" for n in (5, 6, 7, 8, 9)]
    deleted = recorder.store.order.index("delete show/index_m_00001.ts")
    assert recorder.store.order[deleted - 2 : deleted] == ["show/index_m_00007.ts", "show/index_m.m3u8"]


def test_durations_dates_and_lengths_as_asked(recorder: Recorder) -> None:
    output = recorder.output(replace(GROUP, segment_length=4, date_time_period=8, whole_seconds=True))
    record(output, 15)
    output.finish(5)

    assert lines_of(recorder, "#EXTINF") == ["4,", "4,", "4,", "3,"]
    assert [line[17:19] for line in lines_of(recorder, "#EXT-X-PROGRAM-DATE-TIME")] == ["40", "48"]
    assert lines_of(recorder, "#EXT-X-TARGETDURATION") == ["4"]

    output = recorder.output(replace(GROUP, date_time=False))
    record(output, 2)
    output.finish(5)
    assert not lines_of(recorder, "#EXT-X-PROGRAM-DATE-TIME")


def test_the_last_segment_may_be_suppressed(recorder: Recorder) -> None:
    output = recorder.output(replace(GROUP, incomplete=False))
    record(output, 5)
    output.finish(5)

    assert lines_of(recorder, "#EXTINF") == ["2.00000,", "2.00000,"]
    assert recorder.playlist[-1] == "#EXT-X-ENDLIST"


def test_the_multivariant_playlist_waits_for_all_renditions(recorder: Recorder, tmp_path: Path) -> None:
    two = replace(GROUP, renditions=(*GROUP.renditions, HlsRendition("_$h$_$rv$k", "v", "a", "-$t$")))
    index = recorder.index(two)
    for number in (0, 1):
        assert "show/index.m3u8" not in recorder.store.texts
        output = recorder.output(two, index, number)
        record(output, 1)
        output.finish(5)

    text = recorder.store.texts["show/index.m3u8"]
    assert [line for line in text.splitlines() if line.endswith(".m3u8")] == ["index_m.m3u8", "index_48_100k.m3u8"]
    assert "index_48_100k-150640_00001.ts\n" in recorder.store.texts["show/index_48_100k.m3u8"]


def test_metadata_goes_where_it_is_wanted(recorder: Recorder) -> None:
    deaf = replace(GROUP, renditions=(HlsRendition("_m", "v", "a", metadata=False),))
    for group, heard in ((GROUP, [True, False]), (deaf, [False, False])):
        output = recorder.output(group)
        for unit in pictures(4):
            if unit.pts == CLOCK:
                output.insert(b"ID3-once")
                output.tag(b"ID3-each")
            output.add(unit)
        output.finish(5)
        segments = [recorder.store.segments[f"show/index_m_0000{n}.ts"] for n in (1, 2)]
        assert [b"ID3-once" in segment for segment in segments] == heard
        assert [b"ID3-each" in segment for segment in segments] == [False, group is GROUP]


def test_nothing_is_stored_of_nothing(recorder: Recorder) -> None:
    recorder.output().finish(5)

    assert recorder.store.order == []


def test_encoders_put_out_what_their_settings_say(encoders: tuple[VideoEncoder, AudioEncoder]) -> None:
    video, audio = encoders

    assert 'RESOLUTION=64x48,FRAME-RATE=30.000,CODECS="avc1.42' in multivariant(GROUP, {"v": video}, {"a": audio})
    assert len(audio.encode(np.zeros((2, 4_096), np.float32), 0)) >= 2
