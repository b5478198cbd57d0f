"""The real stack in a sandbox without video: one a test process, shared by its tests."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
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


@pytest.fixture(scope="session")
def logo() -> bytes:
    """A PNG with an alpha channel."""
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 4), 255, np.uint8), format="rgba")
    codec: Any = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 64, 48, "rgba", Fraction(1, 30)
    frame.pts = 0
    return b"".join(map(bytes, codec.encode(frame) + codec.encode(None)))
