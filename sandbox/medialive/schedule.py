"""A channel's schedule: actions that take effect at once, at a time, or behind another one.

Rules (MediaLive user guide, the schedule), each refused with 422 UnprocessableEntityException:
- a batch is all or nothing; its deletes come before its creates;
- action names are unique among the actions in the schedule; 1,500 actions at most;
- a fixed start is `yyyy-mm-ddThh:mm:ss.nnnZ`, at least 15 s and at most 14 days ahead;
- a follow start names an input switch that is in the schedule;
- while the channel runs, an action can't be deleted within the 15 s before its start;
- an input switch names an attachment of the channel; to a dynamic file (`$urlPath$`) it says which, to others not;
  the first switch of a schedule must be to a static input; the latest one that took effect can't be deleted while
  the channel runs;
- an HLS segment tag needs an HLS output group with HlsId3SegmentTagging ENABLED [not verified against AWS].

MediaLive forgets an action about an hour after its start. An immediate action of a channel that does not run
takes effect when it does. Kinds of action: HlsId3SegmentTagging and InputSwitch; the sandbox answers 501 to the
others, and to input switches that follow another one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import Clock, Timer
from sandbox.errors import AwsError

AHEAD = (15.0, 14 * 86_400.0)
LOCKED = 15.0
KEPT = 3600.0
MOST = 1500
SWITCH = "InputSwitchSettings"
BUILT = ("HlsId3SegmentTaggingSettings", SWITCH)
FOLLOW = "FollowModeScheduleActionStartSettings"

NO_INPUTS: Mapping[str, bool] = {}

Action = dict[str, Any]
Run = Callable[[Action], None]


@dataclass
class _Entry:
    """`due`: UTC seconds at which it takes effect; None is as soon as the channel runs."""

    action: Action
    due: float | None
    started: float | None = None
    timer: Timer | None = None


class Schedule:
    """The actions of one channel, in the order in which they were made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._run: Run | None = None

    def actions(self) -> list[Action]:
        """What DescribeSchedule shows."""
        self._forget_old()
        return [entry.action for entry in self._entries.values()]

    def latest_switch(self) -> Action | None:
        """The settings of the input switch that took effect last: a restarted channel begins with it."""
        latest = self._latest_switch()
        settings: Action | None = latest.action["ScheduleActionSettings"][SWITCH] if latest else None
        return settings

    def update(
        self, creates: list[Action], deletes: list[str], *, tagging: bool, inputs: Mapping[str, bool] = NO_INPUTS
    ) -> list[Action]:
        """Apply a batch, or raise AwsError and change nothing; answers the deleted actions.

        `tagging`: whether the channel has an output group that takes HLS segment tags. `inputs`: the names of its
        attachments, and whether each is of a dynamic file.
        """
        self._forget_old()
        deletes = list(dict.fromkeys(deletes))
        kinds = {kind for action in creates for kind in action["ScheduleActionSettings"]}
        if missing := sorted(kinds - set(BUILT)):
            raise AwsError("NotImplemented", f"The sandbox has no schedule action {', '.join(missing)}.", 501)
        faults = self._faults(creates, deletes, tagging, inputs)
        if faults:
            raise unprocessable(faults)
        if any(FOLLOW in action["ScheduleActionStartSettings"] for action in creates):
            raise AwsError("NotImplemented", "The sandbox has no actions that follow another one.", 501)
        removed = [self._remove(name) for name in deletes]
        for action in creates:
            self._add(action)
        return removed

    def run(self, act: Run) -> None:
        """The channel runs: what is due takes effect through `act`, the rest at its time."""
        self._run = act
        for entry in list(self._entries.values()):
            self._arm(entry)

    def rest(self) -> None:
        """The channel runs no longer."""
        self._run = None
        for entry in self._entries.values():
            if entry.timer is not None:
                entry.timer.cancel()

    def _add(self, action: Action) -> None:
        fixed = action["ScheduleActionStartSettings"].get("FixedModeScheduleActionStartSettings")
        entry = _Entry(action, parse_time(fixed["Time"]) if fixed else None)
        self._entries[action["ActionName"]] = entry
        self._arm(entry)

    def _remove(self, name: str) -> Action:
        entry = self._entries.pop(name)
        if entry.timer is not None:
            entry.timer.cancel()
        return entry.action

    def _arm(self, entry: _Entry) -> None:
        if self._run is None or entry.started is not None:
            return
        now = self._clock.time()
        if entry.due is None or entry.due <= now:
            self._take_effect(entry)
        else:
            entry.timer = self._clock.call_later(entry.due - now, lambda: self._take_effect(entry))

    def _take_effect(self, entry: _Entry) -> None:
        if self._run is not None:
            entry.started = self._clock.time()
            self._run(entry.action)

    def _forget_old(self) -> None:
        oldest = self._clock.time() - KEPT
        self._entries = {
            name: entry for name, entry in self._entries.items() if entry.started is None or entry.started > oldest
        }

    # Rules

    def _faults(
        self, creates: list[Action], deletes: list[str], tagging: bool, inputs: Mapping[str, bool]
    ) -> list[tuple[str, str]]:
        faults = [(f"deletes.actionNames[{at}]", why) for at, name in enumerate(deletes) if (why := self._keeps(name))]
        remaining = {name: entry.action for name, entry in self._entries.items() if name not in deletes}
        for at, action in enumerate(creates):
            path = f"creates.scheduleActions[{at}]"
            if action["ActionName"] in remaining:
                faults.append((f"{path}.actionName", "Action names must be unique in the schedule"))
            found = self._action_faults(action, remaining, tagging) + _switch_faults(action, remaining, inputs)
            faults += [(f"{path}.{where}", why) for where, why in found]
            remaining[action["ActionName"]] = action
        if len(remaining) > MOST:
            faults.append(("creates.scheduleActions", f"A schedule has at most {MOST} actions"))
        return faults

    def _keeps(self, name: str) -> str | None:
        """Why an action can't be deleted."""
        entry = self._entries.get(name)
        if entry is None:
            return "There is no action of that name in the schedule"
        now = self._clock.time()
        if self._run is not None and entry.due is not None and now <= entry.due < now + LOCKED:
            return f"An action can't be deleted less than {LOCKED:g} s before its start"
        if self._run is not None and entry is self._latest_switch():
            return "The latest input switch can't be deleted while the channel runs"
        return None

    def _latest_switch(self) -> _Entry | None:
        switches = [e for e in self._entries.values() if SWITCH in e.action["ScheduleActionSettings"]]
        return max((e for e in switches if e.started is not None), key=lambda e: e.started or 0.0, default=None)

    def _action_faults(self, action: Action, others: dict[str, Action], tagging: bool) -> list[tuple[str, str]]:
        faults = []
        settings, start = action["ScheduleActionSettings"], action["ScheduleActionStartSettings"]
        if len(settings) != 1:
            faults.append(("scheduleActionSettings", _one_of("ScheduleActionSettings")))
        if "HlsId3SegmentTaggingSettings" in settings and not tagging:
            faults.append(("scheduleActionSettings", "No HLS output group has HlsId3SegmentTagging ENABLED"))
        if len(start) != 1:
            faults.append(("scheduleActionStartSettings", _one_of("ScheduleActionStartSettings")))
        if fixed := start.get("FixedModeScheduleActionStartSettings"):
            faults += self._time_faults(fixed["Time"])
        if follow := start.get("FollowModeScheduleActionStartSettings"):
            followed = others.get(follow["ReferenceActionName"])
            if followed is None or SWITCH not in followed["ScheduleActionSettings"]:
                faults.append(("scheduleActionStartSettings", "ReferenceActionName must be an input switch"))
        return faults

    def _time_faults(self, text: str) -> list[tuple[str, str]]:
        where = "scheduleActionStartSettings.fixedModeScheduleActionStartSettings.time"
        try:
            ahead = parse_time(text) - self._clock.time()
        except ValueError:
            return [(where, "The time must be in UTC, as yyyy-mm-ddThh:mm:ss.nnnZ")]
        if not AHEAD[0] <= ahead <= AHEAD[1]:
            return [(where, "A fixed start must be at least 15 seconds and at most 14 days ahead")]
        return []


