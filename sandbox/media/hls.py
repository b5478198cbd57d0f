"""An HLS output group in VOD mode: segments and playlists into an object store, while the show runs.

Names as MediaLive's for `s3ssl://bucket/path/index` and the name modifier `_720p30`: segments
`path/index_720p30_00001.ts`, media playlist `path/index_720p30.m3u8`, multivariant playlist `path/index.m3u8`.
Rules:
- a segment is stored before a playlist names it, so what the playlist says is always true;
- the playlist type is EVENT while the channel runs; stopping makes it VOD with EXT-X-ENDLIST;
- an encoder that died left its finished segments and its playlist; the next one goes on behind them with an
  EXT-X-DISCONTINUITY (an assumption). It knows of them by a journal on the local disk, since the channel's
  role may write the bucket and need not read it. A channel that was stopped begins anew at 00001.
"""

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from sandbox.media.bitstream import CLOCK, AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.segments import Entry, Segment, Segmenter, media_playlist, multivariant_playlist
from sandbox.media.settings import HlsGroup, HlsRendition
from sandbox.media.timeline import Timeline
from sandbox.media.ts import TsMuxer

_SEGMENT_TYPE, _PLAYLIST_TYPE = "video/MP2T", "application/vnd.apple.mpegurl"
_ATTEMPTS, _RETRY_AFTER = 5, 1.0
_WAITING = 60  # segments that may wait for the store


class ObjectStore(Protocol):
    def put(self, key: str, body: bytes, content_type: str) -> None: ...


class S3Store:
    """`client` is boto3's S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)


class HlsOutput:
    """One rendition. `add` is quick and comes from the mixer's thread; a thread of its own stores."""

    def __init__(
        self,
        group: HlsGroup,
        rendition: HlsRendition,
        video: VideoEncoder,
        audio: AudioEncoder,
        multivariant: str,
        timeline: Timeline,
        store: ObjectStore,
        journal: Path,
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        self._group = group
        self._name = f"{group.path}{rendition.modifier}"
        self._timeline = timeline
        self._store = store
        self._journal = journal
        self._report = report
        self._multivariant = multivariant
        self._announced = False
        self._segmenter = Segmenter(TsMuxer(video.config, audio.config), group.segment_length)
        self._frame = float(1 / timeline.rate)
        self._entries, self._number = self._recall()
        self._broken = bool(self._entries)
        self._finished: queue.Queue[Segment | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"store {self._name}", daemon=True)
        self._thread.start()

    def tag(self, id3: bytes | None) -> None:
        """Put this ID3 tag into each segment from the next one on; None ends it."""
        if self._group.tagging:
            self._segmenter.tag = id3

    def add(self, unit: VideoUnit | AudioUnit) -> None:
        if (segment := self._segmenter.add(unit)) is not None:
            self._enqueue(segment)

    def finish(self, timeout: float) -> None:
        """Store the last segment and the final playlist, within `timeout` seconds."""
        if (segment := self._segmenter.finish(self._frame)) is not None:
            self._enqueue(segment)
        self._finished.put(None)
        self._thread.join(timeout)

    def _enqueue(self, segment: Segment) -> None:
        if self._finished.qsize() < _WAITING:
            self._finished.put(segment)
        else:
            self._alert("the store is too slow: a segment was lost")
            self._broken = True

    def _run(self) -> None:
        while (segment := self._finished.get()) is not None:
            self._keep(segment)
        if self._entries:
            self._put_playlist(ended=True)
        self._journal.unlink(missing_ok=True)

    def _keep(self, segment: Segment) -> None:
        self._number += 1
        key = f"{self._name}_{self._number:05d}.ts"
        if not self._put(key, segment.data, _SEGMENT_TYPE):
            self._broken = True
            return
        begin = self._timeline.utc + segment.start / CLOCK if self._group.date_time else None
        self._entries.append(Entry(_base(key), segment.duration, begin, self._broken))
        self._broken = False
        self._remember()
        self._put_playlist(ended=False)
        if not self._announced:
            self._put(f"{self._group.path}.m3u8", self._multivariant.encode(), _PLAYLIST_TYPE)
            self._announced = True

    def _put_playlist(self, ended: bool) -> None:
        text = media_playlist(
            self._entries,
            kind="VOD" if ended else "EVENT",
            sequence=1,
            ended=ended,
            target=self._group.segment_length,
        )
        self._put(f"{self._name}.m3u8", text.encode(), _PLAYLIST_TYPE)

    def _put(self, key: str, body: bytes, content_type: str) -> bool:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._store.put(key, body, content_type)
                return True
            except Exception as error:  # whatever the store raises, the show goes on
                self._alert(f"could not store {_base(key)}: {type(error).__name__}")
                if attempt < _ATTEMPTS:
                    time.sleep(_RETRY_AFTER)
        return False

    def _remember(self) -> None:
        part = self._journal.with_suffix(".part")
        part.write_text(json.dumps([self._number, [asdict(entry) for entry in self._entries]]))
        part.replace(self._journal)

    def _recall(self) -> tuple[list[Entry], int]:
        try:
            number, entries = json.loads(self._journal.read_text())
        except (FileNotFoundError, ValueError):
            return [], 0
        return [Entry(**entry) for entry in entries], number

    def _alert(self, message: str) -> None:
        self._report({"event": "alert", "message": message})


def multivariant(group: HlsGroup, videos: dict[str, VideoEncoder], audios: dict[str, AudioEncoder]) -> str:
    """The group's multivariant playlist."""
    variants = []
    for rendition in group.renditions:
        video, audio = videos[rendition.video], audios[rendition.audio]
        attributes = (
            f"BANDWIDTH={round((video.settings.bitrate + audio.settings.bitrate) * 1.1)}"
            f",RESOLUTION={video.settings.width}x{video.settings.height}"
            f",FRAME-RATE={float(video.settings.rate):.3f}"
            f',CODECS="{video.config.codec()},mp4a.40.2"'
        )
        variants.append((attributes, f"{_base(group.path)}{rendition.modifier}.m3u8"))
    return multivariant_playlist(variants)


def _base(key: str) -> str:
    return key.rpartition("/")[2]
