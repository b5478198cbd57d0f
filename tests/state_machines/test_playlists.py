"""A recording's playlist by the CDN: with the cookies that the API sets, for its owner, and not without."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Error, sync_playwright

from showrunner.cut import segments
from tests.browser import chromium
from tests.state_machines.test_record_button import record, settled, store
from tests.studio import PAGE, Studio


@pytest.fixture(scope="module")
def recording(studio: Studio) -> Iterator[dict[str, Any]]:
    """Published, of a show that goes on."""
    show = studio.create(privacy="keep")
    studio.press(show, "start")
    studio.until(show, "live")
    store(studio, show, 30)
    made = record(studio, show, "start", since=9)["recording"]
    record(studio, show, "stop")
    published = settled(studio, made["id"])
    assert published["state"] == "published", published["reason"]
    yield published
    studio.press(show, "stop")
    studio.until(show, "ended")


def code(answer: httpx.Response) -> str:
    """Of a CDN's refusal."""
    assert answer.status_code == 403
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def files(recording: dict[str, Any], text: str) -> list[httpx.URL]:
    return [httpx.URL(recording["playlist"]).join(each.uri) for each in segments(text)]


def test_its_owner_reads_the_playlist_and_its_segments(studio: Studio, recording: dict[str, Any]) -> None:
    cookie = {"Cookie": studio.cookies(recording["id"])}
    text = studio.playlist(recording)
    stored = files(recording, text)
    assert len(stored) >= 4
    for url in stored:
        answer = httpx.get(url, headers=cookie)
        assert answer.status_code == 200
        assert answer.content[:1] == b"G"  # a transport stream's packet
        assert answer.headers["x-content-type-options"] == "nosniff"
    ends = datetime.fromisoformat(
        studio.call("GET", f"/recordings/{recording['id']}").json()["playlist_cookies"]["expires_at"]
    )
    assert 3000 < (ends - datetime.now(UTC)).total_seconds() <= 3600


def test_nobody_reads_it_without_cookies(studio: Studio, recording: dict[str, Any]) -> None:
    for url in (recording["playlist"], *files(recording, studio.playlist(recording))):
        assert code(httpx.get(url)) == "MissingKey"
        forged = studio.cookies(recording["id"]).replace("CloudFront-Signature=", "CloudFront-Signature=AAAA")
        assert code(httpx.get(url, headers={"Cookie": forged})) == "AccessDenied"


def test_the_cookies_open_no_other_show(studio: Studio, recording: dict[str, Any]) -> None:
    cookie = {"Cookie": studio.cookies(recording["id"])}
    bucket = studio.outputs["RecordingsBucket"]
    ours, number = recording["session_id"], recording["attempt"]
    root = recording["playlist"].partition(f"/{ours}/{number}/")[0]
    for key in (f"{ours}/{number + 1}/index.m3u8", f"{ours}x/1/index.m3u8", "another/1/index.m3u8", "index.m3u8"):
        studio.aws["s3"].put_object(Bucket=bucket, Key=key, Body=b"another's")
        assert code(httpx.get(f"{root}/{key}", headers=cookie)) == "AccessDenied"


def test_another_owner_gets_neither_address_nor_cookies(studio: Studio, recording: dict[str, Any]) -> None:
    ben = studio.another(f"{recording['id']}@example.com".lower())
    for url in (f"/recordings/{recording['id']}", recording["playlist_cookies"]["url"]):
        answer = ben.call("GET", url)
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers


def test_a_file_can_be_looked_at_and_not_changed(studio: Studio, recording: dict[str, Any]) -> None:
    cookie = {"Cookie": studio.cookies(recording["id"])}
    assert httpx.head(recording["playlist"], headers=cookie).status_code == 200
    for method in ("PUT", "DELETE", "POST"):
        assert httpx.request(method, recording["playlist"], headers=cookie).status_code == 403
    assert httpx.get(f"{recording['playlist']}x", headers=cookie).status_code == 403  # no such file: nothing is listed


