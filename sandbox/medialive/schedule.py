"""A channel's schedule: actions that take effect at once, at a time, or behind another one.

Rules (MediaLive user guide, the schedule), each refused with 422 UnprocessableEntityException; those of a single
action are in `actions`:
- a batch is all or nothing; its deletes come before its creates;
- action names are unique among the actions in the schedule; 1,500 actions at most; chains don't branch, and one
  prepare follows a switch;
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


@dataclass(eq=False)
class _Entry:
    """An action; `after` is the one that it follows.

    `due`: UTC seconds at which it takes effect; None where no time says so. `past`: since when it has had its effect,
    or, being `lost`, can have none any more: what it follows was left before its turn came.
    """

    action: Action
    made: float
    due: float | None
    after: "_Entry | None" = None
    past: float | None = None
    lost: bool = False
    handed: bool = False
    timer: Timer | None = None

    @property
    def name(self) -> str:
        return str(self.action["ActionName"])

    @property
    def switches(self) -> bool:
        return kind(self.action) == SWITCH

    @property
    def prepares(self) -> bool:
        return kind(self.action) == PREPARE

    @property
    def is_root(self) -> bool:
        """A switch that interrupts what is on air."""
        return self.switches and self.after is None

    @property
    def is_pending(self) -> bool:
        return self.past is None

    @property
    def root(self) -> "_Entry":
        """The switch at the beginning of its chain."""
        entry = self
        while entry.after is not None:
            entry = entry.after
        return entry


class Schedule:
    """The actions of one channel, in the order in which they were made: what is followed comes before what follows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._actor: Actor | None = None
        self._live = False  # from the start to the stop, also while the channel recovers
        self._latest: _Entry | None = None  # the fixed or immediate switch that took effect last
        self._latest_prepare: _Entry | None = None
        self._on_air: _Entry | None = None  # the switch, of any start, that took effect last, or will at the start

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
        self._latest = self._latest_prepare = self._on_air = None

    def misfits(self, can: Abilities) -> list[Fault]:
        """(action, why) of what a channel that `can` so much could not do, of what is on air or to come."""
        self._forget_old()
        others = {name: entry.action for name, entry in self._entries.items()}
        coming = [entry for entry in self._entries.values() if entry.is_pending or entry is self._latest]
        return [(entry.name, why) for entry in coming for _, why in faults(entry.action, others, can)]

    # The channel's life

    def open(self, *, again: bool) -> Action | None:
        """The channel is about to run: the switch that puts its first input on air, if there is one.

        `again`: after a failure of its encoder; then it is the latest switch, also one that was forgotten meanwhile.
        """
        self._forget_old()
        now, self._live = self._clock.time(), True
        waiting = [each for each in self._entries.values() if each.is_root and each.is_pending]
        ready = [each for each in waiting if each.due is None or each.due <= now]
        if ready:
            self._latest = max(reversed(ready), key=lambda each: each.made if each.due is None else each.due)
        elif not again and self._latest is not None and self._entries.get(self._latest.name) is not self._latest:
            self._latest = None
        for each in ready:
            each.past, each.handed = now, each is self._latest
        self._on_air = self._latest
        self._leave_chains()
        return self._latest.action if self._latest else None

    def run(self, actor: Actor) -> None:
        """The channel runs: what is due takes effect through `actor`, the rest at its time."""
        self._actor = actor
        for entry in sorted(self._entries.values(), key=lambda each: each.due or 0.0):
            self._arm(entry)

    def pause(self) -> None:
        """The encoder is gone, and the channel recovers; what followed what was on air is lost."""
        if self._actor is not None:
            self._actor = self._on_air = None
            self._leave_chains()
        self._on_air = self._latest
        for entry in self._entries.values():
            entry.handed = False
            if entry.timer is not None:
                entry.timer.cancel()

    def rest(self) -> None:
        """The channel runs no longer."""
        self.pause()
        self._live, self._latest_prepare = False, None

    def took_effect(self, name: str | None) -> None:
        """The encoder has put an input on air by the switch `name`."""
        entry = self._entries.get(name) if name else None
        if entry is not None and entry.handed and entry.is_pending:
            self._take_effect(entry)
        self._prepare_behind(name, "START")

    def ended(self, name: str | None) -> None:
        """The file that the switch `name` put on air has ended."""
        self._prepare_behind(name, "END")

    # Taking effect

    def _add(self, action: Action) -> None:
        time, reference = fixed_time(action), follows(action)
        after = self._entries[reference] if reference is not None else None
        entry = _Entry(action, self._clock.time(), parse_time(time) if time else None, after)
        self._entries[entry.name] = entry
        self._arm(entry)

    def _remove(self, name: str) -> Action:
        entry = self._entries.pop(name)
        if entry.timer is not None:
            entry.timer.cancel()
        if self._actor is not None and entry.handed and entry.is_pending:
            self._actor.unschedule([name])
        if entry is self._latest:
            self._latest = self._on_air = None
        return entry.action

    def _arm(self, entry: _Entry) -> None:
        if self._actor is None or not entry.is_pending or entry.handed:
            return
        if entry.after is not None:
            if entry.switches and self._is_near(entry.after):
                self._hand_over(entry)
        elif entry.due is None:
            self._take_effect(entry)
        elif entry.switches:
            self._at(entry, entry.due - EARLY, self._announce)
        else:
            self._at(entry, entry.due, self._take_effect)

    def _at(self, entry: _Entry, due: float, act: Callable[[_Entry], None]) -> None:
        delay = due - self._clock.time()
        if delay <= 0:
            act(entry)
        else:
            entry.timer = self._clock.call_later(delay, lambda: act(entry))

    def _is_near(self, entry: _Entry) -> bool:
        """Whether the switch is on air, or the encoder has it."""
        return entry is self._on_air or (entry.handed and entry.is_pending)

    def _announce(self, entry: _Entry) -> None:
        """A fixed switch comes soon: the encoder performs it at its time, and what follows it behind it."""
        self._hand_over(entry)
        for each in list(self._entries.values()):
            if each.after is not None:
                self._arm(each)
        if entry.due is not None:
            self._at(entry, entry.due, self._take_effect)

    def _take_effect(self, entry: _Entry) -> None:
        if not entry.is_pending:  # the encoder was a moment before the timer
            return
        entry.past = self._clock.time()
        if entry.is_root:
            self._latest = entry
        if entry.switches:
            self._on_air = entry
            self._leave_chains()
        if entry.prepares:
            self._latest_prepare = entry
        if not entry.handed:
            self._hand_over(entry)

    def _hand_over(self, entry: _Entry) -> None:
        if self._actor is not None:
            entry.handed = True
            self._actor.schedule(entry.action)

    def _prepare_behind(self, name: str | None, point: str) -> None:
        if self._on_air is None or self._on_air.name != name:
            return
        for each in list(self._entries.values()):
            if each.prepares and each.after is self._on_air and each.is_pending and follow_point(each.action) == point:
                self._take_effect(each)

    def _leave_chains(self) -> None:
        """What follows a switch that is neither on air nor to come will have no effect."""
        for entry in self._entries.values():
            after = entry.after
            if after is not None and entry.is_pending and after is not self._on_air and not after.is_pending:
                entry.past, entry.lost = self._clock.time(), True

    def _forget_old(self) -> None:
        now = self._clock.time()
        for entry in [] if self._live else self._entries.values():
            due = entry.root.due
            if entry.is_pending and due is not None and due <= now - KEPT:
                entry.past, entry.lost = due, True
        self._entries = {
            name: entry for name, entry in self._entries.items() if entry.past is None or entry.past > now - KEPT
        }

    # Rules

    def _faults(self, creates: list[Action], deletes: list[str], can: Abilities) -> list[Fault]:
        found = [(f"deletes.actionNames[{at}]", why) for at, name in enumerate(deletes) if (why := self._keeps(name))]
        staying = [entry for name, entry in self._entries.items() if name not in deletes]
        for entry in staying:
            if (reference := follows(entry.action)) in deletes:
                why = f"{entry.name} follows it; delete that, too"
                found.append((f"deletes.actionNames[{deletes.index(str(reference))}]", why))
        remaining = {entry.name: entry.action for entry in staying}
        followed = {(follows(each.action), kind(each.action)): each.name for each in staying if not each.lost}
        for at, action in enumerate(creates):
            path = f"creates.scheduleActions[{at}]"
            if action["ActionName"] in remaining:
                found.append((f"{path}.actionName", "Action names must be unique in the schedule"))
            of_action = [*faults(action, remaining, can), *self._start_faults(action, followed)]
            found += [(f"{path}.{where}", why) for where, why in of_action]
            remaining[action["ActionName"]] = action
            followed[follows(action), kind(action)] = action["ActionName"]
        if len(remaining) > MOST:
            found.append(("creates.scheduleActions", f"A schedule has at most {MOST} actions"))
        return found or self._first_switch_faults(remaining, creates, can)

    def _keeps(self, name: str) -> str | None:
        """Why an action can't be deleted."""
        entry = self._entries.get(name)
        if entry is None:
            return "There is no action of that name in the schedule"
        if not self._live or entry.lost:
            return None
        now = self._clock.time()
        if entry.due is not None and now <= entry.due < now + LOCKED:
            return f"An action can't be deleted less than {LOCKED:g} s before its start"
        if entry.root is self._latest:
            return "The latest input switch, and what follows it, can't be deleted while the channel runs"
        if entry is self._latest_prepare:
            return "The latest input prepare can't be deleted while the channel runs"
        return None

    def _start_faults(self, action: Action, followed: Mapping[tuple[str | None, str | None], str]) -> list[Fault]:
        """Of an action's start: its time, and what is in the schedule already."""
        start = "scheduleActionStartSettings"
        if (time := fixed_time(action)) is not None:
            where = f"{start}.fixedModeScheduleActionStartSettings.time"
            return [(where, why)] if (why := self._time_fault(time)) else []
        if (reference := follows(action)) is None:
            return []
        where = f"{start}.followModeScheduleActionStartSettings.referenceActionName"
        if sibling := followed.get((reference, kind(action))):
            return [(where, f"{sibling} follows that action already")]
        entry = self._entries.get(reference)
        if entry is not None and not entry.is_pending and follow_point(action) == "START":
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
        if self._latest is not None and (self._live or self._latest.name in remaining):
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
