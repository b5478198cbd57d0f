"""What a channel's description asks of the encoder: CreateChannel's content in, typed settings out.

Honoured: Width, Height, frame rate, GOP and bit rate of the H.264 descriptions, AAC's bit rate and sample
rate, ScalingBehavior; for the inputs see `input_settings`, for the output groups `output_settings`.
`Unsupported` names what else the description needs. Descriptions are encoded once each, however many outputs
use them.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sandbox.media.input_settings import FileInput, LossSettings, RtmpInput, read_inputs, read_loss
from sandbox.media.output_settings import OutputSettings, read_outputs
from sandbox.media.output_settings import Unsupported as Unsupported
from sandbox.media.sound import UNTOUCHED, SoundSettings, read_sound


@dataclass(frozen=True)
class VideoSettings:
    """`bitrate` and `buffer` in bit/s and bits, `gop` in frames; `stretch` instead of black bars."""

    name: str
    width: int
    height: int
    rate: Fraction
    bitrate: int
    buffer: int
    gop: int
    stretch: bool = False


@dataclass(frozen=True)
class AudioSettings:
    """`bitrate` in bit/s, `sample_rate` in Hz; `sound` is what happens to the sound before it is encoded."""

    name: str
    bitrate: int
    sample_rate: int
    sound: SoundSettings = UNTOUCHED


@dataclass(frozen=True)
class ChannelSettings:
    """All that the encoder needs. `start` is the attachment on air at the start, `start_path` completes its URL, and
    `start_action` is the switch that put it there.

    `described`: the video description's name of each output.
    """

    inputs: tuple[RtmpInput | FileInput, ...]
    start: str
    start_path: str | None
    start_action: str | None
    videos: tuple[VideoSettings, ...]
    audios: tuple[AudioSettings, ...]
    loss: LossSettings
    outputs: OutputSettings
    described: dict[str, str]
    thumbnails: bool

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
    attached = read_inputs(channel, inputs)
    videos = tuple(map(_video, encoder["VideoDescriptions"]))
    audios = tuple(_audio(each, encoder) for each in encoder["AudioDescriptions"])
    if len({video.rate for video in videos}) != 1 or len({audio.sample_rate for audio in audios}) != 1:
        raise Unsupported("all descriptions of a channel need one frame rate and one sample rate")
    return ChannelSettings(
        inputs=attached,
        start=channel.get("StartAttachment") or attached[0].attachment,
        start_path=next(iter(channel.get("StartUrlPath") or ()), None),
        start_action=channel.get("StartAction"),
        videos=videos,
        audios=audios,
        loss=read_loss(channel),
        outputs=read_outputs(channel, ivs_port),
        described={
            output["OutputName"]: output["VideoDescriptionName"]
            for group in encoder["OutputGroups"]
            for output in group["Outputs"]
            if "OutputName" in output and "VideoDescriptionName" in output
        },
        thumbnails=encoder.get("ThumbnailConfiguration", {}).get("State") == "AUTO",
    )


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
        stretch=description.get("ScalingBehavior") == "STRETCH_TO_OUTPUT",
    )


def _audio(description: dict[str, Any], encoder: dict[str, Any]) -> AudioSettings:
    settings = description.get("CodecSettings", {}).get("AacSettings", {})
    bitrate, sample_rate = settings.get("Bitrate", 128_000), settings.get("SampleRate", 48_000)
    return AudioSettings(description["Name"], round(bitrate), round(sample_rate), read_sound(description, encoder))
