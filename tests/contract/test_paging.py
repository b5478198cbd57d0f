"""Every list of MediaLive and IVS in pages, through boto3."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import xform_name

from sandbox.awsapi import page
from tests import rules
from tests.contract.conftest import Cloud, serving
from tests.contract.medialive_requests import channel_request, input_request, tag_action
from tests.contract.show import WAIT

MANY = 5
BUCKET = {"s3": {"bucketName": "recordings"}}
LISTS = {
    "medialive": {
        "ListChannels": "Channels",
        "ListInputs": "Inputs",
        "ListInputSecurityGroups": "InputSecurityGroups",
        "DescribeSchedule": "ScheduleActions",
        "ListAlerts": "Alerts",
    },
    "ivs": {
        "ListChannels": "channels",
        "ListStreamKeys": "streamKeys",
        "ListStreams": "streams",
        "ListStreamSessions": "streamSessions",
        "ListRecordingConfigurations": "recordingConfigurations",
    },
}
"""Service -> operation -> the member that has the items."""
MOST, TOKEN = {"medialive": "MaxResults", "ivs": "maxResults"}, {"medialive": "NextToken", "ivs": "nextToken"}
CASES = [(service, operation) for service, lists in LISTS.items() for operation in lists]


@dataclass
class Account:
    """An account with `MANY` of everything; but a channel of IVS has one stream key."""

    clients: dict[str, Any]
    about: dict[str, dict[str, Any]]
    """Operation -> what it needs to be told."""

    def page(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.clients[service], xform_name(operation))(
            **self.about.get(operation, {}), **params
        )
        return answer

    def pages(self, service: str, operation: str, size: int) -> Iterator[list[Any]]:
        """All pages of a size."""
        more: dict[str, str] = {}
        while True:
            answer = self.page(service, operation, **{MOST[service]: size}, **more)
            yield answer[LISTS[service][operation]]
            if TOKEN[service] not in answer:
                return
            more = {TOKEN[service]: answer[TOKEN[service]]}


def fill(cloud: Cloud) -> Account:
    medialive, ivs = cloud.client("medialive"), cloud.client("ivs")
    groups = [medialive.create_input_security_group()["SecurityGroup"]["Id"] for _ in range(MANY)]
    made = [ivs.create_channel(name=f"show-{number}") for number in range(MANY)]
    for number, each in enumerate(made):
        ivs.create_recording_configuration(destinationConfiguration=BUCKET)
        input_id = medialive.create_input(**input_request(f"host-{number}", groups[0]))["Input"]["Id"]
        request = channel_request([input_id], each["channel"]["ingestEndpoint"], each["streamKey"]["value"])
        channel_id = medialive.create_channel(**request)["Channel"]["Id"]
        medialive.get_waiter("channel_created").wait(ChannelId=channel_id, WaiterConfig=WAIT)
    actions = {"ScheduleActions": [tag_action(f"tag-{number}") for number in range(MANY)]}
    medialive.batch_update_schedule(ChannelId=channel_id, Creates=actions)
    medialive.start_channel(ChannelId=channel_id)
    medialive.get_waiter("channel_running").wait(ChannelId=channel_id, WaiterConfig=WAIT)
    arn = made[0]["channel"]["arn"]

    def broadcast() -> None:
        for each in made:
            cloud.ivs.stream_started(each["channel"]["arn"])
        for _ in range(MANY - 1):
            cloud.ivs.stream_ended(arn)
            cloud.ivs.stream_started(arn)
        for number in range(MANY):
            cloud.plane.running[channel_id].alert(f"alert-{number}", "Video Not Detected", "message")
        for configuration in cloud.ivs.recording_configurations.values():
            configuration.state = "ACTIVE"  # or it would become so between two pages

    cloud.on_loop(broadcast)
    about = {
        "DescribeSchedule": {"ChannelId": channel_id},
        "ListAlerts": {"ChannelId": channel_id},
        "ListStreamKeys": {"channelArn": arn},
        "ListStreamSessions": {"channelArn": arn},
    }
    return Account({"medialive": medialive, "ivs": ivs}, about)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with serving() as cloud:
        yield fill(cloud)


@pytest.mark.parametrize(("service", "operation"), CASES)
@rules.medialive("Every list comes in pages of MaxResults at most, and NextToken leads on", rules.MODEL)
@rules.ivs("Every list comes in pages of maxResults at most, and nextToken leads on", rules.MODEL)
def test_pages_of_every_size_make_up_the_whole(account: Account, service: str, operation: str) -> None:
    member = LISTS[service][operation]
    whole = account.page(service, operation)[member]
    assert len(whole) == (1 if operation == "ListStreamKeys" else MANY)
    for size in range(1, MANY + 2):
        pages = list(account.pages(service, operation, size))
        assert [len(page) for page in pages[:-1]] == [size] * ((len(whole) - 1) // size)
        assert [each for page in pages for each in page] == whole


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_a_token_that_was_not_given_out(account: Account, service: str, operation: str) -> None:
    code = {"medialive": "BadRequestException", "ivs": "ValidationException"}[service]
    with pytest.raises(account.clients[service].exceptions.from_code(code)):
        account.page(service, operation, **{TOKEN[service]: "bm90aGluZw=="})


@pytest.mark.parametrize("service", LISTS)
def test_all_lists_that_are_built_are_here(account: Account, service: str) -> None:
    model = account.clients[service].meta.service_model
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    paged = {name for name, shape in shapes.items() if shape and TOKEN[service] in shape.members}
    assert paged - set(rules.unbuilt(service)) == set(LISTS[service])


@pytest.mark.parametrize("gone", [[0], [1], [0, 1], [2], [0, 2], [2, 3]])
def test_what_goes_between_two_pages_shifts_nothing(gone: list[int]) -> None:
    items = list("abcde")
    first, token = page(items, str, 2, None)
    assert first == ["a", "b"]
    left = [item for at, item in enumerate(items) if at not in gone]
    rest = [item for item in left if item not in first]
    assert page(left, str, 9, token) == (rest, None)
