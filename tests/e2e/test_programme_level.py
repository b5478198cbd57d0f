"""The programme's gain, in dB, in what viewers and the recording get."""

from pathlib import Path

import numpy as np
import pytest

from sandbox.media.publisher import Publisher
from sandbox.media.testcard import write_clip
from sandbox.media.viewer import Viewing, watch
from sandbox.server import Sandbox
from tests.studio import Studio, eventually

GAIN_DB = -12


def loudest(viewing: Viewing) -> float:
    """The card's tone is loud for 0.1 s a second: the level of that, in dB of full scale."""
    blocks = viewing.sound[: len(viewing.sound) // 960 * 960].reshape(-1, 960)
    return float(20 * np.log10(np.percentile(np.abs(blocks).max(1), 95)))


def test_the_programme_is_as_loud_as_was_asked_for(tmp_path: Path) -> None:
    clip = tmp_path / "host.mp4"
    write_clip(clip, "host", seconds=20)
    with Sandbox(media=True) as sandbox:
        studio = Studio(sandbox)
        show = studio.create(sound={"gain_db": GAIN_DB})
        studio.press(show, "start")
        studio.until(show, "waiting_for_input")
        (source,) = studio.call("GET", f"/sessions/{show}/ingest").json()["sources"]
        publisher = Publisher(source["url"], clip)
        publisher.start()
        try:
            shown = studio.until(show, "live")
            playback = shown["playback_url"]
            eventually(lambda: studio.api.get(playback).status_code == 200, what="the stream's playlist")
            seen = watch(playback, seconds=3)
        finally:
            publisher.stop()
        studio.press(show, "stop")
        studio.until(show, "ended")
    assert seen.tone() == "host"
    assert loudest(seen) - loudest(watch(str(clip))) == pytest.approx(GAIN_DB, abs=0.5)
