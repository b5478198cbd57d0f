"""Input switches: what is refused, what is on air after, and what a restart begins with. In virtual time."""

from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.errors import AwsError
from sandbox.medialive.schedule import Schedule

IMMEDIATE = {"ImmediateModeScheduleActionStartSettings": {}}
INPUTS = {"host": False, "callers": False, "tracks": True}


def switch(name: str, to: str, *path: str, start: dict[str, Any] | None = None) -> dict[str, Any]:
    settings: dict[str, Any] = {"InputAttachmentNameReference": to} | ({"UrlPath": list(path)} if path else {})
    return {
        "ActionName": name,
        "ScheduleActionStartSettings": start or IMMEDIATE,
        "ScheduleActionSettings": {"InputSwitchSettings": settings},
    }


def ask(schedule: Schedule, *creates: dict[str, Any], deletes: tuple[str, ...] = ()) -> None:
    schedule.update(list(creates), list(deletes), tagging=False, inputs=INPUTS)


def refused(schedule: Schedule, *creates: dict[str, Any], deletes: tuple[str, ...] = ()) -> str:
    with pytest.raises(AwsError) as error:
        ask(schedule, *creates, deletes=deletes)
    assert (error.value.code, error.value.status) == ("UnprocessableEntityException", 422)
    return error.value.message


def test_a_switch_takes_effect_and_a_restart_begins_with_the_latest() -> None:
    clock, done = VirtualClock(), list[str]()
    schedule = Schedule(clock)
    assert schedule.latest_switch() is None
    schedule.run(lambda action: done.append(action["ActionName"]))
    ask(schedule, switch("one", "callers"))
    clock.advance(1)
    ask(schedule, switch("two", "tracks", "a.mp4"))
    assert done == ["one", "two"]
    schedule.rest()
    assert schedule.latest_switch() == {"InputAttachmentNameReference": "tracks", "UrlPath": ["a.mp4"]}


def test_an_unknown_attachment_is_refused() -> None:
    assert "no input attachment of that name" in refused(Schedule(VirtualClock()), switch("x", "nobody"))


def test_the_first_switch_must_be_static() -> None:
    schedule = Schedule(VirtualClock())
    assert "must be to a static input" in refused(schedule, switch("x", "tracks", "a.mp4"))
    ask(schedule, switch("one", "host"), switch("two", "tracks", "a.mp4"))
    assert len(schedule.actions()) == 2


def test_a_dynamic_input_needs_a_path_and_a_static_one_takes_none() -> None:
    schedule = Schedule(VirtualClock())
    assert "take a urlPath" in refused(schedule, switch("x", "host", "a.mp4"))
    assert "needs a urlPath" in refused(schedule, switch("one", "host"), switch("two", "tracks"))
    assert schedule.actions() == []


def test_the_latest_switch_cannot_be_deleted_while_the_channel_runs() -> None:
    clock = VirtualClock()
    schedule = Schedule(clock)
    schedule.run(lambda _: None)
    ask(schedule, switch("one", "callers"))
    clock.advance(1)
    ask(schedule, switch("two", "host"))
    assert "latest input switch" in refused(schedule, deletes=("two",))
    ask(schedule, deletes=("one",))
    schedule.rest()
    ask(schedule, deletes=("two",))
    assert schedule.actions() == []


def test_a_switch_that_follows_another_is_not_built_and_says_so() -> None:
    schedule = Schedule(VirtualClock())
    follow = {"FollowModeScheduleActionStartSettings": {"ReferenceActionName": "one", "FollowPoint": "END"}}
    with pytest.raises(AwsError) as error:
        ask(schedule, switch("one", "host"), switch("two", "callers", start=follow))
    assert error.value.status == 501
    assert schedule.actions() == []
