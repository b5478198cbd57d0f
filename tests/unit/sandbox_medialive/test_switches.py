"""Input switches and prepares: when they take effect, what a restart begins with, what can't be deleted."""

import itertools
from datetime import UTC, datetime

import pytest

from tests import rules
from tests.contract.medialive_requests import fixed, follow, prepare, switch, tag_action
from tests.unit.sandbox_medialive.board import Board
from tests.unit.sandbox_medialive.conftest import World

HOUR = 3600.0


@pytest.fixture
def board() -> Board:
    return Board()


# What is on air first


def test_without_a_switch_the_channel_begins_with_its_first_attachment(board: Board) -> None:
    assert board.start() is None


@rules.medialive(
    "A start begins with the latest switch that is due, else with the first attachment",
    "user guide, starting and stopping a channel with input switching",
)
def test_a_start_begins_with_the_latest_of_the_switches_that_are_due(board: Board) -> None:
    board.create(switch("one", "host"), switch("two", "callers"), switch("later", "jingle", start=board.at(100)))
    board.clock.advance(20)
    assert board.start() == "two"
    assert board.handed() == []  # it is on air already
    board.clock.advance(100)
    assert board.done == [(98.0, "later")]


def test_an_overdue_switch_wins_over_an_older_immediate_one(board: Board) -> None:
    board.create(switch("now", "host"), switch("timed", "callers", start=board.at(20)))
    board.clock.advance(30)
    assert board.start() == "timed"


@rules.medialive(
    "A restart begins with the latest fixed or immediate switch; what followed it is lost",
    "user guide, starting and stopping a channel with input switching",
)
def test_a_restart_begins_with_the_latest_fixed_or_immediate_switch(board: Board) -> None:
    board.start()
    board.create(switch("one", "jingle"), switch("two", "callers", start=follow("one")))
    board.board.took_effect("one")
    board.board.took_effect("two")
    board.stop()
    assert board.start() == "one"
    assert board.handed() == ["one", "two"]  # what followed it is lost


def test_what_follows_the_first_switch_of_a_start_comes_behind_it(board: Board) -> None:
    board.create(switch("one", "jingle"), switch("two", "callers", start=follow("one")))
    assert board.start() == "one"
    assert board.handed() == ["two"]


def test_a_recovery_knows_the_latest_switch_after_it_was_forgotten(board: Board) -> None:
    board.start()
    board.create(switch("one", "callers"))
    board.clock.advance(HOUR + 1)
    assert board.names() == []
    assert board.recover() == "one"


def test_a_start_knows_only_what_is_in_the_schedule(board: Board) -> None:
    board.start()
    board.create(switch("one", "callers"))
    board.clock.advance(HOUR + 1)
    board.stop()
    assert board.start() is None


@pytest.mark.parametrize("clear", [True, False])
def test_a_deleted_switch_is_on_air_no_more(board: Board, clear: bool) -> None:
    board.start()
    board.create(switch("one", "callers"))
    board.stop()
    if clear:
        board.board.clear()
    else:
        board.create(deletes=("one",))
    assert board.start() is None


# Following


@rules.medialive("A switch can follow the end of another one's file, and so on", "user guide, input switching")
def test_a_chain_is_handed_over_with_its_first_switch(board: Board) -> None:
    board.start()
    board.create(
        switch("one", "jingle", start=board.at(60)),
        switch("two", "tracks", "a.mp4", start=follow("one")),
        switch("three", "host", start=follow("two")),
    )
    assert board.handed() == []
    board.clock.advance(60)
    assert board.done == [(58.0, "one"), (58.0, "two"), (58.0, "three")]


def test_a_chain_on_air_can_grow_at_its_end(board: Board) -> None:
    board.start()
    board.create(switch("one", "jingle"))
    board.create(switch("two", "tracks", "a.mp4", start=follow("one")))
    board.board.took_effect("one")
    board.board.took_effect("two")
    board.create(switch("three", "host", start=follow("two")))
    assert board.handed() == ["one", "two", "three"]


