"""Files: where they are read from, and how they are played; stepped tick by tick, without real time."""

import http.server
import io
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from sandbox.media.files import Files, S3File
from sandbox.media.playback import Playback
from sandbox.media.sound import Sound
from sandbox.media.testcard import counter_of, tone_of, write_clip
from sandbox.media.timeline import Timeline

SAMPLE_RATE = 48_000
SECONDS, FRAMES = 1, 30


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same second of pictures and sound as MP4, as a transport stream and as HLS."""
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "clip.mp4", "tracklist", SECONDS, 160, 90)
    write_clip(folder / "clip.ts", "tracklist", SECONDS, 160, 90)
    (folder / "clip.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:1.0,\nclip.ts\n#EXT-X-ENDLIST\n"
    )
    return folder


@pytest.fixture(scope="module")
def web(clips: Path) -> Iterator[str]:
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(clips))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class FakeS3:
    """GetObject of the files of a folder, whatever the bucket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str | None] = []

    def get_object(self, Bucket: str, Key: str, Range: str | None = None) -> dict[str, Any]:
        self.asked.append(Range)
        data = (self.folder / Key).read_bytes()
        if Range is None:
            return {"Body": io.BytesIO(data)}
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        body = data[first : last + 1]
        return {"Body": io.BytesIO(body), "ContentRange": f"bytes {first}-{first + len(body) - 1}/{len(data)}"}


class Player:
    """Plays something tick by tick, from the moment at which it is ready."""

    def __init__(self, open_file: Callable[[], Any], begin: float = 0.0, **how: Any) -> None:
        self.complaints: list[str] = []
        self.timeline = Timeline(Fraction(30))
        self.playback = Playback(open_file, self.timeline, SAMPLE_RATE, self.complaints.append, **how)
        deadline = time.monotonic() + 10
        while not self.playback.ready:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self.begin = round(begin * 30)
        self.playback.begin(begin)

    def counters(self, ticks: int) -> list[int]:
        pictures = [self.playback.picture((self.begin + tick) / 30, 5.0) for tick in range(ticks)]
        return [-1 if picture is None else counter_of(picture[1]) for picture in pictures]

    def play(self, ticks: int) -> tuple[list[int], Sound]:
        seen, heard = [], []
        for tick in range(self.begin, self.begin + ticks):
            picture = self.playback.picture(tick / 30, 5.0)
            seen.append(-1 if picture is None else counter_of(picture[1]))
            heard.append(self.playback.sound(tick * 1600, 1600))
        return seen, np.concatenate(heard, 1)

    def ended(self, tick: int) -> bool:
        return self.playback.ended((self.begin + tick) / 30)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.ts"])
def test_a_file_plays_from_its_first_picture_to_its_last(clips: Path, name: str) -> None:
    player = Player(lambda: av.open(str(clips / name)), begin=100.0)

    seen, heard = player.play(FRAMES + 5)

    assert seen == [*range(FRAMES), *[FRAMES - 1] * 5]
    assert tone_of(heard[0][2000:46_000]) == "tracklist"
    assert tone_of(heard[0][50_000:]) == "silence"
    assert [player.ended(tick) for tick in (FRAMES - 1, FRAMES)] == [False, True]
    assert player.complaints == []


def test_sound_begins_with_its_picture(clips: Path) -> None:
    _, heard = Player(lambda: av.open(str(clips / "clip.mp4"))).play(FRAMES)

    loud = np.flatnonzero(np.abs(heard[0]) > 0.5)  # the beep of the first three pictures
    assert loud[0] < 0.005 * SAMPLE_RATE
    assert loud[-1] == pytest.approx(0.1 * SAMPLE_RATE, abs=0.02 * SAMPLE_RATE)


