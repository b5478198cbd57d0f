"""What an IVS stream goes through, in virtual time: sessions, health, limits; and what a channel is bound to."""

from typing import Any

import pytest

from sandbox.awsapi import Caller
from sandbox.clock import VirtualClock
from sandbox.errors import AwsError
from sandbox.ivs.limits import Quotas
from sandbox.ivs.service import Ivs
from sandbox.viewers import Viewers
from tests import rules

ROOT = Caller("test", "000000000000", "us-east-1")
BUCKET = {"destinationConfiguration": {"s3": {"bucketName": "recordings"}}}
Event = tuple[str, dict[str, Any], list[str]]


class Account:
    """IVS on a virtual clock. `cut` are the channels whose encoder was disconnected."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock()
        self.events: list[Event] = []
        self.cut: list[str] = []
        self.ivs = Ivs(self.clock, lambda _, kind, detail, about: self.events.append((kind, detail, about)), **options)
        self.ivs.disconnect = self._cut

    def _cut(self, arn: str) -> None:
        self.cut.append(arn)
        self.ivs.stream_ended(arn)

    def call(self, operation: str, **params: Any) -> Any:
        self.ivs.throttle("".join(word.title() for word in operation.split("_")), params)
        return getattr(self.ivs, operation)(params, ROOT)

    def channel(self, **params: Any) -> str:
        arn: str = self.call("create_channel", **params)["channel"]["arn"]
        return arn

    def names(self) -> list[str]:
        return [str(detail.get("event_name") or detail.get("limit_name")) for _, detail, _ in self.events]


@pytest.fixture
def account() -> Account:
    return Account()


def refused(account: Account, code: str, operation: str, **params: Any) -> None:
    with pytest.raises(AwsError) as error:
        account.call(operation, **params)
    assert error.value.code == code


@rules.ivs("A live channel is not updated: 409; the preset follows the type", "API reference, UpdateChannel")
def test_a_live_channel_cannot_be_updated(account: Account) -> None:
    arn = account.channel(name="before", latencyMode="NORMAL")
    account.ivs.stream_started(arn)
    refused(account, "ConflictException", "update_channel", arn=arn, name="after")
    account.ivs.stream_ended(arn)
    changed = account.call("update_channel", arn=arn, name="after", type="ADVANCED_HD")["channel"]
    assert (changed["name"], changed["latencyMode"]) == ("after", "NORMAL")
    assert changed["preset"] == "HIGHER_BANDWIDTH_DELIVERY"
    assert account.call("update_channel", arn=arn, type="BASIC")["channel"]["preset"] == ""


@rules.ivs("ListChannels takes one filter at a time", "API reference, ListChannels")
def test_channels_by_one_filter_at_a_time(account: Account) -> None:
    recording = account.call("create_recording_configuration", **BUCKET)["recordingConfiguration"]["arn"]
    with_it = account.channel(name="a", recordingConfigurationArn=recording)
    without = account.channel(name="a")

    def found(**params: str) -> list[str]:
        return [each["arn"] for each in account.call("list_channels", **params)["channels"]]

    assert found(filterByRecordingConfigurationArn=recording) == [with_it]
    assert found(filterByName="a") == [with_it, without]
    policy = "arn:aws:ivs:us-east-1:000000000000:playback-restriction-policy/p"
    assert found(filterByPlaybackRestrictionPolicyArn=policy) == []
    filters = {"filterByName": "a", "filterByRecordingConfigurationArn": recording}
    refused(account, "ConflictException", "list_channels", **filters)


@rules.ivs(
    "A recording configuration is CREATING, then ACTIVE; one that a channel names is not deleted: 409", rules.MODEL
)
def test_a_recording_configuration_lives_and_is_bound(account: Account) -> None:
    made = account.call("create_recording_configuration", name="r", tags={"a": "b"}, **BUCKET)["recordingConfiguration"]
    assert (made["state"], made["tags"], made["renditionConfiguration"]) == (
        "CREATING",
        {"a": "b"},
        {"renditionSelection": "ALL"},
    )
    refused(account, "ConflictException", "delete_recording_configuration", arn=made["arn"])
    account.clock.advance(2)
    got = account.call("get_recording_configuration", arn=made["arn"])["recordingConfiguration"]
    assert got["state"] == "ACTIVE"
    channel = account.channel(recordingConfigurationArn=made["arn"])
    refused(account, "ConflictException", "delete_recording_configuration", arn=made["arn"])
    account.ivs.stream_started(channel)
    session = account.call("get_stream_session", channelArn=channel)["streamSession"]
    assert session["recordingConfiguration"]["arn"] == made["arn"]
    account.ivs.stream_ended(channel)
    account.call("update_channel", arn=channel, recordingConfigurationArn="")
    account.call("delete_recording_configuration", arn=made["arn"])
    assert account.call("list_recording_configurations")["recordingConfigurations"] == []


@rules.ivs(
    "A recording configuration whose bucket is not there is CREATE_FAILED", "API reference, RecordingConfiguration"
)
def test_a_recording_configuration_without_its_bucket_fails(account: Account) -> None:
    account.ivs.bucket_exists = lambda bucket: bucket != "recordings"
    arn = account.call("create_recording_configuration", **BUCKET)["recordingConfiguration"]["arn"]
    account.clock.advance(2)
    assert account.call("list_recording_configurations")["recordingConfigurations"][0]["state"] == "CREATE_FAILED"
    account.call("delete_recording_configuration", arn=arn)


@rules.ivs(
    "As many channels and recording configurations as the quotas allow: beyond, 402", "user guide, service quotas"
)
def test_quotas() -> None:
    account = Account(quotas=Quotas(channels=1, recording_configurations=1))
    account.channel()
    refused(account, "ServiceQuotaExceededException", "create_channel")
    account.call("create_recording_configuration", **BUCKET)
    refused(account, "ServiceQuotaExceededException", "create_recording_configuration", **BUCKET)


@rules.ivs(
    "As many streams at once as the quota allows: one more does not start, told by a Limit Breach",
    "user guide, service quotas; that it does not start is the sandbox's choice",
)
def test_streams_at_once() -> None:
    account = Account(quotas=Quotas(streams=1))
    first, second = account.channel(), account.channel()
    for arn in (first, second):
        account.ivs.stream_started(arn)
    assert account.call("get_stream", channelArn=first)["stream"]["state"] == "LIVE"
    refused(account, "ChannelNotBroadcasting", "get_stream", channelArn=second)
    (breach,) = [detail for kind, detail, _ in account.events if kind == "IVS Limit Breach"]
    assert (breach["limit_name"], breach["limit_value"], breach["exceeded_by"]) == ("Concurrent Broadcasts", 1, 1)
    account.ivs.stream_ended(first)
    account.ivs.stream_started(second)
    assert account.call("get_stream", channelArn=second)["stream"]["state"] == "LIVE"


@rules.ivs("Stream sessions are listed, the latest first, and shown with their events", rules.MODEL)
def test_sessions_are_kept_the_latest_first(account: Account) -> None:
    arn = account.channel(name="show")
    for _ in range(3):
        account.ivs.stream_started(arn, width=1280, height=720, fps=30.0)
        account.ivs.stream_measured(arn, bitrate=3_000_000, keyframe_seconds=2.0)
        account.clock.advance(60)
        account.ivs.stream_ended(arn)
    account.ivs.stream_started(arn)
    first = account.call("list_stream_sessions", channelArn=arn, maxResults=2)
    rest = account.call("list_stream_sessions", channelArn=arn, nextToken=first["nextToken"])
    sessions = first["streamSessions"] + rest["streamSessions"]
    starts = [each["startTime"] for each in sessions]
    assert starts == sorted(starts, reverse=True)
    assert [each["endTime"] is None for each in sessions] == [True, False, False, False]
    latest = account.call("get_stream_session", channelArn=arn)["streamSession"]
    assert latest["streamId"] == sessions[0]["streamId"]
    oldest = account.call("get_stream_session", channelArn=arn, streamId=sessions[3]["streamId"])["streamSession"]
    video = oldest["ingestConfiguration"]["video"]
    assert (video["videoWidth"], video["videoHeight"], video["targetFramerate"]) == (1280, 720, 30)
    assert video["targetBitrate"] == 3_000_000
    assert oldest["ingestConfigurations"]["videoConfigurations"][0]["track"] == "Track0"
    assert oldest["channel"]["name"] == "show"
    assert [each["name"] for each in oldest["truncatedEvents"]] == [
        "Session Ended",
        "Stream End",
        "Stream Start",
        "Session Created",
    ]
    refused(account, "ResourceNotFoundException", "get_stream_session", channelArn=arn, streamId="st-" + "x" * 23)


@rules.ivs(
    "A stream that gets too little is STARVING: Starvation Start, Starvation End",
    "user guide, EventBridge; the thresholds are the sandbox's",
)
def test_a_stream_starves_and_recovers(account: Account) -> None:
    arn = account.channel()
    account.ivs.stream_started(arn, fps=30.0)
    del account.events[:]
    for measured in ({"bitrate": 0}, {"bitrate": 10, "fps": 12.0}, {"bitrate": 10, "keyframe_seconds": 12.0}):
        account.ivs.stream_measured(arn, **measured)
        assert account.call("get_stream", channelArn=arn)["stream"]["health"] == "STARVING"
    assert len(account.call("list_streams", filterBy={"health": "STARVING"})["streams"]) == 1
    account.ivs.stream_measured(arn, bitrate=1_000_000, fps=30.0, keyframe_seconds=2.0)
    assert account.call("get_stream", channelArn=arn)["stream"]["health"] == "HEALTHY"
    assert account.names() == ["Starvation Start", "Starvation End"]
    kind, detail, about = account.events[0]
    assert (kind, about) == ("IVS Stream Health Change", [arn])
    assert detail.keys() == {"event_name", "channel_name", "stream_id"}


@rules.ivs(
    "A picture larger than the channel's type allows: IVS Limit Breach, and the stream ends",
    "user guide, channel types; EventBridge",
)
@pytest.mark.parametrize(
    ("channel_type", "size", "limit", "exceeded"),
    [
        ("STANDARD", (2560, 1440), 1080, 360),
        ("STANDARD", (2048, 1080), 1920, 128),
        ("BASIC", (1920, 1200), 1080, 120),
        ("ADVANCED_HD", (1440, 2560), 1080, 360),
    ],
)
def test_a_picture_too_large_never_starts(
    account: Account, channel_type: str, size: tuple[int, int], limit: int, exceeded: int
) -> None:
    arn = account.channel(type=channel_type, name="show")
    account.ivs.stream_started(arn, width=size[0], height=size[1])
    refused(account, "ChannelNotBroadcasting", "get_stream", channelArn=arn)
    account.clock.advance(0)
    assert account.cut == [arn]
    assert account.names() == ["Session Created", "Ingest Resolution", "Session Ended"]
    kind, detail, about = account.events[1]
    assert (kind, about) == ("IVS Limit Breach", [arn])
    assert (detail["limit_value"], detail["exceeded_by"], detail["channel_name"]) == (limit, exceeded, "show")
    [session] = account.call("list_stream_sessions", channelArn=arn)["streamSessions"]
    assert (session["hasErrorEvent"], session["streamId"]) == (True, detail["stream_id"])


@rules.ivs(
    "More bits than the channel's type allows: IVS Limit Breach, and the stream ends",
    "user guide, channel types; how long it may last is the sandbox's",
)
@pytest.mark.parametrize(
    ("channel_type", "size", "limit"),
    [
        ("BASIC", (852, 480), 1_500_000),
        ("BASIC", (1280, 720), 3_500_000),
        ("STANDARD", (640, 360), 8_500_000),
        ("ADVANCED_SD", (1080, 1920), 8_500_000),
    ],
)
def test_too_many_bits_end_the_stream(account: Account, channel_type: str, size: tuple[int, int], limit: int) -> None:
    arn = account.channel(type=channel_type)
    account.ivs.stream_started(arn, width=size[0], height=size[1])
    for bitrate in (limit, limit + 5, limit, limit + 5):  # never twice in a row
        account.ivs.stream_measured(arn, bitrate=bitrate)
    account.clock.advance(0)
    assert account.cut == []
    account.ivs.stream_measured(arn, bitrate=limit + 7)
    account.clock.advance(0)
    assert account.cut == [arn]
    assert account.names()[2:] == ["Ingest Bitrate", "Stream End", "Session Ended"]
    detail = account.events[2][1]
    assert (detail["limit_value"], detail["exceeded_by"], detail["limit_unit"]) == (limit, 7, "bits per second")


@rules.ivs("PutMetadata: 1 KB, five a second and channel, live channels only", "user guide, service quotas")
def test_metadata_reaches_the_stream_five_times_a_second() -> None:
    account = Account(throttled=True)
    inserted: list[str] = []
    account.ivs.insert_metadata = lambda _, text: inserted.append(text)
    arn, other = account.channel(), account.channel()
    refused(account, "ChannelNotBroadcasting", "put_metadata", channelArn=arn, metadata="x")
    account.clock.advance(1)
    for each in (arn, other):
        account.ivs.stream_started(each)
    for number in range(5):
        account.call("put_metadata", channelArn=arn, metadata=f"{number}")
    refused(account, "ThrottlingException", "put_metadata", channelArn=arn, metadata="x")
    account.call("put_metadata", channelArn=other, metadata="other")
    account.clock.advance(0.2)
    account.call("put_metadata", channelArn=arn, metadata="ä" * 512)
    refused(account, "ValidationException", "put_metadata", channelArn=other, metadata="ä" * 513)
    assert inserted == ["0", "1", "2", "3", "4", "other", "ä" * 512]


@rules.ivs(
    "Five calls a second of an operation, three of recording configurations: beyond, 429 ThrottlingException",
    "user guide, service quotas",
)
@pytest.mark.parametrize(
    ("operation", "rate"), [("get_stream", 5), ("list_streams", 5), ("list_recording_configurations", 3)]
)
def test_calls_a_second(operation: str, rate: int) -> None:
    account = Account(throttled=True)
    arn = account.channel()
    account.ivs.stream_started(arn)
    params = {"channelArn": arn} if operation == "get_stream" else {}
    for _ in range(3):
        for _ in range(rate):
            account.call(operation, **params)
        refused(account, "ThrottlingException", operation, **params)
        account.call("get_channel", arn=arn)  # an operation has its own count
        account.clock.advance(1)


@rules.ivs("viewerCount is that of the stream's viewers", rules.MODEL)
def test_viewers_are_counted_by_who_serves_them(account: Account) -> None:
    arn = account.channel()
    account.ivs.viewers = {arn: 3}.__getitem__
    account.ivs.stream_started(arn)
    assert account.call("get_stream", channelArn=arn)["stream"]["viewerCount"] == 3
    assert account.call("list_streams")["streams"][0]["viewerCount"] == 3


def test_a_viewer_is_a_connection_that_fetched_the_playlist_lately(account: Account) -> None:
    viewers = Viewers(account.clock)
    arn = "arn:aws:ivs:us-east-1:000000000000:channel/abc"
    assert viewers.count(arn) == 0
    for connection in ("a", "b", "a"):
        viewers.saw("abc", connection)
    viewers.saw("other", "c")
    assert viewers.count(arn) == 2
    account.clock.advance(6)
    viewers.saw("abc", "b")
    account.clock.advance(6)
    assert viewers.count(arn) == 1


@rules.ivs("Batch calls are authorised on each ARN; tags need TagResource", "service authorization reference")
def test_what_a_role_needs(account: Account) -> None:
    arns = [account.channel(tags={"a": str(number)}) for number in range(2)]
    assert account.ivs.authorisation("BatchGetChannel", {"arns": arns}) == [
        ("ivs:BatchGetChannel", arns[0], {"aws:ResourceTag/a": "0"}),
        ("ivs:BatchGetChannel", arns[1], {"aws:ResourceTag/a": "1"}),
    ]
    [(action, resource, _)] = account.ivs.authorisation("ListRecordingConfigurations", {})
    assert (action, resource.split(":", 5)[5]) == ("ivs:ListRecordingConfigurations", "recording-configuration/*")
    accesses = account.ivs.authorisation("CreateRecordingConfiguration", {"tags": {"a": "b"}})
    assert [action for action, _, _ in accesses] == ["ivs:CreateRecordingConfiguration", "ivs:TagResource"]
