"""What a channel's description asks of the encoder: CreateChannel's content in, typed settings out.

Honoured: Width, Height, frame rate, GOP and bit rate of the H.264 descriptions, AAC's bit rate and sample
rate, InputLossBehavior with a colour, RTMP_PUSH inputs; for the output groups see `output_settings`.
`Unsupported` names what else the description needs. Pictures are scaled to the size asked for without
letterbox. Descriptions are encoded once each, however many outputs use them.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sandbox.media.output_settings import OutputSettings, read_outputs
from sandbox.media.output_settings import Unsupported as Unsupported
from sandbox.media.sound import UNTOUCHED, SoundSettings, read_sound

_INFINITE_MSEC = 1_000_000  # InputLossBehavior's largest value means: forever


@dataclass(frozen=True)
class VideoSettings:
    """`bitrate` and `buffer` in bit/s and bits, `gop` in frames."""

    name: str
    width: int
    height: int
    rate: Fraction
    bitrate: int
    buffer: int
    gop: int


@dataclass(frozen=True)
class AudioSettings:
    """`bitrate` in bit/s, `sample_rate` in Hz; `sound` is what happens to the sound before it is encoded."""

    name: str
    bitrate: int
    sample_rate: int
    sound: SoundSettings = UNTOUCHED


@dataclass(frozen=True)
class LossSettings:
    """Seconds of the last picture, then seconds of black, then the slate's colour (RGB)."""

    repeat: float = 1.0
    black: float = 1.0
    color: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class RtmpInput:
    """An attached push input; `stream_names` are `app/instance`, and secret."""

    attachment: str
    port: int
    stream_names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ChannelSettings:
    """All that the encoder needs; the first of `inputs` is on air at the start."""

    inputs: tuple[RtmpInput, ...]
    videos: tuple[VideoSettings, ...]
    audios: tuple[AudioSettings, ...]
    loss: LossSettings
    outputs: OutputSettings

    @property
    def rate(self) -> Fraction:
        """Pictures a second, the same in all descriptions."""
        return self.videos[0].rate

    @property
    def sample_rate(self) -> int:
        return self.audios[0].sample_rate


def read_channel(channel: dict[str, Any], inputs: dict[str, dict[str, Any]], ivs_port: int) -> ChannelSettings:
    """`channel` as CreateChannel has it, `inputs` by id; IVS's endpoints are found at `ivs_port`."""
    encoder = channel["EncoderSettings"]
    videos = tuple(map(_video, encoder["VideoDescriptions"]))
    audios = tuple(_audio(each, encoder) for each in encoder["AudioDescriptions"])
    if len({video.rate for video in videos}) != 1 or len({audio.sample_rate for audio in audios}) != 1:
        raise Unsupported("all descriptions of a channel need one frame rate and one sample rate")
    return ChannelSettings(
        inputs=tuple(_input(attachment, inputs) for attachment in channel["InputAttachments"]),
        videos=videos,
        audios=audios,
        loss=_loss(encoder.get("GlobalConfiguration", {}).get("InputLossBehavior", {})),
        outputs=read_outputs(channel, ivs_port),
    )


def _input(attachment: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> RtmpInput:
    description = inputs[attachment["InputId"]]
    if description["Type"] != "RTMP_PUSH":
        raise Unsupported(f"inputs of type {description['Type']}")
    name = attachment.get("InputAttachmentName") or attachment["InputId"]
    return RtmpInput(name, description["Port"], tuple(description["StreamNames"]))


def _video(description: dict[str, Any]) -> VideoSettings:
    settings = description.get("CodecSettings", {}).get("H264Settings")
    if settings is None or not description.get("Width") or not description.get("Height"):
        raise Unsupported("video without H264Settings, Width or Height")
    rate = Fraction(settings.get("FramerateNumerator", 30), settings.get("FramerateDenominator", 1))
    seconds = settings.get("GopSizeUnits", "FRAMES") == "SECONDS"
    size = settings.get("GopSize", 2.0 if seconds else 60)
    bitrate = settings.get("Bitrate") or settings.get("MaxBitrate") or 5_000_000
    return VideoSettings(
        name=description["Name"],
        width=description["Width"],
        height=description["Height"],
        rate=rate,
        bitrate=bitrate,
        buffer=settings.get("BufSize") or bitrate,
        gop=max(1, round(size * rate) if seconds else round(size)),
    )


def _audio(description: dict[str, Any], encoder: dict[str, Any]) -> AudioSettings:
    settings = description.get("CodecSettings", {}).get("AacSettings", {})
    bitrate, sample_rate = settings.get("Bitrate", 128_000), settings.get("SampleRate", 48_000)
    return AudioSettings(description["Name"], round(bitrate), round(sample_rate), read_sound(description, encoder))


def _loss(behavior: dict[str, Any]) -> LossSettings:
    default = LossSettings()
    color = behavior.get("InputLossImageColor", "000000")
    red, green, blue = bytes.fromhex(color)
    return LossSettings(
        repeat=_seconds(behavior.get("RepeatFrameMsec"), default.repeat),
        black=_seconds(behavior.get("BlackFrameMsec"), default.black),
        color=(red, green, blue),
    )


def _seconds(milliseconds: int | None, default: float) -> float:
    if milliseconds is None:
        return default
    return math.inf if milliseconds >= _INFINITE_MSEC else milliseconds / 1000
