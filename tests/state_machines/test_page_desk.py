"""The studio's page in a browser, without video: the list, the keys, the cost, and an API that is away for a while."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from sandbox.users import create_user
from tests.producer import PHONE, SCREEN, browser_page, flaws, misfits, screenshots, sign_in
from tests.studio import Studio, eventually

COUNT_TONES = """
  window.tones = 0;
  const {start} = AudioScheduledSourceNode.prototype;
  AudioScheduledSourceNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GROUNDS = {"light": "rgb(244, 245, 247)", "dark": "rgb(20, 22, 26)"}


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def lose_the_answer(route: Route) -> None:
    """Of a call that had its effect."""
    route.fetch()
    route.abort()


def lose_the_first(deletions: list[Route], route: Route) -> None:
    """Its answer: what is asked for again is done already."""
    deletions += [route] if route.request.method == "DELETE" else []
    if deletions == [route]:
        lose_the_answer(route)
    else:
        route.continue_()


def break_on_the_way(route: Route) -> None:
    """Likewise, and the gateway says so."""
    route.fetch()
    something_broke(route)


def something_broke(route: Route) -> None:
    error = {"error": "InternalError", "message": "Something broke on our side. Try again.", "details": {}}
    route.fulfill(status=502, headers={"x-amzn-requestid": "r-1"}, json=error)


def never_answer(route: Route) -> None:
    assert route.request.method == "POST"


def an_empty_page(route: Route) -> None:
    route.fulfill(json={"sessions": [], "next": None})


@contextmanager
def api_restarts(studio: Studio) -> Iterator[None]:
    """Its processes end, and until the block does no other begins: API Gateway answers for it."""
    functions = studio.sandbox.session().client("lambda", endpoint_url=studio.sandbox.url)
    (api,) = [each for each in functions.list_functions()["Functions"] if "APIHandler" in each["FunctionName"]]
    name, group = api["FunctionName"], f"/aws/lambda/{api['FunctionName']}"
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    before = log_streams(studio, group)
    functions.update_function_configuration(FunctionName=name, Timeout=api["Timeout"])
    try:
        yield
    finally:
        functions.delete_function_concurrency(FunctionName=name)
    assert studio.call("GET", "/health").status_code == 200
    eventually(lambda: log_streams(studio, group) - before, what="the log of a new process")


def log_streams(studio: Studio, group: str) -> set[str]:
    pages = studio.aws["logs"].get_paginator("describe_log_streams").paginate(logGroupName=group)
    return {each["logStreamName"] for page in pages for each in page["logStreams"]}


def fill_in_more(page: Page, form: Locator) -> None:
    """What is wrong is said where it is; what is right is asked for."""
    form.get_by_label("Sources that publish").fill("Anna, ben")
    form.get_by_role("button", name="More").click()
    form.get_by_label("in hours").fill("25")
    form.get_by_label("Seconds without a picture").fill("30")
    form.get_by_role("button", name="Create").click()
    sources, hours = form.get_by_label("Sources that publish"), form.get_by_label("in hours")
    expect(sources).to_have_accessible_description(re.compile("'Anna' is no name"))
    expect(hours).to_have_accessible_description(re.compile("24 at most"))
    screenshots(page, "studio-new")
    assert misfits(page) == []
    assert flaws(page) == []
    sources.fill("anna, ben")
    hours.fill("2")
    form.get_by_label("stops sending").select_option("ben")
    form.get_by_label("It may cost").fill("10")
    form.get_by_label("end it then").check()
    refusal = {"error": "InvalidRequest", "message": "It is not allowed.", "details": {"field": "sources[0].name"}}
    page.route("**/api/sessions", lambda route: route.fulfill(status=400, json=refusal), times=1)
    with page.expect_request("**/api/sessions") as asked:
        form.get_by_role("button", name="Create").click()
    expect(sources).to_have_accessible_description(re.compile("It is not allowed"))
    wish: Any = asked.value.post_data_json
    assert wish["fallback"] == {"source": "ben", "seconds": 30}
    assert wish["budget"] == {"dollars": 10, "stop": True}
    assert wish["limits"] == {"live_seconds": 7200, "idle_seconds": 1800}


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
        if title == "Friday night":
            fill_in_more(page, form)
        else:
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
    expect(page.locator(".session-list li")).to_have_text([re.compile("Sunday morning")])
    page.get_by_label("Find").fill("monday")
    expect(page.get_by_text("No session that is shown")).to_be_visible()
    page.get_by_label("Find").fill("")
    page.get_by_role("link", name="Sunday morning").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("tooltip")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    page.locator("time").last.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()

    screenshots(page, "studio-list")
    for scheme in SCHEMES:
        page.get_by_label("Colours").select_option(scheme)
        expect(page.locator("body")).to_have_css("background-color", GROUNDS[scheme])
        for size in (SCREEN, PHONE):
            page.set_viewport_size(size)
            assert misfits(page) == []
            assert flaws(page) == [], scheme
    page.reload()
    expect(page.get_by_label("Colours")).to_have_value("dark")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert flaws(page) == []
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    page.get_by_label("Colours").select_option("System colours")
    page.get_by_role("link", name="Friday night").click()
    page.get_by_role("button", name="Delete this session").click()
    question = page.get_by_role("dialog", name="Delete “Friday night”?")
    expect(question).to_contain_text("Your tracks and images stay")
    screenshots(page, "studio-delete")
    assert flaws(page) == []
    deletions: list[Route] = []
    page.route("**/api/sessions/*", lambda route: lose_the_first(deletions, route))
    question.get_by_role("button", name="Delete").click()
    expect(page.locator(".session-list li")).to_have_text([re.compile("Sunday morning")])
    assert len(deletions) == 2
    page.go_back()
    expect(page.get_by_text("There is no session")).to_be_visible()


