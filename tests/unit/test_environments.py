"""Execution environments of the sandbox's functions."""

import contextlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.credentials import Credentials

from sandbox.lambdas import Environment, Environments

CODE = """
def handler(event, context):
    return {"seen": event["number"]}
"""
CONFIG = {
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:echo",
    "Role": "arn:aws:iam::000000000000:role/echo",
    "Handler": "echo.handler",
    "Timeout": 10,
}


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """As many descriptors as some hundred environments have."""
    with contextlib.ExitStack() as files:
        while files.enter_context(open(os.devnull)).fileno() <= 1024:
            pass
        yield


@pytest.mark.usefixtures("many_open_files")
def test_an_environment_beside_hundreds_of_others(tmp_path: Path) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("echo.py", CODE)
    environments = Environments(tmp_path, lambda *_: Credentials("key", "secret"), "http://127.0.0.1:9")
    environment = Environment(environments, "echo", CONFIG, code.getvalue())
    try:
        assert environment.invoke({"number": 7}, "request-1")["body"] == {"seen": 7}
    finally:
        environment._end()
