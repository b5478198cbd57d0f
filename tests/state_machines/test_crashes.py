"""The real machines with the real handlers in virtual time: functions that are killed again and again.

A killed Lambda answers `Runtime.ExitError`, which Retry takes up; whatever the task had done by then stays done.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from sandbox.stepfunctions import Raised, Returned
from showrunner import aws, clock, executions
from showrunner.session import Session
from showrunner.store import Store
from tasks import TASKS
from tests.cloud import Cloud
from tests.inprocess import ENVIRONMENT, MACHINES, cloud_in_process, table_in_memory
from workflows import reactions, sessions

ROOT = Path(__file__).parents[2]


def on_execution_event(event: dict[str, Any]) -> None:
    """The rule knows the executions of these alone."""
    if event["detail"]["stateMachineArn"] in (MACHINES["session"], MACHINES["cleanup"]):
        reactions.on_execution_event(event)


REACTIONS: dict[str, Callable[[dict[str, Any]], None]] = {
    "MediaLive Channel State Change": reactions.on_channel_event,
    "MediaLive Channel Input Change": reactions.on_input_event,
    "MediaLive Channel Alert": reactions.on_alert_event,
    "IVS Stream State Change": reactions.on_stream_event,
    "Step Functions Execution Status Change": on_execution_event,
}
When = Literal["before", "after"]
KILLED = {"errorType": "Runtime.ExitError", "errorMessage": "RequestId: 1 Error: Runtime exited"}


def camel(task: str) -> str:
    return "".join(word.title() for word in task.split("_"))


def definitions() -> dict[str, str]:
    """The machines as they are deployed, with the tasks' names for their functions."""
    found = {}
    for name in MACHINES:
        text = (ROOT / "state_machines" / f"{name}.asl.json").read_text()
        for task in TASKS:
            text = text.replace(f"${{{camel(task)}}}", task)
        found[name] = text.replace("${CleanupMachine}", MACHINES["cleanup"])
    return found


class World:
    """A show in virtual time; `kill` names the calls of tasks that end with a killed Lambda."""

    def __init__(self, table: Store) -> None:
        self.table = table
        self.calls: Counter[str] = Counter()
        self.slept = 0.0
        self.kill: dict[tuple[str, int], When] = {}
        self.cloud: Cloud = cloud_in_process(definitions(), self.invoke)
        self.cloud.react = lambda event: REACTIONS[event["detail-type"]](event)

    def invoke(self, function: str, payload: Any, role: str, done: Callable[[Any], None]) -> None:
        self.calls[function] += 1
        when = self.kill.get((function, self.calls[function]))
        if when == "before":
            done(Raised(KILLED))
            return
        try:
            result = import_module(f"tasks.{function}").handler(payload, SimpleNamespace(aws_request_id="run"))
        except Exception as error:
            done(Raised({"errorType": type(error).__name__, "errorMessage": str(error)}))
            return
        done(Raised(KILLED) if when == "after" else Returned(result))

    def time(self) -> float:
        """With `sleep`, a clock for `showrunner.clock`: virtual time, and what tasks have slept."""
        return self.cloud.clock.time() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def start(self) -> None:
        self.table.create_session(Session(id="show", owner="ann", profile="360p30"))
        assert self.table.begin_attempt(self.table.session("show"), start=True)
        executions.start_session(self.table.attempt("show", 1))

    def until(self, *states: str, step: int = 2) -> str:
        """Let time pass, at most an hour, until the session is in one of `states`; the state it is in then."""
        for _ in range(0, 3600, step):
            if (state := self.table.session("show").state) in states:
                return state
            self.cloud.clock.advance(step)
        return self.table.session("show").state

    def left(self) -> tuple[int, int, int]:
        channels = [c for c in self.cloud.medialive.channels.values() if c.state not in ("DELETING", "DELETED")]
        inputs = [i for i in self.cloud.medialive.inputs.values() if i.state != "DELETED"]
        return len(channels), len(inputs), len(self.cloud.ivs.channels)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with table_in_memory() as table:
        made = World(table)
        monkeypatch.setattr(time, "sleep", lambda _: None)  # a reaction's second look comes at once
        monkeypatch.setattr(reactions, "LOOK_SECONDS", 0.0)
        group = aws.medialive().create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}])
        monkeypatch.setenv("SHOWRUNNER_INPUT_SECURITY_GROUP", group["SecurityGroup"]["Id"])
        yield made


@pytest.fixture
def virtual_time(world: World) -> Iterator[None]:
    """All that is written goes by the virtual clock."""
    clock.use(world)
    yield
    clock.use()


@pytest.mark.parametrize("what", ["IVS channel", "input", "channel"])
def test_what_a_crash_left_at_the_moment_of_a_stop_is_found_although_lists_lag(world: World, what: str) -> None:
    operation = "CreateInput" if what == "input" else "CreateChannel"

    def crash() -> None:
        sessions.end(world.table.session("show"))
        raise ConnectionError

    def arm() -> None:
        world.cloud.after[operation] = crash

    world.cloud.after[operation] = arm if what == "channel" else crash  # IVS's CreateChannel is the first
    world.start()
    assert world.until("failed") == "failed"
    assert operation not in world.cloud.after
    assert world.left() == (0, 0, 0)


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_wait_whose_lambda_always_dies_fails_the_session_and_leaves_nothing(world: World, call: int) -> None:
    """The waits of a session's own execution, one after the other; those of the cleanup work."""
    world.kill = {("wait_until", number): "before" for number in range(call, call + 9)}
    world.start()
    assert world.until("failed") == "failed"
    world.cloud.clock.advance(60)
    assert world.left() == (0, 0, 0)
    failure = world.table.attempt("show", 1).failure
    assert failure is not None
    assert failure.error == "Runtime.ExitError"


def test_trouble_of_aws_ends_no_show(world: World) -> None:
    """Half an hour in which no look succeeds: who is on air stays on air, and can be stopped afterwards."""
    world.start()
    assert world.until("live", "failed") == "live"
    looked = world.calls["wait_until"]
    world.kill = {("wait_until", looked + number): "before" for number in range(1, 60)}
    world.cloud.clock.advance(3600)
    assert world.calls["wait_until"] > looked + 60
    assert world.table.session("show").state == "live"
    sessions.end(world.table.session("show"))
    assert world.until("ended", "failed") == "ended"


def test_without_any_event_the_show_goes_on_by_looking(world: World) -> None:
    world.cloud.react = lambda _: None
    world.start()
    assert world.until("live", "failed", step=20) == "live"
    looked = aws.stepfunctions().get_execution_history(
        executionArn=executions.session_execution(world.table.attempt("show", 1)), maxResults=1000
    )["events"]
    assert sum(event["type"] == "TaskTimedOut" for event in looked) >= 2
    sessions.end(world.table.session("show"))
    assert world.until("ended", "failed", step=20) == "ended"
    assert world.left() == (0, 0, 0)


def test_a_session_that_nobody_publishes_to_ends_by_itself(world: World) -> None:
    """The limit counts real seconds, so it is set to have passed."""
    world.cloud.plane.publish(False)
    world.start()
    assert world.until("waiting_for_input") == "waiting_for_input"
    world.table.remember("show", 1, running_at="2026-01-01T00:00:00.000Z")
    assert world.until("failed", step=20) == "failed"
    assert world.table.session("show").reason == "Nobody published to 'host' within 1800 s."
    assert world.left() == (0, 0, 0)
