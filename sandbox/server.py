"""The whole sandbox in one process: MiniStack, our services, and the door to them; on loopback only."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import ministack as mini
from sandbox.cloudfront import Addresses
from sandbox.control import Control
from sandbox.envfile import read_env_file
from sandbox.gateway import Gateway
from sandbox.lambdas import Environments
from sandbox.mends import mend
from sandbox.services import Options, Services, Timings

if TYPE_CHECKING:
    import boto3


ASYNC_RETRY_DELAYS: dict[Timings, tuple[float, float]] = {
    "brief": (0.2, 0.4),
    "fast": (1.0, 2.0),
    "aws": (60.0, 120.0),
}
"""Seconds before an asynchronous invocation's second and third attempt."""


class PortTaken(Exception):
    """The port is in use; the message says by whom."""


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


@contextlib.asynccontextmanager
async def serving(listener: socket.socket, studio: socket.socket, options: Options) -> AsyncIterator[Control]:
    """A sandbox that answers on `listener` while the context lasts; on `studio`, as the first distribution does."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    port = listener.getsockname()[1]
    mini.prepare_environment(port, options.directory, options.account, options.region)
    ministack = mini.MiniStack(options.account, options.region, f"http://127.0.0.1:{port}")
    addresses = Addresses(ministack.endpoint_url, studio.getsockname()[1])
    loop = asyncio.get_running_loop()
    services = Services(options, ministack, loop)
    control = Control(
        services.outlet,
        services.status,
        ministack.fire_rule,
        set_publishing=None if options.media else services.simulation.publish,
        hls_dir=services.hls_dir,
        viewers=services.viewers,
    )
    started = asyncio.Event()

    async def stopping() -> None:
        await services.close()
        await asyncio.to_thread(ministack.close)

    gateway = Gateway(
        ministack,
        services.apis(),
        services.executions_api(),
        control,
        addresses,
        started.set,
        stopping,
        services.faults,
    )
    services.door = gateway
    environments = Environments(options.directory, ministack.lambda_credentials, ministack.endpoint_url)
    mend(ministack, gateway, services, environments, addresses, ASYNC_RETRY_DELAYS[options.timings])
    config = Config()
    config.bind = [f"fd://{each.detach()}" for each in (listener, studio)]
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
    session. `list_lag`, `alert_after`, `quotas` and `otherwise` are as `showrunner up` has them: seconds,
    `{"channels": 20, "ivs.streams": 200}`, names of what AWS documents neither way; `cors_origin` is the page that may
    call the API.
    Unless it is `throttled`, it takes any number of calls a second.
    """

    def __init__(
        self,
        *,
        media: bool = True,
        stack: bool = True,
        timings: Timings = "fast",
        throttled: bool = True,
        list_lag: float | None = None,
        alert_after: float | None = None,
        quotas: Mapping[str, int] | None = None,
        otherwise: Iterable[str] = (),
        cors_origin: str = "*",
        port: int = 0,
        start_timeout: float = 120.0,
        directory: Path | None = None,
    ) -> None:
        self._arguments = ["up", "--port", str(port), "--timings", timings]
        self._arguments += [] if media else ["--no-media"]
        self._arguments += [] if stack else ["--no-stack"]
        self._arguments += [] if throttled else ["--no-throttling"]
        self._arguments += [] if list_lag is None else ["--list-lag", str(list_lag)]
        self._arguments += [] if alert_after is None else ["--alert-after", str(alert_after)]
        self._arguments += [f"--quota={name}={number}" for name, number in (quotas or {}).items()]
        self._arguments += [f"--otherwise={name}" for name in otherwise]
        self._arguments += ["--cors-origin", cors_origin]
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
