"""The `$` codes in names of files: MediaLive's 'Identifiers for variable data' (user guide).

`$dt$`, `$d$` and `$t$` are UTC: of each segment in an HLS output, of the channel's start elsewhere. `$$` is a
dollar; `%0n` before the closing dollar pads with zeros to n characters, as in `$h%05$`. Unknown codes stay.
"""

import re
from datetime import UTC, datetime

from sandbox.media.settings import AudioSettings, VideoSettings

_CODE = re.compile(r"\$(\w*)(?:%0(\d+))?\$")


def resolved(text: str, video: VideoSettings, audio: AudioSettings, seconds: float) -> str:
    """`text` with its codes replaced; `seconds` is UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    values = {
        "": "$",
        "dt": f"{moment:%Y%m%dT%H%M%S}",
        "d": f"{moment:%Y%m%d}",
        "t": f"{moment:%H%M%S}",
        "rv": str(video.bitrate // 1000),
        "ra": str(audio.bitrate // 1000),
        "rc": str((video.bitrate + audio.bitrate) // 1000),
        "w": str(video.width),
        "h": str(video.height),
        "f": str(int(video.rate)),
    }

    def value(code: re.Match[str]) -> str:
        known = values.get(code[1])
        return code[0] if known is None else known.zfill(int(code[2] or 0))

    return _CODE.sub(value, text)
