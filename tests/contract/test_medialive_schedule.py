"""The schedule, alerts and thumbnails through boto3."""

import base64
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import rules
from tests.contract.conftest import Cloud
from tests.contract.medialive_requests import action, fixed, follow, prepare, switch, tag_action
from tests.contract.show import Show, in_seconds, refused, until

ID3 = base64.b64encode(b"ID3\x04\x00\x00\x00\x00\x00\x0dTXXX\x00\x00\x00\x03\x00\x00\x03a\x00").decode()
IMAGE = {"Image": {"Uri": "s3ssl://media/logo.png"}, "OutputNames": ["ivs"]}


class Live:
    """A channel with a host, callers, a file that can be followed and a dynamic one."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.show = Show(cloud)
        self.medialive = self.show.medialive
        self.show.inputs += [self.file("s3ssl://media/jingle.mp4"), self.file("s3ssl://media/$urlPath$")]
        request = self.show.request()
        names = ("host", "callers", "jingle", "tracks")
        for attachment, name in zip(request["InputAttachments"], names, strict=True):
            attachment["InputAttachmentName"] = name
        hls = request["EncoderSettings"]["OutputGroups"][1]["Outputs"][0]["OutputSettings"]["HlsOutputSettings"]
        hls["HlsSettings"]["StandardHlsSettings"]["M3u8Settings"] = {"TimedMetadataBehavior": "PASSTHROUGH"}
        request["EncoderSettings"]["FeatureActivations"] = {
            "InputPrepareScheduleActions": "ENABLED",
            "OutputStaticImageOverlayScheduleActions": "ENABLED",
        }
        self.id: str = self.medialive.create_channel(**request)["Channel"]["Id"]
        self.show.wait("channel_created", self.id)

    def file(self, url: str) -> str:
        made = self.medialive.create_input(Name="file", Type="MP4_FILE", Sources=[{"Url": url}])
        return str(made["Input"]["Id"])

    def start(self) -> None:
        self.medialive.start_channel(ChannelId=self.id)
        self.show.wait("channel_running", self.id)

    def stop(self) -> None:
        self.medialive.stop_channel(ChannelId=self.id)
        self.show.wait("channel_stopped", self.id)

    def schedule(self, *creates: dict[str, Any], deletes: tuple[str, ...] = ()) -> Any:
        batch: dict[str, Any] = {"ChannelId": self.id}
        batch |= {"Creates": {"ScheduleActions": list(creates)}} if creates else {}
        batch |= {"Deletes": {"ActionNames": list(deletes)}} if deletes else {}
        return self.medialive.batch_update_schedule(**batch)

    def refused(self, *creates: dict[str, Any]) -> str:
        batch = {"ChannelId": self.id, "Creates": {"ScheduleActions": list(creates)}}
        answer = refused(self.medialive.batch_update_schedule, "UnprocessableEntityException", 422, **batch)
        return str(answer["ValidationErrors"])

    def names(self) -> list[str]:
        pages = self.medialive.get_paginator("describe_schedule").paginate(
            ChannelId=self.id, PaginationConfig={"PageSize": 2}
        )
        return [each["ActionName"] for page in pages for each in page["ScheduleActions"]]

    def on_air(self) -> tuple[str, str]:
        [pipeline] = self.medialive.describe_channel(ChannelId=self.id)["PipelineDetails"]
        return pipeline["ActiveInputAttachmentName"], pipeline["ActiveInputSwitchActionName"]

    def until_on_air(self, attachment: str, name: str) -> None:
        until(lambda: self.on_air() == (attachment, name))


@pytest.fixture
def live(cloud: Cloud) -> Live:
    return Live(cloud)


@rules.medialive(
    "A start begins with the latest switch that is due, else with the first attachment",
    "user guide, starting and stopping a channel with input switching",
)
def test_a_channel_begins_with_what_its_schedule_says(live: Live) -> None:
    live.schedule(switch("opening", "jingle"))
    live.start()
    live.until_on_air("jingle", "opening")
    changes = [detail for kind, detail, _ in live.cloud.events if kind == "MediaLive Channel Input Change"]
    assert [each["active_input_attachment_name"] for each in changes] == ["jingle"]


@rules.medialive("A switch can follow the end of another one's file, and so on", "user guide, input switching")
def test_a_chain_of_files_and_back_to_the_host(live: Live) -> None:
    live.cloud.on_loop(lambda: setattr(live.cloud.plane, "file_seconds", 0.05))
    live.start()
    live.until_on_air("host", "Initial Channel Input")
    live.schedule(
        switch("first", "jingle"),
        switch("second", "tracks", "a.mp4", start=follow("first")),
        switch("third", "tracks", "b.mp4", start=follow("second")),
        switch("back", "host", start=follow("third")),
    )
    live.until_on_air("host", "back")
    changes = [detail for kind, detail, _ in live.cloud.events if kind == "MediaLive Channel Input Change"]
    assert [each["active_input_switch_action_name"] for each in changes] == [
        "Initial Channel Input",
        "first",
        "second",
        "third",
        "back",
    ]
    assert [each["active_input_attachment_name"] for each in changes] == ["host", "jingle", "tracks", "tracks", "host"]
    assert "can be followed" in live.refused(switch("no", "jingle", start=follow("back")))
    assert "follows that action already" in live.refused(switch("no", "jingle", start=follow("first")))


def test_all_kinds_are_taken_listed_in_pages_and_handed_to_the_encoder(live: Live) -> None:
    live.start()
    image = {"Image": {"Uri": "s3ssl://media/logo.png"}, "OutputNames": ["ivs"], "FadeIn": 500}
    kinds = [
        tag_action("tag"),
        prepare("prepare", "tracks", "a.mp4"),
        action("pause", "PauseStateSettings", {"Pipelines": [{"PipelineId": "PIPELINE_0"}]}),
        action("image", "StaticImageActivateSettings", {"Image": {"Uri": "s3ssl://media/logo.png"}}),
        action("no-image", "StaticImageDeactivateSettings", {"Layer": 0}),
        action("overlay", "StaticImageOutputActivateSettings", image),
        action("no-overlay", "StaticImageOutputDeactivateSettings", {"OutputNames": ["ivs"], "FadeOut": 500}),
    ]
    live.schedule(*kinds)
    assert live.names() == [each["ActionName"] for each in kinds]
    assert live.cloud.plane.running[live.id].actions == kinds


@rules.medialive("An overlay has a layer from 0 to 7", rules.MODEL)
def test_the_bounds_of_the_model_hold_for_actions_too(live: Live) -> None:
    layer = action("image", "StaticImageActivateSettings", {"Image": {"Uri": "s3ssl://media/logo.png"}, "Layer": 8})
    refused(
        live.medialive.batch_update_schedule,
        "BadRequestException",
        400,
        ChannelId=live.id,
        Creates={"ScheduleActions": [layer]},
    )


@rules.medialive(
    "The latest fixed or immediate switch and what follows it are not deleted while the channel runs",
    "user guide, managing the schedule",
)
def test_the_latest_switch_stays_while_the_channel_runs(live: Live) -> None:
    live.start()
    live.schedule(switch("one", "jingle"), switch("two", "host", start=follow("one")))
    with pytest.raises(live.medialive.exceptions.UnprocessableEntityException, match="latest input switch"):
        live.schedule(deletes=("two",))
    refused(live.medialive.delete_schedule, "BadRequestException", 400, ChannelId=live.id)
    assert live.names() == ["one", "two"]
    live.stop()
    live.medialive.delete_schedule(ChannelId=live.id)
    assert live.names() == []


@rules.medialive("A fixed start is 15 seconds to 14 days ahead", "user guide, managing the schedule")
@rules.medialive(
    "The first switch of a channel is to a static input", "user guide, rules and limits for input switches"
)
def test_fixed_starts(live: Live) -> None:
    assert "at least 15 seconds" in live.refused(switch("soon", "jingle", start=fixed(in_seconds(10))))
    assert "first input switch must be to a static" in live.refused(
        switch("later", "jingle", start=fixed(in_seconds(60))),
        switch("sooner", "tracks", "a.mp4", start=fixed(in_seconds(30))),
    )


@rules.medialive(
    "What an action names is there; dynamic inputs have a urlPath a pipeline; chains do not branch",
    "user guide, input switching, input prepare, image overlays",
)
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (switch("a", "nobody"), "no input attachment of that name"),
        (switch("a", "host", "a.mp4"), "Only dynamic inputs take a urlPath"),
        (switch("a", "tracks"), "needs a urlPath of 1"),
        (switch("a", "tracks", ""), "needs a urlPath of 1"),
        (switch("a", "tracks", "a.mp4", "b.mp4"), "one value for each pipeline"),
        (switch("a", "host", start=follow("live")), "Only a file whose SourceEndBehavior is CONTINUE"),
        (switch("a", "host", start=follow("file", "START")), "can only follow the end"),
        (switch("a", "host", start=follow("followed")), "Only a file"),
        (switch("a", "host", start=follow("file")), "followed follows that action already"),
        (switch("a", "host", start=follow("nobody")), "must be an input switch of the schedule"),
        (switch("a", "host", start=follow("tag")), "must be an input switch of the schedule"),
        (tag_action("a", follow("file")), "Only input switches and input prepares can follow"),
        (prepare("a", "nobody"), "no input attachment of that name"),
        (prepare("a", "tracks"), "needs a urlPath"),
        (prepare("a", None, "a.mp4"), "takes no urlPath"),
        (prepare("a", "host", start=follow("tag")), "must be an input switch of the schedule"),
        (prepare("a", "host", start=follow("file")), "prepared follows that action already"),
        (action("a", "HlsId3SegmentTaggingSettings", {}), "Either tag or id3"),
        (action("a", "HlsId3SegmentTaggingSettings", {"Tag": "x", "Id3": ID3}), "Either tag or id3"),
        (action("a", "HlsId3SegmentTaggingSettings", {"Id3": "no base64"}), "whole ID3 tag in base64"),
        (action("a", "HlsTimedMetadataSettings", {"Id3": "no"}), "whole ID3 tag in base64"),
        (action("a", "PauseStateSettings", {"Pipelines": [{"PipelineId": "PIPELINE_1"}]}), "no such pipeline"),
        (action("a", "StaticImageOutputActivateSettings", IMAGE | {"OutputNames": ["x"]}), "outputs of the channel"),
        (action("a", "StaticImageOutputDeactivateSettings", {"OutputNames": []}), "outputs of the channel"),
    ],
)
def test_an_action_that_aws_would_refuse(live: Live, asked: dict[str, Any], why: str) -> None:
    live.schedule(
        switch("live", "host"),
        switch("file", "jingle", start=fixed(in_seconds(60))),
        switch("followed", "callers", start=follow("file")),
        prepare("prepared", "host", start=follow("file")),
        tag_action("tag"),
    )
    assert why in live.refused(asked)
    assert live.names() == ["live", "file", "followed", "prepared", "tag"]


@pytest.mark.parametrize("kind", ["TimedMetadataSettings", "Id3SegmentTaggingSettings", "Scte35InputSettings"])
def test_kinds_that_are_not_built_say_so(live: Live, kind: str) -> None:
    settings = {"Mode": "FOLLOW_ACTIVE"} if kind == "Scte35InputSettings" else {"Id3": "SUQz"}
    with pytest.raises(ClientError, match=kind) as error:
        live.schedule(action("x", kind, settings))
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_alerts(live: Live) -> None:
    live.start()
    encoder = live.cloud.plane.running[live.id]
    for name in ("one", "two", "three"):
        live.cloud.on_loop(lambda name=name: encoder.alert(name, "Failed to Create Output File or Socket", name))
    live.cloud.on_loop(lambda: encoder.alert("one", "", "one", is_set=False))
    pages = live.medialive.get_paginator("list_alerts").paginate(
        ChannelId=live.id, StateFilter="SET", PaginationConfig={"PageSize": 1}
    )
    alerts = [alert for page in pages for alert in page["Alerts"]]
    assert [(alert["Message"], alert["State"], alert["PipelineId"]) for alert in alerts] == [
        ("two", "SET", "0"),
        ("three", "SET", "0"),
    ]
    [cleared] = live.medialive.list_alerts(ChannelId=live.id, StateFilter="CLEARED")["Alerts"]
    assert cleared["SetTimestamp"] <= cleared["ClearedTimestamp"]
    refused(live.medialive.list_alerts, "BadRequestException", 400, ChannelId=live.id, StateFilter="NEW")
    refused(live.medialive.list_alerts, "NotFoundException", 404, ChannelId="404")


@rules.medialive("Thumbnails show the active input only, while the channel runs", rules.MODEL)
def test_thumbnails(live: Live) -> None:
    live.start()
    wanted = {"ChannelId": live.id, "PipelineId": "0", "ThumbnailType": "CURRENT_ACTIVE"}
    live.cloud.on_loop(lambda: setattr(live.cloud.plane, "picture", b"jpeg"))
    [detail] = live.medialive.describe_thumbnails(**wanted)["ThumbnailDetails"]
    [thumbnail] = detail["Thumbnails"]
    assert (thumbnail["ContentType"], thumbnail["Body"]) == ("image/jpeg", "anBlZw==")
    assert abs(thumbnail["TimeStamp"].timestamp() - time.time()) < 60
    live.stop()
    refused(live.medialive.describe_thumbnails, "ConflictException", 409, **wanted)
