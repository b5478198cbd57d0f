"""Shows that a person may make, written once, for the simulation and for the real sandbox."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

OWNER = "showrunner:owner"
KINDS = ("TIMELINE", "RECORDING")
TWO = [{"name": "host"}, {"name": "callers"}]


class Stage(Protocol):
    """Where a show is made: by the API as a person does it, and behind it what AWS or a stranger does."""

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]: ...

    def until(self, show: str, *states: str) -> None:
        """Wait for a state of a session. Raises AssertionError if it does not come."""
        ...

    def on_air(self, show: str, source: str) -> None:
        """Wait until a source is on air by the API's word."""
        ...

    def publish(self, show: str, publishing: bool) -> None:
        """Whether anybody publishes to the session's sources, once it is `ready`."""
        ...

    def channel(self, show: str) -> str:
        """The id of the session's MediaLive channel."""
        ...

    def stop_channel(self, channel: str) -> None: ...

    def kill_encoder(self, channel: str) -> None: ...

    def recovered(self, channel: str) -> None: ...

    def abort(self, show: str) -> None:
        """Stop the session's execution."""
        ...

    def make_output(self, tags: dict[str, str]) -> str:
        """The ARN of a new IVS channel that is not the session's."""
        ...

    def owner(self) -> str: ...


@dataclass(frozen=True)
class Told:
    """What a show was like: its states, the states of each execution by its name, how each ended, and the reason,
    without the ARNs in it.
    """

    timeline: list[str]
    visited: dict[str, list[str]]
    statuses: dict[str, str]
    reason: str | None
    recordings: list[tuple[str, str]]

    @classmethod
    def of(cls, rows: dict[str, Any], visited: dict[str, list[str]], statuses: dict[str, str]) -> "Told":
        """`rows`: the session's, by their sort keys. Whether a show waits for input that comes at once is luck."""
        of_kind = {kind: [row for key, row in sorted(rows.items()) if key.startswith(f"{kind}#")] for kind in KINDS}
        states = [row["state"]["S"] for row in of_kind["TIMELINE"] if "state" in row]
        reason = rows["META"].get("reason", {}).get("S")
        return cls(
            [state for state in states if state != "waiting_for_input"],
            visited,
            statuses,
            re.sub(r"arn:\S+", "ARN", reason) if reason else None,
            [(row["name"]["S"], row["state"]["S"]) for row in of_kind["RECORDING"]],
        )


SCENARIOS: dict[str, Callable[[Stage, str], None]] = {}


def scenario(play: Callable[[Stage, str], None]) -> Callable[[Stage, str], None]:
    SCENARIOS[play.__name__.strip("_")] = play
    return play


def create(stage: Stage, show: str, **wish: Any) -> None:
    status, said = stage.call("POST", "/sessions", {"id": show, "profile": "360p30", "record": "off", **wish})
    assert status == 201, said


def press(stage: Stage, show: str, button: str, body: Any = None, status: int = 202) -> Any:
    answered, said = stage.call("POST", f"/sessions/{show}/{button}", body or {})
    assert answered == status, (button, answered, said)
    return said


def live(stage: Stage, show: str, **wish: Any) -> None:
    create(stage, show, **wish)
    press(stage, show, "streaming/start")
    stage.until(show, "live")


def prepared(stage: Stage, show: str, **wish: Any) -> None:
    create(stage, show, **wish)
    press(stage, show, "streaming/prepare")
    stage.until(show, "ready")


def nobody_there(stage: Stage, show: str) -> None:
    """Started, and waiting for who is to publish."""
    prepared(stage, show)
    stage.publish(show, False)
    press(stage, show, "streaming/start")
    stage.until(show, "waiting_for_input")


def stop(stage: Stage, show: str) -> None:
    press(stage, show, "streaming/stop")
    stage.until(show, "ended")


@scenario
def a_show(stage: Stage, show: str) -> None:
    live(stage, show)
    stop(stage, show)


