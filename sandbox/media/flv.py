"""FLV tag bodies of H.264 and AAC, read and written (Adobe Flash Video File Format 10.1, annex E.4).

RTMP carries exactly these bodies. Other codecs are counted in `unsupported`, not decoded.
"""

from sandbox.media.bitstream import (
    CLOCK,
    AudioConfig,
    AudioUnit,
    VideoConfig,
    VideoUnit,
    coded,
    split_avcc,
)
from sandbox.media.chunks import AUDIO, VIDEO
from sandbox.media.rtmp import Tag

_AVC, _AAC = 7, 10
_HEADER, _UNIT = 0, 1
_KEY_FRAME, _INTER_FRAME = 1, 2
_AAC_STEREO_16BIT_44KHZ = 0xAF  # AAC is always announced so
_PER_MS = CLOCK // 1000


class FlvReader:
    """Tags in, access units out. The configurations are None until their tags came.

    Times continue over the wrap at 2**32 ms.
    """

    def __init__(self) -> None:
        self.video: VideoConfig | None = None
        self.audio: AudioConfig | None = None
        self.unsupported = 0
        self._last: int | None = None

    def read(self, tag: Tag) -> VideoUnit | AudioUnit | None:
        """The tag's access unit; None for headers, script data and what can't be decoded yet."""
        body = tag.body
        if tag.kind == VIDEO and len(body) >= 5:
            if body[0] & 0x80 or body[0] & 0x0F != _AVC:
                self.unsupported += 1
            elif body[1] == _HEADER:
                self.video = VideoConfig.from_record(body[5:])
            elif body[1] == _UNIT and self.video is not None:
                dts = self._time(tag.timestamp)
                pts = dts + int.from_bytes(body[2:5], "big", signed=True) * _PER_MS
                nal_units = coded(split_avcc(body[5:]))
                if nal_units:
                    return VideoUnit(pts, dts, body[0] >> 4 == _KEY_FRAME, nal_units)
        elif tag.kind == AUDIO and len(body) >= 2:
            if body[0] >> 4 != _AAC:
                self.unsupported += 1
            elif body[1] == _HEADER:
                self.audio = AudioConfig(body[2:])
            elif self.audio is not None and len(body) > 2:
                return AudioUnit(self._time(tag.timestamp), body[2:])
        return None

    def _time(self, timestamp: int) -> int:
        last = timestamp if self._last is None else self._last
        step = (timestamp - last + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        self._last = last + step
        return self._last * _PER_MS


def headers(video: VideoConfig, audio: AudioConfig) -> list[Tag]:
    """What a stream begins with."""
    return [
        Tag(VIDEO, 0, bytes([_KEY_FRAME << 4 | _AVC, _HEADER, 0, 0, 0]) + video.record()),
        Tag(AUDIO, 0, bytes([_AAC_STEREO_16BIT_44KHZ, _HEADER]) + audio.config),
    ]


def write(unit: VideoUnit | AudioUnit, origin: int) -> Tag | None:
    """The unit's tag, its time counted from `origin` (90 kHz); None if it lies before."""
    if isinstance(unit, VideoUnit):
        timestamp = round((unit.dts - origin) / _PER_MS)
        offset = round((unit.pts - unit.dts) / _PER_MS).to_bytes(3, "big", signed=True)
        frame = _KEY_FRAME if unit.key else _INTER_FRAME
        tag = Tag(VIDEO, timestamp, bytes([frame << 4 | _AVC, _UNIT]) + offset + unit.avcc())
    else:
        timestamp = round((unit.pts - origin) / _PER_MS)
        tag = Tag(AUDIO, timestamp, bytes([_AAC_STEREO_16BIT_44KHZ, _UNIT]) + unit.frame)
    return tag if timestamp >= 0 else None
