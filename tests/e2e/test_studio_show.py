"""A producer runs a whole show from the page alone, in a browser, on real video: what is lit is what is on air."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from infra.slate import COLOR
from sandbox.media.publisher import Publisher
from sandbox.media.testcard import CARDS, COUNTER_BITS, color_of, write_clip
from tests.producer import LONG, browser_page, flaws, screenshots, sign_in
from tests.studio import Studio, eventually

COLORS = {name: card.color for name, card in CARDS.items()} | {"slate": COLOR, "nothing": (0, 0, 0)}
INPUT_CHANGE = "MediaLive Channel Input Change"

# Of the video's middle: the mean colour; of its top edge: the blocks that count the pictures.
PIXELS = """(video) => {
  if (video.readyState < video.HAVE_CURRENT_DATA) return null;
  const [width, height] = [320, 180];
  const canvas = Object.assign(document.createElement("canvas"), {width, height});
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, width, height);
  const middle = context.getImageData(120, 70, 60, 20).data;
  const color = [0, 1, 2].map((part) => middle.filter((_, at) => at % 4 === part).reduce((a, b) => a + b) / 1200);
  const blocks = Array.from({length: BLOCKS}, (_, bit) => context.getImageData(bit * 20 + 10, 10, 1, 1).data[1] > 125);
  return {color, counter: blocks.reduce((value, white) => value * 2 + Number(white), 0), at: video.currentTime};
}""".replace("BLOCKS", str(COUNTER_BITS))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    for name, seconds in {"host": 20, "callers": 20, "tracklist": 40}.items():
        write_clip(folder / f"{name}.mp4", name, seconds, width=320, height=180)
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def create(page: Page) -> str:
    """A session with a host, callers and tracks; its id."""
    page.get_by_role("button", name="New session").click()
    form = page.get_by_role("form", name="New session")
    form.get_by_label("Title").fill("Friday night")
    form.get_by_label("Picture").select_option("360p30")
    form.get_by_label("Keep").select_option("manual")
    form.get_by_role("button", name="Create").dblclick()
    expect(page.get_by_role("heading", name="Friday night")).to_be_visible()
    return page.url.rpartition("/")[2]


def seen(video: Locator) -> dict[str, Any] | None:
    """The colour that is nearest to the video's, the picture's number, and the video's time; of an image its colour."""
    found = video.evaluate(PIXELS)
    if found is None:
        return None
    name = min(COLORS, key=lambda each: float(np.abs(np.subtract(COLORS[each], found["color"])).sum()))
    return {"color": name, "counter": found["counter"], "at": found["at"]}


def until_seen(video: Locator, color: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = seen(video)
        return found if found and found["color"] == color else None

    return eventually(look, 60, f"{color} in the page")


def shown(film: Locator) -> str:
    """The colour of a film, which is of another origin: its pixels are for the eye alone."""
    with av.open(io.BytesIO(film.screenshot())) as container:
        (frame,) = container.decode(video=0)
        return color_of(frame.reformat(format="yuv420p"), {"slate": COLOR, "nothing": (0, 0, 0)})


def button(page: Page, source: str) -> Locator:
    return page.locator(".take").filter(has=page.locator(".take-name", has_text=re.compile(f"^{source}$")))


def take(page: Page, studio: Studio, show: str, source: str) -> None:
    """Press a source: it is pending until MediaLive's word has come, and only then lit."""
    before = {each["id"] for each in studio.events()}
    studio.control("events", detail_type=INPUT_CHANGE, effect="lose", count=1)
    button(page, source).click()
    expect(button(page, source)).to_have_attribute("data-state", "asked")
    word = eventually(
        lambda: [e for e in studio.events() if e["detail_type"] == INPUT_CHANGE and e["id"] not in before]
    )
    expect(button(page, source)).to_have_attribute("data-state", "asked")
    assert studio.session(show)["on_air"] != source
    studio.control("emit", event_id=word[0]["id"])
    expect(button(page, source)).to_have_attribute("data-state", "on-air")
    assert studio.session(show)["on_air"] == source
    expect(page.locator('.take[data-state="on-air"]')).to_have_count(1)


def another_tab(page: Page) -> Page:
    """At the same address; the hosted UI knows who signed in, and leads back there."""
    tab = page.context.new_page()
    tab.set_default_timeout(LONG)
    tab.goto(page.url)
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="Sign in as").click()
    tab.wait_for_url(page.url)
    return tab


