"""The control interface by itself: live HLS, and orders that make no sense."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.control import Control
from sandbox.faults import EventOutlet


def ask(control: Control, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
    """One request to the ASGI application."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode() if body is not None else b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"method": method, "path": f"/_sandbox/{path}", "headers": [(b"content-type", b"application/json")]}
    asyncio.run(control(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


@pytest.fixture
def control(tmp_path: Path) -> Control:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "master.m3u8").write_text("#EXTM3U\n")
    (tmp_path / "live" / "1.ts").write_bytes(b"G")
    (tmp_path / "live" / "notes.txt").write_text("no")
    (tmp_path / "secret.ts").write_bytes(b"no")
    outlet = EventOutlet(VirtualClock(), lambda *_: {}, lambda _: None)
    return Control(
        outlet,
        status=dict,
        fire_rule=lambda name: name == "sweep",
        hls_dir=lambda channel: tmp_path / "live" if channel == "abc" else None,
    )


def test_a_playlist_is_never_stored_and_any_page_may_play_it(control: Control) -> None:
    status, headers, body = ask(control, "GET", "ivs/abc/master.m3u8")
    assert (status, body) == (200, b"#EXTM3U\n")
    assert headers["cache-control"] == "no-store"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-type"] == "application/vnd.apple.mpegurl"


def test_a_segment_may_be_kept(control: Control) -> None:
    status, headers, body = ask(control, "GET", "ivs/abc/1.ts")
    assert (status, body, headers["content-type"]) == (200, b"G", "video/mp2t")
    assert headers["cache-control"] == "max-age=60"


@pytest.mark.parametrize(
    "path", ["ivs/abc/2.ts", "ivs/other/1.ts", "ivs/abc/../secret.ts", "ivs/abc/..", "ivs/abc/notes.txt", "ivs/abc"]
)
def test_nothing_else_is_served(control: Control, path: str) -> None:
    assert ask(control, "GET", path)[0] == 404


def test_it_is_ready_when_all_is_up(control: Control) -> None:
    assert ask(control, "GET", "ready")[0] == 503
    control.ready = True
    assert ask(control, "GET", "ready")[0] == 200


@pytest.mark.parametrize(
    ("name", "order", "says"),
    [
        ("events", {"effect": "explode"}, "effect is one of lose, double, delay"),
        ("events", {"effect": "lose", "count": 0}, "count is a whole number from 1"),
        ("emit", {"event_id": "unknown"}, "event_id is not the id"),
        ("emit", {"source": "aws.x"}, "detail_type is missing"),
        ("publishing", {"publishing": True}, "with video, a publisher decides that"),
        ("schedule", {"rule": "none"}, "there is no enabled scheduled rule none"),
        ("events", ["list"], "the body must be a JSON object"),
    ],
)
def test_an_order_that_makes_no_sense(control: Control, name: str, order: Any, says: str) -> None:
    status, _, body = ask(control, "POST", name, order)
    assert status == 400
    assert says in json.loads(body)["error"]


def test_what_is_not_there(control: Control) -> None:
    assert ask(control, "GET", "nothing")[0] == 404