@scenario
def prepared_and_left(stage: Stage, show: str) -> None:
    prepared(stage, show)
    stop(stage, show)


@scenario
def prepared_and_started(stage: Stage, show: str) -> None:
    prepared(stage, show)
    press(stage, show, "streaming/start")
    stage.until(show, "live")
    stop(stage, show)


@scenario
def nobody_publishes(stage: Stage, show: str) -> None:
    nobody_there(stage, show)
    stop(stage, show)


@scenario
def somebody_publishes_late(stage: Stage, show: str) -> None:
    nobody_there(stage, show)
    stage.publish(show, True)
    stage.until(show, "live")
    stop(stage, show)


@scenario
def held_on_the_slate(stage: Stage, show: str) -> None:
    create(stage, show)
    press(stage, show, "streaming/start", {"hold": True})
    stage.until(show, "live")
    stage.on_air(show, "slate")
    stop(stage, show)


@scenario
def switched(stage: Stage, show: str) -> None:
    live(stage, show, sources=TWO)
    press(stage, show, "source", {"source": "callers"})
    stage.on_air(show, "callers")
    stop(stage, show)


@scenario
def panicked(stage: Stage, show: str) -> None:
    live(stage, show)
    press(stage, show, "panic")
    stage.on_air(show, "slate")
    stop(stage, show)


@scenario
def recorded_by_itself(stage: Stage, show: str) -> None:
    live(stage, show, record="auto")
    stop(stage, show)


@scenario
def recorded_by_hand(stage: Stage, show: str) -> None:
    live(stage, show, record="manual")
    press(stage, show, "recording/start", {"name": "clip"})
    press(stage, show, "recording/stop", {"name": "clip"})
    stop(stage, show)


@scenario
def recorded_and_kept(stage: Stage, show: str) -> None:
    live(stage, show, record="manual", privacy="keep")
    press(stage, show, "recording/start", {"name": "left-open"})
    stop(stage, show)


@scenario
def armed_before_it_is_on_air(stage: Stage, show: str) -> None:
    prepared(stage, show, record="manual")
    press(stage, show, "recording/start", {"name": "armed"})
    press(stage, show, "streaming/start")
    stage.until(show, "live")
    stop(stage, show)


@scenario
def pressed_twice(stage: Stage, show: str) -> None:
    live(stage, show)
    press(stage, show, "streaming/start", status=200)
    stop(stage, show)
    press(stage, show, "streaming/stop", status=200)


@scenario
def started_again(stage: Stage, show: str) -> None:
    live(stage, show)
    stop(stage, show)
    press(stage, show, "streaming/start")
    stage.until(show, "live")
    stop(stage, show)


@scenario
def deleted_while_live(stage: Stage, show: str) -> None:
    live(stage, show)
    assert stage.call("DELETE", f"/sessions/{show}")[0] == 202
    assert stage.call("GET", f"/sessions/{show}")[0] == 404


@scenario
def on_a_borrowed_channel(stage: Stage, show: str) -> None:
    arn = stage.make_output({OWNER: stage.owner()})
    live(stage, show, output={"channel_arn": arn})
    stop(stage, show)


@scenario
def on_a_strangers_channel(stage: Stage, show: str) -> None:
    arn = stage.make_output({OWNER: "somebody-else"})
    create(stage, show, output={"channel_arn": arn})
    press(stage, show, "streaming/start")
    stage.until(show, "failed")


@scenario
def stopped_by_somebody_else(stage: Stage, show: str) -> None:
    live(stage, show)
    stage.stop_channel(stage.channel(show))
    stage.until(show, "failed")


@scenario
def the_encoder_dies(stage: Stage, show: str) -> None:
    live(stage, show)
    stage.kill_encoder(stage.channel(show))
    stage.recovered(stage.channel(show))
    stop(stage, show)


@scenario
def the_execution_is_aborted(stage: Stage, show: str) -> None:
    live(stage, show)
    stage.abort(show)
    stage.until(show, "failed")