# The preview's sound becomes silent, and ten seconds pass at once; then both are as they are.
SILENCE = """() => {
  const {getFloatTimeDomainData} = AnalyserNode.prototype, {now} = Date;
  AnalyserNode.prototype.getFloatTimeDomainData = (samples) => samples.fill(0);
  setTimeout(() => { Date.now = () => now() + 10_000; }, 500);
  window.endSilence = () => { Object.assign(AnalyserNode.prototype, {getFloatTimeDomainData}); Date.now = now; };
}"""


@contextmanager
def slow_network(page: Page) -> Iterator[None]:
    """Three seconds to an answer, and 50 kB a second."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    slow = {"offline": False, "latency": 3000, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    devtools.send("Network.emulateNetworkConditions", slow)
    yield
    devtools.detach()  # and it is as fast as before


def an_alarm_after_silence(page: Page) -> None:
    page.evaluate(SILENCE)
    alarm = page.get_by_role("alert").filter(has_text="No sound")
    expect(alarm).to_be_visible()
    page.evaluate("() => window.endSilence()")
    expect(alarm).to_be_hidden()


def an_edit_that_somebody_else_was_before(page: Page, studio: Studio, show: str) -> None:
    path, then = f"/sessions/{show}/tracklist", page.get_by_role("combobox", name="Then")
    items = [each["id"] for each in studio.call("GET", path).json()["tracks"]]

    def after_the_other(route: Route) -> None:
        if route.request.method == "PUT":
            assert studio.call("PUT", path, {"items": items, "fallback": "host"}).status_code == 200
        route.continue_()

    page.route("**/tracklist", after_the_other)
    then.select_option("callers")
    expect(page.get_by_role("alert").filter(has_text="Somebody else has edited the list")).to_be_visible()
    expect(then).to_have_value("host")
    page.unroute("**/tracklist")
    then.select_option("slate")
    eventually(lambda: studio.call("GET", path).json()["fallback"] == "slate", 30, "the edit of the list as it is")


def test_a_show_is_run_from_the_page(page: Page, studio: Studio, clips: dict[str, Path]) -> None:
    sign_in(page, studio.sandbox)
    show = create(page)
    with slow_network(page):
        page.get_by_role("button", name="Go live, on hold").dblclick()
        expect(page.get_by_test_id("state")).to_have_text(re.compile("starting|live"))
    page.get_by_role("button", name="Add tracks").click()
    page.get_by_label("Send tracks").set_input_files([clips["tracklist"], Path(__file__)])
    expect(page.locator('.upload-list [data-step="failed"]')).to_contain_text("not an MP4")
    expect(page.locator(".track")).to_have_count(1)
    page.get_by_role("button", name="Add tracklist", exact=True).click()  # once more, from the library
    expect(page.locator(".track")).to_have_count(2)
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/tracklist" in answer.url) as moved:
        page.get_by_role("button", name="1, tracklist: move with the arrow keys").press("ArrowDown")
    assert moved.value.ok
    an_edit_that_somebody_else_was_before(page, studio, show)
    assert flaws(page) == []
    page.get_by_role("button", name="Add tracks").click()
    state = page.get_by_test_id("state")
    expect(state).to_have_text("live, on hold")
    ingest = {each["source"]: each["url"] for each in studio.call("GET", f"/sessions/{show}/ingest").json()["sources"]}
    publishers = [Publisher(ingest[name], clips[name]) for name in ("host", "callers")]
    preview = page.get_by_label("What viewers see")
    try:
        for publisher in publishers:
            publisher.start()
        until_seen(preview, "slate")
        take(page, studio, show, "host")
        first = until_seen(preview, "host")
        eventually(lambda: (seen(preview) or first)["counter"] > first["counter"], 30, "a picture that moves")
        expect(page.get_by_test_id("lag")).to_contain_text(re.compile(r"\d+ s behind"))
        eventually(lambda: int(meter(page)) > -40, 30, "the host's tone in the meter")
        expect(page.locator(".source", has=button(page, "host"))).to_contain_text("publishing: yes")
        until_seen(page.get_by_alt_text("What host sends"), "host")
        assert flaws(page) == []
        an_alarm_after_silence(page)

        with page.expect_request("**/recording/start") as asked:
            page.get_by_role("button", name="Record", exact=True).dblclick()
        wish: Any = asked.value.post_data_json
        assert wish["since"] > 0  # the preview is late, and so is who presses
        expect(page.locator(".running li")).to_have_count(1)
        expect(page.locator(".running-time")).to_contain_text(re.compile(r"0:(0[6-9]|[1-5]\d)"))
        screenshots(page, "studio-show")
        page.get_by_role("button", name="Stop recording").click()

        tab = another_tab(page)
        expect(button(tab, "host")).to_have_attribute("data-state", "on-air")
        take(tab, studio, show, "callers")
        expect(button(page, "callers")).to_have_attribute("data-state", "on-air")
        tab.close()
        until_seen(preview, "callers")
        page.reload()
        until_seen(preview, "callers")
        page.get_by_role("button", name="Play", exact=True).click()
        expect(button(page, "tracklist")).to_have_attribute("data-state", "on-air")
        until_seen(preview, "tracklist")
        expect(page.locator('[data-position="0"] .badge-on-air')).to_be_visible()
        page.get_by_role("button", name="Next").click()
        expect(page.locator('[data-position="1"] .badge-on-air')).to_be_visible()
        page.keyboard.press("p")
        expect(button(page, "slate")).to_have_attribute("data-state", "on-air")
        until_seen(preview, "slate")

        expect(page.locator(".recording .badge")).to_have_text("published")
        page.get_by_role("button", name="Play recording").click()
        film = page.locator("video.film")
        eventually(lambda: shown(film) == "host", 30, "the host in the film")
        begun = film.evaluate("(video) => video.currentTime")
        eventually(lambda: film.evaluate("(video) => video.currentTime") > begun, 30, "a film that plays")
        assert len(studio.call("GET", f"/sessions/{show}/recordings").json()["recordings"]) == 1
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download recording").click()
        assert saved.value.suggested_filename.endswith(".mp4")
        assert saved.value.path().stat().st_size > 10_000
        page.emulate_media(color_scheme="dark")
        assert flaws(page) == []
    finally:
        for publisher in publishers:
            publisher.stop()
    stop = page.get_by_role("button", name="Stop: hold down")
    stop.click()  # a slip does nothing
    assert studio.session(show)["state"] == "live"
    stop.dispatch_event("pointerdown")
    expect(state).to_have_text(re.compile("stopping|ended"))
    expect(state).to_have_text("ended")
    studio.assert_nothing_left(show)
    assert studio.session(show)["attempt"] == 1
    kept = page.locator(".recording")
    kept.get_by_role("button", name="Delete…").click()
    kept.get_by_role("group").get_by_role("button", name="Delete").click()
    expect(kept).to_have_count(0)
    assert studio.call("GET", f"/sessions/{show}/recordings").json()["recordings"] == []
    titles = [each["title"] for each in studio.call("GET", "/sessions").json()["sessions"]]
    assert titles.count("Friday night") == 1


def meter(page: Page) -> str:
    return page.get_by_role("meter").get_attribute("aria-valuenow") or "-60"
