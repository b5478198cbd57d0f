"""Execution environments of the sandbox's functions."""

import contextlib
import io
import os
import signal
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials

from sandbox.lambdas import Environment, Environments

ECHO = """
def handler(event, context):
    return {"seen": event["number"]}
"""
TELLS = """
import os, sys
import boto3
import jmespath

def handler(event, context):
    return {"process": os.getpid(), "stage": os.environ["STAGE"], "key": os.environ["AWS_ACCESS_KEY_ID"],
            "boto3": boto3.__name__, "jmespath": jmespath.__file__, "sys.path": sys.path, "directory": os.getcwd()}
"""

Make = Callable[..., Environment]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes an environment of some files, in which `main.handler` is the function."""
    environments = Environments(tmp_path, lambda role, _: Credentials(role[-1], "secret"), "http://127.0.0.1:9")
    with contextlib.ExitStack() as made:

        def one(stage: str = "test", **modules: str) -> Environment:
            code = io.BytesIO()
            with zipfile.ZipFile(code, "w") as archive:
                for name, text in modules.items():
                    archive.writestr(f"{name}.py", text)
            config = {
                "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:main",
                "Role": f"arn:aws:iam::000000000000:role/{stage[0]}",
                "Handler": "main.handler",
                "Timeout": 10,
                "Environment": {"Variables": {"STAGE": stage}},
            }
            environment = Environment(environments, "main", config, code.getvalue())
            made.callback(environment._end)
            return environment

        yield one


def answer(environment: Environment, **event: Any) -> Any:
    return environment.invoke(event, "request-1")["body"]


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """As many descriptors as some hundred environments have."""
    with contextlib.ExitStack() as files:
        while files.enter_context(open(os.devnull)).fileno() <= 1024:
            pass
        yield


@pytest.mark.usefixtures("many_open_files")
def test_an_environment_beside_hundreds_of_others(make: Make) -> None:
    assert answer(make(main=ECHO), number=7) == {"seen": 7}


def test_where_nothing_can_be_forked_an_environment_starts_by_itself(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.lambdas.can_fork", lambda: False)
    alone = make(main=TELLS)
    assert answer(alone)["stage"] == "test"
    assert isinstance(alone._proc, subprocess.Popen)


def test_environments_of_one_zip_have_nothing_of_each_other(make: Make) -> None:
    one, other = (answer(make(stage, main=TELLS)) for stage in ("one", "two"))
    assert one["process"] != other["process"]
    assert (one["stage"], one["key"]) == ("one", "o")
    assert (other["stage"], other["key"]) == ("two", "t")


def test_what_the_zip_brings_comes_before_what_the_runtime_brings(make: Make, tmp_path: Path) -> None:
    own = make(main="import boto3, jmespath\nhandler = lambda *_: [boto3.mine, jmespath.__file__]", boto3="mine = True")
    mine, jmespath = answer(own)
    assert mine
    assert Path(jmespath).parents[1] == tmp_path / "runtime"
    told = answer(make(main=TELLS))
    assert told["boto3"] == "boto3"
    assert told["sys.path"][0] == told["directory"]


def test_a_process_that_is_killed_is_an_error_and_the_next_call_has_another(make: Make) -> None:
    environment = make(main=TELLS)
    first = answer(environment)["process"]
    os.kill(first, signal.SIGKILL)
    assert environment._proc is not None
    environment._proc.wait(10)
    assert answer(environment)["process"] != first
    suicide = make(main="import os, signal\nhandler = lambda *_: os.kill(os.getpid(), signal.SIGKILL)")
    assert answer(suicide)["errorType"] == "Runtime.ExitError"


def test_environments_outlive_what_forked_them_and_others_come(make: Make) -> None:
    environment = make(main=TELLS)
    first = answer(environment)["process"]
    os.kill(int(Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGKILL)
    assert answer(environment)["process"] == first
    assert answer(make(main=TELLS))["process"] != first
