"""`showrunner media ...`, and what `take` and `session create` say of tracks."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_api import FakeApi, Run, session

UPLOAD = {"url": "https://bucket.example/", "fields": {"key": "uploads/me/m-1", "policy": "p"}}


def media(state: str, **more: Any) -> dict[str, Any]:
    about = {"id": "m-1", "kind": "track", "title": "Opening", "state": state, "message": "", "gain_db": None}
    return about | {"width": 640, "height": 360, "seconds": 61.0, **more}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was posted to S3, which takes it."""
    posts: list[Any] = []

    def post(url: str, *, data: Any, files: Any, timeout: float) -> httpx.Response:
        posts.append((url, data, files["file"].read()))
        return httpx.Response(204)

    monkeypatch.setattr("showrunner.cli.client.httpx.post", post)
    monkeypatch.setattr("showrunner.cli.media.LOOK_SECONDS", 0)
    return posts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "opening.mp4"
    path.write_bytes(b"a film")
    return path


def test_a_file_is_sent_and_waited_for(api: FakeApi, run: Run, sent: list[Any], file: Path) -> None:
    api.on("POST", "/media", (201, {"media": media("waiting"), "upload": UPLOAD}))
    api.on("GET", "/media/m-1", (200, media("checking")), (200, media("ready", gain_db=-3.6)))
    result = run("media", "add", str(file))
    assert result.exit_code == 0, result.stderr
    assert api.bodies()[0] == {"kind": "track", "title": "opening"}
    assert sent == [(UPLOAD["url"], UPLOAD["fields"], b"a film")]
    assert "'m-1' is ready: 640x360, 1:01, its sound changed by -3.6 dB." in result.stdout


@pytest.mark.parametrize("state", ["refused", "failed"])
def test_a_file_that_is_not_taken_ends_with_the_reason(
    api: FakeApi, run: Run, sent: list[Any], file: Path, state: str
) -> None:
    api.on("POST", "/media", (201, {"media": media("waiting"), "upload": UPLOAD}))
    api.on("GET", "/media/m-1", (200, media(state, message="The file must be an MP4.")))
    result = run("media", "add", str(file))
    assert result.exit_code == 1
    assert f"'m-1' is {state}: The file must be an MP4." in result.stderr


def test_list_and_delete(api: FakeApi, run: Run) -> None:
    files = [media("ready"), media("refused", message="No sound.")]
    api.on("GET", "/media", (200, {"media": files[:1], "next": "m-1"}), (200, {"media": files[1:], "next": "m-0"}))
    listed = run("media", "list", "--limit", "2").stdout
    assert "There are more than 2." in listed
    assert "m-1" in listed
    assert "Opening" in listed
    assert "No sound." in listed
    api.on("GET", "/media", (200, {"media": [], "next": None}))
    assert "showrunner media add FILE" in run("media", "list").stdout
    api.on("DELETE", "/media/m-1", (200, {"message": "'m-1' is deleted."}))
    assert run("media", "delete", "m-1").stdout == "'m-1' is deleted.\n"


def test_a_session_with_a_tracklist_and_a_slate(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions", (201, {"message": "", "session": session("a")}))
    assert run("session", "create", "a", "--tracklist", "--slate", "m-2").exit_code == 0
    files = {"name": "tracklist", "type": "MP4_FILE"}
    assert api.bodies() == [{"id": "a", "slate": "m-2", "sources": [{"name": "host"}, files]}]


def test_take_a_track_later(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/source", (202, {"message": "Asked."}))
    run("take", "a", "tracklist", "--item", "m-1", "--after", "current")
    run("take", "a", "host", "--at", "2026-01-09T20:00Z")
    assert api.bodies() == [
        {"source": "tracklist", "item": "m-1", "after": "current"},
        {"source": "host", "at": "2026-01-09T20:00Z"},
    ]
