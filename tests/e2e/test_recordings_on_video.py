"""Recordings of a show with real video: three windows, one of them across a crash, exact to the picture."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from recorder.demux import CLOCK, demux
from sandbox.media.publisher import Publisher
from sandbox.media.testcard import counter_of, write_clip
from showrunner.cut import Segment, segments
from tests.browser import chromium
from tests.studio import Studio, eventually
from tests.unit.recorder.material import RATE, play, stored_pictures

HALF = timedelta(seconds=0.5 / RATE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "host.mp4"
    write_clip(path, "host", seconds=90, width=320, height=180)
    return path


class Live:
    """A session that is live with the test card, and its store."""

    def __init__(self, studio: Studio, session_id: str, clip: Path) -> None:
        self.studio = studio
        self.id = session_id
        self.publisher = Publisher(studio.call("GET", f"/sessions/{self.id}/ingest").json()["sources"][0]["url"], clip)

    def publish(self) -> None:
        """Come back as an encoder does whose connection was lost."""
        if not self.publisher.running:
            self.publisher.start()

    def is_live(self) -> bool:
        self.publish()
        return bool(self.studio.session(self.id)["state"] == "live")

    def is_back(self, before: int) -> bool:
        self.publish()
        return any(segment.discontinuity for segment in self.stored()[before:])

    def record(self, button: str, name: str) -> str:
        answer = self.studio.call("POST", f"/sessions/{self.id}/recording/{button}", {"name": name})
        assert answer.status_code == 202, answer.text
        recording_id: str = answer.json()["recording"]["id"]
        return recording_id

    def recording(self, recording_id: str) -> dict[str, Any]:
        """Once it is published."""

        def look() -> dict[str, Any] | None:
            shown: dict[str, Any] = self.studio.call("GET", f"/recordings/{recording_id}").json()
            return shown if shown["state"] in ("published", "failed") else None

        found = eventually(look, 90, f"the publication of {recording_id}")
        assert found["film_failure"] is None
        assert found["state"] == "published", found["reason"]
        return found

    def read(self, key: str) -> bytes:
        found = self.studio.aws["s3"].get_object(Bucket=self.studio.outputs["RecordingsBucket"], Key=key)
        data: bytes = found["Body"].read()
        return data

    def stored(self) -> list[Segment]:
        try:
            return segments(self.read(f"{self.id}/1/index_360p30.m3u8").decode())
        except self.studio.aws["s3"].exceptions.NoSuchKey:
            return []

    def until_stored(self, more: int) -> None:
        """Wait for so many segments more."""
        count = len(self.stored()) + more
        eventually(lambda: len(self.stored()) >= count, 60, f"{more} segments more")

    def end(self) -> None:
        self.studio.press(self.id, "stop")
        self.studio.until(self.id, "ended")


@contextmanager
def on_air(studio: Studio, clip: Path, early: str | None = None, **wish: Any) -> Iterator[Live]:
    """`early` is a recording that is opened before anybody publishes."""
    show = studio.create(**wish)
    studio.press(show, "start")
    studio.until(show, "waiting_for_input")
    live = Live(studio, show, clip)
    if early:
        live.record("start", early)
    try:
        eventually(live.is_live, 60, "the show")
        yield live
        live.end()
    finally:
        live.publisher.stop()


@dataclass
class Show:
    """All that was stored: when each picture is of, and its counter."""

    pictures: list[tuple[datetime, int]]

    @classmethod
    def of(cls, live: Live) -> "Show":
        found = []
        for segment in live.stored():
            data = live.read(f"{live.id}/1/{segment.uri}")
            times = [picture.pts for picture in demux(data).pictures]
            with av.open(io.BytesIO(data)) as container:
                counters = [counter_of(frame) for frame in container.decode(video=0)]
            assert len(times) == len(counters)
            begin = segment.start
            found += [
                (begin + timedelta(seconds=(at - times[0]) / CLOCK), counter)
                for at, counter in zip(times, counters, strict=True)
            ]
        return cls(found)

    def begin(self, recording: dict[str, Any]) -> datetime:
        """Its start, or the first picture after it where nothing was stored then."""
        start = datetime.fromisoformat(recording["start"]) if recording["start"] else self.pictures[0][0]
        first = next(at for at, _ in self.pictures if at >= start - HALF)
        return first if first - start > timedelta(seconds=0.1) else start

    def window(self, recording: dict[str, Any]) -> list[int]:
        """The counters that the recording must have, one after the other."""
        start = self.begin(recording)
        end = datetime.fromisoformat(recording["end"])
        return [counter for at, counter in self.pictures if start - HALF <= at < end - HALF]


@dataclass
class Recorded:
    live: Live
    show: Show
    recordings: dict[str, dict[str, Any]]
    films: dict[str, bytes]


@pytest.fixture(scope="module")
def recorded(studio: Studio, clip: Path) -> Recorded:
    """`early` is armed before the show; `crash` goes on across an encoder that is killed; `late` until the end."""
    with on_air(studio, clip, early="early", privacy="keep") as live:
        crash = live.record("start", "crash")
        live.until_stored(2)
        early = live.record("stop", "early")
        late = live.record("start", "late")
        (channel,) = studio.channels(live.id)
        before = len(live.stored())
        studio.control("faults", kind="die", resource=channel["Id"])
        eventually(lambda: live.is_back(before), 60, "the encoder's return")
        live.until_stored(2)
        live.record("stop", "crash")
        window = {"id": crash, "session_id": live.id, "attempt": 1}
        with ThreadPoolExecutor(2) as pool:
            at_once = list(pool.map(studio.start_recording_again, (window, window)))
        assert [studio.ended(arn) for arn in at_once] == ["SUCCEEDED", "SUCCEEDED"]
    recordings = {name: live.recording(each) for name, each in (("early", early), ("crash", crash), ("late", late))}
    assert studio.ended(studio.start_recording_again(recordings["crash"])) == "SUCCEEDED"
    films = {name: httpx.get(each["film"]["url"]).content for name, each in recordings.items()}
    return Recorded(live, Show.of(live), recordings, films)


@pytest.mark.parametrize("name", ["early", "crash", "late"])
def test_a_window_is_cut_to_the_picture(recorded: Recorded, name: str) -> None:
    recording, played = recorded.recordings[name], play(recorded.films[name])
    expected = recorded.show.window(recording)
    assert (played.counters[0], played.counters[-1]) == (expected[0], expected[-1])
    assert played.counters == expected
    assert len(expected) > 2 * RATE
    assert played.seconds == pytest.approx(recording["seconds"], abs=1 / RATE + 0.002)
    text = recorded.live.studio.playlist(recording)
    begin = segments(text)[0].start + timedelta(seconds=float(text.partition("OFFSET=")[2].partition(",")[0]))
    assert begin == recorded.show.begin(recording)


def test_a_playlist_plays_from_its_address_with_its_cookies(recorded: Recorded) -> None:
    """ffmpeg fetches the playlist and each segment by the CDN, and decodes from the exact start."""
    recording = recorded.recordings["late"]
    studio = recorded.live.studio
    offset = float(studio.playlist(recording).partition("OFFSET=")[2].partition(",")[0])
    with pytest.raises(av.HTTPForbiddenError):
        av.open(recording["playlist"])
    with av.open(recording["playlist"], options={"headers": f"Cookie: {studio.cookies(recording['id'])}\r\n"}) as hls:
        pictures = [(float(frame.time or 0), counter_of(frame)) for frame in hls.decode(video=0)]
    begin = pictures[0][0] + offset - HALF.total_seconds()
    assert [counter for at, counter in pictures if at >= begin][: len(recorded.show.window(recording))] == (
        recorded.show.window(recording)
    )


def test_a_crash_is_one_recording_with_its_gap_stated(recorded: Recorded) -> None:
    recording = recorded.recordings["crash"]
    assert recording["gaps"] >= 1
    assert recording["gap_seconds"] > 0.1
    ends = [datetime.fromisoformat(recording[each]) for each in ("start", "end")]
    whole = (ends[1] - ends[0]).total_seconds()
    assert recording["seconds"] + recording["gap_seconds"] == pytest.approx(whole, abs=0.002)
    assert len(play(recorded.films["crash"]).counters) / RATE == pytest.approx(recording["seconds"], abs=0.1)


def test_however_often_it_is_published_it_is_one(recorded: Recorded) -> None:
    live = recorded.live
    listed = live.studio.call("GET", f"/sessions/{live.id}/recordings").json()["recordings"]
    assert [each["id"] for each in listed] == [f"{live.id}-1-{number}" for number in (1, 2, 3)]
    told = [entry for entry in live.studio.timeline(live.id) if entry["kind"] == "published-2"]
    assert len(told) == 1
    bucket = live.studio.outputs["RecordingsBucket"]
    found = live.studio.aws["s3"].list_objects_v2(Bucket=bucket, Prefix=f"{live.id}/1/recordings/2/")["Contents"]
    assert sorted(each["Key"].rpartition("/")[2] for each in found) == ["film.mp4", "index.m3u8", "picture.jpg"]


def test_with_privacy_nothing_from_outside_is_stored(studio: Studio, clip: Path) -> None:
    with on_air(studio, clip) as live:
        live.until_stored(1)
        made = live.record("start", "talk")
        live.until_stored(2)
        live.record("stop", "talk")
        live.until_stored(1)
        whole = Show.of(live)
    recording = live.recording(made)
    expected = whole.window(recording)
    eventually(lambda: any(e["kind"].startswith("privacy") for e in studio.timeline(live.id)), 60, "the archive")
    film = httpx.get(recording["film"]["url"]).content
    assert play(film).counters == expected
    assert stored_pictures(film) == len(expected)
    bucket = studio.outputs["RecordingsBucket"]
    listed = studio.aws["s3"].list_objects_v2(Bucket=bucket, Prefix=f"{live.id}/1/")["Contents"]
    seen = set()
    for key in (each["Key"] for each in listed if each["Key"].endswith(".ts")):
        with av.open(io.BytesIO(live.read(key))) as container:
            seen |= {counter_of(frame) for frame in container.decode(video=0)}
    assert seen == set(expected)


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield browser.new_page(viewport={"width": 800, "height": 600})
        finally:
            browser.close()


PLAYER = '<body style="margin:0"><video style="display:block" muted preload="auto" src="{url}"></video></body>'
SHOW = """async (at) => {
  const video = document.querySelector("video");
  if (video.readyState < 2) await new Promise((done) => video.addEventListener("loadeddata", done, {once: true}));
  if (at !== null) {
    const sought = new Promise((done) => video.addEventListener("seeked", done, {once: true}));
    video.currentTime = at;
    await sought;
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [video.duration, video.error && video.error.message];
}"""


def shown(page: Page, at: float | None) -> tuple[float, int]:
    """The film's duration in the browser, and the counter of the picture that it shows."""
    duration, error = page.evaluate(SHOW, at)
    assert error is None
    with av.open(io.BytesIO(page.locator("video").screenshot())) as container:
        (frame,) = container.decode(video=0)
    return duration, counter_of(frame.reformat(format="yuv420p"))


def test_a_film_plays_in_a_browser_from_its_address(recorded: Recorded) -> None:
    recording = recorded.recordings["crash"]
    expected = recorded.show.window(recording)
    with browser_page() as page:
        page.set_content(PLAYER.format(url=recording["film"]["url"]))
        duration, first = shown(page, None)
        assert duration == pytest.approx(recording["seconds"], abs=1 / RATE + 0.01)
        assert first == expected[0]
        _, last = shown(page, duration - 0.5 / RATE)
        assert last == expected[-1]
        assert page.evaluate("(v => v.play().then(() => !v.paused))(document.querySelector('video'))")
