"""Faults of channels, inputs and streams, carried out between MediaLive, its media plane and IVS.

MediaLive itself knows nothing of them: it is told what a real encoder would tell it, or not told.
"""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.ivs.service import Ivs
from sandbox.media.plane import Encoder, MediaPlane, Report
from sandbox.medialive.channel import Channel
from sandbox.medialive.service import MediaLive

AWAY = 5.0
_STUCK = ("never_start", "recover")
_CREATION = frozenset({"create_failed"})


class Held:
    """An encoder that does not begin before it is let go."""

    def __init__(self, begin: Callable[[], Encoder], report: Report) -> None:
        self._begin: Callable[[], Encoder] | None = begin
        self._report = report
        self._encoder: Encoder | None = None

    def let_go(self) -> None:
        if self._begin is not None:
            self._encoder, self._begin = self._begin(), None

    def die(self, reason: str) -> None:
        """Before it began; afterwards it is the encoder's own death."""
        self._begin = None
        self._report({"event": "died", "reason": reason})

    def stop(self, stopped: Callable[[], None]) -> None:
        self._begin = None
        if self._encoder is not None:
            self._encoder.stop(stopped)
        else:
            stopped()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


@dataclass
class Run:
    """One encoder: whose, with which inputs (input id -> attachment), and whether it has said that it runs without
    MediaLive having heard of it.
    """

    names: tuple[str, ...]
    inputs: dict[str, str]
    report: Report
    encoder: Encoder | None = None
    silenced: bool = False


class FaultyPlane:
    """A media plane whose encoders come to grief as ordered; otherwise the one that it surrounds."""

    def __init__(self, plane: MediaPlane, faults: Faults) -> None:
        self._plane = plane
        self._faults = faults
        self._runs: dict[str, Run] = {}

    def allocate_port(self) -> int:
        return self._plane.allocate_port()

    def release_port(self, port: int) -> None:
        self._plane.release_port(port)

    def lacks(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> str | None:
        return self._plane.lacks(channel, inputs)

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> Encoder:
        inputs_by_id = {each["InputId"]: each["InputAttachmentName"] for each in channel["InputAttachments"]}
        names = (channel["Id"], channel["Arn"], channel.get("Name", ""))
        run = self._runs[channel["Id"]] = Run(names, inputs_by_id, report)

        def hear(told: dict[str, Any]) -> None:
            if told["event"] == "running" and self._stuck(run):
                run.silenced = True
                return
            if told["event"] == "died" and self._runs.get(channel["Id"]) is run:
                del self._runs[channel["Id"]]
            report(told)

        def begin() -> Encoder:
            run.encoder = self._plane.start(channel, inputs, hear)
            return run.encoder

        if self._stuck(run):
            run.encoder = Held(begin, hear)
            return run.encoder
        return begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plane, name)

    def kill(self, resource: str) -> bool:
        """Let the encoders of a channel (`*`: of all) die as by a crash; False when there is none."""
        runs = [each for each in self._runs.values() if resource in ("*", *each.names) and is_alive(each.encoder)]
        for run in runs:
            kill(run.encoder)
        return bool(runs)

    def drop(self, input_id: str, seconds: float) -> bool:
        """Cut off who publishes to an input of a channel that runs; False when there is none."""
        runs = [each for each in self._runs.values() if input_id in each.inputs and is_alive(each.encoder)]
        for run in runs:
            cast(Any, run.encoder).drop(run.inputs[input_id], seconds)
        return bool(runs)

    def release(self) -> None:
        """Let go, or tell of, the encoders that are not held back any more."""
        for run in list(self._runs.values()):
            if self._stuck(run):
                continue
            if isinstance(run.encoder, Held):
                run.encoder.let_go()
            if run.silenced:
                run.silenced = False
                if is_alive(run.encoder):
                    run.report({"event": "running"})

    def _stuck(self, run: Run) -> bool:
        return any(self._faults.holds(kind, *run.names) for kind in _STUCK)


def names_of(channel: Channel) -> tuple[str, ...]:
    """What a fault may call it."""
    return channel.id, channel.arn, channel.request.get("Name", "")


def is_alive(encoder: Any) -> bool:
    """Whether there is something left to kill."""
    ended = getattr(encoder, "ended", None)
    return encoder is not None and not (ended is not None and ended.done())


def kill(encoder: Any) -> None:
    """A process is killed; an encoder without one is told to die."""
    if (pid := getattr(encoder, "pid", None)) is not None:
        os.kill(pid, signal.SIGKILL)
    else:
        encoder.die("killed")


class Accidents:
    """Carries the faults out. `publish` lets somebody publish to an input or not; None with real publishers, which
    come back by themselves if they can.
    """

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        plane: FaultyPlane,
        medialive: MediaLive,
        ivs: Ivs,
        publish: Callable[[bool, str], None] | None,
    ) -> None:
        self._clock = clock
        self._plane = plane
        self._ivs = ivs
        self._publish = publish
        self._began: Mapping[str, Callable[[Fault], None]] = {
            "die": self._die,
            "recover": self._die,
            "input_drop": self._drop_input,
            "stream_end": self._end_streams,
            "stream_starve": lambda _: ivs.look(),
        }
        self._ended: Mapping[str, Callable[[Fault], None]] = {
            "never_start": lambda _: plane.release(),
            "recover": lambda _: plane.release(),
            "stream_never_starts": lambda _: ivs.look(),
            "stream_starve": lambda _: ivs.look(),
        }
        medialive.may_create = lambda channel: not faults.take("channel", kinds=_CREATION, names=names_of(channel))
        ivs.may_start = lambda arn: not faults.holds("stream_never_starts", arn, arn.rpartition("/")[2])
        ivs.is_starved = lambda arn: faults.holds("stream_starve", arn, arn.rpartition("/")[2])
        faults.began = lambda fault: self._began.get(fault.kind, _nothing)(fault)
        faults.ended = lambda fault: self._ended.get(fault.kind, _nothing)(fault)

    def _die(self, fault: Fault) -> None:
        if not self._plane.kill(fault.resource):
            raise ValueError(f"no channel that runs is {fault.resource}")

    def _drop_input(self, fault: Fault) -> None:
        publish, resource, seconds = self._publish, fault.resource, AWAY if fault.seconds is None else fault.seconds
        if publish is not None:
            publish(False, resource)
            self._clock.call_later(seconds, lambda: publish(True, resource))
        elif not self._plane.drop(resource, seconds):
            raise ValueError(f"no input of a channel that runs is {resource}")

    def _end_streams(self, fault: Fault) -> None:
        live = [
            arn
            for arn, channel in self._ivs.channels.items()
            if channel.stream is not None and fault.resource in ("*", arn, arn.rpartition("/")[2])
        ]
        if not live:
            raise ValueError(f"no IVS channel that is live is {fault.resource}")
        for arn in live:
            self._ivs.disconnect(arn)


def _nothing(_: Fault) -> None:
    """Most faults only wait for what passes by."""
