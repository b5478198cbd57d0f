"""What a schedule action may be: the rules of MediaLive's user guide that need no look at the clock.

An action has one kind and one start. Built are input switches and prepares, HLS segment tags and timed metadata,
pauses, and static images; the sandbox answers 501 to the others.

- Inputs (Fields for an input switch; Rules and limits for input switches; Types of starts for input prepares): a
  switch or prepare names an attachment of the channel; to a dynamic file (`$urlPath$`) it says which, one value a
  pipeline, to others nothing. A switch can follow the end of another one to a file that does not loop, a prepare the
  start or the end of a switch. A prepare without an attachment ends the one before it. Prepares need
  FeatureActivations.InputPrepareScheduleActions.
- Nothing else can follow (How actions work in the schedule).
- Segment tags need an HLS output group with HlsId3SegmentTagging ENABLED, timed metadata one with
  TimedMetadataBehavior PASSTHROUGH, and a well-formed ID3 tag in base64 [refusals not verified against AWS].
- Images on outputs need FeatureActivations.OutputStaticImageOverlayScheduleActions, and outputs of the channel.
- A pause names pipelines of the channel.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.medialive.inputs import FILES, Input

SWITCH = "InputSwitchSettings"
PREPARE = "InputPrepareSettings"
TAG = "HlsId3SegmentTaggingSettings"
METADATA = "HlsTimedMetadataSettings"
PAUSE = "PauseStateSettings"
IMAGES = ("StaticImageActivateSettings", "StaticImageDeactivateSettings")
OUTPUT_IMAGES = ("StaticImageOutputActivateSettings", "StaticImageOutputDeactivateSettings")
BUILT = frozenset({SWITCH, PREPARE, TAG, METADATA, PAUSE, *IMAGES, *OUTPUT_IMAGES})

Action = dict[str, Any]
Fault = tuple[str, str]
"""(element path, what is wrong there)."""


@dataclass(frozen=True)
class Attached:
    """An input of the channel, as its schedule can use it."""

    dynamic: bool = False
    followable: bool = False  # a file that ends


@dataclass(frozen=True)
class Abilities:
    """What a channel's schedule can do: its attachments and outputs by name, and what its settings allow."""

    inputs: Mapping[str, Attached]
    outputs: frozenset[str] = frozenset()
    pipelines: int = 1
    prepares: bool = False
    tags: bool = False
    metadata: bool = False
    output_images: bool = False


def abilities(request: dict[str, Any], inputs: Mapping[str, Input]) -> Abilities:
    """Of a channel: `request` is CreateChannel's, `inputs` are by id."""
    encoder = request["EncoderSettings"]
    groups = [group["OutputGroupSettings"].get("HlsGroupSettings", {}) for group in encoder["OutputGroups"]]
    outputs = [output for group in encoder["OutputGroups"] for output in group["Outputs"]]
    features = encoder.get("FeatureActivations", {})
    return Abilities(
        inputs={each["InputAttachmentName"]: _attached(each, inputs) for each in request["InputAttachments"]},
        outputs=frozenset(output["OutputName"] for output in outputs if "OutputName" in output),
        pipelines=1 if request.get("ChannelClass") == "SINGLE_PIPELINE" else 2,
        prepares=features.get("InputPrepareScheduleActions") == "ENABLED",
        tags=any(group.get("HlsId3SegmentTagging") == "ENABLED" for group in groups),
        metadata=any(map(_passes_metadata, outputs)),
        output_images=features.get("OutputStaticImageOverlayScheduleActions") == "ENABLED",
    )


def _attached(attachment: dict[str, Any], inputs: Mapping[str, Input]) -> Attached:
    found = inputs[attachment["InputId"]]
    loops = attachment.get("InputSettings", {}).get("SourceEndBehavior") == "LOOP"
    return Attached(dynamic=found.dynamic, followable=found.type in FILES and not loops)


def _passes_metadata(output: dict[str, Any]) -> bool:
    hls = output["OutputSettings"].get("HlsOutputSettings", {}).get("HlsSettings", {})
    m3u8 = hls.get("StandardHlsSettings", {}).get("M3u8Settings", {})
    return bool(m3u8.get("TimedMetadataBehavior") == "PASSTHROUGH")


def kind(action: Action) -> str | None:
    """The one kind of a well-formed action."""
    return next(iter(action["ScheduleActionSettings"]), None)


def follows(action: Action) -> str | None:
    """The name of the action that it follows."""
    follow = action["ScheduleActionStartSettings"].get("FollowModeScheduleActionStartSettings")
    return follow["ReferenceActionName"] if follow else None


def follow_point(action: Action) -> str | None:
    """START or END of what it follows."""
    follow = action["ScheduleActionStartSettings"].get("FollowModeScheduleActionStartSettings")
    return follow["FollowPoint"] if follow else None


