"""`python -m sandbox up`: the sandbox with the stack in it, until Ctrl-C.

Everything that may be wrong with the machine is said in one line, with exit code 2.
"""

import asyncio
import contextlib
import json
import os
import resource
import secrets
import signal
import socket
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from sandbox.envfile import write_env_file
from sandbox.ivs.limits import Quotas as IvsQuotas
from sandbox.medialive.service import Quotas
from sandbox.server import PortTaken, listen, serving
from sandbox.services import Options, Timings
from sandbox.users import create_user

T = TypeVar("T")
DEFAULT_PORT = 4566
OPEN_FILES = 10_240
STAGE = "sandbox"
USER_NAME = "host@example.com"
DeployStack = Callable[[str], Mapping[str, str]]
"""Deploys the stack for a page of that origin, through `AWS_ENDPOINT_URL`, and returns its outputs: ApiUrl, ..."""


class CannotStart(Exception):
    """The machine lacks something, or the port is taken; one line says what to do."""


@dataclass(frozen=True)
class UpOptions:
    """The command line of `up`. Port 0 takes a free one."""

    port: int = DEFAULT_PORT
    env_file: Path | None = None
    media: bool = True
    stack: bool = True
    timings: Timings = "fast"
    throttled: bool = True
    list_lag: float = 1.0
    otherwise: frozenset[str] = frozenset()
    quotas: Quotas = field(default_factory=Quotas)
    ivs_quotas: IvsQuotas = field(default_factory=IvsQuotas)
    alert_after: float | None = None
    cors_origin: str = "*"


def deploy_showrunner(cors_origin: str) -> Mapping[str, str]:
    """Deploy the stack as `showrunner deploy` does."""
    from infra.deploy import deploy

    any_number = {"SessionsOfOwner": "0", "SessionsOfStage": "0"}  # MediaLive's quota is the limit here
    return deploy(STAGE, {"InputCidr": "127.0.0.1/32", "CorsOrigin": cors_origin, **any_number})


def run(options: UpOptions, deploy: DeployStack = deploy_showrunner) -> int:
    """Run a sandbox until SIGINT or SIGTERM; returns the exit code."""
    try:
        listener = listen_or_explain(options.port)
        studio = listen_for_the_studio(options.port)
        check_dependencies(options)
    except CannotStart as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    allow_open_files()
    with tempfile.TemporaryDirectory(prefix="showrunner-sandbox-", ignore_cleanup_errors=True) as directory:
        code = asyncio.run(_run(listener, studio, Path(directory), options, deploy))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient Ctrl-C must not leave the directory behind
        return code


