"""A channel's schedule: when actions take effect, and what a batch may not do."""

import pytest

from sandbox.medialive.actions import Abilities
from sandbox.medialive.schedule import MOST, parse_time
from tests import rules
from tests.contract.medialive_requests import fixed, follow, switch, tag_action
from tests.unit.sandbox_medialive.board import Board
from tests.unit.sandbox_medialive.conftest import World


@pytest.fixture
def board() -> Board:
    return Board()


@rules.medialive("An action takes effect at once or at its time", "user guide, schedule")
def test_actions_take_effect_at_once_and_at_their_time(board: Board) -> None:
    board.start()
    board.create(tag_action("later", board.at(20.5)), tag_action("now"))
    board.clock.advance(60)
    assert board.done == [(0.0, "now"), (20.5, "later")]


@rules.medialive(
    "Immediate and overdue actions of a channel that does not run take effect when it starts", "user guide, schedule"
)
def test_what_was_made_before_the_start_takes_effect_with_it(board: Board) -> None:
    board.create(tag_action("now"), tag_action("overdue", board.at(20)), tag_action("later", board.at(50)))
    board.clock.advance(30)
    assert board.done == []
    board.start()
    board.clock.advance(60)
    assert board.done == [(30.0, "now"), (30.0, "overdue"), (50.0, "later")]


def test_nothing_takes_effect_while_the_channel_rests_and_nothing_twice(board: Board) -> None:
    board.start()
    board.create(tag_action("now"), tag_action("later", board.at(20)))
    board.stop()
    board.clock.advance(100)
    assert board.done == [(0.0, "now")]
    board.start()
    assert board.done == [(0.0, "now"), (100.0, "later")]


def test_a_deleted_action_does_not_take_effect(board: Board) -> None:
    board.start()
    board.create(tag_action("later", board.at(60)))
    assert board.create(deletes=("later", "later")) == [tag_action("later", board.at(60))]
    board.clock.advance(100)
    assert board.done == []


@rules.medialive("The schedule forgets an action about an hour after its start", "user guide, schedule")
def test_actions_are_forgotten_an_hour_after_their_start(board: Board) -> None:
    board.start()
    board.create(tag_action("now"), tag_action("later", board.at(60)))
    board.clock.advance(3601)
    assert board.names() == ["later"]
    board.create(tag_action("now"))  # the name is free again
    board.clock.advance(60)
    assert board.names() == ["now"]


@rules.medialive("A batch is all or nothing, and deletes before it creates", "user guide, managing the schedule")
@rules.medialive("Action names are unique in the schedule", "user guide, managing the schedule")
def test_names_are_unique_in_the_schedule_and_in_the_batch(board: Board) -> None:
    board.create(tag_action("a"))
    assert "unique" in board.refused(tag_action("b"), tag_action("a"))["creates.scheduleActions[1].actionName"]
    assert "unique" in board.refused(tag_action("b"), tag_action("b"))["creates.scheduleActions[1].actionName"]
    board.create(tag_action("a", tag="other"), deletes=("a",))
    assert board.board.actions() == [tag_action("a", tag="other")]


@rules.medialive("A fixed start is 15 seconds to 14 days ahead", "user guide, managing the schedule")
@pytest.mark.parametrize("seconds", [-5, 14.9, 14 * 86_400 + 1])
def test_fixed_starts_are_neither_too_soon_nor_too_late(board: Board, seconds: float) -> None:
    [(path, message)] = board.refused(tag_action("a", board.at(seconds))).items()
    assert path.endswith("fixedModeScheduleActionStartSettings.time")
    assert "at least 15 seconds and at most 14 days" in message


@pytest.mark.parametrize("seconds", [15, 14 * 86_400])
def test_fixed_starts_at_the_edge(board: Board, seconds: float) -> None:
    board.create(tag_action("a", board.at(seconds)))
    assert board.names() == ["a"]


