"""The whole sandbox in one process: MiniStack, our services, and the door to them; on loopback only."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from botocore.credentials import Credentials

from sandbox import ministack as mini
from sandbox.awsapi import Caller, ServiceApi
from sandbox.clock import RealClock
from sandbox.control import Control
from sandbox.envfile import read_env_file
from sandbox.errors import AwsError
from sandbox.faults import EventOutlet
from sandbox.gateway import Api, Gateway
from sandbox.ivs.service import Ivs
from sandbox.lambdas import Environments
from sandbox.media.ivs_ingest import PLAYLIST
from sandbox.media.plane import MediaPlane, SimulatedPlane
from sandbox.medialive.service import MediaLive
from sandbox.medialive.states import TIMINGS
from sandbox.mends import (
    mend_api_gateway,
    mend_cloudformation,
    mend_conditions,
    mend_events,
    mend_lambda,
    mend_machines,
    mend_rest_api,
    mend_transport,
)
from sandbox.stepfunctions import InvokeOutcome, Raised, Refused, Returned, StepFunctions

if TYPE_CHECKING:
    import boto3

    from sandbox.media.supervisor import VideoPlane

log = logging.getLogger(__name__)

Timings = Literal["fast", "aws"]


ASYNC_RETRY_DELAYS: dict[Timings, tuple[float, float]] = {"fast": (1.0, 2.0), "aws": (60.0, 120.0)}
"""Seconds before an asynchronous invocation's second and third attempt."""


class PortTaken(Exception):
    """The port is in use; the message says by whom."""


