"""A producer at the studio's page: a browser, signed in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from infra.studio import SOURCE, is_built
from sandbox.server import Sandbox
from tests.browser import chromium

SCREEN, PHONE = ViewportSize(width=1280, height=720), ViewportSize(width=390, height=844)
LONG = 30_000  # ms, of a machine that is busy
AXE = SOURCE / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def browser_page(viewport: ViewportSize = SCREEN) -> Iterator[Page]:
    """A page of a new browser. What its scripts raise fails the test that leaves it."""
    assert is_built(), "`make studio` builds the page; the sandbox serves what was built before it started"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_context(viewport=viewport, permissions=["clipboard-read", "clipboard-write"]).new_page()
        page.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        try:
            yield page
            assert broken == []
        finally:
            browser.close()


def sign_in(page: Page, sandbox: Sandbox, path: str = "", user: str = "", password: str = "") -> None:
    """As the sandbox's own user, if not told otherwise; at the page's `path`, which it comes back to."""
    page.goto(sandbox.env["SHOWRUNNER_STUDIO_URL"] + path)
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=username]").fill(user or sandbox.env["SHOWRUNNER_USER"])
    page.locator("input[name=password]").fill(password or sandbox.env["SHOWRUNNER_PASSWORD"])
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def flaws(page: Page) -> list[str]:
    """What axe-core finds."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run()")
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


# Texts that stick out of what hides the rest of them, or of the button or panel that they stand in.
CUT = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const text = texts.currentNode, own = text.parentElement;
    if (!text.data.trim() || !own.checkVisibility() || own.closest("option, .visually-hidden")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const {left, right, top, bottom, width} = range.getBoundingClientRect();
    if (!width) continue;
    for (let each = own; each !== document.body; each = each.parentElement) {
      const {overflowX, overflowY} = getComputedStyle(each), box = each.getBoundingClientRect();
      if ([overflowX, overflowY].some((way) => way === "auto" || way === "scroll")) break;  // the rest is a scroll away
      const holds = overflowX !== "visible" || each.matches("button, .badge, .panel, dialog");
      const isOut = left < box.left - 1 || right > box.right + 1 || top < box.top - 2 || bottom > box.bottom + 2;
      if (holds && isOut) { found.push(`cut off: ${text.data.trim()}`); break; }
    }
  }
  return found;
}"""


def misfits(page: Page) -> list[str]:
    """What is to be scrolled sideways, and what is cut off."""
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return [*(["the page is wider than the window"] if wide else []), *page.evaluate(CUT)]


def screenshots(page: Page, name: str, height: int = SCREEN["height"]) -> None:
    """In both themes and two sizes, into `$SCREENSHOTS`, where that is set: `make screenshots` sets it."""
    if folder := os.environ.get("SCREENSHOTS"):
        screen = ViewportSize(width=SCREEN["width"], height=height)
        for scheme, size in (("light", screen), ("dark", screen), ("light", PHONE), ("dark", PHONE)):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size(size)
            page.evaluate("() => scrollTo(0, 0)")  # what stays in sight is where it belongs
            end = "-phone" if size == PHONE else ""
            page.screenshot(path=Path(folder) / f"{name}-{scheme}{end}.png", full_page=True)
        page.set_viewport_size(SCREEN)
