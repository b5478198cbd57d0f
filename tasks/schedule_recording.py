"""Mark in the recording where the show begins: a tag in the HLS segments, by an immediate schedule action."""

from typing import Any

from showrunner import aws
from showrunner.store import store

Event = dict[str, Any]
ACTION = "recording-start"


def handler(event: Event, context: object) -> Event:
    """Answers {"tagged"}. The HLS output stores the whole session in any case."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    if session.record != "auto":
        return {"tagged": False}
    if ACTION not in _scheduled(str(attempt.channel_id)):
        aws.medialive().batch_update_schedule(
            ChannelId=str(attempt.channel_id),
            Creates={
                "ScheduleActions": [
                    {
                        "ActionName": ACTION,
                        "ScheduleActionStartSettings": {"ImmediateModeScheduleActionStartSettings": {}},
                        "ScheduleActionSettings": {
                            "HlsId3SegmentTaggingSettings": {"Tag": f"showrunner:{attempt.name}"}
                        },
                    }
                ]
            },
        )
    store().note(session.id, attempt.number, "recording", "The recording is marked from here")
    return {"tagged": True}


def _scheduled(channel_id: str) -> set[str]:
    pages = aws.medialive().get_paginator("describe_schedule").paginate(ChannelId=channel_id)
    return {action["ActionName"] for page in pages for action in page["ScheduleActions"]}
