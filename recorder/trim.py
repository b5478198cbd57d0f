"""A boundary segment without what lies outside the window: that piece is encoded again, and nothing else is in it.

Rules:
- pictures as `recorder.window` says; the first is a key picture, all follow without B-frames, at a quality that the
  eye does not tell from the encoder's;
- time stamps stay, so the piece and the segment beside it go on without a break;
- sound is encoded again with silence instead of what lies outside (`recorder.sound`); with the neighbours `before`
  and `after` it goes on without a click where the piece meets a segment that stays;
- the segment's ID3 tags go. The same segment gives the same bytes.
"""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from msgspec.structs import replace

from recorder.demux import CLOCK, FRAME_SAMPLES, AudioFormat, Sound, Stored, demux
from recorder.errors import RecordingDamaged
from recorder.sound import layout_of, silenced
from recorder.window import frame_length, inside, ticks
from showrunner.cut import Segment

_MODULUS = 1 << 33
_X264 = {"preset": "veryfast", "crf": "18", "bf": "0", "g": "600", "sc_threshold": "0", "threads": "1"}


@dataclass(frozen=True)
class Trimmed:
    """What is stored instead: the bytes, and the segment as a playlist should name them.

    It has other parameter sets than its neighbours: it and the segment after it begin with a discontinuity.
    """

    data: bytes
    segment: Segment


def trim(
    data: bytes,
    segment: Segment,
    start: datetime,
    end: datetime,
    before: bytes | None = None,
    after: bytes | None = None,
) -> Trimmed | None:
    """The part of a stored segment inside the window; None when no picture is. Whole segments stay as they are.

    Raises RecordingDamaged.
    """
    stored = demux(data, segment.uri)
    first, last = inside(stored, segment, start, end)
    if first >= last:
        return None
    zero = stored.pictures[0].pts
    begin, until = zero + ticks(start - segment.start), zero + ticks(end - segment.start)
    if last - first == len(stored.pictures) and _sounds_lie_inside(stored, begin, until):
        return Trimmed(data, segment)
    kept = [picture.pts for picture in stored.pictures[first:last]]
    frame = frame_length(stored, segment)
    try:
        neighbours = [demux(beside).sounds if beside else () for beside in (before, after)]
        sounds = silenced(stored.audio, stored.sounds, begin, until, *neighbours) if stored.audio else []
        piece = _encoded(data, kept, frame, sounds, stored.audio)
    except av.FFmpegError as error:
        raise RecordingDamaged(f"The segment {segment.uri} can't be encoded again: {error.strerror}.") from error
    moved = segment.start + timedelta(seconds=(kept[0] - zero) / CLOCK)
    seconds = (kept[-1] + frame - kept[0]) / CLOCK
    return Trimmed(piece, replace(segment, start=moved, seconds=seconds, discontinuity=True))


def _sounds_lie_inside(stored: Stored, begin: int, until: int) -> bool:
    """A sound may begin a frame before, as the decoder's start."""
    if stored.audio is None or not stored.sounds:
        return True
    length = FRAME_SAMPLES * CLOCK // stored.audio.rate
    return stored.sounds[0].pts >= begin - length and stored.sounds[-1].pts < until


def _encoded(data: bytes, kept: list[int], frame: int, sounds: list[Sound], audio: AudioFormat | None) -> bytes:
    """A transport stream of the pictures with these time stamps, and the sounds."""
    file = io.BytesIO()
    # FFmpeg reads the time stamps around the end of the 33 bits as negative ones; its muxer wants none.
    up = _MODULUS if min([kept[0], *(sound.pts for sound in sounds)]) < 0 else 0
    with (
        av.open(io.BytesIO(data), "r", format="mpegts") as source,
        av.open(file, "w", format="mpegts", options={"mpegts_copyts": "1"}) as container,
    ):
        original = source.streams.video[0]
        original.codec_context.thread_count = 1
        video = container.add_stream("libx264", rate=Fraction(CLOCK, frame), options=_X264)
        _like(video.codec_context, original.codec_context)
        heard = _sound_stream(container, audio) if audio is not None and sounds else None
        wanted = set(kept)
        for picture in source.decode(original):
            if picture.pts in wanted:
                picture.pts, picture.time_base = picture.pts + up, Fraction(1, CLOCK)
                picture.pict_type = PictureType.NONE
                container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if heard is not None:
            for sound in sounds:
                packet = av.Packet(sound.data)
                packet.pts = packet.dts = sound.pts + up
                packet.time_base, packet.stream = Fraction(1, CLOCK), heard
                container.mux(packet)
    return file.getvalue()


def _like(context: VideoCodecContext, original: VideoCodecContext) -> None:
    """Size, pixels and colours of the original."""
    context.width, context.height, context.pix_fmt = original.width, original.height, original.pix_fmt
    context.time_base = Fraction(1, CLOCK)
    context.color_range, context.colorspace = original.color_range, original.colorspace
    context.color_primaries, context.color_trc = original.color_primaries, original.color_trc


def _sound_stream(container: OutputContainer, audio: AudioFormat) -> AudioStream:
    """A stream for frames of AAC that are there already."""
    stream = container.add_stream("aac", rate=audio.rate, layout=layout_of(audio))
    assert isinstance(stream, AudioStream)
    return stream
