"""Sound encoded again with silence instead of what lies outside a window, in the rhythm that it had.

A frame of AAC spans two blocks of 1,024 samples: a decoder needs the frame before, and the encoder the block after.
FFmpeg's encoder puts out one frame more than it takes, in front.
"""

from collections.abc import Sequence

import av
from av.audio.codeccontext import AudioCodecContext

from recorder.demux import CLOCK, FRAME_SAMPLES, AudioFormat, Sound
from recorder.errors import RecordingDamaged

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 7: "7.1"}  # by AAC's channel configuration
_LEAST_BITRATE = 96_000
_SAMPLE = 4  # bytes of a float

Block = list[bytearray]  # floats, a row a channel


def layout_of(audio: AudioFormat) -> str:
    """FFmpeg's name. Raises RecordingDamaged."""
    if audio.channels not in _LAYOUTS:
        raise RecordingDamaged(f"Sound with channel configuration {audio.channels} can't be encoded again.")
    return _LAYOUTS[audio.channels]


def silenced(
    audio: AudioFormat, own: Sequence[Sound], begin: int, until: int, before: Sequence[Sound], after: Sequence[Sound]
) -> list[Sound]:
    """The frames of `own` that sound from the time stamp `begin` on to before `until`.

    `before` and `after` are the neighbouring segments' frames, of use when they are next to `own`. When the window
    begins here, a frame in front is what the decoder starts from.
    """
    length = FRAME_SAMPLES * CLOCK / audio.rate
    kept = [number for number, sound in enumerate(own) if sound.pts + length > begin and sound.pts < until]
    if not kept:
        return []
    leading = [sound for sound in before[-2:] if 0 < own[0].pts - sound.pts < 2.5 * length]
    trailing = [sound for sound in after[:1] if 0 < sound.pts - own[-1].pts < 1.5 * length]
    heard = [*leading, *own, *trailing]
    blocks = _decoded(audio, heard)
    first, last = len(leading) + kept[0], len(leading) + kept[-1]
    fed: list[Block] = []
    for number in range(first - 1, last + 2):
        if 0 <= number < len(heard):
            fed.append(_between(blocks[number], audio, begin - heard[number].pts, until - heard[number].pts))
        else:
            fed.append([bytearray(len(row)) for row in blocks[0]])
    frames = _encoded(audio, fed, _bitrate(audio, own))[1:]
    sounds = [Sound(heard[first].pts - round(length), frames[0])] if begin > heard[first].pts - length else []
    sounds += [Sound(heard[number].pts, frames[number - first + 1]) for number in range(first, last + 1)]
    return sounds


def _decoded(audio: AudioFormat, sounds: Sequence[Sound]) -> list[Block]:
    codec = _context("r")
    codec.extradata = audio.config
    blocks: list[Block] = []
    for sound in sounds:
        frames = codec.decode(av.Packet(sound.data))
        if len(frames) != 1 or frames[0].samples != FRAME_SAMPLES or frames[0].format.name != "fltp":
            raise RecordingDamaged("The sound is not AAC-LC, and can't be encoded again.")
        blocks.append([bytearray(plane)[: FRAME_SAMPLES * _SAMPLE] for plane in frames[0].planes])
    return blocks


def _between(block: Block, audio: AudioFormat, begin: int, until: int) -> Block:
    """Silence before `begin` and from `until` on, both in ticks after the block's own beginning."""
    first, last = (min(max(round(ticks * audio.rate / CLOCK), 0), FRAME_SAMPLES) * _SAMPLE for ticks in (begin, until))
    return [bytearray(first) + row[first:last] + bytearray(len(row) - max(first, last)) for row in block]


def _encoded(audio: AudioFormat, blocks: list[Block], bitrate: int) -> list[bytes]:
    """One frame more than blocks, the first before the first block."""
    codec = _context("w")
    codec.sample_rate, codec.layout, codec.format = audio.rate, layout_of(audio), "fltp"
    codec.bit_rate = bitrate
    codec.options = {"threads": "1"}
    frames: list[bytes] = []
    for number, block in enumerate(blocks):
        frame = av.AudioFrame("fltp", layout_of(audio), FRAME_SAMPLES)
        frame.sample_rate, frame.pts = audio.rate, number * FRAME_SAMPLES
        for plane, row in zip(frame.planes, block, strict=True):
            plane.update(bytes(row))
        frames += [bytes(packet) for packet in codec.encode(frame)]
    return frames + [bytes(packet) for packet in codec.encode(None)]


def _context(mode: str) -> AudioCodecContext:
    context = av.CodecContext.create("aac", "r") if mode == "r" else av.CodecContext.create("aac", "w")
    assert isinstance(context, AudioCodecContext)
    return context


def _bitrate(audio: AudioFormat, sounds: Sequence[Sound]) -> int:
    """As it was, in bit/s."""
    size = sum(len(sound.data) for sound in sounds)
    return max(_LEAST_BITRATE, round(8 * size * audio.rate / (FRAME_SAMPLES * len(sounds))))
