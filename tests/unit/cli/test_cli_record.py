"""`showrunner record ...`: what is asked of the API, and what is printed."""

import json
from pathlib import Path
from typing import Any

import pytest
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
        "gap_seconds": 0.0,
        "playlist": "https://cdn.example/a/1/recordings/1/index.m3u8",
        "film": {"size": 37_500_000, "seconds": 60.0, "width": 1280, "height": 720},
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


def test_one_is_shown_with_the_address_of_its_playlist(api: FakeApi, run: Run) -> None:
    api.on("GET", "/recordings/a-1-1", (200, recording(1, gaps=1, gap_seconds=2.5)))
    shown = run("record", "show", "a-1-1").stdout
    assert "https://cdn.example/a/1/recordings/1/index.m3u8\n" in shown
    assert "1, 2.5 s" in shown
    assert "37.5 MB, 1280x720" in shown
    assert json.loads(run("record", "show", "a-1-1", "--json").stdout)["id"] == "a-1-1"


def test_a_player_gets_the_header_that_opens_the_playlist(api: FakeApi, run: Run) -> None:
    api.on("GET", "/recordings/a-1-1", (200, recording(1)))
    api.cookies = ["CloudFront-Policy=p; Path=/a/1/; Secure", "CloudFront-Signature=s; Path=/a/1/; Secure"]
    assert run("record", "show", "a-1-1", "--cookie").stdout == "Cookie: CloudFront-Policy=p; CloudFront-Signature=s\n"
    api.cookies = []
    refused = run("record", "show", "a-1-1", "--cookie")
    assert (refused.exit_code, "has no playlist yet" in refused.stderr) == (1, True)


def test_an_empty_list_says_what_to_do(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/recordings", (200, {"recordings": []}))
    assert "showrunner record start a" in run("record", "list", "a").stdout


def test_a_refusal_is_one_line(api: FakeApi, run: Run) -> None:
    refusal = {"error": "Conflict", "message": "Session 'a' is ended. Start it first, then record.", "details": {}}
    api.on("POST", "/sessions/a/recording/start", (409, refusal))
    result = run("record", "start", "a")
    assert result.exit_code == 1
    assert "Start it first, then record." in result.stderr


def test_a_film_is_downloaded_from_its_address_without_the_token(api: FakeApi, run: Run, tmp_path: Path) -> None:
    film = {"size": 5, "seconds": 60.0, "url": "https://bucket.example/film.mp4?Signature=x"}
    api.on("GET", "/recordings/a-1-1", (200, recording(1, state="closed", film=None)), (200, recording(1, film=film)))
    api.on("GET", "/film.mp4", (200, "bytes"))
    target = tmp_path / "talk.mp4"
    result = run("record", "download", "a-1-1", "--to", str(target))
    assert result.exit_code == 0, result.output
    assert (target.read_text(), result.stdout) == ("bytes", f"{target}: 1:00, 0.0 MB\n")
    assert [path.name for path in tmp_path.iterdir()] == ["talk.mp4"]
    assert [("authorization" in request.headers) for request in api.requests] == [True, True, False]
    said = json.loads(run("record", "download", "a-1-1", "--to", str(target), "--json").stdout)
    assert said == {"recording": "a-1-1", "file": str(target), "size": 5}


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("open", {}, "is running. Stop it first"),
        ("failed", {"reason": "Nothing was stored."}, "There is no film. Nothing was stored. Try again"),
        ("published", {"film_failure": "The segment a is not stored."}, "not stored. Try again: showrunner record"),
    ],
)
def test_what_cannot_be_downloaded_says_why(
    api: FakeApi, run: Run, tmp_path: Path, state: str, more: dict[str, Any], said: str
) -> None:
    api.on("GET", "/recordings/a-1-1", (200, recording(1, state=state, film=None, **more)))
    result = run("record", "download", "a-1-1", "--to", str(tmp_path / "film.mp4"))
    assert result.exit_code == 1
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_holds_no_more_is_told(api: FakeApi, run: Run, tmp_path: Path) -> None:
    film = {"size": 5, "seconds": 60.0, "url": "https://bucket.example/film.mp4"}
    api.on("GET", "/recordings/a-1-1", (200, recording(1, film=film)))
    api.on("GET", "/film.mp4", (403, "denied"))
    result = run("record", "download", "a-1-1", "--to", str(tmp_path / "film.mp4"))
    assert result.exit_code == 1
    assert "answers 403" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_publish_and_delete_say_what_the_api_says(api: FakeApi, run: Run) -> None:
    api.on("POST", "/recordings/a-1-1/publish", (202, {"message": "Recording 'a-1-1' is being published."}))
    api.on("DELETE", "/recordings/a-1-1", (202, {"message": "Recording 'a-1-1' is deleted."}))
    assert run("record", "publish", "a-1-1").stdout == "Recording 'a-1-1' is being published.\n"
    assert run("record", "delete", "a-1-1").stdout == "Recording 'a-1-1' is deleted.\n"


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


def test_cue_says_what_the_api_says(api: FakeApi, run: Run) -> None:
    api.on("PUT", "/sessions/a/cue", (202, {"message": "MediaLive prepares 'tracklist (m-1)'.", "cued": {}}))
    assert run("cue", "a", "tracklist", "--item", "m-1").stdout == "MediaLive prepares 'tracklist (m-1)'.\n"
    assert run("cue", "a").exit_code == 0
    assert api.bodies() == [{"source": "tracklist", "item": "m-1"}, {}]
