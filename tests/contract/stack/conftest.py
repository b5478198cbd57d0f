"""One sandbox for the tests of this folder, without video and without the Showrunner stack."""

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox


@pytest.fixture(scope="session")
def aws() -> Iterator[Sandbox]:
    with Sandbox(media=False, stack=False) as sandbox:
        yield sandbox
