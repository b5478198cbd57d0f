"""The real stack in a sandbox without video: one a test process, shared by its tests."""

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.studio import PAGE, Studio


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(media=False, timings="brief", cors_origin=PAGE) as running:
        yield running


@pytest.fixture(scope="session")
def studio(sandbox: Sandbox) -> Studio:
    return Studio(sandbox)