def test_what_follows_a_switch_that_was_left_has_no_effect_and_is_forgotten(board: Board) -> None:
    board.start()
    board.create(switch("one", "jingle"), switch("two", "jingle", start=follow("one")))
    board.create(switch("cut", "host"))
    board.create(switch("late", "callers", start=follow("two")))
    assert board.handed() == ["one", "two", "cut"]
    board.clock.advance(HOUR + 1)
    assert board.names() == []


def test_a_follower_that_is_deleted_before_its_turn_is_withdrawn(board: Board) -> None:
    board.start()
    board.create(switch("one", "jingle", start=board.at(20)), switch("two", "host", start=follow("one")))
    board.clock.advance(19)
    board.create(deletes=("two",))
    assert board.withdrawn == ["two"]


def test_a_long_chain(board: Board) -> None:
    board.start()
    names = [f"t{number}" for number in range(1499)]
    chain = [switch(name, "jingle", start=follow(before)) for before, name in itertools.pairwise(names)]
    board.create(switch("t0", "jingle"), *chain)
    assert board.handed() == names
    for name in names:
        board.board.took_effect(name)
    board.clock.advance(HOUR + 1)
    assert board.names() == []


def test_a_chain_that_was_made_while_idle_is_handed_over_once(board: Board) -> None:
    names = [f"t{number}" for number in range(50)]
    chain = [switch(name, "jingle", start=follow(before)) for before, name in itertools.pairwise(names)]
    board.create(switch("t0", "jingle"), *chain)
    assert board.start() == "t0"
    assert board.handed() == names[1:]


def test_a_chain_is_handed_over_once_when_the_encoder_dies_before_its_time(board: Board) -> None:
    board.start()
    board.create(switch("one", "jingle", start=board.at(20)), switch("two", "host", start=follow("one")))
    board.clock.advance(19)
    board.done.clear()
    board.recover()
    assert board.handed() == ["one", "two"]


@pytest.mark.parametrize("how", ["stop", "recover"])
def test_what_comes_behind_the_latest_switch_while_nothing_runs_follows_its_replay(board: Board, how: str) -> None:
    board.start()
    board.create(switch("one", "jingle"))
    if how == "stop":
        board.stop()
    else:
        board.board.pause()
    board.create(switch("two", "host", start=follow("one")))
    board.done.clear()
    assert board.start(again=how == "recover") == "one"
    assert board.handed() == ["two"]


def test_a_start_that_has_to_be_tried_again_keeps_its_chain(board: Board) -> None:
    board.create(switch("one", "jingle"), switch("two", "host", start=follow("one")))
    board.board.open(again=False)
    board.board.pause()  # the encoder died before it ran
    assert board.start() == "one"
    assert board.handed() == ["two"]


def test_a_follower_that_was_lost_can_be_deleted_and_does_not_keep_others_out(board: Board) -> None:
    board.start()
    board.create(switch("one", "jingle"), switch("two", "host", start=follow("one")))
    board.recover()
    board.create(switch("other", "callers", start=follow("one")))
    assert board.handed()[-1] == "other"
    board.create(deletes=("two",))
    assert "other follows that action already" in str(board.refused(switch("no", "host", start=follow("one"))))


def test_a_forgotten_actions_name_means_a_new_action(board: Board) -> None:
    board.start()
    board.create(switch("a", "jingle"))
    board.clock.advance(HOUR + 100)
    again = board.at(HOUR + 700)
    board.create(switch("a", "jingle", start=again), switch("b", "host", start=follow("a")))
    assert board.handed() == ["a"]
    board.create(deletes=("a", "b"))
    board.create(switch("a", "jingle", start=again), prepare("p", "host", start=follow("a")))
    board.board.ended("a")  # the one on air, which was forgotten
    assert board.handed() == ["a"]