@dataclass(frozen=True)
class Options:
    """What a sandbox is started with. `directory` holds all its state and is the caller's to remove."""

    directory: Path
    media: bool = True
    timings: Timings = "fast"
    account: str = "000000000000"
    region: str = "us-east-1"


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} cannot be opened: {error.strerror}") from None
    listener.listen(128)
    return listener


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
        self.outlet = EventOutlet(self.clock, ministack.make_event, ministack.publish_event)
        self.ivs = Ivs(self.clock, self.outlet, playback_url=self.playback_url, account=account, region=region)
        self.video = self._video_plane(options.directory) if options.media else None
        self.simulation = SimulatedPlane(self.clock, self.ivs)
        plane: MediaPlane = self.video or self.simulation
        self.ivs.disconnect = (self.video or self.simulation).disconnect
        self.medialive = MediaLive(
            self.clock, self.outlet, plane, account=account, region=region, timings=TIMINGS[options.timings]
        )
        self.executions = StepFunctions(
            clock=self.clock,
            emit=self.outlet,
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
        return {"medialive": self._api("medialive", self.medialive, 403), "ivs": self._api("ivs", self.ivs, 403)}

    def executions_api(self) -> Api:
        """The execution calls of Step Functions."""
        return self._api("stepfunctions", self.executions, 400)

    def _api(self, name: str, service: object, denied: int) -> ServiceApi:
        """`denied`: the HTTP status of the service's AccessDeniedException."""

        def judge(caller: Caller, action: str, resource: str, context: Mapping[str, Any]) -> None:
            self._ministack.authorise(caller.access_key, action, resource, context, denied)

        return ServiceApi(name, service, judge, account=self._root.account, region=self._root.region)

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
        answer: Any = json.loads(body)
        if status >= 300:
            code = headers.get("x-amzn-errortype") or answer.get("__type") or "ServiceException"
            message = answer.get("message") or answer.get("Message") or ""
            done(Refused(code.partition(":")[0], message, status))
        elif "x-amz-function-error" in headers:
            done(Raised(answer))
        else:
            done(Returned(answer))

    def status(self) -> dict[str, Any]:
        """Our services' resources, without secrets."""
        everything = {"MaxResults": 100_000, "maxResults": 100_000}
        running = [
            execution["executionArn"]
            for arn in self._ministack.machine_arns()
            for execution in self.executions.list_executions(
                {"stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": 1000}, self._root
            )["executions"]
        ]
        channels = self.medialive.list_channels(everything, self._root)["Channels"]
        inputs = self.medialive.list_inputs(everything, self._root)["Inputs"]
        groups = self.medialive.list_input_security_groups(everything, self._root)["InputSecurityGroups"]
        ivs_channels = self.ivs.list_channels(everything, self._root)["channels"]
        streams = self.ivs.list_streams(everything, self._root)["streams"]
        return {
            "channels": [pick(channel, "Id", "Name", "State", "Tags") for channel in channels],
            "inputs": [pick(each, "Id", "Name", "State", "Type", "Tags") for each in inputs],
            "input_security_groups": [pick(group, "Id", "State", "Tags") for group in groups],
            "ivs_channels": [pick(channel, "arn", "name", "tags") for channel in ivs_channels],
            "ivs_streams": [pick(stream, "channelArn", "state", "health") for stream in streams],
            "running_executions": running,
        }

    async def close(self) -> None:
        """Stop what runs."""
        if self.video is not None:
            await self.video.close()


def pick(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Some members of a record."""
    return {name: record[name] for name in names if name in record}


@contextlib.asynccontextmanager
async def serving(listener: socket.socket, options: Options) -> AsyncIterator[Control]:
    """A sandbox that answers on `listener` while the context lasts."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    port = listener.getsockname()[1]
    mini.prepare_environment(port, options.directory, options.account, options.region)
    ministack = mini.MiniStack(options.account, options.region, f"http://127.0.0.1:{port}")
    loop = asyncio.get_running_loop()
    services = Services(options, ministack, loop)
    control = Control(
        services.outlet,
        services.status,
        ministack.fire_rule,
        set_publishing=None if options.media else services.simulation.publish,
        hls_dir=services.hls_dir,
    )
    started = asyncio.Event()

    async def stopping() -> None:
        await services.close()
        await asyncio.to_thread(ministack.close)

    gateway = Gateway(ministack, services.apis(), services.executions_api(), control, started.set, stopping)
    services.door = gateway
    mend_lambda(ministack, Environments(options.directory, ministack.lambda_credentials, ministack.endpoint_url))
    mend_events(ministack, gateway, services.clock, loop, ASYNC_RETRY_DELAYS[options.timings])
    mend_api_gateway(ministack)
    mend_rest_api()
    mend_conditions()
    mend_transport()
    mend_cloudformation(services.medialive, Caller(mini.ROOT_KEY, options.account, options.region))
    mend_machines()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.errorlog = "-"
    config.loglevel = "ERROR"
    stop = asyncio.Event()
    server = asyncio.create_task(serve(gateway, config, shutdown_trigger=stop.wait))  # type: ignore[arg-type]
    try:
        await wait_first(started.wait(), server)
        yield control
    finally:
        stop.set()
        await server


async def wait_first(event: Any, server: asyncio.Task[None]) -> None:
    """Wait for the start, or raise what ended the server before it."""
    waiting = asyncio.ensure_future(event)
    await asyncio.wait([waiting, server], return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        waiting.cancel()
        server.result()
        raise RuntimeError("the server ended before it was ready")


class Sandbox:
    """A sandbox in a process of its own, for tests and demos; any number at once, each on a free port.

    `with Sandbox(media=False) as aws:` waits until all is ready; `aws.url` is the endpoint, `aws.env` the
    environment variables that lead to it (and to the stack's API, with a token), `aws.session()` a boto3
    session. `directory` is where its log and environment file go; a temporary one by default.
    """

    def __init__(
        self,
        *,
        media: bool = True,
        stack: bool = True,
        timings: Timings = "fast",
        port: int = 0,
        start_timeout: float = 60.0,
        directory: Path | None = None,
    ) -> None:
        self._arguments = ["up", "--port", str(port), "--timings", timings]
        self._arguments += [] if media else ["--no-media"]
        self._arguments += [] if stack else ["--no-stack"]
        self._start_timeout = start_timeout
        self._directory = directory
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.env: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The endpoint of every AWS service."""
        return self.env["AWS_ENDPOINT_URL"]

    @property
    def pid(self) -> int:
        """The process that is the sandbox; RuntimeError when it does not run."""
        if self._process is None:
            raise RuntimeError("the sandbox does not run")
        return self._process.pid

    def session(self) -> "boto3.Session":
        """A boto3 session with the root user's credentials; pass `endpoint_url=sandbox.url` to its clients."""
        import boto3

        return boto3.Session(
            self.env["AWS_ACCESS_KEY_ID"], self.env["AWS_SECRET_ACCESS_KEY"], region_name=self.env["AWS_REGION"]
        )

    def start(self) -> "Sandbox":
        """Start it and wait until it is ready; RuntimeError with its last words when it does not come up."""
        directory = self._directory
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-")
            directory = Path(self._temporary.name)
        env_file, log = directory / "env", directory / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", *self._arguments, "--env-file", str(env_file)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            )
        deadline = time.monotonic() + self._start_timeout
        while not env_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"the sandbox did not come up:\n{said}")
            time.sleep(0.02)
        self.env = read_env_file(env_file)
        return self

    def stop(self) -> None:
        """End it and everything that it started."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
