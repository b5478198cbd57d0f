"""The stack in a sandbox with video: one for all whole shows, whose functions are warm from the second show on."""

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.studio import Studio


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(media=True, timings="brief") as running:
        yield running


@pytest.fixture(scope="session")
def studio(sandbox: Sandbox) -> Studio:
    return Studio(sandbox)
