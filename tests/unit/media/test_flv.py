import pytest

from sandbox.media import flv
from sandbox.media.bitstream import AudioConfig, AudioUnit, VideoConfig, VideoUnit
from sandbox.media.flv import FlvReader
from sandbox.media.rtmp import Tag

VIDEO = VideoConfig((b"\x67\x42\xc0\x0dsps",), (b"\x68pps",))
AUDIO = AudioConfig(b"\x11\x90")
KEY = VideoUnit(9_000, 5_400, True, (b"\x65picture", b"\x65slice"))


def reader() -> FlvReader:
    made = FlvReader()
    for tag in flv.headers(VIDEO, AUDIO):
        assert made.read(tag) is None
    return made


def test_what_is_written_is_read() -> None:
    made = reader()
    assert (made.video, made.audio) == (VIDEO, AUDIO)

    picture, sound = flv.write(KEY, origin=1_800), flv.write(AudioUnit(7_200, b"frame"), origin=1_800)

    assert picture
    assert made.read(picture) == VideoUnit(7_200, 3_600, True, KEY.nal_units)
    assert sound
    assert made.read(sound) == AudioUnit(5_400, b"frame")


def test_what_lies_before_the_origin_is_not_written() -> None:
    assert flv.write(AudioUnit(0, b"frame"), origin=90_000) is None


def test_times_go_on_over_the_wrap() -> None:
    made = reader()
    stamps = (0xFFFFFFF0, 0xFFFFFFFF, 0x10)

    units = [made.read(Tag(8, stamp, b"\xaf\x01frame")) for stamp in stamps]

    assert [unit.pts // 90 for unit in units if unit] == [0xFFFFFFF0, 0xFFFFFFFF, 0x100000010]


def test_nothing_can_be_read_before_the_headers() -> None:
    tag = flv.write(KEY, 0)
    assert tag is not None
    assert FlvReader().read(tag) is None


def test_other_codecs_are_counted() -> None:
    made = reader()

    assert made.read(Tag(9, 0, b"\x90hvc1xxxx")) is None
    assert made.read(Tag(9, 0, b"\x12\x01xxxxx")) is None
    assert made.read(Tag(8, 0, b"\x2f\x01xx")) is None
    assert made.unsupported == 3


@pytest.mark.parametrize("length", range(12))
def test_half_a_configuration_is_refused(length: int) -> None:
    with pytest.raises(ValueError):
        VideoConfig.from_record(VIDEO.record()[:length])
