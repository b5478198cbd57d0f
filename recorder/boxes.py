"""The boxes of an MP4 (ISO/IEC 14496-12, -14 and -15): tables of samples in, bytes out.

What stands in front of the media: ftyp, moov, free and the header of mdat. 64-bit times and offsets everywhere,
so that a film's length has no second form. Pure.
"""

import struct
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from recorder.demux import CLOCK, AudioFormat, VideoFormat

MDAT_HEADER = 16
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MP4_EPOCH = 2_082_844_800  # 1904-01-01 before 1970-01-01, in seconds
_HIGH = 100  # the profile from which on the configuration record tells the colour format

Edit = tuple[int, int]  # how long in ticks of 90 kHz, and from which time of the media on; -1 is nothing


@dataclass
class Track:
    """The samples of one stream in the order in which they are stored.

    A sample that begins within `TOLERANCE` of where the one before ends is there; else the one before is made longer
    or shorter. So rounded time stamps make no table, and what is missing is held.
    """

    timescale: int
    end: int = 0
    sizes: "array[int]" = field(default_factory=lambda: array("I"))
    keys: "array[int]" = field(default_factory=lambda: array("I"))
    durations: list[list[int]] = field(default_factory=list)  # how many, how long
    chunks: "array[int]" = field(default_factory=lambda: array("Q"))
    chunk_sizes: "array[int]" = field(default_factory=lambda: array("I"))  # in samples

    @property
    def tolerance(self) -> int:
        """Half a millisecond, so that picture and sound are never a millisecond apart."""
        return self.timescale // 2000

    def begin_chunk(self, offset: int) -> None:
        """What is added from here on lies from `offset` of the file on."""
        self.chunks.append(offset)
        self.chunk_sizes.append(0)

    def add(self, at: int, size: int, duration: int, key: bool = False) -> None:
        """`at` and `duration` in ticks of the timescale; the first sample's time is the media's zero."""
        if self.sizes and abs(at - self.end) > self.tolerance:
            self._stretch(at - self.end)
        self.sizes.append(size)
        self.chunk_sizes[-1] += 1
        if key:
            self.keys.append(len(self.sizes))
        self._count(duration)
        self.end += duration

    def _stretch(self, by: int) -> None:
        """Make the last sample longer, or shorter, but never as short as nothing."""
        last = self.durations[-1]
        duration = max(1, last[1] + by)
        self.end += duration - last[1]
        last[0] -= 1
        if not last[0]:
            self.durations.pop()
        self._count(duration)

    def _count(self, duration: int) -> None:
        if self.durations and self.durations[-1][1] == duration:
            self.durations[-1][0] += 1
        else:
            self.durations.append([1, duration])

    def table(self) -> bytes:
        """The boxes of `stbl` after its first, `stsd`."""
        boxes = [
            _table("stts", self.durations),
            _table("stsc", self._chunk_runs()),
            _full("stsz", struct.pack(">II", 0, len(self.sizes)) + _big_endian(self.sizes)),
            _full("co64", struct.pack(">I", len(self.chunks)) + _big_endian(self.chunks)),
        ]
        if self.keys:
            boxes.append(_full("stss", struct.pack(">I", len(self.keys)) + _big_endian(self.keys)))
        return b"".join(boxes)

    def _chunk_runs(self) -> list[tuple[int, int, int]]:
        runs, number = [], 1
        for samples, run in groupby(self.chunk_sizes):
            runs.append((number, samples, 1))
            number += len(list(run))
        return runs


@dataclass(frozen=True)
class VideoTrack:
    """`changing`: the parameter sets in the pictures are not always the format's."""

    samples: Track
    edits: list[Edit]
    format: VideoFormat
    changing: bool = False

    def box(self, number: int, duration: int, created: int) -> bytes:
        size = self.format.width << 16, self.format.height << 16
        header = _full("vmhd", bytes(8), flags=1)
        return _track(self, number, duration, created, "vide", header, self._entry(), size, volume=0)

    def _entry(self) -> bytes:
        """avc1's parameter sets are those of its record, avc3 may have others within (14496-15, 5.4.2.1)."""
        entry = struct.pack(">6xH16xHHII4xH", 1, self.format.width, self.format.height, 0x480000, 0x480000, 1)
        entry += bytes(32) + struct.pack(">Hh", 0x18, -1)
        return _box("avc3" if self.changing else "avc1", entry + _box("avcC", _avc_record(self.format)))


