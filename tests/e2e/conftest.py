"""Video is encoded and decoded in real time: one test at a time, whatever the other processes of the run do."""

import fcntl
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    root = tmp_path_factory.getbasetemp()
    shared = root if worker_id == "master" else root.parent
    with (shared / "video.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
