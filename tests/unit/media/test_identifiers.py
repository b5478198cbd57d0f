"""The codes in names of files."""

from fractions import Fraction

import pytest

from sandbox.media.identifiers import resolved
from sandbox.media.settings import AudioSettings, VideoSettings

VIDEO = VideoSettings("v", 1280, 720, Fraction(30000, 1001), 3_500_000, 3_500_000, 60)
AUDIO = AudioSettings("a", 128_000, 48_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-$dt$", "-20250615T150640"),
        ("$d$_$t$", "20250615_150640"),
        ("$w$x$h$@$f$", "1280x720@29"),
        ("$rv$-$ra$-$rc$", "3500-128-3628"),
        ("$h%05$", "00720"),
        ("$$5", "$5"),
        ("$unknown$_plain", "$unknown$_plain"),
    ],
)
def test_codes(text: str, expected: str) -> None:
    assert resolved(text, VIDEO, AUDIO, 1_750_000_000.0) == expected
