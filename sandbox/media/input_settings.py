"""What a channel's inputs are, and what is shown when they are lost: typed settings from MediaLive's shapes.

Honoured: RTMP_PUSH, MP4_FILE, TS_FILE and URL_PULL inputs (the last as a playlist that has an end), a `$...$`
variable in their URL, SourceEndBehavior, the first audio selector's AudioTrackSelection (its first track),
InputLossBehavior. `Unsupported` names what else is asked for.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.media.output_settings import Unsupported
from sandbox.media.sound import track_of

_FILES = ("MP4_FILE", "TS_FILE", "URL_PULL")
_INFINITE_MSEC = 1_000_000  # InputLossBehavior's largest value means: forever
_VARIABLE = re.compile(r"\$[^$/]+\$")


@dataclass(frozen=True)
class LossSettings:
    """Seconds of the last picture, then seconds of black, then the slate: an image's URL, or a colour (RGB)."""

    repeat: float = 1.0
    black: float = 1.0
    color: tuple[int, int, int] = (0, 0, 0)
    slate: str | None = None


@dataclass(frozen=True)
class RtmpInput:
    """An attached push input; `stream_names` are `app/instance`, and secret."""

    attachment: str
    port: int
    stream_names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class FileInput:
    """An attached file; `source` may hold a variable, `$urlPath$`. `track` is an audio track, from 1 on."""

    attachment: str
    source: str
    loop: bool = False
    track: int = 1

    def url_of(self, path: str | None) -> str:
        """The file's URL, with `path` in the variable's place."""
        return _VARIABLE.sub(lambda _: path or "", self.source)


def read_inputs(channel: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> tuple[RtmpInput | FileInput, ...]:
    """The attached inputs in their order; `inputs` by id."""
    if _global(channel).get("InputEndAction") == "SWITCH_AND_LOOP_INPUTS":
        raise Unsupported("InputEndAction SWITCH_AND_LOOP_INPUTS")
    return tuple(_input(attachment, inputs[attachment["InputId"]]) for attachment in channel["InputAttachments"])


def read_loss(channel: dict[str, Any]) -> LossSettings:
    behavior = _global(channel).get("InputLossBehavior", {})
    default = LossSettings()
    red, green, blue = bytes.fromhex(behavior.get("InputLossImageColor", "000000"))
    slate = behavior.get("InputLossImageSlate", {}) if behavior.get("InputLossImageType") == "SLATE" else {}
    return LossSettings(
        repeat=_seconds(behavior.get("RepeatFrameMsec"), default.repeat),
        black=_seconds(behavior.get("BlackFrameMsec"), default.black),
        color=(red, green, blue),
        slate=slate.get("Uri"),
    )


def _global(channel: dict[str, Any]) -> dict[str, Any]:
    return channel["EncoderSettings"].get("GlobalConfiguration") or {}


def _input(attachment: dict[str, Any], description: dict[str, Any]) -> RtmpInput | FileInput:
    name = attachment.get("InputAttachmentName") or attachment["InputId"]
    if description["Type"] == "RTMP_PUSH":
        return RtmpInput(name, description["Port"], tuple(description["StreamNames"]))
    if description["Type"] not in _FILES:
        raise Unsupported(f"inputs of type {description['Type']}")
    settings = attachment.get("InputSettings", {})
    return FileInput(
        name,
        description["Sources"][0]["Url"],
        loop=settings.get("SourceEndBehavior") == "LOOP",
        track=track_of(attachment),
    )


def _seconds(milliseconds: int | None, default: float) -> float:
    if milliseconds is None:
        return default
    return math.inf if milliseconds >= _INFINITE_MSEC else milliseconds / 1000
