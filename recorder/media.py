"""Is an uploaded file fit to be played by a channel? Then it is made ready: its sound at the one loudness.

A track or a slate is an MP4 with H.264 and two channels of sound: what MediaLive plays beside the other inputs of a
channel, all of which need the same coding mode. The picture is copied, the sound is encoded again. A file is measured
by EBU R 128 (FFmpeg's ebur128) and raised or lowered by one gain; what would rise above `CEILING` is limited.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from recorder.checks import check
from recorder.errors import RecordingDamaged
from showrunner.errors import MediaRefused
from showrunner.sound import Level

LOUDNESS = -16.0  # LUFS, integrated
CEILING = 0.89  # of full scale: -1 dB
SILENT = -60.0  # LUFS below which nothing is levelled
LONGEST = 6 * 3600.0
LARGEST_IMAGE = (1920, 1080)
IMAGE_BITS = 32  # of a pixel: MediaLive takes no others
IMAGES = {"png": "png", "bmp": "bmp", "targa": "tga"}  # FFmpeg's decoder -> the suffix MediaLive knows
_RATE = 48_000
_BITRATE = 192_000


@dataclass(frozen=True)
class Made:
    """What was made ready. `gain` in dB; None for an image, and where there is nothing to level."""

    suffix: str
    width: int
    height: int
    seconds: float = 0.0
    gain: float | None = None


def make_film(uploaded: Path, ready: Path) -> Made:
    """Check a track or a slate and write it, levelled, to `ready`. Raises MediaRefused."""
    try:
        with av.open(str(uploaded), metadata_errors="replace") as container:
            width, height, seconds, frame = _film(container)
        with uploaded.open("rb") as file:
            check(file, seconds, frame)
        gain = _gain(uploaded)
        _write(uploaded, ready, [] if gain is None else _by(gain))
    except RecordingDamaged as error:
        raise MediaRefused(error.message.replace("The recording", "The file")) from None
    except av.FFmpegError as error:
        raise MediaRefused(f"The file is not an MP4 that can be decoded: {error.strerror}.") from None
    return Made("mp4", width, height, seconds, gain)


def check_image(uploaded: Path) -> Made:
    """Raises MediaRefused unless MediaLive can lay it over the picture."""
    try:
        with av.open(str(uploaded), metadata_errors="replace") as container:
            stream = next(iter(container.streams.video), None)
            codec = stream.codec_context.name if stream else ""
            if codec not in IMAGES:
                raise MediaRefused("An image must be a PNG, a BMP or a TGA.")
            frame = next(container.decode(video=0))
    except (av.FFmpegError, StopIteration):
        raise MediaRefused("The image can't be decoded. Send a PNG, a BMP or a TGA.") from None
    if sum(part.bits for part in frame.format.components) != IMAGE_BITS:
        raise MediaRefused("An image must have 32 bits a pixel. Save it with an alpha channel.")
    if frame.width > LARGEST_IMAGE[0] or frame.height > LARGEST_IMAGE[1]:
        raise MediaRefused(f"The image has {frame.width}x{frame.height} pixels; 1920x1080 are the most.")
    return Made(IMAGES[codec], frame.width, frame.height)


def _film(container: InputContainer) -> tuple[int, int, float, float]:
    """(width, height, seconds, seconds of a picture) of a film that MediaLive can play."""
    if "mp4" not in container.format.name:
        raise MediaRefused("The file must be an MP4.")
    if not container.streams.video or not container.streams.audio:
        raise MediaRefused("The file must have picture and sound; silence will do.")
    video, audio = container.streams.video[0], container.streams.audio[0]
    if video.codec_context.name != "h264":
        raise MediaRefused(f"The picture must be H.264, not {video.codec_context.name}.")
    if audio.codec_context is None or audio.codec_context.channels != 2:
        channels = audio.codec_context.channels if audio.codec_context else 0
        raise MediaRefused(f"The sound must have two channels, not {channels}.")
    seconds = float((video.duration or 0) * (video.time_base or 0))
    if not 1.0 <= seconds <= LONGEST:
        raise MediaRefused(f"The file lasts {seconds:.1f} s; it must last from 1 s to {LONGEST / 3600:.0f} hours.")
    return video.width, video.height, seconds, float(1 / (video.average_rate or 25))


def _gain(path: Path) -> float | None:
    """The dB that bring the sound to LOUDNESS; None for silence."""
    loudness = SILENT
    with av.open(str(path), metadata_errors="replace") as container:
        for frame in _filtered(container, ("ebur128", "metadata=1")):
            loudness = float(frame.metadata.get("lavfi.r128.I", loudness))
    return LOUDNESS - loudness if loudness > SILENT else None


def make_copy(ready: Path, copy: Path, level: Level) -> None:
    """Write a film that is ready once more, at a level; what would rise above `CEILING` is limited again."""
    _write(ready, copy, [("volume", "0")] if level.copy == "mute" else _by(level.gain_db))


def _by(gain: float) -> list[tuple[str, str]]:
    return [("volume", f"{gain:.2f}dB"), ("alimiter", f"limit={CEILING}:level=0:latency=1")]


def _write(uploaded: Path, ready: Path, chain: list[tuple[str, str]]) -> None:
    with (
        av.open(str(uploaded), metadata_errors="replace") as pictures,
        av.open(str(uploaded), metadata_errors="replace") as sounds,
        av.open(str(ready), "w", format="mp4", options={"movflags": "faststart"}) as film,
    ):
        source = pictures.streams.video[0]
        video = film.add_stream_from_template(source)
        audio = film.add_stream("aac", rate=_RATE, layout="stereo")
        audio.bit_rate = _BITRATE
        encoded = _encoded(sounds, audio, chain)
        sound = next(encoded, None)
        for packet in pictures.demux(source):
            if packet.dts is None:
                continue
            while sound is not None and _seconds(sound) <= _seconds(packet):
                film.mux(sound)
                sound = next(encoded, None)
            packet.stream = video
            film.mux(packet)
        while sound is not None:
            film.mux(sound)
            sound = next(encoded, None)


def _encoded(
    container: InputContainer, audio: AudioStream, chain: list[tuple[str, str]]
) -> "Iterator[av.Packet[AudioStream]]":
    for frame in _filtered(container, *chain, ("aformat", f"sample_fmts=fltp:sample_rates={_RATE}"), whole=True):
        yield from audio.encode(frame)
    yield from audio.encode(None)


def _filtered(container: InputContainer, *chain: tuple[str, str], whole: bool = False) -> Iterator[av.AudioFrame]:
    """The sound through a chain of filters, to its end; `whole`: in blocks as the encoder takes them."""
    audio = container.streams.audio[0]
    graph = av.filter.Graph()
    nodes = [graph.add_abuffer(template=audio), *(graph.add(*each) for each in chain)]
    nodes += [graph.add("asetnsamples", "n=1024:p=0")] if whole else []
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    for frame in _frames(container):
        graph.push(frame)
        while True:
            try:
                yield graph.pull()  # type: ignore[misc]
            except (av.BlockingIOError, av.EOFError):
                break


def _frames(container: InputContainer) -> Iterator[av.AudioFrame | None]:
    yield from container.decode(audio=0)
    yield None  # the end


def _seconds(packet: "av.Packet[Any]") -> float:
    return float((packet.dts or 0) * (packet.time_base or 0))
