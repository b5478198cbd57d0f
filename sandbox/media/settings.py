"""What a channel's description asks of the encoder: CreateChannel's content in, typed settings out.

Honoured: Width, Height, frame rate, GOP and bit rate of the H.264 descriptions, AAC's bit rate and sample
rate, InputLossBehavior with a colour, RTMP groups, HLS groups to S3 in VOD mode, RTMP_PUSH inputs.
`Unsupported` names what else the description needs. Pictures are scaled to the size asked for without
letterbox. Descriptions are encoded once each, however many outputs use them.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

from sandbox.media.push import PushTarget

_IVS_INGEST = ".global-contribute.live-video.net"
_INFINITE_MSEC = 1_000_000  # InputLossBehavior's largest value means: forever


class Unsupported(ValueError):
    """The description asks for something that this encoder does not do."""


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
    """`bitrate` in bit/s."""

    name: str
    bitrate: int
    sample_rate: int


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
class RtmpOutput:
    """A push of one video and one audio description."""

    target: PushTarget
    video: str
    audio: str


@dataclass(frozen=True)
class HlsRendition:
    """One output of an HLS group."""

    modifier: str
    video: str
    audio: str


@dataclass(frozen=True)
class HlsGroup:
    """`path` is the destination's key without extension: index for `s3ssl://bucket/path/index`."""

    name: str
    bucket: str
    path: str
    segment_length: float
    date_time: bool
    tagging: bool
    renditions: tuple[HlsRendition, ...]


@dataclass(frozen=True)
class ChannelSettings:
    """All that the encoder needs; the first of `inputs` is on air at the start."""

    inputs: tuple[RtmpInput, ...]
    videos: tuple[VideoSettings, ...]
    audios: tuple[AudioSettings, ...]
    loss: LossSettings
    rtmp: tuple[RtmpOutput, ...]
    hls: tuple[HlsGroup, ...]

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
    urls = {destination["Id"]: destination["Settings"][0] for destination in channel["Destinations"]}
    videos = tuple(map(_video, encoder["VideoDescriptions"]))
    audios = tuple(map(_audio, encoder["AudioDescriptions"]))
    if len({video.rate for video in videos}) != 1 or len({audio.sample_rate for audio in audios}) != 1:
        raise Unsupported("all descriptions of a channel need one frame rate and one sample rate")
    rtmp: list[RtmpOutput] = []
    hls: list[HlsGroup] = []
    for group in encoder["OutputGroups"]:
        match group["OutputGroupSettings"]:
            case {"RtmpGroupSettings": _}:
                rtmp += [_rtmp_output(output, urls, ivs_port) for output in group["Outputs"]]
            case {"HlsGroupSettings": dict() as settings}:
                hls.append(_hls_group(group, settings, urls))
            case other:
                raise Unsupported(f"output group settings {', '.join(other)}")
    return ChannelSettings(
        inputs=tuple(_input(attachment, inputs) for attachment in channel["InputAttachments"]),
        videos=videos,
        audios=audios,
        loss=_loss(encoder.get("GlobalConfiguration", {}).get("InputLossBehavior", {})),
        rtmp=tuple(rtmp),
        hls=tuple(hls),
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


def _audio(description: dict[str, Any]) -> AudioSettings:
    settings = description.get("CodecSettings", {}).get("AacSettings", {})
    bitrate, sample_rate = settings.get("Bitrate", 128_000), settings.get("SampleRate", 48_000)
    return AudioSettings(description["Name"], round(bitrate), round(sample_rate))


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


def _rtmp_output(output: dict[str, Any], urls: dict[str, dict[str, Any]], ivs_port: int) -> RtmpOutput:
    settings = output["OutputSettings"]["RtmpOutputSettings"]
    destination = urls[settings["Destination"]["DestinationRefId"]]
    host = urlsplit(destination["Url"]).hostname or ""
    target = PushTarget(
        name=output.get("OutputName", "rtmp"),
        url=destination["Url"],
        stream=destination.get("StreamName", ""),
        retry_interval=settings.get("ConnectionRetryInterval", 2),
        retries=settings.get("NumRetries", 10),
        connect_to=("127.0.0.1", ivs_port) if host.endswith(_IVS_INGEST) else None,
    )
    return RtmpOutput(target, *_descriptions(output))


def _hls_group(group: dict[str, Any], settings: dict[str, Any], urls: dict[str, dict[str, Any]]) -> HlsGroup:
    url = urlsplit(urls[settings["Destination"]["DestinationRefId"]]["Url"])
    if settings.get("Mode", "LIVE") != "VOD" or url.scheme not in ("s3", "s3ssl"):
        raise Unsupported("HLS groups other than Mode VOD to S3")
    return HlsGroup(
        name=group.get("Name", "hls"),
        bucket=url.netloc,
        path=url.path.lstrip("/"),
        segment_length=settings.get("SegmentLength", 10),
        date_time=settings.get("ProgramDateTime", "EXCLUDE") == "INCLUDE",
        tagging=settings.get("HlsId3SegmentTagging", "DISABLED") == "ENABLED",
        renditions=tuple(map(_rendition, group["Outputs"])),
    )


def _rendition(output: dict[str, Any]) -> HlsRendition:
    modifier = output["OutputSettings"]["HlsOutputSettings"].get("NameModifier")
    if not modifier:
        raise Unsupported("HLS outputs without NameModifier")
    return HlsRendition(modifier, *_descriptions(output))


def _descriptions(output: dict[str, Any]) -> tuple[str, str]:
    audios = output.get("AudioDescriptionNames") or []
    if not output.get("VideoDescriptionName") or not audios:
        raise Unsupported("outputs without video or without audio")
    return output["VideoDescriptionName"], audios[0]
