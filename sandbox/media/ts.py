"""An MPEG transport stream of H.264, AAC and ID3 (ISO/IEC 13818-1): access units in, packets out.

One muxer serves all segments of an output, so that continuity counters run on from segment to segment, as
players expect. All times are shifted by `SHIFT`: AAC's first frame begins before zero, PTS may not.
ID3 in a stream of its own: Apple, Timed Metadata for HTTP Live Streaming, 2011.
"""

from sandbox.media.bitstream import CLOCK, AudioConfig, AudioUnit, VideoConfig, VideoUnit

PACKET = 188
SHIFT = 10 * CLOCK
_PCR_LEAD = CLOCK // 2  # how long before its decoding time a picture may arrive
_PMT_PID, _VIDEO_PID, _AUDIO_PID, _ID3_PID = 0x1000, 0x100, 0x101, 0x102
_H264, _AAC, _METADATA = 0x1B, 0x0F, 0x15
_VIDEO_STREAM, _AUDIO_STREAM, _PRIVATE_STREAM = 0xE0, 0xC0, 0xBD
_MODULUS = 1 << 33

# metadata_pointer_descriptor and metadata_descriptor (2.6.58, 2.6.60): application 'ID3 ', format 'ID3 '.
_ID3_POINTER = b"\x25\x0f\xff\xffID3 \xffID3 \x00\x1f\x00\x01"
_ID3_DESCRIPTOR = b"\x26\x0d\xff\xffID3 \xffID3 \x00\x0f"


class TsMuxer:
    """Packets of one program. Set `video` and `audio` before their first unit."""

    def __init__(self, video: VideoConfig | None = None, audio: AudioConfig | None = None) -> None:
        self.video = video
        self.audio = audio
        self._counters: dict[int, int] = {}

    def tables(self) -> bytes:
        """PAT and PMT: what every segment begins with."""
        pat = _section(0x00, 1, b"\x00\x01" + (0xE000 | _PMT_PID).to_bytes(2, "big"))
        streams = _stream(_H264, _VIDEO_PID) + _stream(_AAC, _AUDIO_PID)
        streams += _stream(_METADATA, _ID3_PID, _ID3_DESCRIPTOR)
        program = (0xE000 | _VIDEO_PID).to_bytes(2, "big") + _with_length(_ID3_POINTER)
        pmt = _section(0x02, 1, program + streams)
        return self._packets(0, b"\x00" + pat, psi=True) + self._packets(_PMT_PID, b"\x00" + pmt, psi=True)

    def write(self, unit: VideoUnit | AudioUnit) -> bytes:
        """The unit's packets."""
        if isinstance(unit, AudioUnit):
            if self.audio is None:
                return b""
            pes = _pes(_AUDIO_STREAM, unit.pts, None, self.audio.adts(unit.frame))
            return self._packets(_AUDIO_PID, pes)
        if self.video is None:
            return b""
        pes = _pes(_VIDEO_STREAM, unit.pts, unit.dts, unit.annex_b(self.video))
        return self._packets(_VIDEO_PID, pes, pcr=unit.dts, key=unit.key)

    def write_id3(self, pts: int, id3: bytes) -> bytes:
        """Packets of an ID3 tag that belongs to `pts`."""
        return self._packets(_ID3_PID, _pes(_PRIVATE_STREAM, pts, None, id3))

    def _packets(
        self, pid: int, payload: bytes, *, psi: bool = False, pcr: int | None = None, key: bool = False
    ) -> bytes:
        packets = []
        at, first = 0, True
        while first or at < len(payload):
            adaptation = b""
            if first and pcr is not None:
                adaptation = bytes([0x50 if key else 0x10]) + _pcr(pcr)
            room = PACKET - 4 - (len(adaptation) + 1 if adaptation else 0)
            chunk = payload[at : at + room]
            missing = room - len(chunk)
            if psi:
                chunk += b"\xff" * missing
            elif missing:
                adaptation = _stuffed(adaptation, missing)
            field = bytes([len(adaptation)]) + adaptation if adaptation or (missing and not psi) else b""
            counter = self._counters.get(pid, 0)
            self._counters[pid] = (counter + 1) & 15
            header = 0x47 << 24 | (0x400000 if first else 0) | pid << 8 | (0x30 if field else 0x10) | counter
            packets.append(header.to_bytes(4, "big") + field + chunk)
            at += room
            first = False
        return b"".join(packets)


def id3_txxx(text: str) -> bytes:
    """An ID3v2.4 tag with one TXXX frame (user defined text, UTF-8, no description)."""
    body = b"\x03\x00" + text.encode() + b"\x00"
    frame = b"TXXX" + _synchsafe(len(body)) + b"\x00\x00" + body
    return b"ID3\x04\x00\x00" + _synchsafe(len(frame)) + frame


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _stuffed(adaptation: bytes, missing: int) -> bytes:
    """An adaptation field (without its length byte) that takes `missing` bytes more than before."""
    if adaptation:
        return adaptation + b"\xff" * missing
    return b"" if missing == 1 else b"\x00" + b"\xff" * (missing - 2)


def _pcr(dts: int) -> bytes:
    base = (dts + SHIFT - _PCR_LEAD) % _MODULUS
    return (base << 15 | 0x7E00).to_bytes(6, "big")


def _pes(stream: int, pts: int, dts: int | None, payload: bytes) -> bytes:
    if dts is None or dts == pts:
        times = _timestamp(0x2, pts)
        flags = b"\x84\x80"
    else:
        times = _timestamp(0x3, pts) + _timestamp(0x1, dts)
        flags = b"\x84\xc0"
    length = 3 + len(times) + len(payload)
    bounded = length if length <= 0xFFFF and stream != _VIDEO_STREAM else 0
    header = b"\x00\x00\x01" + bytes([stream]) + bounded.to_bytes(2, "big") + flags + bytes([len(times)])
    return header + times + payload


def _timestamp(prefix: int, time: int) -> bytes:
    time = (time + SHIFT) % _MODULUS
    high, middle, low = time >> 30, time >> 15 & 0x7FFF, time & 0x7FFF
    return (prefix << 36 | high << 33 | 1 << 32 | middle << 17 | 1 << 16 | low << 1 | 1).to_bytes(5, "big")


def _stream(kind: int, pid: int, descriptors: bytes = b"") -> bytes:
    return bytes([kind]) + (0xE000 | pid).to_bytes(2, "big") + _with_length(descriptors)


def _with_length(descriptors: bytes) -> bytes:
    return (0xF000 | len(descriptors)).to_bytes(2, "big") + descriptors


def _section(table: int, number: int, content: bytes) -> bytes:
    length = 5 + len(content) + 4
    section = (
        bytes([table]) + (0xB000 | length).to_bytes(2, "big") + number.to_bytes(2, "big") + b"\xc1\x00\x00" + content
    )
    return section + _crc(section).to_bytes(4, "big")


def _crc(data: bytes) -> int:
    """CRC-32/MPEG-2."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
