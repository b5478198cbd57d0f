"""`showrunner cost`: what is asked of the API, and what is printed."""

import json

import pytest
from fake_api import FakeApi, Run, session


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


def test_a_month_is_shown_by_owner_to_a_producer(api: FakeApi, run: Run) -> None:
    mine, stage = (
        {"dollars": 3.5, "starts": 2, "budget_dollars": None},
        {"dollars": 9, "starts": 5, "budget_dollars": 8},
    )
    answer = {"month": "2026-11", "notice": "Not a bill.", "owner": "me", "unpriced": ["idle"], "stage": stage, **mine}
    api.on("GET", "/costs", (200, answer | {"owners": [{"owner": "ben", "dollars": 5.5}]}))
    shown = run("cost", "--month", "2026-11").stdout
    assert [line.split() for line in shown.splitlines()][:4] == [
        ["2026-11", "STARTS", "DOLLARS", "BUDGET"],
        ["you", "2", "3.50", "-"],
        ["the", "stage", "5", "9.00", "8"],
        ["ben", "5.50"],
    ]
    assert api.requests[0].url.query == b"month=2026-11"


def test_a_session_and_a_month_are_asked_for_apart(run: Run) -> None:
    assert run("cost", "a", "--month", "2026-11").exit_code == 2
    assert run("cost", "--minutes", "9").exit_code == 2


def test_a_budget_is_set_shown_and_raised(api: FakeApi, run: Run) -> None:
    assert run("session", "extend", "a").exit_code == 2
    api.on("POST", "/sessions/a/extend", (200, {"message": "Done.", "ends_at": None, "budget_dollars": 7}))
    assert "Done." in run("session", "extend", "a", "--dollars", "2").stdout
    assert json.loads(api.requests[0].content) == {"dollars": 2}


@pytest.mark.parametrize(
    ("budget", "shown"),
    [
        ({"dollars": 1, "stop": True}, "1 dollar a start, then it is stopped"),
        ({"dollars": 20, "stop": False}, "20 dollars a start, then it is warned"),
    ],
)
def test_a_budget_is_shown_with_its_session(api: FakeApi, run: Run, budget: dict[str, object], shown: str) -> None:
    api.on("GET", "/sessions/a", (200, session("a", budget=budget)))
    assert shown in " ".join(run("session", "show", "a").stdout.split())
