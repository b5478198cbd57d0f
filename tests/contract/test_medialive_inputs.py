"""File and pull inputs, and updates: each rule of `sandbox.medialive.inputs` and of the Update operations once."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.awsapi import Caller
from sandbox.clock import VirtualClock
from sandbox.errors import AwsError
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive, Quotas
from tests import rules
from tests.contract.medialive_requests import (
    ROLE,
    action,
    channel_request,
    follow,
    input_request,
    prepare,
    switch,
    tag_action,
)

Params = dict[str, Any]
ME = Caller("AKIAEXAMPLE", "000000000000", "us-east-1")
ARN = "arn:aws:medialive:us-east-1:000000000000"
FILE = "s3ssl://music/$urlPath$"


class Account:
    """MediaLive in virtual time, with a security group."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock()
        ivs = Ivs(self.clock, lambda *_: None, playback_url=lambda _: "http://127.0.0.1/a.m3u8")
        plane = SimulatedPlane(self.clock, ivs)
        self.medialive = MediaLive(self.clock, lambda *_: None, plane, **options)
        self.group = self.call("create_input_security_group", WhitelistRules=[{"Cidr": "0.0.0.0/0"}])["SecurityGroup"][
            "Id"
        ]

    def call(self, operation: str, **params: Any) -> Any:
        return getattr(self.medialive, operation)(params, ME)

    def push(self, name: str = "host") -> str:
        return str(self.call("create_input", **input_request(name, self.group))["Input"]["Id"])

    def file(self, *urls: str, kind: str = "MP4_FILE") -> Params:
        sources = [{"Url": url} for url in urls]
        made: Params = self.call("create_input", Name="file", Type=kind, Sources=sources)["Input"]
        return made

    def request(self, *inputs: str) -> Params:
        return channel_request(list(inputs), "abc.global-contribute.live-video.net", "sk_secret")

    def channel(self, *inputs: str) -> str:
        """One that is IDLE."""
        made = self.call("create_channel", **self.request(*inputs))["Channel"]["Id"]
        self.clock.advance(self.medialive.timings.create + 1)
        return str(made)

    def refused(self, operation: str, code: str, status: int, **params: Any) -> str:
        with pytest.raises(AwsError) as error:
            self.call(operation, **params)
        assert (error.value.code, error.value.status) == (code, status)
        return str(error.value)


@pytest.fixture
def account() -> Account:
    return Account()


@rules.medialive(
    "A file with $urlPath$ is DYNAMIC; an input is STANDARD with two sources or destinations",
    "API reference, Input; user guide, dynamic inputs",
)
@pytest.mark.parametrize(
    ("kind", "urls", "source", "size"),
    [
        ("MP4_FILE", ["s3ssl://music/a.mp4"], "STATIC", "SINGLE_PIPELINE"),
        ("MP4_FILE", [FILE], "DYNAMIC", "SINGLE_PIPELINE"),
        ("TS_FILE", [FILE, FILE], "DYNAMIC", "STANDARD"),
        ("URL_PULL", ["https://host/live.m3u8", "https://host/b.m3u8"], "STATIC", "STANDARD"),
    ],
)
def test_what_a_pull_input_is(account: Account, kind: str, urls: list[str], source: str, size: str) -> None:
    made = account.file(*urls, kind=kind)
    assert [each["Url"] for each in made["Sources"]] == urls
    assert (made["InputSourceType"], made["InputClass"], made["Destinations"]) == (source, size, [])
    assert account.call("describe_input", InputId=made["Id"]) == made
    assert account.call("list_inputs")["Inputs"] == [made]


