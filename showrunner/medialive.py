"""MediaLive as this product asks it: the only place that reads a channel, because its answers hold the stream key."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, NoReturn

from botocore.exceptions import ClientError
from msgspec import Struct

from showrunner import aws
from showrunner.errors import ChannelRefused, QuotaExceeded, ThumbnailsBusy
from showrunner.naming import belongs_to, name_of
from showrunner.session import Attempt
from showrunner.switch import Switch


class Alert(Struct, frozen=True):
    """An alert that is SET: `type` is MediaLive's AlertType."""

    id: str
    type: str
    since: datetime


class Channel(Struct, frozen=True, dict=True):
    """A channel without its Destinations: DescribeChannel and ListChannels return the stream key there in clear.

    `state` is the API's ChannelState (CREATING, IDLE, STARTING, RUNNING, ...), not the event's. `on_air` is the
    attachment that is really on air, by PipelineDetails, and `action` the schedule action that has put it there; None
    while nothing runs.
    """

    id: str
    arn: str
    state: str
    on_air: str | None = None
    action: str | None = None

    @property
    def runs(self) -> bool:
        """Whether it is on air, or comes back to it by itself."""
        return self.state in ("RUNNING", "RECOVERING")

    @cached_property
    def alerts(self) -> list[Alert]:
        """What is wrong with it, asked for once. Those of inputs are of the one on air alone."""
        pages = aws.medialive().get_paginator("list_alerts").paginate(ChannelId=self.id, StateFilter="SET")
        return [Alert(each["Id"], each["AlertType"], each["SetTimestamp"]) for page in pages for each in page["Alerts"]]


class Thumbnail(Struct, frozen=True):
    """A picture of the input on air, before anything is done to it; `body` is base64."""

    at: datetime
    content_type: str
    body: str


class Listed(Struct, frozen=True):
    """A channel with its name and tags, whoever it belongs to."""

    channel: Channel
    name: str
    tags: dict[str, str]


def channel(channel_id: str | None) -> Channel | None:
    """The channel as it is now; None before there is one, and once it is gone (DELETED for a time, then NotFound)."""
    if channel_id is None:
        return None
    try:
        described = aws.medialive().describe_channel(ChannelId=channel_id)
    except aws.medialive().exceptions.NotFoundException:
        return None
    return _channel(described)


def thumbnail(channel_id: str) -> Thumbnail | None:
    """The newest: MediaLive makes one every 2 s of a channel that runs. None where there is none, or no such channel.

    It does not count as one of the 20 calls a second, and has a quota of its own. Raises ThumbnailsBusy beyond that.
    """
    client = aws.medialive_once()
    try:
        found = client.describe_thumbnails(ChannelId=channel_id, PipelineId="0", ThumbnailType="CURRENT_ACTIVE")
    except (client.exceptions.ConflictException, client.exceptions.NotFoundException):
        return None
    except client.exceptions.TooManyRequestsException:
        raise ThumbnailsBusy("MediaLive gives no more pictures at this moment. Ask again in a few seconds.") from None
    for each in (each for detail in found["ThumbnailDetails"] for each in detail["Thumbnails"]):
        return Thumbnail(each["TimeStamp"], each["ContentType"], each["Body"])
    return None


def find_channel(attempt: Attempt) -> Channel | None:
    """The attempt's channel by its remembered id, else by name and tags: a crash may have kept its id from us."""
    if attempt.channel_id is not None:
        return channel(attempt.channel_id)
    for listed in listed_channels():
        if listed.name == name_of(attempt) and belongs_to(attempt, listed.tags):
            return listed.channel if listed.channel.state != "DELETED" else None
    return None


def find_inputs(attempt: Attempt) -> dict[str, str]:
    """Source name -> input id of what exists for the attempt, remembered or not."""
    stem = name_of(attempt) + "-"
    found = {}
    for listed in listed_inputs():
        ours = listed["Name"].startswith(stem) and belongs_to(attempt, listed.get("Tags", {}))
        if ours and listed["State"] not in ("DELETING", "DELETED"):
            found[listed["Name"].removeprefix(stem)] = listed["Id"]
    return found


def listed_channels() -> Iterator[Listed]:
    """All of the account's, as lists show them, which lag."""
    for page in aws.medialive().get_paginator("list_channels").paginate():
        for each in page["Channels"]:
            channel = Channel(each["Id"], each["Arn"], each["State"])
            yield Listed(channel, each.get("Name", ""), each.get("Tags", {}))


def listed_inputs() -> Iterator[Any]:
    """Likewise; without their destinations, which hold the stream names."""
    for page in aws.medialive().get_paginator("list_inputs").paginate():
        for each in page["Inputs"]:
            yield {name: each[name] for name in ("Id", "Arn", "Name", "Type", "State", "Tags") if name in each}


def listed_security_groups() -> Iterator[Any]:
    for page in aws.medialive().get_paginator("list_input_security_groups").paginate():
        yield from page["InputSecurityGroups"]


