"""An HLS output group: segments and playlists into an object store, while the show runs.

Names as MediaLive's for `s3ssl://bucket/path/index` and the name modifier `_720p30`: segments
`path/index_720p30_00001.ts`, media playlist `path/index_720p30.m3u8`, multivariant playlist `path/index.m3u8`.
Rules:
- a segment is stored before a playlist names it, and all media playlists before the multivariant one does, so
  what a playlist says is always true;
- mode VOD keeps and names every segment; the playlist type is EVENT while the channel runs, and stopping makes
  it VOD with EXT-X-ENDLIST;
- mode LIVE names the last IndexNSegments and keeps the last KeepSegments: older ones are deleted after the
  playlist has stopped naming them. Stopping adds EXT-X-ENDLIST (an assumption);
- PROGRAM-DATE-TIME stands before the first segment, the first one after each ProgramDateTimePeriod, and after a
  discontinuity;
- an encoder that died left its finished segments and its playlist; the next one goes on behind them with an
  EXT-X-DISCONTINUITY (an assumption). It knows of them by a journal on the local disk, since the channel's
  role may write the bucket and need not read it. A channel that was stopped begins anew at 00001.
"""

import json
import queue
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.media.bitstream import CLOCK, AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.identifiers import resolved
from sandbox.media.output_settings import HlsGroup, HlsRendition
from sandbox.media.segments import Entry, Segment, Segmenter, media_playlist, multivariant_playlist
from sandbox.media.store import PatientStore
from sandbox.media.timeline import Timeline
from sandbox.media.ts import TsMuxer

_SEGMENT_TYPE, _PLAYLIST_TYPE = "video/MP2T", "application/vnd.apple.mpegurl"
_WAITING = 60  # segments that may wait for the store
_FRAME_SLACK = 0.05  # seconds; a key picture may come a frame early


@dataclass
class Listing:
    """What a rendition has in the store: `entries` are the segments kept, of `listed` in all.

    `number` is the last segment's, `dated` the UTC at which PROGRAM-DATE-TIME was last told, `discontinuities`
    how many stood before the segments kept.
    """

    number: int = 0
    listed: int = 0
    discontinuities: int = 0
    dated: float | None = None
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def read(cls, journal: Path) -> "Listing":
        """What an encoder that died has left; empty if there is nothing."""
        try:
            kept = json.loads(journal.read_text())
        except (FileNotFoundError, ValueError):
            return cls()
        return cls(**{**kept, "entries": [Entry(**entry) for entry in kept["entries"]]})

    def write(self, journal: Path) -> None:
        part = journal.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)))
        part.replace(journal)

    def playlist(self, group: HlsGroup, ended: bool) -> str:
        """The media playlist."""
        live = group.mode == "LIVE"
        shown = self.entries[-group.index :] if live else self.entries
        before = self.entries[: len(self.entries) - len(shown)]
        return media_playlist(
            shown,
            kind=None if live else "VOD" if ended else "EVENT",
            sequence=self.listed - len(shown) + 1,
            discontinuities=self.discontinuities + sum(entry.discontinuity for entry in before) if live else None,
            ended=ended,
            target=group.segment_length,
            whole_seconds=group.whole_seconds,
        )

    def surplus(self, group: HlsGroup) -> list[Entry]:
        """Take out what is no longer kept."""
        if group.mode != "LIVE":
            return []
        keep = max(group.keep, group.index)
        gone, self.entries = self.entries[:-keep], self.entries[-keep:]
        self.discontinuities += sum(entry.discontinuity for entry in gone)
        return gone


class Multivariant:
    """The group's multivariant playlist, stored once every rendition has a playlist."""

    def __init__(self, store: PatientStore, key: str, text: str, renditions: int) -> None:
        self._store = store
        self._key = key
        self._text = text
        self._missing = renditions
        self._lock = threading.Lock()

    def ready(self) -> None:
        """One more rendition has a playlist."""
        with self._lock:
            self._missing -= 1
            if self._missing == 0:
                self._store.put(self._key, self._text.encode(), _PLAYLIST_TYPE)


