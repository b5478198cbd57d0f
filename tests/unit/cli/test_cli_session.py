"""`showrunner session ...`, `ingest`, `timeline`: what is asked of the API, what is printed, how it ends."""

import json
from typing import Any

import pytest
from fake_api import FakeApi, Run, session, timeline

ACCEPTED = (202, {"message": "The start of session 'a' has begun.", "state": "preparing", "attempt": 1})


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_create_sends_only_what_was_given(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions", (201, {"message": "Session 'a' is created.", "session": session("a")}))
    result = run("session", "create", "a", "--profile", "360p30", "--source", "host", "--live-seconds", "60")
    assert result.exit_code == 0
    assert api.bodies() == [
        {"id": "a", "profile": "360p30", "sources": [{"name": "host"}], "limits": {"live_seconds": 60}}
    ]
    assert result.stdout.splitlines() == ["Session 'a' is created.", "Start it: showrunner session start a"]


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (["--fallback", "callers", "--fallback-seconds", "5"], {"source": "callers", "seconds": 5}),
        (["--fallback-seconds", "5"], {"seconds": 5}),
        (["--no-fallback"], "off"),
    ],
)
def test_a_fallback_is_set_at_create_and_shown(api: FakeApi, run: Run, options: list[str], sent: Any) -> None:
    api.on("POST", "/sessions", (201, {"message": "", "session": session("a")}))
    assert run("session", "create", "a", *options).exit_code == 0
    assert api.bodies() == [{"id": "a", "fallback": sent}]
    shown = sent if sent == "off" else {"source": "slate", "seconds": 10, **sent}
    api.on("GET", "/sessions/a", (200, session("a", fallback=shown)))
    said = f"{shown['source']} after {shown['seconds']} s without a picture" if shown != "off" else "off"
    assert said in run("session", "show", "a").stdout


def test_a_fallback_that_is_off_has_no_source(api: FakeApi, run: Run) -> None:
    result = run("session", "create", "a", "--no-fallback", "--fallback", "slate")
    assert (result.exit_code, api.requests) == (2, [])


