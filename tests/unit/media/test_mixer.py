"""The mixer, stepped tick by tick with inputs that are made up: what it shows, and what it sounds like."""

import pytest
from mixing_desk import BLACK, GREY, GREYS, SLATE, WHITE, Desk

from sandbox.media.overlay import Placed
from sandbox.media.picture import solid


def counted(seen: list[int]) -> list[tuple[int, int]]:
    """Runs: (lightness, ticks)."""
    runs: list[tuple[int, int]] = []
    for value in seen:
        if runs and abs(runs[-1][0] - value) <= 1:
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((value, 1))
    return runs


def test_a_switch_takes_place_with_the_next_tick() -> None:
    desk = Desk()

    desk.step(3)
    desk.switch("callers")

    assert desk.step(2) == [WHITE, WHITE]
    assert desk.screen.seen[:3] == [GREY] * 3


def test_a_switch_to_a_dead_input_repeats_what_was_on_air() -> None:
    desk = Desk(repeat=1.0, black=0.5, color=(0, 0, 255))
    desk.inputs["callers"].dead = True
    desk.step(30)
    desk.switch("callers")

    runs = counted(desk.step(90))

    assert [value for value, _ in runs] == [GREY, BLACK, SLATE]
    assert [count for _, count in runs] == pytest.approx([35, 15, 40], abs=1)
    assert desk.speaker.heard == [True] * 30 + [False] * 90
    assert desk.mixer.seen is None


def test_without_any_picture_there_is_black_at_first() -> None:
    desk = Desk(repeat=1.0, black=0.5, color=(0, 0, 255))
    desk.inputs["host"].dead = True
    desk.step(0)

    assert [value for value, _ in counted(desk.step(60))][-2:] == [BLACK, SLATE]


def test_the_slate_may_be_an_image() -> None:
    desk = Desk(repeat=0.0, black=0.0)
    desk.mixer.slate = GREYS["callers"]
    desk.inputs["host"].dead = True

    assert desk.step(30)[-1] == WHITE


def test_a_pause_holds_the_picture_in_silence() -> None:
    desk = Desk()
    desk.step(3)
    desk.mixer.at_next_tick(lambda _: desk.mixer.pause(True))
    desk.switch("callers")
    assert desk.step(5) == [GREY] * 5

    desk.mixer.at_next_tick(lambda _: desk.mixer.pause(False))

    assert desk.step(2) == [WHITE] * 2
    assert desk.speaker.heard == [True] * 3 + [False] * 5 + [True] * 2


def test_a_global_overlay_grows_with_the_picture_it_lies_on() -> None:
    desk = Desk()
    image = Placed.of(solid((0, 0, 0), 60, 30).reformat(format="yuva420p"), {"ImageX": 20, "ImageY": 10})
    desk.mixer.at_next_tick(lambda time: desk.mixer.everywhere.activate({}, image, time))

    assert desk.step(2) == [BLACK] * 2  # the point lies in 20..80, 10..40 of 64 by 36
    desk.switch("callers")
    assert desk.step(2) == [BLACK] * 2  # and at 64, 36 of 128 by 72
    desk.mixer.at_next_tick(lambda time: desk.mixer.everywhere.deactivate({}, time))
    assert desk.step(2) == [WHITE] * 2
    assert desk.mixer.seen is GREYS["callers"]  # a thumbnail shows it without overlays


def test_an_overlay_of_one_description() -> None:
    desk = Desk()
    image = Placed.of(solid((0, 0, 0), 64, 36).reformat(format="yuva420p"), {})
    desk.step(1)
    desk.mixer.at_next_tick(lambda time: desk.mixer.overlays["video"].activate({"Duration": 100}, image, time))

    assert desk.step(5) == [BLACK] * 3 + [GREY] * 2


def test_it_is_told_when_the_input_on_air_loses_its_picture_and_has_it_again() -> None:
    desk = Desk()
    desk.step(10)
    desk.inputs["host"].dead = True
    desk.step(10)
    desk.inputs["host"].dead = False
    desk.step(10)
    desk.inputs["callers"].dead = True  # nothing is told of it, before it is on air
    desk.switch("callers")
    desk.step(10)
    desk.switch("host")
    desk.step(10)

    assert desk.told == [(0, True), (10, False), (20, True), (30, False), (40, True)]