@dataclass(frozen=True)
class AudioTrack:
    samples: Track
    edits: list[Edit]
    format: AudioFormat

    def box(self, number: int, duration: int, created: int) -> bytes:
        header = _full("smhd", bytes(4))
        return _track(self, number, duration, created, "soun", header, self._entry(), (0, 0), volume=0x100)

    def _entry(self) -> bytes:
        entry = struct.pack(">6xH8xHH4xI", 1, self.format.channels, 16, self.format.rate << 16)
        return _box("mp4a", entry + _full("esds", _descriptors(self.format.config)))


def head(tracks: Iterable[VideoTrack | AudioTrack], duration: int, created: int, size: int, media: int) -> bytes | None:
    """What stands before the media's bytes, `size` bytes of it; None if that is not room enough.

    `duration` in ticks of 90 kHz, `created` in seconds since 1970, `media` how many bytes of media follow.
    """
    front = file_type() + movie(tracks, duration, created)
    room = size - len(front) - MDAT_HEADER
    if room != 0 and room < 8:
        return None
    return front + free(room) + media_header(media)


def file_type() -> bytes:
    return _box("ftyp", b"isom\0\0\2\0isomiso2avc1mp41")


def free(size: int) -> bytes:
    """A box of `size` bytes, 8 or more, that says nothing; none for 0."""
    return _box("free", bytes(size - 8)) if size else b""


def media_header(media: int) -> bytes:
    return struct.pack(">I4sQ", 1, b"mdat", MDAT_HEADER + media)


def movie(tracks: Iterable[VideoTrack | AudioTrack], duration: int, created: int) -> bytes:
    """The box `moov`."""
    boxes = [track.box(number, duration, created) for number, track in enumerate(tracks, 1)]
    time = created + _MP4_EPOCH
    header = struct.pack(">QQIQIH10x", time, time, CLOCK, duration, 0x10000, 0x100) + _MATRIX
    header += bytes(24) + struct.pack(">I", len(boxes) + 1)
    return _box("moov", _full("mvhd", header, version=1) + b"".join(boxes))


def _track(
    track: VideoTrack | AudioTrack,
    number: int,
    duration: int,
    created: int,
    kind: str,
    header: bytes,
    entry: bytes,
    size: tuple[int, int],
    volume: int,
) -> bytes:
    time = created + _MP4_EPOCH
    samples = track.samples
    track_header = struct.pack(">QQI4xQ8xHHH2x", time, time, number, duration, 0, 0, volume) + _MATRIX
    track_header += struct.pack(">II", *size)
    edits = b"".join(struct.pack(">QqHH", seconds, start, 1, 0) for seconds, start in track.edits)
    media_header = struct.pack(">QQIQHH", time, time, samples.timescale, samples.end, 0x55C4, 0)  # language: und
    handler = struct.pack(">4x4s12x", kind.encode()) + b"\0"
    sources = _box("dinf", _full("dref", struct.pack(">I", 1) + _full("url ", b"", flags=1)))
    table = _box("stbl", _full("stsd", struct.pack(">I", 1) + entry) + samples.table())
    return _box(
        "trak",
        _full("tkhd", track_header, version=1, flags=3)
        + _box("edts", _full("elst", struct.pack(">I", len(track.edits)) + edits, version=1))
        + _box(
            "mdia",
            _full("mdhd", media_header, version=1) + _full("hdlr", handler) + _box("minf", header + sources + table),
        ),
    )


def _avc_record(video: VideoFormat) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15, 5.3.3.1); from High on 4:2:0 of 8 bits, as MediaLive encodes."""
    record = b"\x01" + video.sps[0][1:4] + b"\xff" + bytes([0xE0 | len(video.sps)])
    record += b"".join(len(unit).to_bytes(2, "big") + unit for unit in video.sps)
    record += bytes([len(video.pps)]) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in video.pps)
    return record + (b"\xfd\xf8\xf8\0" if video.sps[0][1] >= _HIGH else b"")


def _descriptors(config: bytes) -> bytes:
    """ES_Descriptor (14496-1, 7.2.6.5) of AAC: object type 0x40, an audio stream."""
    decoder = _descriptor(4, b"\x40\x15" + bytes(11) + _descriptor(5, config))
    return _descriptor(3, b"\0\0\0" + decoder + _descriptor(6, b"\x02"))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def _box(kind: str, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind.encode()) + content


def _full(kind: str, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)


def _table(kind: str, rows: Iterable[Iterable[int]]) -> bytes:
    rows = [tuple(row) for row in rows]
    return _full(kind, struct.pack(">I", len(rows)) + _big_endian(array("I", (cell for row in rows for cell in row))))


def _big_endian(numbers: "array[int]") -> bytes:
    numbers = numbers[:]
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()
