"""What will be on air after what is, by what MediaLive was asked for, and where an edit of it can come in. Pure.

MediaLive keeps a chain that is on air: what follows the latest cut can neither be taken back nor branched (user guide,
managing the schedule). So an edit replaces the rest of a chain by a switch at a time: `LEAD` before the end of a track,
which interrupts the chain and begins another one. A time must be 15 s ahead: a track that ends sooner locks the one
behind it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from showrunner.session import Attempt, moment
from showrunner.switch import Switch, with_followers

CHAIN = "track-"  # what the names of a chain's actions begin with
LEAD = timedelta(seconds=1)  # an end is known as well as the event of the beginning, which has whole seconds
NOTICE = timedelta(seconds=17)  # MediaLive's 15 s, and the way there


class Turn(Struct, frozen=True):
    """What `action` puts on air from `begins` on. `ends` is a file's end, unless it is cut short; None: not known."""

    action: str
    source: str
    item: str | None
    position: int | None
    begins: datetime
    ends: datetime | None

    @property
    def what(self) -> str:
        return self.item or self.source

    @property
    def of_chain(self) -> bool:
        """Whether it is one of the tracklist's tracks."""
        return self.action.startswith(CHAIN) and self.item is not None


def order(attempt: Attempt, without: Iterable[Switch] = ()) -> list[Turn]:
    """What is on air, or is to be at once, and what comes behind it; empty while that is not known."""
    left_out = {each.action for each in without}
    coming = [each for each in attempt.switches.values() if each.action not in left_out]
    first = _first(attempt)
    return [first, *_behind(first, coming)] if first else []


def edits(attempt: Attempt) -> list[Switch]:
    """The switches by which edits begin that are to come, the next first."""
    found = [each for each in attempt.switches.values() if each.behind and not each.void]
    return sorted(found, key=lambda each: each.due)


class Plan(Struct, frozen=True):
    """Where an edit comes in: behind the last of `locked`, the first of which is on air.

    `open`: whether it can at all; else all that comes is locked. `rest` is what comes behind if nothing is changed, and
    `movable` what earlier edits have asked for that can still be taken back.
    """

    locked: list[Turn]
    rest: list[Turn]
    open: bool
    movable: list[Switch]

    @property
    def at(self) -> datetime:
        """When."""
        ends = self.locked[-1].ends
        assert ends is not None
        return ends - LEAD


def plan(attempt: Attempt, now: datetime) -> Plan:
    movable = with_followers(
        [each for each in edits(attempt) if moment(each.due) >= now + NOTICE], attempt.switches.values()
    )
    turns = order(attempt, movable)
    for number, (turn, following) in enumerate(pairwise([*turns, None])):
        if turn is None or turn.ends is None or not turn.of_chain:
            continue
        cut_short = following is not None and following.begins < turn.ends - LEAD
        if not cut_short and turn.ends - LEAD >= now + NOTICE:
            return Plan(turns[: number + 1], turns[number + 1 :], True, movable)
    return Plan(turns, [], False, movable)


def place(items: list[str], item: str | None, position: int | None) -> int | None:
    """Where a track that is, or was, at `position` is in a list: of several alike the nearest."""
    there = [number for number, each in enumerate(items) if each == item]
    return min(there, key=lambda number: (abs(number - (position or 0)), -number), default=None)


def behind(items: list[str], item: str | None, position: int | None) -> int:
    """From where on a list follows a track; one that is not in it any more, by what has come to its place."""
    found = place(items, item, position)
    return min(position or 0, len(items)) if found is None else found + 1


def began(attempt: Attempt, switch: Switch, seen: datetime, told: datetime | None) -> datetime:
    """When a switch has taken effect that was `seen` on air: by MediaLive's event, else as it was to be."""
    if told is not None:
        return min(max(told, moment(switch.due)), seen) if switch.after is None else min(told, seen)
    expected = next((turn.begins for turn in order(attempt) if turn.action == switch.action), seen)
    return min(expected, seen) if switch.at or switch.after else seen


def _first(attempt: Attempt) -> Turn | None:
    if latest := attempt.latest:
        return _turn(latest, moment(latest.asked_at))
    if attempt.on_air is None or attempt.on_air_action is None or attempt.on_air_at is None:
        return None
    ends = moment(attempt.on_air_until) if attempt.on_air_until else None
    begins = moment(attempt.on_air_at)
    return Turn(attempt.on_air_action, attempt.on_air, attempt.on_air_item, attempt.on_air_position, begins, ends)


def _turn(switch: Switch, begins: datetime) -> Turn:
    ends = begins + timedelta(milliseconds=switch.milliseconds) if switch.milliseconds else None
    return Turn(switch.action, switch.source, switch.item, switch.position, begins, ends)


def _behind(turn: Turn, coming: list[Switch]) -> Iterator[Turn]:
    """A switch at a time comes before the end that it cuts short; without an end known, what follows is not timed."""
    timed = sorted((each for each in coming if each.at and not each.void), key=lambda each: each.due)
    follows = {each.after: each for each in coming if each.after}
    while True:
        cut = next((each for each in timed if turn.ends is None or moment(each.due) <= turn.ends), None)
        follower = follows.pop(turn.action, None)
        if follower is not None and (cut is None or turn.ends is None):
            turn = _turn(follower, turn.ends or turn.begins)
        elif cut is not None:
            timed = [each for each in timed if each.due > cut.due]
            turn = _turn(cut, moment(cut.due))
        else:
            return
        yield turn
