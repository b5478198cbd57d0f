"""What MediaLive refuses of a CreateChannel or UpdateChannel that fits botocore's shapes.

CreateChannel, each with 422 UnprocessableEntityException and the element's path (all faults at once):
- an attachment, a destination with the settings that the channel's class needs (one, or two when STANDARD), the
  input specification and the encoder settings are there; a role, if named, is an IAM role's ARN;
- names are not doubled: attachments, destinations, descriptions, selectors, output groups, outputs;
- references do not dangle: descriptions of outputs, audio selectors, destinations;
- settings of which there is a choice are exactly one (`ONE_OF`), and an output's are of its group's kind;
- inputs, audio selectors and failover pairs are as `sandbox.medialive.attachments` has it;
- there are at most 40 audio descriptions (user guide, limits);
- RTMP outputs take H.264 and one AAC, an rtmp(s) URL and a stream name; archives go to S3, HLS to S3, MediaStore or a
  web server; a bucket's name in an s3ssl URL has no dots; there are at most one archive group and three of frame
  captures (user guide, containers and downstream systems);
- HLS outputs have name modifiers of their own (user guide, HLS destinations); so have archive outputs if there are
  several (API reference); a standard channel's two destinations differ (user guide, setting up destinations);
- RemixSettings make 1, 2, 4, 6 or 8 channels (API reference);
- a frame rate that is SPECIFIED has a numerator and a denominator.

An input can be attached once, in one channel: else 409 ConflictException, see `attached_once`.
Of an UpdateInput see `attached_input`; what the schedule needs of an update is `Schedule.misfits`.
CreateInput: 400 BadRequestException, see `sandbox.medialive.inputs`.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from sandbox.awsapi import service_model
from sandbox.errors import AwsError
from sandbox.medialive import attachments
from sandbox.medialive.attachments import Fault, selector_names
from sandbox.medialive.inputs import Input
from sandbox.medialive.schedule import unprocessable

Request = dict[str, Any]
Path = tuple[str | int, ...]

ONE_OF = frozenset(
    {
        "ArchiveCdnSettings",
        "ArchiveContainerSettings",
        "AudioCodecSettings",
        "AudioSelectorSettings",
        "CaptionDestinationSettings",
        "CaptionSelectorSettings",
        "FailoverConditionSettings",
        "HlsCdnSettings",
        "HlsSettings",
        "OutputGroupSettings",
        "OutputSettings",
        "UdpContainerSettings",
        "VideoCodecSettings",
    }
)
"""Shapes of which exactly one member must be set."""

MOST_RULES = 10
MOST_AUDIOS = 40
MOST_GROUPS = {"Archive": 1, "FrameCapture": 3}
HLS_SCHEMES = ("s3://", "s3ssl://", "mediastoressl://", "http://", "https://")
REMIXED = (1, 2, 4, 6, 8)
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")


def channel_request(request: Request, inputs: Mapping[str, Input]) -> None:
    """Raise AwsError for a CreateChannel that MediaLive refuses. `inputs`: those that there are, by id."""
    faults = list(_missing(request))
    if not faults:
        faults = [fault for rule in RULES for fault in rule(request)]
        faults += attachments.faults(request["InputAttachments"], inputs, _class(request))
    if faults:
        raise unprocessable(faults)


def attached_once(request: Request, attached: Collection[str]) -> None:
    """Raise AwsError if an input is named twice, or is among those that are `attached` already."""
    seen = set(attached)
    for attachment in request["InputAttachments"]:
        if attachment["InputId"] in seen:
            raise AwsError(
                "ConflictException", f"inputId={attachment['InputId']} is already attached to a channel", 409
            )
        seen.add(attachment["InputId"])


def attached_input(update: Request, channel: Request) -> None:
    """Raise AwsError for an UpdateInput that would leave a STANDARD channel's input with one source.

    Not verified against AWS.
    """
    sources = update["Sources"]
    if sources and _class(channel) == "STANDARD" and len(sources) != 2:
        raise AwsError("ConflictException", "The input is attached to a STANDARD channel: it needs two sources", 409)


def security_group_request(request: Request) -> None:
    """Raise AwsError for a CreateInputSecurityGroup that MediaLive refuses."""
    rules = request.get("WhitelistRules", [])
    if len(rules) > MOST_RULES:
        raise _bad(f"An input security group has at most {MOST_RULES} rules")
    for rule in rules:
        try:
            ipaddress.IPv4Network(rule.get("Cidr", ""))
        except ValueError:
            raise _bad("A rule's cidr must be an IPv4 network such as 203.0.113.0/24") from None


def _bad(message: str) -> AwsError:
    return AwsError("BadRequestException", message, 400)


# Rules on CreateChannel: each yields its faults


def _missing(request: Request) -> Iterator[Fault]:
    for member in ("InputAttachments", "Destinations", "InputSpecification", "EncoderSettings"):
        if not request.get(member):
            yield _wire(member), "This must be set"
    for at, attachment in enumerate(request.get("InputAttachments", [])):
        for member in ("InputId", "InputAttachmentName"):
            if not attachment.get(member):
                yield f"inputAttachments[{at}].{_wire(member)}", "This must be set"


def _role(request: Request) -> Iterator[Fault]:
    if "RoleArn" in request and not ROLE.fullmatch(request["RoleArn"]):
        yield "roleArn", "This must be the ARN of an IAM role"


def _choices(request: Request) -> Iterator[Fault]:
    checked = {member: request[member] for member in ("EncoderSettings", "InputAttachments")}
    for path, shape in _undecided(_create_channel_shape(), checked, ()):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{_wire(step)}" for step in path)
        yield where.lstrip("."), f"{shape.name} must contain exactly one property: {', '.join(shape.members)}"


@cache
def _create_channel_shape() -> Shape:
    """Kept, because botocore makes the members of each of its shapes once."""
    return service_model("medialive").shape_for("CreateChannelRequest")


def _undecided(shape: Shape, value: Any, path: Path) -> list[tuple[Path, StructureShape]]:
    """The structures of `ONE_OF` in which not exactly one member is set."""
    found = []
    if isinstance(shape, StructureShape):
        if shape.name in ONE_OF and len(value) != 1:
            found.append((path, shape))
        for name, each in value.items():
            if isinstance(each, dict | list):
                found += _undecided(shape.members[name], each, (*path, name))
    elif isinstance(shape, ListShape):
        for at, each in enumerate(value):
            found += _undecided(shape.member, each, (*path, at))
    return found


def _names(request: Request) -> Iterator[Fault]:
    encoder = request["EncoderSettings"]
    outputs = [output for group in encoder["OutputGroups"] for output in group["Outputs"]]
    named = {
        "inputAttachments": [each.get("InputAttachmentName") for each in request["InputAttachments"]],
        "destinations": [each.get("Id") for each in request["Destinations"]],
        "encoderSettings.videoDescriptions": [each["Name"] for each in encoder["VideoDescriptions"]],
        "encoderSettings.audioDescriptions": [each["Name"] for each in encoder["AudioDescriptions"]],
        "encoderSettings.captionDescriptions": [each["Name"] for each in encoder.get("CaptionDescriptions", [])],
        "encoderSettings.outputGroups": [each.get("Name") for each in encoder["OutputGroups"]],
        "encoderSettings.outputGroups.outputs": [each.get("OutputName") for each in outputs],
    }
    for at, attachment in enumerate(request["InputAttachments"]):
        for kind in ("AudioSelectors", "CaptionSelectors"):
            named[f"inputAttachments[{at}].inputSettings.{_wire(kind)}"] = selector_names(attachment, kind)
    for path, names in named.items():
        if doubled := [name for name, times in Counter(names).items() if name and times > 1]:
            yield path, f"Names must be unique: {', '.join(doubled)}"


def _references(request: Request) -> Iterator[Fault]:
    encoder = request["EncoderSettings"]
    known = {
        kind: {each["Name"] for each in encoder.get(kind, [])}
        for kind in ("VideoDescriptions", "AudioDescriptions", "CaptionDescriptions")
    }
    for path, output in _outputs(request):
        used = [
            ("videoDescriptionName", "VideoDescriptions", [output.get("VideoDescriptionName")]),
            ("audioDescriptionNames", "AudioDescriptions", output.get("AudioDescriptionNames", [])),
            ("captionDescriptionNames", "CaptionDescriptions", output.get("CaptionDescriptionNames", [])),
        ]
        for member, kind, names in used:
            for name in names:
                if name and name not in known[kind]:
                    yield f"{path}.{member}", f"There is no {name} in {_wire(kind)}"
    for kind in ("Audio", "Caption"):
        selectors = selector_names(request["InputAttachments"][0], f"{kind}Selectors")
        for at, description in enumerate(encoder.get(f"{kind}Descriptions", [])):
            if (name := description[f"{kind}SelectorName"]) not in selectors:
                where = f"encoderSettings.{kind.lower()}Descriptions[{at}].{kind.lower()}SelectorName"
                yield where, f"There is no {kind.lower()} selector {name} in the input attachments"


def _destinations(request: Request) -> Iterator[Fault]:
    needed = 2 if _class(request) == "STANDARD" else 1
    known = {}
    for at, destination in enumerate(request["Destinations"]):
        path = f"destinations[{at}]"
        if not destination.get("Id"):
            yield f"{path}.id", "This must be set"
        if len(destination.get("Settings", [])) != needed:
            yield f"{path}.settings", f"A channel of this class needs {needed} of them"
        elif needed == 2 and destination["Settings"][0] == destination["Settings"][1]:
            yield f"{path}.settings", "The two destinations of a standard channel must differ"
        known[destination.get("Id")] = path, destination.get("Settings", [])
    for path, kind, reference in _destination_references(request):
        if reference not in known:
            yield path, f"There is no destination {reference}"
            continue
        target, settings = known[reference]
        for at, each in enumerate(settings):
            yield from _destination_faults(kind, each, f"{target}.settings[{at}]")


def _destination_references(request: Request) -> Iterator[tuple[str, str, str | None]]:
    """(path, kind such as Hls, destination's id): RTMP's stand in the outputs, the others' in the groups."""
    for at, group in enumerate(request["EncoderSettings"]["OutputGroups"]):
        path = f"encoderSettings.outputGroups[{at}]"
        for name, settings in group["OutputGroupSettings"].items():
            if "Destination" in settings:
                where = f"{path}.outputGroupSettings.{_wire(name)}.destination.destinationRefId"
                yield where, name.removesuffix("GroupSettings"), settings["Destination"].get("DestinationRefId")
    for path, output in _outputs(request):
        for name, settings in output["OutputSettings"].items():
            if "Destination" in settings:
                where = f"{path}.outputSettings.{_wire(name)}.destination.destinationRefId"
                yield where, name.removesuffix("OutputSettings"), settings["Destination"].get("DestinationRefId")


def _destination_faults(kind: str, settings: dict[str, str], path: str) -> Iterator[Fault]:
    url = settings.get("Url", "")
    if kind == "Rtmp":
        if not re.match(r"rtmps?://[^/]+/", url):
            yield f"{path}.url", "An RTMP output needs a URL rtmp://HOST/APPLICATION or rtmps://HOST/APPLICATION"
        if not settings.get("StreamName"):
            yield f"{path}.streamName", "An RTMP output needs a stream name"
    elif not re.match(r"[a-z0-9]+://[^/]+/.", url):
        yield f"{path}.url", "This must be a URL with a path"
    elif kind == "Hls" and not url.startswith(HLS_SCHEMES):
        yield f"{path}.url", "HLS goes to S3, MediaStore or a web server"
    elif kind == "Archive" and not url.startswith(("s3://", "s3ssl://")):
        yield f"{path}.url", "An archive is written to S3: s3ssl://BUCKET/PATH"
    elif url.startswith(("s3://", "s3ssl://")) and "." in url.split("/")[2]:
        yield f"{path}.url", "The name of the bucket must not have dots"


def _kinds(request: Request) -> Iterator[Fault]:
    groups = request["EncoderSettings"]["OutputGroups"]
    for at, group in enumerate(groups):
        path = f"encoderSettings.outputGroups[{at}]"
        kinds = {name.removesuffix("GroupSettings") for name in group["OutputGroupSettings"]}
        if not group["Outputs"]:
            yield f"{path}.outputs", "An output group needs an output"
        for number, output in enumerate(group["Outputs"]):
            if {name.removesuffix("OutputSettings") for name in output["OutputSettings"]} - kinds:
                where = f"{path}.outputs[{number}].outputSettings"
                yield where, f"An output must be of its group's kind: {', '.join(kinds)}"
    for kind, most in MOST_GROUPS.items():
        if sum(f"{kind}GroupSettings" in group["OutputGroupSettings"] for group in groups) > most:
            yield "encoderSettings.outputGroups", f"A channel has at most {most} {kind} output group(s)"


def _encodes(request: Request) -> Iterator[Fault]:
    encoder = request["EncoderSettings"]
    video = {each["Name"]: each.get("CodecSettings", {}) for each in encoder["VideoDescriptions"]}
    audio = {each["Name"]: each.get("CodecSettings", {}) for each in encoder["AudioDescriptions"]}
    for path, output in _outputs(request):
        if "RtmpOutputSettings" in output["OutputSettings"]:
            sounds = output.get("AudioDescriptionNames", [])
            if "H264Settings" not in video.get(output.get("VideoDescriptionName", ""), {"H264Settings": {}}):
                yield f"{path}.videoDescriptionName", "An RTMP output takes H.264 video"
            if len(sounds) > 1 or any("AacSettings" not in audio.get(name, {"AacSettings": {}}) for name in sounds):
                yield f"{path}.audioDescriptionNames", "An RTMP output takes one AAC audio"
    for at, description in enumerate(encoder["VideoDescriptions"]):
        for codec, settings in description.get("CodecSettings", {}).items():
            if settings.get("FramerateControl") == "SPECIFIED" and not (
                settings.get("FramerateNumerator") and settings.get("FramerateDenominator")
            ):
                where = f"encoderSettings.videoDescriptions[{at}].codecSettings.{_wire(codec)}.framerateNumerator"
                yield where, "A specified frame rate needs a numerator and a denominator"


def _name_modifiers(request: Request) -> Iterator[Fault]:
    for at, group in enumerate(request["EncoderSettings"]["OutputGroups"]):
        for kind in ("Hls", "Archive"):
            outputs = [each["OutputSettings"].get(f"{kind}OutputSettings") for each in group["Outputs"]]
            modifiers = [settings.get("NameModifier") for settings in outputs if settings is not None]
            for number, settings in enumerate(outputs):
                if settings is None:
                    continue
                where = f"encoderSettings.outputGroups[{at}].outputs[{number}].outputSettings"
                path, modifier = f"{where}.{_wire(kind)}OutputSettings.nameModifier", settings.get("NameModifier")
                if not modifier and (kind == "Hls" or len(modifiers) > 1):
                    yield path, "An output needs a name modifier here"
                elif modifier and modifiers.count(modifier) > 1:
                    yield path, "The name modifiers of an output group must be unique"


def _audios(request: Request) -> Iterator[Fault]:
    audios = request["EncoderSettings"]["AudioDescriptions"]
    if len(audios) > MOST_AUDIOS:
        yield "encoderSettings.audioDescriptions", f"A channel has at most {MOST_AUDIOS} audio descriptions"
    for at, audio in enumerate(audios):
        if audio.get("RemixSettings", {}).get("ChannelsOut", 1) not in REMIXED:
            where = f"encoderSettings.audioDescriptions[{at}].remixSettings.channelsOut"
            yield where, f"This must be one of {', '.join(map(str, REMIXED))}"


RULES: tuple[Callable[[Request], Iterator[Fault]], ...] = (
    _role,
    _choices,
    _names,
    _references,
    _destinations,
    _kinds,
    _encodes,
    _name_modifiers,
    _audios,
)


def _outputs(request: Request) -> Iterator[tuple[str, dict[str, Any]]]:
    for at, group in enumerate(request["EncoderSettings"]["OutputGroups"]):
        for number, output in enumerate(group["Outputs"]):
            yield f"encoderSettings.outputGroups[{at}].outputs[{number}]", output


def _class(request: Request) -> str:
    channel_class: str = request.get("ChannelClass", "STANDARD")
    return channel_class


def _wire(member: str) -> str:
    return member[:1].lower() + member[1:]
