"""Random machines through random weather: whatever happens, the history adds up and nothing is left open."""

import json
from random import Random
from typing import Any

import pytest
from stepfunctions_stand import Stand, task, token_wait

from sandbox.clock import VirtualClock
from sandbox.errors import AwsError

ANSWERS: list[dict[str, Any]] = [
    {"return": {"ok": True}},
    {"return": {}},
    {"raise": {"errorType": "Boom", "errorMessage": "no"}},
    {"refuse": "TooManyRequestsException"},
    {"hang": True},
]
ERRORS = (["Boom"], ["States.Timeout"], ["States.TaskFailed"], ["States.ALL"])


class Author:
    """Writes machines of a few states in a row, with branches up to two levels deep."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = 0

    def machine(self, depth: int = 2) -> dict[str, Any]:
        count = self.random.randint(1, 4)
        names = [f"S{self.names + number}" for number in range(count)]
        self.names += count
        states = {name: self.state(names[at + 1 :], depth) for at, name in enumerate(names)}
        return {"StartAt": names[0], "States": states}

    def state(self, later: list[str], depth: int) -> dict[str, Any]:
        onward: dict[str, Any] = {"Next": later[0]} if later else {"End": True}
        kind = self.random.choice(["task", "token", "token", "wait", "pass", "fork", "fork", "bad", "fail"])
        if kind == "fork" and depth > 0:
            branches = [self.machine(depth - 1) for _ in range(self.random.randint(1, 3))]
            return {"Type": "Parallel", "Branches": branches, **self.guards(later), **onward}
        if kind == "task":
            return task(TimeoutSeconds=20, **self.guards(later), **onward)
        if kind in ("token", "fork"):
            return token_wait(TimeoutSeconds=30, HeartbeatSeconds=12, **self.guards(later), **onward)
        if kind == "wait":
            return {"Type": "Wait", "Seconds": self.random.randint(0, 40), **onward}
        if kind == "bad" and not later and self.random.random() < 0.5:
            return {"Type": "Pass", "InputPath": "$.no.such", **onward}
        if kind == "fail" and not later:
            return {"Type": "Fail", "Error": "Boom"}
        return {"Type": "Pass", "Result": 1, "ResultPath": "$.p", **onward}

    def guards(self, later: list[str]) -> dict[str, Any]:
        fields: dict[str, Any] = {"ResultPath": None}
        if self.random.random() < 0.5:
            names = self.random.choice(ERRORS)
            fields["Retry"] = [{"ErrorEquals": names, "MaxAttempts": 2, "JitterStrategy": "FULL"}]
        if later and self.random.random() < 0.5:
            fields["Catch"] = [{"ErrorEquals": self.random.choice(ERRORS), "ResultPath": "$.e", "Next": later[-1]}]
        return fields


def live(seed: int) -> tuple[Stand, VirtualClock, str]:
    """One execution with tokens sent, failed, kept alive, doubled, and perhaps a stop."""
    random = Random(seed)
    clock = VirtualClock()
    answers = {name: random.choices(ANSWERS, weights=[6, 3, 2, 1, 1], k=30) for name in ("work", "wait")}
    stand = Stand(clock, answers)
    arn = stand.start(Author(random).machine(), {})
    used: set[str] = set()
    for _ in range(200):
        clock.advance(random.choice([0.0, 0.3, 3.0]))
        if not stand.functions.tokens:
            continue
        token, act = random.choice(stand.functions.tokens), random.random()
        try:
            if act < 0.1:
                stand.service.send_task_success({"taskToken": token, "output": '{"sent": 1}'}, None)
            elif act < 0.15:
                stand.service.send_task_failure({"taskToken": token, "error": "Boom"}, None)
            elif act < 0.6:
                stand.service.send_task_heartbeat({"taskToken": token}, None)
                continue
            else:
                continue
            assert token not in used
            used.add(token)
        except AwsError as error:
            if error.code != "TaskTimedOut":
                raise
        if random.random() < 0.02:
            stand.service.stop_execution({"executionArn": arn}, None)
    clock.run()
    return stand, clock, arn


@pytest.mark.parametrize("block", range(4))
def test_random_lives_end_well(block: int) -> None:
    endings: set[str] = set()
    for seed in range(block * 100, block * 100 + 100):
        stand, clock, arn = live(seed)
        events = stand.history(arn)
        context = f"seed {seed}"
        assert [event["id"] for event in events] == list(range(1, len(events) + 1)), context
        assert all(event["previousEventId"] < event["id"] for event in events), context
        status = stand.describe(arn)["status"]
        endings.add(status)
        assert [e["detail"]["status"] for e in stand.events] == ["RUNNING", status], context
        finals = [event["type"] for event in events if event["type"].startswith("Execution")]
        assert len(finals) == 2, context
        assert events[-1]["type"] == finals[1], context
        scheduled = sum(event["type"] == "TaskScheduled" for event in events)
        ended = sum(event["type"] in ("TaskSucceeded", "TaskFailed", "TaskTimedOut") for event in events)
        aborted = sum(event["type"] == "TaskStateAborted" for event in events)
        assert ended <= scheduled, context
        if status != "ABORTED":
            assert scheduled <= ended + aborted, context
        assert len(set(stand.functions.tokens)) == len(stand.functions.tokens), context
        assert not stand.service._tokens._open, context
        assert not any(timer.callback for _, _, timer in clock._due), context
    assert {"SUCCEEDED", "FAILED"} <= endings


def test_the_same_seed_lives_the_same_life() -> None:
    for seed in range(20):
        first, second = live(seed), live(seed)
        assert json.dumps(first[0].history(first[2]), default=str) == json.dumps(
            second[0].history(second[2]), default=str
        )
