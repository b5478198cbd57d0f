"""One pass of a file: its pictures and its sound decoded into a buffer, each as far as is asked for.

Packets that the one needs not yet are kept while the other reads on, so it does not matter how far apart the two
lie in the file.
"""

from collections import deque
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av import AudioResampler
from av.container import InputContainer

from sandbox.media.buffer import Buffer


class Reader:
    """`start` is where the pass begins in the buffer's time: there its first picture goes. `end` is where the next
    one would: behind its last picture. Of sound only what lies between is kept.

    `track` is the number of the audio track, from 1 on; a file without it is silent.
    """

    def __init__(self, container: InputContainer, buffer: Buffer, track: int, start: float, rate: Fraction) -> None:
        self.end = start
        self._buffer = buffer
        self._start = start
        self._video = container.streams.video[0]
        self._video.codec_context.thread_count = 1
        sound = container.streams.audio[track - 1 : track]
        self._packets = container.demux(self._video, *sound)
        self._more = True
        self._waiting: dict[int, deque[av.Packet[Any]]] = {each.index: deque() for each in (self._video, *sound)}
        self._first = float((self._video.start_time or 0) * (self._video.time_base or 0))
        self._duration = float(1 / (self._video.guessed_rate or self._video.average_rate or rate))
        self._resampler = AudioResampler("fltp", "stereo", buffer.sample_rate)

    def decode_until(self, time: float) -> bool:
        """Have all pictures and all sound before `time`; False at the end of the pass."""
        while (index := self._behind(time)) is not None:
            if self._waiting[index]:
                self._decode(self._waiting[index].popleft())
            else:
                self._read()
        return not self._has_all_pictures or self._behind(self.end) is not None

    @property
    def _has_all_pictures(self) -> bool:
        return not self._more and not self._waiting[self._video.index]

    def _behind(self, time: float) -> int | None:
        """A stream that is not there yet and goes on; there is no sound behind the last picture."""
        if self._has_all_pictures:
            time = min(time, self.end)
        for index, waiting in self._waiting.items():
            until = self._buffer.pictures_until if index == self._video.index else self._buffer.sound_until
            if until < time and (waiting or self._more):
                return index
        return None

    def _read(self) -> None:
        packet = next(self._packets, None)
        if packet is None:
            self._more = False
        else:
            self._waiting[packet.stream.index].append(packet)

    def _decode(self, packet: "av.Packet[Any]") -> None:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            return  # a broken unit costs no more than itself
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                self._add_picture(frame)
            elif isinstance(frame, av.AudioFrame):
                for sound in self._resampler.resample(frame):
                    self._add_sound(sound)

    def _add_picture(self, frame: av.VideoFrame) -> None:
        time = self._time(frame)
        if time >= self._start - 1e-3:
            self.end = max(self.end, time + self._duration)
            with self._buffer.arrived:
                self._buffer.add_picture(time, frame)

    def _add_sound(self, sound: av.AudioFrame) -> None:
        time = self._time(sound)
        samples = sound.to_ndarray().astype(np.float32, copy=False)
        early = max(0, round((self._start - time) * self._buffer.sample_rate))
        if early < samples.shape[1]:
            with self._buffer.arrived:
                self._buffer.add_sound(max(time, self._start), samples[:, early:])

    def _time(self, frame: av.VideoFrame | av.AudioFrame) -> float:
        return self._start + (frame.time or 0.0) - self._first