def test_a_loop_has_no_gap_and_no_end(clips: Path) -> None:
    player = Player(lambda: av.open(str(clips / "clip.mp4")), loop=True)

    seen, heard = player.play(FRAMES * 4)

    assert seen == list(range(FRAMES)) * 4
    beeps = np.flatnonzero(np.abs(heard[0]) > 0.5)
    begins = beeps[np.flatnonzero(np.diff(beeps, prepend=-99_999) > SAMPLE_RATE // 2)] / SAMPLE_RATE
    assert begins == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert not player.ended(FRAMES * 4)
    player.playback.leave()


def test_only_a_little_is_decoded_ahead(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    write_clip(path, "host", 5, 32, 18)

    player = Player(lambda: av.open(str(path)))

    assert player.playback._buffer.pictures_until < 2.5
    assert player.counters(30)[-1] >= 0
    player.playback.leave()


def test_another_track_or_none(tmp_path: Path, clips: Path) -> None:
    _, heard = Player(lambda: av.open(str(clips / "clip.mp4")), track=2).play(FRAMES)
    assert not heard.any()

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as made, av.open(str(clips / "clip.mp4")) as original:
        video = made.add_stream_from_template(original.streams.video[0])
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                made.mux(packet)
    assert Player(lambda: av.open(str(path))).counters(FRAMES) == list(range(FRAMES))


def remuxed(path: Path, clip: Path, **options: str) -> Path:
    """The clip's packets in another file; `pictures` is how many seconds of them are kept."""
    pictures = float(options.pop("pictures", "1e9"))
    with av.open(str(path), "w", options=options) as made, av.open(str(clip)) as original:
        streams = {stream.index: made.add_stream_from_template(stream) for stream in original.streams}
        for packet in original.demux():
            video = isinstance(packet.stream, av.VideoStream)
            if packet.dts is not None and not (video and float(packet.dts * packet.time_base) >= pictures):
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    return path


def test_pictures_and_sound_may_lie_far_apart(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", "tracklist", 4, 32, 18)
    path = remuxed(tmp_path / "apart.mp4", tmp_path / "clip.mp4", movflags="empty_moov")  # all in one fragment

    _, heard = Player(lambda: av.open(str(path))).play(120)

    assert [tone_of(heard[0][at : at + 4800]) for at in range(4800, 4 * 48_000 - 9600, 4800)] == ["tracklist"] * 37


def test_sound_behind_the_last_picture_is_cut_in_a_loop(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", "tracklist", 4, 32, 18)
    path = remuxed(tmp_path / "short.mp4", tmp_path / "clip.mp4", pictures="1")
    player = Player(lambda: av.open(str(path)), loop=True)

    seen, heard = player.play(90)

    assert seen == list(range(30)) * 3
    assert tone_of(heard[0]) == "tracklist"
    player.playback.leave()


def test_what_cannot_be_opened_has_ended_and_is_told() -> None:
    def fail() -> Any:
        raise PermissionError("s3://secret/key")

    player = Player(fail)

    assert player.counters(2) == [-1, -1]
    assert player.ended(0)
    assert player.complaints == ["PermissionError"]


def test_a_file_that_breaks_off_ends_there(clips: Path) -> None:
    whole = (clips / "clip.ts").read_bytes()

    player = Player(lambda: av.open(io.BytesIO(whole[: len(whole) // 2]), format="mpegts"))

    seen = player.counters(FRAMES)
    assert 5 < seen[-1] < FRAMES - 5
    assert player.ended(FRAMES - 1)


def test_files_on_s3_are_read_in_pieces(clips: Path) -> None:
    s3 = FakeS3(clips)
    files = Files(lambda: s3)

    player = Player(lambda: files.open("s3ssl://bucket/clip.mp4"), loop=True)

    assert player.counters(FRAMES * 2) == list(range(FRAMES)) * 2
    assert set(s3.asked) == {"bytes=0-1048575"}  # once a pass
    assert files.read("s3://bucket/clip.mp4") == (clips / "clip.mp4").read_bytes()
    player.playback.leave()


def test_an_object_is_a_file(tmp_path: Path) -> None:
    data = np.random.default_rng(1).integers(0, 256, 9_500_000, np.uint8).tobytes()
    (tmp_path / "big").write_bytes(data)
    file = S3File(FakeS3(tmp_path), "bucket", "big")

    assert file.seek(-10, io.SEEK_END) == len(data) - 10
    assert (file.read(100), file.read(100)) == (data[-10:], b"")
    file.seek(0)
    assert b"".join(iter(partial(file.read, 300_000), b"")) == data
    file.seek(1_048_570)
    assert file.read(10) == data[1_048_570:1_048_576]  # to the end of a piece


def test_files_on_the_web(clips: Path, web: str) -> None:
    files = Files(lambda: None)

    assert Player(lambda: files.open(f"{web}/clip.mp4")).counters(FRAMES) == list(range(FRAMES))
    assert Player(lambda: files.open(f"{web}/clip.m3u8")).counters(FRAMES) == list(range(FRAMES))
    assert files.read(f"{web}/clip.ts") == (clips / "clip.ts").read_bytes()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "/etc/passwd", "rtmp://host/app", "concat:a|b"])
def test_nothing_else_is_read(url: str) -> None:
    for read in (Files(lambda: None).open, Files(lambda: None).read):
        with pytest.raises(ValueError, match="only"):
            read(url)
