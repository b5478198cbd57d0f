"""What a channel's output groups ask for: RTMP pushes, HLS and archive files on S3, as typed settings.

Sources: botocore's model of MediaLive (RtmpGroupSettings, HlsGroupSettings, ArchiveGroupSettings and their
outputs) and the user guide's 'Identifiers for variable data'. Where the model gives no default, ours are the
console's. `Unsupported` names what the encoder does not do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from sandbox.media.push import PushTarget

_IVS_INGEST = ".global-contribute.live-video.net"

# Settings of which the encoder does one value only: what would be stored or sent otherwise differs.
_ONLY: Mapping[str, str | None] = {
    "DirectoryStructure": "SINGLE_DIRECTORY",
    "DiscontinuityTags": "INSERT",
    "EncryptionType": None,
    "IFrameOnlyPlaylists": "DISABLED",
    "InputLossAction": "EMIT_OUTPUT",
    "ManifestCompression": "NONE",
    "OutputSelection": "MANIFESTS_AND_SEGMENTS",
    "TsFileMode": "SEGMENTED_FILES",
}

Destinations = Mapping[str, dict[str, Any]]


class Unsupported(ValueError):
    """The description asks for something that this encoder does not do."""


@dataclass(frozen=True)
class RtmpOutput:
    """A push of one video and one audio description."""

    target: PushTarget
    video: str
    audio: str


@dataclass(frozen=True)
class HlsRendition:
    """One output of an HLS group. `metadata`: ID3 may be put into its segments (TimedMetadataBehavior)."""

    modifier: str
    video: str
    audio: str
    segment_modifier: str = ""
    metadata: bool = True


@dataclass(frozen=True)
class HlsGroup:
    """`path` is the destination's key without extension: index for `s3ssl://bucket/path/index`.

    `segment_length` and `date_time_period` in seconds; `index` (IndexNSegments) and `keep` (KeepSegments) count
    segments and matter in mode LIVE only; `whole_seconds` is ManifestDurationFormat INTEGER; `incomplete`: the last
    segment is stored too (IncompleteSegmentBehavior other than SUPPRESS).
    """

    name: str
    bucket: str
    path: str
    renditions: tuple[HlsRendition, ...]
    mode: Literal["LIVE", "VOD"] = "LIVE"
    segment_length: float = 10.0
    date_time: bool = False
    date_time_period: float = 600.0
    tagging: bool = False
    whole_seconds: bool = False
    index: int = 10
    keep: int = 21
    incomplete: bool = True


@dataclass(frozen=True)
class ArchiveOutput:
    """One output of an archive group."""

    modifier: str
    extension: str
    video: str
    audio: str


@dataclass(frozen=True)
class ArchiveGroup:
    """`path` is the destination's key without extension; `rollover` in seconds."""

    name: str
    bucket: str
    path: str
    outputs: tuple[ArchiveOutput, ...]
    rollover: float = 300.0


@dataclass(frozen=True)
class OutputSettings:
    """All output groups of a channel."""

    rtmp: tuple[RtmpOutput, ...] = field(default=())
    hls: tuple[HlsGroup, ...] = field(default=())
    archive: tuple[ArchiveGroup, ...] = field(default=())


def read_outputs(channel: dict[str, Any], ivs_port: int) -> OutputSettings:
    """`channel` as CreateChannel has it; IVS's endpoints are found at `ivs_port`."""
    destinations = {each["Id"]: each["Settings"][0] for each in channel["Destinations"] if each.get("Settings")}
    rtmp: list[RtmpOutput] = []
    hls: list[HlsGroup] = []
    archive: list[ArchiveGroup] = []
    for group in channel["EncoderSettings"]["OutputGroups"]:
        _refuse_others(group)
        match group["OutputGroupSettings"]:
            case {"RtmpGroupSettings": dict() as settings}:
                rtmp += [_rtmp_output(output, settings, destinations, ivs_port) for output in group["Outputs"]]
            case {"HlsGroupSettings": dict() as settings}:
                hls.append(_hls_group(group, settings, destinations))
            case {"ArchiveGroupSettings": dict() as settings}:
                archive.append(_archive_group(group, settings, destinations))
            case other:
                raise Unsupported(f"output group settings {', '.join(other)}")
    return OutputSettings(tuple(rtmp), tuple(hls), tuple(archive))


