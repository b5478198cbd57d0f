"""A channel's schedule actions that concern the picture: input switches and prepares, pauses, static images.

An image is loaded first and shown then; loading takes place beside the show. An overlay on outputs is drawn on
the video descriptions that they use, so it shows in every output that shares one of them (an assumption).
InputClippingSettings are not honoured, which an alert says.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import av

from sandbox.media.alerts import Alerts
from sandbox.media.files import Files
from sandbox.media.input_settings import LossSettings
from sandbox.media.mixer import Mixer
from sandbox.media.overlay import Overlays, Placed
from sandbox.media.picture import jpeg, read_image, shrunk
from sandbox.media.rundown import Switch
from sandbox.media.source import Input

_THUMBNAIL_EVERY = 2.0  # seconds (MediaLive user guide, 'Viewing input thumbnails')
_THUMBNAIL_WIDTH = 480
_PREPARE_LOOK = 0.05  # seconds between two looks at whether an input is prepared
_IMAGE_ALERT = "Failed to Open Image"
_CLIP_ALERT = "Unsupported Input Clipping"
_PIPELINE = "PIPELINE_0"


class Director:
    """Lives on an asyncio loop. `descriptions` are the names of the video descriptions by output name."""

    def __init__(
        self,
        mixer: Mixer,
        files: Files,
        descriptions: dict[str, str],
        alerts: Alerts,
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        self._mixer = mixer
        self._files = files
        self._descriptions = descriptions
        self._alerts = alerts
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()
        self._preparing: asyncio.Task[None] | None = None

    def perform(self, action: dict[str, Any]) -> bool:
        """Perform a ScheduleAction, or say that it is not one of these."""
        for kind, settings in action["ScheduleActionSettings"].items():
            if "InputClippingSettings" in settings:
                self._alerts.set(f"clip-{action['ActionName']}", _CLIP_ALERT, f"{kind}: the file is played whole")
        match action["ScheduleActionSettings"]:
            case {"InputSwitchSettings": dict() as settings}:
                self._switch(_switch(action, settings))
            case {"InputPrepareSettings": dict() as settings}:
                if self._preparing is not None:
                    self._preparing.cancel()
                attachment = settings.get("InputAttachmentNameReference") or None
                self._preparing = self._begin(self._prepare(attachment, _path(settings)))
            case {"PauseStateSettings": dict() as settings}:
                paused = any(each.get("PipelineId") == _PIPELINE for each in settings.get("Pipelines") or ())
                self._mixer.at_next_tick(lambda _: self._mixer.pause(paused))
            case {"StaticImageActivateSettings": dict() as settings}:
                self._begin(self._activate([self._mixer.everywhere], settings))
            case {"StaticImageDeactivateSettings": dict() as settings}:
                self._deactivate([self._mixer.everywhere], settings)
            case {"StaticImageOutputActivateSettings": dict() as settings}:
                self._begin(self._activate(self._layers(settings["OutputNames"]), settings))
            case {"StaticImageOutputDeactivateSettings": dict() as settings}:
                self._deactivate(self._layers(settings["OutputNames"]), settings)
            case _:
                return False
        return True

    def withdraw(self, names: list[str]) -> None:
        """Forget switches that have not taken place."""
        self._mixer.at_next_tick(lambda _: self._mixer.rundown.remove(names))

    def load_slate(self, loss: LossSettings) -> None:
        """Begin to load the image that is shown when the input is lost, if it is one."""
        if loss.slate is not None:
            self._begin(self._load_slate(loss.slate))

    def keep_thumbnail(self, path: Path) -> None:
        """From now on keep a JPEG of the active input, before any processing, at `path`."""
        self._begin(self._keep_thumbnail(path))

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    # -- switches

    def _switch(self, switch: Switch) -> None:
        self._mixer.at_next_tick(lambda _: self._mixer.rundown.add(switch, self._mixer.utc))

    async def _prepare(self, attachment: str | None, path: str | None) -> None:
        loop = asyncio.get_running_loop()
        opened: asyncio.Queue[Input | None] = asyncio.Queue()

        def prepare(_: float) -> None:
            loop.call_soon_threadsafe(opened.put_nowait, self._mixer.rundown.prepare(attachment, path))

        self._mixer.at_next_tick(prepare)
        prepared = await opened.get()
        while prepared is not None and not prepared.ready:
            await asyncio.sleep(_PREPARE_LOOK)
        self._report({"event": "prepared", "attachment": attachment})

    # -- images

    def _layers(self, outputs: Iterable[str]) -> list[Overlays]:
        """The overlays of the outputs' video descriptions, each once."""
        names = dict.fromkeys(self._descriptions[output] for output in outputs if output in self._descriptions)
        return [self._mixer.overlays[name] for name in names]

    async def _activate(self, layers: list[Overlays], settings: dict[str, Any]) -> None:
        image = await self._image(settings["Image"]["Uri"], f"overlay-{settings.get('Layer', 0)}")
        if image is not None:
            placed = await asyncio.to_thread(Placed.of, image, settings)
            self._each(layers, lambda overlays, time: overlays.activate(settings, placed, time))

    def _deactivate(self, layers: list[Overlays], settings: dict[str, Any]) -> None:
        self._each(layers, lambda overlays, time: overlays.deactivate(settings, time))

    def _each(self, layers: list[Overlays], change: Callable[[Overlays, float], None]) -> None:
        def change_all(time: float) -> None:
            for overlays in layers:
                change(overlays, time)

        self._mixer.at_next_tick(change_all)

    async def _load_slate(self, url: str) -> None:
        if (image := await self._image(url, "input-loss-slate")) is not None:
            self._mixer.slate = image

    async def _image(self, url: str, alert: str) -> av.VideoFrame | None:
        try:
            image = await asyncio.to_thread(lambda: read_image(self._files.read(url)))
        except Exception as error:  # a foreign file, and whatever the store raises
            self._alerts.set(alert, _IMAGE_ALERT, f"an image could not be read: {type(error).__name__}")
            return None
        self._alerts.clear(alert)
        return image

    # -- the thumbnail

    async def _keep_thumbnail(self, path: Path) -> None:
        part = path.with_suffix(".part")
        while True:
            picture = await self._seen()
            if picture is None:
                path.unlink(missing_ok=True)
            else:
                part.write_bytes(await asyncio.to_thread(jpeg, picture))
                part.replace(path)
            await asyncio.sleep(_THUMBNAIL_EVERY)

    async def _seen(self) -> av.VideoFrame | None:
        """The active input's newest picture, small. The mixer makes it: PyAV scales a frame in one thread at a time."""
        loop = asyncio.get_running_loop()
        seen: asyncio.Queue[av.VideoFrame | None] = asyncio.Queue()

        def look(_: float) -> None:
            picture = shrunk(self._mixer.seen, _THUMBNAIL_WIDTH) if self._mixer.seen else None
            loop.call_soon_threadsafe(seen.put_nowait, picture)

        self._mixer.at_next_tick(look)
        return await seen.get()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _switch(action: dict[str, Any], settings: dict[str, Any]) -> Switch:
    start = action["ScheduleActionStartSettings"]
    fixed = start.get("FixedModeScheduleActionStartSettings")
    follow = start.get("FollowModeScheduleActionStartSettings")
    time = None if fixed is None else datetime.fromisoformat(fixed["Time"]).timestamp()
    after = None if follow is None else follow["ReferenceActionName"]
    return Switch(action["ActionName"], settings["InputAttachmentNameReference"], _path(settings), time, after)


def _path(settings: dict[str, Any]) -> str | None:
    """Of a dynamic input: one value a pipeline, and there is one pipeline here."""
    return next(iter(settings.get("UrlPath") or ()), None)