def fixed_time(action: Action) -> str | None:
    fixed = action["ScheduleActionStartSettings"].get("FixedModeScheduleActionStartSettings")
    return fixed["Time"] if fixed else None


def faults(action: Action, others: Mapping[str, Action], can: Abilities) -> Iterator[Fault]:
    """What MediaLive refuses of an action that comes to `others` in the schedule of a channel that `can` so much."""
    for member in ("ScheduleActionSettings", "ScheduleActionStartSettings"):
        if len(action[member]) != 1:
            yield _wire(member), f"{member} must contain exactly one property"
    if follows(action) is not None:
        yield from _follow_faults(action, others, can)
    for name, settings in action["ScheduleActionSettings"].items():
        for where, why in _kind_faults(name, settings, can):
            yield f"scheduleActionSettings.{_wire(name)}{where}", why


def _follow_faults(action: Action, others: Mapping[str, Action], can: Abilities) -> Iterator[Fault]:
    start, kinds = "scheduleActionStartSettings.followModeScheduleActionStartSettings", action["ScheduleActionSettings"]
    if not kinds.keys() & {SWITCH, PREPARE}:
        yield start, "Only input switches and input prepares can follow another action"
        return
    reference = others.get(str(follows(action)))
    if reference is None or kind(reference) != SWITCH:
        yield f"{start}.referenceActionName", "ReferenceActionName must be an input switch of the schedule"
        return
    if SWITCH not in kinds:
        return
    if follow_point(action) != "END":
        yield f"{start}.followPoint", "An input switch can only follow the end of another one"
    attached = can.inputs.get(reference["ScheduleActionSettings"][SWITCH]["InputAttachmentNameReference"])
    if attached is not None and not attached.followable:
        why = "Only a file whose SourceEndBehavior is CONTINUE can be followed"
        yield f"{start}.referenceActionName", why


def _kind_faults(name: str, settings: dict[str, Any], can: Abilities) -> Iterator[Fault]:
    if name == SWITCH:
        yield from _input_faults(settings["InputAttachmentNameReference"], settings, can)
    elif name == PREPARE:
        yield from _prepare_faults(settings, can)
    elif name == TAG and not can.tags:
        yield "", "No HLS output group has HlsId3SegmentTagging ENABLED"
    elif name == TAG and len(settings) != 1:
        yield "", "Either tag or id3 must be set"
    elif name == TAG and "Id3" in settings and not is_id3(settings["Id3"]):
        yield ".id3", "It must be a whole ID3 tag in base64"
    elif name == METADATA and not can.metadata:
        yield "", "No HLS output has TimedMetadataBehavior PASSTHROUGH"
    elif name == METADATA and not is_id3(settings["Id3"]):
        yield ".id3", "It must be a whole ID3 tag in base64"
    elif name == PAUSE:
        named = {each["PipelineId"] for each in settings.get("Pipelines", [])}
        if named - {f"PIPELINE_{number}" for number in range(can.pipelines)}:
            yield ".pipelines", "The channel has no such pipeline"
    elif name in OUTPUT_IMAGES:
        yield from _output_image_faults(settings, can)


def _prepare_faults(settings: dict[str, Any], can: Abilities) -> Iterator[Fault]:
    if not can.prepares:
        yield "", "The channel's FeatureActivations have no InputPrepareScheduleActions ENABLED"
    attachment = settings.get("InputAttachmentNameReference")
    if attachment:
        yield from _input_faults(attachment, settings, can)
    elif settings.get("UrlPath"):
        yield ".urlPath", "A prepare without an input attachment takes no urlPath"


def _input_faults(attachment: str, settings: dict[str, Any], can: Abilities) -> Iterator[Fault]:
    attached, path = can.inputs.get(attachment), settings.get("UrlPath") or []
    if attached is None:
        yield ".inputAttachmentNameReference", "The channel has no input attachment of that name"
    elif path and not attached.dynamic:
        yield ".urlPath", "Only dynamic inputs take a urlPath"
    elif attached.dynamic and not (len(path) == can.pipelines and all(path)):
        yield ".urlPath", f"A dynamic input needs a urlPath of {can.pipelines}: one value for each pipeline"


def _output_image_faults(settings: dict[str, Any], can: Abilities) -> Iterator[Fault]:
    if not can.output_images:
        yield "", "The channel's FeatureActivations have no OutputStaticImageOverlayScheduleActions ENABLED"
    if not settings["OutputNames"] or set(settings["OutputNames"]) - can.outputs:
        yield ".outputNames", "They must be outputs of the channel"


def is_id3(text: str) -> bool:
    """Whether it is base64 of at least one ID3v2 header with all that it announces."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    if data[:3] != b"ID3" or len(data) < 10 or max(data[6:10]) > 0x7F:
        return False
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    return len(data) >= 10 + size


def _wire(member: str) -> str:
    return member[:1].lower() + member[1:]
