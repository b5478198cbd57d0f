"""The studio's page in a browser, without video: the list, the keys, the cost, and an API that is away for a while."""

import re
import uuid
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, Route, expect

from sandbox.users import create_user
from tests.producer import PHONE, SCREEN, browser_page, fits, flaws, screenshots, sign_in
from tests.studio import Studio

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def lose_the_answer(route: Route) -> None:
    """Of a call that had its effect."""
    route.fetch()
    route.abort()


def never_answer(route: Route) -> None:
    assert route.request.method == "POST"


def test_a_new_producer_is_told_what_to_do_and_finds_what_was_made(studio: Studio, page: Page) -> None:
    password = f"Aa1-{uuid.uuid4().hex}"
    pool, client = studio.outputs["UserPoolId"], studio.outputs["UserPoolClientId"]
    create_user(studio.aws["cognito-idp"], pool, client, "newcomer@example.com", password)
    sign_in(page, studio.sandbox, user="newcomer@example.com", password=password)
    expect(page.get_by_text("You have no sessions yet")).to_be_visible()
    for title in ("Friday night", "Sunday morning"):
        page.get_by_role("button", name="New session").click()
        form = page.get_by_role("form", name="New session")
        form.get_by_label("Title").fill(title)
        assert flaws(page) == []
        if title == "Sunday morning":
            page.route("**/api/sessions", lose_the_answer)
            form.get_by_role("button", name="Create").click()
            expect(form.get_by_text("The API does not answer")).to_be_visible()
            page.unroute("**/api/sessions")
        form.get_by_role("button", name="Create").dblclick()
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        expect(page.get_by_test_id("state")).to_have_text("created")
        page.get_by_role("link", name="Showrunner").click()
    expect(page.locator(".session-list li")).to_have_count(2)
    page.get_by_label("Find").fill("sunday")
    expect(page.locator(".session-list li")).to_have_text(re.compile("Sunday morning"))
    page.get_by_label("Find").fill("monday")
    expect(page.get_by_text("No session that is shown")).to_be_visible()
    page.get_by_label("Find").fill("")

    screenshots(page, "studio-list")
    for scheme in SCHEMES:
        page.get_by_label("Colours").select_option(scheme)
        for size in (SCREEN, PHONE):
            page.set_viewport_size(size)
            assert fits(page)
            assert flaws(page) == [], scheme
    page.reload()
    expect(page.get_by_label("Colours")).to_have_value("dark")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert flaws(page) == []
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_show_is_run_by_keys_and_the_truth_comes_back_when_the_api_does(studio: Studio, page: Page) -> None:
    show = studio.create(title="By keys", sources=[{"name": "host", "type": "RTMP_PUSH"}])
    sign_in(page, studio.sandbox, f"sessions/{show}")
    expect(page.get_by_test_id("cost")).to_contain_text("$0.00 so far")
    page.get_by_role("button", name="Go live, on hold").dblclick()
    state = page.get_by_test_id("state")
    expect(state).to_have_text("live, on hold")
    assert studio.session(show)["attempt"] == 1
    expect(page.get_by_test_id("cost")).to_have_text(re.compile(r"\$0\.\d\d so far, \$\d+\.\d\d an hour now"))

    on_air = page.locator('.take[data-state="on-air"] .take-name')
    page.keyboard.press("1")
    expect(on_air).to_have_text("host")
    expect(state).to_have_text("live")
    page.reload()
    expect(on_air).to_have_text("host")
    page.get_by_label("Seconds to include").focus()
    page.keyboard.press("p")  # who types presses no button
    page.get_by_role("heading", name="By keys").click()
    page.keyboard.press("r")
    expect(page.locator(".running li")).to_have_count(1)
    assert studio.session(show)["on_air"] == "host"
    page.route("**/extend", never_answer)
    page.get_by_role("button", name="30 minutes more").click()
    page.keyboard.press("p")
    expect(on_air).to_have_text("slate")

    page.route("**/api/**", lambda route: route.abort())
    expect(page.get_by_text(re.compile(r"What you see is \d+ s old"))).to_be_visible()
    studio.press(show, "stop")
    studio.until(show, "ended")
    expect(state).to_have_text("live, on hold")
    page.unroute_all()
    expect(state).to_have_text("ended")
    expect(page.get_by_text(re.compile("What you see is"))).to_have_count(0)
    page.set_viewport_size(PHONE)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert fits(page)
        assert flaws(page) == [], scheme
