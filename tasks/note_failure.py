"""Write down why the session failed, in words a producer understands, before everything is cleaned up."""

import re
from typing import Any

from showrunner.errors import sentence
from showrunner.observability import logger
from showrunner.session import Failure
from showrunner.store import store

Event = dict[str, Any]

# Errors that do not come with a sentence of ours, by their name or by AWS's code.
REASONS = {
    "States.Timeout": "AWS took longer than allowed.",
    "Sandbox.Timedout": "A function took longer than allowed.",
    "Lambda.Unknown": "A function ended without an answer.",
    "Runtime.ExitError": "A function ended without an answer.",
    **dict.fromkeys(
        ("AccessDeniedException", "AccessDenied", "ForbiddenException", "UnauthorizedOperation"),
        "A function lacks a permission. Deploy the stack again.",
    ),
    **dict.fromkeys(
        (
            "ConnectTimeoutError",
            "ConnectionClosedError",
            "EndpointConnectionError",
            "HTTPClientError",
            "ReadTimeoutError",
            "SSLError",
        ),
        "AWS did not answer.",
    ),
}
BOTOCORE = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<call>\w+) operation(?: \([^)]*\))?: (?P<said>.*)"
)

# What Step Functions adds to what a service said to itself.
OF_STEP_FUNCTIONS = re.compile(
    r"(?P<said>.*) \(Service: AWS(?P<service>\w+); .*?Error Code: (?P<code>\w+);.*\)", re.DOTALL
)


def handler(event: Event, context: object) -> Event:
    """`error` is what Catch wrote: {"Error", "Cause"}; a Lambda's Cause is JSON with its errorMessage."""
    failure = failure_of(event["error"])
    logger().warning("session failed", session_id=event["session_id"], attempt=event["attempt"], error=failure.error)
    store().note_failure(event["session_id"], event["attempt"], failure)
    return {}


def failure_of(caught: Event) -> Failure:
    """In words: ours where there are some, else the error's message. AWS's has a code that may say more."""
    error, said = caught.get("Error") or "Unknown", sentence(caught.get("Cause") or "")
    of_aws, of_machine = BOTOCORE.match(said), OF_STEP_FUNCTIONS.fullmatch(said)
    code = (of_aws or of_machine or {"code": error})["code"]
    if reason := REASONS.get(error) or REASONS.get(code):
        return Failure(error, reason)
    if of_machine:
        return Failure(error, f"AWS {of_machine['service']} refused: {of_machine['said']}")
    return Failure(error, f"AWS refused {of_aws['call']}: {of_aws['said']}" if of_aws else said or error)
