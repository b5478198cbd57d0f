"""`showrunner record ...`: what is asked of the API, and what is printed."""

import json
from typing import Any

from fake_api import FakeApi, Run


def recording(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a-1-{number}",
        "session_id": "a",
        "attempt": 1,
        "name": "recording",
        "state": "published",
        "start": "2026-01-01T12:00:00.000Z",
        "end": "2026-01-01T12:01:00.000Z",
        "reason": None,
        "seconds": 60.0,
        "gaps": 0,
        "playlist": "s3://bucket/a/1/recordings/1/index.m3u8",
        "film": {"size": 37_500_000, "seconds": 60.0},
        "film_failure": None,
        **more,
    }


def test_start_and_stop_say_what_the_api_says(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/recording/start", (202, {"message": "Recording 'a-1-1' runs.", "recording": {}}))
    api.on("POST", "/sessions/a/recording/stop", (202, {"message": "Recording 'a-1-1' is being published."}))
    assert run("record", "start", "a").stdout == "Recording 'a-1-1' runs.\n"
    assert run("record", "start", "a", "--name", "talk", "--since", "30", "--json").exit_code == 0
    assert run("record", "stop", "a", "--name", "talk").stdout == "Recording 'a-1-1' is being published.\n"
    assert api.bodies() == [{}, {"name": "talk", "since": 30}, {"name": "talk"}]


def test_the_list_shows_each_with_its_length_or_its_reason(api: FakeApi, run: Run) -> None:
    failed = recording(2, state="failed", seconds=None, start=None, film=None, reason="Nothing was stored.")
    api.on("GET", "/sessions/a/recordings", (200, {"recordings": [recording(1), failed]}))
    shown = run("record", "list", "a").stdout
    assert "a-1-1" in shown
    assert "60.0" in shown
    assert "37.5" in shown
    assert "first picture" in shown
    assert "Nothing was" in shown
    assert len(json.loads(run("record", "list", "a", "--json").stdout)["recordings"]) == 2


def test_an_empty_list_says_what_to_do(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/recordings", (200, {"recordings": []}))
    assert "showrunner record start a" in run("record", "list", "a").stdout


def test_a_refusal_is_one_line(api: FakeApi, run: Run) -> None:
    refusal = {"error": "Conflict", "message": "Session 'a' is ended. Start it first, then record.", "details": {}}
    api.on("POST", "/sessions/a/recording/start", (409, refusal))
    result = run("record", "start", "a")
    assert result.exit_code == 1
    assert "Start it first, then record." in result.stderr


def test_take_says_what_the_api_says(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/source", (202, {"message": "'callers' was asked for.", "taking": "callers"}))
    assert run("take", "a", "callers").stdout == "'callers' was asked for.\n"
    assert api.bodies() == [{"source": "callers"}]


def test_take_without_a_source_and_panic(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/source", (202, {"message": "'host' was asked for.", "taking": "host"}))
    api.on("POST", "/sessions/a/panic", (202, {"message": "The slate was asked for.", "taking": "slate"}))
    assert run("take", "a").stdout == "'host' was asked for.\n"
    assert run("panic", "a").stdout == "The slate was asked for.\n"
    assert api.bodies() == [{}, None]