class HlsOutput:
    """One rendition. `add` is quick and comes from the mixer's thread; a thread of its own stores."""

    def __init__(
        self,
        group: HlsGroup,
        rendition: HlsRendition,
        video: VideoEncoder,
        audio: AudioEncoder,
        multivariant: Multivariant,
        timeline: Timeline,
        store: PatientStore,
        journal: Path,
    ) -> None:
        self._group = group
        self._rendition = rendition
        self._described = video.settings, audio.settings
        self._name = group.path + rendition.modifier
        self._timeline = timeline
        self._store = store
        self._journal = journal
        self._multivariant = multivariant
        self._announced = False
        self._segmenter = Segmenter(TsMuxer(video.config, audio.config), group.segment_length)
        self._frame = float(1 / timeline.rate)
        self._listing = Listing.read(journal)
        self._broken = bool(self._listing.entries)
        self._finished: queue.Queue[Segment | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"store {self._name}", daemon=True)
        self._thread.start()

    def tag(self, id3: bytes | None) -> None:
        """Put this ID3 tag into each segment from the next one on; None ends it."""
        if self._group.tagging and self._rendition.metadata:
            self._segmenter.tag = id3

    def insert(self, id3: bytes) -> None:
        """Put an ID3 tag beside the next picture."""
        if self._rendition.metadata:
            self._segmenter.insert(id3)

    def add(self, unit: VideoUnit | AudioUnit) -> None:
        if (segment := self._segmenter.add(unit)) is not None:
            self._enqueue(segment)

    def finish(self, timeout: float) -> None:
        """Store the last segment and the final playlist, within `timeout` seconds."""
        if (segment := self._segmenter.finish(self._frame)) is not None and self._group.incomplete:
            self._enqueue(segment)
        self._finished.put(None)
        self._thread.join(timeout)

    def _enqueue(self, segment: Segment) -> None:
        if self._finished.qsize() < _WAITING:
            self._finished.put(segment)
        else:
            self._store.complain("the store is too slow: a segment was lost")
            self._broken = True

    def _run(self) -> None:
        self._name = resolved(self._name, *self._described, self._timeline.utc)
        while (segment := self._finished.get()) is not None:
            self._keep(segment)
        if self._listing.entries:
            self._put_playlist(ended=True)
        self._journal.unlink(missing_ok=True)

    def _keep(self, segment: Segment) -> None:
        listing = self._listing
        listing.number += 1
        begin = self._timeline.utc + segment.start / CLOCK
        modifier = resolved(self._rendition.segment_modifier, *self._described, begin)
        key = f"{self._name}{modifier}_{listing.number:05d}.ts"
        if not self._store.put(key, segment.data, _SEGMENT_TYPE):
            self._broken = True
            return
        listing.entries.append(Entry(_base(key), segment.duration, self._date_time(begin), self._broken))
        listing.listed += 1
        self._broken = False
        gone = listing.surplus(self._group)
        listing.write(self._journal)
        self._put_playlist(ended=False)
        for entry in gone:
            self._store.delete(_beside(self._name, entry.name))

    def _date_time(self, begin: float) -> float | None:
        """The segment's PROGRAM-DATE-TIME, if it is due."""
        if not self._group.date_time:
            return None
        dated, period = self._listing.dated, self._group.date_time_period
        if dated is None or self._broken or begin - dated >= period - _FRAME_SLACK:
            self._listing.dated = begin
            return begin
        return None

    def _put_playlist(self, ended: bool) -> None:
        text = self._listing.playlist(self._group, ended)
        stored = self._store.put(f"{self._name}.m3u8", text.encode(), _PLAYLIST_TYPE)
        if stored and not self._announced:
            self._announced = True
            self._multivariant.ready()


def multivariant(group: HlsGroup, videos: Mapping[str, VideoEncoder], audios: Mapping[str, AudioEncoder]) -> str:
    """The group's multivariant playlist; its bandwidths are the encoders' with 10 % for the transport stream."""
    variants = []
    for rendition in group.renditions:
        video, audio = videos[rendition.video], audios[rendition.audio]
        bandwidth = round((video.settings.bitrate + audio.settings.bitrate) * 1.1)
        attributes = (
            f"BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={bandwidth}"
            f",RESOLUTION={video.settings.width}x{video.settings.height}"
            f",FRAME-RATE={float(video.settings.rate):.3f}"
            f',CODECS="{video.config.codec()},mp4a.40.2"'
        )
        modifier = resolved(rendition.modifier, video.settings, audio.settings, 0.0)
        variants.append((attributes, f"{_base(group.path)}{modifier}.m3u8"))
    return multivariant_playlist(variants)


def _base(key: str) -> str:
    return key.rpartition("/")[2]


def _beside(key: str, name: str) -> str:
    """The key of `name` in the folder of `key`."""
    folder, slash, _ = key.rpartition("/")
    return folder + slash + name
