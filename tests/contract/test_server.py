"""The sandbox as a process: it comes up alone, several stand side by side, and nothing is left of it."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.__main__ import main
from sandbox.envfile import read_env_file, write_env_file
from sandbox.server import Sandbox, listen
from sandbox.unknowns import NAMES
from sandbox.up import local_api_url

ONCE = Config(retries={"total_max_attempts": 1})
QUOTAS = (
    "NAME is one of channels, push_inputs, pull_inputs, input_security_groups, "
    "ivs.channels, ivs.recording_configurations, ivs.streams"
)
ROOT = Path(__file__).parents[2]


def up(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "up", "--no-media", "--no-stack", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A sandbox with its environment file."""
    env_file = tmp_path / "env"
    process = up("--port", "0", "--env-file", str(env_file))
    deadline = time.monotonic() + 20
    while not env_file.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process, env_file
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing(
    running: tuple["subprocess.Popen[str]", Path], number: signal.Signals
) -> None:
    process, env_file = running
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    env = read_env_file(env_file)
    with urllib.request.urlopen(f"{env['AWS_ENDPOINT_URL']}/_sandbox/ready") as answer:
        assert answer.status == 200
    process.send_signal(number)
    output, errors = process.communicate(timeout=15)
    assert (process.returncode, errors) == (0, "")
    assert "The sandbox is up" in output
    assert not env_file.exists()


def test_a_second_one_on_the_port_is_told_so(running: tuple["subprocess.Popen[str]", Path]) -> None:
    port = read_env_file(running[1])["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
    second = up("--port", port)
    _, errors = second.communicate(timeout=15)
    assert second.returncode == 2
    assert errors == f"sandbox: a sandbox runs on port {port} already; stop it, or choose another --port\n"


def test_a_busy_port_is_told_in_one_line() -> None:
    with listen(0) as other:
        port = other.getsockname()[1]
        process = up("--port", str(port))
        _, errors = process.communicate(timeout=15)
    assert process.returncode == 2
    assert errors.startswith(f"sandbox: port {port} cannot be opened")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "99999"], "99999 is no port: 0 to 65535"),
        (["--port", "high"], "invalid port value: 'high'"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--list-lag", "-1"], "-1 is no time in seconds: 0 or more"),
        (["--otherwise", "gravity"], "gravity is none of " + ", ".join(NAMES)),
        (["--quota", "films=3"], QUOTAS),
        (["--quota", "channels=many"], QUOTAS),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["up", *arguments])
    assert exited.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: showrunner up")
    assert said.rstrip().endswith(told)


def test_an_environment_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = up("--port", "0", "--env-file", str(tmp_path / "file" / "env"))
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "cannot be written" in errors
    assert "Traceback" not in errors


def test_what_is_not_installed_is_named() -> None:
    bare = subprocess.run(
        [sys.executable, "-S", "-m", "sandbox", "up"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert bare.returncode == 2
    assert bare.stderr.startswith("sandbox: missing: botocore; install with:")
    assert bare.stderr.count("\n") == 1


def test_two_side_by_side_know_nothing_of_each_other() -> None:
    with Sandbox(media=False, stack=False) as one, Sandbox(media=False, stack=False) as other:
        assert one.url != other.url
        one.session().client("s3", endpoint_url=one.url).create_bucket(Bucket="mine")
        assert other.session().client("s3", endpoint_url=other.url).list_buckets()["Buckets"] == []
        pids = [sandbox.pid for sandbox in (one, other)]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_environment_file_is_shell(tmp_path: Path) -> None:
    env = {"A": "with space", "B": "it's $HOME"}
    write_env_file(tmp_path / "env", env)
    assert read_env_file(tmp_path / "env") == env
    said = subprocess.run(
        ["sh", "-c", f'. {tmp_path}/env; printf \'%s|%s\' "$A" "$B"'], capture_output=True, text=True, check=True
    )
    assert said.stdout == "with space|it's $HOME"


def test_quotas_the_lag_of_lists_and_what_is_not_documented_are_set_by_option() -> None:
    options: dict[str, Any] = {"list_lag": 600, "quotas": {"input_security_groups": 1}}
    with Sandbox(media=False, stack=False, otherwise=["ivs.offline_state"], **options) as aws:
        ivs = aws.session().client("ivs", endpoint_url=aws.url)
        arn = ivs.create_channel()["channel"]["arn"]
        assert ivs.get_stream(channelArn=arn)["stream"]["state"] == "OFFLINE"
        medialive = aws.session().client("medialive", endpoint_url=aws.url, config=ONCE)
        group = medialive.create_input_security_group()["SecurityGroup"]["Id"]
        assert medialive.list_input_security_groups()["InputSecurityGroups"] == []
        assert medialive.describe_input_security_group(InputSecurityGroupId=group)["Id"] == group
        with urllib.request.urlopen(f"{aws.url}/_sandbox/status") as answer:
            assert [each["Id"] for each in json.load(answer)["input_security_groups"]] == [group]
        with pytest.raises(medialive.exceptions.TooManyRequestsException, match="Limit exceeded"):
            medialive.create_input_security_group()


def test_too_many_calls_are_refused() -> None:
    """MediaLive takes 20 a second, IVS 5: a client that has nothing else to do is faster."""
    with Sandbox(media=False, stack=False) as aws:
        clients = [aws.session().client(name, endpoint_url=aws.url, config=ONCE) for name in ("medialive", "ivs")]
        seen: set[str] = set()
        for _ in range(200):
            for call in (clients[0].list_inputs, clients[1].list_streams):
                try:
                    call()
                except ClientError as error:
                    seen.add(error.response["Error"]["Code"])
        with urllib.request.urlopen(f"{aws.url}/_sandbox/status") as answer:
            calls = json.load(answer)["calls"]
    assert seen == {"TooManyRequestsException", "ThrottlingException"}
    assert {name: sum(each.values()) for name, each in calls.items()} == {"medialive": 200, "ivs": 200}
    assert calls["ivs"]["throttled"] > calls["medialive"]["throttled"] > 0


@pytest.mark.parametrize(
    ("output", "url"),
    [
        ("https://abc.execute-api.us-east-1.amazonaws.com/api/", "http://127.0.0.1:9/_aws/execute-api/abc/api"),
        ("http://127.0.0.1:9/somewhere/", "http://127.0.0.1:9/somewhere"),
    ],
)
def test_the_apis_url_is_local(output: str, url: str) -> None:
    assert local_api_url(output, 9) == url
