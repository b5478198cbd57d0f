"""Viewers and health of a live show's stream, by the stack's own schedule, queue and permissions."""

from typing import Any

from tests.studio import Studio, eventually


def looks(studio: Studio) -> str:
    """The URL of the queue that rings between the minutes."""
    queues = studio.aws["sqs"].list_queues()["QueueUrls"]
    (url,) = [url for url in queues if "StreamLooks" in url]
    return str(url)


def shown_as(studio: Studio, show: str, health: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        shown = studio.session(show)
        return shown if shown["health"] == health else None

    return eventually(look, 60, f"the health {health}")


def test_a_live_show_tells_its_viewers_and_its_health(studio: Studio) -> None:
    show, queue = studio.create(), looks(studio)
    studio.press(show, "start")
    assert studio.until(show, "starting", "live")["viewers"] is None
    studio.until(show, "live")
    studio.fire("rate(1 minute)")
    shown = shown_as(studio, show, "HEALTHY")
    assert (shown["viewers"], shown["warnings"]) == (0, [])
    kept = studio.aws["sqs"].get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert int(kept["ApproximateNumberOfMessagesDelayed"]) >= 3

    (output,) = studio.outputs_of(show)
    fault = studio.control("faults", kind="stream_starve", resource=output["arn"])["fault"]
    studio.aws["sqs"].send_message(QueueUrl=queue, MessageBody="look")  # as one whose 15 s are over
    assert [each["kind"] for each in shown_as(studio, show, "STARVING")["warnings"]] == ["starving"]
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()
    studio.press(show, "stop")
    ended = studio.until(show, "ended")
    assert (ended["viewers"], ended["health"]) == (None, None)