def test_the_chain_of_the_latest_switch_stays_after_its_beginning_was_forgotten(board: Board) -> None:
    board.start()
    board.create(
        switch("a", "jingle"), switch("b", "jingle", start=follow("a")), switch("c", "host", start=follow("b"))
    )
    board.board.took_effect("b")
    board.clock.advance(HOUR + 1)
    assert board.names() == ["c"]
    assert "latest input switch" in str(board.refused(deletes=("c",)))


def test_what_is_long_overdue_is_forgotten(board: Board) -> None:
    board.create(switch("old", "jingle", start=board.at(60)), switch("next", "host", start=follow("old")))
    board.clock.advance(60 + HOUR + 1)
    assert board.names() == []
    assert board.start() is None


# Prepares


@rules.medialive("An input prepare starts at once, at a time, or behind a switch", "user guide, input prepare")
def test_prepares_at_once_at_a_time_and_behind_a_switch(board: Board) -> None:
    board.start()
    board.create(
        prepare("now", "callers"),
        prepare("timed", "host", start=board.at(20)),
        switch("jingle", "jingle"),
        prepare("with-it", "host", start=follow("jingle", "START")),
        switch("track", "tracks", "a.mp4", start=follow("jingle")),
        prepare("after-it", "callers", start=follow("track")),
    )
    assert board.handed() == ["now", "jingle", "track"]
    board.board.took_effect("jingle")
    assert board.handed()[3:] == ["with-it"]
    board.clock.advance(20)
    board.board.ended("jingle")
    board.board.took_effect("track")
    assert board.handed()[4:] == ["timed"]
    board.board.ended("track")
    board.board.ended("track")
    assert board.handed()[5:] == ["after-it"]


def test_a_fixed_switch_takes_effect_when_the_encoder_says_so(board: Board) -> None:
    board.start()
    board.create(
        switch("timed", "callers", start=board.at(20)), prepare("with-it", "host", start=follow("timed", "START"))
    )
    board.clock.advance(19.99)
    board.board.took_effect("timed")  # its clock is a moment ahead of ours
    assert board.handed() == ["timed", "with-it"]
    board.clock.advance(1)
    assert board.handed() == ["timed", "with-it"]


def test_a_prepare_comes_before_the_start_that_it_follows(board: Board) -> None:
    board.start()
    board.create(switch("one", "callers"))
    assert "before it" in str(board.refused(prepare("p", "host", start=follow("one", "START"))))


@rules.medialive("The latest prepare is not deleted while the channel runs", "user guide, input prepare")
def test_the_latest_prepare_can_not_be_deleted_while_the_channel_runs(board: Board) -> None:
    board.start()
    board.create(prepare("one", "host"))
    board.create(prepare("two", None))
    assert "latest input prepare" in board.refused(deletes=("two",))["deletes.actionNames[0]"]
    board.create(deletes=("one",))
    board.stop()
    board.create(deletes=("two",))


def test_a_prepare_of_an_earlier_run_keeps_nothing(board: Board) -> None:
    board.start()
    board.create(prepare("p", "host"))
    board.stop()
    board.create(deletes=("p",))
    board.start()
    board.create(switch("p", "jingle", start=board.at(100)))
    board.create(deletes=("p",))


# What is refused


@rules.medialive(
    "The first switch of a channel is to a static input", "user guide, rules and limits for input switches"
)
def test_the_first_switch_must_be_static(board: Board) -> None:
    assert "must be to a static input" in str(board.refused(switch("x", "tracks", "a.mp4")))
    board.create(switch("one", "host"), switch("two", "tracks", "a.mp4"))
    assert board.names() == ["one", "two"]


