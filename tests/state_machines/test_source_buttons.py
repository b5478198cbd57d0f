"""The source buttons in the sandbox: asked for is not on air, and MediaLive's word counts."""

from tests.studio import Studio, eventually

INPUT_CHANGE = "MediaLive Channel Input Change"


def on_air(studio: Studio, show: str, source: str) -> bool:
    shown = studio.session(show)
    return shown["on_air"] == source and shown["taking"] is None


def take(studio: Studio, show: str, source: str) -> dict[str, object]:
    answer = studio.call("POST", f"/sessions/{show}/source", {"source": source})
    assert answer.status_code in (200, 202), answer.text
    said: dict[str, object] = answer.json()
    return said


def test_a_source_is_taken_and_confirmed_by_medialive(studio: Studio) -> None:
    show = studio.create(sources=[{"name": "host"}, {"name": "callers"}])
    early = studio.call("POST", f"/sessions/{show}/source", {"source": "callers"})
    assert (early.status_code, early.json()["error"]) == (409, "Conflict")
    assert studio.press(show, "start").status_code == 202
    studio.until(show, "live")
    eventually(lambda: on_air(studio, show, "host"), what="the host on air")
    assert take(studio, show, "host")["message"] == "'host' is on air."

    said = take(studio, show, "callers")
    assert said["taking"] == "callers"
    eventually(lambda: on_air(studio, show, "callers"), what="the callers on air")
    (channel,) = studio.channels(show)
    (pipeline,) = studio.aws["medialive"].describe_channel(ChannelId=channel["Id"])["PipelineDetails"]
    assert pipeline["ActiveInputAttachmentName"] == "callers"
    assert pipeline["ActiveInputSwitchActionName"] == said["action"]

    unknown = studio.call("POST", f"/sessions/{show}/source", {"source": "tracklist"})
    assert (unknown.status_code, unknown.json()["details"]) == (400, {"field": "source"})
    assert "slate, host, callers" in unknown.json()["message"]
    entries = studio.call("GET", f"/sessions/{show}/timeline").json()["timeline"]
    texts = [entry["text"].split(",")[0] for entry in entries if entry["kind"] == "source"]
    assert texts == ["On air: host", "On air: callers"]
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_without_its_event_a_switch_stays_asked_for_until_somebody_looks(studio: Studio) -> None:
    show = studio.create(sources=[{"name": "host"}, {"name": "callers"}])
    studio.press(show, "start")
    studio.until(show, "live")
    eventually(lambda: on_air(studio, show, "host"), what="the host on air")
    studio.control("events", detail_type=INPUT_CHANGE, effect="lose", count=1)
    take(studio, show, "callers")
    eventually(
        lambda: any(event["detail_type"] == INPUT_CHANGE for event in studio.events()[-3:]), what="the event's loss"
    )
    shown = studio.session(show)
    assert (shown["on_air"], shown["taking"]) == ("host", "callers")
    assert take(studio, show, "callers")["on_air"] == "callers"  # pressed again: it looks
    assert on_air(studio, show, "callers")
    studio.press(show, "stop")
    studio.until(show, "ended")
