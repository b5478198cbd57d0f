"""The picture of a session on its way."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from fake_api import timeline
from rich.console import Console

from showrunner.cli.output import ago, duration
from showrunner.cli.progress import picture, seconds, steps_of

AT = datetime(2026, 1, 1, 12, 1, 5, tzinfo=UTC)


def drawn(*states: str, width: int = 80) -> str:
    out = StringIO()
    Console(file=out, width=width).print(picture(steps_of("a", timeline(*states)[1]["timeline"]), AT))
    return out.getvalue()


def test_states_with_the_time_spent_in_each_and_what_to_do_next() -> None:
    text = drawn("preparing", "starting", "waiting_for_input")
    rows = text.splitlines()
    assert [row.split()[:2] for row in rows[:3]] == [
        ["✔", "preparing"],
        ["✔", "starting"],
        ["●", "waiting_for_input"],
    ]
    assert "1.0 s" in rows[0]
    assert "1:03" in rows[2]
    assert "showrunner ingest a --reveal" in text
    assert max(map(len, rows)) <= 80


@pytest.mark.parametrize(("state", "mark"), [("ended", "✔"), ("failed", "✗")])
def test_a_session_that_rests_spends_no_time(state: str, mark: str) -> None:
    last = next(row for row in drawn("preparing", state).splitlines() if state in row)
    assert last.split()[0] == mark
    assert seconds(steps_of("a", timeline("preparing", state)[1]["timeline"]), AT) == [1.0, 0.0]


def test_nothing_to_draw_yet() -> None:
    assert drawn().strip() == ""


@pytest.mark.parametrize(("given", "text"), [(4.25, "4.2 s"), (65, "1:05"), (3725, "1:02:05")])
def test_durations(given: float, text: str) -> None:
    assert duration(given) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-01-01T12:01:00.000Z", "5 s"),
        ("2026-01-01T11:00:00.000Z", "1 h"),
        ("2025-12-30T12:01:05.000Z", "2 d"),
        ("2026-01-01T13:00:00.000Z", "0 s"),
    ],
)
def test_ages(moment: str, text: str) -> None:
    assert ago(moment, AT) == text
