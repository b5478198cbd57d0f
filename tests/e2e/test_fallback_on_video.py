"""The host stops publishing in a live show, on decoded video: the slate, until the host is taken again."""

from itertools import groupby
from pathlib import Path

from infra.slate import COLOR
from sandbox.media.publisher import Publisher
from sandbox.media.testcard import write_clip
from sandbox.media.viewer import watch
from tests.e2e.test_tracks import on_air, stored, take
from tests.studio import Studio, eventually

SECONDS = 3


def test_a_host_that_is_lost_gives_way_to_the_slate_until_it_is_taken_again(studio: Studio, tmp_path: Path) -> None:
    clip = tmp_path / "host.mp4"
    write_clip(clip, "host", 60, width=320, height=180)
    show = studio.create(record="auto", fallback={"seconds": SECONDS})
    studio.press(show, "start")
    studio.until(show, "waiting_for_input", seconds=90)
    publisher = Publisher(studio.call("GET", f"/sessions/{show}/ingest").json()["sources"][0]["url"], clip)
    publisher.start()
    try:
        studio.until(show, "live", seconds=90)
        on_air(studio, show, "host")
        publisher.stop()
        on_air(studio, show, "slate")
        publisher.start()
        eventually(lambda: studio.status()["channels"][0]["publishing"]["host"], 30, "the host is back")
        assert studio.session(show)["on_air"] == "slate"
        take(studio, show, "host")
        on_air(studio, show, "host")
        assert publisher.wait(1.0) is None  # a second of it to be stored
    finally:
        publisher.stop()
    studio.press(show, "stop")
    studio.until(show, "ended", seconds=90)
    studio.assert_nothing_left(show)
    recording = stored(studio, studio.session(show)["recording"], tmp_path)
    texts = [entry["text"] for entry in studio.timeline(show) if entry["kind"] in ("no-picture", "switch")]
    viewing = watch(str(recording), others={"slate": COLOR, "black": (0, 0, 0)})
    parts = [(color, list(seen)) for color, seen in groupby(viewing.pictures, lambda seen: seen.color)]
    assert [color for color, _ in parts] == ["host", "black", "slate", "host"]
    before, _, slate, after = (seen for _, seen in parts)
    lost = next(seen.time for seen in before if seen.counter == before[-1].counter)  # its last one is held
    assert slate[0].time - lost >= SECONDS
    assert viewing.tone(slate[0].time, slate[-1].time) == "silence"
    assert len({seen.counter for seen in after}) > 1, "the host moves again"
    assert texts == [
        f"No picture from 'host'; in {SECONDS} s the show goes to 'slate'",
        f"No picture from 'host' for {SECONDS} s: 'slate' was asked for",
        "'host' was asked for",
    ]
