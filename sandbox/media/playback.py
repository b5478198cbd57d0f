"""A file input, played once or again and again from its beginning.

It is opened and decoded a little ahead in a thread of its own as soon as it is made; its first picture is on air
at the very tick at which it begins. Its times count from its first picture. Played in a loop, a pass lasts whole
ticks and the next one begins at once; sound that is longer than the pictures is cut there.
"""

import threading
from collections.abc import Callable
from time import monotonic

from av.container import InputContainer

from sandbox.media.buffer import Buffer, Picture
from sandbox.media.reader import Reader
from sandbox.media.sound import Sound
from sandbox.media.timeline import Timeline

AHEAD = 0.5  # seconds of both pictures and sound that are decoded in advance
_ROUNDING = 0.005
_CATCHING_UP = 1.0  # seconds more than for a live input, whose missing pictures may never come
OPENING = 10.0  # seconds after which a switch to it no longer waits


class Playback:
    """`open_file` opens it, and raises whatever it likes; `complain` is told then, with the error's name.

    `track` is the number of the audio track, from 1 on.
    """

    def __init__(
        self,
        open_file: Callable[[], InputContainer],
        timeline: Timeline,
        sample_rate: int,
        complain: Callable[[str], None],
        *,
        loop: bool = False,
        track: int = 1,
    ) -> None:
        self._open_file = open_file
        self._timeline = timeline
        self._complain = complain
        self._loop = loop
        self._track = track
        self._buffer = Buffer(timeline.rate, sample_rate, _ROUNDING)
        self._base: float | None = None  # channel time of the file's time 0
        self._position = 0.0  # the file's time that is on air
        self._length: float | None = None  # once it is known
        self._decoded = 0.0  # the file's time until which all that there is has been decoded
        self._left = False
        self._overdue = monotonic() + OPENING
        threading.Thread(target=self._run, name="play", daemon=True).start()

    # -- the mixer's side

    @property
    def ready(self) -> bool:
        """Whether it is decoded ahead, has failed, or takes too long."""
        with self._buffer.arrived:
            return self._decoded > 0 or self._length is not None or monotonic() > self._overdue

    def begin(self, time: float) -> None:
        with self._buffer.arrived:
            self._base = time

    def start_clock(self) -> None:
        if self.ready and not self._timeline.started.is_set():
            self._timeline.anchor()

    def leave(self) -> None:
        with self._buffer.arrived:
            self._left = True
            self._buffer.arrived.notify_all()

    def ended(self, time: float) -> bool:
        with self._buffer.arrived:
            if self._base is None or self._length is None:
                return False
            return time - self._base > self._length - float(1 / self._timeline.rate / 2)

    def picture(self, time: float, patience: float) -> Picture | None:
        """The picture due at `time`; waits for the decoder `patience` seconds, and longer after a pause."""
        with self._buffer.arrived:
            base, tick = self._base or 0.0, float(1 / self._timeline.rate)
            self._position = time - base
            self._buffer.arrived.notify_all()
            if (patience := patience + _CATCHING_UP) > 0:
                self._buffer.arrived.wait_for(
                    lambda: self._length is not None or self._decoded > self._position + tick, patience
                )
            shown = self._buffer.picture(self._position)
            return None if shown is None else (shown[0] + base, shown[1])

    def sound(self, position: int, count: int) -> Sound:
        with self._buffer.arrived:
            return self._buffer.sound(position - round((self._base or 0.0) * self._buffer.sample_rate), count)

    # -- the decoder's side

    def _run(self) -> None:
        length, again = 0.0, True
        try:
            while again:  # opened anew for each pass: after a seek a decoder's first sound is not whole
                with self._open_file() as container:
                    end = self._play(container, length)
                again, length = self._loop and end > length and not self._left, end
        except Exception as error:  # a foreign file, and whatever the store raises: the show goes on
            if not self._left:
                self._complain(type(error).__name__)
        with self._buffer.arrived:
            self._length = max(length, self._timeline.snap(self._buffer.pictures_until))
            self._buffer.arrived.notify_all()

    def _play(self, container: InputContainer, start: float) -> float:
        """Decode one pass, which begins at the file's time `start`; when the next one would."""
        reader = Reader(container, self._buffer, self._track, start, self._timeline.rate)
        position = self._position
        while reader.decode_until(position + AHEAD) and self._await_progress(position):
            position = self._position
        return self._timeline.snap(reader.end)

    def _await_progress(self, position: float) -> bool:
        """All that is needed at `position` is decoded: wait until the mixer is past it. False if it never will be."""
        with self._buffer.arrived:
            self._decoded = position + AHEAD
            self._buffer.arrived.notify_all()
            self._buffer.arrived.wait_for(lambda: self._left or self._position > position)
            return not self._left
