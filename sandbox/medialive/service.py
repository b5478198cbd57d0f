"""MediaLive's operations, named as botocore names them in snake case: `(params, caller) -> result`.

Shapes, and what fits them, are `sandbox.awsapi`'s business; the life of a channel is `states`'s. Input security
groups are IN_USE while an input refers to them; inputs are ATTACHED from CreateChannel until the channel is
DELETED. What was deleted is described as DELETED for a while and then not found.

`RequestId` makes CreateChannel and CreateInput idempotent: the same one answers what the first call made, as long
as that exists; what AWS answers to a different request with a used RequestId is one of the `unknowns`.
"""

import base64
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sandbox.awsapi import Access, Caller, page, request_tags, resource_tags
from sandbox.clock import Clock
from sandbox.errors import AwsError
from sandbox.events import Emit
from sandbox.media.plane import MediaPlane, Thumbnail
from sandbox.medialive import inputs, validate
from sandbox.medialive.actions import abilities
from sandbox.medialive.alerts import FILTERS
from sandbox.medialive.channel import Channel
from sandbox.medialive.inputs import PUSH, Input
from sandbox.medialive.schedule import unprocessable
from sandbox.medialive.states import FAST, Timings
from sandbox.medialive.unknowns import Unknowns
from sandbox.rates import TokenBucket

Params = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R", "Channel", "Input", "SecurityGroup")
PAGE = 100
CALLS_A_SECOND, CALLS_AT_ONCE = 20, 40  # of all operations together; can't be raised (user guide, quotas)


@dataclass
class SecurityGroup:
    """An input security group: from where may be pushed (not enforced, everybody is on loopback)."""

    id: str
    arn: str
    rules: list[dict[str, str]]
    tags: dict[str, str]
    state: str = "IDLE"


@dataclass(frozen=True)
class Quotas:
    """How many there may be in the account and region at once (MediaLive user guide, quotas, April 2022)."""

    channels: int = 5
    push_inputs: int = 5
    pull_inputs: int = 100
    input_security_groups: int = 5


