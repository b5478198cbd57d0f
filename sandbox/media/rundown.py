"""What is on air and what comes next: MediaLive's input switches, without video or threads.

Rules:
- an immediate or fixed switch takes place at the first tick at or after its time at which its input is ready: of
  one that is not prepared, the old input stays on air meanwhile ("there is a delay between the moment that the
  schedule receives the action and the moment that the switch occurs", user guide, Preparing inputs);
- of several that are due the latest counts, the others never take place;
- a follow switch takes place when the file that the action before it put on air has ended, wherever the chain
  then leads; a fixed or immediate switch ends the chain that it interrupts;
- fixed and follow switches are prepared ahead by themselves; one input at a time by an input prepare, which
  serves a switch to the same attachment with the same path;
- each switch to a file plays it from its beginning.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.media.source import Input

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Switch:
    """`action` is its name, None for the channel's start. `time` in UTC seconds; `after`: the action it follows."""

    action: str | None
    attachment: str
    path: str | None = None
    time: float | None = None
    after: str | None = None


@dataclass
class _Cue:
    switch: Switch
    due: float = 0.0
    input: Input | None = None


class Rundown:
    """`open_input` makes what a switch puts on air; `on_air` is told of every switch that took place, `ended` of
    every one whose file has ended.

    Times handed in: `utc` in seconds, and `time`, the channel's.
    """

    def __init__(
        self,
        start: Switch,
        open_input: Callable[[str, str | None], Input],
        on_air: Callable[[Switch], None],
        ended: Callable[[Switch], None],
    ) -> None:
        self._open = open_input
        self._tell = on_air
        self._tell_end = ended
        self._is_over = False
        self._pending: list[_Cue] = []
        self._prepared: tuple[str, str | None, Input] | None = None
        self._now = start
        self.input = open_input(start.attachment, start.path)

    def begin(self) -> None:
        """The first input is on air."""
        self.input.begin(0.0)
        self._tell(self._now)

    def add(self, switch: Switch, utc: float) -> None:
        """Take a switch: at once, at its time, or behind another one."""
        cue = _Cue(switch, utc if switch.time is None else switch.time)
        if switch.after is None:
            cue.input = self._opened(switch)
        self._pending.append(cue)
        self._prime_next()

    def remove(self, names: list[str]) -> None:
        """Forget switches that have not taken place."""
        self._drop([cue for cue in self._pending if cue.switch.action in names])

    def prepare(self, attachment: str | None, path: str | None) -> Input | None:
        """Open the input ahead; None ends what is prepared."""
        if self._prepared is not None:
            self._prepared[2].leave()
        self._prepared = None if attachment is None else (attachment, path, self._open(attachment, path))
        return None if self._prepared is None else self._prepared[2]

    def advance(self, utc: float, time: float) -> None:
        """Perform what is due."""
        if not self._is_over and self.input.ended(time):
            self._is_over = True
            self._tell_end(self._now)
        while (cue := self._due(utc, time)) is not None and cue.input is not None and cue.input.ready:
            self._perform(cue, time)

    def close(self) -> None:
        """Nothing is on air any more."""
        self._drop(self._pending)
        self.prepare(None, None)
        self.input.leave()

    def _due(self, utc: float, time: float) -> _Cue | None:
        due = [cue for cue in self._pending if cue.switch.after is None and cue.due <= utc + _ROUNDING]
        if due:
            latest = max(reversed(due), key=lambda cue: cue.due)
            self._drop([cue for cue in due if cue is not latest])
            return latest
        follower = self._follower()
        return follower if follower is not None and self._is_over else None

    def _perform(self, cue: _Cue, time: float) -> None:
        assert cue.input is not None
        self._pending.remove(cue)
        if cue.input is not self.input:
            self.input.leave()
        self._now, self.input, self._is_over = cue.switch, cue.input, False
        self.input.begin(time)
        self._tell(cue.switch)
        self._drop_broken_chains()
        self._prime_next()

    def _follower(self) -> _Cue | None:
        action = self._now.action
        return next((cue for cue in self._pending if cue.switch.after is not None and cue.switch.after == action), None)

    def _prime_next(self) -> None:
        follower = self._follower()
        if follower is not None and follower.input is None:
            follower.input = self._opened(follower.switch)

    def _opened(self, switch: Switch) -> Input:
        if self._prepared is not None and self._prepared[:2] == (switch.attachment, switch.path):
            prepared, self._prepared = self._prepared[2], None
            return prepared
        return self._open(switch.attachment, switch.path)

    def _drop_broken_chains(self) -> None:
        """Drop followers of what is neither on air nor still to come."""
        while True:
            alive = {self._now.action, *(cue.switch.action for cue in self._pending)}
            broken = [cue for cue in self._pending if cue.switch.after is not None and cue.switch.after not in alive]
            if not broken:
                return
            self._drop(broken)

    def _drop(self, cues: list[_Cue]) -> None:
        for cue in list(cues):
            self._pending.remove(cue)
            if cue.input is not None and cue.input is not self.input:
                cue.input.leave()
