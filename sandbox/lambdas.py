"""Lambda functions in processes of their own: what AWS's execution environment is to a function.

An environment sees what it sees on AWS and no more: its zip, the standard library and boto3 (what the
development environment has besides would hide what the zip lacks); its own variables and none of this
machine's; the credentials of its role. It stays warm after an exception, is killed by a time-out, and
answers errors as AWS's Python runtime does (`sandbox/lambda_worker.py`).

`AsyncInvocations` is what AWS does with an event after it has accepted it: two more attempts after a
function error, attempts without end (but for the event's age) while the function is throttled, then the
OnFailure destination and the dead-letter queue.
"""

import contextlib
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials

from sandbox.clock import Clock
from sandbox.forks import WORKER, Fork, Parent, can_fork, readable
from sandbox.lambda_worker import END_OF_LOG

log = logging.getLogger(__name__)

RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
"""What AWS's Python runtime brings: boto3 and what it needs."""

INIT_SECONDS = 10.0
"""AWS's limit on loading a function's code (docs: 'Init phase')."""

AT_ONCE = 4 * (os.cpu_count() or 1)
"""Invocations of one function that run at a time, the others wait for their turn. On AWS each has a processor of its
own; here more of them would all be late, and start environments that take more of the processor than what they do."""

CONSTANT = {
    "PATH": os.defpath,
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "PYTHONUTF8": "1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Variables that are the same in all environments."""

Outcome = dict[str, Any]
"""`{"body", "log"}` of a good invocation; with `"error": True` the body is the error's payload."""


class Environments:
    """Where execution environments find their code and their runtime; all below `directory`."""

    def __init__(self, directory: Path, credentials: Callable[[str, str], Credentials], endpoint_url: str) -> None:
        self.directory = directory
        self.credentials = credentials
        self.endpoint_url = endpoint_url
        self.turns: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(AT_ONCE))  # by function
        self.runtime = link_runtime(directory / "runtime")
        self._lock = threading.Lock()
        self._parents: dict[Path, Parent] = {}

    def code(self, code_zip: bytes) -> Path:
        """The unpacked zip; functions with the same zip share it, compiled files too."""
        path = self.directory / "code" / hashlib.sha256(code_zip).hexdigest()[:16]
        with self._lock:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                unpacked = Path(tempfile.mkdtemp(dir=path.parent))
                with zipfile.ZipFile(BytesIO(code_zip)) as archive:
                    archive.extractall(unpacked)
                _add_from_interpreter(unpacked)
                unpacked.rename(path)
        return path

    def parent(self, root: Path) -> Parent:
        """What forks the environments of an unpacked zip."""
        with self._lock:
            return self._parents.setdefault(root, Parent(root, self.runtime, CONSTANT))


def link_runtime(directory: Path) -> Path:
    """Where the packages are that AWS's runtime brings; below `directory`, if they can be there alone."""
    site_packages = Path(sysconfig.get_paths()["purelib"])
    if sys.platform != "linux":
        # A zip of Linux wheels cannot be loaded here: native packages come from this interpreter.
        return site_packages
    directory.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME_PACKAGES:
        with contextlib.suppress(FileExistsError):
            (directory / name).symlink_to(site_packages / name)
    return directory


def _add_from_interpreter(code: Path) -> None:
    """Link the packages that a zip made for this machine leaves to its interpreter (`infra/package.py`)."""
    listed = code / "interpreter.txt"
    for name in listed.read_text().split() if listed.exists() else ():
        package = Path(sysconfig.get_paths()["platlib"]) / name
        if package.exists():  # a wheel's libraries have a folder beside it on Linux alone
            (code / name).symlink_to(package)


