"""Unit tests: AWS in process, no socket and no sandbox."""

import json
from collections.abc import Iterator

import pytest

from showrunner.store import Store
from tests.cloud import Cloud
from tests.inprocess import ENVIRONMENT, MACHINES, cloud_in_process, table_in_memory


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def table(environment: None) -> Iterator[Store]:
    with table_in_memory() as store:
        yield store


@pytest.fixture
def cloud(table: Store) -> Cloud:
    """MediaLive, IVS and Step Functions for the tasks; executions stand still in their first state."""
    still = json.dumps({"StartAt": "Stand", "States": {"Stand": {"Type": "Wait", "Seconds": 86_400, "End": True}}})
    return cloud_in_process(dict.fromkeys(MACHINES, still))
