"""A session's life in the real machines: the happy path, and every button in every state."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.studio import Studio, eventually

LIFE = ["preparing", "starting", "live", "stopping", "ended"]


def test_a_show_goes_live_and_leaves_nothing(studio: Studio) -> None:
    show = studio.create(record="auto")
    answer = studio.press(show, "start")
    assert answer.status_code == 202
    assert answer.json()["execution_arn"] == studio.execution_arn(show)
    live = studio.until(show, "live")
    assert live["playback_url"]
    asked_until_unchanged(studio, show)
    watched(studio, show)
    (channel,) = studio.channels(show)
    assert channel["State"] == "RUNNING"
    assert studio.aws["ivs"].get_stream(channelArn=studio.outputs_of(show)[0]["arn"])["stream"]["state"] == "LIVE"
    actions = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
    assert [a["ScheduleActionSettings"] for a in actions] == [
        {"InputSwitchSettings": {"InputAttachmentNameReference": "host"}},
        {"HlsId3SegmentTaggingSettings": {"Tag": f"showrunner:{show}-1-1"}},
    ]
    assert studio.press(show, "stop").status_code == 202
    ended = studio.until(show, "ended")
    assert [ended[name] for name in ("reason", "viewers", "health")] == [None] * 3
    assert [state for state in studio.states(show) if state != "waiting_for_input"] == LIFE
    studio.assert_nothing_left(show)
    executions = studio.executions(show)
    assert (executions[f"{show}-1"], executions[f"{show}-1-session"]) == ("SUCCEEDED", "SUCCEEDED")
    told = {"MediaLive: the channel is running", "MediaLive: the channel is stopped", "IVS: stream start"}
    eventually(lambda: told <= set(texts(studio, show).values()), what="the timeline's entries of AWS's events")


def asked_until_unchanged(studio: Studio, show: str) -> None:
    """As a page asks: with the ETag and the cursor of the answer before, until nothing is new."""
    seen: dict[str, str] = {}
    etag, cursor = "", ""
    before = texts(studio, show)

    def unchanged() -> bool:
        nonlocal etag, cursor
        answer = studio.call("GET", f"/sessions/{show}?after={cursor}", **{"If-None-Match": etag})
        if answer.status_code == 304:
            assert (answer.text, answer.headers["etag"]) == ("", etag)
            return True
        etag, cursor = answer.headers["etag"], answer.json()["cursor"]
        seen.update({entry["id"]: entry["text"] for entry in answer.json()["timeline"]})
        return False

    eventually(unchanged, 30, "an unchanged session")
    assert before.items() <= seen.items() <= texts(studio, show).items()


def watched(studio: Studio, show: str) -> None:
    """Viewers and health of its stream come by the stack's own schedule, and by its queue in between."""

    def shown_as(health: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            shown = studio.session(show)
            return shown if shown["health"] == health else None

        return eventually(look, 60, f"the health {health}")

    studio.fire("rate(1 minute)")
    shown = shown_as("HEALTHY")
    assert (shown["viewers"], shown["warnings"]) == (0, [])
    sqs, (output,) = studio.aws["sqs"], studio.outputs_of(show)
    (queue,) = [url for url in sqs.list_queues()["QueueUrls"] if "StreamLooks" in url]
    fault = studio.control("faults", kind="stream_starve", resource=output["arn"])["fault"]
    sqs.send_message(QueueUrl=queue, MessageBody="look")  # as one whose 15 s are over
    assert [each["kind"] for each in shown_as("STARVING")["warnings"]] == ["starving"]
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()


def texts(studio: Studio, show: str) -> dict[str, str]:
    return {entry["id"]: entry["text"] for entry in studio.timeline(show)}


def test_a_show_takes_25_transitions(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    studio.press(show, "stop")
    studio.until(show, "ended")
    entered = [s["name"] for name in studio.executions(show) for s in studio.history(show, name)]
    assert len(entered) <= 25, entered


def test_prepare_makes_all_and_starts_nothing(studio: Studio) -> None:
    show = studio.create()
    assert studio.press(show, "prepare").status_code == 202
    studio.until(show, "ready")
    assert [c["State"] for c in studio.channels(show)] == ["IDLE"]
    assert studio.press(show, "prepare").status_code == 200
    assert studio.press(show, "start").status_code == 202
    studio.until(show, "live")
    assert len(studio.channels(show)) == 1
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_ten_starts_at_once_make_one_channel(studio: Studio) -> None:
    show = studio.create()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: studio.press(show, "start"), range(10)))
    assert {a.status_code for a in answers} <= {200, 202}, [a.text for a in answers]
    assert {a.json()["attempt"] for a in answers} == {1}
    studio.until(show, "live")
    assert [len(made(show)) for made in (studio.channels, studio.inputs, studio.outputs_of)] == [1, 2, 1]
    assert studio.press(show, "start").status_code == 200
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_a_start_without_a_session_creates_it(studio: Studio) -> None:
    show = "studio-makes-its-own-id"
    answer = studio.call("POST", f"/sessions/{show}/streaming/start", {"showId": "s", "channelArn": "ignored"})
    assert answer.status_code == 202
    assert {"message", "playbackUrl"} <= set(answer.json())
    assert studio.session(show)["profile"] == "720p30"
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