def _switch_faults(action: Action, others: dict[str, Action], inputs: Mapping[str, bool]) -> list[tuple[str, str]]:
    """Of an input switch: facts of the user guide's chapter on input switching, and on dynamic inputs."""
    switch = action["ScheduleActionSettings"].get(SWITCH)
    if switch is None:
        return []
    where, name = "scheduleActionSettings.inputSwitchSettings", switch["InputAttachmentNameReference"]
    if name not in inputs:
        return [(f"{where}.inputAttachmentNameReference", "The channel has no input attachment of that name")]
    if not inputs[name]:
        return [(f"{where}.urlPath", "Only dynamic inputs take a urlPath")] if switch.get("UrlPath") else []
    if not any(SWITCH in other["ScheduleActionSettings"] for other in others.values()):
        return [(where, "The first input switch must be to a static input")]
    return [] if switch.get("UrlPath") else [(f"{where}.urlPath", "A dynamic input needs a urlPath")]


def parse_time(text: str) -> float:
    """UTC seconds of `yyyy-mm-ddThh:mm:ss.nnnZ`; raises ValueError on another form."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def _one_of(name: str) -> str:
    return f"{name} must contain exactly one property"


def unprocessable(faults: list[tuple[str, str]]) -> AwsError:
    """MediaLive's 422 with what is wrong where: (element path, message) each."""
    errors = [{"ElementPath": path, "ErrorMessage": message} for path, message in faults]
    summary = "; ".join(f"{path}: {message}" for path, message in faults)
    return AwsError("UnprocessableEntityException", summary, 422, ValidationErrors=errors)
