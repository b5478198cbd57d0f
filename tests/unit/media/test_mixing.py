"""Sources, the channel's clock and input loss, without a publisher and without real time."""

import itertools
import math
import queue
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest

from sandbox.media.bitstream import AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.input_settings import LossSettings
from sandbox.media.mixer import GRACE, Mixer, shown_after
from sandbox.media.rtmp import Tag
from sandbox.media.rundown import Rundown, Switch
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.source import Source
from sandbox.media.timeline import JITTER, Timeline

RATE = Fraction(30)


def frame() -> av.VideoFrame:
    return av.VideoFrame(16, 16, "yuv420p")


@pytest.mark.parametrize(
    ("age", "shown"),
    [(0.0, "picture"), (1.1, "picture"), (1.3, "black"), (3.1, "black"), (3.3, "slate"), (1e9, "slate")],
)
def test_repeat_then_black_then_slate(age: float, shown: str) -> None:
    assert shown_after(age, LossSettings(repeat=1.0, black=2.0)) == shown


def test_loss_for_ever_and_not_at_all() -> None:
    assert shown_after(1e9, LossSettings(repeat=math.inf)) == "picture"
    assert shown_after(1e9, LossSettings(repeat=0, black=math.inf)) == "black"
    assert shown_after(GRACE / 2, LossSettings(repeat=0, black=0)) == "picture"
    assert shown_after(GRACE * 2, LossSettings(repeat=0, black=0)) == "slate"


def test_the_first_picture_starts_the_clock() -> None:
    timeline = Timeline(RATE)
    source = Source("host", timeline, 48_000)
    source.begin(0.0)
    feed = source.connect(print)
    assert not timeline.started.is_set()

    source.add_picture(feed, 1234.5, frame())

    assert timeline.started.is_set()
    assert -JITTER <= timeline.now() <= 1.0
    shown = source.picture(0.0, patience=0)
    assert shown is not None
    assert shown[0] == 0.0


def test_each_tick_gets_its_picture_and_then_the_last_one() -> None:
    timeline = Timeline(RATE)
    source = Source("host", timeline, 48_000)
    source.begin(0.0)
    feed = source.connect(print)
    for stamp in (0.0, 0.033, 0.067):  # as RTMP rounds them
        source.add_picture(feed, stamp, frame())

    times = [picture[0] for n in range(5) if (picture := source.picture(timeline.seconds(n), 0))]

    assert times == [0.0, 0.033, 0.067, 0.067, 0.067]


def test_sound_lies_beside_its_picture_and_silence_around_it() -> None:
    timeline = Timeline(RATE)
    source = Source("host", timeline, 48_000)
    source.begin(0.0)
    feed = source.connect(print)
    ones = np.ones((2, 480), np.float32)
    source.add_sound(feed, 9.9, ones)  # before the first picture: no place to put it
    source.add_picture(feed, 10.0, frame())
    source.add_sound(feed, 10.1, ones)
    source.add_sound(feed, 10.1104, ones)  # 0.4 ms off: rounding, not a gap

    heard = source.sound(4_700, 1_300)[0]

    assert np.flatnonzero(heard).tolist() == list(range(100, 1_060))


def test_a_displaced_connection_reaches_nothing() -> None:
    timeline = Timeline(RATE)
    source = Source("host", timeline, 48_000)
    source.begin(0.0)
    old = source.connect(print)
    new = source.connect(print)

    source.add_picture(old, 0.0, frame())
    source.lost(old)
    assert source.picture(0.0, 0) is None
    assert source.connected

    source.add_picture(new, 5.0, frame())
    assert source.picture(0.0, 0) is not None


def test_a_jump_of_the_publishers_clock_is_followed() -> None:
    timeline = Timeline(RATE)
    source = Source("host", timeline, 48_000)
    source.begin(0.0)
    feed = source.connect(print)
    source.add_picture(feed, 0.0, frame())
    source.picture(0.0, 0)

    source.add_picture(feed, 5_000.0, frame())

    shown = source.picture(timeline.now() + JITTER + 0.1, patience=0)
    assert shown is not None
    assert shown[0] == pytest.approx(timeline.now() + JITTER, abs=0.2)


def a_mixer(timeline: Timeline, source: Source, deliver: Callable[[str, VideoUnit | AudioUnit], None]) -> Mixer:
    video = VideoEncoder(VideoSettings("v", 64, 48, RATE, 100_000, 100_000, 15))
    audio = AudioEncoder(AudioSettings("a", 64_000, 48_000))
    rundown = Rundown(Switch(None, "host"), lambda *_: source, lambda _: None, lambda _: None)
    return Mixer(timeline, rundown, LossSettings(), [video], [audio], deliver)


def test_output_begins_at_zero_and_has_no_gaps() -> None:
    timeline = Timeline(RATE)
    source = Source("host", timeline, 48_000)
    pictures: list[VideoUnit] = []
    sounds: list[AudioUnit] = []

    def deliver(name: str, unit: VideoUnit | AudioUnit) -> None:
        if isinstance(unit, VideoUnit):
            pictures.append(unit)
        else:
            sounds.append(unit)
        if len(pictures) == 20:
            mixer.stop()

    mixer = a_mixer(timeline, source, deliver)
    source.begin(0.0)
    source.add_picture(source.connect(print), 7.0, frame())
    mixer.run()

    assert [unit.pts for unit in pictures] == [3_000 * n for n in range(20)]
    assert [unit.key for unit in pictures] == [n % 15 == 0 for n in range(20)]
    assert {b.pts - a.pts for a, b in itertools.pairwise(sounds)} == {1_920}


def test_a_mixer_without_any_input_stops_and_has_put_out_nothing() -> None:
    timeline = Timeline(RATE)
    delivered: list[str] = []
    mixer = a_mixer(timeline, Source("host", timeline, 48_000), lambda name, _: delivered.append(name))

    mixer.stop()
    mixer.run()

    assert delivered == []


def test_an_input_that_is_not_on_air_does_not_start_the_clock() -> None:
    timeline = Timeline(RATE)
    host, callers = Source("host", timeline, 48_000), Source("callers", timeline, 48_000)
    host.begin(0.0)

    feed = callers.connect(print)
    callers.add_picture(feed, 3.0, frame())
    assert not timeline.started.is_set()
    assert callers.picture(0.0, 0) is None

    host.add_picture(host.connect(print), 1.0, frame())
    callers.add_picture(feed, 3.1, frame())
    assert timeline.started.is_set()
    shown = callers.picture(timeline.now() + 1, 0)
    assert shown is not None


def test_a_codec_that_cannot_be_decoded_is_told_once() -> None:
    told: queue.Queue[str] = queue.Queue()
    feed = Source("host", Timeline(RATE), 48_000).connect(told.put)

    for _ in range(3):
        feed.tag(Tag(9, 0, b"\x90hvc1xxxx"))
    feed.close()

    assert told.get(timeout=5) == "input host: only H.264 and AAC can be decoded"
    feed._thread.join(5)
    assert told.empty()
