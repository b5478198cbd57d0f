"""A stored segment taken apart: MPEG-TS in, the samples of an MP4 out.

H.264 leaves Annex B and gets lengths of 4 bytes before its NAL units (ISO/IEC 14496-15, 5.3.2); access unit
delimiters are dropped, parameter sets stay where they are: a re-encoded boundary segment has others than the
encoder's. AAC leaves its ADTS headers (ISO/IEC 13818-7, 6.2). Times are in ticks of 90 kHz.
"""

import io
from dataclasses import dataclass
from itertools import pairwise

import av

from recorder.errors import RecordingDamaged

CLOCK = 90_000
FRAME_SAMPLES = 1024  # of AAC-LC
_FAR = 60 * CLOCK  # what is as far away belongs to something else
_SPS, _PPS, _DELIMITER = 7, 8, 9
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
# The streams are known from the PMT: without probing, opening is six times as quick.
_UNPROBED = {"probesize": "32", "analyzeduration": "0"}


@dataclass(frozen=True, slots=True)
class Picture:
    """`data` is the sample; `key` where a decoder may begin."""

    pts: int
    data: bytes
    key: bool


@dataclass(frozen=True, slots=True)
class Sound:
    """`data` is one AAC frame."""

    pts: int
    data: bytes


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """Parameter sets and size in pixels."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """`config` is the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""

    config: bytes
    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment's samples in order; `sets` are the parameter sets of its first picture."""

    pictures: tuple[Picture, ...]
    sounds: tuple[Sound, ...]
    sets: tuple[tuple[bytes, ...], tuple[bytes, ...]]
    audio: AudioFormat | None


def demux(segment: bytes, name: str = "") -> Stored:
    """Raises RecordingDamaged if there is no picture to begin with, or one that is shown out of order."""
    pictures: list[Picture] = []
    sounds: list[Sound] = []
    sets: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
    audio: AudioFormat | None = None
    try:
        with av.open(
            io.BytesIO(segment), "r", format="mpegts", options=_UNPROBED, metadata_errors="replace"
        ) as container:
            if not container.streams.video:
                raise RecordingDamaged(f"The segment {name} has no picture.", segment=name)
            for packet in container.demux(container.streams.video[0], *container.streams.audio[:1]):
                if not packet.size or packet.pts is None:
                    continue
                data = bytes(packet)
                if packet.stream.type == "audio":
                    audio = audio or _audio_format(data)
                    sounds.append(Sound(packet.pts, _without_adts(data)))
                    continue
                if packet.dts is not None and packet.dts != packet.pts:
                    raise RecordingDamaged(f"The segment {name} has B-frames; a cut needs video without.", segment=name)
                units = _split(data)
                if not pictures:
                    sets = _of_type(units, _SPS), _of_type(units, _PPS)
                pictures.append(Picture(packet.pts, _sample(units), packet.is_keyframe))
    except av.FFmpegError as error:
        raise RecordingDamaged(f"The segment {name} can't be read: {error.strerror}.", segment=name) from error
    except IndexError as error:  # PyAV's answer to a stream that the first tables did not name
        raise RecordingDamaged(f"The segment {name} can't be read: its tables are damaged.", segment=name) from error
    if not pictures or not all(sets):
        raise RecordingDamaged(f"The segment {name} does not begin with a key picture.", segment=name)
    if any(not 0 < after.pts - picture.pts < _FAR for picture, after in pairwise(pictures)):
        raise RecordingDamaged(f"The segment {name} has time stamps that jump.", segment=name)
    heard = (sound for sound in sounds if pictures[0].pts - _FAR < sound.pts < pictures[-1].pts + _FAR)
    return Stored(tuple(pictures), tuple(heard), sets, audio)


def video_format(segment: bytes, stored: Stored) -> VideoFormat:
    """The size is read from the stream itself. Raises RecordingDamaged."""
    with av.open(io.BytesIO(segment), "r", format="mpegts") as container:
        context = container.streams.video[0].codec_context
        if not context.width or not context.height:
            raise RecordingDamaged("The first segment's pictures have no size.")
        return VideoFormat(*stored.sets, context.width, context.height)


def _split(annex_b: bytes) -> list[bytes]:
    """The NAL units; zeros before a start code belong to none (B.1.1)."""
    units = (unit.rstrip(b"\0") for unit in annex_b.split(b"\0\0\1"))
    return [unit for unit in units if unit]


def _of_type(units: list[bytes], kind: int) -> tuple[bytes, ...]:
    return tuple(unit for unit in units if unit[0] & 0x1F == kind)


def _sample(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units if unit[0] & 0x1F != _DELIMITER)


def _without_adts(frame: bytes) -> bytes:
    if frame[:1] != b"\xff" or len(frame) < 7:
        raise RecordingDamaged("The sound is not AAC with ADTS headers.")
    return frame[7:] if frame[1] & 1 else frame[9:]


def _audio_format(frame: bytes) -> AudioFormat:
    header = int.from_bytes(frame[:7].ljust(7, b"\0"), "big")
    profile, rate, channels = header >> 38 & 3, header >> 34 & 15, header >> 30 & 7
    if rate >= len(_RATES):
        raise RecordingDamaged("The sound's sample rate is not known.")
    config = (profile + 1 << 11 | rate << 7 | channels << 3).to_bytes(2, "big")
    return AudioFormat(config, _RATES[rate], channels)