class MediaLive:
    """One account's MediaLive in one region."""

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        plane: MediaPlane,
        *,
        account: str = "000000000000",
        region: str = "us-east-1",
        timings: Timings = FAST,
        unknowns: Unknowns | None = None,
        throttled: bool = False,
        quotas: Quotas | None = None,
        list_lag: float = 0.0,
    ) -> None:
        """`throttled`: refuse more than 20 calls a second, with a burst of 40. `list_lag`: seconds until a list shows
        what was made (MediaLive's lists are eventually consistent)."""
        self.quotas = quotas or Quotas(1_000_000, 1_000_000, 1_000_000, 1_000_000)
        self.list_lag = list_lag
        self.throttled = throttled
        self._bucket = TokenBucket(clock, CALLS_A_SECOND, CALLS_AT_ONCE)
        self._listed: dict[str, float] = {}
        self.timings = timings
        self.unknowns = unknowns or Unknowns()
        self.may_create: Callable[[Channel], bool] = lambda _: True
        """Whether a channel's creation succeeds; otherwise it is CREATE_FAILED."""
        self.channels: dict[str, Channel] = {}
        self.inputs: dict[str, Input] = {}
        self.security_groups: dict[str, SecurityGroup] = {}
        self._clock = clock
        self._emit = emit
        self._plane = plane
        self._arn = f"arn:aws:medialive:{region}:{account}"
        self._ids = map(str, itertools.count(1_000_001))
        self._requests: dict[tuple[str, str], tuple[str, Params]] = {}  # what was made, and by which request

    # Input security groups

    def create_input_security_group(self, params: Params, caller: Caller) -> Params:
        validate.security_group_request(params)
        self._allow("input security groups", self.security_groups, self.quotas.input_security_groups)
        group_id = self._new_id()
        rules = [dict(rule) for rule in params.get("WhitelistRules", [])]
        group = SecurityGroup(group_id, f"{self._arn}:inputSecurityGroup:{group_id}", rules, params.get("Tags", {}))
        self.security_groups[group_id] = group
        return {"SecurityGroup": self._show_group(group)}

    def describe_input_security_group(self, params: Params, caller: Caller) -> Params:
        return self._show_group(_find(self.security_groups, params["InputSecurityGroupId"], "input security group"))

    def update_input_security_group(self, params: Params, caller: Caller) -> Params:
        group = _find(self.security_groups, params["InputSecurityGroupId"], "input security group", alive=True)
        validate.security_group_request(params)
        if "WhitelistRules" in params:
            group.rules = [dict(rule) for rule in params["WhitelistRules"]]
        if "Tags" in params:
            group.tags = params["Tags"]
        return {"SecurityGroup": self._show_group(group)}

    def list_input_security_groups(self, params: Params, caller: Caller) -> Params:
        return self._list("InputSecurityGroups", self.security_groups, self._show_group, params)

    def delete_input_security_group(self, params: Params, caller: Caller) -> None:
        group = _find(self.security_groups, params["InputSecurityGroupId"], "input security group", alive=True)
        if self._users(group):
            raise AwsError("ConflictException", "The input security group is still being used by inputs", 409)
        self._bury(self.security_groups, group)

    # Inputs

    def create_input(self, params: Params, caller: Caller) -> Params:
        if (made := self._made("input", params, self.inputs)) is not None:
            return {"Input": made.shown()}
        inputs.check(params, self._groups(), self.unknowns.one_source)
        pushed = params["Type"] in PUSH
        most = self.quotas.push_inputs if pushed else self.quotas.pull_inputs
        what = "push inputs" if pushed else "pull inputs"
        self._allow(what, self.inputs, most, lambda each: (each.type in PUSH) == pushed)
        input_id = self._new_id()
        names = [destination["StreamName"] for destination in params.get("Destinations", [])]
        self.inputs[input_id] = Input(
            id=input_id,
            arn=f"{self._arn}:input:{input_id}",
            name=params["Name"],
            type=params["Type"],
            tags=params.get("Tags", {}),
            security_groups=list(params.get("InputSecurityGroups", [])),
            stream_names=names,
            ports=[self._plane.allocate_port() for _ in names],
            sources=[dict(source) for source in params.get("Sources", [])],
        )
        self._remember("input", params, input_id)
        return {"Input": self.inputs[input_id].shown()}

    def update_input(self, params: Params, caller: Caller) -> Params:
        """Only while no channel runs with it. The number of destinations stays: each has its own address."""
        found = _find(self.inputs, params["InputId"], "input", alive=True)
        channel = self.channels.get(found.channel_id or "")
        if channel is not None and channel.state != "IDLE":
            raise AwsError("ConflictException", f"The input's channel is {channel.state}; it must be IDLE", 409)
        destinations = [{"StreamName": name} for name in found.stream_names]
        wanted = {
            "Name": found.name,
            "Type": found.type,
            "InputSecurityGroups": found.security_groups,
            "Destinations": destinations,
            "Sources": found.sources,
        } | {name: value for name, value in params.items() if name != "InputId"}
        inputs.check(wanted, self._groups(), self.unknowns.one_source)
        if len(wanted["Destinations"]) != len(destinations):
            raise AwsError("BadRequestException", "An input keeps its number of destinations", 400)
        after = replace(found, sources=[dict(source) for source in wanted["Sources"]])
        if channel is not None:
            validate.attached_input(wanted, channel.request)
            if misfits := channel.schedule.misfits(abilities(channel.request, self.inputs | {found.id: after})):
                told = "; ".join(f"{name}: {why}" for name, why in misfits)
                raise AwsError("ConflictException", f"The schedule of the input's channel forbids it: {told}", 409)
        found.name, found.security_groups = wanted["Name"], list(wanted["InputSecurityGroups"])
        found.stream_names = [each["StreamName"] for each in wanted["Destinations"]]
        found.sources = after.sources
        if channel is not None:
            channel.inputs[found.id] = found.for_encoder()
        return {"Input": found.shown()}

    def describe_input(self, params: Params, caller: Caller) -> Params:
        return _find(self.inputs, params["InputId"], "input").shown()

    def list_inputs(self, params: Params, caller: Caller) -> Params:
        return self._list("Inputs", self.inputs, Input.shown, params)

    def delete_input(self, params: Params, caller: Caller) -> None:
        found = _find(self.inputs, params["InputId"], "input", alive=True)
        if found.channel_id is not None:
            raise AwsError("ConflictException", "The input is attached to a channel and cannot be deleted", 409)
        self._bury(self.inputs, found)
        for port in found.ports:
            self._plane.release_port(port)

    # Channels

    def create_channel(self, params: Params, caller: Caller) -> Params:
        if (made := self._made("channel", params, self.channels)) is not None:
            return {"Channel": show_channel(made)}
        if params.get("DryRun"):
            raise AwsError("NotImplemented", "The sandbox has no DryRun of CreateChannel.", 501)
        named = [self.inputs.get(each.get("InputId", "")) for each in params.get("InputAttachments", [])]
        there = {each.id: each for each in named if each is not None and each.state != "DELETED"}
        validate.channel_request(params, there)
        validate.attached_once(params, {input_id for input_id, each in there.items() if each.channel_id is not None})
        self._allow("channels", self.channels, self.quotas.channels)
        self._refuse_what_is_not_built(params, there)
        channel_id = self._new_id()
        channel = Channel(
            channel_id,
            f"{self._arn}:channel:{channel_id}",
            {"ChannelClass": "STANDARD"} | {name: value for name, value in params.items() if name != "Tags"},
            params.get("Tags", {}),
            {input_id: each.for_encoder() for input_id, each in there.items()},
            clock=self._clock,
            emit=self._emit,
            plane=self._plane,
            timings=self.timings,
            unknowns=self.unknowns,
            deleted=self._channel_deleted,
            creatable=lambda made: self.may_create(made),
        )
        for each in there.values():
            each.state, each.channel_id = "ATTACHED", channel_id
        self.channels[channel_id] = channel
        self._remember("channel", params, channel_id)
        return {"Channel": show_channel(channel)}

    def describe_channel(self, params: Params, caller: Caller) -> Params:
        return show_channel(_find(self.channels, params["ChannelId"], "channel"))

    def update_channel(self, params: Params, caller: Caller) -> Params:
        """Only while IDLE; what is not given stays."""
        if params.get("DryRun"):
            raise AwsError("NotImplemented", "The sandbox has no DryRun of UpdateChannel.", 501)
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        if channel.state != "IDLE":
            raise AwsError("ConflictException", f"Cannot update a channel that is {channel.state}", 409)
        request = channel.request | {name: value for name, value in params.items() if name != "ChannelId"}
        named = [self.inputs.get(each.get("InputId", "")) for each in request.get("InputAttachments", [])]
        there = {each.id: each for each in named if each is not None and each.state != "DELETED"}
        validate.channel_request(request, there)
        others = {each.id for each in there.values() if each.channel_id not in (None, channel.id)}
        validate.attached_once(request, others)
        if misfits := channel.schedule.misfits(abilities(request, there)):
            raise unprocessable([(f"schedule.{name}", why) for name, why in misfits])
        self._refuse_what_is_not_built(request, there)
        for input_id in set(channel.inputs) - set(there):
            self.inputs[input_id].state, self.inputs[input_id].channel_id = "DETACHED", None
        for each in there.values():
            each.state, each.channel_id = "ATTACHED", channel.id
        channel.request, channel.inputs = request, {each.id: each.for_encoder() for each in there.values()}
        return {"Channel": show_channel(channel)}

    def list_channels(self, params: Params, caller: Caller) -> Params:
        return self._list("Channels", self.channels, show_channel, params)

    def start_channel(self, params: Params, caller: Caller) -> Params:
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        channel.start()
        return show_channel(channel)

    def stop_channel(self, params: Params, caller: Caller) -> Params:
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        channel.stop()
        return show_channel(channel)

    def delete_channel(self, params: Params, caller: Caller) -> Params:
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        channel.delete()
        return show_channel(channel)

    # Schedule

    def batch_update_schedule(self, params: Params, caller: Caller) -> Params:
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        creates = params.get("Creates", {}).get("ScheduleActions", [])
        deletes = params.get("Deletes", {}).get("ActionNames", [])
        if not creates and not deletes:
            raise AwsError("BadRequestException", "There must be actions to create or to delete", 400)
        removed = channel.schedule.update(creates, deletes, abilities(channel.request, self.inputs))
        return {"Creates": {"ScheduleActions": creates}, "Deletes": {"ScheduleActions": removed}}

    def describe_schedule(self, params: Params, caller: Caller) -> Params:
        channel = _find(self.channels, params["ChannelId"], "channel")
        actions, token = _page(channel.schedule.actions(), lambda action: str(action["ActionName"]), params)
        return {"ScheduleActions": actions, "NextToken": token}

    def delete_schedule(self, params: Params, caller: Caller) -> None:
        """Only of a channel that is idle. The model has no ConflictException for it [not verified against AWS]."""
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        if channel.state != "IDLE":
            raise AwsError("BadRequestException", f"The channel is {channel.state}; it must be IDLE", 400)
        channel.schedule.clear()

    # What a channel tells

    def list_alerts(self, params: Params, caller: Caller) -> Params:
        channel = _find(self.channels, params["ChannelId"], "channel")
        state = params.get("StateFilter", "ALL")
        if state not in FILTERS:
            raise AwsError("BadRequestException", f"stateFilter must be one of {', '.join(sorted(FILTERS))}", 400)
        alerts, token = _page(channel.alerts.listed(state), lambda alert: alert.id, params)
        return {"Alerts": [alert.shown() for alert in alerts], "NextToken": token}

    def describe_thumbnails(self, params: Params, caller: Caller) -> Params:
        """Of the active input; nothing at all where none are made (user guide, 'Retrieving thumbnails')."""
        channel = _find(self.channels, params["ChannelId"], "channel", alive=True)
        pipeline, kind = params["PipelineId"], params["ThumbnailType"]
        if pipeline not in ("0", "1") or kind not in ("CURRENT_ACTIVE", "UNSPECIFIED"):
            raise AwsError("BadRequestException", 'pipelineId is "0" or "1", thumbnailType CURRENT_ACTIVE', 400)
        newest = channel.thumbnail()
        if not channel.makes_thumbnails:
            return {"ThumbnailDetails": []}
        shown = [_thumbnail(newest)] if newest and int(pipeline) < channel.pipelines_running else []
        return {"ThumbnailDetails": [{"PipelineId": pipeline, "Thumbnails": shown}]}

    # Tags

    def create_tags(self, params: Params, caller: Caller) -> None:
        self._tags(params["ResourceArn"]).update(params.get("Tags", {}))

    def delete_tags(self, params: Params, caller: Caller) -> None:
        tags = self._tags(params["ResourceArn"])
        for key in params["TagKeys"]:
            tags.pop(key, None)

    def list_tags_for_resource(self, params: Params, caller: Caller) -> Params:
        return {"Tags": self._tags(params["ResourceArn"])}

    # Who may what (service authorization reference, AWS Elemental MediaLive)

    def authorisation(self, operation: str, params: Params) -> list[Access]:
        """What must be allowed: the three lists know no resource, creations speak of what is not there yet.

        Creations are asked about on what they refer to as well, and a role that is given must be one that the caller
        may pass.
        """
        action = f"medialive:{operation}"
        if operation.startswith("List") and operation != "ListTagsForResource":
            return [(action, "*", {})]
        wanted = request_tags(params.get("Tags", {}), params.get("TagKeys", []))
        made = _CREATED.get(operation)
        arn = f"{self._arn}:{made}:*" if made else self._named_arn(params)
        others = self._referred_arns(params) if made else ()
        accesses: list[Access] = [(action, each, wanted | self._resource_tags(each)) for each in (arn, *others)]
        if made and params.get("Tags"):
            accesses.append(("medialive:CreateTags", arn, wanted))
        if "RoleArn" in params:
            accesses.append(("iam:PassRole", params["RoleArn"], {"iam:PassedToService": "medialive.amazonaws.com"}))
        return accesses

    def _named_arn(self, params: Params) -> str:
        for member, kind in _IDS.items():
            if member in params:
                return f"{self._arn}:{kind}:{params[member]}"
        arn: str = params["ResourceArn"]
        return arn

    def _referred_arns(self, params: Params) -> Iterable[str]:
        for attachment in params.get("InputAttachments", []):
            yield f"{self._arn}:input:{attachment.get('InputId', '*')}"
        for group_id in params.get("InputSecurityGroups", []):
            yield f"{self._arn}:inputSecurityGroup:{group_id}"

    def _resource_tags(self, arn: str) -> dict[str, Any]:
        found = self._resource(arn)
        return {} if found is None else resource_tags(found.tags)

    def throttle(self, operation: str, params: Params) -> None:
        """Raises AwsError TooManyRequestsException beyond the rate of all operations together.

        Thumbnails have a quota of their own (user guide, 'Limit on thumbnails'; its size is in no document).
        """
        if self.throttled and operation != "DescribeThumbnails" and not self._bucket.take():
            raise AwsError("TooManyRequestsException", "Too many requests; try again later", 429)

    # Inside

    def _allow(
        self, what: str, there: Mapping[str, R], quota: int, counts: Callable[[R], bool] = lambda _: True
    ) -> None:
        """A used-up quota answers TooManyRequestsException too, as a call that may be tried again does."""
        if len(there) < quota:
            return
        if sum(each.state != "DELETED" and counts(each) for each in there.values()) >= quota:
            raise AwsError("TooManyRequestsException", f"Limit exceeded: the account has no {what} left", 429)

    def _refuse_what_is_not_built(self, request: Params, there: Mapping[str, Input]) -> None:
        if missing := self._plane.lacks(request, {input_id: each.for_encoder() for input_id, each in there.items()}):
            raise AwsError("NotImplemented", f"The sandbox's encoder has no {missing}.", 501)

    def _new_id(self) -> str:
        made = next(self._ids)
        self._listed[made] = self._clock.time() + self.list_lag
        return made

    def _groups(self) -> dict[str, SecurityGroup]:
        return {group.id: group for group in self.security_groups.values() if group.state != "DELETED"}

    def _list(self, member: str, store: Mapping[str, R], show: Callable[[R], Params], params: Params) -> Params:
        """What is there, as lists tell it: after a while."""
        now = self._clock.time()
        told = [each for each in store.values() if each.state != "DELETED" and self._listed[each.id] <= now]
        taken, token = _page(told, lambda each: each.id, params)
        return {member: [show(each) for each in taken], "NextToken": token}

    def _tags(self, arn: str) -> dict[str, str]:
        found = self._resource(arn)
        if found is None:
            raise AwsError("NotFoundException", "There is no such resource", 404)
        return found.tags

    def _resource(self, arn: str) -> Channel | Input | SecurityGroup | None:
        kind, _, resource_id = arn.removeprefix(f"{self._arn}:").partition(":")
        stores: dict[str, Mapping[str, Channel | Input | SecurityGroup]] = {
            "channel": self.channels,
            "input": self.inputs,
            "inputSecurityGroup": self.security_groups,
        }
        found = stores.get(kind, {}).get(resource_id)
        return found if found is not None and found.state != "DELETED" else None

    def _made(self, kind: str, params: Params, store: Mapping[str, R]) -> R | None:
        """What an earlier call with the same RequestId made, if it is still there."""
        made_id, request = self._requests.get((kind, params.get("RequestId", "")), ("", {}))
        made = store.get(made_id)
        if made is None or made.state == "DELETED":
            return None
        if request != params and not self.unknowns.request_id_for_another:
            raise AwsError("ConflictException", "The requestId was used for another request", 409)
        return made

    def _remember(self, kind: str, params: Params, resource_id: str) -> None:
        if params.get("RequestId"):
            self._requests[kind, params["RequestId"]] = resource_id, params

    def _users(self, group: SecurityGroup) -> list[str]:
        return [e.id for e in self.inputs.values() if group.id in e.security_groups and e.state != "DELETED"]

    def _channel_deleted(self, channel: Channel) -> None:
        for input_id in channel.inputs:
            self.inputs[input_id].state, self.inputs[input_id].channel_id = "DETACHED", None
        self._bury(self.channels, channel)

    def _bury(self, store: dict[str, R], resource: R) -> None:
        def forget() -> None:
            del store[resource.id], self._listed[resource.id]

        resource.state = "DELETED"
        self._clock.call_later(self.timings.deleted, forget)

    def _show_group(self, group: SecurityGroup) -> Params:
        users = self._users(group)
        return {
            "Id": group.id,
            "Arn": group.arn,
            "Inputs": users,
            "State": "IN_USE" if users else group.state,
            "Tags": group.tags,
            "WhitelistRules": group.rules,
        }