@rules.medialive(
    "A pull input has one or two sources, no destinations and no security group; only MP4 and TS files are dynamic",
    "API reference; whether one source is enough is told both ways",
)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Sources": []}, "one source, or two"),
        ({"Sources": [{"Url": "s3ssl://b/a.mp4"}] * 3}, "one source, or two"),
        ({"Sources": [{}]}, "needs a url"),
        ({"Sources": [{"Url": "rtmp://host/a"}]}, "needs a url"),
        ({"Destinations": [{"StreamName": "a/b"}]}, "has sources"),
        ({"InputSecurityGroups": ["1"]}, "has sources"),
        ({"Type": "URL_PULL", "Sources": [{"Url": "https://host/$urlPath$"}]}, "Only MP4 and TS files"),
    ],
)
def test_a_pull_input_that_aws_would_refuse(account: Account, change: Params, says: str) -> None:
    request = {"Name": "x", "Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://b/a.mp4"}]} | change
    assert says in account.refused("create_input", "BadRequestException", 400, **request)


@rules.medialive("A push input has no sources", rules.MODEL)
def test_a_push_input_has_no_sources(account: Account) -> None:
    request = input_request("x", account.group) | {"Sources": [{"Url": "s3ssl://b/a.mp4"}]}
    assert "no sources" in account.refused("create_input", "BadRequestException", 400, **request)


def test_the_encoder_gets_a_files_sources(account: Account) -> None:
    host, file = account.push(), account.file(FILE)["Id"]
    channel = account.medialive.channels[account.channel(host, file)]
    assert channel.inputs[file] == {"Type": "MP4_FILE", "Sources": [{"Url": FILE}]}
    assert channel.inputs[host]["Type"] == "RTMP_PUSH"


# Updates


@rules.medialive("UpdateChannel changes what it is given, attaches and detaches inputs", rules.MODEL)
def test_an_idle_channel_is_updated_and_what_is_not_given_stays(account: Account) -> None:
    first, second = account.push("a"), account.push("b")
    channel_id = account.channel(first)
    before = account.call("describe_channel", ChannelId=channel_id)
    attachments = account.request(second)["InputAttachments"]
    account.call("update_channel", ChannelId=channel_id, Name="new", InputAttachments=attachments)
    after = account.call("describe_channel", ChannelId=channel_id)
    assert (after["Name"], after["InputAttachments"]) == ("new", attachments)
    assert after["EncoderSettings"] == before["EncoderSettings"]
    states = [account.call("describe_input", InputId=each)["State"] for each in (first, second)]
    assert states == ["DETACHED", "ATTACHED"]


@rules.medialive("A channel is updated only while IDLE: else 409", "user guide, editing channels")
def test_a_channel_is_updated_only_while_idle(account: Account) -> None:
    channel_id = account.channel(account.push())
    account.call("start_channel", ChannelId=channel_id)
    assert "STARTING" in account.refused("update_channel", "ConflictException", 409, ChannelId=channel_id, Name="x")
    account.clock.advance(account.medialive.timings.start + 5)
    assert "RUNNING" in account.refused("update_channel", "ConflictException", 409, ChannelId=channel_id, Name="x")


@rules.medialive("An update is checked as a creation, and changes all or nothing", rules.MODEL)
def test_an_update_is_checked_as_a_creation_and_changes_nothing_when_refused(account: Account) -> None:
    channel_id = account.channel(account.push())
    before = account.call("describe_channel", ChannelId=channel_id)
    account.refused("update_channel", "UnprocessableEntityException", 422, ChannelId=channel_id, Destinations=[])
    other = account.push("other")
    account.channel(other)
    taken = account.request(other)["InputAttachments"]
    account.refused("update_channel", "ConflictException", 409, ChannelId=channel_id, InputAttachments=taken)
    assert account.call("describe_channel", ChannelId=channel_id) == before


def test_an_update_of_a_channel_is_not_tried_dry(account: Account) -> None:
    channel_id = account.channel(account.push())
    account.refused("update_channel", "NotImplemented", 501, ChannelId=channel_id, Name="x", DryRun=True)
    assert account.call("describe_channel", ChannelId=channel_id)["Name"] == "show"


