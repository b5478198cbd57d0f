"""What CreateChannel refuses with 422, through boto3: each rule with the ways to break it, and the element's path."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import rules
from tests.contract.conftest import Cloud, serving
from tests.contract.medialive_requests import channel_request, input_request, output

Request = dict[str, Any]
Spoil = Callable[[Request], object]
RTMP = "encoderSettings.outputGroups[0].outputs[0]"
HLS = "encoderSettings.outputGroups[1]"
FAILOVER = "inputAttachments[0].automaticInputFailoverSettings"
SELECTION = "inputAttachments[2].inputSettings.audioSelectors[0].selectorSettings"
WAIT = {"Delay": 0.02, "MaxAttempts": 500}


class Account:
    """MediaLive with inputs by name: push 1 to 3, standard 1 and 2 (push inputs of that class), file 0 to 19."""

    def __init__(self, cloud: Cloud) -> None:
        self.medialive = cloud.client("medialive", parameter_validation=False)
        group = self.medialive.create_input_security_group(WhitelistRules=[{"Cidr": "0.0.0.0/0"}])
        group_id = group["SecurityGroup"]["Id"]
        single = {f"push {number}": input_request("push", group_id) for number in (1, 2, 3)}
        two = {"Destinations": [{"StreamName": "app/a"}, {"StreamName": "app/b"}]}
        standard = {f"standard {number}": input_request("push", group_id) | two for number in (1, 2)}
        file = {"Name": "file", "Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://bucket/a.mp4"}]}
        files = {f"file {number}": file for number in range(20)}
        wanted = single | standard | files
        self.ids = {name: self.medialive.create_input(**asked)["Input"]["Id"] for name, asked in wanted.items()}

    def real(self, asked: Request) -> Request:
        """The request with the inputs' ids for their names."""
        real = copy.deepcopy(asked)
        for attachment in real.get("InputAttachments", []):
            for settings, member in (
                (attachment, "InputId"),
                (attachment.get("AutomaticInputFailoverSettings", {}), "SecondaryInputId"),
            ):
                if member in settings:
                    settings[member] = self.ids.get(settings[member], settings[member])
        return real

    def faults(self, spoilt: Request) -> dict[str, str]:
        """Path -> message of what is refused."""
        with pytest.raises(self.medialive.exceptions.UnprocessableEntityException) as error:
            self.medialive.create_channel(**self.real(spoilt))
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 422
        assert "sk_secret" not in str(error.value.response)
        return {each["ElementPath"]: each["ErrorMessage"] for each in error.value.response["ValidationErrors"]}

    def accepts(self, asked: Request) -> None:
        """Make the channel, and remove it again."""
        channel_id = self.medialive.create_channel(**self.real(asked))["Channel"]["Id"]
        self.medialive.get_waiter("channel_created").wait(ChannelId=channel_id, WaiterConfig=WAIT)
        self.medialive.delete_channel(ChannelId=channel_id)
        self.medialive.get_waiter("channel_deleted").wait(ChannelId=channel_id, WaiterConfig=WAIT)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with serving() as cloud:
        yield Account(cloud)


def request(*inputs: str) -> Request:
    names = list(inputs or ("push 1", "push 2"))
    return channel_request(names, "abc.global-contribute.live-video.net", "sk_secret")


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


def frame_captures(name: str) -> dict[str, Any]:
    group = {"FrameCaptureGroupSettings": {"Destination": {"DestinationRefId": "rec"}}}
    return {"Name": name, "OutputGroupSettings": group, "Outputs": [output(name, {"FrameCaptureOutputSettings": {}})]}


def attach(r: Request, *inputs: str) -> None:
    """More attachments as the first."""
    for name in inputs:
        more = copy.deepcopy(r["InputAttachments"][0]) | {"InputId": name, "InputAttachmentName": name}
        r["InputAttachments"].append(more)