class Environment:
    """One execution environment: a process that runs one invocation at a time.

    `in_use`, `last_used`, `config` and `_proc` are MiniStack's: its pool leases and ends environments.
    """

    def __init__(self, environments: Environments, name: str, config: Mapping[str, Any], code_zip: bytes) -> None:
        self.in_use = False
        self.last_used = time.time()
        self.config = config
        self._environments = environments
        self._name = name
        self._code_zip = code_zip
        self._lock = threading.Lock()
        self._log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{uuid.uuid4().hex}"
        self._proc: subprocess.Popen[bytes] | Fork | None = None
        self._replies = -1
        self._unread = b""

    def invoke(self, event: Any, request_id: str) -> Outcome:
        """Run the function once; blocks for at most its time-out, and once for the start."""
        with self._lock:
            log = ""
            if self._proc is None or self._proc.poll() is not None:
                self._start()
                loaded, log = self._reply(INIT_SECONDS)
                if loaded is None or "error" in loaded:
                    self._end()
                    error = loaded["error"] if loaded else exit_error(request_id)
                    return {"body": {**error, "requestId": request_id}, "error": True, "log": log}
            timeout = float(self.config.get("Timeout", 3))
            request = {"event": event, "context": self._context(request_id, timeout)}
            return self._run(request, request_id, timeout, log)

    def _run(self, request: dict[str, Any], request_id: str, timeout: float, log: str) -> Outcome:
        process = self._proc
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            reply, written = self._reply(timeout)
        except BrokenPipeError:
            reply, written = None, ""
        log += written
        if reply is None:
            timed_out = self._replies_open()
            self._end()
            error = timeout_error(request_id, timeout) if timed_out else exit_error(request_id)
            return {"body": error, "error": True, "log": f"{log}{error['errorMessage']}\n"}
        if "error" in reply:
            return {"body": reply["error"], "error": True, "log": log}
        return {"body": reply["result"], "log": log}

    def _start(self) -> None:
        root = self._environments.code(self._code_zip)
        (log, logged), (replies, replied) = os.pipe(), os.pipe()
        try:
            self._proc = self._process(root, logged, replied)
        finally:
            os.close(logged)
            os.close(replied)
        self._close_pipes()
        self._log, self._replies = log, replies
        self._unread = b""

    def _process(self, root: Path, log: int, replies: int) -> "subprocess.Popen[bytes] | Fork":
        handler, variables = str(self.config.get("Handler", "")), self._variables(root)
        if can_fork():
            return self._environments.parent(root).fork(handler, variables, log, replies)
        return subprocess.Popen(
            [sys.executable, "-I", "-S", WORKER, root, self._environments.runtime, str(replies), handler],
            cwd=root,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(replies,),
            process_group=0,  # a Ctrl-C in the terminal is the sandbox's, not the functions'
        )

    def _variables(self, root: Path) -> dict[str, str]:
        """The environment variables (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)."""
        config = self.config
        region = config["FunctionArn"].split(":")[3]
        credentials = self._environments.credentials(config["Role"], self._name)
        own = (config.get("Environment") or {}).get("Variables") or {}
        return {
            **CONSTANT,
            "TMPDIR": str(self._environments.directory),
            "AWS_ENDPOINT_URL": self._environments.endpoint_url,
            **own,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token or "",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self._name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self._log_stream,
            "LAMBDA_TASK_ROOT": str(root),
            "LAMBDA_RUNTIME_DIR": str(self._environments.runtime),
            "_HANDLER": str(config.get("Handler", "")),
        }

    def _context(self, request_id: str, timeout: float) -> dict[str, Any]:
        return {
            "aws_request_id": request_id,
            "function_name": self._name,
            "function_version": self.config.get("Version", "$LATEST"),
            "invoked_function_arn": self.config["FunctionArn"],
            "memory_limit_in_mb": str(self.config.get("MemorySize", 128)),
            "log_group_name": f"/aws/lambda/{self._name}",
            "log_stream_name": self._log_stream,
            "identity": None,
            "client_context": None,
            "deadline": time.time() + timeout,
        }

    def _reply(self, timeout: float) -> tuple[dict[str, Any] | None, str]:
        """The next reply, and all that was logged before it; None when it ended or did not answer in time."""
        deadline = time.monotonic() + timeout
        end = END_OF_LOG.encode() + b"\n"
        reply, log = b"", self._unread
        pipes = [self._replies, self._log]
        while not (reply.endswith(b"\n") and end in log):
            ended = self._replies not in pipes
            ready = readable(pipes, 0 if ended else max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            for pipe in ready:
                chunk = os.read(pipe, 65536)
                if not chunk:
                    pipes.remove(pipe)
                elif pipe == self._replies:
                    reply += chunk
                else:
                    log += chunk
        written, _, self._unread = log.partition(end)
        text = written.decode(errors="replace")
        return (json.loads(reply) if reply.endswith(b"\n") else None), text

    def _replies_open(self) -> bool:
        """Whether the process still holds its end of the reply pipe, so that it may yet answer."""
        return not readable([self._replies], 0) or os.read(self._replies, 65536) != b""

    def _end(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _close_pipes(self) -> None:
        if self._replies >= 0:
            os.close(self._replies)
            os.close(self._log)
            self._replies = -1

    def _discard_tmpdir(self) -> None:
        """Called by MiniStack's pool once it has ended `_proc`; an invocation that runs ends soon by itself."""
        if self._lock.acquire(timeout=1):
            self._close_pipes()
            self._lock.release()


def timeout_error(request_id: str, timeout: float) -> dict[str, Any]:
    """What AWS answers when a function ran out of time."""
    return {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds",
    }


def exit_error(request_id: str) -> dict[str, Any]:
    """What AWS answers when a function's process ended by itself."""
    return {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited without providing a reason",
    }


def outcome_of(execute: Callable[[], Outcome]) -> Outcome:
    """Of an attempt that may fail on our own side: then it counts as throttled, and the event is tried again."""
    try:
        return execute()
    except Exception:
        log.exception("a function could not be invoked")
        return {"throttle": True}


@dataclass(frozen=True)
class AsyncFunction:
    """A function as an asynchronous invocation needs it (EventInvokeConfig, DeadLetterConfig)."""

    arn: str
    role_arn: str
    retries: int = 2
    max_age: float = 21_600.0
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None


Attempt = Callable[[AsyncFunction, Any, Callable[[Outcome], None]], None]
Deliver = Callable[[AsyncFunction, str, str, Mapping[str, str]], None]


class AsyncInvocations:
    """Accepted events and their attempts.

    `attempt(function, event, done)` runs the function once; `deliver(function, target ARN, body, attributes)`
    sends to a destination with the function's role. `delays` are the seconds before the second and the
    third attempt (AWS waits one and two minutes).
    """

    def __init__(
        self, clock: Clock, attempt: Attempt, deliver: Deliver, delays: tuple[float, float] = (1.0, 2.0)
    ) -> None:
        self._clock = clock
        self._attempt = attempt
        self._deliver = deliver
        self._delays = delays

    def submit(self, function: AsyncFunction, event: Any) -> None:
        """Accept an event."""
        _Invocation(self, function, event, str(uuid.uuid4()), self._clock.time()).run()


@dataclass
class _Invocation:
    service: AsyncInvocations
    function: AsyncFunction
    event: Any
    request_id: str
    accepted: float
    attempts: int = 0
    throttled: int = 0

    def run(self) -> None:
        self.service._attempt(self.function, self.event, self.ended)

    def ended(self, outcome: Outcome) -> None:
        if outcome.get("throttle"):
            self.throttled += 1
            self._again(min(300.0, 2.0 ** (self.throttled - 1)), outcome)
            return
        self.attempts += 1
        if not outcome.get("error"):
            self._tell(self.function.on_success, "Success", outcome)
        elif self.attempts <= self.function.retries:
            self._again(self.service._delays[min(self.attempts, 2) - 1], outcome)
        else:
            self._give_up("RetriesExhausted", outcome)

    def _again(self, delay: float, outcome: Outcome) -> None:
        clock = self.service._clock
        if clock.time() + delay - self.accepted > self.function.max_age:
            self._give_up("EventAgeExceeded", outcome)
        else:
            clock.call_later(delay, self.run)

    def _give_up(self, condition: str, outcome: Outcome) -> None:
        self._tell(self.function.on_failure, condition, outcome)
        if self.function.dead_letter:
            error = outcome.get("body") or {}
            attributes = {
                "RequestID": self.request_id,
                "ErrorCode": "429" if outcome.get("throttle") else "200",
                "ErrorMessage": str(error.get("errorMessage") or error.get("message") or condition)[:1024],
            }
            self.service._deliver(self.function, self.function.dead_letter, json.dumps(self.event), attributes)

    def _tell(self, destination: str | None, condition: str, outcome: Outcome) -> None:
        if destination is None:
            return
        failed = bool(outcome.get("error"))
        record = {
            "version": "1.0",
            "timestamp": datetime.fromtimestamp(self.service._clock.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            + "Z",
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": f"{self.function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": self.event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"}
            | ({"functionError": "Unhandled"} if failed else {}),
            "responsePayload": outcome.get("body"),
        }
        self.service._deliver(self.function, destination, json.dumps(record), {})
