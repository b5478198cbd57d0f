"""The studio's page in a browser: who is signed in, and what becomes of it in the middle of a show."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.producer import PHONE, browser_page, fits, sign_in
from tests.studio import Studio

EXPIRED = "Your sign-in has expired"


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page(PHONE) as page:
        yield page


def test_a_sign_in_that_ends_in_the_middle_of_a_show_is_renewed_in_a_window_of_its_own(
    studio: Studio, page: Page
) -> None:
    show = studio.create(title="Friday night")
    sign_in(page, studio.sandbox, f"sessions/{show}")
    title = page.get_by_role("heading", name="Friday night")
    expect(title).to_be_visible()  # it has come back to where it was
    assert fits(page)

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