@rules.medialive("An attachment that the schedule names can't be removed", rules.UNKNOWN)
def test_an_update_keeps_the_attachments_that_the_schedule_switches_to(account: Account) -> None:
    first, second = account.push("a"), account.push("b")
    channel_id = account.channel(first, second)
    switch = {"InputSwitchSettings": {"InputAttachmentNameReference": "source-1"}}
    account.call(
        "batch_update_schedule",
        ChannelId=channel_id,
        Creates={"ScheduleActions": [tag_action("to callers") | {"ScheduleActionSettings": switch}]},
    )
    less = {"ChannelId": channel_id, "InputAttachments": account.request(first)["InputAttachments"]}
    assert "to callers" in account.refused("update_channel", "UnprocessableEntityException", 422, **less)
    account.call("batch_update_schedule", ChannelId=channel_id, Deletes={"ActionNames": ["to callers"]})
    account.call("update_channel", **less)
    assert account.call("describe_input", InputId=second)["State"] == "DETACHED"


def test_an_inputs_update_reaches_the_channel(account: Account) -> None:
    host, file = account.push(), account.file(FILE)["Id"]
    channel_id = account.channel(host, file)
    sources = [{"Url": "s3ssl://other/a.mp4"}]
    updated = account.call("update_input", InputId=file, Name="new", Sources=sources)["Input"]
    assert (updated["Name"], updated["InputSourceType"]) == ("new", "STATIC")
    assert account.medialive.channels[channel_id].inputs[file]["Sources"] == sources


@rules.medialive(
    "An input's update is checked as its creation; it keeps its type and its number of destinations", rules.MODEL
)
@pytest.mark.parametrize(
    "change",
    [
        {"Destinations": [{"StreamName": "a/b"}, {"StreamName": "c/d"}]},
        {"Destinations": [{"StreamName": "none"}]},
        {"InputSecurityGroups": ["9"]},
        {"Sources": [{"Url": "s3ssl://b/a.mp4"}]},
    ],
)
def test_an_inputs_update_that_aws_would_refuse(account: Account, change: Params) -> None:
    host = account.push()
    before = account.call("describe_input", InputId=host)
    account.refused("update_input", "BadRequestException", 400, InputId=host, **change)
    assert account.call("describe_input", InputId=host) == before


@rules.medialive("An input is not updated while its channel runs: 409", "user guide, editing inputs")
def test_an_input_of_a_running_channel_is_not_updated(account: Account) -> None:
    host = account.push()
    account.call("start_channel", ChannelId=account.channel(host))
    account.refused("update_input", "ConflictException", 409, InputId=host, Name="x")


@rules.medialive("A security group's update is checked as its creation", rules.MODEL)
def test_a_security_groups_update(account: Account) -> None:
    rules = [{"Cidr": "203.0.113.0/24"}]
    account.call("update_input_security_group", InputSecurityGroupId=account.group, WhitelistRules=rules)
    assert account.call("describe_input_security_group", InputSecurityGroupId=account.group)["WhitelistRules"] == rules
    bad = [{"Cidr": "everywhere"}]
    account.refused(
        "update_input_security_group",
        "BadRequestException",
        400,
        InputSecurityGroupId=account.group,
        WhitelistRules=bad,
    )


@rules.medialive("An input that the schedule switches to stays dynamic or static: else 409", rules.UNKNOWN)
def test_an_input_that_the_schedule_switches_to_stays_dynamic_or_static(account: Account) -> None:
    host, file = account.push(), account.file(FILE)["Id"]
    channel_id = account.channel(host, file)

    def switch(name: str, **settings: Any) -> Params:
        return tag_action(name) | {"ScheduleActionSettings": {"InputSwitchSettings": settings}}

    actions = [
        switch("to host", InputAttachmentNameReference="source-0"),
        switch("to file", InputAttachmentNameReference="source-1", UrlPath=["a.mp4"]),
    ]
    account.call("batch_update_schedule", ChannelId=channel_id, Creates={"ScheduleActions": actions})
    static = {"InputId": file, "Sources": [{"Url": "s3ssl://music/a.mp4"}]}
    assert "to file" in account.refused("update_input", "ConflictException", 409, **static)
    account.call("update_input", InputId=file, Sources=[{"Url": "s3ssl://other/$urlPath$"}])
    account.call("update_input", InputId=host, Name="new")
    account.call("batch_update_schedule", ChannelId=channel_id, Deletes={"ActionNames": ["to file"]})
    assert account.call("update_input", **static)["Input"]["InputSourceType"] == "STATIC"


