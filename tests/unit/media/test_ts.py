"""Transport streams, judged by FFmpeg's demuxer and decoders."""

import io
from collections import defaultdict
from fractions import Fraction

import av
import numpy as np
import pytest

from sandbox.media.bitstream import CLOCK, AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.segments import Segment, Segmenter
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.testcard import CARDS, color_of, counter_of, picture
from sandbox.media.ts import PACKET, SHIFT, TsMuxer, id3_txxx

RATE, GOP, FRAMES = 30, 15, 50


@pytest.fixture(scope="module")
def encoded() -> tuple[TsMuxer, list[VideoUnit | AudioUnit]]:
    video = VideoEncoder(VideoSettings("v", 160, 90, Fraction(RATE), 300_000, 300_000, GOP))
    audio = AudioEncoder(AudioSettings("a", 64_000, 48_000))
    units: list[VideoUnit | AudioUnit] = []
    for tick in range(FRAMES):
        image = picture(CARDS["host"], tick, 160, 90, flash=False)
        units += video.encode(av.VideoFrame.from_ndarray(image, format="rgb24"), tick)
        units += audio.encode(np.zeros((2, 1600), np.float32), tick * 1600)
    units += video.finish()
    return TsMuxer(video.config, audio.config), units


@pytest.fixture(scope="module")
def segments(encoded: tuple[TsMuxer, list[VideoUnit | AudioUnit]]) -> list[Segment]:
    muxer, units = encoded
    segmenter = Segmenter(muxer, 0.5)
    finished = []
    for number, unit in enumerate(units):
        if number == 20:
            segmenter.tag = id3_txxx("on air")
        finished.append(segmenter.add(unit))
    return [segment for segment in [*finished, segmenter.finish(1 / RATE)] if segment is not None]


def test_segments_are_cut_at_key_pictures(segments: list[Segment]) -> None:
    assert [segment.start for segment in segments] == [n * CLOCK // 2 for n in range(4)]
    assert [round(segment.duration, 3) for segment in segments] == [0.5, 0.5, 0.5, round(5 / 30, 3)]


def test_each_segment_decodes_alone(segments: list[Segment]) -> None:
    with av.open(io.BytesIO(segments[1].data), "r") as container:
        frames = list(container.decode(video=0))

    assert [counter_of(frame) for frame in frames] == list(range(GOP, 2 * GOP))
    assert {color_of(frame) for frame in frames} == {"host"}
    assert frames[0].pts == SHIFT + segments[1].start


def test_sound_lies_where_it_was_put(
    encoded: tuple[TsMuxer, list[VideoUnit | AudioUnit]], segments: list[Segment]
) -> None:
    whole = b"".join(segment.data for segment in segments)
    with av.open(io.BytesIO(whole), "r") as container:
        heard = [packet.pts for packet in container.demux(audio=0) if packet.pts is not None]

    said = [unit.pts + SHIFT for unit in encoded[1] if isinstance(unit, AudioUnit)]
    assert heard == said[said.index(heard[0]) :]
    assert len(heard) >= len(said) - 2  # what came before the first picture is dropped


def test_continuity_counters_run_on_over_segments(segments: list[Segment]) -> None:
    counters = defaultdict(list)
    data = b"".join(segment.data for segment in segments)
    assert len(data) % PACKET == 0
    for at in range(0, len(data), PACKET):
        packet = data[at : at + PACKET]
        assert packet[0] == 0x47
        counters[int.from_bytes(packet[1:3], "big") & 0x1FFF].append(packet[3] & 15)

    assert set(counters) == {0, 0x1000, 0x100, 0x101, 0x102}
    for values in counters.values():
        assert values == [n & 15 for n in range(len(values))]


def test_the_tag_is_timed_metadata_of_its_segments(segments: list[Segment]) -> None:
    tags = []
    for segment in segments:
        with av.open(io.BytesIO(segment.data), "r") as container:
            assert container.streams.data[0].type == "data"
            packets = [p for p in container.demux(container.streams.data[0]) if p.size]
            tags.append([(packet.pts, bytes(packet)) for packet in packets])

    expected = id3_txxx("on air")
    assert b"TXXX" in expected
    assert tags == [[]] + [[(SHIFT + segment.start, expected)] for segment in segments[1:]]


def test_payloads_of_every_length_arrive_whole() -> None:
    muxer = TsMuxer()
    for length in range(1, 2 * PACKET):
        data = muxer.write_id3(0, bytes([7]) * length)
        assert len(data) % PACKET == 0
        assert data.count(b"\x07" * min(length, 150)) >= 1


def test_times_wrap_as_mpegs_do() -> None:
    late = (1 << 33) + 5 - SHIFT
    packet = TsMuxer().write_id3(late, b"x")
    pes = packet[packet.index(b"\x00\x00\x01\xbd") :]

    stamp = pes[9:14]
    pts = (stamp[0] >> 1 & 7) << 30 | (stamp[1] << 8 | stamp[2]) >> 1 << 15 | (stamp[3] << 8 | stamp[4]) >> 1
    assert pts == 5
