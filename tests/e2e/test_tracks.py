"""A show from the slate to host and callers, and through a tracklist that is changed, on decoded video."""

import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from infra.slate import COLOR
from sandbox.media.publisher import Publisher
from sandbox.media.testcard import SAMPLE_RATE, write_clip
from sandbox.media.viewer import Viewing, watch
from tests.studio import Studio, eventually

TRACK_SECONDS = 4
LONG_SECONDS = 18  # of a track before whose end an edit can come in
RATE = 30
CUT_PICTURES = 3 * RATE  # at most, of the end of a track behind which an edit comes in
GAIN_DB = -12  # of the programme
TRACKS_DB = -6  # of the tracks


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What host and callers send, and tracks: `short` ones of each card, and a `long` one."""
    folder = tmp_path_factory.mktemp("clips")
    for name, (card, seconds) in {
        "host": ("host", 30),
        "callers": ("callers", 30),
        "short-red": ("host", TRACK_SECONDS),
        "short-blue": ("tracklist", TRACK_SECONDS),
        "long-green": ("callers", LONG_SECONDS),
    }.items():
        write_clip(folder / f"{name}.mp4", card, seconds, width=320, height=180)
    return {path.stem: path for path in folder.iterdir()}


def upload(studio: Studio, path: Path) -> str:
    said = studio.call("POST", "/media", {"title": path.stem}).json()
    form = said["upload"]
    assert httpx.post(form["url"], data=form["fields"], files={"file": path.read_bytes()}).is_success
    media_id: str = said["media"]["id"]
    eventually(lambda: studio.call("GET", f"/media/{media_id}").json()["state"] == "ready", 60, f"{path.stem} ready")
    return media_id


def take(studio: Studio, show: str, source: str, **wish: str) -> str:
    answer = studio.call("POST", f"/sessions/{show}/source", {"source": source, **wish})
    assert answer.status_code == 202, answer.text
    action: str = answer.json()["action"]
    return action


def on_air(studio: Studio, show: str, source: str, item: str | None = None) -> None:
    def look() -> bool:
        shown = studio.session(show)
        return (shown["on_air"], shown["on_air_item"]) == (source, item)

    eventually(look, 60, f"{source} on air")


def stored(studio: Studio, address: str, folder: Path) -> Path:
    """The show's HLS, downloaded."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    prefix = key.rpartition("/")[0] + "/"
    listed = studio.aws["s3"].list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")["Contents"]
    for item in listed:
        studio.aws["s3"].download_file(bucket, item["Key"], str(folder / item["Key"].rpartition("/")[2]))
    return folder / key.rpartition("/")[2]