def extend_and_lose_the_answer(studio: Studio, page: Page, show: str) -> None:
    """While the page can't look whether it was done. Pressed again, it is still the same 30 minutes."""
    more = page.get_by_role("button", name="30 minutes more")
    ended_at = datetime.fromisoformat(studio.session(show)["ends_at"])
    page.route("**/extend", break_on_the_way)
    more.click()
    expect(page.get_by_text("It is not known whether it was done: look, and press again")).to_be_visible()
    page.unroute("**/extend")
    page.route("**/extend", lambda route: route.continue_())
    with page.expect_response("**/extend") as answered:
        more.click()
    assert answered.value.ok
    assert datetime.fromisoformat(studio.session(show)["ends_at"]) - ended_at == timedelta(minutes=30)


def test_a_show_is_run_by_keys_and_the_truth_comes_back_when_the_api_does(studio: Studio, page: Page) -> None:
    show = studio.create(title="By keys", sources=[{"name": "host", "type": "RTMP_PUSH"}])
    page.route("**/recordings", something_broke, times=1)
    page.route("**/cost", lambda route: route.fulfill(json={}), times=1)
    sign_in(page, studio.sandbox, f"sessions/{show}")
    expect(page.get_by_text("Something broke on our side. Try again. (request r-1)").first).to_be_visible()
    page.get_by_role("button", name="Begin it again").click()
    expect(page.get_by_test_id("cost")).to_contain_text("$0.00 so far")
    page.get_by_role("button", name="Go live, on hold").dblclick()
    state = page.get_by_test_id("state")
    expect(state).not_to_have_text("created")
    studio.until(show, "live", seconds=120)
    expect(state).to_have_text("live, on hold")
    assert studio.session(show)["attempt"] == 1
    expect(page.get_by_test_id("cost")).to_have_text(re.compile(r"\$0\.\d\d so far, \$\d+\.\d\d an hour now"))
    page.get_by_text("What it is made of").click()
    expect(page.get_by_role("row", name="medialive input")).to_have_text(re.compile(r"\$\d+\.\d\d20\d\d-\d\d-\d\d$"))
    expect(page.get_by_role("row", name="ivs input BASIC")).to_have_text(re.compile(r"of no known date$"))

    on_air = page.locator('.take[data-state="on-air"] .take-name')
    page.keyboard.press("1")
    expect(on_air).to_have_text("host")
    expect(state).to_have_text("live")
    page.reload()
    expect(on_air).to_have_text("host")
    page.get_by_label("Seconds to include").focus()
    page.keyboard.press("p")  # who types presses no button
    page.get_by_role("heading", name="By keys").click()
    page.keyboard.press("?")
    page.keyboard.press("p")  # and none is pressed under a sheet
    page.get_by_label("Keys press buttons").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("r")
    page.get_by_role("button", name="Keys", exact=True).click()
    page.get_by_label("Keys press buttons").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("r")
    expect(page.locator(".running li")).to_have_count(1)
    assert studio.session(show)["on_air"] == "host"
    expect(page.get_by_role("button", name="Delete this session")).to_be_disabled()
    expect(page.get_by_text("This session runs. Stop it")).to_be_visible()
    page.get_by_role("button", name="Show the addresses").click()
    page.get_by_text("What to enter in OBS").click()
    expect(page.get_by_text("1500 Kbps")).to_be_visible()
    screenshots(page, "studio-obs")
    assert flaws(page) == []
    page.route("**/api/sessions?limit=50", an_empty_page)
    page.get_by_role("link", name="Showrunner").click()
    expect(page.locator(".session-list li").first).to_contain_text("By keyslive")  # it runs, on whatever page it is
    page.go_back()

    page.route("**/api/**", lambda route: route.abort())
    expect(page.get_by_text(re.compile(r"What you see is \d+ s old"))).to_be_visible()
    extend_and_lose_the_answer(studio, page, show)
    studio.call("POST", f"/sessions/{show}/panic")
    with api_restarts(studio):
        page.unroute_all()
        expect(page.get_by_text(re.compile(r"What you see is \d+ s old: Something broke"))).to_be_visible()
        expect(state).to_have_text("live")
    expect(state).to_have_text("live, on hold")
    expect(page.get_by_text(re.compile("What you see is"))).to_have_count(0)

    page.route("**/extend", never_answer)
    page.get_by_role("button", name="30 minutes more").click()
    page.keyboard.press("1")
    expect(on_air).to_have_text("host")
    page.keyboard.press("p")
    expect(on_air).to_have_text("slate")
    page.get_by_role("button", name="Stop: hold down").click(delay=1500)
    studio.until(show, "ended", seconds=120)
    expect(state).to_have_text("ended")
    page.context.set_offline(True)
    page.get_by_role("link", name="Executions").click()
    expect(page.get_by_text("This view could not be loaded")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name=f"Executions of {show}")).to_be_visible()
    expect(page.locator(".execution-list table").first).to_have_css("border-collapse", "collapse")
    page.go_back()
    expect(state).to_have_text("ended")
    page.set_viewport_size(PHONE)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert misfits(page) == []
        assert flaws(page) == [], scheme


