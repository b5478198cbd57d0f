"""The API under the studio's address, as the page asks it: through CloudFront."""

from collections.abc import Iterator

import httpx
import pytest

from tests.studio import Studio


@pytest.fixture
def page(studio: Studio) -> Iterator[httpx.Client]:
    base = f"{studio.sandbox.env['SHOWRUNNER_STUDIO_URL']}api"
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {studio.token}"}, timeout=30) as client:
        yield client


def test_a_poll_of_what_has_not_changed_has_no_body(studio: Studio, page: httpx.Client) -> None:
    shown = page.get(f"/sessions/{studio.create()}?after=")
    again = page.get(shown.request.url, headers={"If-None-Match": shown.headers["etag"]})
    assert (shown.status_code, again.status_code, again.content) == (200, 304, b"")


def test_every_kind_of_request_comes_through_and_errors_are_the_api_s_own(studio: Studio, page: httpx.Client) -> None:
    show = studio.create()
    made = {"Idempotency-Key": show}
    assert page.post("/sessions", json={"id": f"{show}-2"}, headers=made).status_code == 201
    assert page.post("/sessions", json={"id": f"{show}-2"}, headers=made).headers["idempotency-replayed"] == "true"
    assert page.put(f"/sessions/{show}/audio", json={"gain_db": -3}).json()["gain_db"] == -3
    assert [each["id"] for each in page.get("/sessions?limit=1").json()["sessions"]] == [f"{show}-2"]
    assert page.delete(f"/sessions/{show}-2").status_code == 202
    none = page.get(f"/sessions/{show}-3")
    assert (none.status_code, none.json()["error"]) == (404, "SessionNotFound")
    assert page.get("/sessions", headers={"Authorization": "Bearer x"}).json()["error"] == "Unauthorized"
    assert page.get("/none").json()["error"] == "RouteNotFound"
