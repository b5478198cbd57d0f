"""Wake, and what the guards do: a session that nobody looks after is warned of and ends, in virtual time."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from showrunner import bus, executions, guards
from showrunner.api import Answer, Call, Caller
from showrunner.errors import Conflict, InvalidRequest, SessionNotFound
from showrunner.session import LONGEST_START, Budget, Fallback, FallbackOrOff, Limits, Session, isotime
from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import REACTIONS, When, World
from tests.state_machines.test_fallback import warned
from tests.state_machines.test_hold_and_panic import told
from tests.studio import Studio
from workflows import extend, sessions, switching, views
from workflows.requests import Extension, Nothing, SourceWish

__all__ = ["warned"]
world, virtual_time = test_crashes.world, test_crashes.virtual_time
CLOSE = 10.0  # seconds
NO_BUDGET = Budget()


class Guarded:
    """The session 'show' in virtual time, by which it goes; `warnings` are (seconds since its start, what)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.warnings: list[tuple[float, str]] = []
        self.began = world.cloud.clock.time()

    @property
    def seconds(self) -> float:
        return self.world.cloud.clock.time() - self.began

    def warn(self, detail_type: str, detail: dict[str, Any]) -> None:
        assert detail_type == "Session Warning"
        self.warnings.append((self.seconds, detail["warning"]))

    def begin(
        self, fallback: FallbackOrOff = "off", hold: bool = False, budget: Budget = NO_BUDGET, **limits: int
    ) -> None:
        session = Session("show", "ann", profile="360p30", fallback=fallback, limits=Limits(**limits), budget=budget)
        self.world.table.create_session(session)
        assert self.world.table.begin_attempt(session, start=True, hold=hold)
        executions.start_session(self.world.table.attempt("show", 1))

    def live(
        self, fallback: FallbackOrOff = "off", hold: bool = False, budget: Budget = NO_BUDGET, **limits: int
    ) -> None:
        self.begin(fallback, hold, budget, **limits)
        assert self.world.until("live", "failed") == "live"
        self.began = self.world.cloud.clock.time()

    def ends(self, expected: float) -> float:
        """Seconds until it does, which are expected to be so many."""
        self.passes(expected - 40 - self.seconds)
        assert self.world.table.session("show").state not in ("stopping", "ended", "failed")
        self.world.until("stopping", "ended", "failed")
        seconds = self.seconds
        self.world.until("ended", "failed")
        return seconds

    def passes(self, seconds: float) -> None:
        self.world.cloud.clock.advance(seconds)

    def said(self, kind: str) -> list[str]:
        return [entry.text for entry in self.world.table.timeline("show") if entry.kind == kind]

    def extend(self, seconds: int | None = None, dollars: int | None = None, owner: str = "ann") -> Answer[Any]:
        return extend.extend(Call(Caller(owner), Extension(seconds, dollars)), "show")


