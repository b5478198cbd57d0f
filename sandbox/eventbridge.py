"""What EventBridge does after a rule has matched: deliver to the target, again if need be, and keep what failed.

Rules (docs.aws.amazon.com/eventbridge/latest/userguide, 'retry policy', 'dead-letter queues'):
- the target's own policy must let `events.amazonaws.com` in, for this rule; without that, or when the target
  does not exist, the event is not tried again;
- other failures are tried again with growing pauses, up to the target's RetryPolicy (185 times, 24 hours);
- what could not be delivered goes to the target's DeadLetterConfig, if that queue's policy allows it, with
  the reason as message attributes; without one it is gone.
A Lambda is called asynchronously: once it has accepted the event, its own retries and OnFailure destination
are what is left.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock


class DeliveryError(Exception):
    """The target did not take the event. `code` is what stands in the dead letter's ERROR_CODE."""

    def __init__(self, code: str, message: str, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


Send = Callable[[str, str, Mapping[str, Any]], None]
"""(rule ARN, payload, target) -> None; raises DeliveryError."""

DeadLetter = Callable[[str, str, str, Mapping[str, str]], None]
"""(queue ARN, rule ARN, body, message attributes) -> None."""


@dataclass
class Deliveries:
    """Deliveries to targets, on one clock."""

    clock: Clock
    send: Send
    dead_letter: DeadLetter
    random: random.Random

    def deliver(self, rule_arn: str, target: Mapping[str, Any], payload: str) -> None:
        """Deliver `payload` (the event, or what the target's input transformer made of it) to a target."""
        self._attempt(rule_arn, target, payload, self.clock.time(), 0)

    def _attempt(self, rule_arn: str, target: Mapping[str, Any], payload: str, started: float, retries: int) -> None:
        try:
            self.send(rule_arn, payload, target)
        except DeliveryError as error:
            policy = target.get("RetryPolicy") or {}
            delay = min(600.0, 2.0**retries) * self.random.uniform(0.5, 1.0)
            exhausted = self._exhausted(policy, retries, self.clock.time() + delay - started)
            if error.retryable and exhausted is None:
                self.clock.call_later(delay, lambda: self._attempt(rule_arn, target, payload, started, retries + 1))
            else:
                self._give_up(rule_arn, target, payload, error, retries, exhausted if error.retryable else None)

    @staticmethod
    def _exhausted(policy: Mapping[str, Any], retries: int, age: float) -> str | None:
        if retries >= policy.get("MaximumRetryAttempts", 185):
            return "MaximumRetryAttempts"
        if age > policy.get("MaximumEventAgeInSeconds", 86_400):
            return "MaximumEventAgeInSeconds"
        return None

    def _give_up(
        self,
        rule_arn: str,
        target: Mapping[str, Any],
        payload: str,
        error: DeliveryError,
        retries: int,
        exhausted: str | None,
    ) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue is None:
            return
        attributes = {
            "RULE_ARN": rule_arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "RETRY_ATTEMPTS": str(retries),
        }
        if exhausted is not None:
            attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
        self.dead_letter(queue, rule_arn, payload, attributes)