_CREATED = {
    "CreateChannel": "channel",
    "CreateInput": "input",
    "CreateInputSecurityGroup": "inputSecurityGroup",
}
_IDS = {"ChannelId": "channel", "InputId": "input", "InputSecurityGroupId": "inputSecurityGroup"}


def show_channel(channel: Channel) -> Params:
    """A channel as DescribeChannel shows it: with the stream key in its Destinations, as on AWS."""
    running = channel.pipelines_running
    pipelines = [{"PipelineId": str(number), **channel.pipeline_details} for number in range(running)]
    return {
        **channel.request,
        "Id": channel.id,
        "Arn": channel.arn,
        "State": channel.state,
        "Tags": channel.tags,
        "EgressEndpoints": [{"SourceIp": "127.0.0.1"}],
        "PipelineDetails": pipelines,
        "PipelinesRunningCount": running,
    }


def _thumbnail(newest: Thumbnail) -> Params:
    return {
        "Body": base64.b64encode(newest.jpeg).decode(),
        "ContentType": "image/jpeg",
        "ThumbnailType": "CURRENT_ACTIVE",
        "TimeStamp": datetime.fromtimestamp(newest.at, UTC),
    }


def _find(store: Mapping[str, R], resource_id: str, what: str, *, alive: bool = False) -> R:
    """Raises AwsError NotFoundException; with `alive` for what is DELETED too."""
    found = store.get(resource_id)
    if found is None or (alive and found.state == "DELETED"):
        raise AwsError("NotFoundException", f"There is no {what} {resource_id}", 404)
    return found


def _page(items: list[T], key: Callable[[T], str], params: Params) -> tuple[list[T], str | None]:
    try:
        return page(items, key, params.get("MaxResults", PAGE), params.get("NextToken"))
    except ValueError:
        raise AwsError("BadRequestException", "nextToken is not valid", 400) from None
