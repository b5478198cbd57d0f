"""The studio's page in a browser: who is signed in, and what becomes of it in the middle of a show."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.producer import PHONE, browser_page, flaws, misfits, sign_in
from tests.studio import Studio

EXPIRED = "Your sign-in has expired"


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page(PHONE) as page:
        yield page


def refuse(route: Route) -> None:
    """As the hosted UI does it: it leads back, with the error in the address."""
    asked = parse_qs(urlsplit(route.request.url).query)
    said = {"error": "access_denied", "error_description": "You are not invited.", "state": asked["state"][0]}
    route.fulfill(status=302, headers={"Location": f"{asked['redirect_uri'][0]}?{urlencode(said)}"})


def expired(route: Route) -> None:
    route.fulfill(status=401, json={"message": "The incoming token has expired"})


def test_a_sign_in_that_ends_in_the_middle_of_a_show_is_renewed_in_a_window_of_its_own(
    studio: Studio, page: Page
) -> None:
    show = studio.create(title="Friday night")
    studio.call("POST", f"/sessions/{show}/streaming/start", {"hold": True})
    page.route("**/oauth2/authorize?*", refuse, times=1)
    page.goto(f"{studio.sandbox.env['SHOWRUNNER_STUDIO_URL']}sessions/{show}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("You were not signed in: You are not invited.")).to_be_visible()
    assert misfits(page) == []
    assert flaws(page) == []
    sign_in(page, studio.sandbox, f"sessions/{show}")
    title = page.get_by_role("heading", name="Friday night")
    expect(title).to_be_visible()  # it has come back to where it was
    assert misfits(page) == []

    studio.until(show, "live", seconds=120)
    page.locator("video").evaluate("preview => preview.dataset.is = 'the same'")
    for _ in range(2):  # what renews it is kept
        with page.expect_response("**/oauth2/token") as renewed:
            page.route("**/api/**", expired, times=1)
        assert renewed.value.ok
    expect(page.get_by_text(EXPIRED)).to_have_count(0)

    page.route("**/api/**", expired)
    page.route("**/oauth2/token", lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}))
    expect(page.get_by_text(EXPIRED).first).to_be_visible()
    expect(title).to_be_visible()
    assert misfits(page) == []
    assert flaws(page) == []
    with page.expect_response(lambda answer: "/api/" in answer.url and answer.status < 400):
        page.unroute("**/api/**")
    page.unroute("**/oauth2/token")  # not before: a 401 that is on its way would have it renewed
    page.evaluate("() => { window.opens = window.open; window.open = () => null; }")  # as who blocks pop-ups does
    page.get_by_role("button", name="Sign in again").click()
    expect(page.get_by_text(re.compile("Allow this page pop-ups"))).to_be_visible()
    page.evaluate("() => { window.open = window.opens; }")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in again").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Sign in as").click()
    expect(page.get_by_text(EXPIRED)).to_have_count(0)
    page.get_by_role("button", name="30 minutes more").click()
    expect(page.get_by_text("Extended by 1800 s")).to_be_visible()
    expect(page.locator("video")).to_have_attribute("data-is", "the same")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    studio.press(show, "stop")
    studio.until(show, "ended")