@pytest.mark.parametrize("state", ["preparing", "ready", "starting", "waiting_for_input", "live"])
def test_a_stop_ends_it_from_any_state(studio: Studio, state: str) -> None:
    show = studio.create()
    if state == "waiting_for_input":
        studio.control("publishing", publishing=False)
    try:
        studio.press(show, "prepare" if state == "ready" else "start")
        shown = studio.until(show, state)
        if state == "waiting_for_input":
            assert "ingest" in shown["message"]
        stopped = studio.press(show, "stop")
        assert stopped.status_code == 202
        assert studio.press(show, "stop").status_code in (200, 202)
        assert studio.until(show, "ended")["reason"] is None
    finally:
        studio.control("publishing", publishing=True)
    studio.assert_nothing_left(show)
    assert set(studio.executions(show).values()) == {"SUCCEEDED"}


def test_a_start_while_stopping_is_refused_and_later_makes_the_next_attempt(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    studio.press(show, "stop")
    refused = studio.press(show, "start")
    assert refused.status_code == 409
    assert refused.json()["error"] == "SessionStopping"
    studio.until(show, "ended")
    again = studio.press(show, "start")
    assert (again.status_code, again.json()["attempt"]) == (202, 2)
    studio.until(show, "live")

    # What comes late from the first attempt: its channel's events, its execution's end, another cleanup.
    late = [e for e in studio.events() if f"{show}-1" in str(e) or e["detail"].get("state") in ("STOPPED", "DELETED")]
    assert late
    for event in late:
        studio.control("emit", event_id=event["id"])
    assert studio.ended(studio.start_cleanup(show, attempt=1)) == "SUCCEEDED"
    assert studio.session(show)["state"] == "live"
    assert [c["State"] for c in studio.channels(show)] == ["RUNNING"]

    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_a_delete_stops_cleans_and_hides(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    assert studio.call("DELETE", f"/sessions/{show}").status_code == 202
    assert studio.call("GET", f"/sessions/{show}").status_code == 404
    assert studio.press(show, "start").status_code == 404
    eventually(lambda: not studio.channels(show) and not studio.outputs_of(show), what="the cleanup")
    eventually(lambda: not [row for row in studio.rows(show) if "open" in row], what="the attempt's end")
    studio.assert_nothing_left(show)


def test_ingest_tells_the_owner_where_to_publish(studio: Studio) -> None:
    show = studio.create()
    early = studio.call("GET", f"/sessions/{show}/ingest")
    assert (early.status_code, early.json()["error"]) == (409, "Conflict")
    studio.press(show, "prepare")
    studio.until(show, "ready")
    answer = studio.call("GET", f"/sessions/{show}/ingest")
    assert answer.headers["cache-control"] == "no-store"
    (source,) = answer.json()["sources"]
    (described,) = (each for each in studio.inputs(show) if each["Type"] == "RTMP_PUSH")
    assert source == {
        "source": "host",
        "url": described["Destinations"][0]["Url"],
        "server": source["url"].rpartition("/")[0],
        "stream_key": source["url"].rpartition("/")[2],
    }
    studio.press(show, "stop")
    studio.until(show, "ended")
