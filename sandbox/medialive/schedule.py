"""A channel's schedule: actions that take effect at once, at a time, or behind another one.

Rules (MediaLive user guide, the schedule), each refused with 422 UnprocessableEntityException; those of a single
action are in `actions`:
- a batch is all or nothing; its deletes come before its creates;
- action names are unique among the actions in the schedule; 1,500 actions at most;
- a fixed start is `yyyy-mm-ddThh:mm:ss.nnnZ`, at least 15 s and at most 14 days ahead;
- the first switch of a channel, by time, must be to a static input;
- a prepare that follows a switch's start comes to the schedule before that start;
- while the channel runs, these can't be deleted: an action within the 15 s before its start; the fixed or immediate
  switch that took effect last, and what follows it; the prepare that took effect last;
- nothing is deleted that another action follows [not verified against AWS].

MediaLive forgets an action about an hour after its start. Immediate and overdue actions of a channel that does not
run take effect when it starts; of the switches among them the latest is on air from the first moment. A channel
that recovers begins with the fixed or immediate switch that took effect last, a file from its beginning, and what
followed that is lost (user guide, Starting and stopping a channel with input switching).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sandbox.clock import Clock, Timer
from sandbox.errors import AwsError
from sandbox.medialive.actions import (
    BUILT,
    PREPARE,
    SWITCH,
    Abilities,
    Action,
    Fault,
    faults,
    fixed_time,
    follow_point,
    follows,
    kind,
)

AHEAD = (15.0, 14 * 86_400.0)
LOCKED = 15.0
KEPT = 3600.0
MOST = 1500
EARLY = 2.0
"""Seconds before its time at which a fixed switch is handed to the encoder, which then performs it on time."""


class Actor(Protocol):
    """Who performs actions: the encoder, as the schedule sees it."""

    def schedule(self, action: Action) -> None: ...

    def unschedule(self, names: list[str]) -> None: ...


@dataclass
class _Entry:
    """`due`: UTC seconds at which it takes effect; None where no time says so.

    `past`: since when it has had its effect, or can have none any more: the switch that it follows was left.
    """

    action: Action
    made: float
    due: float | None
    past: float | None = None
    handed: bool = False
    timer: Timer | None = None

    @property
    def name(self) -> str:
        return str(self.action["ActionName"])

    @property
    def switches(self) -> bool:
        return kind(self.action) == SWITCH

    @property
    def is_root(self) -> bool:
        """A switch that interrupts what is on air."""
        return self.switches and follows(self.action) is None


class Schedule:
    """The actions of one channel, in the order in which they were made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._actor: Actor | None = None
        self._live = False  # from the start to the stop, also while the channel recovers
        self._latest: Action | None = None  # the fixed or immediate switch that took effect last
        self._latest_prepare: str | None = None
        self._on_air: str | None = None  # the switch, of any start, that took effect last

    def actions(self) -> list[Action]:
        """What DescribeSchedule shows."""
        self._forget_old()
        return [entry.action for entry in self._entries.values()]

    def update(self, creates: list[Action], deletes: Iterable[str], can: Abilities) -> list[Action]:
        """Apply a batch, or raise AwsError and change nothing; answers the deleted actions."""
        self._forget_old()
        deletes = list(dict.fromkeys(deletes))
        kinds = {kind for action in creates for kind in action["ScheduleActionSettings"]}
        if missing := sorted(kinds - BUILT):
            raise AwsError("NotImplemented", f"The sandbox has no schedule action {', '.join(missing)}.", 501)
        if found := self._faults(creates, deletes, can):
            raise unprocessable(found)
        removed = [self._remove(name) for name in deletes]
        for action in creates:
            self._add(action)
        self._leave_chains()
        return removed

    def clear(self) -> None:
        """Delete every action. For a channel that rests."""
        self._entries.clear()
        self._latest = self._latest_prepare = None

    # The channel's life

    def open(self, *, again: bool) -> Action | None:
        """The channel is about to run: the switch that puts its first input on air, if there is one.

        `again`: after a failure of its encoder; then it is the latest switch, also one that was forgotten meanwhile.
        """
        self._forget_old()
        now, self._live = self._clock.time(), True
        waiting = [each for each in self._entries.values() if each.is_root and each.past is None]
        ready = [each for each in waiting if each.due is None or each.due <= now]
        if ready:
            self._latest = max(reversed(ready), key=lambda each: each.made if each.due is None else each.due).action
            self._on_air = self._latest["ActionName"]
        elif not again and self._latest is not None and self._latest["ActionName"] not in self._entries:
            self._latest = None
        for each in ready:
            each.past, each.handed = now, each.action is self._latest
        self._leave_chains()
        return self._latest

    def run(self, actor: Actor) -> None:
        """The channel runs: what is due takes effect through `actor`, the rest at its time."""
        self._actor = actor
        for entry in list(self._entries.values()):
            self._arm(entry)

    def pause(self) -> None:
        """The encoder is gone, and the channel recovers."""
        self._actor = self._on_air = None
        for entry in self._entries.values():
            entry.handed = False
            if entry.timer is not None:
                entry.timer.cancel()
        self._leave_chains()

    def rest(self) -> None:
        """The channel runs no longer."""
        self.pause()
        self._live = False

    def took_effect(self, name: str | None) -> None:
        """The encoder has put an input on air by the switch `name`."""
        entry = self._entries.get(name or "")
        if entry is None:
            return
        if entry.action is self._latest:
            self._on_air = name
        elif entry.past is None and not entry.is_root:
            entry.past, self._on_air = self._clock.time(), name
            self._leave_chains()
        self._prepare_behind(entry.name, "START")

    def ended(self, name: str | None) -> None:
        """The file that the switch `name` put on air has ended."""
        if name is not None:
            self._prepare_behind(name, "END")

    # Taking effect

    def _add(self, action: Action) -> None:
        time = fixed_time(action)
        entry = _Entry(action, self._clock.time(), parse_time(time) if time else None)
        self._entries[entry.name] = entry
        self._arm(entry)

    def _remove(self, name: str) -> Action:
        entry = self._entries.pop(name)
        if entry.timer is not None:
            entry.timer.cancel()
        if self._actor is not None and entry.handed and entry.past is None:
            self._actor.unschedule([name])
        if entry.action is self._latest:
            self._latest = None
        return entry.action

    def _arm(self, entry: _Entry) -> None:
        if self._actor is None or entry.past is not None:
            return
        reference = follows(entry.action)
        if reference is not None:
            if entry.switches and (reference == self._on_air or self._handed(reference)):
                self._hand_over(entry)
        elif entry.due is None:
            self._take_effect(entry)
        elif entry.switches:
            self._at(entry, entry.due - EARLY, self._hand_over)
        else:
            self._at(entry, entry.due, self._take_effect)

    def _at(self, entry: _Entry, due: float, act: Callable[[_Entry], None]) -> None:
        delay = due - self._clock.time()
        if delay <= 0:
            act(entry)
        else:
            entry.timer = self._clock.call_later(delay, lambda: act(entry))

    def _handed(self, name: str) -> bool:
        """Whether the encoder has this switch, and it is still to come."""
        entry = self._entries.get(name)
        return entry is not None and entry.handed and entry.past is None

    def _hand_over(self, entry: _Entry) -> None:
        """Let the encoder perform it: now, or a switch at its time, and what follows that behind it."""
        if self._actor is None:
            return
        for each in (entry, *(self._entries[name] for name in self._chain([entry.name]))):
            if each is entry or each.switches:
                each.handed = True
                self._actor.schedule(each.action)
        if entry.due is not None and entry.past is None:
            self._at(entry, entry.due, self._take_effect)

    def _take_effect(self, entry: _Entry) -> None:
        entry.past = self._clock.time()
        if entry.is_root:
            self._latest, self._on_air = entry.action, entry.name
            self._leave_chains()
        if kind(entry.action) == PREPARE:
            self._latest_prepare = entry.name
        if not entry.handed:
            self._hand_over(entry)

    def _prepare_behind(self, name: str, point: str) -> None:
        for entry in list(self._entries.values()):
            prepares = kind(entry.action) == PREPARE and entry.past is None
            if prepares and follows(entry.action) == name and follow_point(entry.action) == point:
                self._take_effect(entry)

    def _leave_chains(self) -> None:
        """What follows a switch that is neither on air nor to come will have no effect."""
        coming = [each.name for each in self._entries.values() if each.is_root and each.past is None]
        alive = set(self._chain([*coming, self._on_air] if self._on_air else coming))
        for entry in self._entries.values():
            if follows(entry.action) is not None and entry.past is None and entry.name not in alive:
                entry.past = self._clock.time()

    def _chain(self, names: list[str]) -> list[str]:
        """All that follows one of `names`, and what follows that, in this order."""
        followers = defaultdict[str | None, list[str]](list)
        for entry in self._entries.values():
            followers[follows(entry.action)].append(entry.name)
        chain = [follower for name in names for follower in followers.pop(name, ())]
        for name in chain:  # which grows meanwhile
            chain += followers.pop(name, ())
        return chain

    def _forget_old(self) -> None:
        oldest = self._clock.time() - KEPT
        self._entries = {
            name: entry for name, entry in self._entries.items() if entry.past is None or entry.past > oldest
        }

    # Rules

    def _faults(self, creates: list[Action], deletes: list[str], can: Abilities) -> list[Fault]:
        found = [(f"deletes.actionNames[{at}]", why) for at, name in enumerate(deletes) if (why := self._keeps(name))]
        remaining = {name: entry.action for name, entry in self._entries.items() if name not in deletes}
        for action in remaining.values():
            if (reference := follows(action)) in deletes:
                why = f"{action['ActionName']} follows it; delete that, too"
                found.append((f"deletes.actionNames[{deletes.index(str(reference))}]", why))
        for at, action in enumerate(creates):
            path = f"creates.scheduleActions[{at}]"
            if action["ActionName"] in remaining:
                found.append((f"{path}.actionName", "Action names must be unique in the schedule"))
            of_action = [*faults(action, remaining, can), *self._start_faults(action)]
            found += [(f"{path}.{where}", why) for where, why in of_action]
            remaining[action["ActionName"]] = action
        if len(remaining) > MOST:
            found.append(("creates.scheduleActions", f"A schedule has at most {MOST} actions"))
        return found or self._first_switch_faults(remaining, creates, can)

    def _keeps(self, name: str) -> str | None:
        """Why an action can't be deleted."""
        entry = self._entries.get(name)
        if entry is None:
            return "There is no action of that name in the schedule"
        if not self._live:
            return None
        now = self._clock.time()
        if entry.due is not None and now <= entry.due < now + LOCKED:
            return f"An action can't be deleted less than {LOCKED:g} s before its start"
        latest = [self._latest["ActionName"]] if self._latest else []
        if name in (*latest, *self._chain(latest)):
            return "The latest input switch, and what follows it, can't be deleted while the channel runs"
        if name == self._latest_prepare:
            return "The latest input prepare can't be deleted while the channel runs"
        return None

    def _start_faults(self, action: Action) -> list[Fault]:
        """Of an action's start, as far as the clock decides."""
        start = "scheduleActionStartSettings"
        if (time := fixed_time(action)) is not None:
            where = f"{start}.fixedModeScheduleActionStartSettings.time"
            return [(where, why)] if (why := self._time_fault(time)) else []
        reference = self._entries.get(follows(action) or "")
        if reference is not None and reference.past is not None and follow_point(action) == "START":
            where = f"{start}.followModeScheduleActionStartSettings.referenceActionName"
            return [(where, "What is to follow the start of a switch must be there before it")]
        return []

    def _time_fault(self, text: str) -> str | None:
        try:
            ahead = parse_time(text) - self._clock.time()
        except ValueError:
            return "The time must be in UTC, as yyyy-mm-ddThh:mm:ss.nnnZ"
        if not AHEAD[0] <= ahead <= AHEAD[1]:
            return "A fixed start must be at least 15 seconds and at most 14 days ahead"
        return None

    def _first_switch_faults(
        self, remaining: Mapping[str, Action], creates: list[Action], can: Abilities
    ) -> list[Fault]:
        if self._latest is not None:
            return []
        roots = [each for each in remaining.values() if kind(each) == SWITCH and follows(each) is None]
        first = min(roots, key=lambda each: parse_time(fixed_time(each) or _EPOCH), default=None)
        if first is None or not can.inputs[first["ScheduleActionSettings"][SWITCH][_ATTACHMENT]].dynamic:
            return []
        at = creates.index(first) if first in creates else None
        where = "deletes.actionNames" if at is None else f"creates.scheduleActions[{at}].scheduleActionSettings"
        return [(where, "The first input switch must be to a static input")]


_ATTACHMENT = "InputAttachmentNameReference"
_EPOCH = "1970-01-01T00:00:00.000Z"


def parse_time(text: str) -> float:
    """UTC seconds of `yyyy-mm-ddThh:mm:ss.nnnZ`; raises ValueError on another form."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def unprocessable(faults: list[Fault]) -> AwsError:
    """MediaLive's 422 with what is wrong where: (element path, message) each."""
    errors = [{"ElementPath": path, "ErrorMessage": message} for path, message in faults]
    summary = "; ".join(f"{path}: {message}" for path, message in faults)
    return AwsError("UnprocessableEntityException", summary, 422, ValidationErrors=errors)
