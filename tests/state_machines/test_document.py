"""The whole document against the API as it runs: no answer of 5xx, and none that the document does not say.

Schemathesis makes the requests, those that fit and those that do not, the same ones each time. Most that are about a
session are about one that exists: one that was never started, or one that is live.
"""

from collections.abc import Iterator

import msgspec
import pytest

from tests.document import DOCUMENT, check
from tests.studio import Studio, eventually

ENDS_IT = ("delete_session", "stop_streaming")
Known = dict[str, list[str]]


@pytest.fixture(scope="module")
def producer(studio: Studio) -> Iterator[Studio]:
    """One who leaves nothing to the tests that come after."""
    someone = studio.another("document@example.com")
    yield someone
    while sessions := someone.call("GET", "/sessions?limit=100").json()["sessions"]:
        for each in sessions:
            someone.call("DELETE", f"/sessions/{each['id']}")
        for each in sessions:
            eventually(lambda id=each["id"]: not someone.channels(id) and not someone.outputs_of(id), 60, "its end")


@pytest.fixture(scope="module")
def live(producer: Studio) -> Known:
    """What can be asked about, by the names of the paths' parameters."""
    session_id = producer.create(sources=[{"name": "host"}, {"name": "tracklist", "type": "MP4_FILE"}])
    producer.call("POST", f"/sessions/{session_id}/streaming/start", {"hold": True})
    producer.until(session_id, "live")
    recording = producer.call("POST", f"/sessions/{session_id}/recording/start").json()["recording"]["id"]
    media = producer.call("POST", "/media", {"kind": "image"}).json()["media"]["id"]
    return {
        "session_id": [session_id],
        "recording_id": [recording],
        "media_id": [media],
        "name": ["host", f"{session_id}-1"],
    }


def test_every_answer_is_one_of_the_document(producer: Studio, live: Known) -> None:
    from tests.state_machines import generated  # Schemathesis takes seconds to load, and many processes collect tests

    seen: dict[str, set[int]] = {}
    for name, attempt in generated.operations():
        fresh = producer.create()
        sessions = [fresh] if name in ENDS_IT else [fresh, *live["session_id"]]
        seen[name] = attempt(producer, {**live, "session_id": sessions})
    refused = {name: statuses for name, statuses in seen.items() if min(statuses) >= 300}
    assert len(refused) < len(seen) / 2, f"too few requests got through to tell anything: {refused}"


def test_without_a_token_every_answer_is_a_401_of_the_document(studio: Studio) -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if "security" not in operation:
                answer = studio.api.request(method, path.replace("{", "").replace("}", ""))
                assert answer.status_code == 401, path
                check(method, path, 401, answer.json())


def test_what_is_no_route_is_a_404_of_the_document(studio: Studio) -> None:
    for method, path in (("GET", "/nowhere"), ("PATCH", "/sessions"), ("GET", "/sessions/x/panic")):
        answer = studio.call(method, path)
        assert (answer.status_code, answer.json()["error"]) == (404, "RouteNotFound"), path
        check("GET", "/sessions/{session_id}", 404, answer.json())


def test_the_document_is_open_to_all_and_the_one_that_is_committed(studio: Studio) -> None:
    answer = studio.api.get("/openapi.json")
    assert (answer.status_code, answer.json()) == (200, msgspec.to_builtins(DOCUMENT))
