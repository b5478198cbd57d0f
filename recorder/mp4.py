"""A cut of stored segments becomes one MP4, by copying: no picture is encoded again.

Rules:
- the window's two ends are found by the dates of the first and the last segment (`recorder.window`); in between, time
  stamps count alone. There is at least one picture;
- pictures from the key picture before the start on are stored, for a decoder needs them, and an edit list hides them;
  it also begins and ends the sound at the sample;
- where time stamps do not go on (a restarted encoder), the next stored picture follows at once: a stated gap takes no
  time. A pause too short to be stated holds the last picture;
- sound stays within a millisecond of its picture. Where two runs meet, the frame of sound before is made longer or
  shorter by at most half of itself;
- the index stands first (a player may begin at once): room for it is reserved by an upper bound, what is left is a
  `free` box. Should the bound ever be too low, the index stands last;
- the same cut gives the same bytes.

Arithmetic for 6 hours at 5 Mbit/s (13.5 GB of media, 10,800 segments of 2 s):
- index: 648,000 pictures and 1,012,500 frames of sound, 4 bytes each, and 128 bytes a segment: 8 MB reserved, and as
  much in memory. Memory in all: the index, the segments read ahead, and the sink's parts in flight
  (`recorder.upload`: 6 of 16 MB), below 250 MB with PyAV. Parts: 805 of 16 MB, of 10,000 that S3 allows;
- time: one core copies about 200 MB/s (`benchmarks/recorder.py`), 70 s in all. Segments come and parts go side by
  side with it: at 75 MB/s of network (what a Lambda is commonly seen to get; AWS names no number) 27 GB take
  6 minutes; the limit is 15. Without reading ahead, 10,800 answers of S3 at 50 ms would alone take 9.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from recorder import boxes
from recorder.boxes import AudioTrack, Edit, Track, VideoTrack
from recorder.demux import CLOCK, FRAME_SAMPLES, AudioFormat, Sound, Stored, VideoFormat, demux, video_format
from recorder.errors import RecordingDamaged
from recorder.window import frame_length, inside, ticks
from showrunner.cut import SLACK, Cut, Segment

READ_AHEAD = 8  # segments
_MODULUS = 1 << 33  # of MPEG-TS's time stamps
_SEGMENT_ROOM = 128  # bytes of index a segment needs beside its samples' sizes
_FIXED_ROOM = 4096
_USUAL_RATE = 48_000


class Sink(Protocol):
    """Takes a file from front to back, except that its first bytes come last."""

    def write(self, data: bytes) -> None:
        """What follows."""

    def first(self, data: bytes) -> None:
        """What stands in front of all that was written. Called once, at the end."""


@dataclass(frozen=True)
class Film:
    """What was made: bytes, seconds as played, pictures as shown; `frame` is a picture's length in seconds.

    `index_first` tells whether a player may begin before it has the whole file.
    """

    size: int
    seconds: float
    pictures: int
    frame: float
    width: int
    height: int
    sound: bool
    index_first: bool


def write_mp4(cut: Cut, read: Callable[[str], bytes], sink: Sink, ahead: int = READ_AHEAD) -> Film:
    """Copy the cut into `sink`. `read` gives a segment's bytes by its uri and is called from threads, `ahead` at most.

    Raises RecordingDamaged, and whatever `read` and `sink` raise.
    """
    assembly = _Assembly(cut, sink)
    for data in read_ahead(read, [segment.uri for segment in cut.segments], ahead):
        assembly.add(data)
    return assembly.finish()


def read_ahead(read: Callable[[str], bytes], uris: Iterable[str], ahead: int) -> Iterator[bytes]:
    """The contents in order, while the next `ahead` are on their way."""
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(ahead) as pool:
        try:
            for uri in uris:
                waiting.append(pool.submit(read, uri))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class _Assembly:
    """Times named `at` are the film's: ticks of 90 kHz since its first shown picture."""

    def __init__(self, cut: Cut, sink: Sink) -> None:
        self._cut = cut
        self._sink = sink
        self._number = 0  # of the next segment
        self._room = 0
        self._written = 0
        self._video = Track(CLOCK)
        self._audio: Track | None = None
        self._video_format: VideoFormat | None = None
        self._audio_format: AudioFormat | None = None
        self._changing = False
        self._frame = 0
        self._shown = 0
        self._begin = 0  # of the first stored picture: 0, or less when it is hidden
        self._audio_begin = 0  # in samples
        self._next_pts = 0
        self._shift = 0  # from time stamps to the film's times

    @property
    def _end(self) -> int:
        return self._begin + self._video.end

    def add(self, data: bytes) -> None:
        segment = self._cut.segments[self._number]
        stored = demux(data, segment.uri)
        if self._video_format is None:
            self._video_format = video_format(data, stored)
            self._room = self._upper_bound(stored)
        self._changing |= stored.sets != (self._video_format.sps, self._video_format.pps)
        first, last = self._inside(segment, stored)
        if first < last:
            joined = self._place(segment, stored, first)
            self._add_pictures(stored, first, last)
            self._next_pts = stored.pictures[last - 1].pts + self._frame
            self._add_sounds(stored, joined)
        self._number += 1

    def finish(self) -> Film:
        assert self._video_format is not None  # a cut has a segment
        tracks: list[VideoTrack | AudioTrack] = [
            VideoTrack(self._video, [(self._end, -self._begin)], self._video_format, self._changing)
        ]
        if self._audio is not None and self._audio_format is not None and (edits := self._audio_edits(self._audio)):
            tracks.append(AudioTrack(self._audio, edits, self._audio_format))
        created = int(self._cut.start.timestamp())
        head = boxes.head(tracks, self._end, created, self._room, self._written)
        index_first = head is not None
        media = self._written
        if head is None:
            self._write(boxes.movie(tracks, self._end, created))
            front = boxes.file_type()
            head = front + boxes.free(self._room - len(front) - boxes.MDAT_HEADER) + boxes.media_header(media)
        self._sink.first(head)
        return Film(
            size=self._room + self._written,
            seconds=self._end / CLOCK,
            pictures=self._shown,
            frame=self._frame / CLOCK,
            width=self._video_format.width,
            height=self._video_format.height,
            sound=len(tracks) > 1,
            index_first=index_first,
        )

    def _upper_bound(self, stored: Stored) -> int:
        """Bytes that the head needs at most, reckoned from the first segment's pictures and all segments' lengths."""
        segments = self._cut.segments
        seconds = sum(segment.seconds for segment in segments)
        pictures = seconds * CLOCK / frame_length(stored, segments[0])
        sounds = seconds * (stored.audio.rate if stored.audio else _USUAL_RATE) / FRAME_SAMPLES
        samples = round((pictures + sounds) * 1.01) + 4 * len(segments)
        return _FIXED_ROOM + 4 * samples + _SEGMENT_ROOM * len(segments)

    def _inside(self, segment: Segment, stored: Stored) -> tuple[int, int]:
        """As `window.inside`, but there is at least one picture in a film."""
        if not self._frame or len(stored.pictures) > 1:
            self._frame = frame_length(stored, segment)
        is_last = self._number == len(self._cut.segments) - 1
        start = self._cut.start if self._number == 0 else None
        first, last = inside(stored, segment, start, self._cut.end if is_last else None)
        if is_last and not self._shown:
            first = min(first, len(stored.pictures) - 1)
            last = max(last, first + 1)
        return first, last

    def _place(self, segment: Segment, stored: Stored, first: int) -> bool:
        """Find the shift of this segment's times; whether it is the first of a run that follows another."""
        beginning = stored.pictures[0].pts
        if not self._shown:
            self._shift = -stored.pictures[first].pts
            return False
        late = (beginning - self._next_pts + _MODULUS // 2) % _MODULUS - _MODULUS // 2
        joined = abs(late) > self._frame / 2
        if joined:
            pause = segment.start - self._cut.segments[self._number - 1].end
            late = ticks(pause) if 0 < pause.total_seconds() <= SLACK else 0
        self._shift += self._next_pts + late - beginning
        return joined

    def _add_pictures(self, stored: Stored, first: int, last: int) -> None:
        if not self._shown:
            key = max((number for number in range(first + 1) if stored.pictures[number].key), default=0)
            self._begin = stored.pictures[key].pts + self._shift
        else:
            key = first
        self._video.begin_chunk(self._room + self._written)
        pictures = stored.pictures[key:last]
        for picture in pictures:
            self._video.add(picture.pts + self._shift - self._begin, len(picture.data), self._frame, picture.key)
        self._shown += last - first
        self._write(b"".join(picture.data for picture in pictures))

    def _add_sounds(self, stored: Stored, joined: bool) -> None:
        if stored.audio is None:
            return
        if self._audio_format is None:
            self._audio_format = stored.audio
        if stored.audio != self._audio_format:
            raise RecordingDamaged("The sound's sample rate or channels change within the recording.")
        rate = self._audio_format.rate
        length = FRAME_SAMPLES * CLOCK / rate
        # The frame before is what the decoder starts from; one more may sound into the first shown picture.
        earliest = stored.pictures[0].pts + self._shift - length if joined else -2 * length
        ended = self._number == len(self._cut.segments) - 1
        kept: list[Sound] = []
        for sound in stored.sounds:
            at = sound.pts + self._shift
            if at < earliest or (ended and at >= self._end):
                continue
            position = round(at * rate / CLOCK)
            if self._audio is None:
                self._audio, self._audio_begin = Track(rate), position
            position -= self._audio_begin
            if position < self._audio.end - FRAME_SAMPLES // 2:
                continue
            if not kept:
                self._audio.begin_chunk(self._room + self._written)
            self._audio.add(position, len(sound.data), FRAME_SAMPLES)
            kept.append(sound)
        self._write(b"".join(sound.data for sound in kept))

    def _audio_edits(self, audio: Track) -> list[Edit]:
        """None if no sound is as late as the first shown picture: a segment's last sounds often lie in the next."""
        begin = round(self._audio_begin * CLOCK / audio.timescale)
        end = min(self._end, begin + round(audio.end * CLOCK / audio.timescale))
        if end <= max(begin, 0):
            return []
        if begin > 0:
            return [(begin, -1), (end - begin, 0)]
        return [(end, -self._audio_begin)]

    def _write(self, data: bytes) -> None:
        if data:
            self._sink.write(data)
            self._written += len(data)
