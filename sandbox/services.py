"""Our own services on one event loop, and what they need of MiniStack and of each other."""

import asyncio
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from botocore.credentials import Credentials

from sandbox import ministack as mini
from sandbox import unknowns
from sandbox.accidents import Accidents, FaultyPlane
from sandbox.awsapi import Caller, ServiceApi
from sandbox.clock import RealClock
from sandbox.cloudwatch import count_executions
from sandbox.errors import AwsError
from sandbox.faults import EventOutlet, Faults
from sandbox.gateway import Api
from sandbox.ivs import limits as ivs_limits
from sandbox.ivs.service import Ivs
from sandbox.media.ivs_ingest import PLAYLIST
from sandbox.media.plane import MediaPlane, SimulatedPlane
from sandbox.medialive.service import MediaLive, Quotas
from sandbox.medialive.states import TIMINGS
from sandbox.servicequotas import ServiceQuotas
from sandbox.stepfunctions import InvokeOutcome, Raised, Refused, Returned, StepFunctions
from sandbox.viewers import Viewers

if TYPE_CHECKING:
    from sandbox.media.supervisor import VideoPlane

log = logging.getLogger(__name__)

Timings = Literal["brief", "fast", "aws"]


@dataclass(frozen=True)
class Options:
    """What a sandbox is started with. `directory` holds all its state and is the caller's to remove.

    `throttled`: services refuse more calls a second than AWS takes. `list_lag`: seconds until MediaLive's lists show
    what was made; `alert_after`: until a lost picture is an alert, if not as `timings` say. `quotas`: MediaLive's;
    `ivs_quotas`: IVS's.
    `otherwise`: which of `unknowns.NAMES` are taken the other way.
    """

    directory: Path
    media: bool = True
    timings: Timings = "fast"
    throttled: bool = True
    list_lag: float = 1.0
    alert_after: float | None = None
    otherwise: frozenset[str] = frozenset()
    quotas: Quotas = field(default_factory=Quotas)
    ivs_quotas: ivs_limits.Quotas = field(default_factory=ivs_limits.Quotas)
    account: str = "000000000000"
    region: str = "us-east-1"


