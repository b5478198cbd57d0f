"""An archive output: MPEG transport streams on S3, a new file every RolloverInterval.

Names as MediaLive's for `s3ssl://bucket/path/show` and the name modifier `-$dt$`:
`path/show-20260102T030405.000000.m2ts`, then `.000001`. Rules:
- a file is visible on S3 only once it is closed (user guide: 'the current file is visible only after it has
  closed'); until then it grows on the local disk, and is lost if the encoder dies;
- a file begins with a key picture, so it may be longer than the interval by a GOP;
- an encoder that died is followed by one that counts on (an assumption); a channel that was stopped counts
  anew from 000000.
"""

import queue
import threading
from pathlib import Path
from typing import BinaryIO

from sandbox.media.bitstream import CLOCK, AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.identifiers import resolved
from sandbox.media.output_settings import ArchiveGroup, ArchiveOutput
from sandbox.media.store import PatientStore
from sandbox.media.timeline import Timeline
from sandbox.media.ts import TsMuxer

_TYPE = "video/MP2T"
_SLACK = CLOCK // 20  # a key picture may come a frame early


class Archive:
    """One output. `add` comes from the mixer's thread; a thread of its own stores the closed files.

    `directory` is this output's own, and keeps what is not stored yet.
    """

    def __init__(
        self,
        group: ArchiveGroup,
        output: ArchiveOutput,
        video: VideoEncoder,
        audio: AudioEncoder,
        timeline: Timeline,
        store: PatientStore,
        directory: Path,
    ) -> None:
        self._name = group.path + output.modifier
        self._described = video.settings, audio.settings
        self._extension = output.extension
        self._rollover = round(group.rollover * CLOCK)
        self._timeline = timeline
        self._store = store
        self._directory = directory
        self._muxer = TsMuxer(video.config, audio.config)
        self._file: BinaryIO | None = None
        self._start = 0
        directory.mkdir(parents=True, exist_ok=True)
        self._number = self._recall()
        self._closed: queue.Queue[tuple[int, Path] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"archive {self._name}", daemon=True)
        self._thread.start()

    def add(self, unit: VideoUnit | AudioUnit) -> None:
        if isinstance(unit, VideoUnit) and unit.key:
            if self._file is None or unit.pts - self._start >= self._rollover - _SLACK:
                self._close()
                self._start = unit.pts
                self._file = self._path(self._number).open("wb")
            self._file.write(self._muxer.tables())
        if self._file is not None:
            self._file.write(self._muxer.write(unit))

    def finish(self, timeout: float) -> None:
        """Close and store the last file, within `timeout` seconds."""
        self._close()
        self._closed.put(None)
        self._thread.join(timeout)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._closed.put((self._number, self._path(self._number)))
            self._file = None
            self._number += 1

    def _run(self) -> None:
        while (closed := self._closed.get()) is not None:
            number, path = closed
            name = resolved(self._name, *self._described, self._timeline.utc)
            self._store.put(f"{name}.{number:06d}.{self._extension}", path, _TYPE)
            path.unlink()
            self._journal.write_text(str(number + 1))
        self._journal.unlink(missing_ok=True)

    def _recall(self) -> int:
        """The number after the last file that was stored by an encoder that died."""
        for left in self._directory.glob("*.part"):
            left.unlink()
        try:
            return int(self._journal.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    @property
    def _journal(self) -> Path:
        return self._directory / "number"

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:06d}.part"
