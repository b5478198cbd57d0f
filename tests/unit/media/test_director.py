"""Schedule actions on their way to the mixer: images that are loaded, names that are found, what is told."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from mixing_desk import BLACK, GREY, WHITE, Desk

from sandbox.media import director
from sandbox.media.alerts import Alerts
from sandbox.media.director import Director
from sandbox.media.files import Files
from sandbox.media.input_settings import LossSettings
from sandbox.media.picture import read_image


def png(shade: int) -> bytes:
    writer: Any = av.CodecContext.create("png", "w")
    writer.width, writer.height, writer.pix_fmt, writer.time_base = 64, 36, "rgba", Fraction(1, 1)
    pixels = np.full((36, 64, 4), shade, np.uint8)
    pixels[..., 3] = 255
    frame = av.VideoFrame.from_ndarray(pixels, format="rgba")
    frame.pts = 0
    return b"".join(map(bytes, writer.encode(frame) + writer.encode(None)))


class Bucket(Files):
    """Images by URL, without any store."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.images = {"s3://images/black.png": png(0), "s3://images/white.png": png(255)}

    def read(self, url: str) -> bytes:
        return self.images[url]


class Booth:
    """A director at a desk."""

    def __init__(self) -> None:
        self.desk = Desk(repeat=0.0, black=0.0)
        self.reports: list[dict[str, Any]] = []
        alerts = Alerts(self.reports.append)
        outputs = {"push": "video", "recording": "video"}
        self.director = Director(self.desk.mixer, Bucket(), outputs, alerts, self.reports.append)

    def perform(self, **settings: Any) -> bool:
        start: dict[str, Any] = {"ImmediateModeScheduleActionStartSettings": {}}
        return self.director.perform(
            {"ActionName": "now", "ScheduleActionStartSettings": start, "ScheduleActionSettings": settings}
        )

    async def until(self, condition: Callable[[], Any], seconds: float = 5.0) -> None:
        """Mix on until it is so."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.desk.step(1)
                await asyncio.sleep(0.005)

    def shows(self, shade: int) -> Callable[[], bool]:
        return lambda: self.desk.screen.seen[-1:] == [shade]


def run(scene: Callable[[Booth], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        booth = Booth()
        try:
            await scene(booth)
        finally:
            booth.director.close()

    asyncio.run(play())


def test_overlays_on_outputs_and_everywhere() -> None:
    async def scene(booth: Booth) -> None:
        black, white = ({"Image": {"Uri": f"s3://images/{shade}.png"}} for shade in ("black", "white"))
        names = {"OutputNames": ["push", "recording", "no such output"]}
        assert booth.perform(StaticImageActivateSettings=black)
        await booth.until(booth.shows(BLACK))
        assert booth.perform(StaticImageOutputActivateSettings={**white, **names, "Layer": 2})
        await booth.until(booth.shows(WHITE))
        assert booth.perform(StaticImageOutputDeactivateSettings={**names, "Layer": 2})
        assert booth.desk.step(1) == [BLACK]
        assert booth.perform(StaticImageDeactivateSettings={})
        assert booth.desk.step(1) == [GREY]

    run(scene)


def test_an_image_that_is_not_there_is_told_once_and_taken_back() -> None:
    async def scene(booth: Booth) -> None:
        missing, there = ({"Image": {"Uri": f"s3://images/{name}.png"}} for name in ("missing", "white"))
        for _ in range(2):
            booth.perform(StaticImageActivateSettings=missing)
        await booth.until(lambda: booth.reports)
        booth.perform(StaticImageActivateSettings=there)
        await booth.until(lambda: len(booth.reports) == 2)
        assert [(each["id"], each["set"]) for each in booth.reports] == [("overlay-0", True), ("overlay-0", False)]

    run(scene)


def test_pausing_names_the_pipeline() -> None:
    async def scene(booth: Booth) -> None:
        booth.desk.step(1)
        for pipelines, heard in (([{"PipelineId": "PIPELINE_0"}], False), ([{"PipelineId": "PIPELINE_1"}], True)):
            assert booth.perform(PauseStateSettings={"Pipelines": pipelines})
            booth.desk.step(1)
            assert booth.desk.speaker.heard[-1] is heard
        assert booth.perform(PauseStateSettings={})

    run(scene)


def test_switch_and_prepare() -> None:
    async def scene(booth: Booth) -> None:
        assert booth.perform(InputPrepareSettings={"InputAttachmentNameReference": "callers"})
        await booth.until(lambda: booth.reports == [{"event": "prepared", "attachment": "callers"}])
        assert booth.perform(InputSwitchSettings={"InputAttachmentNameReference": "callers"})
        assert booth.desk.step(1) == [WHITE]
        assert booth.perform(InputPrepareSettings={})
        await booth.until(lambda: booth.reports[1:] == [{"event": "prepared", "attachment": None}])

    run(scene)


def test_a_fixed_switch_can_be_taken_back() -> None:
    async def scene(booth: Booth) -> None:
        action = {
            "ActionName": "later",
            "ScheduleActionStartSettings": {
                "FixedModeScheduleActionStartSettings": {"Time": "2001-01-01T00:00:00.000Z"}
            },
            "ScheduleActionSettings": {"InputSwitchSettings": {"InputAttachmentNameReference": "callers"}},
        }
        booth.director.perform(action)
        booth.director.withdraw(["later"])
        assert booth.desk.step(2) == [GREY, GREY]
        booth.director.perform(action)
        assert booth.desk.step(1) == [WHITE]

    run(scene)


def test_what_is_not_a_picture_and_what_is_not_honoured() -> None:
    async def scene(booth: Booth) -> None:
        assert not booth.perform(HlsId3SegmentTaggingSettings={"Tag": "on air"})
        clip = {"InputAttachmentNameReference": "host", "InputClippingSettings": {"InputTimecodeSource": "ZEROBASED"}}
        assert booth.perform(InputSwitchSettings=clip)
        assert [each["id"] for each in booth.reports] == ["clip-now"]

    run(scene)


def test_the_slate_and_the_thumbnail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed_in, shrunk = set(), director.shrunk
    monkeypatch.setattr(director, "_THUMBNAIL_EVERY", 0.1)
    monkeypatch.setattr(director, "shrunk", lambda *frame: mixed_in.add(threading.get_ident()) or shrunk(*frame))

    async def scene(booth: Booth) -> None:
        path = tmp_path / "thumbnail.jpg"
        booth.director.load_slate(LossSettings(slate="s3://images/white.png"))
        booth.desk.step(1)
        booth.director.keep_thumbnail(path)
        await booth.until(path.exists)
        assert read_image(path.read_bytes()).width == 480
        booth.desk.inputs["host"].dead = True
        await booth.until(booth.shows(WHITE))
        await booth.until(lambda: not path.exists())

    run(scene)
    assert mixed_in == {threading.get_ident()}, "PyAV scales a frame in one thread at a time: the mixer's"