@rules.medialive("A fixed start is in UTC, as yyyy-mm-ddThh:mm:ss.nnnZ", rules.MODEL)
@pytest.mark.parametrize(
    "time", ["2025-06-15T15:00:00Z", "2025-06-15T15:00:00.000+02:00", "2025-13-15T15:00:00.000Z", ""]
)
def test_fixed_starts_of_another_form(board: Board, time: str) -> None:
    assert "yyyy-mm-ddThh:mm:ss.nnnZ" in next(iter(board.refused(tag_action("a", fixed(time))).values()))


def test_the_time_is_utc() -> None:
    assert parse_time("1970-01-01T00:01:00.250Z") == 60.25


@rules.medialive("Only input switches can be followed", "user guide, how actions work in the schedule")
@pytest.mark.parametrize("reference", ["tag", "nobody"])
def test_only_input_switches_can_be_followed(board: Board, reference: str) -> None:
    board.create(tag_action("tag"))
    assert "must be an input switch" in str(board.refused(switch("a", "host", start=follow(reference))))


@rules.medialive("An action has exactly one kind and one start", rules.MODEL)
@pytest.mark.parametrize("member", ["ScheduleActionStartSettings", "ScheduleActionSettings"])
def test_exactly_one_setting(board: Board, member: str) -> None:
    assert f"{member} must contain exactly one" in str(board.refused(tag_action("a") | {member: {}}))
    both = {**board.at(60), "ImmediateModeScheduleActionStartSettings": {}}
    assert "exactly one" in str(board.refused(tag_action("a", both)))


@rules.medialive(
    "While the channel runs, nothing is deleted within 15 seconds of its start; while it is idle, anything",
    "user guide, managing the schedule",
)
def test_what_is_about_to_start_is_not_deleted(board: Board) -> None:
    board.create(tag_action("a", board.at(30)))
    board.start()
    board.clock.advance(15.5)
    assert "less than 15 s before" in board.refused(deletes=("a",))["deletes.actionNames[0]"]
    board.clock.advance(20)
    board.create(deletes=("a",))  # it is past
    assert board.names() == []


def test_a_resting_channels_actions_can_always_be_deleted(board: Board) -> None:
    board.create(tag_action("a", board.at(16)))
    board.clock.advance(10)
    board.create(deletes=("a",))
    assert board.names() == []


def test_unknown_names_are_not_deleted(board: Board) -> None:
    board.create(tag_action("a"))
    assert "no action" in board.refused(tag_action("b"), deletes=("a", "c"))["deletes.actionNames[1]"]


@rules.medialive("Segment tags need an HLS output group with HlsId3SegmentTagging ENABLED", rules.UNKNOWN)
def test_tags_need_an_output_group_that_takes_them() -> None:
    assert "HlsId3SegmentTagging ENABLED" in str(Board(Abilities({})).refused(tag_action("a")))


@rules.medialive("A schedule has at most 1,500 actions", "user guide, feature rules and limits")
def test_a_schedule_has_a_limit(board: Board) -> None:
    board.create(*(tag_action(f"a{number}") for number in range(MOST)))
    assert "at most 1500" in str(board.refused(tag_action("one-more")))
    board.create(tag_action("one-more"), deletes=("a0",))
    assert len(board.names()) == MOST


def test_a_channels_actions_reach_its_encoder_once(world: World) -> None:
    channel = world.create()
    world.schedule(channel, tag_action("early"))
    world.clock.advance(1)
    world.start(channel)
    world.clock.advance(3)
    encoder = world.plane.running[channel.id]
    assert encoder.actions == [tag_action("early")]
    world.schedule(channel, tag_action("now"))
    assert encoder.actions == [tag_action("early"), tag_action("now")]
    world.plane.kill(channel.id, "test")
    world.schedule(channel, tag_action("dark"))
    world.clock.advance(2)
    assert world.plane.running[channel.id].actions == [tag_action("dark")]
