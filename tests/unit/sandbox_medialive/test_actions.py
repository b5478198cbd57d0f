"""Schedule actions, each by itself: what a channel's settings allow, and what each kind must say."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from sandbox.errors import AwsError
from sandbox.medialive.actions import abilities, is_id3
from sandbox.medialive.inputs import Input
from tests import rules
from tests.contract.medialive_requests import action, channel_request, prepare, switch, tag_action
from tests.unit.sandbox_medialive.board import ABLE, Board

ID3 = base64.b64encode(b"ID3\x04\x00\x00\x00\x00\x00\x0dTXXX\x00\x00\x00\x03\x00\x00\x03a\x00").decode()
IMAGE = {"Image": {"Uri": "s3ssl://media/logo.png"}, "OutputNames": ["ivs"]}


@pytest.mark.parametrize(
    "asked",
    [
        prepare("a", "tracks", "a.mp4"),
        prepare("a", None),
        action("a", "HlsId3SegmentTaggingSettings", {"Id3": ID3}),
        action("a", "HlsTimedMetadataSettings", {"Id3": ID3}),
        action("a", "PauseStateSettings", {"Pipelines": [{"PipelineId": "PIPELINE_0"}]}),
        action("a", "PauseStateSettings", {}),
        action("a", "StaticImageActivateSettings", {"Image": {"Uri": "s3ssl://media/logo.png"}}),
        action("a", "StaticImageDeactivateSettings", {"Layer": 3}),
        action("a", "StaticImageOutputActivateSettings", IMAGE),
        action("a", "StaticImageOutputDeactivateSettings", {"OutputNames": ["ivs", "rec"]}),
    ],
)
def test_taken_and_handed_over(asked: dict[str, Any]) -> None:
    board = Board()
    board.start()
    board.create(asked)
    assert board.handed() == ["a"]


@rules.medialive(
    "Prepares and overlays on outputs need FeatureActivations; tags and metadata an HLS group that takes them",
    "API reference; refusals of tags and metadata are the sandbox's choice",
)
@pytest.mark.parametrize(
    ("without", "asked"),
    [
        ("prepares", prepare("a", "host")),
        ("tags", tag_action("a")),
        ("metadata", action("a", "HlsTimedMetadataSettings", {"Id3": ID3})),
        ("output_images", action("a", "StaticImageOutputActivateSettings", IMAGE)),
    ],
)
def test_what_the_channels_settings_do_not_allow(without: str, asked: dict[str, Any]) -> None:
    assert Board(replace(ABLE, **{without: False})).refused(asked)


def test_a_standard_channel_has_two_pipelines() -> None:
    board = Board(replace(ABLE, pipelines=2))
    board.create(
        switch("one", "host"),
        switch("two", "tracks", "a.mp4", "b.mp4"),
        action("pause", "PauseStateSettings", {"Pipelines": [{"PipelineId": "PIPELINE_1"}]}),
    )
    assert "a urlPath of 2" in str(board.refused(switch("three", "tracks", "a.mp4")))


def test_kinds_that_are_not_built_say_so() -> None:
    board = Board()
    with pytest.raises(AwsError) as error:
        board.create(tag_action("a"), action("b", "Scte35ReturnToNetworkSettings", {"SpliceEventId": 1}))
    assert error.value.status == 501
    assert "Scte35ReturnToNetworkSettings" in error.value.message
    assert board.names() == []


def test_abilities_of_a_channel() -> None:
    request = channel_request(["1", "2", "3"], "ingest.example", "key")
    request["EncoderSettings"]["FeatureActivations"] = {
        "InputPrepareScheduleActions": "ENABLED",
        "OutputStaticImageOverlayScheduleActions": "ENABLED",
    }
    request["InputAttachments"][1]["InputSettings"]["SourceEndBehavior"] = "LOOP"
    dynamic = [{"Url": "s3ssl://media/$urlPath$"}]
    inputs = {
        "1": Input("1", "arn:1", "host", "RTMP_PUSH", {}),
        "2": Input("2", "arn:2", "slate", "MP4_FILE", {}, sources=[{"Url": "s3ssl://media/slate.mp4"}]),
        "3": Input("3", "arn:3", "tracks", "MP4_FILE", {}, sources=dynamic),
    }
    can = abilities(request, inputs)
    assert {name: (each.dynamic, each.followable) for name, each in can.inputs.items()} == {
        "source-0": (False, False),
        "source-1": (False, False),
        "source-2": (True, True),
    }
    assert can.outputs == {"ivs", "recording"}
    assert (can.pipelines, can.prepares, can.tags, can.metadata, can.output_images) == (1, True, True, False, True)


@pytest.mark.parametrize("data", [b"", b"ID3", b"TAG\x04\x00\x00\x00\x00\x00\x00", b"ID3\x04\x00\x00\x00\x00\x00\x09x"])
def test_what_is_no_id3(data: bytes) -> None:
    assert not is_id3(base64.b64encode(data).decode())
    assert is_id3(ID3)