@rules.medialive(
    "The first switch of a channel is to a static input", "user guide, rules and limits for input switches"
)
def test_which_switch_is_the_first_goes_by_time(board: Board) -> None:
    late, early = switch("late", "host", start=board.at(100)), switch("early", "tracks", "a.mp4", start=board.at(50))
    [path] = board.refused(late, early)
    assert path == "creates.scheduleActions[1].scheduleActionSettings"
    board.create(switch("late", "tracks", "a.mp4", start=board.at(100)), switch("early", "host", start=board.at(50)))
    assert "static" in board.refused(deletes=("early",))["deletes.actionNames"]


def test_after_a_switch_any_may_come_next(board: Board) -> None:
    board.start()
    board.create(switch("one", "host"))
    board.clock.advance(HOUR + 1)
    board.create(switch("two", "tracks", "a.mp4"))
    assert board.handed() == ["one", "two"]


@rules.medialive(
    "The latest fixed or immediate switch and what follows it are not deleted while the channel runs",
    "user guide, managing the schedule",
)
@pytest.mark.parametrize("recovering", [False, True])
def test_the_latest_switch_and_its_chain_can_not_be_deleted_while_the_channel_runs(
    board: Board, recovering: bool
) -> None:
    board.start()
    board.create(switch("old", "callers"))
    board.create(switch("one", "jingle"), switch("two", "host", start=follow("one")))
    if recovering:
        board.board.pause()
        board.create(deletes=("two",))  # it is lost by that
        board.create(switch("two", "host", start=follow("one")))
    assert list(board.refused(deletes=("one", "two"))) == ["deletes.actionNames[0]", "deletes.actionNames[1]"]
    assert "latest input switch" in str(board.refused(deletes=("two",)))
    board.create(deletes=("old",))
    board.stop()
    board.create(deletes=("one", "two"))
    assert board.names() == []


@rules.medialive("What another action follows is deleted only with it", rules.UNKNOWN)
def test_what_another_action_follows_is_deleted_with_it(board: Board) -> None:
    board.create(switch("one", "jingle"), switch("two", "host", start=follow("one")))
    assert "two follows it" in board.refused(tag_action("x"), deletes=("one",))["deletes.actionNames[0]"]
    board.create(deletes=("two", "one"))
    assert board.names() == []


def test_a_start_that_knows_no_switch_begins_with_a_static_one(board: Board) -> None:
    board.start()
    board.create(switch("one", "host"))
    board.stop()
    board.clock.advance(HOUR + 1)
    assert "static" in str(board.refused(switch("two", "tracks", "a.mp4")))


# With a channel


@rules.medialive(
    "PipelineDetails and the Input Change event tell what is on air, and by which switch",
    "API reference; public consumers of the event; what is told of the first input is not known",
)
def test_what_is_on_air_and_by_which_switch(world: World) -> None:
    channel = world.running()
    start = {"ActiveInputAttachmentName": "source-0", "ActiveInputSwitchActionName": "Initial Channel Input"}
    assert channel.pipeline_details == start
    world.schedule(channel, switch("cut", "source-1"))
    world.clock.advance(1)
    cut = {"ActiveInputAttachmentName": "source-1", "ActiveInputSwitchActionName": "cut"}
    assert channel.pipeline_details == cut
    world.plane.kill(channel.id, "test")
    world.clock.advance(5)
    assert channel.state == "RUNNING"
    assert channel.pipeline_details == cut
    names = [each["active_input_switch_action_name"] for each in world.told if "active_input_attachment_name" in each]
    assert names == ["Initial Channel Input", "cut", "cut"]


def test_a_fixed_switch_takes_place_at_its_time(world: World) -> None:
    channel = world.running()
    start = world.clock.time()
    world.schedule(channel, switch("timed", "source-1", start=fixed(_utc(start + 20.5))))
    world.clock.advance(20.4)
    assert channel.pipeline_details["ActiveInputAttachmentName"] == "source-0"
    world.clock.advance(0.2)
    assert channel.pipeline_details["ActiveInputAttachmentName"] == "source-1"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