def loudest(viewing: Viewing, start: float | None = None, end: float | None = None) -> float:
    """The card's tone is loud for 0.1 s a second: the level of that, in dB of full scale."""
    first, last = (None if time is None else round((time - viewing.sound_start) * SAMPLE_RATE) for time in (start, end))
    sound = viewing.sound[first:last]
    blocks = sound[: len(sound) // 960 * 960].reshape(-1, 960)
    return float(20 * np.log10(np.percentile(np.abs(blocks).max(1), 95)))


def test_a_show_goes_through_its_sources_and_a_list_that_is_changed(studio: Studio, clips: dict[str, Path]) -> None:
    blue, red, green = (upload(studio, clips[name]) for name in ("short-blue", "short-red", "long-green"))
    tracks = {"name": "tracklist", "type": "MP4_FILE"}
    sources = [{"name": "host"}, {"name": "callers"}, tracks]
    show = studio.create(record="auto", sound={"gain_db": GAIN_DB}, sources=sources)
    assert studio.call("POST", f"/sessions/{show}/streaming/start", {"hold": True}).status_code == 202
    studio.until(show, "live", seconds=90)
    on_air(studio, show, "slate")
    put_list(studio, show, blue, red, green, blue)
    level = {"gain_db": TRACKS_DB}
    said = studio.call("PUT", f"/sessions/{show}/sources/tracklist/audio", level).json()
    assert said["effect"] == "at_next_play"
    eventually(lambda: levels(studio, show) == {"ready"}, 60, "copies at the level")
    ingest = {each["source"]: each["url"] for each in studio.call("GET", f"/sessions/{show}/ingest").json()["sources"]}
    publishers = [Publisher(ingest[name], clips[name]) for name in ("host", "callers")]
    try:
        for publisher in publishers:
            publisher.start()
            assert publisher.wait(1.0) is None
        for source in ("host", "callers"):
            take(studio, show, source)
            on_air(studio, show, source)
            time.sleep(2)  # of it, to be seen in the recording
        assert studio.call("POST", f"/sessions/{show}/tracklist/play").status_code == 202
        on_air(studio, show, "tracklist", blue)
        said = put_list(studio, show, blue, red, green, red)  # behind the long one red follows, not blue
        assert (said["effect"], said["follows"][-3:]) == ("scheduled", [green, red, "slate"])
        for item in (red, green, red):
            on_air(studio, show, "tracklist", item)
        on_air(studio, show, "slate")
        assert studio.session(show)["switches"] == []
    finally:
        for publisher in publishers:
            publisher.stop()
    studio.press(show, "stop")
    studio.until(show, "ended", seconds=90)
    with tempfile.TemporaryDirectory() as folder:
        viewing = watch(str(stored(studio, studio.session(show)["recording"], Path(folder))), others={"slate": COLOR})
    parts = [(color, list(seen)) for color, seen in groupby(viewing.pictures, lambda seen: seen.color)]
    played = ["tracklist", "host", "callers", "host"]
    assert [color for color, _ in parts] == ["slate", "host", "callers", *played, "slate"]
    lengths = [TRACK_SECONDS, TRACK_SECONDS, LONG_SECONDS, TRACK_SECONDS]
    for number, ((color, seen), length) in enumerate(zip(parts[3:7], lengths, strict=True)):
        counters, pictures, is_cut = [each.counter for each in seen], length * RATE, number == 2
        assert counters[0] == 0, color  # a track is played from its first picture
        assert counters[-1] in range(pictures - (CUT_PICTURES if is_cut else 1), pictures), color
        assert len(counters) in range(counters[-1] + 1, counters[-1] + 4), color
        assert viewing.tone(seen[0].time + 0.5, seen[-1].time - 0.5) == color
    host = parts[1][1]
    heard = loudest(viewing, host[0].time, host[-1].time) - loudest(watch(str(clips["host"]), seconds=3))
    assert heard == pytest.approx(GAIN_DB, abs=0.5)
    for (_, seen), item in zip(parts[3:7], (blue, red, green, red), strict=True):
        heard = loudest(viewing, seen[0].time, seen[-1].time) - loudest(levelled(studio, show, item))
        assert heard == pytest.approx(GAIN_DB + TRACKS_DB, abs=0.5)
    slate = parts[0][1]
    assert viewing.tone(slate[0].time, slate[-1].time - 0.5) == "silence"
    texts = [e["text"].split(",")[0].removeprefix("On air: ") for e in told(studio, show) if e["kind"] == "source"]
    played_items = [f"tracklist ({item})" for item in (blue, red, green, red)]
    assert texts == ["slate", "host", "callers", *played_items, "slate"]


def levels(studio: Studio, show: str) -> set[str]:
    return {each["level"] for each in studio.call("GET", f"/sessions/{show}/tracklist").json()["tracks"]}


def levelled(studio: Studio, show: str, item: str) -> Viewing:
    """Three seconds of a track as it was made ready."""
    with tempfile.TemporaryDirectory() as folder:
        path, key = f"{folder}/track.mp4", f"media/{studio.session(show)['owner']}/{item}.mp4"
        studio.aws["s3"].download_file(studio.outputs["MediaBucket"], key, path)
        return watch(path, seconds=3)


def put_list(studio: Studio, show: str, *items: str) -> dict[str, Any]:
    answer = studio.call("PUT", f"/sessions/{show}/tracklist", {"items": items})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def told(studio: Studio, show: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = studio.call("GET", f"/sessions/{show}/timeline").json()["timeline"]
    return entries


def test_a_tracklist_goes_on_with_its_track_when_the_encoder_was_lost(studio: Studio, clips: dict[str, Path]) -> None:
    one, two = upload(studio, clips["short-blue"]), upload(studio, clips["host"])
    show = studio.create(sources=[{"name": "host"}, {"name": "tracklist", "type": "MP4_FILE"}])
    wanted = studio.call("PUT", f"/sessions/{show}/tracklist", {"items": [one, two], "fallback": "host"})
    assert wanted.status_code == 200, wanted.text
    assert studio.call("POST", f"/sessions/{show}/streaming/start", {"hold": True}).status_code == 202
    studio.until(show, "live", seconds=90)
    first = studio.call("POST", f"/sessions/{show}/tracklist/play").json()["action"]
    on_air(studio, show, "tracklist", two)
    (channel,) = studio.channels(show)
    studio.control("faults", kind="die", resource=channel["Id"])

    def again() -> str | None:
        """The file is on air by another chain, asked for by the event's own function."""
        described = studio.aws["medialive"].describe_channel(ChannelId=channel["Id"])
        action = next((each["ActiveInputSwitchActionName"] for each in described["PipelineDetails"]), "")
        return action if action.startswith("track-") and action[:-1] != first[:-1] else None

    assert eventually(again, 60, "another chain").endswith("-1")
    on_air(studio, show, "tracklist", two)
    entries = [entry["text"] for entry in told(studio, show) if entry["kind"] == "switch"]
    assert entries[-1] == f"The tracklist was asked for: 1 from '{two}' on, then 'host'"
    studio.press(show, "stop")
    studio.until(show, "ended", seconds=90)
    studio.assert_nothing_left(show)