@pytest.fixture
def show(world: World, virtual_time: None, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    guarded = Guarded(world)
    monkeypatch.setattr(bus, "publish", guarded.warn)
    return guarded


def soon(*seconds: float) -> Any:
    return [(pytest.approx(each, abs=CLOSE), "EndsSoon") for each in seconds]


def test_nobody_publishing_is_warned_of_and_ends_on_the_minute(show: Guarded) -> None:
    show.world.cloud.plane.publish(False)
    show.begin(input_seconds=1815)  # between two looks, which come every 60 s
    assert show.ends(1815) == pytest.approx(1815, abs=CLOSE)
    assert show.world.table.session("show").reason == "Nobody published to 'host' within 1815 s."
    assert show.warnings == soon(1215, 1755)
    assert all("unless somebody publishes to 'host'" in text for text in show.said("no-input"))
    assert len(show.said("no-input")) == 2
    assert show.world.left() == (0, 0, 0)


def test_the_longest_show_is_warned_of_and_ends_on_the_minute(show: Guarded) -> None:
    show.live(live_seconds=3700)
    assert show.ends(3700) == pytest.approx(3700, abs=CLOSE)
    assert show.warnings == soon(3100, 3640)
    assert show.world.table.session("show").state == "ended"
    assert show.said("limit") == ["Ended after 3700 s on air"]


def test_a_show_that_is_extended_ends_later_and_is_warned_of_again(show: Guarded) -> None:
    show.live(live_seconds=3600)
    show.passes(3300)
    attempt = show.world.table.attempt("show", 1)
    answer = show.extend(1800)
    expected = datetime.fromisoformat(str(attempt.live_at)) + timedelta(seconds=5400)
    assert answer.body["ends_at"] == isotime(expected)
    assert views.view(*show.world.table.standing("show")).ends_at == isotime(expected)
    assert show.ends(5400) == pytest.approx(5400, abs=CLOSE)
    assert show.warnings == soon(3000, 4800, 5340)
    (entry,) = [entry for entry in show.world.table.timeline("show") if entry.kind == "extended"]
    assert (entry.text, entry.by) == ("Extended by 1800 s", "ann")


def test_a_wait_for_the_first_input_can_be_extended_too(show: Guarded) -> None:
    show.world.cloud.plane.publish(False)
    show.begin(input_seconds=1815)
    assert show.world.until("waiting_for_input", "failed") == "waiting_for_input"
    show.passes(1500 - show.seconds)
    answer = show.extend(900)
    running_at = datetime.fromisoformat(str(show.world.table.attempt("show", 1).running_at))
    assert answer.body["ends_at"] == isotime(running_at + timedelta(seconds=2715))
    with pytest.raises(InvalidRequest, match="waited for 2 hours at most: this one can be extended by 4485 s"):
        show.extend(4486)
    assert show.ends(2715) == pytest.approx(2715, abs=CLOSE)
    assert show.world.table.session("show").reason == "Nobody published to 'host' within 2715 s."
    assert show.warnings == soon(1215, 2115, 2655)
    assert all("or it is extended" in text for text in show.said("no-input"))


def test_a_show_without_a_stream_is_warned_of_and_fails_on_the_minute(show: Guarded) -> None:
    show.live(input_seconds=1815)
    show.world.cloud.ivs.may_start = lambda _: False
    show.world.cloud.plane.disconnect(str(show.world.table.attempt("show", 1).ivs_channel_arn))
    assert show.ends(1815) == pytest.approx(1815, abs=CLOSE)
    assert show.world.table.session("show").reason == "IVS had no stream of the running channel for 1815 s."
    assert show.warnings == soon(1215, 1755)


def test_what_can_not_be_extended(show: Guarded) -> None:
    show.begin(live_seconds=80_000)
    with pytest.raises(
        Conflict, match="is preparing; a show can be extended while it waits for its input and while it is"
    ):
        show.extend(60)
    show.world.until("live")
    with pytest.raises(SessionNotFound):
        show.extend(60, owner="ben")
    show.extend(6000)
    with pytest.raises(InvalidRequest, match="can be extended by 400 s"):
        show.extend(401)
    show.extend(400)


def test_a_wake_that_is_lost_costs_a_look(show: Guarded) -> None:
    show.world.kill = {("wake", call): "before" for call in range(1, 100)}
    show.live(live_seconds=3700)
    assert show.ends(3700) <= 3700 + guards.LOOK_SECONDS
    assert show.said("longest")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_wake_is_tried_again(show: Guarded, when: When) -> None:
    show.world.kill = {("wake", call): when for call in (1, 3, 5)}
    show.live(live_seconds=3700)
    assert show.ends(3700) == pytest.approx(3700, abs=2 * CLOSE)
    assert len(show.warnings) == 2


def test_a_show_that_ends_before_its_limit_has_no_wakes(show: Guarded) -> None:
    show.live()
    show.passes(3000)
    sessions.end(show.world.table.session("show"))
    assert show.world.until("ended", "failed") == "ended"
    assert (show.world.calls["wake"], show.warnings) == (0, [])


def test_a_show_that_fell_back_and_that_nobody_takes_back_ends(show: Guarded) -> None:
    show.live(Fallback(seconds=10), idle_seconds=1850)
    show.world.cloud.plane.publish(False)
    assert show.ends(1862) == pytest.approx(1862, abs=CLOSE)  # 2 s until MediaLive's alert, and the fallback's 10
    assert show.said("limit") == ["Ended after 1850 s without a picture"]
    assert [what for _, what in show.warnings] == ["NoPicture", "EndsSoon", "EndsSoon"]
    assert show.warnings[1:] == soon(1262, 1802)
    assert show.world.left() == (0, 0, 0)


def test_a_show_that_is_taken_back_goes_on(show: Guarded) -> None:
    show.live(Fallback(seconds=10), idle_seconds=1850)
    show.world.cloud.plane.publish(False)
    show.passes(1400)
    show.world.cloud.plane.publish(True)
    switching.take(Call(Caller("ann"), SourceWish("host")), "show")
    show.passes(3600)
    assert show.world.table.session("show").state == "live"
    show.world.cloud.plane.publish(False)
    show.began = show.world.cloud.clock.time()
    assert show.ends(1862) == pytest.approx(1862, abs=CLOSE)  # counted anew


def test_without_a_fallback_it_is_idle_while_its_source_has_no_picture(show: Guarded) -> None:
    show.live(idle_seconds=900)
    show.world.cloud.plane.publish(False)
    show.passes(800)
    show.world.cloud.plane.publish(True)
    show.passes(800)
    assert show.world.table.session("show").state == "live"
    show.world.cloud.plane.publish(False)
    assert show.ends(1602 + 900) == pytest.approx(1602 + 900, abs=CLOSE)
    assert show.said("limit") == ["Ended after 900 s without a picture"]


@pytest.mark.parametrize(("hold", "idle_seconds"), [(True, 60), (False, 0)])
def test_who_holds_on_the_slate_is_not_idle_nor_is_anybody_if_it_is_off(
    show: Guarded, hold: bool, idle_seconds: int
) -> None:
    show.live("off", hold, idle_seconds=idle_seconds)
    show.world.cloud.plane.publish(False)
    show.passes(7200)
    assert show.world.table.session("show").state == "live"
    # Of a show that nobody has come to it is said once.
    assert show.warnings == ([(pytest.approx(1800, abs=guards.LOOK_SECONDS), "Unattended")] if hold else [])


def test_without_limits_a_show_ends_shortly_before_its_execution_would(show: Guarded) -> None:
    show.world.cloud.plane.publish(False)
    show.begin(input_seconds=0, live_seconds=0, idle_seconds=0)
    assert show.world.until("waiting_for_input", "failed") == "waiting_for_input"
    with pytest.raises(InvalidRequest, match="has no such limit"):
        show.extend(60)
    show.passes(50_000)
    show.world.cloud.plane.publish(True)
    assert show.world.until("live", "failed") == "live"
    assert show.ends(LONGEST_START) == pytest.approx(LONGEST_START, abs=CLOSE)
    assert show.warnings == soon(LONGEST_START - 600, LONGEST_START - 60)
    assert show.world.table.session("show").state == "ended"
    assert show.said("limit") == [f"Ended after {LONGEST_START} s since its start, as long as one can last"]
    machine = json.loads((test_crashes.ROOT / "state_machines" / "session.asl.json").read_text())
    assert machine["TimeoutSeconds"] - LONGEST_START >= 1800


def test_nobody_publishing_without_a_limit_ends_it_too(show: Guarded) -> None:
    show.world.cloud.plane.publish(False)
    show.begin(input_seconds=0)
    assert show.ends(LONGEST_START) == pytest.approx(LONGEST_START, abs=CLOSE)
    assert (show.world.table.session("show").state, show.world.left()) == ("ended", (0, 0, 0))


def test_a_producer_who_cuts_to_the_slate_is_not_idle(show: Guarded) -> None:
    show.live(Fallback(seconds=10), idle_seconds=60)
    switching.panic(Call(Caller("ann"), Nothing()), "show")
    show.passes(7200)
    assert (show.world.table.session("show").state, show.warnings) == ("live", [])


def test_doubled_events_warn_once(show: Guarded) -> None:
    def react(event: dict[str, Any]) -> None:
        REACTIONS[event["detail-type"]](event)
        REACTIONS[event["detail-type"]](event)

    show.world.cloud.react = react
    show.live(live_seconds=3700)
    show.ends(3700)
    assert len(show.warnings) == 2


def test_in_the_stack_a_show_is_warned_of_and_ends_when_it_is_time(
    studio: Studio, warned: Callable[[], dict[str, Any]]
) -> None:
    """The longest time is 8 hours: all but 5 s of it are written off."""
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    live_at = isotime(datetime.now(UTC) - timedelta(seconds=28_800 - 5))
    studio.rewrite(show, "SET live_at = :live_at", {":live_at": {"S": live_at}})
    (channel,) = studio.channels(show)
    event = {"source": "aws.medialive", "detail_type": "MediaLive Channel State Change", "resources": [channel["Arn"]]}
    detail = {"channel_arn": channel["Arn"], "state": "STOPPED", "message": "", "pipelines_running_count": 0}
    studio.control("emit", **event, detail=detail)  # it is not true, and brings a look
    assert (warned()["session_id"], len(told(studio, show, "longest"))) == (show, 1)
    studio.until(show, "ended")
    assert [entry["text"] for entry in told(studio, show, "limit")] == ["Ended after 28800 s on air"]
    studio.assert_nothing_left(show)


def lose_stream(show: Guarded) -> None:
    show.world.cloud.ivs.may_start = lambda _: False
    show.world.cloud.plane.disconnect(str(show.world.table.attempt("show", 1).ivs_channel_arn))


def lose_picture(show: Guarded) -> None:
    show.world.cloud.plane.publish(False)


LOSSES: dict[str, tuple[Callable[[Guarded], None], FallbackOrOff]] = {
    "no stream": (lose_stream, "off"),
    "no picture": (lose_picture, "off"),
    "no picture, and the slate instead": (lose_picture, Fallback(seconds=10)),
}


@pytest.mark.parametrize("what", LOSSES)
def test_what_comes_back_before_a_short_limit_ends_nothing(show: Guarded, what: str) -> None:
    lose, fallback = LOSSES[what]
    show.live(fallback, input_seconds=60, idle_seconds=60)
    show.passes(100)
    lose(show)
    show.passes(40)
    show.world.cloud.plane.publish(True)
    show.world.cloud.ivs.may_start = lambda _: True
    show.world.cloud.ivs.look()
    if fallback != "off":
        switching.take(Call(Caller("ann"), SourceWish("host")), "show")
    show.passes(600)
    assert show.world.table.session("show").state == "live"


def test_who_may_wait_may_wake() -> None:
    """Woken, the same conditions are looked at: so both have the same policy."""
    of_wait, of_wake = (
        json.loads((test_crashes.ROOT / ".chalice" / f"policy-{name}.json").read_text())
        for name in ("wait_until", "wake")
    )
    assert of_wait == of_wake
