"""Uploaded files: what MediaLive can play is made ready at the one loudness, the rest is refused with the reason."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from recorder.media import LOUDNESS, Made, check_image, make_copy, make_film
from sandbox.media.testcard import SAMPLE_RATE, Samples, write_clip
from sandbox.media.viewer import watch
from showrunner.errors import MediaRefused
from showrunner.sound import Level


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "card.mp4"
    write_clip(path, "callers", seconds=4, width=320, height=180)
    return path


def write(path: Path, codec: str = "libx264", layout: str = "stereo", rate: int = 44_100, level: float = 0.01) -> Path:
    """Two seconds, with B-frames where the codec has them; without a `layout` no sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        audio = container.add_stream("aac", rate=rate, layout=layout) if layout else None
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((96, 160, 3), number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            for number in range(2 * rate // 1024):
                wave = level * np.sin(2 * np.pi * 440 * np.arange(number * 1024, (number + 1) * 1024) / rate)
                channels = np.stack([wave] * len(audio.layout.channels)).astype(np.float32)
                sound = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
                sound.sample_rate, sound.pts, sound.time_base = rate, number * 1024, Fraction(1, rate)
                container.mux(audio.encode(sound))
            container.mux(audio.encode(None))
    return path


def refused(path: Path, tmp_path: Path) -> str:
    with pytest.raises(MediaRefused) as error:
        make_film(path, tmp_path / "ready.mp4")
    return error.value.message


def test_a_film_keeps_its_pictures_and_gets_the_loudness(card: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready.mp4"
    made = make_film(card, ready)
    assert (made.suffix, made.width, made.height, made.seconds) == ("mp4", 320, 180, 4.0)
    assert made.gain is not None
    assert made.gain < -1  # the card is louder
    before, after = watch(str(card)), watch(str(ready))
    assert [seen.counter for seen in after.pictures] == [seen.counter for seen in before.pictures]
    assert after.tone() == "callers"
    again = make_film(ready, tmp_path / "again.mp4")
    assert again.gain == pytest.approx(0, abs=0.3), f"not at {LOUDNESS} LUFS"


def test_a_quiet_film_with_other_settings_is_raised(tmp_path: Path) -> None:
    ready = tmp_path / "ready.mp4"
    made = make_film(write(tmp_path / "quiet.mp4"), ready)
    assert made.gain is not None
    assert made.gain > 20
    with av.open(str(ready)) as film:
        audio = film.streams.audio[0].codec_context
        assert (audio.sample_rate, audio.channels) == (48_000, 2)
        assert len(list(film.decode(video=0))) == 50
    assert make_film(ready, tmp_path / "again.mp4").gain == pytest.approx(0, abs=0.3)


def test_silence_is_left_as_it_is(tmp_path: Path) -> None:
    assert make_film(write(tmp_path / "silent.mp4", level=0.0), tmp_path / "ready.mp4").gain is None


@pytest.mark.parametrize("gain", [-6, 3])
def test_a_copy_at_a_level_has_the_same_pictures_and_that_much_more_or_less_sound(
    card: Path, tmp_path: Path, gain: int
) -> None:
    ready, copy = tmp_path / "ready.mp4", tmp_path / "copy.mp4"
    make_film(card, ready)
    make_copy(ready, copy, Level(gain))
    before, after = watch(str(ready)), watch(str(copy))
    assert [seen.counter for seen in after.pictures] == [seen.counter for seen in before.pictures]
    quiet = slice(round(0.2 * SAMPLE_RATE), round(0.9 * SAMPLE_RATE))  # of the card's second; no limit is met there
    assert level_of(after.sound[quiet]) - level_of(before.sound[quiet]) == pytest.approx(gain, abs=0.3)


def test_a_muted_copy_is_silent(card: Path, tmp_path: Path) -> None:
    make_copy(card, tmp_path / "mute.mp4", Level(mute=True))
    muted = watch(str(tmp_path / "mute.mp4"))
    assert (muted.color(), muted.tone(), len(muted.pictures)) == ("callers", "silence", 120)


def level_of(sound: Samples) -> float:
    """In dB of full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound)))))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"layout": "mono"}, "The sound must have two channels, not 1."),
        ({"layout": "5.1"}, "The sound must have two channels, not 6."),
        ({"layout": ""}, "must have picture and sound"),
        ({"codec": "mpeg4"}, "The picture must be H.264, not mpeg4."),
    ],
)
def test_what_medialive_does_not_play_beside_the_others_is_refused(
    made: dict[str, str], said: str, tmp_path: Path
) -> None:
    assert said in refused(write(tmp_path / "film.mp4", **made), tmp_path)  # type: ignore[arg-type]


def test_what_is_no_film_is_refused(card: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a film at all")
    assert "not an MP4 that can be decoded" in refused(tmp_path / "text.mp4", tmp_path)
    (tmp_path / "half.mp4").write_bytes(card.read_bytes()[: card.stat().st_size // 3])
    assert refused(tmp_path / "half.mp4", tmp_path)
    with av.open(str(card)) as source, av.open(str(tmp_path / "card.mkv"), "w") as other:
        copies = {each: other.add_stream_from_template(each) for each in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream]
                other.mux(packet)
    assert refused(tmp_path / "card.mkv", tmp_path) == "The file must be an MP4."


def image(path: Path, codec: str, size: int = 64, pixels: str = "") -> Path:
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream(codec, rate=1)
        stream.width = stream.height = size
        stream.pix_fmt = pixels or ("yuvj420p" if codec == "mjpeg" else "bgra" if codec == "targa" else "rgba")
        frame = av.VideoFrame.from_ndarray(np.zeros((size, size, 4), np.uint8), format="rgba")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_an_image_is_a_png_or_a_tga_that_fits(tmp_path: Path) -> None:
    assert check_image(image(tmp_path / "a.png", "png")) == Made("png", 64, 64)
    assert check_image(image(tmp_path / "a.tga", "targa")) == Made("tga", 64, 64)
    for path, said in (
        (image(tmp_path / "a.jpg", "mjpeg"), "must be a PNG"),
        (image(tmp_path / "large.png", "png", 2000), "1920x1080 are the most"),
        (image(tmp_path / "opaque.png", "png", pixels="rgb24"), "32 bits a pixel"),
        (Path(__file__), "can't be decoded"),
    ):
        with pytest.raises(MediaRefused, match=said):
            check_image(path)