def test_the_key_that_signs_stands_nowhere_else(studio: Studio, recording: dict[str, Any]) -> None:
    stored = studio.aws["ssm"].get_parameter(Name="/showrunner/sandbox/cdn-key", WithDecryption=True)["Parameter"]
    assert stored["Type"] == "SecureString"
    secrets = stored["Value"].splitlines()[1:3]
    answer = studio.call("GET", f"/recordings/{recording['id']}")
    stack = studio.aws["cloudformation"]
    places = {
        "answer": answer.text + str(answer.headers),
        "table": str(studio.rows(recording["session_id"])),
        "template": str(stack.get_template(StackName="showrunner-sandbox")["TemplateBody"]),
        "parameters": str(stack.describe_stacks(StackName="showrunner-sandbox")["Stacks"]),
    }
    logs = studio.aws["logs"]
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        places[group["logGroupName"]] = str([event["message"] for event in events])
    assert [place for place, text in places.items() for secret in secrets if secret in text] == []


READ = """async ({url, token, credentials}) => {
  const answer = await fetch(url, {credentials, headers: token ? {Authorization: `Bearer ${token}`} : {}});
  return await answer.text();
}"""


def test_a_page_of_another_site_reads_it_with_the_cookies_that_its_browser_keeps(
    studio: Studio, recording: dict[str, Any]
) -> None:
    with sync_playwright() as playwright:
        # A page that no server has sent counts as one of the internet, which may not ask this machine without a person.
        arguments = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            page = browser.new_page()
            page.route(f"{PAGE}/", lambda route: route.fulfill(body="<h1>Studio</h1>", content_type="text/html"))
            page.goto(f"{PAGE}/")

            def read(url: str, token: str | None = None, credentials: str = "include") -> str:
                text: str = page.evaluate(READ, {"url": url, "token": token, "credentials": credentials})
                return text

            with pytest.raises(Error, match="Failed to fetch"):  # a refusal has no headers that let a page read it
                read(recording["playlist"])
            assert recording["playlist"] in read(recording["playlist_cookies"]["url"], studio.token)
            text = read(recording["playlist"])
            assert text == studio.playlist(recording)
            assert all(read(str(url)).startswith("G") for url in files(recording, text))
            with pytest.raises(Error, match="Failed to fetch"):
                read(recording["playlist"], credentials="omit")
        finally:
            browser.close()


ASK = """async ({url, token}) => {
  const answer = await fetch(url, {headers: token ? {Authorization: `Bearer ${token}`} : {}});
  return await answer.text();
}"""
SEND = """async ({url, fields}) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob(["a picture"]));
  return (await fetch(url, {method: "POST", body: form})).status;
}"""
REFUSED = """async ({url}) => {
  const violated = new Promise((resolve) => document.addEventListener("securitypolicyviolation", resolve));
  await fetch(url).catch(() => undefined);
  return (await violated).effectiveDirective;
}"""
INLINE = """async () => {
  const violated = new Promise((resolve) => document.addEventListener("securitypolicyviolation", resolve));
  document.body.append(Object.assign(document.createElement("script"), {textContent: "document.title = 'run'"}));
  return (await violated).effectiveDirective;
}"""
WORK = """() => new Promise((resolve, reject) => {
  const worker = new Worker(URL.createObjectURL(new Blob(["postMessage('works')"])));
  worker.onmessage = (message) => resolve(message.data);
  worker.onerror = reject;
})"""


def test_the_studio_s_page_needs_no_cors_and_may_ask_no_others(studio: Studio, recording: dict[str, Any]) -> None:
    home = studio.sandbox.env["SHOWRUNNER_STUDIO_URL"]
    page_of_ours = {"Bucket": studio.outputs["StudioBucket"], "Key": "probe.html", "ContentType": "text/html"}
    studio.aws["s3"].put_object(**page_of_ours, Body=b"<h1>Studio</h1>")
    upload = studio.call("POST", "/media", {"kind": "image", "title": "A picture"}).json()["upload"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            page = browser.new_page()
            page.goto(f"{home}probe.html")
            assert recording["playlist"].startswith(home)
            answered = page.evaluate(ASK, {"url": recording["playlist_cookies"]["url"], "token": studio.token})
            assert recording["playlist"] in answered
            text = page.evaluate(ASK, {"url": recording["playlist"]})
            assert all(page.evaluate(ASK, {"url": str(url)}).startswith("G") for url in files(recording, text))
            assert page.evaluate(SEND, {"url": upload["url"], "fields": upload["fields"]}) == 204
            assert page.evaluate(WORK) == "works"
            assert page.evaluate(REFUSED, {"url": "http://127.0.0.1:9/"}) == "connect-src"
            assert page.evaluate(INLINE) == "script-src-elem"
        finally:
            browser.close()