def test_create_without_anything_leaves_all_to_the_api(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions", (201, {"message": "", "session": session("s-1")}))
    result = run("session", "create", "--json")
    assert api.bodies() == [{}]
    assert json.loads(result.stdout)["id"] == "s-1"


def test_list_follows_the_pages_up_to_the_limit(api: FakeApi, run: Run) -> None:
    first = (200, {"sessions": [session(f"a{n}") for n in range(100)], "next": "more"})
    second = (200, {"sessions": [session("b")], "next": None})
    api.on("GET", "/sessions", first, second)
    result = run("session", "list", "--limit", "120", "--json")
    assert [request.url.params.get("cursor") for request in api.requests] == [None, "more"]
    assert [request.url.params["limit"] for request in api.requests] == ["100", "20"]
    assert len(json.loads(result.stdout)["sessions"]) == 101


def test_a_list_fits_80_columns_and_cuts_no_id(api: FakeApi, run: Run) -> None:
    long = session("x" * 40, "waiting_for_input", title="A title [red]that goes on[/] " * 5)
    api.on("GET", "/sessions", (200, {"sessions": [long], "next": "more"}))
    result = run("session", "list", "--limit", "1")
    assert "x" * 40 in result.stdout
    assert "waiting_for_input" in result.stdout
    assert "A title" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "more than 1" in result.stdout


def test_an_empty_list_says_what_to_do(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions", (200, {"sessions": [], "next": None}))
    assert "showrunner session create" in run("session", "list").stdout


def test_show(api: FakeApi, run: Run) -> None:
    live = session("a", "live", attempt=2, playback_url="https://x.example/a.m3u8", live_at="2026-01-01T12:00:00.000Z")
    api.on("GET", "/sessions/a", (200, live))
    result = run("session", "show", "a")
    for part in ("live", "Friday", "360p30", "host", "https://x.example/a.m3u8", "showrunner session stop a"):
        assert part in result.stdout
    assert json.loads(run("session", "show", "a", "--json").stdout) == live


def test_a_show_is_extended(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/extend", (200, {"message": "It ends later.", "ends_at": "2026-01-01T12:00:00.000Z"}))
    result = run("session", "extend", "a", "3600")
    assert (result.exit_code, result.stdout, api.bodies()) == (0, "It ends later.\n", [{"seconds": 3600}])
    assert run("session", "extend", "a", "5").exit_code == 2


def test_start_prints_what_the_api_said(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/start", ACCEPTED)
    result = run("session", "start", "a")
    assert (result.exit_code, result.stdout) == (0, "The start of session 'a' has begun.\n")
    assert json.loads(run("session", "start", "a", "--json").stdout) == ACCEPTED[1]
    assert api.tokens[0] == "Bearer a-token"


def test_start_wait_shows_each_state_once_until_live(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/start", ACCEPTED)
    way = ["preparing", "starting", "waiting_for_input", "live"]
    api.on("GET", "/sessions/a/timeline", *[timeline(*way[:n]) for n in (1, 1, 3, 4)])
    result = run("session", "start", "a", "--wait")
    assert result.exit_code == 0
    shown = result.stdout.splitlines()
    assert len(shown) == 5
    assert [state in line for state, line in zip(way, shown[1:], strict=True)] == [True] * 4


def test_start_wait_json_is_one_line_a_state_and_nothing_else(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/start", ACCEPTED)
    api.on("GET", "/sessions/a/timeline", timeline("preparing"), timeline("preparing", "starting", "live"))
    result = run("session", "start", "a", "--wait", "--json")
    assert [line["state"] for line in lines(result.stdout)] == ["preparing", "starting", "live"]
    assert lines(result.stdout)[0] == {
        "session_id": "a",
        "attempt": 1,
        "state": "preparing",
        "at": "2026-01-01T12:00:00.000Z",
        "text": "Now preparing",
    }
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("end", "message"),
    [("failed", "Session 'a' failed: Now failed"), ("ended", "Session 'a' has ended before it was live.")],
)
def test_start_wait_ends_with_1_if_it_never_gets_live(api: FakeApi, run: Run, end: str, message: str) -> None:
    api.on("POST", "/sessions/a/streaming/start", ACCEPTED)
    api.on("GET", "/sessions/a/timeline", timeline("preparing", "stopping", end))
    result = run("session", "start", "a", "--wait")
    assert (result.exit_code, result.stderr) == (1, f"showrunner: {message}\n")


def test_wait_looks_at_its_own_attempt_only(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/start", (202, {**ACCEPTED[1], "attempt": 2}))
    before, now = timeline("preparing", "stopping", "failed")[1], timeline("preparing", "live", attempt=2)[1]
    api.on("GET", "/sessions/a/timeline", (200, {"timeline": before["timeline"] + now["timeline"]}))
    result = run("session", "start", "a", "--wait", "--json")
    assert result.exit_code == 0
    assert [line["state"] for line in lines(result.stdout)] == ["preparing", "live"]


def test_stop_wait_until_it_has_ended(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/stop", (202, {"message": "Being stopped.", "attempt": 1}))
    way = ("preparing", "live", "stopping")
    api.on("GET", "/sessions/a/timeline", timeline(*way), timeline(*way, "ended"))
    result = run("session", "stop", "a", "--wait")
    assert result.exit_code == 0
    assert "ended" in result.stdout.splitlines()[-1]


def test_stop_wait_of_a_session_that_was_never_started(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/stop", (200, {"message": "Session 'a' was never started."}))
    api.on("GET", "/sessions/a/timeline", (200, {"timeline": []}))
    assert run("session", "stop", "a", "--wait").exit_code == 0


def test_prepare_wait_until_ready(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/prepare", ACCEPTED)
    api.on("GET", "/sessions/a/timeline", timeline("preparing", "ready"))
    assert run("session", "prepare", "a", "--wait").exit_code == 0


def test_watch_until_the_session_fails(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/timeline", timeline("preparing"), timeline("preparing", "stopping", "failed"))
    result = run("session", "watch", "a", "--json")
    assert result.exit_code == 1
    assert [line["state"] for line in lines(result.stdout)] == ["preparing", "stopping", "failed"]


def test_ctrl_c_ends_with_130(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/timeline", (0, KeyboardInterrupt()))
    assert run("session", "watch", "a").exit_code == 130


def test_delete(api: FakeApi, run: Run) -> None:
    api.on("DELETE", "/sessions/a", (202, {"message": "The session is deleted; recordings stay.", "sessionId": "a"}))
    assert "recordings stay" in run("session", "delete", "a").stdout


SOURCES = {"sources": [{"source": "host", "url": "rtmp://h/app/KEY", "server": "rtmp://h/app", "stream_key": "KEY"}]}


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_ingest_keeps_the_key_unless_asked(api: FakeApi, run: Run, more: tuple[str, ...]) -> None:
    api.on("GET", "/sessions/a/ingest", (200, SOURCES))
    hidden, revealed = run("ingest", "a", *more), run("ingest", "a", "--reveal", *more)
    assert "rtmp://h/app" in hidden.stdout
    assert "KEY" not in hidden.output
    assert "rtmp://h/app/KEY" in revealed.stdout


def test_timeline(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/timeline", timeline("preparing", "live"))
    result = run("timeline", "a")
    assert result.exit_code == 0
    assert [word in result.stdout for word in ("preparing", "live", "About nothing")] == [True] * 3
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert json.loads(run("timeline", "a", "--json").stdout) == timeline("preparing", "live")[1]


def test_start_says_whether_to_hold(api: FakeApi, run: Run) -> None:
    api.on("POST", "/sessions/a/streaming/start", ACCEPTED)
    assert run("session", "start", "a", "--hold").exit_code == 0
    assert run("session", "start", "a").exit_code == 0
    assert api.bodies() == [{"hold": True}, None]
