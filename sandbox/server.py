"""The whole sandbox in one process: MiniStack, our services, and the door to them; on loopback only."""

import asyncio
import contextlib
import json
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

from sandbox import ministack as mini
from sandbox.awsapi import Authorise, Caller, ServiceApi
from sandbox.clock import RealClock
from sandbox.control import Control
from sandbox.envfile import read_env_file
from sandbox.errors import AwsError
from sandbox.faults import EventOutlet
from sandbox.gateway import Api, Gateway
from sandbox.lambdas import Environments
from sandbox.mends import mend_api_gateway, mend_events, mend_lambda, mend_machines, mend_rest_api
from sandbox.stepfunctions import InvokeOutcome, Raised, Refused, Returned, StepFunctions

if TYPE_CHECKING:
    import boto3

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
        self.door: mini.AsgiApp = ministack.app
        self.clock = RealClock(loop)
        self.outlet = EventOutlet(self.clock, ministack.make_event, ministack.publish_event)
        self.executions = StepFunctions(
            clock=self.clock,
            emit=self.outlet,
            machines=ministack.machine,
            invoke=self.invoke,
            authorise=ministack.role_may,
            account=options.account,
            region=options.region,
        )

    def apis(self) -> dict[str, Api]:
        """Our services by the name in a request's credential scope."""
        return {}

    def executions_api(self) -> Api:
        """The execution calls of Step Functions."""
        return ServiceApi("stepfunctions", self.executions, authorise(self._ministack, 400))

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
        return {}

    async def close(self) -> None:
        """Stop what runs."""


def authorise(ministack: mini.MiniStack, status: int) -> Authorise:
    """IAM's verdict for a service of ours; `status` is the HTTP status of its AccessDeniedException."""

    def judge(caller: Caller, action: str, resource: str, context: Mapping[str, Any]) -> None:
        ministack.authorise(caller.access_key, action, resource, context, status)

    return judge


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
    control = Control(services.outlet, services.status, ministack.fire_rule)
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
    mend_machines()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.errorlog = None
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
    ) -> None:
        self._arguments = ["up", "--port", str(port), "--timings", timings]
        self._arguments += [] if media else ["--no-media"]
        self._arguments += [] if stack else ["--no-stack"]
        self._start_timeout = start_timeout
        self._directory: tempfile.TemporaryDirectory[str] | None = None
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
        self._directory = tempfile.TemporaryDirectory(prefix="sandbox-")
        directory = Path(self._directory.name)
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
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
