"""The command line as a person or a script runs it, without a network."""

import os
from functools import partial

import httpx
import pytest
from fake_api import FakeApi, Run
from typer.testing import CliRunner, Result

from showrunner.cli import app, client, connection, progress


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setattr(connection, "connect", partial(connection.connect, transport=httpx.MockTransport(fake)))
    monkeypatch.setattr(client, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.0)
    return fake


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("session", "show", "a", SHOWRUNNER_TOKEN=None)`: None takes a variable away."""
    for name in [name for name in os.environ if name.startswith(("SHOWRUNNER_", "AWS_"))]:
        monkeypatch.delenv(name)
    runner = CliRunner(
        env={
            "SHOWRUNNER_API_URL": "https://api.example/api",
            "SHOWRUNNER_TOKEN": "a-token",
            "AWS_REGION": "us-east-1",
            "COLUMNS": "80",
        }
    )

    def invoke(*arguments: str, **environment: str | None) -> Result:
        return runner.invoke(app, list(arguments), env=environment)

    return invoke