def allow_open_files() -> None:
    """As many as the system lets us have: a busy sandbox has some hundred processes, each with pipes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _run(
    listener: socket.socket, studio: socket.socket, directory: Path, options: UpOptions, deploy: DeployStack
) -> int:
    stopped, prepared = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    port, studio_port = listener.getsockname()[1], studio.getsockname()[1]
    asked = Options(
        directory,
        media=options.media,
        timings=options.timings,
        throttled=options.throttled,
        list_lag=options.list_lag,
        otherwise=options.otherwise,
        quotas=options.quotas,
        ivs_quotas=options.ivs_quotas,
        alert_after=options.alert_after,
    )
    async with serving(listener, studio, asked) as control:
        preparing = in_thread(lambda: prepare(port, studio_port, options, deploy))
        stopping = asyncio.create_task(stopped.wait())
        preparing.add_done_callback(lambda _: prepared.set())
        stopping.add_done_callback(lambda _: prepared.set())
        await prepared.wait()
        if not preparing.done():
            return 130
        try:
            env = preparing.result()
        except Exception as error:
            print(f"sandbox: the stack could not be deployed: {error}", file=sys.stderr)
            return 1
        control.ready = True
        if options.env_file:
            try:
                write_env_file(options.env_file, env)
            except OSError as error:
                print(f"sandbox: {options.env_file} cannot be written: {error.strerror}", file=sys.stderr)
                return 2
        greet(env, options)
        await stopping
    if options.env_file:
        with contextlib.suppress(FileNotFoundError):
            options.env_file.unlink()
    return 0


def in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Run `work` in a thread that nobody waits for at the end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast(T, result))

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: it was stopped meanwhile
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, daemon=True, name="prepare").start()
    return future


def prepare(port: int, studio_port: int, options: UpOptions, deploy: DeployStack) -> dict[str, str]:
    """Deploy the stack and make a user; returns what a shell needs to use the sandbox."""
    env = {
        name: os.environ[name]
        for name in (
            "AWS_ENDPOINT_URL",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        )
    }
    env |= {"SHOWRUNNER_STAGE": STAGE, "SHOWRUNNER_ARCHITECTURE": "host"}
    os.environ |= env
    if not options.stack:
        return env
    import boto3

    outputs = deploy(options.cors_origin)
    password = f"Aa1-{secrets.token_urlsafe(12)}"
    user = create_user(
        boto3.client("cognito-idp"), outputs["UserPoolId"], outputs["UserPoolClientId"], USER_NAME, password
    )
    return env | {
        "SHOWRUNNER_API_URL": local_api_url(outputs["ApiUrl"], port),
        "SHOWRUNNER_STUDIO_URL": f"http://127.0.0.1:{studio_port}/",
        "SHOWRUNNER_USER_POOL_ID": outputs["UserPoolId"],
        "SHOWRUNNER_CLIENT_ID": outputs["UserPoolClientId"],
        "SHOWRUNNER_USER": user.name,
        "SHOWRUNNER_PASSWORD": user.password,
        "SHOWRUNNER_TOKEN": user.token,
    }


def local_api_url(url: str, port: int) -> str:
    """`https://ID.execute-api.REGION.amazonaws.com/STAGE` as the sandbox serves it; a local URL stays."""
    scheme, _, rest = url.partition("://")
    host, _, stage = rest.partition("/")
    api_id, marker, _ = host.partition(".execute-api.")
    if scheme != "https" or not marker:
        return url.rstrip("/")
    return f"http://127.0.0.1:{port}/_aws/execute-api/{api_id}/{stage.strip('/')}"


def listen_or_explain(port: int) -> socket.socket:
    """Open the port, or say who has it."""
    try:
        return listen(port)
    except PortTaken as error:
        if is_sandbox(port):
            raise CannotStart(f"a sandbox runs on port {port} already; stop it, or choose another --port") from None
        raise CannotStart(f"{error}; choose another with --port") from None


def listen_for_the_studio(port: int) -> socket.socket:
    """The port after the endpoint's, or any free one."""
    try:
        return listen(min(port + 1, 65535) if port else 0)
    except PortTaken:
        return listen(0)


def is_sandbox(port: int) -> bool:
    """Whether a sandbox answers on a port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sandbox/ready", timeout=1) as answer:
            return "ready" in json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code == 503
    except (OSError, ValueError):
        return False


def check_dependencies(options: UpOptions) -> None:
    """Name what is not installed."""
    import importlib.util

    needed = ["ministack", "samtranslator", "cryptography", "boto3", "jsonpath_ng"]
    needed += ["av", "numpy"] if options.media else []
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotStart(f"missing: {', '.join(missing)}; install with: pip install 'showrunner[sandbox]'")


def greet(env: Mapping[str, str], options: UpOptions) -> None:
    """Tell a person what is there and what to do next."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("AWS endpoint", env["AWS_ENDPOINT_URL"])
    if options.stack:
        table.add_row("the studio", studio_row(env))
        table.add_row("API", env["SHOWRUNNER_API_URL"])
        secret = env["SHOWRUNNER_PASSWORD"] if console.is_terminal else "in the environment file"
        table.add_row("sign in as", f"{env['SHOWRUNNER_USER']}, password {secret}")
    if options.env_file:
        table.add_row("in your shell", f"source {options.env_file}")
    else:
        table.add_row("in your shell", "start it with --env-file FILE, then: source FILE")
    if options.stack:
        table.add_row("a token", "showrunner token")
        table.add_row("a session", "showrunner session create && showrunner session start ID")
    table.add_row("what is there", "showrunner sandbox status")
    console.print("[bold green]The sandbox is up.[/] Ctrl-C ends it and leaves nothing behind.")
    console.print(table)
    console.file.flush()  # whoever reads a log has it as soon as the environment file is there


def studio_row(env: Mapping[str, str]) -> str:
    """Where the page is, or how it comes there."""
    from infra.studio import is_built

    return env["SHOWRUNNER_STUDIO_URL"] if is_built() else "not built: `make studio`, then start this again"
