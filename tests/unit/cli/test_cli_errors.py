"""How commands end that cannot do what was asked: one sentence on stderr, the exit code, never a traceback."""

import httpx
import pytest
from fake_api import FakeApi, Run, session, timeline

NOT_FOUND = {"error": "SessionNotFound", "message": "There is no session 'a'.", "details": {}}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, NOT_FOUND, "There is no session 'a'."),
        (409, {"error": "Conflict", "message": "Not now.", "details": {}}, "Not now."),
        (401, {"message": "Unauthorized"}, "$(showrunner token)"),
        (500, {"error": "InternalError", "message": "Something broke on our side. Try again."}, "Try again."),
        (403, {"message": "Missing Authentication Token"}, "Check SHOWRUNNER_API_URL."),
        (200, "<html>", "is not Showrunner's API"),
        (503, "busy", "is not Showrunner's API"),
    ],
)
def test_the_api_says_no(api: FakeApi, run: Run, status: int, body: object, said: str) -> None:
    api.on("GET", "/sessions/a", (status, body))
    result = run("session", "show", "a", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [(httpx.ConnectError("refused"), "Nothing answers at"), (httpx.ReadTimeout("slow"), "does not answer in time")],
)
def test_the_network_is_down(api: FakeApi, run: Run, error: Exception, said: str) -> None:
    api.on("GET", "/sessions/a", (0, error))
    result = run("session", "show", "a")
    assert (result.exit_code, len(api.requests)) == (1, 3)
    assert said in result.stderr


def test_a_stumble_is_tried_again_under_the_same_key(api: FakeApi, run: Run) -> None:
    done = (201, {"message": "Session 'a' is created.", "session": session("a")})
    api.on("POST", "/sessions", (0, httpx.ReadError("cut")), (503, "busy"), done)
    assert run("session", "create", "a").exit_code == 0
    keys = {request.headers["idempotency-key"] for request in api.requests}
    assert (len(api.requests), len(keys)) == (3, 1)


def test_watching_survives_a_stumble(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/timeline", timeline("preparing"), (502, "oops"), timeline("preparing", "ended"))
    assert run("session", "watch", "a").exit_code == 0


@pytest.mark.parametrize("bad", ["a b", "x" * 41, "ä", "a/../b", ""])
def test_an_impossible_id_is_not_sent(api: FakeApi, run: Run, bad: str) -> None:
    for command in (["session", "show"], ["session", "create"], ["ingest"]):
        result = run(*command, bad)
        assert result.exit_code == 2
        assert "1 to 40 letters" in result.stderr
    assert api.requests == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SHOWRUNNER_API_URL": None}, "SHOWRUNNER_API_URL is not set"),
        ({"SHOWRUNNER_API_URL": "no address"}, "SHOWRUNNER_API_URL is not an address"),
        ({"SHOWRUNNER_TOKEN": None}, "There is no token"),
    ],
)
def test_a_setting_is_missing(api: FakeApi, run: Run, environment: dict[str, str | None], said: str) -> None:
    result = run("session", "list", **environment)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "arguments", [("session", "nonsense"), ("session", "show"), ("session", "list", "--limit", "0")]
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error:" in result.stderr
