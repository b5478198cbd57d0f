"""The page's view of an execution, in a browser: what happened, followed live, and why a start failed."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from tests.producer import PHONE, SCREEN, browser_page, flaws, misfits, screenshots, sign_in
from tests.studio import Studio, eventually


@pytest.fixture(scope="module")
def show(studio: Studio) -> str:
    """A session that waits for somebody who publishes; the first test ends it."""
    studio.control("publishing", publishing=False)
    session_id = studio.create(record="off")
    studio.press(session_id, "start")
    studio.until(session_id, "waiting_for_input")
    return session_id


@pytest.fixture(scope="module")
def page(studio: Studio) -> Iterator[Page]:
    with browser_page() as page:
        sign_in(page, studio.sandbox)
        yield page


TALL = 1100  # pixels in which the whole machine can be read


def open_page(page: Page, studio: Studio, path: str) -> None:
    page.goto(studio.sandbox.env["SHOWRUNNER_STUDIO_URL"].rstrip("/") + path)


def drawn(page: Page, told: str) -> Locator:
    """A state of the drawing, by how it is told: `Live, waiting`."""
    return page.get_by_role("group", name="The state machine").get_by_role("button", name=re.compile(f"^{told}"))


def test_an_execution_is_followed_to_its_end_and_its_child_opens(studio: Studio, page: Page, show: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, studio, f"/sessions/{show}/executions/{show}-1")
    expect(drawn(page, "WaitStreamLive, waiting")).to_be_visible()
    expect(drawn(page, "WaitChannelRunning, done")).to_be_visible()
    expect(drawn(page, "NoteFailure, not entered")).to_be_visible()
    expect(page.get_by_text("It is in WaitStreamLive, waiting")).to_be_visible()

    studio.control("publishing", publishing=True)
    expect(drawn(page, "Live, waiting")).to_be_visible()
    timeline = page.get_by_role("region", name="Timeline")
    for told in ("MediaLive: the channel is running", "IVS: stream start"):
        expect(timeline.get_by_role("button", name=told)).to_be_visible()
    studio.press(show, "stop")
    expect(drawn(page, "Ended, done")).to_be_visible()
    expect(drawn(page, "Live, ended by a stop")).to_be_visible()
    histories = [url for url in asked if "/history" in url]
    assert [url for url in histories[1:] if "after=" not in url] == []  # only what is new
    assert [url for url in asked if url.endswith("/timeline")] == []  # its entries come with the session's state
    expect(page.locator(".line.stopped.passed")).to_have_count(1)
    expect(page.locator(".machine .caught:not(.line, .arrow), .caught-mark, .bar.caught")).to_have_count(0)
    expect(timeline.get_by_role("button", name="Stop requested")).to_be_visible()
    page.get_by_role("button", name="All of it").click()
    screenshots(page, "studio-execution", TALL)

    drawn(page, "Cleanup, done").click()
    details = page.get_by_role("region", name="State Cleanup")
    details.get_by_role("button", name="Copy: Input").click()
    assert f'"session_id": "{show}"' in page.evaluate("navigator.clipboard.readText()")
    details.get_by_role("link", name=f"{show}-1-session").click()
    expect(page.get_by_role("heading", name=f"{show}-1-session")).to_be_visible()
    expect(drawn(page, "Clean, done")).to_be_visible()


def test_a_start_that_fails_shows_its_reason(studio: Studio, page: Page) -> None:
    order: dict[str, Any] = {"service": "medialive", "operation": "CreateChannel", "count": 1}
    studio.control("faults", kind="error", code="UnprocessableEntityException", status=422, **order)
    show = studio.create()
    studio.press(show, "start")
    eventually(lambda: studio.session(show)["state"] == "failed")
    open_page(page, studio, f"/sessions/{show}")
    expect(page.get_by_test_id("state")).to_have_text("failed")
    expect(page.get_by_text(f"{studio.session(show)['reason']} It can go live again.")).to_be_visible()
    page.get_by_role("heading", name="Cost").scroll_into_view_if_needed()
    page.get_by_role("link", name="Executions").click()
    expect(page.get_by_role("main")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_role("row", name=re.compile(f"{show}-1-session cleanup"))).to_be_visible()
    assert flaws(page) == []
    page.get_by_role("link", name=f"{show}-1", exact=True).click()
    expect(page.get_by_text("CreateChannel failed: ChannelRefused")).to_be_visible()
    failed = drawn(page, "CreateChannel, failed, caught")
    expect(page.locator(".machine [tabindex='0']")).to_have_count(1)  # one stop of the Tab key
    failed.focus()
    expect(page.locator(".machine [tabindex='0']")).to_have_attribute("data-state", "CreateChannel")
    page.keyboard.press("ArrowUp")
    expect(drawn(page, "Provision, done")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(failed).to_have_attribute("aria-pressed", "true")
    details = page.get_by_role("region", name="State CreateChannel")
    expect(details.get_by_text("ChannelRefused").first).to_be_visible()
    expect(details.get_by_role("button", name="NoteFailure")).to_be_visible()
    views: tuple[tuple[Literal["light", "dark"], ViewportSize], ...] = (("light", SCREEN), ("dark", PHONE))
    for scheme, size in views:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        assert flaws(page) == [], scheme
        assert misfits(page) == [], scheme
    page.set_viewport_size(SCREEN)


def as_on_aws(route: Route) -> None:
    config = route.fetch().json()
    route.fulfill(json={**config, "console": "https://us-east-1.console.aws.amazon.com"})


def test_the_timeline_is_read_by_keyboard_and_zoomed(studio: Studio, page: Page, show: str) -> None:
    console = page.get_by_role("link", name="Step Functions console")
    expect(console).to_have_count(0)  # the sandbox has none
    page.route("**/config.json", as_on_aws, times=1)
    open_page(page, studio, f"/sessions/{show}/executions/{show}-1")
    expect(console).to_have_attribute("href", re.compile(rf"console\.aws\.amazon\.com/states/.*:{show}-1$"))
    timeline = page.get_by_role("region", name="Timeline")
    timeline.get_by_role("button", name="Plan, done").focus()
    expect(timeline.get_by_text("Plan, done")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(timeline.get_by_text("Provision, done")).to_be_visible()
    timeline.get_by_role("button", name="Zoom to it").click()
    expect(timeline.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "false")
    expect(timeline.get_by_role("button", name="Outcome, done")).to_have_count(0)
    timeline.get_by_role("button", name="All").click()
    expect(timeline.get_by_role("button", name="WaitStreamLive")).to_be_visible()