def _refuse_others(group: dict[str, Any]) -> None:
    for settings in group["OutputGroupSettings"].values():
        for name, only in _ONLY.items():
            if settings.get(name, only) != only:
                raise Unsupported(f"{name} {settings[name]}")


def _rtmp_output(
    output: dict[str, Any], group: dict[str, Any], destinations: Destinations, ivs_port: int
) -> RtmpOutput:
    settings = output["OutputSettings"]["RtmpOutputSettings"]
    destination = destinations[settings["Destination"]["DestinationRefId"]]
    host = urlsplit(destination["Url"]).hostname or ""
    target = PushTarget(
        name=output.get("OutputName", "rtmp"),
        url=destination["Url"],
        stream=destination.get("StreamName", ""),
        retry_interval=settings.get("ConnectionRetryInterval", 2),
        retries=settings.get("NumRetries", 10),
        cache=group.get("CacheLength", 30),
        wait_for_server=group.get("CacheFullBehavior") == "WAIT_FOR_SERVER",
        restart_delay=group.get("RestartDelay", 15),
        verify=settings.get("CertificateMode") != "SELF_SIGNED",
        connect_to=("127.0.0.1", ivs_port) if host.endswith(_IVS_INGEST) else None,
    )
    return RtmpOutput(target, *_descriptions(output))


def _hls_group(group: dict[str, Any], settings: dict[str, Any], destinations: Destinations) -> HlsGroup:
    bucket, path = _s3(settings, destinations)
    return HlsGroup(
        name=group.get("Name", "hls"),
        bucket=bucket,
        path=path,
        renditions=tuple(map(_rendition, group["Outputs"])),
        mode=settings.get("Mode", "LIVE"),
        segment_length=settings.get("SegmentLength", 10),
        date_time=settings.get("ProgramDateTime", "EXCLUDE") == "INCLUDE",
        date_time_period=settings.get("ProgramDateTimePeriod", 600),
        tagging=settings.get("HlsId3SegmentTagging", "DISABLED") == "ENABLED",
        whole_seconds=settings.get("ManifestDurationFormat", "FLOATING_POINT") == "INTEGER",
        index=settings.get("IndexNSegments", 10),
        keep=settings.get("KeepSegments", 21),
        incomplete=settings.get("IncompleteSegmentBehavior", "AUTO") != "SUPPRESS",
    )


def _rendition(output: dict[str, Any]) -> HlsRendition:
    settings = output["OutputSettings"]["HlsOutputSettings"]
    if not settings.get("NameModifier"):
        raise Unsupported("HLS outputs without NameModifier")
    stream = settings.get("HlsSettings", {}).get("StandardHlsSettings", {}).get("M3u8Settings", {})
    return HlsRendition(
        settings["NameModifier"],
        *_descriptions(output),
        segment_modifier=settings.get("SegmentModifier", ""),
        metadata=stream.get("TimedMetadataBehavior", "NO_PASSTHROUGH") == "PASSTHROUGH",
    )


def _archive_group(group: dict[str, Any], settings: dict[str, Any], destinations: Destinations) -> ArchiveGroup:
    bucket, path = _s3(settings, destinations)
    return ArchiveGroup(
        name=group.get("Name", "archive"),
        bucket=bucket,
        path=path,
        outputs=tuple(map(_archive_output, group["Outputs"])),
        rollover=settings.get("RolloverInterval", 300),
    )


def _archive_output(output: dict[str, Any]) -> ArchiveOutput:
    settings = output["OutputSettings"]["ArchiveOutputSettings"]
    if "RawSettings" in settings.get("ContainerSettings", {}):
        raise Unsupported("archive outputs without a container")
    return ArchiveOutput(settings.get("NameModifier", ""), settings.get("Extension") or "m2ts", *_descriptions(output))


def _s3(settings: dict[str, Any], destinations: Destinations) -> tuple[str, str]:
    """Bucket and key of a group's destination."""
    url = urlsplit(destinations[settings["Destination"]["DestinationRefId"]]["Url"])
    if url.scheme not in ("s3", "s3ssl"):
        raise Unsupported("HLS and archive files elsewhere than on S3")
    return url.netloc, url.path.lstrip("/")


def _descriptions(output: dict[str, Any]) -> tuple[str, str]:
    audios = output.get("AudioDescriptionNames") or []
    if not output.get("VideoDescriptionName") or not audios:
        raise Unsupported("outputs without video or without audio")
    return output["VideoDescriptionName"], audios[0]
