"""What CreateChannel refuses with 422: one rule a row, each with the element's path."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.errors import AwsError
from sandbox.medialive import validate
from tests.contract.medialive_requests import channel_request, output

Request = dict[str, Any]
INPUTS = {"1": "RTMP_PUSH", "2": "RTMP_PUSH", "3": "RTMP_PUSH", "4": "MP4_FILE"}
RTMP = "encoderSettings.outputGroups[0].outputs[0]"
HLS = "encoderSettings.outputGroups[1]"


def request(*inputs: str) -> Request:
    return channel_request(list(inputs or ("1", "2")), "abc.global-contribute.live-video.net", "sk_secret")


def faults(spoilt: Request) -> dict[str, str]:
    """Path -> message of what is refused."""
    with pytest.raises(AwsError) as error:
        validate.channel_request(spoilt, INPUTS)
    assert (error.value.code, error.value.status) == ("UnprocessableEntityException", 422)
    assert "sk_secret" not in str(error.value)
    return {each["ElementPath"]: each["ErrorMessage"] for each in error.value.members["ValidationErrors"]}


def encoder(r: Request) -> Any:
    return r["EncoderSettings"]


def first_output(r: Request) -> Any:
    return encoder(r)["OutputGroups"][0]["Outputs"][0]


def twice(items: list[Any]) -> None:
    items.append(copy.deepcopy(items[0]))


def codec(r: Request, kind: str, settings: dict[str, Any]) -> None:
    encoder(r)[kind][0]["CodecSettings"] = settings


def archive_group(name: str, modifiers: list[str | None]) -> dict[str, Any]:
    """A group with an output for each name modifier."""
    outputs = []
    for number, modifier in enumerate(modifiers):
        archive: dict[str, Any] = {"ContainerSettings": {"M2tsSettings": {}}}
        archive |= {"NameModifier": modifier} if modifier else {}
        outputs.append(output(f"{name}{number}", {"ArchiveOutputSettings": archive}))
    settings = {"ArchiveGroupSettings": {"Destination": {"DestinationRefId": "rec"}, "RolloverInterval": 300}}
    return {"Name": name, "OutputGroupSettings": settings, "Outputs": outputs}


SPOILS: list[tuple[str, Callable[[Request], object], str, str]] = [
    # what must be there
    ("no attachments", lambda r: r.pop("InputAttachments"), "inputAttachments", "must be set"),
    ("empty attachments", lambda r: r.update(InputAttachments=[]), "inputAttachments", "must be set"),
    ("no destinations", lambda r: r.pop("Destinations"), "destinations", "must be set"),
    ("no input specification", lambda r: r.pop("InputSpecification"), "inputSpecification", "must be set"),
    ("no encoder settings", lambda r: r.pop("EncoderSettings"), "encoderSettings", "must be set"),
    ("no input id", lambda r: r["InputAttachments"][1].pop("InputId"), "inputAttachments[1].inputId", "must be set"),
    (
        "no attachment name",
        lambda r: r["InputAttachments"][0].pop("InputAttachmentName"),
        "inputAttachments[0].inputAttachmentName",
        "must be set",
    ),
    (
        "a user as role",
        lambda r: r.update(RoleArn="arn:aws:iam::000000000000:user/me"),
        "roleArn",
        "ARN of an IAM role",
    ),
    # doubled names
    (
        "attachments",
        lambda r: r["InputAttachments"][1].update(InputAttachmentName="source-0"),
        "inputAttachments",
        "unique: source-0",
    ),
    ("destinations", lambda r: twice(r["Destinations"]), "destinations", "unique: ivs"),
    ("videos", lambda r: twice(encoder(r)["VideoDescriptions"]), "encoderSettings.videoDescriptions", "unique: video"),
    ("audios", lambda r: twice(encoder(r)["AudioDescriptions"]), "encoderSettings.audioDescriptions", "unique: audio"),
    ("groups", lambda r: twice(encoder(r)["OutputGroups"]), "encoderSettings.outputGroups", "unique: ivs"),
    (
        "outputs",
        lambda r: twice(encoder(r)["OutputGroups"][1]["Outputs"]),
        "encoderSettings.outputGroups.outputs",
        "unique: recording",
    ),
    (
        "selectors",
        lambda r: list(map(twice, (each["InputSettings"]["AudioSelectors"] for each in r["InputAttachments"]))),
        "inputAttachments[0].inputSettings.audioSelectors",
        "unique: default",
    ),
    # dangling references
    (
        "video",
        lambda r: first_output(r).update(VideoDescriptionName="x"),
        f"{RTMP}.videoDescriptionName",
        "no x in videoDescriptions",
    ),
    (
        "audio",
        lambda r: first_output(r).update(AudioDescriptionNames=["x"]),
        f"{RTMP}.audioDescriptionNames",
        "no x in audioDescriptions",
    ),
    (
        "captions",
        lambda r: first_output(r).update(CaptionDescriptionNames=["x"]),
        f"{RTMP}.captionDescriptionNames",
        "no x in captionDescriptions",
    ),
    (
        "selector",
        lambda r: encoder(r)["AudioDescriptions"][0].update(AudioSelectorName="x"),
        "encoderSettings.audioDescriptions[0].audioSelectorName",
        "no audio selector x",
    ),
    (
        "RTMP destination",
        lambda r: first_output(r)["OutputSettings"]["RtmpOutputSettings"]["Destination"].update(DestinationRefId="x"),
        f"{RTMP}.outputSettings.rtmpOutputSettings.destination.destinationRefId",
        "no destination x",
    ),
    (
        "HLS destination",
        lambda r: encoder(r)["OutputGroups"][1]["OutputGroupSettings"]["HlsGroupSettings"].update(Destination={}),
        f"{HLS}.outputGroupSettings.hlsGroupSettings.destination.destinationRefId",
        "no destination None",
    ),
    # exactly one of several
    (
        "no output settings",
        lambda r: first_output(r).update(OutputSettings={}),
        f"{RTMP}.outputSettings",
        "OutputSettings must contain exactly one",
    ),
    (
        "two group settings",
        lambda r: encoder(r)["OutputGroups"][0]["OutputGroupSettings"].update(UdpGroupSettings={}),
        "encoderSettings.outputGroups[0].outputGroupSettings",
        "OutputGroupSettings must contain exactly one",
    ),
    (
        "no codec",
        lambda r: codec(r, "VideoDescriptions", {}),
        "encoderSettings.videoDescriptions[0].codecSettings",
        "VideoCodecSettings must contain exactly one",
    ),
    (
        "two codecs",
        lambda r: codec(r, "AudioDescriptions", {"AacSettings": {}, "Ac3Settings": {}}),
        "encoderSettings.audioDescriptions[0].codecSettings",
        "AudioCodecSettings must contain exactly one",
    ),
    (
        "an empty audio selection",
        lambda r: r["InputAttachments"][1]["InputSettings"]["AudioSelectors"][0].update(SelectorSettings={}),
        "inputAttachments[1].inputSettings.audioSelectors[0].selectorSettings",
        "AudioSelectorSettings must contain exactly one",
    ),
    # destinations
    (
        "two of a single pipeline",
        lambda r: r["Destinations"][1]["Settings"].append({"Url": "s3ssl://b/p"}),
        "destinations[1].settings",
        "needs 1 of them",
    ),
    ("one of a standard channel", lambda r: r.update(ChannelClass="STANDARD"), "destinations[0].settings", "needs 2"),
    ("the default is standard", lambda r: r.pop("ChannelClass"), "destinations[0].settings", "needs 2"),
    ("no id", lambda r: r["Destinations"][0].pop("Id"), "destinations[0].id", "must be set"),
    (
        "RTMP without a stream name",
        lambda r: r["Destinations"][0]["Settings"][0].pop("StreamName"),
        "destinations[0].settings[0].streamName",
        "needs a stream name",
    ),
    (
        "RTMP over HTTPS",
        lambda r: r["Destinations"][0]["Settings"][0].update(Url="https://host/app/"),
        "destinations[0].settings[0].url",
        "rtmps://HOST/APPLICATION",
    ),
    (
        "a bucket with dots",
        lambda r: r["Destinations"][1]["Settings"][0].update(Url="s3ssl://a.b/index"),
        "destinations[1].settings[0].url",
        "must not have dots",
    ),
    (
        "no path",
        lambda r: r["Destinations"][1]["Settings"][0].update(Url="s3ssl://bucket/"),
        "destinations[1].settings[0].url",
        "URL with a path",
    ),
    # outputs
    (
        "an output of another kind",
        lambda r: encoder(r)["OutputGroups"][0]["Outputs"].append(
            output("x", {"UdpOutputSettings": {"Destination": {"DestinationRefId": "rec"}, "ContainerSettings": {}}})
        ),
        "encoderSettings.outputGroups[0].outputs[1].outputSettings",
        "its group's kind: Rtmp",
    ),
    (
        "a group without outputs",
        lambda r: encoder(r)["OutputGroups"][0].update(Outputs=[]),
        "encoderSettings.outputGroups[0].outputs",
        "needs an output",
    ),
    (
        "HEVC to RTMP",
        lambda r: codec(r, "VideoDescriptions", {"H265Settings": {}}),
        f"{RTMP}.videoDescriptionName",
        "takes H.264",
    ),
    (
        "AC-3 to RTMP",
        lambda r: codec(r, "AudioDescriptions", {"Ac3Settings": {}}),
        f"{RTMP}.audioDescriptionNames",
        "one AAC",
    ),
    (
        "HLS without a name modifier",
        lambda r: encoder(r)["OutputGroups"][1]["Outputs"][0]["OutputSettings"]["HlsOutputSettings"].pop(
            "NameModifier"
        ),
        f"{HLS}.outputs[0].outputSettings.hlsOutputSettings.nameModifier",
        "needs a name modifier here",
    ),
    (
        "a frame rate of nothing",
        lambda r: codec(r, "VideoDescriptions", {"H264Settings": {"FramerateControl": "SPECIFIED"}}),
        "encoderSettings.videoDescriptions[0].codecSettings.h264Settings.framerateNumerator",
        "numerator and a denominator",
    ),
    (
        "HLS outputs of one name",
        lambda r: encoder(r)["OutputGroups"][1]["Outputs"].append(
            copy.deepcopy(encoder(r)["OutputGroups"][1]["Outputs"][0]) | {"OutputName": "second"}
        ),
        f"{HLS}.outputs[1].outputSettings.hlsOutputSettings.nameModifier",
        "must be unique",
    ),
    (
        "two archive outputs without a name modifier",
        lambda r: encoder(r)["OutputGroups"].append(archive_group("a", [None, "-b"])),
        "encoderSettings.outputGroups[2].outputs[0].outputSettings.archiveOutputSettings.nameModifier",
        "needs a name modifier here",
    ),
    (
        "41 audios",
        lambda r: encoder(r).update(
            AudioDescriptions=[encoder(r)["AudioDescriptions"][0] | {"Name": f"a{n}"} for n in range(41)]
        ),
        "encoderSettings.audioDescriptions",
        "at most 40",
    ),
    # inputs
    (
        "33 selectors",
        lambda r: [
            each["InputSettings"].update(AudioSelectors=[{"Name": f"s{n}"} for n in range(33)])
            for each in r["InputAttachments"]
        ],
        "inputAttachments",
        "at most 32",
    ),
    (
        "settings of an RTMP input's selector",
        lambda r: r["InputAttachments"][0]["InputSettings"]["AudioSelectors"][0].update(
            SelectorSettings={"AudioTrackSelection": {"Tracks": [{"Track": 1}]}}
        ),
        "inputAttachments[0].inputSettings.audioSelectors",
        "no settings",
    ),
    (
        "an unknown input",
        lambda r: r["InputAttachments"][0].update(InputId="9"),
        "inputAttachments[0].inputId",
        "no input 9",
    ),
    (
        "fewer selectors",
        lambda r: r["InputAttachments"][1]["InputSettings"].pop("AudioSelectors"),
        "inputAttachments",
        "same number and names of audio selectors",
    ),
    (
        "other selectors",
        lambda r: r["InputAttachments"][1]["InputSettings"].update(AudioSelectors=[{"Name": "x"}]),
        "inputAttachments",
        "same number and names of audio selectors",
    ),
]


def test_what_aws_accepts() -> None:
    for inputs in (("1",), ("1", "2"), ("1", "2", "4")):
        validate.channel_request(request(*inputs), INPUTS)


@pytest.mark.parametrize(("spoil", "path", "says"), [pytest.param(*row[1:], id=row[0]) for row in SPOILS])
def test_a_rule(spoil: Callable[[Request], object], path: str, says: str) -> None:
    spoilt = request()
    spoil(spoilt)
    found = faults(spoilt)
    assert path in found, found
    assert says in found[path]


def test_all_faults_are_told_at_once() -> None:
    spoilt = request()
    spoilt["RoleArn"] = "me"
    first_output(spoilt)["VideoDescriptionName"] = "x"
    assert set(faults(spoilt)) == {"roleArn", f"{RTMP}.videoDescriptionName"}


def test_at_most_two_push_inputs() -> None:
    assert "at most 2 push inputs" in faults(request("1", "2", "3"))["inputAttachments"]


def test_at_most_twenty_inputs() -> None:
    files = {str(number): "MP4_FILE" for number in range(21)}
    validate.channel_request(request(*list(files)[:20]), files)
    with pytest.raises(AwsError, match="at most 20 inputs"):
        validate.channel_request(request(*files), files)


def test_at_most_one_archive_group() -> None:
    spoilt = request()
    encoder(spoilt)["OutputGroups"] += [archive_group("a", [None]), archive_group("b", [None])]
    assert faults(spoilt) == {"encoderSettings.outputGroups": "A channel has at most one archive output group"}
