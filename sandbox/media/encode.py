"""The encoders: one H.264 or AAC encoder a description, pictures and sound in, access units out."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from av import AudioFifo, CodecContext
from av.video.frame import PictureType

from sandbox.media.bitstream import CLOCK, AudioConfig, AudioUnit, VideoConfig, VideoUnit, coded, split
from sandbox.media.picture import scaled
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.sound import Sound, SoundDesk


class VideoEncoder:
    """x264 without look-ahead or B-frames, closed GOPs of fixed length."""

    def __init__(self, settings: VideoSettings) -> None:
        self.settings = settings
        gop = str(settings.gop)
        codec = CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = settings.width, settings.height, "yuv420p"
        codec.framerate, codec.time_base = settings.rate, 1 / settings.rate
        codec.bit_rate = settings.bitrate
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "g": gop,
            "keyint_min": gop,
            "sc_threshold": "0",
            "threads": "1",
            "flags": "+cgop+global_header",
            "maxrate": str(settings.bitrate),
            "bufsize": str(settings.buffer),
        }
        codec.open()
        self.config = VideoConfig.from_annex_b(codec.extradata or b"")
        self._codec = codec
        self._source: av.VideoFrame | None = None
        self._picture: av.VideoFrame | None = None

    def encode(
        self, frame: av.VideoFrame, tick: int, finish: Callable[[av.VideoFrame], av.VideoFrame] = lambda frame: frame
    ) -> list[VideoUnit]:
        """`frame` may be of any size and format; the same object again costs no scaling.

        `finish` gets the scaled picture and gives what is encoded: the same, or another one.
        """
        if self._picture is None or frame is not self._source:
            self._source, self._picture = frame, self._scaled(frame)
        picture = finish(self._picture)
        picture.pts, picture.time_base = tick, 1 / self.settings.rate
        picture.pict_type = PictureType.I if tick % self.settings.gop == 0 else PictureType.NONE
        return [self._unit(packet) for packet in self._codec.encode(picture)]

    def finish(self) -> list[VideoUnit]:
        return [self._unit(packet) for packet in self._codec.encode(None)]

    def _scaled(self, frame: av.VideoFrame) -> av.VideoFrame:
        return scaled(frame, self.settings.width, self.settings.height, self.settings.stretch)

    def _unit(self, packet: "av.Packet[Any]") -> VideoUnit:
        pts, dts = (round((time or 0) * CLOCK / self.settings.rate) for time in (packet.pts, packet.dts))
        return VideoUnit(pts, dts, packet.is_keyframe, coded(split(bytes(packet))))


class AudioEncoder:
    """AAC-LC, stereo. Takes any number of samples, at positions without gaps; the sound desk comes before it."""

    def __init__(self, settings: AudioSettings) -> None:
        self.settings = settings
        self._desk = SoundDesk(settings.sound, settings.sample_rate)
        codec = CodecContext.create("aac", "w")
        codec.sample_rate, codec.layout, codec.format = settings.sample_rate, "stereo", "fltp"
        codec.bit_rate = settings.bitrate
        codec.time_base = Fraction(1, settings.sample_rate)
        codec.options = {"flags": "+global_header"}
        codec.open()
        self.config = AudioConfig(codec.extradata or b"")
        self._codec = codec
        self._fifo = AudioFifo()

    def encode(self, samples: Sound, position: int) -> list[AudioUnit]:
        frame = av.AudioFrame.from_ndarray(self._desk(samples), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = self.settings.sample_rate, position
        frame.time_base = Fraction(1, self.settings.sample_rate)
        self._fifo.write(frame)
        return [
            self._unit(packet)
            for block in self._fifo.read_many(self._codec.frame_size)
            for packet in self._codec.encode(block)
        ]

    def _unit(self, packet: "av.Packet[Any]") -> AudioUnit:
        return AudioUnit(round((packet.pts or 0) * CLOCK / self.settings.sample_rate), bytes(packet))