def create_channel(request: dict[str, Any], secrets: list[str]) -> Channel:
    """Raises QuotaExceeded, ChannelRefused; what MediaLive says is passed on without the `secrets`."""
    try:
        created = aws.medialive().create_channel(**request)["Channel"]
    except ClientError as error:
        refused(error, secrets)
    return Channel(created["Id"], created["Arn"], created["State"])


IMMEDIATELY: Any = {"ImmediateModeScheduleActionStartSettings": {}}


def act_now(channel_id: str, name: str, settings: Any) -> None:
    """Have a schedule action take effect at once; `settings` are its ScheduleActionSettings."""
    _act(channel_id, [_action(name, settings, IMMEDIATELY)])


def _action(name: str, settings: Any, start: Any) -> Any:
    return {"ActionName": name, "ScheduleActionStartSettings": start, "ScheduleActionSettings": settings}


def _act(channel_id: str, actions: list[Any], instead: Iterable[str] = ()) -> None:
    """Put actions into a channel's schedule, `instead` of others, all or none.

    Names are unique in a schedule, so actions that are there already are these, asked for before: they are not doubled.
    """
    deletes: Any = {"Deletes": {"ActionNames": list(instead)}} if instead else {}
    try:
        aws.medialive().batch_update_schedule(ChannelId=channel_id, Creates={"ScheduleActions": actions}, **deletes)
    except aws.medialive().exceptions.UnprocessableEntityException:
        if actions[0]["ActionName"] not in scheduled(channel_id):
            raise


def switch_now(channel_id: str, name: str, attachment: str) -> None:
    """Put an attachment on air, at once; of a channel that does not run, when it starts (the latest such counts)."""
    act_now(channel_id, name, {"InputSwitchSettings": {"InputAttachmentNameReference": attachment}})


def prepare(channel_id: str, name: str, attachment: str | None, file: str | None) -> None:
    """Have an input prepared for an immediate switch, or none. `file`: of a dynamic input."""
    settings: Any = {"InputAttachmentNameReference": attachment} if attachment else {}
    act_now(channel_id, name, {"InputPrepareSettings": settings | ({"UrlPath": [file]} if file else {})})


def schedule_switches(
    channel_id: str, switches: list[Switch], files: dict[str, str], instead: Iterable[str] = ()
) -> None:
    """Ask for switches, all or none. `files`: item -> the file of it, for a dynamic input; `instead`: as `_act`."""
    _act(channel_id, [_switch_action(each, files[each.item] if each.item else None) for each in switches], instead)


def _switch_action(switch: Switch, file: str | None) -> Any:
    """At once, at its time, or behind the file that another one plays."""
    settings: Any = {"InputAttachmentNameReference": switch.source}
    if file is not None:
        settings["UrlPath"] = [file]
    start = IMMEDIATELY
    if switch.at is not None:
        start = {"FixedModeScheduleActionStartSettings": {"Time": switch.at}}
    elif switch.after is not None:
        follow = {"ReferenceActionName": switch.after, "FollowPoint": "END"}
        start = {"FollowModeScheduleActionStartSettings": follow}
    return _action(switch.action, {"InputSwitchSettings": settings}, start)


def unschedule(channel_id: str, names: list[str]) -> None:
    """Take actions back that are not due yet: all of them, or none."""
    aws.medialive().batch_update_schedule(ChannelId=channel_id, Deletes={"ActionNames": names})


def open_with(channel_id: str, attachment: str) -> None:
    """Let a channel that does not run yet begin with an attachment. It must be a static input's, as the first switch of
    a schedule has to be.
    """
    switch_now(channel_id, f"start-{attachment}", attachment)


def scheduled(channel_id: str) -> set[str]:
    """The names of the actions in a channel's schedule; MediaLive forgets them an hour after their start."""
    pages = aws.medialive().get_paginator("describe_schedule").paginate(ChannelId=channel_id)
    return {action["ActionName"] for page in pages for action in page["ScheduleActions"]}


def refused(error: ClientError, secrets: list[str]) -> NoReturn:
    """Turn MediaLive's answer to a create call into our errors; what may pass by itself is raised under its name."""
    answer = error.response["Error"]
    for secret in secrets:  # out of what is raised, shown and logged, whatever it is
        answer["Message"] = answer["Message"].replace(secret, "***")
        error.args = tuple(str(arg).replace(secret, "***") for arg in error.args)
    code, message = answer["Code"], answer["Message"]
    if code == "TooManyRequestsException" and "limit exceeded" in message.lower():
        raise QuotaExceeded(
            f"An account limit of MediaLive is used up ({message}). Stop another session or ask AWS for more."
        ) from None
    if code in ("BadRequestException", "UnprocessableEntityException", "ForbiddenException"):
        raise ChannelRefused(f"MediaLive refused: {message}") from None
    raise error


def _channel(described: Any) -> Channel | None:
    if described["State"] == "DELETED":
        return None
    pipeline: dict[str, str] = next(iter(described.get("PipelineDetails", [])), {})
    on_air, action = pipeline.get("ActiveInputAttachmentName"), pipeline.get("ActiveInputSwitchActionName")
    return Channel(described["Id"], described["Arn"], described["State"], on_air, action)