def premix(r: Request, kind: str, parts: int) -> None:
    """A file whose audio is premixed of so many tracks or PIDs."""
    attach(r, "file 0")
    chosen: dict[str, Any] = {
        f"{kind}s": [{kind: number, "PremixSettings": {"GainDb": 3.0}} for number in range(1, parts + 1)]
    }
    if kind == "Pid":
        chosen["Pid"] = 1
    settings = {f"Audio{kind}Selection": chosen}
    r["InputAttachments"][2]["InputSettings"]["AudioSelectors"][0]["SelectorSettings"] = settings


def failover(r: Request, at: int = 0, **settings: Any) -> None:
    pair = {"SecondaryInputId": "push 2"} | settings
    r["InputAttachments"][at]["AutomaticInputFailoverSettings"] = pair


def silence(selector: str) -> dict[str, Any]:
    return {"FailoverConditionSettings": {"AudioSilenceSettings": {"AudioSelectorName": selector}}}


def standard(*inputs: str) -> Request:
    """A channel of two pipelines."""
    asked = request(*inputs) | {"ChannelClass": "STANDARD"}
    for destination in asked["Destinations"]:
        first = destination["Settings"][0]
        destination["Settings"].append(first | {"Url": first["Url"] + "b"})
    return asked


SPOILS: dict[tuple[str, str], list[tuple[str, Spoil, str, str]]] = {
    (
        "A channel has attachments with inputs and names, destinations, an input specification and encoder settings",
        rules.MODEL,
    ): [
        ("no attachments", lambda r: r.pop("InputAttachments"), "inputAttachments", "must be set"),
        ("empty attachments", lambda r: r.update(InputAttachments=[]), "inputAttachments", "must be set"),
        ("no destinations", lambda r: r.pop("Destinations"), "destinations", "must be set"),
        ("no input specification", lambda r: r.pop("InputSpecification"), "inputSpecification", "must be set"),
        ("no encoder settings", lambda r: r.pop("EncoderSettings"), "encoderSettings", "must be set"),
        (
            "no input id",
            lambda r: r["InputAttachments"][1].pop("InputId"),
            "inputAttachments[1].inputId",
            "must be set",
        ),
        (
            "no attachment name",
            lambda r: r["InputAttachments"][0].pop("InputAttachmentName"),
            "inputAttachments[0].inputAttachmentName",
            "must be set",
        ),
    ],
    ("A channel's role is an IAM role", rules.MODEL): [
        (
            "a user as role",
            lambda r: r.update(RoleArn="arn:aws:iam::000000000000:user/me"),
            "roleArn",
            "ARN of an IAM role",
        ),
    ],
    ("Names are not doubled", rules.MODEL): [
        (
            "attachments",
            lambda r: r["InputAttachments"][1].update(InputAttachmentName="source-0"),
            "inputAttachments",
            "unique: source-0",
        ),
        ("destinations", lambda r: twice(r["Destinations"]), "destinations", "unique: ivs"),
        (
            "videos",
            lambda r: twice(encoder(r)["VideoDescriptions"]),
            "encoderSettings.videoDescriptions",
            "unique: video",
        ),
        (
            "audios",
            lambda r: twice(encoder(r)["AudioDescriptions"]),
            "encoderSettings.audioDescriptions",
            "unique: audio",
        ),
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
    ],
    ("References to descriptions, selectors and destinations do not dangle", rules.MODEL): [
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
            "caption selector",
            lambda r: encoder(r).update(CaptionDescriptions=[{"Name": "c", "CaptionSelectorName": "x"}]),
            "encoderSettings.captionDescriptions[0].captionSelectorName",
            "no caption selector x",
        ),
        (
            "RTMP destination",
            lambda r: first_output(r)["OutputSettings"]["RtmpOutputSettings"]["Destination"].update(
                DestinationRefId="x"
            ),
            f"{RTMP}.outputSettings.rtmpOutputSettings.destination.destinationRefId",
            "no destination x",
        ),
        (
            "HLS destination",
            lambda r: encoder(r)["OutputGroups"][1]["OutputGroupSettings"]["HlsGroupSettings"].update(Destination={}),
            f"{HLS}.outputGroupSettings.hlsGroupSettings.destination.destinationRefId",
            "no destination None",
        ),
    ],
    ("Of settings that exclude each other exactly one is set", rules.MODEL): [
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
        (
            "a failover condition of nothing",
            lambda r: failover(r, FailoverConditions=[{"FailoverConditionSettings": {}}]),
            f"{FAILOVER}.failoverConditions[0].failoverConditionSettings",
            "FailoverConditionSettings must contain exactly one",
        ),
    ],
    (
        "A destination has an id, and settings for each pipeline: one, or two that differ when the channel is STANDARD",
        "user guide, setting up destinations",
    ): [
        (
            "two of a single pipeline",
            lambda r: r["Destinations"][1]["Settings"].append({"Url": "s3ssl://b/p"}),
            "destinations[1].settings",
            "needs 1 of them",
        ),
        (
            "one of a standard channel",
            lambda r: r.update(ChannelClass="STANDARD"),
            "destinations[0].settings",
            "needs 2",
        ),
        ("the default is standard", lambda r: r.pop("ChannelClass"), "destinations[0].settings", "needs 2"),
        ("no id", lambda r: r["Destinations"][0].pop("Id"), "destinations[0].id", "must be set"),
        (
            "twice the same",
            lambda r: (r.update(ChannelClass="STANDARD"), twice(r["Destinations"][0]["Settings"])),
            "destinations[0].settings",
            "must differ",
        ),
    ],
    ("An RTMP output has a URL rtmp:// or rtmps:// and a stream name", rules.MODEL): [
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
    ],
    (
        "A file output's destination is a URL with a path, and a bucket's name has no dots",
        "user guide, containers and downstream systems",
    ): [
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
    ],
    ("HLS goes to S3, MediaStore or a web server", "user guide, containers and downstream systems"): [
        (
            "HLS by RTMP",
            lambda r: r["Destinations"][1]["Settings"][0].update(Url="rtmps://host/index"),
            "destinations[1].settings[0].url",
            "S3, MediaStore or a web server",
        ),
    ],
    ("An archive is written to S3", "user guide, containers and downstream systems"): [
        (
            "an archive by HTTP",
            lambda r: (
                encoder(r)["OutputGroups"].append(archive_group("a", [None])),
                r["Destinations"][1]["Settings"][0].update(Url="https://host/index"),
            ),
            "destinations[1].settings[0].url",
            "written to S3",
        ),
    ],
    (
        "A channel has at most one archive group and three of frame captures",
        "user guide, containers and downstream systems",
    ): [
        (
            "two archives",
            lambda r: encoder(r)["OutputGroups"].extend(archive_group(name, [None]) for name in "ab"),
            "encoderSettings.outputGroups",
            "at most 1 Archive",
        ),
        (
            "four frame captures",
            lambda r: encoder(r)["OutputGroups"].extend(map(frame_captures, "abcd")),
            "encoderSettings.outputGroups",
            "at most 3 FrameCapture",
        ),
    ],
    ("An output is of its group's kind, and a group has one", rules.MODEL): [
        (
            "an output of another kind",
            lambda r: encoder(r)["OutputGroups"][0]["Outputs"].append(
                output(
                    "x", {"UdpOutputSettings": {"Destination": {"DestinationRefId": "rec"}, "ContainerSettings": {}}}
                )
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
    ],
    ("An RTMP output takes H.264 and at most one AAC audio", "user guide, encodes in an RTMP output group"): [
        (
            "HEVC to RTMP",
            lambda r: codec(
                r, "VideoDescriptions", {"H265Settings": {"FramerateNumerator": 30, "FramerateDenominator": 1}}
            ),
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
            "two audios to RTMP",
            lambda r: (
                encoder(r)["AudioDescriptions"].append(encoder(r)["AudioDescriptions"][0] | {"Name": "b"}),
                first_output(r)["AudioDescriptionNames"].append("b"),
            ),
            f"{RTMP}.audioDescriptionNames",
            "one AAC",
        ),
    ],
    (
        "HLS outputs have name modifiers of their own; so have archive outputs, if there are several",
        "user guide, HLS destinations; API reference",
    ): [
        (
            "HLS without a name modifier",
            lambda r: encoder(r)["OutputGroups"][1]["Outputs"][0]["OutputSettings"]["HlsOutputSettings"].pop(
                "NameModifier"
            ),
            f"{HLS}.outputs[0].outputSettings.hlsOutputSettings.nameModifier",
            "needs a name modifier here",
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
    ],
    ("A specified frame rate has a numerator and a denominator", rules.MODEL): [
        (
            "a frame rate of nothing",
            lambda r: codec(r, "VideoDescriptions", {"H264Settings": {"FramerateControl": "SPECIFIED"}}),
            "encoderSettings.videoDescriptions[0].codecSettings.h264Settings.framerateNumerator",
            "numerator and a denominator",
        ),
    ],
    ("A channel has at most 40 audio encodes", "user guide, limits"): [
        (
            "41 audios",
            lambda r: encoder(r).update(
                AudioDescriptions=[encoder(r)["AudioDescriptions"][0] | {"Name": f"a{n}"} for n in range(41)]
            ),
            "encoderSettings.audioDescriptions",
            "at most 40",
        ),
    ],
    ("RemixSettings make 1, 2, 4, 6 or 8 channels", rules.MODEL): [
        (
            "three channels",
            lambda r: encoder(r)["AudioDescriptions"][0]["RemixSettings"].update(ChannelsOut=3),
            "encoderSettings.audioDescriptions[0].remixSettings.channelsOut",
            "one of 1, 2, 4, 6, 8",
        ),
    ],
    ("An input has at most 32 audio selectors", "user guide, limits"): [
        (
            "33 selectors",
            lambda r: [
                each["InputSettings"].update(AudioSelectors=[{"Name": f"s{n}"} for n in range(33)])
                for each in r["InputAttachments"]
            ],
            "inputAttachments",
            "at most 32",
        ),
    ],
    (
        "An RTMP input's audio selector has no settings",
        "user guide, planning audio selectors; whether the API refuses or ignores them is not known",
    ): [
        (
            "settings of an RTMP input's selector",
            lambda r: r["InputAttachments"][0]["InputSettings"]["AudioSelectors"][0].update(
                SelectorSettings={"AudioTrackSelection": {"Tracks": [{"Track": 1}]}}
            ),
            "inputAttachments[0].inputSettings.audioSelectors[0].selectorSettings",
            "no settings",
        ),
    ],
    ("The inputs of a channel are there", rules.MODEL): [
        (
            "an unknown input",
            lambda r: r["InputAttachments"][0].update(InputId="9"),
            "inputAttachments[0].inputId",
            "no input 9",
        ),
    ],
    (
        "All inputs of a channel have the same number and names of audio selectors",
        "user guide, planning audio selectors",
    ): [
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
    ],
    ("A channel has at most two push inputs and twenty inputs", "user guide, feature rules and limits"): [
        ("three push inputs", lambda r: attach(r, "push 3"), "inputAttachments", "at most 2 push inputs"),
        (
            "21 inputs",
            lambda r: attach(r, *(f"file {number}" for number in range(19))),
            "inputAttachments",
            "at most 20 inputs",
        ),
    ],
    (
        "A STANDARD channel has inputs of class STANDARD",
        "API reference, Input: a STANDARD channel requires two sources in the input",
    ): [
        (
            "single inputs",
            lambda r: r.update(ChannelClass="STANDARD"),
            "inputAttachments[1].inputId",
            "inputs of class STANDARD",
        ),
        (
            "a single file",
            lambda r: (r.update(ChannelClass="STANDARD"), attach(r, "file 0")),
            "inputAttachments[2].inputId",
            "inputs of class STANDARD",
        ),
    ],
    ("PremixSettings are for 2 to 16 tracks or PIDs of a selector", "user guide, audio mixing"): [
        (
            "one premixed track",
            lambda r: premix(r, "Track", 1),
            f"{SELECTION}.audioTrackSelection.tracks",
            "need 2 to 16",
        ),
        ("17 premixed", lambda r: premix(r, "Track", 17), f"{SELECTION}.audioTrackSelection.tracks", "need 2 to 16"),
        ("one premixed PID", lambda r: premix(r, "Pid", 1), f"{SELECTION}.audioPidSelection.pids", "need 2 to 16"),
    ],
    (
        "Automatic failover pairs two push inputs of the channel, of one class, each in one pair",
        "user guide, automatic input failover; the CDK's AutomaticInputFailover",
    ): [
        (
            "not attached",
            lambda r: failover(r, SecondaryInputId="push 3"),
            f"{FAILOVER}.secondaryInputId",
            "another input of the channel",
        ),
        (
            "itself",
            lambda r: failover(r, SecondaryInputId="push 1"),
            f"{FAILOVER}.secondaryInputId",
            "another input of the channel",
        ),
        (
            "a file",
            lambda r: (attach(r, "file 0"), failover(r, SecondaryInputId="file 0")),
            FAILOVER,
            "two push inputs",
        ),
        (
            "another class",
            lambda r: (
                r["InputAttachments"][1].update(InputId="standard 1"),
                failover(r, SecondaryInputId="standard 1"),
            ),
            FAILOVER,
            "the same class",
        ),
        (
            "in two pairs",
            lambda r: (failover(r), failover(r, 1, SecondaryInputId="push 1")),
            FAILOVER.replace("[0]", "[1]"),
            "one failover pair only",
        ),
        (
            "an unknown selector",
            lambda r: failover(r, FailoverConditions=[silence("x")]),
            f"{FAILOVER}.failoverConditions[0].failoverConditionSettings.audioSilenceSettings.audioSelectorName",
            "no audio selector x",
        ),
    ],
}
"""(rule, source) -> ways to break it: name, spoil, the element's path, what is said."""
ROWS = [
    pytest.param(*row[1:], id=row[0], marks=rules.medialive(*rule)) for rule, rows in SPOILS.items() for row in rows
]


@pytest.mark.parametrize(("spoil", "path", "says"), ROWS)
def test_a_rule(account: Account, spoil: Spoil, path: str, says: str) -> None:
    spoilt = request()
    spoil(spoilt)
    found = account.faults(spoilt)
    assert path in found, found
    assert says in found[path]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request("push 1"), id="one"),
        pytest.param(request("push 1", "push 2", *(f"file {number}" for number in range(18))), id="twenty"),
        pytest.param(request("standard 1"), id="a single pipeline of a standard input"),
        pytest.param(standard("standard 1", "standard 2"), id="standard"),
    ],
)
def test_what_aws_accepts(account: Account, asked: Request) -> None:
    account.accepts(asked)


def test_a_pair_and_a_premix_that_aws_accepts(account: Account) -> None:
    asked = request()
    premix(asked, "Track", 2)
    failover(asked, FailoverConditions=[silence("default")])
    encoder(asked)["OutputGroups"].append(archive_group("a", [None]))
    account.accepts(asked)


@rules.medialive("All faults of a request are told at once, each with its element's path", rules.MODEL)
def test_all_faults_are_told_at_once(account: Account) -> None:
    spoilt = request()
    spoilt["RoleArn"] = "me"
    first_output(spoilt)["VideoDescriptionName"] = "x"
    assert set(account.faults(spoilt)) == {"roleArn", f"{RTMP}.videoDescriptionName"}