def reload_and_see(page: Page, studio: Studio, show: str) -> str:
    """What the page says of the show's state is what the API says, unless that changes meanwhile; the state."""
    page.reload()
    words = {"live": "live, on hold"}

    def look() -> str | None:
        state: str = studio.session(show)["state"]
        is_told = page.get_by_test_id("state").text_content() == words.get(state, state)
        return state if is_told and studio.session(show)["state"] == state else None

    return eventually(look, what="the truth in the page")


def slowly(studio: Studio, operation: str) -> None:
    studio.control("faults", kind="latency", service="medialive", operation=operation, seconds=2)


def reveal_a_key(page: Page, key: str) -> None:
    """It is nowhere in the page before it is asked for, also when it is copied."""
    page.get_by_role("button", name="Show the addresses").click()
    copy = page.get_by_role("button", name="Copy Stream key").first
    copy.click()
    expect(copy).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert key not in page.content()
    page.get_by_role("button", name="Reveal").first.click()
    expect(page.get_by_text(key)).to_be_visible()
    page.get_by_role("button", name="Hide", exact=True).first.click()
    assert key not in page.content()


def show_an_image(page: Page, logo: bytes) -> None:
    page.get_by_role("button", name="Add images").click()
    page.get_by_label("Send images").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": logo})
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".shown li")).to_contain_text("on layer 0")


def test_a_reload_in_any_state_tells_it_and_every_panel_is_at_hand_on_a_phone(
    studio: Studio, page: Page, logo: bytes
) -> None:
    pushed = [{"name": name, "type": "RTMP_PUSH"} for name in ("host", "callers")]
    tracks = {"name": "tracklist", "type": "MP4_FILE"}
    show = studio.create(title="On a phone", sources=[*pushed, tracks], limits={"live_seconds": 600})
    page.add_init_script(COUNT_TONES)
    sign_in(page, studio.sandbox, f"sessions/{show}")
    page.get_by_label("A sound with each new warning").check()
    slowly(studio, "CreateChannel")
    page.get_by_role("button", name="Prepare").click()
    assert reload_and_see(page, studio, show) in ("preparing", "ready")
    studio.until(show, "ready")
    assert reload_and_see(page, studio, show) == "ready"
    never = studio.control("faults", kind="never_start")["fault"]
    page.get_by_role("button", name="Go live, on hold").click()
    expect(page.get_by_test_id("state")).to_have_text("starting")
    assert reload_and_see(page, studio, show) == "starting"
    assert page.evaluate("window.tones") == 0
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{never['id']}").raise_for_status()
    warning = page.get_by_text("It ends by itself at")
    expect(warning).to_be_visible()
    page.wait_for_function("window.tones === 2")
    assert reload_and_see(page, studio, show) == "live"

    reveal_a_key(page, studio.call("GET", f"/sessions/{show}/ingest").json()["sources"][0]["stream_key"])
    cue = page.get_by_role("button", name="Cue callers")
    cue.click()
    expect(cue).to_have_attribute("aria-pressed", "true")
    expect(cue).to_be_focused()
    assert studio.session(show)["cued"]["source"] == "callers"
    page.get_by_role("button", name="Mute host").click()
    expect(page.get_by_text("mute it where it is sent from")).to_be_visible()
    show_an_image(page, logo)
    page.get_by_role("button", name="Add tracks").click()
    page.get_by_role("button", name="callers, later").click()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(PHONE)
        assert misfits(page) == []
        assert flaws(page) == [], scheme
    page.get_by_role("heading", name="Delete").scroll_into_view_if_needed()
    expect(warning).to_be_in_viewport()
    expect(page.get_by_role("button", name="Panic")).to_be_in_viewport()

    slowly(studio, "StopChannel")
    page.get_by_role("button", name="Stop: hold down").focus()
    page.keyboard.down("Enter")
    expect(page.get_by_test_id("state")).to_have_text(re.compile("stopping|ended"))
    page.keyboard.up("Enter")
    assert reload_and_see(page, studio, show) in ("stopping", "ended")
    studio.until(show, "ended")
    assert reload_and_see(page, studio, show) == "ended"
