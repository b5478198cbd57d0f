"""Makes a film of an hour in a process of its own: `python -m tests.e2e.recorder.one_hour DIRECTORY SECONDS`.

The directory has the segments of ten seconds, which come again and again. Prints the film as JSON, with how many
bytes the process grew by, and the digest of what it wrote.
"""

import hashlib
import json
import resource
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recorder.mp4 import write_mp4
from showrunner.cut import Cut, Segment, cut

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROUND = 10  # seconds
OFFSET = 1.5


class File:
    """A sink on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._body = path.with_suffix(".body").open("w+b")
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._body.write(data)
        self.digest.update(data)

    def first(self, data: bytes) -> None:
        self.digest.update(data)
        self._body.seek(0)
        with self._path.open("wb") as film:
            film.write(data)
            while piece := self._body.read(1 << 20):
                film.write(piece)
        self._body.close()


def window(uris: list[str], seconds: int) -> Cut:
    """Begins and ends within segments; the time stamps begin again every ten seconds, and the dates go on."""
    stored = [
        Segment(uri, BEGIN + timedelta(seconds=ROUND * turn + 2 * number), 2.0)
        for turn in range(seconds // ROUND + 1)
        for number, uri in enumerate(uris)
    ]
    begin = BEGIN + timedelta(seconds=OFFSET)
    return cut(stored, begin, begin + timedelta(seconds=seconds))


def grown() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(directory: Path, seconds: int) -> None:
    uris = sorted(path.name for path in directory.glob("*.ts"))
    write_mp4(window(uris, 20), lambda uri: (directory / uri).read_bytes(), File(directory / "warm.mp4"))
    before = grown()
    sink = File(directory / "film.mp4")
    film = write_mp4(window(uris, seconds), lambda uri: (directory / uri).read_bytes(), sink)
    print(json.dumps(asdict(film) | {"grown": grown() - before, "digest": sink.digest.hexdigest()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