@rules.medialive("An input of a STANDARD channel keeps its two sources: else 409", rules.UNKNOWN)
def test_an_input_of_a_standard_channel_keeps_its_two_sources(account: Account) -> None:
    file = account.file("s3ssl://music/a.mp4", "s3ssl://music/b.mp4")["Id"]
    request = account.request(file) | {"ChannelClass": "STANDARD"}
    for destination in request["Destinations"]:
        destination["Settings"].append(destination["Settings"][0] | {"Url": destination["Settings"][0]["Url"] + "b"})
    account.call("create_channel", **request)
    account.clock.advance(account.medialive.timings.create + 1)
    one = {"InputId": file, "Sources": [{"Url": "s3ssl://music/a.mp4"}]}
    assert "two sources" in account.refused("update_input", "ConflictException", 409, **one)


@rules.medialive("A feature that the schedule's actions need can't be disabled", "API reference, FeatureActivations")
def test_an_update_keeps_what_the_schedule_needs(account: Account) -> None:
    host, file = account.push(), account.file("s3ssl://music/a.mp4")["Id"]
    request = account.request(host, file)
    request["EncoderSettings"]["FeatureActivations"] = {
        "InputPrepareScheduleActions": "ENABLED",
        "OutputStaticImageOverlayScheduleActions": "ENABLED",
    }
    channel_id = account.call("create_channel", **request)["Channel"]["Id"]
    account.clock.advance(account.medialive.timings.create + 1)
    account.call(
        "batch_update_schedule",
        ChannelId=channel_id,
        Creates={
            "ScheduleActions": [
                prepare("cue", "source-0"),
                switch("file", "source-1"),
                switch("back", "source-0", start=follow("file")),
                tag_action("tag"),
                action("no-overlay", "StaticImageOutputDeactivateSettings", {"OutputNames": ["ivs"]}),
            ]
        },
    )

    def refused(change: Callable[[Params], None]) -> str:
        changed = copy.deepcopy(request)
        changed.pop("Tags"), changed.pop("ChannelClass")
        change(changed)
        return account.refused(
            "update_channel", "UnprocessableEntityException", 422, **changed, ChannelId=channel_id
        ).partition(":")[2]

    features = request["EncoderSettings"]["FeatureActivations"]
    for feature, name in zip(features, ("cue", "no-overlay"), strict=True):
        assert f"schedule.{name}" in refused(
            lambda asked, feature=feature: asked["EncoderSettings"]["FeatureActivations"].pop(feature)
        )
    assert "schedule.back" in refused(
        lambda asked: asked["InputAttachments"][1]["InputSettings"].update(SourceEndBehavior="LOOP")
    )
    assert "schedule.tag" in refused(
        lambda asked: asked["EncoderSettings"]["OutputGroups"][1]["OutputGroupSettings"]["HlsGroupSettings"].update(
            HlsId3SegmentTagging="DISABLED"
        )
    )
    assert "schedule.no-overlay" in refused(
        lambda asked: asked["EncoderSettings"]["OutputGroups"][0]["Outputs"][0].update(OutputName="other")
    )
    dynamic = account.file(FILE)["Id"]
    assert "schedule.file" in refused(lambda asked: asked["InputAttachments"][1].update(InputId=dynamic))


# Who may


@rules.medialive(
    "UpdateChannel is authorised on the channel, and on passing its role", "service authorization reference"
)
def test_an_update_of_a_channel_is_asked_about_the_channel_and_its_role(account: Account) -> None:
    request = {"ChannelId": "7", "RoleArn": ROLE, "InputAttachments": [{"InputId": "8"}]}
    asked = account.medialive.authorisation("UpdateChannel", request)
    assert [(action, resource) for action, resource, _ in asked] == [
        ("medialive:UpdateChannel", f"{ARN}:channel:7"),
        ("iam:PassRole", ROLE),
    ]
    assert asked[-1][2] == {"iam:PassedToService": "medialive.amazonaws.com"}


