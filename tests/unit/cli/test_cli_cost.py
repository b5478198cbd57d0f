"""`showrunner cost`: what is asked of the API, and what is printed."""

from fake_api import FakeApi, Run


def test_what_a_show_costs_is_shown_as_an_estimate(api: FakeApi, run: Run) -> None:
    planned = {"show_minutes": 90, "dollars": 3.34, "billed_minutes": 90, "lines": [], "unpriced": []}
    attempt = {"attempt": 1, "final": False, "dollars": 0.4, "billed_minutes": 10, "lines": [], "unpriced": ["idle"]}
    answer = {"session_id": "a", "notice": "Not a bill.", "planned": planned, "attempts": [attempt], "dollars": 0.4}
    api.on("GET", "/sessions/a/cost", (200, answer))
    shown = run("cost", "a", "--minutes", "90").stdout
    assert [line.split() for line in shown.splitlines()] == [
        ["BILLED", "DOLLARS"],
        ["a", "show", "of", "90", "min", "90", "min", "3.34"],
        ["attempt", "1,", "so", "far", "10", "min", "0.40"],
        ["Not", "a", "bill."],
        ["Without", "a", "known", "price,", "and", "in", "no", "sum:", "idle."],
    ]
    assert api.requests[0].url.query == b"minutes=90"
