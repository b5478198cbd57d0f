"""IVS through boto3, with the video side played by the test."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import rules
from tests.contract.conftest import Cloud
from tests.contract.shapes import assert_known, built, record

BUILT = {
    "BatchGetChannel",
    "BatchGetStreamKey",
    "CreateChannel",
    "CreateRecordingConfiguration",
    "CreateStreamKey",
    "DeleteChannel",
    "DeleteRecordingConfiguration",
    "DeleteStreamKey",
    "GetChannel",
    "GetRecordingConfiguration",
    "GetStream",
    "GetStreamKey",
    "GetStreamSession",
    "ListChannels",
    "ListRecordingConfigurations",
    "ListStreamKeys",
    "ListStreamSessions",
    "ListStreams",
    "ListTagsForResource",
    "PutMetadata",
    "StopStream",
    "TagResource",
    "UntagResource",
    "UpdateChannel",
}
NOWHERE = "arn:aws:ivs:us-east-1:000000000000:channel/nowhere"
NO_RECORDING = "arn:aws:ivs:us-east-1:000000000000:recording-configuration/none"
NO_KEY = "arn:aws:ivs:us-east-1:000000000000:stream-key/nokey"


@pytest.fixture
def ivs(cloud: Cloud) -> Any:
    return cloud.client("ivs")


def refused(call: Callable[..., Any], code: str, status: int, **params: Any) -> None:
    client = call.__self__  # type: ignore[attr-defined]
    with pytest.raises(client.exceptions.from_code(code)) as error:
        call(**params)
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert error.value.response["Error"]["Message"] == error.value.response["exceptionMessage"]


def go_live(cloud: Cloud, made: dict[str, Any]) -> str:
    """Publish to a channel as an encoder does."""

    def publish() -> str:
        arn = cloud.ivs.find_publisher(made["channel"]["ingestEndpoint"], "app", made["streamKey"]["value"])
        cloud.ivs.stream_started(arn)
        return arn

    return cloud.on_loop(publish)


@rules.ivs("CreateChannel makes a stream key too; lists show no key's value", rules.MODEL)
def test_a_channel_comes_with_its_key(ivs: Any) -> None:
    made = ivs.create_channel(name="show", tags={"session": "s"})
    channel, key = made["channel"], made["streamKey"]
    assert re.fullmatch(r"arn:aws:ivs:us-east-1:000000000000:channel/\w{12}", channel["arn"])
    assert re.fullmatch(r"[0-9a-f]{12}\.global-contribute\.live-video\.net", channel["ingestEndpoint"])
    assert channel["playbackUrl"].endswith(f"{channel['arn'].rpartition('/')[2]}.m3u8")
    assert (channel["latencyMode"], channel["type"], channel["authorized"]) == ("LOW", "STANDARD", False)
    assert channel["tags"] == {"session": "s"}
    assert key["value"].startswith("sk_us-east-1_")
    assert ivs.get_channel(arn=channel["arn"])["channel"] == channel
    assert ivs.get_stream_key(arn=key["arn"])["streamKey"] == key
    [listed] = ivs.list_stream_keys(channelArn=channel["arn"])["streamKeys"]
    assert listed == {"arn": key["arn"], "channelArn": channel["arn"], "tags": {}}


@rules.ivs("Names are not unique; ListChannels filters by name", rules.MODEL)
def test_channels_are_listed_by_name_and_names_are_not_unique(ivs: Any) -> None:
    arns = [ivs.create_channel(name=name)["channel"]["arn"] for name in ("a", "b", "a")]
    listed = ivs.list_channels(filterByName="a")["channels"]
    assert [each["arn"] for each in listed] == [arns[0], arns[2]]
    assert "playbackUrl" not in listed[0]
    pages = list(ivs.get_paginator("list_channels").paginate(PaginationConfig={"PageSize": 2}))
    assert [[each["arn"] for each in page["channels"]] for page in pages] == [arns[:2], arns[2:]]


@rules.ivs(
    "A stream is LIVE from its first picture; one that is not is ChannelNotBroadcasting, 404",
    "user guide; API reference, GetStream",
)
@rules.ivs("A live channel is not deleted: 409", "API reference, DeleteChannel")
@rules.ivs("StopStream ends the stream; DeleteChannel deletes the key with the channel", rules.MODEL)
@rules.ivs("A stream sends Session Created, Stream Start, Stream End, Session Ended", "user guide, EventBridge")
def test_a_stream_lives_and_ends(cloud: Cloud, ivs: Any) -> None:
    made = ivs.create_channel(name="show")
    arn = made["channel"]["arn"]
    refused(ivs.get_stream, "ChannelNotBroadcasting", 404, channelArn=arn)
    assert go_live(cloud, made) == arn
    stream = ivs.get_stream(channelArn=arn)["stream"]
    assert (stream["state"], stream["health"], stream["viewerCount"]) == ("LIVE", "HEALTHY", 0)
    assert re.fullmatch(r"st-[a-zA-Z0-9]{23}", stream["streamId"])
    assert stream["startTime"].tzinfo is not None
    assert [each["channelArn"] for each in ivs.list_streams()["streams"]] == [arn]
    assert len(ivs.list_streams(filterBy={"health": "HEALTHY"})["streams"]) == 1
    assert ivs.list_streams(filterBy={"health": "STARVING"})["streams"] == []
    refused(ivs.delete_channel, "ConflictException", 409, arn=arn)
    go_live(cloud, made)  # once more changes nothing
    assert ivs.get_stream(channelArn=arn)["stream"]["streamId"] == stream["streamId"]
    ivs.stop_stream(channelArn=arn)
    refused(ivs.get_stream, "ChannelNotBroadcasting", 404, channelArn=arn)
    refused(ivs.stop_stream, "ChannelNotBroadcasting", 404, channelArn=arn)
    assert cloud.happenings(arn) == ["Session Created", "Stream Start", "Stream End", "Session Ended"]
    kind, detail, about = cloud.events[0]
    assert (kind, about) == ("IVS Stream State Change", [arn])
    assert detail == {"event_name": "Session Created", "channel_name": "show", "stream_id": stream["streamId"]}
    ivs.delete_channel(arn=arn)
    refused(ivs.get_channel, "ResourceNotFoundException", 404, arn=arn)
    refused(ivs.get_stream_key, "ResourceNotFoundException", 404, arn=made["streamKey"]["arn"])


@pytest.fixture(autouse=True)
def _no_plane(cloud: Cloud) -> None:
    """Without an encoder a stopped stream ends at once."""
    cloud.ivs.disconnect = cloud.ivs.stream_ended


def test_streams_page(cloud: Cloud, ivs: Any) -> None:
    arns = [go_live(cloud, ivs.create_channel(name="show")) for _ in range(3)]
    pages = list(ivs.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 2}))
    assert [[each["channelArn"] for each in page["streams"]] for page in pages] == [arns[:2], arns[2:]]


@rules.ivs("A channel has one stream key: a second is 402 ServiceQuotaExceededException", "user guide, service quotas")
@rules.ivs("A deleted stream key is refused", "API reference, DeleteStreamKey")
def test_one_key_a_channel(cloud: Cloud, ivs: Any) -> None:
    made = ivs.create_channel(name="show")
    arn = made["channel"]["arn"]
    refused(ivs.create_stream_key, "ServiceQuotaExceededException", 402, channelArn=arn)
    ivs.delete_stream_key(arn=made["streamKey"]["arn"])
    assert ivs.list_stream_keys(channelArn=arn)["streamKeys"] == []
    refused(ivs.delete_stream_key, "ResourceNotFoundException", 404, arn=made["streamKey"]["arn"])
    with pytest.raises(ValueError):
        go_live(cloud, made)  # the old key
    fresh = ivs.create_stream_key(channelArn=arn, tags={"a": "b"})["streamKey"]
    assert fresh["value"] != made["streamKey"]["value"]
    assert go_live(cloud, made | {"streamKey": fresh}) == arn


@rules.ivs("An encoder needs the ingest endpoint, the application and the stream key", "user guide")
@pytest.mark.parametrize("wrong", ["host", "app", "key"])
def test_an_encoder_with_a_wrong_address_is_refused(cloud: Cloud, ivs: Any, wrong: str) -> None:
    made = ivs.create_channel(name="show")
    right = {"host": made["channel"]["ingestEndpoint"], "app": "app", "key": made["streamKey"]["value"]}
    with pytest.raises(ValueError) as error:
        cloud.ivs.find_publisher(*(right | {wrong: right[wrong][:-1]}).values())
    assert right["key"][:-1] not in str(error.value)


@rules.ivs("What is not there: 404 ResourceNotFoundException", rules.MODEL)
@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("get_channel", {"arn": NOWHERE}),
        ("delete_channel", {"arn": NOWHERE}),
        ("create_stream_key", {"channelArn": NOWHERE}),
        ("list_stream_keys", {"channelArn": NOWHERE}),
        ("get_stream_key", {"arn": NO_KEY}),
        ("delete_stream_key", {"arn": NO_KEY}),
        ("get_stream", {"channelArn": NOWHERE}),
        ("stop_stream", {"channelArn": NOWHERE}),
        ("update_channel", {"arn": NOWHERE}),
        ("put_metadata", {"channelArn": NOWHERE, "metadata": "x"}),
        ("get_stream_session", {"channelArn": NOWHERE}),
        ("list_stream_sessions", {"channelArn": NOWHERE}),
        ("get_recording_configuration", {"arn": NO_RECORDING}),
        ("delete_recording_configuration", {"arn": NO_RECORDING}),
        ("create_channel", {"recordingConfigurationArn": NO_RECORDING}),
        ("tag_resource", {"resourceArn": NOWHERE, "tags": {"a": "b"}}),
        ("untag_resource", {"resourceArn": NOWHERE, "tagKeys": ["a"]}),
        ("list_tags_for_resource", {"resourceArn": NO_KEY}),
    ],
)
def test_what_is_not_there(ivs: Any, call: str, params: dict[str, Any]) -> None:
    refused(getattr(ivs, call), "ResourceNotFoundException", 404, **params)


@rules.ivs("Enums, lengths, patterns and combinations: 400 ValidationException", rules.MODEL)
@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("create_channel", {"name": "not allowed"}),
        ("create_channel", {"name": "n" * 129}),
        ("create_channel", {"latencyMode": "HIGH"}),
        ("create_channel", {"type": "PREMIUM"}),
        ("create_channel", {"tags": {"!": "x"}}),
        ("create_channel", {"preset": "HIGHER_BANDWIDTH_DELIVERY"}),
        ("create_channel", {"multitrackInputConfiguration": {"enabled": True, "policy": "ALLOW"}}),
        ("create_recording_configuration", {"destinationConfiguration": {}}),
        (
            "create_recording_configuration",
            {
                "destinationConfiguration": {"s3": {"bucketName": "recordings"}},
                "renditionConfiguration": {"renditionSelection": "CUSTOM"},
            },
        ),
        ("put_metadata", {"channelArn": NOWHERE, "metadata": "x" * 1025}),
        ("batch_get_channel", {"arns": [NOWHERE] * 51}),
        ("get_channel", {"arn": "nonsense"}),
        ("get_channel", {"arn": NO_KEY}),
        ("list_channels", {"maxResults": 101}),
        ("list_channels", {"nextToken": "bm90aGluZw=="}),
        ("list_streams", {"filterBy": {"health": "GOOD"}}),
    ],
)
def test_what_aws_would_refuse(ivs: Any, call: str, params: dict[str, Any]) -> None:
    refused(getattr(ivs, call), "ValidationException", 400, **params)


@rules.ivs("Channels, stream keys and recording configurations have tags", rules.MODEL)
def test_tags(ivs: Any) -> None:
    made = ivs.create_channel(name="show", tags={"a": "1"})
    arn = made["channel"]["arn"]
    ivs.tag_resource(resourceArn=arn, tags={"b": "2", "ä/ö": "ü = x"})
    assert ivs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2", "ä/ö": "ü = x"}
    ivs.untag_resource(resourceArn=arn, tagKeys=["a", "ä/ö"])
    assert ivs.get_channel(arn=arn)["channel"]["tags"] == {"b": "2"}
    ivs.tag_resource(resourceArn=made["streamKey"]["arn"], tags={"k": "v"})
    assert ivs.get_stream_key(arn=made["streamKey"]["arn"])["streamKey"]["tags"] == {"k": "v"}


def test_what_is_not_built_says_so(ivs: Any) -> None:
    with pytest.raises(ClientError, match="ListPlaybackKeyPairs") as error:
        ivs.list_playback_key_pairs()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_answers_hold_nothing_that_botocore_does_not_know(
    cloud: Cloud, ivs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = record(monkeypatch, "ivs")
    made = ivs.create_channel(name="show", tags={"a": "1"})
    arn, key = made["channel"]["arn"], made["streamKey"]["arn"]
    bucket = {"s3": {"bucketName": "recordings"}}
    recording = ivs.create_recording_configuration(destinationConfiguration=bucket)["recordingConfiguration"]["arn"]
    ivs.update_channel(arn=arn, recordingConfigurationArn=recording)
    ivs.get_recording_configuration(arn=recording)
    ivs.list_recording_configurations()
    ivs.get_channel(arn=arn)
    ivs.batch_get_channel(arns=[arn, NOWHERE])
    ivs.batch_get_stream_key(arns=[key, NO_KEY])
    ivs.list_channels()
    ivs.get_stream_key(arn=key)
    ivs.list_stream_keys(channelArn=arn)
    go_live(cloud, made)
    ivs.get_stream(channelArn=arn)
    ivs.list_streams()
    ivs.put_metadata(channelArn=arn, metadata="x")
    ivs.stop_stream(channelArn=arn)
    ivs.get_stream_session(channelArn=arn)
    ivs.list_stream_sessions(channelArn=arn)
    ivs.tag_resource(resourceArn=arn, tags={"b": "2"})
    ivs.list_tags_for_resource(resourceArn=arn)
    ivs.untag_resource(resourceArn=arn, tagKeys=["b"])
    ivs.delete_stream_key(arn=key)
    ivs.create_stream_key(channelArn=arn)
    ivs.delete_channel(arn=arn)
    cloud.on_loop(lambda: setattr(cloud.ivs.recording_configurations[recording], "state", "ACTIVE"))
    ivs.delete_recording_configuration(arn=recording)
    assert set(seen) == BUILT == built("ivs", cloud.ivs)
    for operation, response in seen.values():
        assert_known(operation, response)
