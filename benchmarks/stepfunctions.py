"""How fast executions walk, and what they weigh while they wait: `python -m benchmarks.stepfunctions`.

Transitions: the state transitions AWS would bill (states entered), of Pass, Choice and Task states whose function
answers at once, so that only the engine is measured. Memory: what 200 executions add that wait on a task token in a
machine of five states (goals: 1,000 transitions a second; below 10 MB, and no thread).
"""

import json
import threading
import time
import tracemalloc
from typing import Any

from sandbox.clock import VirtualClock
from sandbox.stepfunctions import MachineInfo, Returned, StepFunctions
from sandbox.stepfunctions.service import Done

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:bench"
ROLE = "arn:aws:iam::000000000000:role/bench"
EXECUTIONS, ROUNDS, WAITING = 20, 100, 200


def task(resource: str, payload: dict[str, Any], following: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::lambda:{resource}",
        "Parameters": {"FunctionName": "work", "Payload": payload},
        "TimeoutSeconds": 60,
        "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 900, "BackoffRate": 1}],
        "ResultPath": None,
        "Next": following,
    }


LOOP = {
    "StartAt": "Count",
    "States": {
        "Count": {
            "Type": "Pass",
            "Parameters": {"session_id.$": "$.session_id", "n.$": "States.MathAdd($.n, 1)"},
            "Next": "Work",
        },
        "Work": task("invoke", {"session_id.$": "$.session_id"}, "More"),
        "More": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": ROUNDS, "Next": "Count"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
WAIT = {
    "StartAt": "Plan",
    "States": {
        "Plan": task("invoke", {"session_id.$": "$.session_id"}, "Fork"),
        "Fork": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}],
            "ResultPath": None,
            "Next": "Wait",
        },
        "Wait": task("invoke.waitForTaskToken", {"token.$": "$$.Task.Token"}, "Done"),
        "Done": {"Type": "Succeed"},
    },
}


def answer(name: str, payload: Any, role_arn: str, done: Done) -> None:
    done(Returned({"ok": True}))


def service(definition: dict[str, Any]) -> tuple[StepFunctions, VirtualClock]:
    clock = VirtualClock()
    machine = MachineInfo("bench", json.dumps(definition), ROLE)
    return StepFunctions(
        clock=clock,
        emit=lambda *_: None,
        machines=lambda _: machine,
        invoke=answer,
    ), clock


def start(states: StepFunctions, count: int) -> None:
    for number in range(count):
        given = json.dumps({"session_id": f"s{number}", "n": 0})
        states.start_execution({"stateMachineArn": MACHINE, "input": given}, None)


def transitions_a_second() -> float:
    states, clock = service(LOOP)
    start(states, EXECUTIONS)
    before = time.perf_counter()
    clock.run()
    seconds = time.perf_counter() - before
    ended = states.list_executions({"stateMachineArn": MACHINE, "statusFilter": "SUCCEEDED"}, None)
    assert len(ended["executions"]) == EXECUTIONS
    return EXECUTIONS * (3 * ROUNDS + 1) / seconds


def waiting_bytes() -> int:
    """What `WAITING` executions add, the machine's definition and the service itself included."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        states, clock = service(WAIT)
        start(states, WAITING)
        clock.advance(1)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    running = states.list_executions({"stateMachineArn": MACHINE, "statusFilter": "RUNNING", "maxResults": 1000}, None)
    assert len(running["executions"]) == WAITING
    return after - before


if __name__ == "__main__":
    print(f"{transitions_a_second():,.0f} transitions a second (goal 1,000)")
    threads = threading.active_count()
    print(f"{waiting_bytes() / 1e6:.2f} MB for {WAITING} executions waiting on tokens (goal below 10)")
    print(f"{threading.active_count() - threads} threads more")