@rules.medialive("UpdateInput is authorised on the input", "service authorization reference")
def test_an_update_of_an_input_is_asked_about_the_input(account: Account) -> None:
    asked = account.medialive.authorisation("UpdateInput", {"InputId": "8", "InputSecurityGroups": ["9"]})
    assert [resource for _, resource, _ in asked] == [f"{ARN}:input:8"]


# Quotas, rate, lists


@rules.medialive(
    "An account has 5 channels, 5 push inputs, 100 pull inputs and 5 security groups: beyond, 429 'Limit exceeded'",
    "user guide, quotas (2022); the answer from public reports",
)
@pytest.mark.parametrize("what", ["channels", "push_inputs", "pull_inputs", "input_security_groups"])
def test_a_quota_is_answered_as_too_many_requests(what: str) -> None:
    account = Account(quotas=Quotas(**{what: 1}))
    first = account.push() if what != "channels" else account.push("a")
    if what == "pull_inputs":
        account.file(FILE)
    requests: dict[str, tuple[str, Callable[[], Params]]] = {
        "channels": ("create_channel", lambda: account.request(account.push("b"))),
        "push_inputs": ("create_input", lambda: input_request("b", account.group)),
        "pull_inputs": ("create_input", lambda: {"Name": "b", "Type": "MP4_FILE", "Sources": [{"Url": FILE}]}),
        "input_security_groups": ("create_input_security_group", dict),
    }
    if what == "channels":
        channel_id = account.channel(first)
    operation, request = requests[what]
    params = request()
    assert "Limit exceeded" in account.refused(operation, "TooManyRequestsException", 429, **params)
    if what == "channels":  # what is deleted counts no longer
        account.call("delete_channel", ChannelId=channel_id)
        account.clock.advance(account.medialive.timings.delete + 1)
        assert account.call(operation, **params)["Channel"]["State"] == "CREATING"


@rules.medialive("Pull inputs do not count among push inputs", "user guide, quotas (2022)")
def test_file_inputs_are_no_push_inputs() -> None:
    account = Account(quotas=Quotas(push_inputs=1))
    account.push()
    assert account.file(FILE)["Type"] == "MP4_FILE"


@rules.medialive("20 calls a second, 40 at once: beyond, 429 TooManyRequestsException", "user guide, quotas")
def test_twenty_calls_a_second_and_forty_at_once() -> None:
    account = Account(throttled=True)

    def taken(tries: int) -> int:
        done = 0
        for _ in range(tries):
            try:
                account.medialive.throttle("ListChannels", {})
            except AwsError:
                continue
            done += 1
        return done

    assert taken(60) == 40
    with pytest.raises(AwsError) as error:
        account.medialive.throttle("ListChannels", {})
    assert (error.value.code, error.value.status) == ("TooManyRequestsException", 429)
    account.medialive.throttle("DescribeThumbnails", {})  # has a quota of its own
    account.clock.advance(1)
    assert taken(60) == 20
    account.clock.advance(60)
    assert taken(60) == 40


@rules.medialive("Lists may lag behind what was made; descriptions do not", "the sandbox's assumption")
def test_lists_lag_and_descriptions_do_not() -> None:
    account = Account(list_lag=3.0)
    host = account.push()
    channel_id = account.call("create_channel", **account.request(host))["Channel"]["Id"]
    assert account.call("describe_channel", ChannelId=channel_id)["Id"] == channel_id
    lists = {"Channels": "list_channels", "Inputs": "list_inputs", "InputSecurityGroups": "list_input_security_groups"}
    assert [account.call(operation)[member] for member, operation in lists.items()] == [[], [], []]
    account.clock.advance(3.0)
    assert [len(account.call(operation)[member]) for member, operation in lists.items()] == [1, 1, 1]


def test_what_is_deleted_is_described_for_a_while_then_not_found(account: Account) -> None:
    host = account.push()
    account.call("delete_input", InputId=host)
    assert account.call("describe_input", InputId=host)["State"] == "DELETED"
    account.clock.advance(account.medialive.timings.deleted + 1)
    account.refused("describe_input", "NotFoundException", 404, InputId=host)
