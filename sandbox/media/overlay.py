"""Static image overlays: eight layers of images over a picture, fading in and out.

Rules (botocore's StaticImageActivateScheduleActionSettings and its Output and Deactivate counterparts):
- a layer holds one image; higher layers lie above lower ones; activating a layer replaces what it held;
- it fades in from its start; if Duration is set it fades out from there on, which prolongs it;
- deactivating fades out from where the opacity is then;
- what reaches over the right or lower edge is cropped; without Width or Height the image's own are used.
Positions are rounded down to even pixels, since two by two pixels share their colour.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from sandbox.media.picture import copy, limited, planes


@dataclass(frozen=True)
class Placed:
    """An image's planes at its size in the video: (levels, alpha 0 to 1) for Y, U and V; `left`, `top` in pixels."""

    planes: tuple[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], ...]
    left: int
    top: int

    @classmethod
    def of(cls, image: av.VideoFrame, settings: dict[str, Any]) -> "Placed":
        """`settings` of the activating action."""
        width, height = settings.get("Width") or image.width, settings.get("Height") or image.height
        luma, blue, red, alpha = (
            plane.astype(np.float32) for plane in planes(limited(image, width, height, "yuva420p"))
        )
        alpha /= 255
        quarter = np.pad(alpha, ((0, height % 2), (0, width % 2)), "edge")
        quarter = quarter.reshape(quarter.shape[0] // 2, 2, quarter.shape[1] // 2, 2).mean((1, 3))
        return cls(
            ((luma, alpha), (blue, quarter), (red, quarter)),
            settings.get("ImageX", 0) // 2 * 2,
            settings.get("ImageY", 0) // 2 * 2,
        )


@dataclass(frozen=True)
class Overlay:
    """A placed image and its life; times in seconds of the channel's clock, `opacity` from 0 to 1."""

    image: Placed
    opacity: float
    start: float
    fade_in: float = 0.0
    end: float = math.inf
    fade_out: float = 0.0

    def opacity_at(self, time: float) -> float:
        """How visible it is."""
        if time < self.start or self.over(time):
            return 0.0
        rise = min(1.0, (time - self.start) / self.fade_in) if self.fade_in else 1.0
        fall = 1.0 - (time - self.end) / self.fade_out if time > self.end else 1.0
        return self.opacity * rise * fall

    def over(self, time: float) -> bool:
        """Whether it will never be seen again."""
        return time >= self.end + self.fade_out


class Overlays:
    """The layers of one picture. Use it from one thread."""

    def __init__(self) -> None:
        self._layers: dict[int, Overlay] = {}

    def activate(self, settings: dict[str, Any], image: Placed, time: float) -> None:
        """From `time` on, as the activating action says."""
        duration = settings.get("Duration") or 0
        self._layers[settings.get("Layer", 0)] = Overlay(
            image,
            opacity=settings.get("Opacity", 100) / 100,
            start=time,
            fade_in=settings.get("FadeIn", 0) / 1000,
            end=time + duration / 1000 if duration else math.inf,
            fade_out=settings.get("FadeOut", 0) / 1000 if duration else 0.0,
        )

    def deactivate(self, settings: dict[str, Any], time: float) -> None:
        """From `time` on, as the deactivating action says."""
        layer = settings.get("Layer", 0)
        if (overlay := self._layers.get(layer)) is not None and time < overlay.end:
            now = overlay.opacity_at(time)
            fade_out = settings.get("FadeOut", 0) / 1000
            self._layers[layer] = replace(overlay, opacity=now, fade_in=0.0, end=time, fade_out=fade_out)

    def onto(self, frame: av.VideoFrame, time: float) -> av.VideoFrame:
        """The frame with what is visible at `time` over it; the frame itself if nothing is."""
        self._layers = {layer: overlay for layer, overlay in self._layers.items() if not overlay.over(time)}
        visible = [
            (overlay.image, opacity)
            for _, overlay in sorted(self._layers.items())
            if (opacity := overlay.opacity_at(time)) > 0
        ]
        if not visible:
            return frame
        picture = copy(frame)
        for image, opacity in visible:
            _blend(picture, image, opacity)
        return picture


def _blend(picture: av.VideoFrame, image: Placed, opacity: float) -> None:
    for number, (plane, (levels, alpha)) in enumerate(zip(planes(picture), image.planes, strict=True)):
        half = 2 if number else 1
        below = plane[image.top // half :, image.left // half :][: levels.shape[0], : levels.shape[1]]
        rows, columns = below.shape
        part = alpha[:rows, :columns] * opacity
        below[:] = below + (levels[:rows, :columns] - below) * part + 0.5
