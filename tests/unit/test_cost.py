"""What known lives cost: arithmetic on list prices."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from benchmarks.session import show
from showrunner import clock, cost
from showrunner.api import Call, Caller
from showrunner.cost import Life, cost_of
from showrunner.errors import Forbidden, SessionNotFound
from showrunner.session import Attempt, Session, Share, Source, isotime
from showrunner.store import Store
from workflows import costs
from workflows.requests import CostWish, MonthWish

BEGIN = datetime(2026, 7, 1, 20, tzinfo=UTC)
HOUR = 3600.0
CLASSES = ("SD", "HD", "Full HD")


def lines(life: Life) -> dict[str, tuple[float, float | None]]:
    return {line.item: (line.quantity, line.dollars) for line in cost_of(life).lines}


def test_an_hour_of_hd() -> None:
    """2 x 0.1404 + 2 x 0.4212 + 0.20 + 1.422 GB x 0.023 + 3,600 x 0.000005 + 37 x 0.000025 + 75 functions of 0.3 s."""
    hour = Life("720p30", 2, HOUR, HOUR, HOUR)
    assert lines(hour) == {
        "medialive input": (2.0, 0.2808),
        "medialive output HD": (2.0, 0.8424),
        "ivs input BASIC": (1.0, 0.2),
        "s3 storage": (1.422, 0.032706),
        "s3 request": (3600.0, 0.018),
        "step functions": (37.0, 0.000925),
        "lambda request": (75.0, 0.000015),
        "lambda gigabyte-second": (5.625, 0.000075),
    }
    assert (cost_of(hour).dollars, cost_of(hour).minutes, cost_of(hour).unpriced) == (1.38, 60, [])
    assert cost_of(hour).text == "About 1.38 dollars on AWS for 60 minutes (an estimate from list prices)"


def test_medialive_bills_ten_minutes_at_least_then_by_the_minute() -> None:
    assert [cost_of(Life("360p30", 2, s, s, 0)).minutes for s in (0, 1, 599, 600, 601, 660.5)] == [
        0,
        10,
        10,
        10,
        11,
        12,
    ]
    assert lines(Life("360p30", 2, 1, 1, 0))["medialive input"] == (round(2 / 6, 6), round(2 / 6 * 0.1404, 6))


def test_what_waits_is_named_and_has_no_price() -> None:
    """Prepared for two hours, never started."""
    waited = cost_of(Life("1080p30", 3, 2 * HOUR, 0, 0))
    assert waited.unpriced == ["medialive idle channel", "medialive idle push input"]
    assert [line.quantity for line in waited.lines[:2]] == [2.0, 4.0]  # without the slate
    assert [line.dollars for line in waited.lines[:2]] == [None, None]
    assert (waited.dollars, waited.minutes) == (0.01, 0)


def test_each_input_counts_and_only_what_ivs_had() -> None:
    life = lines(Life("1080p30", 4, 2 * HOUR, 2 * HOUR, HOUR, stored=False))
    assert life["medialive input"] == (8.0, 1.1232)
    assert life["ivs input STANDARD"] == (1.0, 2.0)
    assert "s3 storage" not in life


def test_without_a_recording_there_is_one_output_and_nothing_is_stored() -> None:
    session = Session(id="show", owner="ann", record="off")
    assert lines(cost.planned(session, HOUR)) == {
        "medialive input": (2.0, 0.2808),
        "medialive output HD": (1.0, 0.4212),
        "ivs input BASIC": (1.0, 0.2),
        "step functions": (37.0, 0.000925),
        "lambda request": (75.0, 0.000015),
        "lambda gigabyte-second": (5.625, 0.000075),
    }


@pytest.mark.parametrize(
    ("of_ivs", "hour"), [(None, 0.2), ("BASIC", 0.2), ("STANDARD", 2.0), ("ADVANCED_HD", None), ("NEW", None)]
)
def test_a_borrowed_channel_costs_by_its_own_type(of_ivs: str | None, hour: float | None) -> None:
    """None: begun by a release that did not write it down."""
    session = Session(id="show", owner="ann", profile="480p30")
    attempt = Attempt("show", 1, later(0), running_at=later(0), live_at=later(0), ended_at=later(60), ivs_type=of_ivs)
    item = f"ivs input {of_ivs or 'BASIC'}"
    assert lines(cost.lived(session, attempt))[item] == (1.0, hour)
    attempt.ended_at = None
    assert {each.item: each.dollars_per_hour for each in cost.rates(session, attempt)}[item] == hour
    assert cost.course(session, attempt).rate > 0


def test_a_price_has_a_source_with_its_date_or_neither(table: Store) -> None:
    for price in cost.prices().values():
        assert (price.source is None) == (price.as_of is None)
        if price.source and price.as_of:
            assert price.dollars
            assert date.fromisoformat(price.as_of) <= date.today()
            assert f" on {price.as_of}, " in price.source
    table.create_session(Session(id="show", owner="ann"))
    for line in read()["planned"]["lines"]:
        price = cost.prices()[line["item"]]
        assert (line["source"], line["as_of"], line["checked"]) == (price.source, price.as_of, price.source is not None)


def test_the_notice_tells_of_when_prices_are_and_which_have_no_date(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {item: price for item, price in cost.prices().items() if price.dollars is not None}
    dates, undated = {price.as_of for price in known.values()}, ["ivs input BASIC", "ivs input STANDARD"]
    assert dates == {None, "2026-09-06", "2026-09-11", "2026-09-18"}
    assert [item for item, price in known.items() if price.as_of is None] == undated
    begins = "An estimate from list prices of us-east-1"
    assert cost.notice().startswith(
        f"{begins} as of 2026-09-06 to 2026-09-18, not a bill. Of no known date: {', '.join(undated)}. Viewers"
    )
    changed = {item: replace(price, as_of=None) for item, price in known.items()}
    monkeypatch.setattr(cost, "prices", lambda: changed)
    assert cost.notice().startswith(f"{begins}, not a bill. Of no known date: medialive input, ")
    dated = {item: replace(price, as_of="2026-10-01") for item, price in known.items()}
    monkeypatch.setattr(cost, "prices", lambda: dated)
    assert cost.notice().startswith(f"{begins} as of 2026-10-01 to 2026-10-01, not a bill. Viewers are ")


def test_a_price_without_a_source_is_said_to_have_none() -> None:
    unchecked = {item for item, price in cost.prices().items() if price.source is None}
    advanced, viewers = {f"ivs input ADVANCED_{c}" for c in ("SD", "HD")}, {f"ivs output {c}" for c in CLASSES}
    unknown = {"medialive idle channel", "medialive idle push input"} | advanced | viewers
    assert unchecked == {"ivs input BASIC", "ivs input STANDARD", *unknown}
    assert set(cost.unpriced()) == unknown
    unmarked = {line.item for line in cost_of(Life("720p30", 2, HOUR, HOUR, HOUR)).lines if not line.checked}
    assert unmarked == {"ivs input BASIC"}


def test_viewers_are_counted_where_somebody_says_how_many() -> None:
    session = Session(id="show", owner="ann", profile="1080p30")
    assert lines(cost.planned(session, 2 * HOUR, viewers=50))["ivs output Full HD"] == (100.0, None)
    assert not any(item.startswith("ivs output") for item in lines(cost.planned(session, 2 * HOUR)))


class At:
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def time(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        raise AssertionError


def later(minutes: float) -> str:
    return isotime(BEGIN + timedelta(minutes=minutes))


def test_a_running_attempt_costs_more_each_second_until_its_end() -> None:
    session = Session(id="show", owner="ann", sources=[Source("host"), Source("callers")])
    attempt = Attempt("show", 1, created_at=later(0), running_at=later(5), live_at=later(10))
    try:
        clock.use(At(BEGIN + timedelta(minutes=40, seconds=30)))
        assert cost.lived(session, attempt) == Life("720p30", 3, 2430, 2130, 1830)
        attempt.stopped_at = later(20)
        assert cost.lived(session, attempt) == Life("720p30", 3, 2430, 900, 600)
        assert cost.lived(session, attempt, BEGIN + timedelta(minutes=15)) == Life("720p30", 3, 900, 600, 300)
        clock.use(At(BEGIN + timedelta(days=1)))
        attempt.ended_at, attempt.stopped_at = later(70), None
        assert cost.lived(session, attempt) == Life("720p30", 3, 70 * 60, 65 * 60, 60 * 60)
    finally:
        clock.use()


ANN, BEN = Caller("ann"), Caller("ben")


def read(caller: Caller = ANN, minutes: int = 60) -> Any:
    return costs.read(Call(caller, CostWish(minutes)), "show").body


def test_the_owner_sees_it_before_during_and_after(table: Store) -> None:
    table.create_session(Session(id="show", owner="ann", profile="1080p30"))
    assert (read()["planned"]["dollars"], read()["attempts"], read()["dollars"]) == (3.2, [], 0)
    assert read(minutes=1)["planned"]["billed_minutes"] == 10
    assert "not a bill" in read()["notice"]
    table.begin_attempt(table.session("show"), start=True)
    table.mark("show", 1, "running_at")
    (running,) = read()["attempts"]
    assert (running["attempt"], running["final"], running["billed_minutes"]) == (1, False, 10)
    table.advance("show", 1, "stopping", "test")
    table.close_attempt("show", 1)
    (over,) = read()["attempts"]
    assert over["final"]
    assert read()["dollars"] == over["dollars"] == 0.19
    with pytest.raises(SessionNotFound):
        read(BEN)


def test_a_month_is_its_owners_and_the_stage_is_for_producers(table: Store) -> None:
    for owner in ("ann", "ben"):
        table.create_session(Session(id=owner, owner=owner))
        table.begin_attempt(table.session(owner), start=True)
        assert table.count(table.attempt(owner, 1), owner, "2026-07", Share(cost.BILLION * len(owner), 0))

    def asked(caller: Caller, **wish: Any) -> Any:
        return costs.month(Call(caller, MonthWish(**wish))).body

    mine = asked(ANN, month="2026-07")
    assert (mine["dollars"], mine["starts"], mine["stage"], mine["owners"]) == (3.0, 1, None, None)
    assert "not a bill" in mine["notice"]
    assert "ivs output HD" in mine["unpriced"]
    assert asked(ANN)["dollars"] == 0
    with pytest.raises(Forbidden):
        asked(ANN, owner="ben")
    producer = Caller("pro", producer=True)
    assert asked(producer, month="2026-07")["stage"] == {"dollars": 6.0, "starts": 2, "budget_dollars": None}
    assert [each["owner"] for each in asked(producer, month="2026-07")["owners"]] == ["ann", "ben"]
    assert asked(producer, month="2026-07", owner="ben")["dollars"] == 3.0


def test_no_show_invokes_more_functions_than_are_priced() -> None:
    """One of an hour, recorded, with AWS's times."""
    asked, _ = show(1.0)
    assert asked["functions invoked"] <= cost.FUNCTIONS + HOUR / cost.FUNCTION_EVERY
