"""A show that begins with the slate, and the cut to it: from any state, and confirmed by MediaLive."""

from typing import Any

import httpx

from tests.studio import Studio, eventually


def hold(studio: Studio, show: str) -> httpx.Response:
    return studio.call("POST", f"/sessions/{show}/streaming/start", {"hold": True})


def panic(studio: Studio, show: str) -> dict[str, Any]:
    answer = studio.call("POST", f"/sessions/{show}/panic")
    assert answer.status_code in (200, 202), answer.text
    said: dict[str, Any] = answer.json()
    return said


def seen(studio: Studio, show: str, source: str) -> None:
    """On air by MediaLive's word, with nothing still asked for."""

    def look() -> bool:
        shown = studio.session(show)
        return (shown["on_air"], shown["switches"]) == (source, [])

    eventually(look, what=f"{source} on air")


def end(studio: Studio, show: str) -> None:
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def told(studio: Studio, show: str, kind: str) -> list[dict[str, Any]]:
    entries = studio.call("GET", f"/sessions/{show}/timeline").json()["timeline"]
    return [entry for entry in entries if entry["kind"] == kind]


def test_a_show_holds_on_the_slate_until_the_host_is_taken(studio: Studio) -> None:
    show = studio.create()
    studio.control("publishing", publishing=False)  # nobody publishes, and the show is live nevertheless
    try:
        assert hold(studio, show).status_code == 202
        studio.until(show, "live")
        seen(studio, show, "slate")
        assert studio.press(show, "start").status_code == 200  # changes nothing
        assert studio.session(show)["on_air"] == "slate"
    finally:
        studio.control("publishing", publishing=True)
    taken = studio.call("POST", f"/sessions/{show}/source")
    assert (taken.status_code, taken.json()["taking"]) == (202, "host")
    seen(studio, show, "host")
    (asked,) = told(studio, show, "switch")
    on_air = told(studio, show, "source")[-1]
    assert asked["by"] == on_air["by"]
    assert on_air["text"].startswith("On air: host, ")
    assert on_air["at"] > asked["at"]
    end(studio, show)


def test_without_hold_nothing_is_live_until_the_host_publishes(studio: Studio) -> None:
    show = studio.create()
    studio.control("publishing", publishing=False)
    try:
        studio.press(show, "start")
        waiting = studio.until(show, "waiting_for_input")
        assert "Publish to the address" in waiting["message"]
        (channel,) = studio.channels(show)
        schedule = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
        assert [action["ActionName"] for action in schedule] == ["start-host"]
        panic(studio, show)  # the slate needs no publisher
        studio.until(show, "live")
        seen(studio, show, "slate")
    finally:
        studio.control("publishing", publishing=True)
    end(studio, show)


def test_panic_cuts_to_the_slate_while_live(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    seen(studio, show, "host")
    said = panic(studio, show)
    assert said["taking"] == "slate"
    seen(studio, show, "slate")
    assert panic(studio, show) == {"message": "The slate is on air.", "on_air": "slate", "taking": None, "action": None}
    end(studio, show)


def test_a_panic_before_the_show_lets_it_begin_with_the_slate(studio: Studio) -> None:
    show = studio.create()
    assert panic(studio, show)["message"] == f"Nothing of session '{show}' is on air."
    studio.press(show, "prepare")
    studio.until(show, "ready")
    assert panic(studio, show)["message"] == "The show begins with the slate."
    studio.press(show, "start")
    studio.until(show, "live")
    seen(studio, show, "slate")
    end(studio, show)
    assert panic(studio, show)["on_air"] is None


def test_a_panic_while_the_channel_starts_is_what_it_begins_with(studio: Studio) -> None:
    show = studio.create()
    fault = studio.control("faults", kind="never_start")["fault"]  # so that a busy machine does not miss it
    studio.press(show, "start")
    eventually(lambda: [c["State"] for c in studio.channels(show)] == ["STARTING"], what="a channel that starts")
    panic(studio, show)
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()
    studio.until(show, "live")
    seen(studio, show, "slate")
    end(studio, show)


def test_another_owner_can_not_press_it(studio: Studio) -> None:
    show = studio.create()
    other = studio.another("panic@example.com")
    assert other.call("POST", f"/sessions/{show}/panic").status_code == 404


def test_a_request_that_comes_again_makes_no_second_switch(studio: Studio) -> None:
    show = studio.create(sources=[{"name": "host"}, {"name": "callers"}])
    studio.press(show, "start")
    studio.until(show, "live")
    seen(studio, show, "host")
    studio.control("faults", kind="error_after", service="medialive", operation="BatchUpdateSchedule", count=1)
    asked = {"source": "callers"}
    first = studio.call("POST", f"/sessions/{show}/source", asked, **{"Idempotency-Key": "take-1"})
    again = studio.call("POST", f"/sessions/{show}/source", asked, **{"Idempotency-Key": "take-1"})
    assert {first.status_code, again.status_code} <= {202, 200, 500}, (first.text, again.text)
    seen(studio, show, "callers")
    (channel,) = studio.channels(show)
    schedule = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
    assert len([action for action in schedule if action["ActionName"].startswith("take-callers")]) == 1
    end(studio, show)
