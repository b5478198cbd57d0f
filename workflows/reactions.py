"""From an EventBridge event to what it may mean: which waits to look at, or which attempt to clean up.

Events are best effort: lost, late, doubled, out of order. So an event is never believed; it says where to
look. One that comes before AWS's answers agree is looked after for LOOK_SECONDS, then left to the time-out.
"""

import json
from collections.abc import Callable
from typing import Any

from showrunner import clock, fallback, guards, medialive, picture, stream, waits
from showrunner.executions import ENDS
from showrunner.observability import logger
from showrunner.session import moment
from showrunner.settings import settings
from showrunner.store import store
from workflows import cleanup, switching, tracks

Event = dict[str, Any]
LOOK_SECONDS = 5.0
LOOK_EVERY = 0.5

# MediaLive's events have states of their own: CREATED and STOPPED both mean that the API says IDLE.
CHANNEL_EVENTS = {
    "CREATED": {"channel_idle", "channel_stopped"},
    "RUNNING": {"channel_running"},
    "STOPPED": {"channel_stopped", "channel_running", "stream_live", "show_over"},
    "DELETED": set(waits.CONDITIONS),
}
# Whether there is a stream, by IVS's events.
STREAM_EVENTS = {"Stream Start": True, "Stream End": False, "Stream Failure": False, "Session Ended": False}


def on_channel_event(event: Event) -> None:
    """MediaLive Channel State Change."""
    arn, state = event["detail"]["channel_arn"], event["detail"]["state"]
    if owner := _owner(arn):
        if conditions := CHANNEL_EVENTS.get(state):
            _look(lambda: not waits.wake(*owner, conditions), arn)
        _tell(event, owner, "medialive", f"MediaLive: the channel is {state.lower()}")


def on_stream_event(event: Event) -> None:
    """IVS Stream State Change. The end of a stream comes as two events, or as one."""
    arn, name = event["resources"][0], event["detail"]["event_name"]
    live, owner = STREAM_EVENTS.get(name), _owner(arn)
    if owner is None:
        return
    if live:
        _look(lambda: not waits.wake(*owner, {"stream_live"}), arn)
    if live is not None:
        _look(lambda: _notice_stream(*owner) in (live, None), arn)
    _tell(event, owner, "ivs", f"IVS: {name.lower()}")


def _notice_stream(session_id: str, number: int) -> bool | None:
    attempt = store().attempt(session_id, number)
    live = stream.notice(attempt, medialive.channel(attempt.channel_id))
    if live is False:
        session, attempt = store().session(session_id), store().attempt(session_id, number)
        guards.foresee(attempt, guards.told(session, attempt))
    return live


def on_input_event(event: Event) -> None:
    """MediaLive Channel Input Change."""
    detail = event["detail"]
    if owner := _owner(detail["channel_arn"]):
        action, told = detail["active_input_switch_action_name"], moment(event["time"])
        tracks.reenter(*owner, action, told)
        switching.confirm(*owner, action, told)
        tracks.settle(*owner)
        _notice_picture(*owner)


def on_alert_event(event: Event) -> None:
    """MediaLive Channel Alert of a picture that is lost, or back."""
    detail = event["detail"]
    if owner := _owner(detail["channel_arn"]):
        lost = detail["alarm_state"] == "SET"
        _look(lambda: _notice_picture(*owner) in (lost, None), detail["channel_arn"])
        if lost:
            _look(lambda: _notice_loss(*owner), detail["channel_arn"])


def _notice_picture(session_id: str, number: int) -> bool | None:
    session, attempt = store().session(session_id), store().attempt(session_id, number)
    channel = medialive.channel(attempt.channel_id)
    if channel is None:
        return None
    lost = picture.notice(session, attempt, channel)
    guards.foresee(attempt, guards.of_the_show(session, attempt, channel))
    return lost


def _notice_loss(session_id: str, number: int) -> bool:
    session, attempt = store().session(session_id), store().attempt(session_id, number)
    channel = medialive.channel(attempt.channel_id)
    return channel is None or fallback.notice(session, attempt, channel)


def on_execution_event(event: Event) -> None:
    """Step Functions Execution Status Change of a session or a cleanup."""
    detail = event["detail"]
    ended, about = detail["status"], json.loads(detail["input"])
    owner = about["session_id"], about["attempt"]
    if ended not in ENDS or store().tended(*owner) is None:
        return
    if detail["stateMachineArn"] == settings().cleanup_machine_arn:
        cleanup.after_cleanup(*owner, detail["name"], ended)
    else:
        cleanup.after_execution(*owner, ended)


def _owner(arn: str) -> tuple[str, int] | None:
    """The attempt that a resource was made for. Of one without a row, as in a table that was restored, there is nothing
    to tell, and the sweeper removes what it has.
    """
    owner = store().whose(arn)
    return owner if owner and store().tended(*owner) is not None else None


def _tell(event: Event, owner: tuple[str, int], kind: str, text: str) -> None:
    """Write down that the event came, for who asks later what happened; once, also if it comes twice."""
    store().note(*owner, kind, text, of=f"{text}#{event['time']}")


def _look(is_so: Callable[[], bool], arn: str) -> None:
    """Until AWS's answers agree with its event, but not for ever."""
    until = clock.time() + LOOK_SECONDS
    while not is_so():
        if clock.time() > until:
            logger().debug("left to the time-out", resource=arn)
            return
        clock.sleep(LOOK_EVERY)
