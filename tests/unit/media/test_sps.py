"""The size and rate in a sequence parameter set, of x264's own and of a hand-made one."""

from fractions import Fraction

import pytest
from av import CodecContext

from sandbox.media.bitstream import VideoConfig
from sandbox.media.sps import Picture, read_sps


def encoded(width: int, height: int, rate: Fraction, options: dict[str, str], pixels: str = "yuv420p") -> bytes:
    codec = CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, pixels
    codec.framerate, codec.time_base = rate, 1 / rate
    codec.options = {"flags": "+global_header", "preset": "ultrafast", **options}
    codec.open()
    return VideoConfig.from_annex_b(codec.extradata or b"").sps[0]


@pytest.mark.parametrize(
    ("width", "height", "rate", "options", "pixels"),
    [
        (640, 360, Fraction(30), {}, "yuv420p"),
        (1920, 1080, Fraction(60), {"profile": "high"}, "yuv420p"),
        (1920, 1080, Fraction(25), {"x264-params": "interlaced=1"}, "yuv420p"),
        (320, 182, Fraction(30000, 1001), {"x264-params": "cqm=jvt:overscan=show:colorprim=bt709"}, "yuv420p"),
        (854, 480, Fraction(24), {}, "yuv444p"),
        (66, 50, Fraction(15), {"x264-params": "videoformat=pal:sar=3/4:chromaloc=2"}, "yuv422p"),
    ],
)
def test_what_x264_writes(width: int, height: int, rate: Fraction, options: dict[str, str], pixels: str) -> None:
    assert read_sps(encoded(width, height, rate, options, pixels)) == Picture(width, height, rate)


def test_half_a_set_is_told() -> None:
    whole = encoded(640, 360, Fraction(30), {})

    for length in range(1, 8):
        with pytest.raises(ValueError, match="ends early"):
            read_sps(whole[:length])
