"""H.264 and AAC as they travel: access units, and the three ways in which they are wrapped.

- Annex B: NAL units behind start codes (MPEG-TS, x264's output);
- AVCC: NAL units behind their length, parameter sets apart in an AVCDecoderConfigurationRecord (FLV, MP4);
- ADTS: AAC frames behind a header of 7 bytes (MPEG-TS), which in FLV stands once as an AudioSpecificConfig.

Times are in ticks of a 90 kHz clock, MPEG's own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

CLOCK = 90_000
START_CODE = b"\x00\x00\x00\x01"
_SPS, _PPS, _DELIMITER = 7, 8, 9
_SEPARATOR = re.compile(rb"\x00*\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """A stream's parameter sets (H.264 7.3.2.1, 7.3.2.2)."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]

    def record(self) -> bytes:
        """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), lengths of 4 bytes."""
        return b"".join(
            (
                b"\x01" + self.sps[0][1:4] + b"\xff",
                bytes([0xE0 | len(self.sps)]),
                *(len(unit).to_bytes(2, "big") + unit for unit in self.sps),
                bytes([len(self.pps)]),
                *(len(unit).to_bytes(2, "big") + unit for unit in self.pps),
            )
        )

    @classmethod
    def from_record(cls, record: bytes) -> "VideoConfig":
        """Raises ValueError if the record is not whole."""
        at = 5
        sets: list[tuple[bytes, ...]] = []
        for mask in (0x1F, 0xFF):
            count, at = int.from_bytes(record[at : at + 1], "big") & mask, at + 1
            units = []
            for _ in range(count):
                size, at = int.from_bytes(record[at : at + 2], "big"), at + 2
                units.append(record[at : at + size])
                at += size
            sets.append(tuple(units))
        if not all(sets) or not all(map(all, sets)) or any(len(sps) < 4 for sps in sets[0]):
            raise ValueError("no parameter sets")
        return cls(*sets)

    @classmethod
    def from_annex_b(cls, data: bytes) -> "VideoConfig":
        units = split(data)
        return cls(
            tuple(unit for unit in units if unit[0] & 0x1F == _SPS),
            tuple(unit for unit in units if unit[0] & 0x1F == _PPS),
        )

    def codec(self) -> str:
        """RFC 6381, e.g. avc1.42C01F."""
        return "avc1." + self.sps[0][1:4].hex().upper()


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of AAC."""

    config: bytes

    def adts(self, frame: bytes) -> bytes:
        """The frame behind its ADTS header (ISO/IEC 13818-7, 6.2)."""
        bits = int.from_bytes(self.config[:2], "big")
        profile, frequency, channels = (bits >> 11) - 1 & 3, bits >> 7 & 15, bits >> 3 & 15
        length = len(frame) + 7
        header = 0xFFF1 << 40 | profile << 38 | frequency << 34 | channels << 30 | length << 13 | 0x7FF << 2
        return header.to_bytes(7, "big") + frame


@dataclass(frozen=True, slots=True)
class VideoUnit:
    """One coded picture: NAL units without parameter sets and delimiters; `key` where a decoder may begin."""

    pts: int
    dts: int
    key: bool
    nal_units: tuple[bytes, ...]

    def annex_b(self, config: VideoConfig) -> bytes:
        """As MPEG-TS wants it: delimiter first, parameter sets before each key picture."""
        sets = (*config.sps, *config.pps) if self.key else ()
        return join((b"\x09\xf0", *sets, *self.nal_units))

    def avcc(self) -> bytes:
        return b"".join(len(unit).to_bytes(4, "big") + unit for unit in self.nal_units)


@dataclass(frozen=True, slots=True)
class AudioUnit:
    """One AAC frame without any header."""

    pts: int
    frame: bytes


def split(annex_b: bytes) -> list[bytes]:
    """The NAL units of Annex B bytes."""
    return [unit for unit in _SEPARATOR.split(annex_b) if unit]


def split_avcc(data: bytes) -> list[bytes]:
    """The NAL units of AVCC bytes with lengths of 4 bytes."""
    units, at = [], 0
    while at + 4 <= len(data):
        size, at = int.from_bytes(data[at : at + 4], "big"), at + 4
        units.append(data[at : at + size])
        at += size
    return [unit for unit in units if unit]


def join(nal_units: Iterable[bytes]) -> bytes:
    return b"".join(START_CODE + unit for unit in nal_units)


def coded(nal_units: Iterable[bytes]) -> tuple[bytes, ...]:
    """The NAL units without parameter sets and delimiters."""
    return tuple(unit for unit in nal_units if unit[0] & 0x1F not in (_SPS, _PPS, _DELIMITER))
