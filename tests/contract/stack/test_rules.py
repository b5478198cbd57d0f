"""The rules of deliveries, asynchronous invocations and faulty events, in virtual time."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clock import VirtualClock
from sandbox.eventbridge import Deliveries, DeliveryError
from sandbox.faults import EventOutlet, Fault
from sandbox.lambdas import AsyncFunction, AsyncInvocations, Outcome, outcome_of

RULE = "arn:aws:events:us-east-1:000000000000:rule/r"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


class Target:
    """Fails as told, then takes the event."""

    def __init__(self, *errors: DeliveryError) -> None:
        self.errors = list(errors)
        self.got: list[str] = []
        self.dead: list[tuple[str, Mapping[str, str]]] = []
        self.attempts = 0

    def send(self, rule_arn: str, payload: str, target: Mapping[str, Any]) -> None:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(payload)

    def dead_letter(self, queue: str, rule_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        assert (queue, rule_arn) == (QUEUE, RULE)
        self.dead.append((body, attributes))

    def deliver(self, **settings: Any) -> None:
        clock = VirtualClock()
        deliveries = Deliveries(clock, self.send, self.dead_letter, random.Random(1))
        deliveries.deliver(RULE, {"Arn": FUNCTION, "DeadLetterConfig": {"Arn": QUEUE}, **settings}, "{}")
        clock.run()


def throttled() -> DeliveryError:
    return DeliveryError("THROTTLING", "too many", retryable=True)


def test_a_failed_delivery_is_tried_again() -> None:
    target = Target(throttled(), throttled())
    target.deliver()
    assert (target.attempts, target.got, target.dead) == (3, ["{}"], [])


def test_retries_end_in_the_dead_letter_queue() -> None:
    target = Target(*[throttled() for _ in range(300)])
    target.deliver(RetryPolicy={"MaximumRetryAttempts": 2})
    body, attributes = target.dead[0]
    assert (target.attempts, body) == (3, "{}")
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "2"


def test_an_event_grows_too_old() -> None:
    target = Target(*[throttled() for _ in range(300)])
    target.deliver(RetryPolicy={"MaximumEventAgeInSeconds": 60})
    assert target.dead[0][1]["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert 5 < target.attempts < 10


def test_what_may_not_be_delivered_is_not_tried_again() -> None:
    target = Target(DeliveryError("NO_PERMISSIONS", "no", retryable=False))
    target.deliver()
    assert target.attempts == 1
    assert "EXHAUSTED_RETRY_CONDITION" not in target.dead[0][1]


def test_without_a_dead_letter_queue_it_is_gone() -> None:
    target = Target(DeliveryError("NO_RESOURCE", "gone", retryable=False))
    target.deliver(DeadLetterConfig={})
    assert target.dead == []


class Function:
    """A function whose outcomes are given; the last one stays."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.clock = VirtualClock()
        self.times: list[float] = []
        self.sent: list[tuple[str, Any, Mapping[str, str]]] = []

    def attempt(self, function: AsyncFunction, event: Any, done: Callable[[Outcome], None]) -> None:
        self.times.append(self.clock.time())
        done(self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0])

    def deliver(self, function: AsyncFunction, target: str, body: str, attributes: Mapping[str, str]) -> None:
        self.sent.append((target, json.loads(body), attributes))

    def submit(self, **settings: Any) -> None:
        invocations = AsyncInvocations(self.clock, self.attempt, self.deliver, (60.0, 120.0))
        invocations.submit(AsyncFunction(FUNCTION, "role", **settings), {"n": 1})
        self.clock.run()


GOOD: Outcome = {"body": None, "log": ""}
BAD: Outcome = {"body": {"errorMessage": "no", "errorType": "E"}, "error": True, "log": ""}
THROTTLED: Outcome = {"body": {"message": "Rate Exceeded"}, "error": True, "throttle": True}


def test_a_failed_invocation_has_two_more_attempts() -> None:
    function = Function(BAD)
    function.submit(on_failure=QUEUE, dead_letter=QUEUE)
    assert [time - function.times[0] for time in function.times] == [0, 60, 180]
    (_, record, _), (_, event, attributes) = function.sent
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert event == {"n": 1}
    assert attributes["ErrorMessage"] == "no"


def test_throttling_uses_up_no_attempt() -> None:
    function = Function(*[THROTTLED] * 8, BAD, GOOD)
    function.submit(on_failure=QUEUE)
    assert len(function.times) == 10
    assert function.sent == []


def test_what_breaks_on_lambdas_own_side_uses_up_no_attempt() -> None:
    def broken() -> Outcome:
        raise ChildProcessError("no process")

    function = Function(outcome_of(broken), outcome_of(lambda: GOOD))
    function.submit(on_failure=QUEUE)
    assert len(function.times) == 2
    assert function.sent == []


def test_throttling_ends_with_the_events_age() -> None:
    function = Function(THROTTLED)
    function.submit(on_failure=QUEUE, max_age=600.0)
    assert function.times[-1] - function.times[0] <= 600
    assert function.sent[0][1]["requestContext"]["condition"] == "EventAgeExceeded"


def test_a_success_can_be_told() -> None:
    function = Function(BAD, GOOD)
    function.submit(on_success=QUEUE, retries=1)
    assert function.sent[0][1]["requestContext"]["condition"] == "Success"
    assert "functionError" not in function.sent[0][1]["responseContext"]


def test_faults_hit_the_next_matching_events_only() -> None:
    clock = VirtualClock()
    published: list[tuple[float, str]] = []
    began = clock.time()

    def make(source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> dict[str, Any]:
        return {"EventId": detail["id"], "DetailType": detail_type}

    outlet = EventOutlet(clock, make, lambda event: published.append((clock.time() - began, event["EventId"])))
    outlet.faults.order(Fault("lose", event="a"))
    outlet.faults.order(Fault("delay", event="a", count=1, seconds=30))
    outlet.faults.order(Fault("double", count=2))
    for event_id, kind in [("1", "b"), ("2", "a"), ("3", "a"), ("4", "a"), ("5", "a")]:
        outlet("aws.x", kind, {"id": event_id}, [])
    clock.run()
    assert published == [(0, "1"), (0, "1"), (0, "4"), (0, "4"), (0, "5"), (30, "3")]
    outlet.emit_again("2")
    assert published[-1] == (30, "2")
