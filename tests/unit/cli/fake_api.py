"""An API that is a table of answers, for the command line to talk to."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from typer.testing import Result

Run = Callable[..., Result]


@dataclass
class FakeApi:
    """`on` sets the answers of a route: (status, body) each, in turn, the last one again and again.

    `cookies` come with every answer.
    """

    answers: dict[tuple[str, str], list[tuple[int, Any]]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    def on(self, method: str, path: str, *answers: tuple[int, Any]) -> None:
        self.answers[method, path] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.tokens.append(request.headers.get("authorization", ""))
        waiting = self.answers[request.method, request.url.path.removeprefix("/api")]
        status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(body, BaseException):
            raise body
        headers = [("Set-Cookie", each) for each in self.cookies]
        return httpx.Response(status, headers=headers, text=body if isinstance(body, str) else json.dumps(body))

    def bodies(self) -> list[Any]:
        return [json.loads(request.content or b"null") for request in self.requests]


def session(session_id: str, state: str = "created", **more: Any) -> dict[str, Any]:
    """A session as the API shows one."""
    return {
        "id": session_id,
        "owner": "me",
        "title": "Friday",
        "profile": "360p30",
        "sources": [{"name": "host", "type": "RTMP_PUSH"}],
        "fallback": {"source": "slate", "seconds": 10},
        "output": {"channel_arn": None},
        "record": "auto",
        "limits": {"ready_seconds": 7200, "input_seconds": 1800, "live_seconds": 28800, "idle_seconds": 1800},
        "state": state,
        "reason": None,
        "attempt": 0,
        "version": 1,
        "created_at": "2026-01-01T12:00:00.000Z",
        "updated_at": "2026-01-01T12:00:00.000Z",
        "message": "",
        "playback_url": None,
        "recording": None,
        **more,
    }


def timeline(*states: str, attempt: int = 1) -> tuple[int, Any]:
    """The answer of a timeline with these states, a second apart, and something that is no state between."""
    entries: list[Any] = [
        {"at": "2026-01-01T12:00:00.000Z", "kind": "cost", "text": "About nothing", "attempt": attempt}
    ]
    for second, state in enumerate(states):
        at = f"2026-01-01T12:00:{second:02}.000Z"
        entries.append({"at": at, "kind": "state", "text": f"Now {state}", "attempt": attempt, "state": state})
    return 200, {"timeline": entries}
