"""The studio's page: `python -m benchmarks.page`; the sandbox without video, Chromium, functions warm.

First view: from the address to the button that can be pressed, beside a file of the same server opened by the same
browser; and its bytes, compressed. Truth: from the moment at which MediaLive had the source on air to the frame in
which the page says so, for switches that somebody else asked for (goal: p95 2.5 s). A page that is open for an hour:
what it asks for while a show goes on as it is, and what that costs by list prices of us-east-1 (goal: 1 cent).
"""

import gzip
import time
from datetime import datetime

import numpy as np
from playwright.sync_api import Browser, Page, Response, sync_playwright

from infra.studio import build, is_built
from sandbox.server import Sandbox
from tests.browser import chromium
from tests.producer import sign_in
from tests.studio import Studio

VIEWS = 7
SWITCHES = 20
SETTLED = 10.0  # seconds after a cut, in which the page asks for more
WATCHED = 20.0  # seconds
SOURCES = ("host", "callers")

# Dollars. An unchanged answer is one BatchGetItem of two items, read consistently: tests/unit/test_session_state.py.
REQUEST = 3.50e-6  # API Gateway, REST
INVOCATION, MILLISECOND = 0.20e-6, 1.66667e-5 / 1000 / 4  # Lambda, 256 MB
READ_UNIT = 0.125e-6  # DynamoDB, on demand
READ_UNITS = 2

SAID = """(sources) => {
  window.said = {};
  const look = () => {
    for (const name of sources) {
      const lit = [...document.querySelectorAll('.take[data-state="on-air"] .take-name')];
      if (!lit.some((each) => each.textContent === name)) delete window.said[name];
      else window.said[name] ??= Date.now();
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def first_views(browser: Browser, address: str) -> None:
    bare, whole, sizes = [], [], 0

    def weigh(response: Response) -> None:
        nonlocal sizes
        sizes += len(gzip.compress(response.body()))

    for number in range(VIEWS):
        page = browser.new_context().new_page()
        began = time.perf_counter()
        page.goto(f"{address}config.json")
        bare.append(time.perf_counter() - began)
        page.context.close()
        page = browser.new_context().new_page()
        if number == 0:
            page.on("response", weigh)
        began = time.perf_counter()
        page.goto(address)
        page.get_by_role("button", name="Sign in").wait_for()
        whole.append(time.perf_counter() - began)
        page.wait_for_load_state("networkidle")
        page.context.close()
    ratio = np.median(whole) / np.median(bare)
    print(f"first view: {np.median(whole) * 1000:.0f} ms, {ratio:.1f} times a file's; {sizes / 1000:.0f} kB compressed")


def truth(page: Page, studio: Studio, show: str) -> None:
    """`on_air_at` is MediaLive's word by the session; both clocks are this machine's."""
    page.evaluate(SAID, list(SOURCES))
    late = []
    for number in range(SWITCHES):
        source = SOURCES[number % 2]
        studio.call("POST", f"/sessions/{show}/source", {"source": source}).raise_for_status()
        said = page.wait_for_function("(name) => window.said[name]", arg=source).json_value()
        session = studio.session(show)
        assert session["on_air"] == source
        late.append(said / 1000 - datetime.fromisoformat(session["on_air_at"]).timestamp())
    p50, p95 = np.percentile(late, [50, 95])
    print(
        f"on air to seen: p50 {p50:.2f} s, p95 {p95:.2f} s, of {SWITCHES} switches by somebody else (goal: p95 2.5 s)"
    )


def hour(page: Page) -> None:
    page.wait_for_timeout(SETTLED * 1000)
    asked: list[Response] = []
    page.on("response", lambda response: asked.append(response) if "/api/" in response.url else None)
    page.wait_for_timeout(WATCHED * 1000)  # what is measured is what comes in that time
    times = 3600 / WATCHED
    milliseconds = [each.request.timing["responseStart"] - each.request.timing["requestStart"] for each in asked]
    unchanged = sum(each.status == 304 for each in asked)
    requests, spent = len(asked) * times, sum(milliseconds) * times
    dollars = requests * (REQUEST + INVOCATION + READ_UNITS * READ_UNIT) + spent * MILLISECOND
    print(
        f"an hour of a page: {requests:.0f} requests ({unchanged / len(asked):.0%} unchanged),"
        f" {requests * READ_UNITS:.0f} read units, {spent / 1000:.0f} s of Lambda at most, {dollars * 100:.2f} cents"
        " (goal: 1)"
    )


def main() -> None:
    if not is_built():
        build()
    with Sandbox(media=False, timings="brief") as sandbox, sync_playwright() as playwright:
        studio = Studio(sandbox)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        first_views(browser, sandbox.env["SHOWRUNNER_STUDIO_URL"])
        show = studio.create(sources=[{"name": name, "type": "RTMP_PUSH"} for name in SOURCES])
        studio.call("POST", f"/sessions/{show}/streaming/start", {"hold": True}).raise_for_status()
        studio.until(show, "live")
        page = browser.new_page()
        sign_in(page, sandbox, f"sessions/{show}")
        page.locator('.take[data-state="on-air"]').wait_for()
        truth(page, studio, show)
        hour(page)
        browser.close()
        studio.press(show, "stop")
        studio.until(show, "ended")


if __name__ == "__main__":
    main()
