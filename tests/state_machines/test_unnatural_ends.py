"""A session's execution that ends without its own Cleanup: aborted, out of time, or failed past all catching."""

import json

import pytest

from showrunner import aws, executions
from showrunner.executions import ENDS
from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import World

world = test_crashes.world
SOON = 5.0  # seconds, until the cleanup has begun


@pytest.fixture
def ended(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the execution is to end; the machine is made so that it does."""
    how: str = request.param
    made = test_crashes.definitions()
    session = json.loads(made["session"])
    if how == "TIMED_OUT":
        session["TimeoutSeconds"] = 100
    if how == "FAILED":
        session["States"]["Live"]["Parameters"]["Payload"]["token.$"] = "$.nothing"  # States.Runtime: nobody catches it
    monkeypatch.setattr(test_crashes, "definitions", lambda: {**made, "session": json.dumps(session)})
    return how


@pytest.mark.parametrize("ended", ENDS, indirect=True)
def test_a_cleanup_begins_within_seconds(ended: str, world: World) -> None:
    world.start()
    if ended != "FAILED":
        assert world.until("live", "failed") == "live"
    execution = executions.session_execution(world.table.attempt("show", 1))
    if ended == "ABORTED":
        aws.stepfunctions().stop_execution(executionArn=execution)
    for _ in range(120):
        if executions.status(execution) != "RUNNING":
            break
        world.cloud.clock.advance(1)
    assert executions.status(execution) == ended
    world.cloud.clock.advance(SOON)
    assert executions.status(executions.cleanup_execution(world.table.attempt("show", 1), ended.lower())) is not None
    assert world.until("failed", "ended") == "failed"
    assert world.table.session("show").reason == ENDS[ended]
    assert world.left() == (0, 0, 0)
