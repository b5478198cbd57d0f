"""A viewer: opens what a player would open, decodes it, and says which test card was seen and heard."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import av
import numpy as np

from sandbox.media.testcard import CARDS, SAMPLE_RATE, Rgb, Samples, color_of, counter_of, flashes, tone_of

_NOTHING: Mapping[str, Rgb] = {"black": (0, 0, 0), "white": (255, 255, 255)}
_MOST_RELOADS = "10"  # give up when nothing new comes for about ten segments


@dataclass(frozen=True)
class Seen:
    """One picture: `time` in seconds as the stream has it."""

    time: float
    color: str
    counter: int
    flash: bool = False


@dataclass
class Viewing:
    """All that was decoded; `sound` is the left channel, `sound_start` its time."""

    pictures: list[Seen] = field(default_factory=list)
    sound: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    sound_start: float = 0.0

    @property
    def duration(self) -> float:
        """From the first picture to the last, in seconds."""
        return self.pictures[-1].time - self.pictures[0].time if self.pictures else 0.0

    def color(self) -> str:
        """The colour seen most."""
        return Counter(seen.color for seen in self.pictures).most_common(1)[0][0] if self.pictures else ""

    def tone(self, start: float | None = None, end: float | None = None) -> str:
        """What was heard between two times of the stream."""
        first, last = (
            None if time is None else max(0, round((time - self.sound_start) * SAMPLE_RATE)) for time in (start, end)
        )
        return tone_of(self.sound[first:last])

    def is_card(self, name: str) -> bool:
        """Both the picture and the tone are the card's."""
        return name in CARDS and self.color() == name and self.tone() == name


def watch(
    url: str, seconds: float | None = None, others: Mapping[str, Rgb] = _NOTHING, first_segment: int = 0
) -> Viewing:
    """Decode a playlist or file (a URL or a path) to its end, or `seconds` of its pictures.

    `first_segment` of a live playlist: 0 is the oldest, -1 the newest. `others`: colours to recognise beside the
    cards'. Raises av.FFmpegError when it can't be opened.
    """
    viewing = Viewing()
    blocks: list[Samples] = []
    resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
    options = {"live_start_index": str(first_segment), "max_reload": _MOST_RELOADS}
    with av.open(url, options=options if ".m3u8" in url else {}) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for packet in container.demux(video=0, audio=0):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    seen = Seen(frame.time or 0.0, color_of(frame, others), counter_of(frame), flashes(frame))
                    viewing.pictures.append(seen)
                elif isinstance(frame, av.AudioFrame):
                    if not blocks:
                        viewing.sound_start = frame.time or 0.0
                    blocks += [block.to_ndarray()[0] for block in resampler.resample(frame)]
            if seconds is not None and viewing.duration >= seconds:
                break
    viewing.sound = np.concatenate(blocks) if blocks else viewing.sound
    return viewing
