"""`showrunner tracks ...`: what is asked of the API, and what is printed."""

from typing import Any

from fake_api import FakeApi, Run


def tracklist(**more: Any) -> tuple[int, Any]:
    tracks = [
        {"position": 0, "id": "m-1", "title": "Opening", "seconds": 61.0, "state": "ready", "level": "being_made"},
        {"position": 1, "id": "m-2", "title": None, "seconds": None, "state": "missing", "level": None},
    ]
    rest: dict[str, Any] = {"on_air": None, "ends_at": None, "position": None, "next": None}
    return 200, {"tracks": tracks, "fallback": "slate", **rest, "locked": [], "follows": [], **more}


def test_set_and_show(api: FakeApi, run: Run) -> None:
    api.on("PUT", "/sessions/a/tracklist", tracklist())
    playing: dict[str, Any] = {"on_air": "m-1", "ends_at": "2026-01-09T20:00:00Z", "position": 0, "next": "m-2"}
    playing |= {"locked": ["m-2"], "follows": ["m-2", "m-3", "slate"], "message": "It counts from then on."}
    api.on("GET", "/sessions/a/tracklist", tracklist(**playing))
    result = run("tracks", "set", "a", "m-1", "m-2", "--fallback", "host")
    assert result.exit_code == 0
    assert api.bodies() == [{"items": ["m-1", "m-2"], "fallback": "host"}]
    assert "missing" in result.stdout
    assert "its level is being made" in result.stdout
    shown = run("tracks", "show", "a").stdout
    assert "on air" in shown
    assert "On air: m-1, until 2026-01-09T20:00:00Z; then m-2 (locked), m-3, slate" in " ".join(shown.split())
    assert "It counts from then on." in shown


def test_play_next_and_stop(api: FakeApi, run: Run) -> None:
    for name in ("play", "next", "stop"):
        api.on("POST", f"/sessions/a/tracklist/{name}", (202, {"message": f"{name} was asked for."}))
    assert run("tracks", "play", "a", "--from", "3").stdout == "play was asked for.\n"
    assert run("tracks", "next", "a").stdout == "next was asked for.\n"
    assert run("tracks", "stop", "a").stdout == "stop was asked for.\n"
    assert api.bodies() == [{"position": 2}, None, None]