class Services:
    """Our own services on one event loop, and what they need of MiniStack."""

    def __init__(self, options: Options, ministack: mini.MiniStack, loop: asyncio.AbstractEventLoop) -> None:
        self._ministack = ministack
        self._loop = loop
        self._calls: set[asyncio.Task[None]] = set()
        account, region = options.account, options.region
        self._root = Caller(mini.ROOT_KEY, account, region)
        self.door: mini.AsgiApp = ministack.app
        self.clock = RealClock(loop)
        self.faults = Faults(self.clock)
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)  # of calls, by service
        self.outlet = EventOutlet(self.clock, ministack.make_event, ministack.publish_event, self.faults)
        self.ivs = Ivs(
            self.clock,
            self.outlet,
            playback_url=self.playback_url,
            account=account,
            region=region,
            throttled=options.throttled,
            quotas=options.ivs_quotas,
            unknowns=unknowns.ivs(options.otherwise),
        )
        self.ivs.bucket_exists = ministack.bucket_exists
        self.viewers = Viewers(self.clock)
        self.ivs.viewers = self.viewers.count
        self.video = self._video_plane(options.directory) if options.media else None
        timings = TIMINGS[options.timings]
        if options.alert_after is not None:
            timings = replace(timings, unseen=options.alert_after)
        medialive_unknowns = unknowns.medialive(options.otherwise)
        self.simulation = SimulatedPlane(self.clock, self.ivs, waits_for_input=medialive_unknowns.waits_for_input)
        medium: MediaPlane = self.video or self.simulation
        plane = FaultyPlane(medium, self.faults)
        self.ivs.disconnect = (self.video or self.simulation).disconnect
        if self.video is not None:
            self.ivs.insert_metadata = self.video.insert_metadata
        self.medialive = MediaLive(
            self.clock,
            self.outlet,
            plane,
            account=account,
            region=region,
            timings=timings,
            throttled=options.throttled,
            quotas=options.quotas,
            unknowns=medialive_unknowns,
            list_lag=options.list_lag,
        )
        publish = None if options.media else self.simulation.publish
        self.accidents = Accidents(self.clock, self.faults, plane, self.medialive, self.ivs, publish)
        self.executions = StepFunctions(
            clock=self.clock,
            emit=count_executions(self.outlet),
            machines=ministack.machine,
            invoke=self.invoke,
            authorise=ministack.machine_may,
            account=account,
            region=region,
        )

    def _video_plane(self, directory: Path) -> "VideoPlane":
        from sandbox.media.supervisor import VideoPlane

        return VideoPlane(self._loop, directory / "media", self.ivs, self.s3_arguments)

    def s3_arguments(self, role_arn: str) -> dict[str, Any]:
        """boto3's arguments for the S3 client of a channel; a role that MediaLive cannot assume may nothing."""
        try:
            credentials = self._ministack.role_credentials(role_arn, "medialive.amazonaws.com", "medialive")
        except AwsError as error:
            log.error("%s", error.message)
            credentials = Credentials("denied", "denied")
        return {
            "endpoint_url": self._ministack.endpoint_url,
            "region_name": self._ministack.region,
            "aws_access_key_id": credentials.access_key,
            "aws_secret_access_key": credentials.secret_key,
            "aws_session_token": credentials.token,
        }

    def playback_url(self, arn: str) -> str:
        """Where a viewer finds an IVS channel."""
        return f"{self._ministack.endpoint_url}/_sandbox/ivs/{arn.rpartition('/')[2]}/{PLAYLIST}"

    def hls_dir(self, channel_id: str) -> Path | None:
        """The live HLS of an IVS channel, by the id at the end of its ARN."""
        arn = next((arn for arn in self.ivs.channels if arn.endswith(f"/{channel_id}")), None)
        return self.video.hls_dir(arn) if self.video and arn else None

    def apis(self) -> dict[str, Api]:
        """Our services by the name in a request's credential scope."""
        quotas = ServiceQuotas(self.medialive, self.ivs, account=self._root.account, region=self._root.region)
        return {
            "medialive": self._api("medialive", self.medialive, 403),
            "ivs": self._api("ivs", self.ivs, 403),
            "servicequotas": self._api("service-quotas", quotas, 400),
        }

    def executions_api(self) -> Api:
        """The execution calls of Step Functions."""
        return self._api("stepfunctions", self.executions, 400)

    def _api(self, name: str, service: object, denied: int) -> ServiceApi:
        """`denied`: the HTTP status of the service's AccessDeniedException."""

        def judge(caller: Caller, action: str, resource: str, context: Mapping[str, Any]) -> None:
            self._ministack.authorise(caller.access_key, action, resource, context, denied)

        account, region = self._root.account, self._root.region
        return ServiceApi(name, service, judge, account=account, region=region, calls=self._counts[name])

    def invoke(self, function: str, payload: Any, role_arn: str, done: Callable[[InvokeOutcome], None]) -> None:
        """Step Functions' call of a Lambda function: a signed request with the machine's role."""
        call = self._loop.create_task(self._invoke(function, payload, role_arn, done))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _invoke(self, function: str, payload: Any, role_arn: str, done: Callable[[InvokeOutcome], None]) -> None:
        try:
            credentials = self._ministack.role_credentials(role_arn, "states.amazonaws.com", "states")
        except AwsError as error:
            done(Refused("AccessDeniedException", error.message, error.status))
            return
        path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
        status, headers, body = await self._ministack.call(
            self.door, "lambda", "POST", path, json.dumps(payload).encode(), credentials
        )
        try:
            answer: Any = json.loads(body)
        except ValueError:
            done(Refused("SdkClientException", "The connection ended without an answer", 500))
            return
        if status >= 300:
            code = headers.get("x-amzn-errortype") or answer.get("__type") or "ServiceException"
            message = answer.get("message") or answer.get("Message") or ""
            done(Refused(code.partition(":")[0], message, status))
        elif "x-amz-function-error" in headers:
            done(Raised(answer))
        else:
            done(Returned(answer))

    def status(self) -> dict[str, Any]:
        """Our services' resources, who publishes, what is on air, faults and events; without secrets."""
        running = [
            execution["executionArn"]
            for arn in self._ministack.machine_arns()
            for execution in self.executions.list_executions(
                {"stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": 1000}, self._root
            )["executions"]
        ]
        everything = {"maxResults": 100_000}
        inputs = [each.shown() for each in self.medialive.inputs.values()]
        groups = [
            self.medialive.describe_input_security_group({"InputSecurityGroupId": group_id}, self._root)
            for group_id in self.medialive.security_groups
        ]
        ivs_channels = [self.ivs.get_channel({"arn": arn}, self._root)["channel"] for arn in self.ivs.channels]
        streams = self.ivs.list_streams(everything, self._root)["streams"]
        configurations = self.ivs.list_recording_configurations(everything, self._root)["recordingConfigurations"]
        return {
            "channels": self._channels(),
            "inputs": [pick(each, "Id", "Name", "State", "Type", "Tags") for each in inputs if is_there(each)],
            "input_security_groups": [pick(group, "Id", "State", "Tags") for group in groups if is_there(group)],
            "ivs_channels": [pick(channel, "arn", "name", "type", "tags") for channel in ivs_channels],
            "ivs_streams": [pick(each, "channelArn", "streamId", "state", "health", "viewerCount") for each in streams],
            "ivs_recording_configurations": [pick(each, "arn", "name", "state", "tags") for each in configurations],
            "running_executions": running,
            "faults": [fault.show() for fault in self.faults],
            "events_sent": dict(self.outlet.sent),
            "calls": {name: dict(self._counts[name]) for name in ("medialive", "ivs")},
        }

    def _channels(self) -> list[dict[str, Any]]:
        """MediaLive's channels, with what no API of AWS's tells: who publishes to each attachment of a running one."""
        shown = []
        for channel in self.medialive.channels.values():
            described = self.medialive.describe_channel({"ChannelId": channel.id}, self._root)
            if not is_there(described):
                continue
            pipelines = described.get("PipelineDetails") or [{}]
            shown.append(
                pick(described, "Id", "Name", "State", "Tags")
                | {"on_air": pipelines[0].get("ActiveInputAttachmentName"), "publishing": dict(channel.connected)}
            )
        return shown

    async def close(self) -> None:
        """Stop what runs."""
        if self.video is not None:
            await self.video.close()


def is_there(described: Mapping[str, Any]) -> bool:
    """Whether it is more than a memory: MediaLive describes what was deleted for a while."""
    return bool(described["State"] != "DELETED")


def pick(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Some members of a record."""
    return {name: record[name] for name in names if name in record}
