"""A whole media plane on a loop of its own, and a clip to publish."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from one_channel import DirectoryS3, OneChannelIvs, Studio

from sandbox.media.supervisor import VideoPlane
from sandbox.media.testcard import write_clip


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    s3 = DirectoryS3(tmp_path / "s3")
    ivs = OneChannelIvs()

    async def build() -> VideoPlane:
        return VideoPlane(loop, tmp_path / "work", ivs, s3.client_arguments)

    plane = asyncio.run_coroutine_threadsafe(build(), loop).result(10)
    try:
        yield Studio(loop, plane, ivs, s3)
    finally:
        asyncio.run_coroutine_threadsafe(plane.close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        s3.close()


@pytest.fixture(scope="session")
def host_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The host's card, longer than any test, so that the counter never starts again."""
    path = tmp_path_factory.mktemp("clips") / "host.mp4"
    write_clip(path, "host", seconds=30, width=320, height=180)
    return path
