"""The studio's page in a browser: who is signed in, and what becomes of it in the middle of a show."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from infra.studio import is_built
from tests.browser import chromium
from tests.studio import Studio

LONG = 30_000  # ms, of a machine that is busy
EXPIRED = "Your sign-in has expired"


@pytest.fixture
def page() -> Iterator[Page]:
    assert is_built(), "`make studio` builds the page; the sandbox serves what was built before it started"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        page.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        try:
            yield page
        finally:
            browser.close()


def test_a_sign_in_that_ends_in_the_middle_of_a_show_is_renewed_in_a_window_of_its_own(
    studio: Studio, page: Page
) -> None:
    show = studio.create(title="Friday night")
    page.goto(f"{studio.sandbox.env['SHOWRUNNER_STUDIO_URL']}sessions/{show}")
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=username]").fill(studio.sandbox.env["SHOWRUNNER_USER"])
    page.locator("input[name=password]").fill(studio.sandbox.env["SHOWRUNNER_PASSWORD"])
    page.locator("input[name=password]").press("Enter")
    title = page.get_by_role("heading", name="Friday night")
    expect(title).to_be_visible()  # it has come back to where it was
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390

    page.route("**/api/**", lambda route: route.fulfill(status=401, json={"message": "The incoming token has expired"}))
    page.route("**/oauth2/token", lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}))
    expect(page.get_by_text(EXPIRED).first).to_be_visible()
    expect(title).to_be_visible()
    page.unroute_all()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in again").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Sign in as").click()
    expect(page.get_by_text(EXPIRED)).to_have_count(0)
    page.get_by_role("button", name="Prepare").dblclick()
    expect(page.get_by_test_id("state")).to_have_text("ready")
    assert studio.session(show)["attempt"] == 1
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    studio.press(show, "stop")
    studio.until(show, "ended")
