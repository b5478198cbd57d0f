"""An image over the picture: MediaLive's static image on the outputs. Pure.

MediaLive reports nothing of an overlay on air (user guide, image overlays; no event, no field): it was accepted, and
that is all that can be said of it.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from showrunner.media import MediaId
from showrunner.profiles import Profile

Pixels = Annotated[int, Meta(ge=0, le=4096)]
Size = Annotated[int, Meta(ge=1, le=4096)]
Layer = Annotated[int, Meta(ge=0, le=7, description="0 to 7")]
FadeMs = Annotated[int, Meta(ge=0, le=10_000, description="0 to 10000 milliseconds")]


class Overlay(Struct, frozen=True, forbid_unknown_fields=True):
    """`image`: one of the owner's media; None takes the layer's image off. `x`, `y`: of its upper left corner, in
    pixels of the session's picture.

    `width` and `height` scale it, else it is as large as it is; `opacity` in percent, `seconds` until it goes by itself
    (None: when it is taken off). A layer holds one image; a higher layer lies over a lower one.
    """

    image: MediaId | None = None
    x: Pixels = 0
    y: Pixels = 0
    width: Size | None = None
    height: Size | None = None
    opacity: Annotated[int, Meta(ge=0, le=100)] = 100
    fade_ms: FadeMs = 0
    seconds: Annotated[int, Meta(ge=1, le=86_400)] | None = None
    layer: Layer = 0


def activation(overlay: Overlay, url: str, outputs: list[str]) -> dict[str, Any]:
    """The ScheduleActionSettings that show it. `url`: the image's, as MediaLive reads it."""
    settings: dict[str, Any] = {
        "Image": {"Uri": url},
        "ImageX": overlay.x,
        "ImageY": overlay.y,
        "Layer": overlay.layer,
        "Opacity": overlay.opacity,
        "FadeIn": overlay.fade_ms,
        "OutputNames": outputs,
    }
    settings |= {name: value for name, value in (("Width", overlay.width), ("Height", overlay.height)) if value}
    if overlay.seconds:
        settings |= {"Duration": overlay.seconds * 1000, "FadeOut": overlay.fade_ms}
    return {"StaticImageOutputActivateSettings": settings}


def deactivation(overlay: Overlay, outputs: list[str]) -> dict[str, Any]:
    """The ScheduleActionSettings that take its layer's image off."""
    settings = {"Layer": overlay.layer, "FadeOut": overlay.fade_ms, "OutputNames": outputs}
    return {"StaticImageOutputDeactivateSettings": settings}


def misfit(overlay: Overlay, width: int, height: int, profile: Profile) -> str | None:
    """Why an image of this size can't be laid over a picture of the profile: MediaLive takes none that is larger."""
    wide, high = overlay.width or width, overlay.height or height
    if wide > profile.width or high > profile.height:
        picture = f"{profile.width}x{profile.height}"
        return f"The image is {wide}x{high} and the picture {picture}: give a 'width' and 'height' that fit into it."
    if overlay.x >= profile.width or overlay.y >= profile.height:
        return f"'x' and 'y' are outside of the picture, which is {profile.width}x{profile.height}."
    return None
